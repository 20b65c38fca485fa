/* Eigenvectors by Householder reduction to Hessenberg form, Francis' double steps to quasi-triangular form
 * and back substitution: Golub & Van Loan, Matrix Computations, 4th ed., algorithms 7.4.2, 7.5.1, 7.5.2;
 * shifts and deflation as in orthes and hqr2 (Martin & Wilkinson 1968, Peters & Wilkinson 1970, in
 * Handbook for Automatic Computation II/13-15). Vectors are kept by rows, so that loops run along memory. */
#include "physics/base/general.h"

#include <complex.h>
#include <float.h>
#include <stddef.h>

#define SWEEPS_MAX 100 /* per eigenvalue; three are usual */
#define SHIFT_FIRST 10 /* exceptional shifts after this many sweeps, and twice as many */

struct schur {
	int n;
	double *h;       /* becomes quasi-triangular */
	double *v;       /* rows: transposed product of the transformations */
	double *re, *im; /* eigenvalues */
	double norm, shifted;
};

#define H(i, j) (s->h[(ptrdiff_t)(i) * s->n + (j)])

static double *vector_of(const struct schur *s, int j)
{
	return s->v + (ptrdiff_t)j * s->n;
}

/* ---- to Hessenberg form ---- */

/* u and h with (1 - u u' / h) column = (norm, 0, ..): returns h, 0 when there is nothing to do. */
static double householder(const struct schur *s, int m, double *u, double *norm)
{
	double h = 0.0;
	for (int i = m; i < s->n; i++) {
		u[i] = H(i, m - 1);
		h += u[i] * u[i];
	}
	*norm = u[m] > 0.0 ? -sqrt(h) : sqrt(h);
	h -= u[m] * *norm;
	u[m] -= *norm;
	return h;
}

static void reflect(struct schur *s, int m, const double *u, double h)
{
	double *row = vector_of(s, 0); /* free until the vectors are gathered */
	for (int j = m; j < s->n; j++)
		row[j] = 0.0;
	for (int i = m; i < s->n; i++) {
		for (int j = m; j < s->n; j++)
			row[j] += u[i] * H(i, j);
	}
	for (int i = m; i < s->n; i++) {
		double f = u[i] / h;
		for (int j = m; j < s->n; j++)
			H(i, j) -= f * row[j];
	}
	for (int i = 0; i < s->n; i++) {
		double f = 0.0;
		for (int j = m; j < s->n; j++)
			f += u[j] * H(i, j);
		f /= h;
		for (int j = m; j < s->n; j++)
			H(i, j) -= f * u[j];
	}
}

/* Below the subdiagonal stay the Householder vectors; head[m] keeps u[m], and u[m] norm is -h. */
static void to_hessenberg(struct schur *s, double *head)
{
	double *u = vector_of(s, 1);
	for (int m = 1; m < s->n - 1; m++) {
		double norm = 0.0, h = householder(s, m, u, &norm);
		head[m] = u[m];
		if (h == 0.0)
			continue;
		reflect(s, m, u, h);
		H(m, m - 1) = norm;
	}
}

static void gather(struct schur *s, double *head)
{
	for (int i = 0; i < s->n * s->n; i++)
		s->v[i] = i % (s->n + 1) ? 0.0 : 1.0;
	for (int m = s->n - 2; m >= 1; m--) {
		if (head[m] == 0.0 || H(m, m - 1) == 0.0)
			continue;
		for (int j = m; j < s->n; j++) {
			double *v = vector_of(s, j), g = head[m] * v[m];
			for (int i = m + 1; i < s->n; i++)
				g += H(i, m - 1) * v[i];
			g = g / head[m] / H(m, m - 1);
			v[m] += g * head[m];
			for (int i = m + 1; i < s->n; i++)
				v[i] += g * H(i, m - 1);
		}
	}
	for (int i = 2; i < s->n; i++) {
		for (int j = 0; j < i - 1; j++)
			H(i, j) = 0.0;
	}
}

/* ---- to quasi-triangular form ---- */

static int unreduced_start(const struct schur *s, int last)
{
	int l = last;
	for (; l > 0; l--) {
		double size = fabs(H(l - 1, l - 1)) + fabs(H(l, l));
		if (size == 0.0)
			size = s->norm;
		if (fabs(H(l, l - 1)) < DBL_EPSILON * size)
			break;
	}
	return l;
}

