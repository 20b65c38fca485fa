/* Conjugate gradients on a seven-point mesh, real and complex.
 *
 * The complex system is symmetric, not Hermitian: COCG (van der Vorst & Melissen 1990, IEEE Trans Magn
 * 26:706) is conjugate gradients with the product that does not conjugate. Preconditioner: modified
 * incomplete Cholesky of level 0 (Gustafsson 1978, BIT 18:142), dropped fill moved to the diagonal by
 * MODIFIED. */
#include "physics/rf_cell_private.h"

#define MODIFIED 0.97

void *mesh_alloc(const struct mesh *mesh, size_t size)
{
	char *block = calloc(mesh->count + 2 * mesh->pad, size);
	return block ? block + mesh->pad * size : NULL;
}

void mesh_free(const struct mesh *mesh, void *array, size_t size)
{
	if (array)
		free((char *)array - mesh->pad * size);
}

/* ---- complex ---------------------------------------------------------------------------------------------
 */

static double complex inverse(double complex a)
{
	double s = 1.0 / square_abs(a);
	return complex_of(creal(a) * s, -cimag(a) * s);
}

/* What the link back to a neighbour takes from a pivot: the exact part and the fill that is dropped. */
static double complex eliminated(double complex link, double complex pivot, double complex others)
{
	return cmul(cmul(link, pivot), link + MODIFIED * others);
}

static void factor_complex(const struct mesh *m, const double complex *gx, const double complex *gy,
                           const double complex *gz, const double complex *diagonal, double complex *pivot)
{
	ptrdiff_t sy = (ptrdiff_t)m->nx, sz = sy * (ptrdiff_t)m->ny, count = (ptrdiff_t)m->count;
	for (ptrdiff_t n = 0; n < count; n++) {
		double complex d = diagonal[n];
		d -= eliminated(gx[n - 1], pivot[n - 1], gy[n - 1] + gz[n - 1]);
		d -= eliminated(gy[n - sy], pivot[n - sy], gx[n - sy] + gz[n - sy]);
		d -= eliminated(gz[n - sz], pivot[n - sz], gx[n - sz] + gy[n - sz]);
		pivot[n] = inverse(d);
	}
}

static void precondition_complex(const struct mesh *m, const double complex *gx, const double complex *gy,
                                 const double complex *gz, const double complex *pivot,
                                 const double complex *r, double complex *w)
{
	ptrdiff_t sy = (ptrdiff_t)m->nx, sz = sy * (ptrdiff_t)m->ny, count = (ptrdiff_t)m->count;
	for (ptrdiff_t n = 0; n < count; n++)
		w[n] = cmul(pivot[n], r[n] + cmul(gx[n - 1], w[n - 1]) + cmul(gy[n - sy], w[n - sy]) +
		                              cmul(gz[n - sz], w[n - sz]));
	for (ptrdiff_t n = count; n-- > 0;)
		w[n] += cmul(pivot[n],
		             cmul(gx[n], w[n + 1]) + cmul(gy[n], w[n + sy]) + cmul(gz[n], w[n + sz]));
}

static void multiply_complex(const struct mesh *m, const double complex *gx, const double complex *gy,
                             const double complex *gz, const double complex *diagonal,
                             const double complex *v, double complex *out)
{
	ptrdiff_t sy = (ptrdiff_t)m->nx, sz = sy * (ptrdiff_t)m->ny, count = (ptrdiff_t)m->count;
	for (ptrdiff_t n = 0; n < count; n++)
		out[n] = cmul(diagonal[n], v[n]) - cmul(gx[n], v[n + 1]) - cmul(gx[n - 1], v[n - 1]) -
		         cmul(gy[n], v[n + sy]) - cmul(gy[n - sy], v[n - sy]) - cmul(gz[n], v[n + sz]) -
		         cmul(gz[n - sz], v[n - sz]);
}

static double complex dot_complex(size_t count, const double complex *a, const double complex *b)
{
	double complex sum = 0.0;
	for (size_t n = 0; n < count; n++)
		sum += cmul(a[n], b[n]);
	return sum;
}

static double norm_complex(size_t count, const double complex *a)
{
	double sum = 0.0;
	for (size_t n = 0; n < count; n++)
		sum += square_abs(a[n]);
	return sqrt(sum);
}

