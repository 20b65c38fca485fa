/* Dense algebra against what defines it: products of the factors give the matrix back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/matrix.h"
#include "physics/base/rng.h"

#define N_MAX 40

struct square {
	double a[N_MAX * N_MAX];
};

static void random_symmetric(int n, uint64_t seed, double *a)
{
	struct rng rng;
	rng_seed(&rng, seed, 0);
	for (int i = 0; i < n; i++) {
		for (int j = 0; j <= i; j++)
			a[i * n + j] = a[j * n + i] = rng_uniform(&rng) - 0.5;
	}
}

static void random_positive(int n, uint64_t seed, double *a)
{
	struct square b, scratch, one;
	random_symmetric(n, seed, b.a);
	for (int i = 0; i < n * n; i++)
		one.a[i] = i % (n + 1) ? 0.0 : 1.0;
	matrix_congruence(n, b.a, one.a, scratch.a, a);
	for (int i = 0; i < n; i++)
		a[i * n + i] += 0.1;
}

static void eigenvectors_diagonalise(void **state)
{
	(void)state;
	struct square a, copy, rows, scratch, d;
	double value[N_MAX], work[2 * N_MAX];
	for (int n = 1; n <= N_MAX; n += n < 9 ? 1 : 7) {
		random_symmetric(n, (uint64_t)n, a.a);
		copy = a;
		assert_int_equal(matrix_eigen_symmetric(n, a.a, value, rows.a, work), 0);
		matrix_congruence(n, rows.a, copy.a, scratch.a, d.a);
		for (int i = 0; i < n; i++) {
			for (int j = 0; j < n; j++)
				assert_true(fabs(d.a[i * n + j] - (i == j ? value[i] : 0.0)) < 1e-13 * n);
		}
	}
}

/* diag(1, 1e4, 1e8, 1e12) seen through couplings: the product of the eigenvalues is the determinant, which
 * a loss of the small ones would spoil. Closed form for a = s m s with s = diag(1, 1e2, 1e4, 1e6) and m
 * tridiagonal (2, 1): det m = 5. */
static void graded_matrix_keeps_its_small_eigenvalues(void **state)
{
	(void)state;
	const double s[4] = {1.0, 1e2, 1e4, 1e6};
	double a[16], value[4], rows[16], work[8], product = 1.0, smallest = INFINITY;
	for (int i = 0; i < 4; i++) {
		for (int j = 0; j < 4; j++)
			a[i * 4 + j] = s[i] * s[j] * (i == j ? 2.0 : abs(i - j) == 1 ? 1.0 : 0.0);
	}
	assert_int_equal(matrix_eigen_symmetric(4, a, value, rows, work), 0);
	for (int i = 0; i < 4; i++) {
		product *= value[i];
		smallest = fmin(smallest, value[i]);
	}
	assert_true(fabs(product / 5e24 - 1.0) < 1e-12);
	assert_true(smallest > 1.0 && smallest < 2.0);
}

static void cholesky_multiplies_back(void **state)
{
	(void)state;
	struct square a, lower, one, scratch, back;
	int n = 9;
	random_positive(n, 7, a.a);
	assert_int_equal(matrix_cholesky(n, a.a, lower.a), 0);
	for (int i = 0; i < n * n; i++)
		one.a[i] = i % (n + 1) ? 0.0 : 1.0;
	matrix_congruence(n, lower.a, one.a, scratch.a, back.a);
	for (int i = 0; i < n * n; i++)
		assert_true(fabs(back.a[i] - a.a[i]) < 1e-14);
	a.a[0] = -1.0;
	assert_int_equal(matrix_cholesky(n, a.a, lower.a), -1);
}

static void solves_return_the_right_hand_side(void **state)
{
	(void)state;
	struct square a, lu, lower;
	double x[N_MAX], y[N_MAX], b[N_MAX];
	int n = 11;
	random_positive(n, 3, a.a);
	a.a[1] += 0.05; /* not symmetric, minors still positive */
	lu = a;
	matrix_lu(n, lu.a);
	for (int i = 0; i < n; i++)
		b[i] = x[i] = i - 4.0;
	matrix_lu_solve(n, lu.a, x);
	matrix_times_vector(n, a.a, x, y);
	for (int i = 0; i < n; i++)
		assert_true(fabs(y[i] - b[i]) < 1e-11);
	memcpy(x, b, sizeof x);
	matrix_lu_solve_transposed(n, lu.a, x);
	matrix_transposed_times_vector(n, a.a, x, y);
	for (int i = 0; i < n; i++)
		assert_true(fabs(y[i] - b[i]) < 1e-11);
	random_positive(n, 3, a.a);
	assert_int_equal(matrix_cholesky(n, a.a, lower.a), 0);
	memcpy(x, b, sizeof x);
	matrix_solve_lower_transposed(n, lower.a, x);
	matrix_transposed_times_vector(n, lower.a, x, y);
	for (int i = 0; i < n; i++)
		assert_true(fabs(y[i] - b[i]) < 1e-12);
}

static void congruences_are_transposes_of_each_other(void **state)
{
	(void)state;
	struct square p, s, pt, scratch, one, other;
	int n = 7;
	random_symmetric(n, 1, s.a);
	random_positive(n, 2, p.a);
	p.a[3] = 2.0;
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++)
			pt.a[i * n + j] = p.a[j * n + i];
	}
	matrix_congruence(n, p.a, s.a, scratch.a, one.a);
	matrix_congruence_transposed(n, pt.a, s.a, scratch.a, other.a);
	double expected = 0.0; /* element (0, 1) by the definition */
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++)
			expected += p.a[i] * s.a[i * n + j] * p.a[n + j];
	}
	assert_true(fabs(one.a[1] - expected) < 1e-13);
	for (int i = 0; i < n * n; i++)
		assert_true(fabs(one.a[i] - other.a[i]) < 1e-13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eigenvectors_diagonalise),
		cmocka_unit_test(graded_matrix_keeps_its_small_eigenvalues),
		cmocka_unit_test(cholesky_multiplies_back),
		cmocka_unit_test(solves_return_the_right_hand_side),
		cmocka_unit_test(congruences_are_transposes_of_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