/* Makes the 2 x 2 block ending at last triangular by a rotation. */
static void rotate_block(struct schur *s, int last, double x, double z)
{
	double r = hypot(x, z), p = x / r, q = z / r;
	double *v = vector_of(s, last - 1), *w = vector_of(s, last);
	for (int j = last - 1; j < s->n; j++) {
		double t = H(last - 1, j);
		H(last - 1, j) = q * t + p * H(last, j);
		H(last, j) = q * H(last, j) - p * t;
	}
	for (int i = 0; i <= last; i++) {
		double t = H(i, last - 1);
		H(i, last - 1) = q * t + p * H(i, last);
		H(i, last) = q * H(i, last) - p * t;
	}
	for (int i = 0; i < s->n; i++) {
		double t = v[i];
		v[i] = q * t + p * w[i];
		w[i] = q * w[i] - p * t;
	}
}

static void take_two(struct schur *s, int last)
{
	double w = H(last, last - 1) * H(last - 1, last);
	double p = 0.5 * (H(last - 1, last - 1) - H(last, last)), q = p * p + w, z = sqrt(fabs(q));
	H(last, last) += s->shifted;
	H(last - 1, last - 1) += s->shifted;
	double x = H(last, last);
	if (q < 0.0) {
		s->re[last - 1] = s->re[last] = x + p;
		s->im[last - 1] = z;
		s->im[last] = -z;
		return;
	}
	z = p >= 0.0 ? p + z : p - z;
	s->re[last - 1] = x + z;
	s->re[last] = z != 0.0 ? x - w / z : x + z;
	s->im[last - 1] = s->im[last] = 0.0;
	rotate_block(s, last, H(last, last - 1), z);
}

struct shift {
	double x, y, w;
};

static void shift_diagonal(struct schur *s, int last, double by)
{
	s->shifted += by;
	for (int i = 0; i <= last; i++)
		H(i, i) -= by;
}

/* The double shift of Francis, now and then an exceptional one (Wilkinson's, then Rutishauser's). */
static struct shift choose_shift(struct schur *s, int last, int sweep)
{
	struct shift f = {H(last, last), H(last - 1, last - 1), H(last, last - 1) * H(last - 1, last)};
	if (sweep == SHIFT_FIRST) {
		shift_diagonal(s, last, f.x);
		double size = fabs(H(last, last - 1)) + fabs(H(last - 1, last - 2));
		f = (struct shift){0.75 * size, 0.75 * size, -0.4375 * size * size};
	} else if (sweep == 2 * SHIFT_FIRST) {
		double half = 0.5 * (f.y - f.x), root = half * half + f.w;
		if (root > 0.0) {
			root = f.y < f.x ? -sqrt(root) : sqrt(root);
			shift_diagonal(s, last, f.x - f.w / (half + root));
			f = (struct shift){0.964, 0.964, 0.964};
		}
	}
	return f;
}

/* Where two small subdiagonal entries let the step begin, and its first reflection vector. */
static int step_start(const struct schur *s, int first, int last, const struct shift *f, double vector[3])
{
	int m = last - 2;
	for (;; m--) {
		double z = H(m, m), r = f->x - z, t = f->y - z;
		double p = (r * t - f->w) / H(m + 1, m) + H(m, m + 1);
		double q = H(m + 1, m + 1) - z - r - t;
		r = H(m + 2, m + 1);
		double size = fmax(fabs(p) + fabs(q) + fabs(r), DBL_MIN);
		vector[0] = p / size;
		vector[1] = q / size;
		vector[2] = r / size;
		if (m == first)
			return m;
		double left = fabs(H(m, m - 1)) * (fabs(vector[1]) + fabs(vector[2]));
		double around = fabs(H(m - 1, m - 1)) + fabs(z) + fabs(H(m + 1, m + 1));
		if (left < DBL_EPSILON * fabs(vector[0]) * around)
			return m;
	}
}

/* H := (1 - u v') H (1 - v u') on three (or two: z = r = 0) rows and columns from k. */
static void bulge(struct schur *s, int k, int last, int rows, const double v[3], const double u[3])
{
	double *h0 = &H(k, 0), *h1 = h0 + s->n, *h2 = rows == 3 ? h1 + s->n : h1;
	double *v0 = vector_of(s, k), *v1 = v0 + s->n, *v2 = rows == 3 ? v1 + s->n : v1;
	int below = k + 3 < last ? k + 3 : last;
	for (int j = k; j < s->n; j++) {
		double p = h0[j] + u[1] * h1[j] + u[2] * h2[j];
		h0[j] -= p * v[0];
		h1[j] -= p * v[1];
		h2[j] -= p * v[2];
	}
	for (int i = 0; i <= below; i++) {
		double *h = &H(i, k), third = rows == 3 ? h[2] : 0.0;
		double p = v[0] * h[0] + v[1] * h[1] + v[2] * third;
		h[0] -= p;
		h[1] -= p * u[1];
		if (rows == 3)
			h[2] -= p * u[2];
	}
	for (int i = 0; i < s->n; i++) {
		double p = v[0] * v0[i] + v[1] * v1[i] + v[2] * v2[i];
		v0[i] -= p;
		v1[i] -= p * u[1];
		v2[i] -= p * u[2];
	}
}

