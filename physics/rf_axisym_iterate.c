/* Conjugate orthogonal conjugate gradients for the complex symmetric five-point matrix, preconditioned by a
 * modified incomplete factorisation. Complex products are written out: the language's own check for NaN. */
#include "physics/rf_axisym_private.h"

#define MODIFIED 0.97 /* share of the dropped fill that is put back on the diagonal */
#define ITERATIONS_MAX 2000
#define RESTARTS_MAX 3
#define RESIDUAL_SLACK 2.0 /* true residual over the tolerance */

static inline double complex times(double complex a, double complex b)
{
	return RF_COMPLEX(creal(a) * creal(b) - cimag(a) * cimag(b),
	                  creal(a) * cimag(b) + cimag(a) * creal(b));
}

static double complex inverse(double complex a)
{
	double scale = 1.0 / (creal(a) * creal(a) + cimag(a) * cimag(a));
	return RF_COMPLEX(creal(a) * scale, -cimag(a) * scale);
}

/* Pivots d_n = a_n - sum l (l + dropped) / d over the two neighbours before; then the links divided by the
 * pivot at either end, so that a sweep has one product in its recurrence. */
static void factorise(struct rf_axisym *s)
{
	size_t nz = s->nz, cells = s->cells;
	for (size_t n = 0; n < cells; n++) {
		double complex pivot = s->diagonal[n];
		if (n >= 1) {
			double complex other = n - 1 + nz < cells ? s->inside[n - 1 + nz] : 0.0;
			pivot -= times(times(s->above[n], s->above[n] + MODIFIED * other),
			               s->inverse_pivot[n - 1]);
		}
		if (n >= nz) {
			double complex other = s->above[n - nz + 1];
			pivot -= times(times(s->inside[n], s->inside[n] + MODIFIED * other),
			               s->inverse_pivot[n - nz]);
		}
		s->inverse_pivot[n] = inverse(pivot);
	}
	for (size_t n = 0; n < cells; n++) {
		s->down_axial[n] = times(s->above[n], s->inverse_pivot[n]);
		s->down_radial[n] = times(s->inside[n], s->inverse_pivot[n]);
		s->up_axial[n] = n + 1 < cells ? times(s->above[n + 1], s->inverse_pivot[n]) : 0.0;
		s->up_radial[n] = n + nz < cells ? times(s->inside[n + nz], s->inverse_pivot[n]) : 0.0;
	}
}

/* y := inverse((D + L) inverse(D) (D + L')) x, column by column: first what has no recurrence. above[n] joins
 * n - 1 and n and is 0 in the first row of a column. */
static void precondition(const struct rf_axisym *s, const double complex *x, double complex *y)
{
	size_t nz = s->nz, cells = s->cells;
	for (size_t top = 0; top < cells; top += nz) {
		for (size_t n = top; n < top + nz; n++)
			y[n] = times(x[n], s->inverse_pivot[n]);
		for (size_t n = top; top && n < top + nz; n++)
			y[n] -= times(s->down_radial[n], y[n - nz]);
		double complex before = y[top];
		for (size_t n = top + 1; n < top + nz; n++)
			y[n] = before = y[n] - times(s->down_axial[n], before);
	}
	for (size_t top = cells; top > 0; top -= nz) {
		size_t first = top - nz;
		for (size_t n = first; top < cells && n < top; n++)
			y[n] -= times(s->up_radial[n], y[n + nz]);
		double complex after = y[top - 1];
		for (size_t n = top - 1; n-- > first;)
			y[n] = after = y[n] - times(s->up_axial[n], after);
	}
}

static void multiply(const struct rf_axisym *s, const double complex *x, double complex *y)
{
	size_t nz = s->nz, cells = s->cells;
	for (size_t top = 0; top < cells; top += nz) {
		for (size_t n = top; n < top + nz; n++)
			y[n] = times(s->diagonal[n], x[n]);
		for (size_t n = top + 1; n < top + nz; n++) {
			y[n] += times(s->above[n], x[n - 1]);
			y[n - 1] += times(s->above[n], x[n]);
		}
		for (size_t n = top; top && n < top + nz; n++) {
			y[n] += times(s->inside[n], x[n - nz]);
			y[n - nz] += times(s->inside[n], x[n]);
		}
	}
}

/* x'y, not conjugated. */
static double complex dot(size_t n, const double complex *x, const double complex *y)
{
	double re = 0.0, im = 0.0;
	for (size_t i = 0; i < n; i++) {
		re += creal(x[i]) * creal(y[i]) - cimag(x[i]) * cimag(y[i]);
		im += creal(x[i]) * cimag(y[i]) + cimag(x[i]) * creal(y[i]);
	}
	return RF_COMPLEX(re, im);
}

static double norm(size_t n, const double complex *x)
{
	double sum = 0.0;
	for (size_t i = 0; i < n; i++)
		sum += creal(x[i]) * creal(x[i]) + cimag(x[i]) * cimag(x[i]);
	return sqrt(sum);
}

static double start(struct rf_axisym *s)
{
	multiply(s, s->potential, s->residual);
	for (size_t n = 0; n < s->cells; n++)
		s->residual[n] = s->source[n] - s->residual[n];
	precondition(s, s->residual, s->work);
	memcpy(s->search, s->work, s->cells * sizeof *s->search);
	return norm(s->cells, s->residual);
}

/* From the present potential until the recursion's residual meets the target. False: broken down or too long.
 */
static bool descend(struct rf_axisym *s, double target, double *size)
{
	*size = start(s);
	double complex rho = dot(s->cells, s->residual, s->work);
	for (; !(*size <= target); s->iterations++) {
		multiply(s, s->search, s->image);
		double complex curvature = dot(s->cells, s->search, s->image);
		if (s->iterations >= ITERATIONS_MAX || cabs(curvature) == 0.0 || !isfinite(*size))
			return false;
		double complex step = rho / curvature;
		*size = 0.0;
		for (size_t n = 0; n < s->cells; n++) {
			s->potential[n] += times(step, s->search[n]);
			double complex left = s->residual[n] - times(step, s->image[n]);
			*size += creal(left) * creal(left) + cimag(left) * cimag(left);
			s->residual[n] = left;
		}
		*size = sqrt(*size);
		precondition(s, s->residual, s->work);
		double complex next = dot(s->cells, s->residual, s->work), turn = next / rho;
		for (size_t n = 0; n < s->cells; n++)
			s->search[n] = s->work[n] + times(turn, s->search[n]);
		rho = next;
	}
	return true;
}

/* The recursion's residual drifts from the true one: it is computed afresh at the end, and the descent
 * restarted from there when they differ. */
enum status rf_axisym_iterate(struct rf_axisym *s, double tolerance, struct fail *why)
{
	factorise(s);
	double size = 0.0, target = tolerance * norm(s->cells, s->source);
	s->iterations = 0;
	for (int restart = 0; restart < RESTARTS_MAX; restart++) {
		if (!descend(s, target, &size))
			break;
		size = start(s);
		if (size <= RESIDUAL_SLACK * target)
			return ST_OK;
	}
	return fail_set(why, ST_NUMERIC, "axisym",
	                "no convergence: relative residual %.2g after %zu iterations (wanted %.2g)",
	                size / (target / tolerance), s->iterations, tolerance);
}
