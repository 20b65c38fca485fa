/* Dense complex symmetric equations (not Hermitian) whose real part is positive definite. Private to
 * physics/.
 *
 * Matrices of passive tissue are of this kind: it takes power from any current, so elimination without
 * pivoting is safe. Packed lower triangles, row by row: element (i, j <= i) at rf_row_start(i) + j.
 */
#ifndef LASERTWIN_RF_SYMMETRIC_H
#define LASERTWIN_RF_SYMMETRIC_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>

static inline size_t rf_row_start(size_t i)
{
	return i * (i + 1) / 2;
}

/* matrix = L D L' in place, D on the diagonal. False when a pivot is 0 or not finite. */
bool rf_symmetric_factor(size_t n, double complex *matrix);

/* x := inverse(matrix) x from the factors. */
void rf_symmetric_solve(size_t n, const double complex *factors, double complex *x);

#endif