static void francis_step(struct schur *s, int first, int last, int sweep)
{
	double t[3], size = 1.0;
	struct shift f = choose_shift(s, last, sweep);
	int start = step_start(s, first, last, &f, t);
	for (int i = start + 2; i <= last; i++) {
		H(i, i - 2) = 0.0;
		if (i > start + 2)
			H(i, i - 3) = 0.0;
	}
	for (int k = start; k < last; k++) {
		int rows = k < last - 1 ? 3 : 2;
		if (k > start) {
			t[0] = H(k, k - 1);
			t[1] = H(k + 1, k - 1);
			t[2] = rows == 3 ? H(k + 2, k - 1) : 0.0;
			size = fabs(t[0]) + fabs(t[1]) + fabs(t[2]);
			if (size == 0.0)
				return;
			for (int i = 0; i < 3; i++)
				t[i] /= size;
		}
		if (rows == 2)
			t[2] = 0.0;
		double norm = sqrt(t[0] * t[0] + t[1] * t[1] + t[2] * t[2]);
		norm = t[0] < 0.0 ? -norm : norm;
		if (k > start)
			H(k, k - 1) = -norm * size;
		else if (first != start)
			H(k, k - 1) = -H(k, k - 1);
		double head = t[0] + norm;
		const double v[3] = {head / norm, t[1] / norm, t[2] / norm};
		const double u[3] = {1.0, t[1] / head, t[2] / head};
		bulge(s, k, last, rows, v, u);
	}
}

static int to_triangular(struct schur *s)
{
	for (int last = s->n - 1, sweep = 0; last >= 0;) {
		int first = unreduced_start(s, last);
		if (first == last) {
			H(last, last) += s->shifted;
			s->re[last] = H(last, last);
			s->im[last--] = 0.0;
			sweep = 0;
		} else if (first == last - 1) {
			take_two(s, last);
			last -= 2;
			sweep = 0;
		} else {
			if (sweep++ > SWEEPS_MAX)
				return -1;
			francis_step(s, first, last, sweep - 1);
		}
	}
	return 0;
}

/* ---- eigenvectors of the quasi-triangular form, then of the matrix ---- */

/* One right-hand side or unknown: real and imaginary part in two columns, re alone for a real vector. */
static double complex column_sum(const struct schur *s, int i, int from, int to, int re, int im)
{
	double a = 0.0, b = 0.0;
	for (int j = from; j <= to; j++) {
		a += H(i, j) * H(j, re);
		if (im != re)
			b += H(i, j) * H(j, im);
	}
	return a + I * b;
}

static void put(struct schur *s, int i, int re, int im, double complex x)
{
	H(i, re) = creal(x);
	if (im != re)
		H(i, im) = cimag(x);
}

static double complex get(const struct schur *s, int i, int re, int im)
{
	return im != re ? H(i, re) + I * H(i, im) : H(i, re);
}

static double complex away_from_zero(const struct schur *s, double complex x)
{
	return x == 0.0 ? DBL_EPSILON * s->norm : x;
}

/* Solves (T - value) x = 0 upwards from known rows; x stands in columns re and im of the form itself. */
static void substitute_back(struct schur *s, int below, int re, int im, double complex value)
{
	int top = below + 1;
	for (int i = below; i >= 0; i--) {
		double complex r = column_sum(s, i, top, im, re, im);
		if (s->im[i] == 0.0) {
			put(s, i, re, im, -r / away_from_zero(s, H(i, i) - value));
		} else {
			/* rows i - 1 and i of a pair's block together, by Cramer's rule */
			double complex upper = column_sum(s, i - 1, top, im, re, im);
			double complex a = H(i - 1, i - 1) - value, d = H(i, i) - value;
			double b = H(i - 1, i), c = H(i, i - 1);
			double complex det = away_from_zero(s, a * d - b * c);
			put(s, i, re, im, (c * upper - a * r) / det);
			put(s, i - 1, re, im, (b * r - d * upper) / det);
			i--;
		}
		top = i;
		double size = cabs(get(s, i, re, im));
		if (DBL_EPSILON * size * size > 1.0) {
			for (int j = i; j <= im; j++)
				put(s, j, re, im, get(s, j, re, im) / size);
		}
	}
}

