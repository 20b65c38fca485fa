/* Textbook dense algebra (Golub & Van Loan, Matrix Computations, 4th ed.): loops run along rows, so that
 * the compiler can use its vector registers, and nothing calls out of this file. For sizes around 8 this
 * is several times faster than a general library, whose calls cost more than the arithmetic. */
#include "physics/base/matrix.h"

#include <float.h>
#include <stddef.h>

#define QL_SWEEPS_MAX 60 /* per eigenvalue; two or three are usual */

static const double *row_of(const double *a, int n, int i)
{
	return a + (ptrdiff_t)i * n;
}

static double *row_in(double *a, int n, int i)
{
	return a + (ptrdiff_t)i * n;
}

static double dot(int n, const double *restrict x, const double *restrict y)
{
	double even = 0.0, odd = 0.0;
	int i = 0;
	for (; i + 1 < n; i += 2) {
		even += x[i] * y[i];
		odd += x[i + 1] * y[i + 1];
	}
	if (i < n)
		even += x[i] * y[i];
	return even + odd;
}

/* y += factor x */
static void add_multiple(int n, double factor, const double *restrict x, double *restrict y)
{
	for (int i = 0; i < n; i++)
		y[i] += factor * x[i];
}

int matrix_cholesky(int n, const double *a, double *lower)
{
	for (int i = 0; i < n; i++) {
		double *li = row_in(lower, n, i);
		for (int j = 0; j < i; j++) {
			const double *lj = row_of(lower, n, j);
			li[j] = (row_of(a, n, i)[j] - dot(j, li, lj)) / lj[j];
		}
		double pivot = row_of(a, n, i)[i] - dot(i, li, li);
		if (!(pivot > 0.0))
			return -1;
		li[i] = sqrt(pivot);
		for (int j = i + 1; j < n; j++)
			li[j] = 0.0;
	}
	return 0;
}

void matrix_solve_lower_transposed(int n, const double *lower, double *x)
{
	for (int i = n - 1; i >= 0; i--) {
		const double *li = row_of(lower, n, i);
		x[i] /= li[i];
		add_multiple(i, -x[i], li, x);
	}
}

/* Householder vector of x[0..n-1] (Golub & Van Loan, algorithm 5.1.1, from the far end): x becomes v, and
 * (1 - tau v v') x = (0, ..., 0, *norm). */
static double householder(int n, double *x, double *norm)
{
	double length = sqrt(dot(n, x, x));
	*norm = x[n - 1] > 0.0 ? -length : length;
	x[n - 1] -= *norm;
	return length > 0.0 ? -1.0 / (*norm * x[n - 1]) : 0.0;
}

/* a := H a H for the leading block of size n of a matrix with rows of length stride. */
static void reflect_both_sides(int n, int stride, double *a, const double *v, double tau, double *work)
{
	for (int i = 0; i < n; i++)
		work[i] = tau * dot(n, row_of(a, stride, i), v);
	double half = 0.5 * tau * dot(n, work, v);
	add_multiple(n, -half, v, work);
	for (int i = 0; i < n; i++) {
		double *ai = row_in(a, stride, i);
		double vi = v[i], wi = work[i];
		for (int j = 0; j < n; j++)
			ai[j] -= vi * work[j] + wi * v[j];
	}
}

/* q := H_2 H_3 ... H_(n-1), whose vectors stand in a's rows. */
static void gather_reflections(int n, const double *a, const double *tau, double *q)
{
	for (int i = 0; i < n * n; i++)
		q[i] = 0.0;
	for (int i = 0; i < n; i++)
		row_in(q, n, i)[i] = 1.0;
	for (int k = 2; k < n; k++) {
		const double *v = row_of(a, n, k);
		for (int i = 0; i < k; i++) {
			double *qi = row_in(q, n, i);
			add_multiple(k, -tau[k] * dot(k, qi, v), v, qi);
		}
	}
}

/* Householder reduction to tridiagonal form (Golub & Van Loan, algorithm 8.3.1) from the last row
 * upwards, which keeps the small eigenvalues of a matrix graded like ours (small entries first) exact:
 * a = q' t q with t's diagonal and its neighbours off[0..n-2]. */
static void tridiagonalise(int n, double *a, double *diagonal, double *off, double *q, double *work)
{
	double *tau = diagonal; /* each entry is read before the diagonal is written */
	for (int k = n - 1; k >= 2; k--) {
		double *v = row_in(a, n, k);
		tau[k] = householder(k, v, &off[k - 1]);
		reflect_both_sides(k, n, a, v, tau[k], work);
	}
	gather_reflections(n, a, tau, q);
	for (int i = 0; i < n; i++)
		diagonal[i] = row_of(a, n, i)[i];
	if (n > 1)
		off[0] = row_of(a, n, 1)[0];
}

static void rotate_rows(int n, double *restrict x, double *restrict y, double c, double s)
{
	for (int i = 0; i < n; i++) {
		double t = y[i];
		y[i] = s * x[i] + c * t;
		x[i] = c * x[i] - s * t;
	}
}

