/* L D L' of complex symmetric matrices. */
#include "physics/rf_symmetric.h"

bool rf_symmetric_factor(size_t n, double complex *matrix)
{
	for (size_t i = 0; i < n; i++) {
		double complex *row = matrix + rf_row_start(i), diagonal = row[i];
		for (size_t j = 0; j < i; j++) {
			const double complex *other = matrix + rf_row_start(j);
			double re = creal(row[j]), im = cimag(row[j]);
			for (size_t k = 0; k < j; k++) {
				re -= creal(row[k]) * creal(other[k]) - cimag(row[k]) * cimag(other[k]);
				im -= creal(row[k]) * cimag(other[k]) + cimag(row[k]) * creal(other[k]);
			}
			row[j] = re + I * im; /* L_ij D_j */
		}
		for (size_t j = 0; j < i; j++) {
			double complex scaled = row[j];
			row[j] = scaled / matrix[rf_row_start(j) + j];
			diagonal -= row[j] * scaled;
		}
		row[i] = diagonal;
		if (!(cabs(diagonal) > 0.0) || !isfinite(cabs(diagonal)))
			return false;
	}
	return true;
}

void rf_symmetric_solve(size_t n, const double complex *factors, double complex *x)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			x[i] -= factors[rf_row_start(i) + k] * x[k];
	for (size_t i = n; i-- > 0;) {
		x[i] /= factors[rf_row_start(i) + i];
		for (size_t k = i + 1; k < n; k++)
			x[i] -= factors[rf_row_start(k) + i] * x[k];
	}
}
