/* Small dense matrices for the solvers that need many of them: row-major, n x n, contiguous.
 *
 * Sizes of 4 to a few hundred; nothing here allocates. Symmetric matrices are stored in full.
 * Arguments may not overlap unless said so.
 */
#ifndef LASERTWIN_MATRIX_H
#define LASERTWIN_MATRIX_H

/* Lower Cholesky factor of a symmetric positive definite matrix; the part above the diagonal is set to
 * zero. Returns 0, or -1 when a pivot is not positive. lower may be a itself. */
int matrix_cholesky(int n, const double *a, double *lower);

/* x := inverse(lower') x, back substitution with the transposed factor. */
void matrix_solve_lower_transposed(int n, const double *lower, double *x);

/* Eigenvalues and eigenvectors of a symmetric matrix: row k of vector_rows is the unit eigenvector of
 * value[k], in no particular order. Destroys a. scratch holds 2 n. Returns 0, or -1 when the QL
 * iteration does not converge (which needs non-finite input). */
int matrix_eigen_symmetric(int n, double *a, double *value, double *vector_rows, double *scratch);

/* y := p x, and y := p' x. */
void matrix_times_vector(int n, const double *p, const double *x, double *y);
void matrix_transposed_times_vector(int n, const double *p, const double *x, double *y);

/* out := p s p', and out := p' s p, for symmetric s. scratch holds n x n. */
void matrix_congruence(int n, const double *p, const double *s, double *scratch, double *out);
void matrix_congruence_transposed(int n, const double *p, const double *s, double *scratch, double *out);

/* LU factors in place without pivoting: for matrices whose leading minors are known to be positive.
 * Then x := inverse(lu) x, and x := inverse(lu') x. */
void matrix_lu(int n, double *a);
void matrix_lu_solve(int n, const double *lu, double *x);
void matrix_lu_solve_transposed(int n, const double *lu, double *x);

#endif