static void triangular_vector(struct schur *s, int k)
{
	if (s->im[k] == 0.0) {
		H(k, k) = 1.0;
		substitute_back(s, k - 1, k, k, s->re[k]);
		return;
	}
	/* k - 1, k: the block's own two rows, scaled by the larger coupling */
	double complex value = s->re[k - 1] + I * s->im[k - 1], x, y;
	double a = H(k - 1, k - 1), b = H(k - 1, k), c = H(k, k - 1), d = H(k, k);
	if (fabs(c) > fabs(b)) {
		y = 1.0;
		x = (value - d) / c;
	} else {
		x = 1.0;
		y = (value - a) / b;
	}
	put(s, k - 1, k - 1, k, x);
	put(s, k, k - 1, k, y);
	substitute_back(s, k - 2, k - 1, k, value);
}

/* out := the matrix's vector from column k of the form, rows 0 .. top. */
static void combine(const struct schur *s, int k, int top, double *out)
{
	for (int i = 0; i < s->n; i++)
		out[i] = 0.0;
	for (int j = 0; j <= top; j++) {
		const double *v = vector_of(s, j);
		double factor = H(j, k);
		for (int i = 0; i < s->n; i++)
			out[i] += factor * v[i];
	}
}

static void find_vectors(struct schur *s, double *work)
{
	size_t row = (size_t)s->n * sizeof *work;
	for (int k = s->n - 1; k >= 0; k -= s->im[k] != 0.0 ? 2 : 1)
		triangular_vector(s, k);
	for (int k = s->n - 1; k >= 0; k--) {
		combine(s, k, k, work);
		if (s->im[k] != 0.0) {
			combine(s, k - 1, k, work + s->n);
			memcpy(vector_of(s, k), work, row);
			k--;
			memcpy(vector_of(s, k), work + s->n, row);
		} else {
			memcpy(vector_of(s, k), work, row);
		}
	}
}

int general_eigen(int n, double *a, double *re, double *im, double *vector_rows, double *scratch)
{
	struct schur whole = {.n = n, .h = a, .v = vector_rows, .re = re, .im = im}, *s = &whole;
	to_hessenberg(s, scratch);
	gather(s, scratch);
	for (int i = 0; i < n; i++) {
		for (int j = i > 0 ? i - 1 : 0; j < n; j++)
			s->norm += fabs(H(i, j));
	}
	if (!isfinite(s->norm) || to_triangular(s))
		return -1;
	if (s->norm > 0.0)
		find_vectors(s, scratch + n);
	return 0;
}

/* ---- products and quotients ---- */

static void add_multiple(int n, double factor, const double *restrict x, double *restrict y)
{
	for (int i = 0; i < n; i++)
		y[i] += factor * x[i];
}

static void swap_rows(int n, double *a, double *b)
{
	for (int i = 0; i < n; i++) {
		double t = a[i];
		a[i] = b[i];
		b[i] = t;
	}
}

int general_divide(int n, double *a, int columns, double *b)
{
	for (int k = 0; k < n; k++) {
		double *ak = a + (ptrdiff_t)k * n, *bk = b + (ptrdiff_t)k * columns;
		int pivot = k;
		for (int i = k + 1; i < n; i++)
			pivot = fabs(a[(ptrdiff_t)i * n + k]) > fabs(a[(ptrdiff_t)pivot * n + k]) ? i : pivot;
		if (pivot != k) {
			swap_rows(n - k, ak + k, a + (ptrdiff_t)pivot * n + k);
			swap_rows(columns, bk, b + (ptrdiff_t)pivot * columns);
		}
		if (!(fabs(ak[k]) > 0.0) || !isfinite(ak[k]))
			return -1;
		for (int i = k + 1; i < n; i++) {
			double *ai = a + (ptrdiff_t)i * n, factor = -ai[k] / ak[k];
			add_multiple(n - k - 1, factor, ak + k + 1, ai + k + 1);
			add_multiple(columns, factor, bk, b + (ptrdiff_t)i * columns);
		}
	}
	for (int k = n - 1; k >= 0; k--) {
		double *bk = b + (ptrdiff_t)k * columns, inverse = 1.0 / a[(ptrdiff_t)k * n + k];
		for (int j = 0; j < columns; j++)
			bk[j] *= inverse;
		for (int i = 0; i < k; i++)
			add_multiple(columns, -a[(ptrdiff_t)i * n + k], bk, b + (ptrdiff_t)i * columns);
	}
	return 0;
}

void general_multiply(int rows, int inner, int columns, const double *a, const double *b, double *c)
{
	for (int i = 0; i < rows; i++) {
		double *ci = c + (ptrdiff_t)i * columns;
		for (int j = 0; j < columns; j++)
			ci[j] = 0.0;
		for (int k = 0; k < inner; k++)
			add_multiple(columns, a[(ptrdiff_t)i * inner + k], b + (ptrdiff_t)k * columns, ci);
	}
}

void general_transpose(int n, const double *a, double *out)
{
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++)
			out[(ptrdiff_t)j * n + i] = a[(ptrdiff_t)i * n + j];
	}
}