double mesh_solve_complex(const struct mesh *m, const double complex *gx, const double complex *gy,
                          const double complex *gz, const double complex *diagonal, const double complex *b,
                          double complex *x, double complex *work, double tolerance, unsigned *iterations)
{
	size_t stride = m->count + 2 * m->pad;
	double complex *pivot = work, *r = work + stride, *w = r + stride, *p = w + stride, *ap = p + stride;
	unsigned most = *iterations;
	double scale = norm_complex(m->count, b), norm;
	factor_complex(m, gx, gy, gz, diagonal, pivot);
	multiply_complex(m, gx, gy, gz, diagonal, x, ap);
	for (size_t n = 0; n < m->count; n++)
		r[n] = b[n] - ap[n];
	precondition_complex(m, gx, gy, gz, pivot, r, w);
	memcpy(p, w, m->count * sizeof *p);
	double complex rho = dot_complex(m->count, r, w);
	for (*iterations = 0; (norm = norm_complex(m->count, r)) > tolerance * scale && *iterations < most;) {
		multiply_complex(m, gx, gy, gz, diagonal, p, ap);
		double complex alpha = cmul(rho, inverse(dot_complex(m->count, p, ap)));
		for (size_t n = 0; n < m->count; n++) {
			x[n] += cmul(alpha, p[n]);
			r[n] -= cmul(alpha, ap[n]);
		}
		precondition_complex(m, gx, gy, gz, pivot, r, w);
		double complex next = dot_complex(m->count, r, w), beta = cmul(next, inverse(rho));
		for (size_t n = 0; n < m->count; n++)
			p[n] = w[n] + cmul(beta, p[n]);
		rho = next;
		++*iterations;
	}
	return scale > 0.0 ? norm / scale : 0.0;
}

/* ---- real: the same in double
 * ------------------------------------------------------------------------------ */

static void factor_real(const struct mesh *m, const double *gx, const double *gy, const double *gz,
                        const double *diagonal, double *pivot)
{
	ptrdiff_t sy = (ptrdiff_t)m->nx, sz = sy * (ptrdiff_t)m->ny, count = (ptrdiff_t)m->count;
	for (ptrdiff_t n = 0; n < count; n++) {
		double d = diagonal[n];
		d -= gx[n - 1] * pivot[n - 1] * (gx[n - 1] + MODIFIED * (gy[n - 1] + gz[n - 1]));
		d -= gy[n - sy] * pivot[n - sy] * (gy[n - sy] + MODIFIED * (gx[n - sy] + gz[n - sy]));
		d -= gz[n - sz] * pivot[n - sz] * (gz[n - sz] + MODIFIED * (gx[n - sz] + gy[n - sz]));
		pivot[n] = 1.0 / d;
	}
}

static void precondition_real(const struct mesh *m, const double *gx, const double *gy, const double *gz,
                              const double *pivot, const double *r, double *w)
{
	ptrdiff_t sy = (ptrdiff_t)m->nx, sz = sy * (ptrdiff_t)m->ny, count = (ptrdiff_t)m->count;
	for (ptrdiff_t n = 0; n < count; n++)
		w[n] = pivot[n] *
		       (r[n] + gx[n - 1] * w[n - 1] + gy[n - sy] * w[n - sy] + gz[n - sz] * w[n - sz]);
	for (ptrdiff_t n = count; n-- > 0;)
		w[n] += pivot[n] * (gx[n] * w[n + 1] + gy[n] * w[n + sy] + gz[n] * w[n + sz]);
}

static void multiply_real(const struct mesh *m, const double *gx, const double *gy, const double *gz,
                          const double *diagonal, const double *v, double *out)
{
	ptrdiff_t sy = (ptrdiff_t)m->nx, sz = sy * (ptrdiff_t)m->ny, count = (ptrdiff_t)m->count;
	for (ptrdiff_t n = 0; n < count; n++)
		out[n] = diagonal[n] * v[n] - gx[n] * v[n + 1] - gx[n - 1] * v[n - 1] - gy[n] * v[n + sy] -
		         gy[n - sy] * v[n - sy] - gz[n] * v[n + sz] - gz[n - sz] * v[n - sz];
}

static double dot_real(size_t count, const double *a, const double *b)
{
	double sum = 0.0;
	for (size_t n = 0; n < count; n++)
		sum += a[n] * b[n];
	return sum;
}

double mesh_solve_real(const struct mesh *m, const double *gx, const double *gy, const double *gz,
                       const double *diagonal, const double *b, double *x, double *work, double tolerance,
                       unsigned *iterations)
{
	size_t stride = m->count + 2 * m->pad;
	double *pivot = work, *r = work + stride, *w = r + stride, *p = w + stride, *ap = p + stride;
	unsigned most = *iterations;
	double scale = sqrt(dot_real(m->count, b, b)), norm;
	factor_real(m, gx, gy, gz, diagonal, pivot);
	multiply_real(m, gx, gy, gz, diagonal, x, ap);
	for (size_t n = 0; n < m->count; n++)
		r[n] = b[n] - ap[n];
	precondition_real(m, gx, gy, gz, pivot, r, w);
	memcpy(p, w, m->count * sizeof *p);
	double rho = dot_real(m->count, r, w);
	for (*iterations = 0;
	     (norm = sqrt(dot_real(m->count, r, r))) > tolerance * scale && *iterations < most;) {
		multiply_real(m, gx, gy, gz, diagonal, p, ap);
		double alpha = rho / dot_real(m->count, p, ap);
		for (size_t n = 0; n < m->count; n++) {
			x[n] += alpha * p[n];
			r[n] -= alpha * ap[n];
		}
		precondition_real(m, gx, gy, gz, pivot, r, w);
		double next = dot_real(m->count, r, w), beta = next / rho;
		for (size_t n = 0; n < m->count; n++)
			p[n] = w[n] + beta * p[n];
		rho = next;
		++*iterations;
	}
	return scale > 0.0 ? norm / scale : 0.0;
}