/* One implicit QL step with Wilkinson's shift on rows first..last (Golub & Van Loan, section 8.3.5;
 * Martin & Wilkinson 1968). */
static void ql_step(int n, int first, int last, double *d, double *e, double *rows)
{
	double g = (d[first + 1] - d[first]) / (2.0 * e[first]);
	g = d[last] - d[first] + e[first] / (g + copysign(sqrt(g * g + 1.0), g));
	double s = 1.0, c = 1.0, p = 0.0;
	for (int i = last - 1; i >= first; i--) {
		double f = s * e[i], b = c * e[i];
		double r = sqrt(f * f + g * g);
		e[i + 1] = r;
		if (r == 0.0) {
			d[i + 1] -= p;
			e[last] = 0.0;
			return;
		}
		s = f / r;
		c = g / r;
		g = d[i + 1] - p;
		r = (d[i] - g) * s + 2.0 * c * b;
		p = s * r;
		d[i + 1] = g + p;
		g = c * r - b;
		rotate_rows(n, row_in(rows, n, i), row_in(rows, n, i + 1), c, s);
	}
	d[first] -= p;
	e[first] = g;
	e[last] = 0.0;
}

static int unreduced_end(int n, int first, const double *d, const double *e)
{
	int end = first;
	while (end < n - 1 && fabs(e[end]) > DBL_EPSILON * (fabs(d[end]) + fabs(d[end + 1])))
		end++;
	return end;
}

int matrix_eigen_symmetric(int n, double *a, double *value, double *vector_rows, double *scratch)
{
	double *off = scratch, *work = scratch + n;
	tridiagonalise(n, a, value, off, vector_rows, work);
	off[n - 1] = 0.0;
	for (int first = 0; first < n; first++) {
		int sweeps = 0;
		for (int last; (last = unreduced_end(n, first, value, off)) > first;) {
			if (++sweeps > QL_SWEEPS_MAX)
				return -1;
			ql_step(n, first, last, value, off, vector_rows);
		}
	}
	return 0;
}

void matrix_times_vector(int n, const double *p, const double *x, double *y)
{
	for (int i = 0; i < n; i++)
		y[i] = dot(n, row_of(p, n, i), x);
}

void matrix_transposed_times_vector(int n, const double *p, const double *x, double *y)
{
	for (int i = 0; i < n; i++)
		y[i] = 0.0;
	for (int i = 0; i < n; i++)
		add_multiple(n, x[i], row_of(p, n, i), y);
}

/* c := a b */
static void multiply(int n, const double *a, const double *b, double *c)
{
	for (int i = 0; i < n; i++)
		matrix_transposed_times_vector(n, b, row_of(a, n, i), row_in(c, n, i));
}

void matrix_congruence(int n, const double *p, const double *s, double *scratch, double *out)
{
	multiply(n, p, s, scratch);
	for (int i = 0; i < n; i++) {
		for (int j = 0; j <= i; j++) {
			double value = dot(n, row_of(scratch, n, i), row_of(p, n, j));
			row_in(out, n, i)[j] = value;
			row_in(out, n, j)[i] = value;
		}
	}
}

void matrix_congruence_transposed(int n, const double *p, const double *s, double *scratch, double *out)
{
	multiply(n, s, p, scratch);
	for (int i = 0; i < n * n; i++)
		out[i] = 0.0;
	for (int k = 0; k < n; k++) {
		for (int i = 0; i < n; i++)
			add_multiple(i + 1, row_of(p, n, k)[i], row_of(scratch, n, k), row_in(out, n, i));
	}
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < i; j++)
			row_in(out, n, j)[i] = row_of(out, n, i)[j];
	}
}

void matrix_lu(int n, double *a)
{
	for (int k = 0; k < n; k++) {
		const double *ak = row_of(a, n, k);
		for (int i = k + 1; i < n; i++) {
			double *ai = row_in(a, n, i);
			ai[k] /= ak[k];
			add_multiple(n - k - 1, -ai[k], ak + k + 1, ai + k + 1);
		}
	}
}

void matrix_lu_solve(int n, const double *lu, double *x)
{
	for (int i = 1; i < n; i++)
		x[i] -= dot(i, row_of(lu, n, i), x);
	for (int i = n - 1; i >= 0; i--) {
		const double *ui = row_of(lu, n, i);
		x[i] = (x[i] - dot(n - i - 1, ui + i + 1, x + i + 1)) / ui[i];
	}
}

void matrix_lu_solve_transposed(int n, const double *lu, double *x)
{
	for (int i = 0; i < n; i++) {
		const double *ui = row_of(lu, n, i);
		x[i] /= ui[i];
		add_multiple(n - i - 1, -x[i], ui + i + 1, x + i + 1);
	}
	for (int i = n - 1; i > 0; i--)
		add_multiple(i, -x[i], row_of(lu, n, i), x);
}
