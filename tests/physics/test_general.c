/* Matrices without symmetry, against what defines their eigenvectors and quotients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/general.h"
#include "physics/base/rng.h"
#include "tests/support/near.h"

#define N_MAX 40

static double a[N_MAX * N_MAX], copy[N_MAX * N_MAX], rows[N_MAX * N_MAX], re[N_MAX], im[N_MAX], work[3 * N_MAX];

static void random_matrix(int n, uint64_t seed, double *out)
{
	struct rng rng;
	rng_seed(&rng, seed, 0);
	for (int i = 0; i < n * n; i++)
		out[i] = rng_uniform(&rng) - 0.5;
}

/* Largest component of A x - value x over that of x, for the vector that begins at row k. */
static double eigen_residual(int n, int k)
{
	const double *x = rows + (ptrdiff_t)k * n, *y = im[k] > 0.0 ? x + n : NULL;
	double worst = 0.0, size = 0.0;
	for (int i = 0; i < n; i++) {
		double real = -re[k] * x[i] + (y ? im[k] * y[i] : 0.0), imaginary = y ? -re[k] * y[i] - im[k] * x[i] : 0.0;
		for (int j = 0; j < n; j++) {
			real += copy[i * n + j] * x[j];
			imaginary += y ? copy[i * n + j] * y[j] : 0.0;
		}
		worst = fmax(worst, hypot(real, imaginary));
		size = fmax(size, hypot(x[i], y ? y[i] : 0.0));
	}
	return worst / size;
}

static void eigenvectors_keep_their_direction(void **state)
{
	(void)state;
	int pairs = 0;
	for (int n = 1; n <= N_MAX; n += n < 12 ? 1 : 7) {
		random_matrix(n, (uint64_t)n, a);
		memcpy(copy, a, sizeof a);
		assert_int_equal(general_eigen(n, a, re, im, rows, work), 0);
		for (int k = 0; k < n; k++) {
			assert_true(eigen_residual(n, k) < 1e-12 * n);
			if (im[k] > 0.0) {
				assert_true(im[k + 1] == -im[k] && re[k + 1] == re[k]);
				k++;
				pairs++;
			}
		}
	}
	assert_true(pairs > 10);
}

/* A cyclic shift of n has the n-th roots of 1 (Golub & Van Loan, 4.8.2). */
static void cyclic_shift_has_the_roots_of_one(void **state)
{
	(void)state;
	const int n = 12;
	memset(a, 0, sizeof a);
	for (int i = 0; i < n; i++)
		a[i * n + (i + 1) % n] = 1.0;
	assert_int_equal(general_eigen(n, a, re, im, rows, work), 0);
	double sum = 0.0;
	for (int k = 0; k < n; k++) {
		assert_near(hypot(re[k], im[k]), 1.0, 1e-13);
		double angle = atan2(im[k], re[k]) * n / (2.0 * 3.14159265358979323846);
		assert_near(angle, round(angle), 1e-12);
		sum += re[k];
	}
	assert_near(sum, 0.0, 1e-12);
}

/* Large entries first: the small eigenvalue of a graded matrix keeps its digits (determinant 1 - 1e-2). */
static void graded_matrix_keeps_its_small_eigenvalue(void **state)
{
	(void)state;
	double graded[4] = {1e8, 1e3, 1e3, 1.0};
	assert_int_equal(general_eigen(2, graded, re, im, rows, work), 0);
	assert_near(fmin(re[0], re[1]) * fmax(re[0], re[1]) / 9.9e7, 1.0, 1e-14);
}

static void quotient_times_divisor_is_dividend(void **state)
{
	(void)state;
	static double b[N_MAX * N_MAX], quotient[N_MAX * N_MAX], product[N_MAX * N_MAX];
	for (int n = 1; n <= N_MAX; n += 13) {
		int columns = n + 1 < N_MAX ? n + 1 : n - 2;
		random_matrix(n, 7 + (uint64_t)n, a);
		a[0] = 0.0; /* asks for a pivot */
		a[0] += n == 1;
		memcpy(copy, a, sizeof a);
		random_matrix(N_MAX, 9, b);
		memcpy(quotient, b, sizeof b);
		assert_int_equal(general_divide(n, a, columns, quotient), 0);
		general_multiply(n, n, columns, copy, quotient, product);
		for (int i = 0; i < n * columns; i++)
			assert_near(product[i], b[i], 1e-10);
	}
	double singular[4] = {1.0, 2.0, 2.0, 4.0};
	assert_int_equal(general_divide(2, singular, 2, b), -1);
}

static void bad_numbers_are_reported(void **state)
{
	(void)state;
	random_matrix(5, 1, a);
	a[7] = NAN;
	assert_int_equal(general_eigen(5, a, re, im, rows, work), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eigenvectors_keep_their_direction),
		cmocka_unit_test(cyclic_shift_has_the_roots_of_one),
		cmocka_unit_test(graded_matrix_keeps_its_small_eigenvalue),
		cmocka_unit_test(quotient_times_divisor_is_dividend),
		cmocka_unit_test(bad_numbers_are_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
