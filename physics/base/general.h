/* Dense real matrices without symmetry: eigenvectors and division, row-major, n x n, contiguous.
 *
 * The companion of matrix.h for operators that are not symmetric. Nothing here allocates.
 */
#ifndef LASERTWIN_GENERAL_H
#define LASERTWIN_GENERAL_H

/* Eigenvalues re + i im and right eigenvectors of a, which is destroyed. Conjugate pairs stand together,
 * im > 0 first. Row k of vector_rows is the eigenvector of a real value; for a pair row k holds the real
 * and row k + 1 the imaginary part of the vector of the first. Vectors are not normalised. scratch holds 3 n.
 * Matrices graded from large (first) to small (last) keep their small eigenvalues.
 * Returns 0, or -1 when the iteration does not converge. */
int general_eigen(int n, double *a, double *re, double *im, double *vector_rows, double *scratch);

/* b := inverse(a) b by elimination with row pivoting; b has columns columns. Destroys a.
 * Returns 0, or -1 when a is singular or not finite. */
int general_divide(int n, double *a, int columns, double *b);

/* c := a b with a of rows x inner and b of inner x columns. */
void general_multiply(int rows, int inner, int columns, const double *a, const double *b, double *c);

/* out := transposed a */
void general_transpose(int n, const double *a, double *out);

#endif
