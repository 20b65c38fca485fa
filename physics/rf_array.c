/* Finite needle arrays by the method of moments. */
#include "physics/rf_array.h"

#include "physics/base/units.h"

#define IMAGES_MAX 400
#define IMAGE_TOLERANCE 1e-7
#define SEGMENT_RADII 1.5 /* wanted length of a segment */
#define SEGMENTS_MIN 4
#define FAR_LENGTHS 6.0 /* a line farther away than this many of its lengths counts as a point */
#define TOLERANCE 1e-9
#define ITERATIONS_MAX 300
#define THIN_RATIO 4.0
#define WEIGHTS 3 /* Gauss points of the segment that is looked at */

struct segment {
	double from_m, to_m;
	bool lower; /* below the interface */
};

struct moments {
	double complex y1_S_m, y2_S_m, k;
	double interface_m;
	size_t segments; /* of one needle */
	struct segment segment[RF_ARRAY_SEGMENTS_MAX];
	double radius_m;
	size_t needles;
	double x_m[RF_ARRAY_NEEDLES_MAX], y_m[RF_ARRAY_NEEDLES_MAX];
	int sign[RF_ARRAY_NEEDLES_MAX];
	/* potential of segment i at unit current of segment j, by the distance of their needles */
	size_t distances;
	double distance_m[RF_ARRAY_NEEDLES_MAX];
	double complex *block;       /* per distance: segments x segments */
	double complex *own_inverse; /* of the block at distance 0 */
	unsigned char *which;        /* per pair of needles: index of its distance */
};

double rf_lattice_ohm_m(enum rf_pattern pattern, double pitch_um, double radius_um, double conductivity_S_m)
{
	/* pi theta2 theta3 at the nome exp(-2 pi); the complete elliptic integral K(1/2) */
	static const double constant[RF_PATTERNS] = {
	        [RF_PATTERN_ROWS] = 1.3110287771461, [RF_PATTERN_CHECKERBOARD] = 1.8540746773014};
	if (pattern == RF_PATTERN_PAIR)
		return acosh(0.5 * pitch_um / radius_um) / (PI * conductivity_S_m);
	if (pattern == RF_PATTERN_ALIKE)
		return (double)NAN;
	return log(pitch_um / (constant[pattern] * radius_um)) / (PI * conductivity_S_m);
}

void rf_array_shape(unsigned pins, unsigned *columns, unsigned *rows)
{
	*rows = 1;
	for (unsigned r = 1; r * r <= pins; r++)
		if (pins % r == 0)
			*rows = r;
	*columns = pins / *rows;
}

/* ---- images
 * ----------------------------------------------------------------------------------------------------- */

/* Integral of 1 / distance along a line from a to b, seen from 0 at rho to the side. */
static double line_integral(double rho_m, double a_m, double b_m)
{
	double middle_m = 0.5 * (a_m + b_m), length_m = b_m - a_m;
	double distance_m = sqrt(rho_m * rho_m + middle_m * middle_m);
	if (distance_m > FAR_LENGTHS * length_m)
		return length_m / distance_m;
	return asinh(b_m / rho_m) - asinh(a_m / rho_m);
}

/* A segment's integral seen from depth z, moved down by shift; or its image in the surface. */
static double direct(const struct segment *s, double rho_m, double z_m, double shift_m)
{
	return line_integral(rho_m, s->from_m + shift_m - z_m, s->to_m + shift_m - z_m);
}

static double mirrored(const struct segment *s, double rho_m, double z_m, double shift_m)
{
	return line_integral(rho_m, s->from_m + shift_m + z_m, s->to_m + shift_m + z_m);
}

/* Sum over the images the interface makes, weights k^n; both: those above and below, else below only. */
static double complex image_series(const struct moments *m, const struct segment *s, double rho_m, double z_m,
                                   bool above, bool below)
{
	double complex weight = 1.0, sum = 0.0;
	for (int n = 1; n < IMAGES_MAX; n++) {
		weight *= m->k;
		if (cabs(weight) < IMAGE_TOLERANCE)
			break;
		double shift_m = 2.0 * n * m->interface_m;
		double part = 0.0;
		if (above)
			part += direct(s, rho_m, z_m, -shift_m) + mirrored(s, rho_m, z_m, -shift_m);
		if (below)
			part += direct(s, rho_m, z_m, shift_m) + mirrored(s, rho_m, z_m, shift_m);
		sum += weight * part;
	}
	return sum;
}

static double complex upper_upper(const struct moments *m, const struct segment *s, double rho_m, double z_m)
{
	double complex sum = direct(s, rho_m, z_m, 0.0) + mirrored(s, rho_m, z_m, 0.0);
	return (sum + image_series(m, s, rho_m, z_m, true, true)) / m->y1_S_m;
}

/* One above, one below the interface; the lower of the two is moved down, the same by reciprocity. */
static double complex across(const struct moments *m, const struct segment *s, double rho_m, double z_m)
{
	double complex weight = 1.0, sum = 0.0;
	int towards = s->lower ? 1 : -1; /* a lower source seen from above, or an upper one from below */
	for (int n = 0; n < IMAGES_MAX && cabs(weight) >= IMAGE_TOLERANCE; n++, weight *= m->k) {
		double shift_m = 2.0 * n * m->interface_m;
		sum += weight * (direct(s, rho_m, z_m, towards * shift_m) + mirrored(s, rho_m, z_m, shift_m));
	}
	return sum * (1.0 + m->k) / m->y1_S_m;
}

static double complex lower_lower(const struct moments *m, const struct segment *s, double rho_m, double z_m)
{
	double complex sum =
	        direct(s, rho_m, z_m, 0.0) - m->k * mirrored(s, rho_m, z_m, -2.0 * m->interface_m);
	double complex back = mirrored(s, rho_m, z_m, 0.0);
	double complex weight = 1.0;
	for (int n = 1; n < IMAGES_MAX; n++) {
		weight *= m->k;
		if (cabs(weight) < IMAGE_TOLERANCE)
			break;
		back += weight * mirrored(s, rho_m, z_m, 2.0 * n * m->interface_m);
	}
	return (sum + (1.0 - m->k * m->k) * back) / m->y2_S_m;
}

/* Potential at depth z, rho from the segment's line, at unit current. */
static double complex potential(const struct moments *m, const struct segment *s, bool lower, double rho_m,
                                double z_m)
{
	double complex sum;
	if (s->lower != lower)
		sum = across(m, s, rho_m, z_m);
	else
		sum = lower ? lower_lower(m, s, rho_m, z_m) : upper_upper(m, s, rho_m, z_m);
	return sum / (4.0 * PI * (s->to_m - s->from_m));
}

/* Mean over the segment looked at, by three Gauss points. */
static double complex mutual(const struct moments *m, const struct segment *at, const struct segment *from,
                             double rho_m)
{
	static const double place[WEIGHTS] = {0.1127016653792583, 0.5, 0.8872983346207417};
	static const double weight[WEIGHTS] = {5.0 / 18.0, 8.0 / 18.0, 5.0 / 18.0};
	double complex sum = 0.0;
	for (int q = 0; q < WEIGHTS; q++)
		sum += weight[q] *
		       potential(m, from, at->lower, rho_m, at->from_m + place[q] * (at->to_m - at->from_m));
	return sum;
}

/* ---- blocks
 * ------------------------------------------------------------------------------------------------------ */

static void fill_block(const struct moments *m, double rho_m, double complex *block)
{
	size_t n = m->segments;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			block[i * n + j] = mutual(m, &m->segment[i], &m->segment[j], rho_m);
	/* what quadrature leaves of asymmetry */
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++) {
			double complex mean = 0.5 * (block[i * n + j] + block[j * n + i]);
			block[i * n + j] = block[j * n + i] = mean;
		}
}

/* Gauss-Jordan; the matrix is dominated by its diagonal. */
static void invert(size_t n, const double complex *a, double complex *out)
{
	double complex work[RF_ARRAY_SEGMENTS_MAX * RF_ARRAY_SEGMENTS_MAX];
	memcpy(work, a, n * n * sizeof *work);
	for (size_t i = 0; i < n * n; i++)
		out[i] = i % (n + 1) == 0 ? 1.0 : 0.0;
	for (size_t p = 0; p < n; p++) {
		double complex scale = 1.0 / work[p * n + p];
		for (size_t c = 0; c < n; c++) {
			work[p * n + c] *= scale;
			out[p * n + c] *= scale;
		}
		for (size_t r = 0; r < n; r++) {
			double complex factor = work[r * n + p];
			if (r == p)
				continue;
			for (size_t c = 0; c < n; c++) {
				work[r * n + c] -= factor * work[p * n + c];
				out[r * n + c] -= factor * out[p * n + c];
			}
		}
	}
}

static size_t distance_index(struct moments *m, double rho_m)
{
	for (size_t d = 0; d < m->distances; d++)
		if (fabs(m->distance_m[d] - rho_m) < 1e-9)
			return d;
	if (m->distances == RF_ARRAY_NEEDLES_MAX)
		return RF_ARRAY_NEEDLES_MAX;
	m->distance_m[m->distances] = rho_m;
	return m->distances++;
}

static enum status fill_blocks(struct moments *m, struct fail *why)
{
	size_t square = m->segments * m->segments;
	m->which = malloc(m->needles * m->needles);
	m->own_inverse = malloc(square * sizeof *m->own_inverse);
	m->block = malloc(RF_ARRAY_NEEDLES_MAX * square * sizeof *m->block);
	if (!m->which || !m->own_inverse || !m->block)
		return fail_set(why, ST_FULL, "array", "out of memory");
	(void)distance_index(m, m->radius_m); /* its own surface */
	for (size_t a = 0; a < m->needles; a++)
		for (size_t b = 0; b < m->needles; b++) {
			double rho_m =
			        a == b ? m->radius_m : hypot(m->x_m[a] - m->x_m[b], m->y_m[a] - m->y_m[b]);
			size_t d = distance_index(m, rho_m);
			if (d == RF_ARRAY_NEEDLES_MAX)
				return fail_set(why, ST_FULL, "array",
				                "more than %d distances between needles",
				                RF_ARRAY_NEEDLES_MAX);
			m->which[a * m->needles + b] = (unsigned char)d;
		}
	for (size_t d = 0; d < m->distances; d++)
		fill_block(m, m->distance_m[d], m->block + d * square);
	invert(m->segments, m->block, m->own_inverse);
	return ST_OK;
}

/* ---- system
 * ------------------------------------------------------------------------------------------------------- */

static void block_times(size_t n, const double complex *block, const double complex *x, double complex *y)
{
	for (size_t i = 0; i < n; i++) {
		double re = 0.0, im = 0.0;
		for (size_t j = 0; j < n; j++) {
			double complex b = block[i * n + j];
			re += creal(b) * creal(x[j]) - cimag(b) * cimag(x[j]);
			im += creal(b) * cimag(x[j]) + cimag(b) * creal(x[j]);
		}
		y[i] += re + im * I;
	}
}

static void multiply(const struct moments *m, const double complex *x, double complex *y)
{
	size_t n = m->segments;
	memset(y, 0, m->needles * n * sizeof *y);
	for (size_t a = 0; a < m->needles; a++)
		for (size_t b = 0; b < m->needles; b++)
			block_times(n, m->block + m->which[a * m->needles + b] * n * n, x + b * n, y + a * n);
}

static void precondition(const struct moments *m, const double complex *r, double complex *z)
{
	memset(z, 0, m->needles * m->segments * sizeof *z);
	for (size_t a = 0; a < m->needles; a++)
		block_times(m->segments, m->own_inverse, r + a * m->segments, z + a * m->segments);
}

static double complex dot(size_t n, const double complex *a, const double complex *b)
{
	double complex sum = 0.0;
	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

static double norm(size_t n, const double complex *a)
{
	double sum = 0.0;
	for (size_t i = 0; i < n; i++)
		sum += creal(a[i]) * creal(a[i]) + cimag(a[i]) * cimag(a[i]);
	return sqrt(sum);
}

#define SYSTEM_MAX (RF_ARRAY_NEEDLES_MAX * RF_ARRAY_SEGMENTS_MAX)

/* COCG with each needle's own block as preconditioner. x starts at zero. */
static enum status solve(const struct moments *m, const double complex *b, double complex *x,
                         struct fail *why)
{
	size_t n = m->needles * m->segments;
	double complex *r = calloc(4 * n, sizeof *r), *z = r + n, *p = z + n, *q = p + n;
	double scale = norm(n, b), residual = 1.0;
	if (!r)
		return fail_set(why, ST_FULL, "array", "out of memory");
	memset(x, 0, n * sizeof *x);
	memcpy(r, b, n * sizeof *r);
	precondition(m, r, z);
	memcpy(p, z, n * sizeof *p);
	double complex rho = dot(n, r, z);
	for (int it = 0; it < ITERATIONS_MAX && (residual = norm(n, r) / scale) > TOLERANCE; it++) {
		multiply(m, p, q);
		double complex alpha = rho / dot(n, p, q);
		for (size_t i = 0; i < n; i++) {
			x[i] += alpha * p[i];
			r[i] -= alpha * q[i];
		}
		precondition(m, r, z);
		double complex next = dot(n, r, z), beta = next / rho;
		for (size_t i = 0; i < n; i++)
			p[i] = z[i] + beta * p[i];
		rho = next;
	}
	free(r);
	if (residual <= TOLERANCE)
		return ST_OK;
	return fail_set(why, ST_NUMERIC, "array",
	                "the currents did not converge: residual %.2g after %d steps", residual,
	                ITERATIONS_MAX);
}

/* ---- set up
 * ---------------------------------------------------------------------------------------------------------
 */

static bool below_skin(enum rf_matter matter)
{
	return matter == RF_FAT || matter == RF_MUSCLE;
}

static void two_layers(const struct rf_stack *stack, struct moments *m)
{
	size_t first = 1;
	double complex sum = 0.0;
	for (size_t i = stack->layers; i-- > 1;)
		if (below_skin(stack->layer[i].matter))
			first = i;
	bool one = stack->layers == 1;
	m->interface_m = one ? 1.0 : rf_layer_top_um(stack, first) * M_PER_UM;
	for (size_t i = 0; i < first; i++) {
		double share = one ? 1.0 : stack->layer[i].thickness_um * M_PER_UM / m->interface_m;
		sum += share * rf_admittivity_S_m(&stack->layer[i], stack->frequency_Hz);
	}
	m->y1_S_m = sum;
	m->y2_S_m = one ? sum : rf_admittivity_S_m(&stack->layer[first], stack->frequency_Hz);
	m->k = one ? 0.0 : (m->y1_S_m - m->y2_S_m) / (m->y1_S_m + m->y2_S_m);
}

static void cut(struct moments *m, double from_m, double to_m, bool lower, size_t room)
{
	double wanted = ceil((to_m - from_m) / (SEGMENT_RADII * m->radius_m));
	size_t parts = (size_t)fmin(fmax(wanted, SEGMENTS_MIN), (double)room);
	for (size_t i = 0; i < parts; i++)
		m->segment[m->segments++] =
		        (struct segment){from_m + (to_m - from_m) * (double)i / (double)parts,
		                         from_m + (to_m - from_m) * (double)(i + 1) / (double)parts, lower};
}

static void cut_needle(struct moments *m, const struct rf_needles *n)
{
	double from_m = n->bare_from_um * M_PER_UM, to_m = n->tip_um * M_PER_UM;
	double sliver_m = 0.2 * m->radius_m; /* a part shorter than this stays with its neighbour */
	if (to_m <= m->interface_m + sliver_m || from_m >= m->interface_m - sliver_m) {
		cut(m, from_m, to_m, from_m >= m->interface_m - sliver_m, RF_ARRAY_SEGMENTS_MAX);
		return;
	}
	cut(m, from_m, m->interface_m, false, RF_ARRAY_SEGMENTS_MAX / 2);
	cut(m, m->interface_m, to_m, true, RF_ARRAY_SEGMENTS_MAX / 2);
}

static int polarity(enum rf_pattern pattern, unsigned column, unsigned row)
{
	unsigned odd = pattern == RF_PATTERN_CHECKERBOARD ? (column + row) & 1u : column & 1u;
	return pattern != RF_PATTERN_ALIKE && odd ? -1 : 1;
}

static void place(struct moments *m, const struct rf_array *array)
{
	for (unsigned row = 0; row < array->rows; row++)
		for (unsigned column = 0; column < array->columns; column++) {
			size_t n = m->needles++;
			m->x_m[n] = column * array->needles.pitch_x_um * M_PER_UM;
			m->y_m[n] = row * array->needles.pitch_y_um * M_PER_UM;
			m->sign[n] = polarity(array->needles.pattern, column, row);
		}
}

static enum status check(const struct rf_stack *stack, const struct rf_array *array, struct fail *why)
{
	struct rf_cell *cell = NULL;
	unsigned long needles = (unsigned long)array->columns * array->rows;
	const struct rf_cell_options coarse = {.refine = 0.4};
	if (needles < 1 || needles > RF_ARRAY_NEEDLES_MAX)
		return fail_set(why, ST_RANGE, "array.columns", "%u x %u needles; 1 to %d in all",
		                array->columns, array->rows, RF_ARRAY_NEEDLES_MAX);
	if (array->needles.pattern != RF_PATTERN_ALIKE && array->columns < 2)
		return fail_set(why, ST_RANGE, "array.columns", "%u; bipolar needles need 2 or more",
		                array->columns);
	/* the same refusals by the same words */
	enum status status = rf_cell_new(stack, &array->needles, &coarse, &cell, why);
	rf_cell_free(&cell);
	return status;
}

/* ---- answers
 * --------------------------------------------------------------------------------------------------------------
 */

static double complex needle_current(const struct moments *m, const double complex *x, size_t needle)
{
	double complex sum = 0.0;
	for (size_t s = 0; s < m->segments; s++)
		sum += x[needle * m->segments + s];
	return sum;
}

static double complex all_currents(const struct moments *m, const double complex *x)
{
	double complex sum = 0.0;
	for (size_t n = 0; n < m->needles; n++)
		sum += needle_current(m, x, n);
	return sum;
}

/* Metal at +-1/2 V about a potential that lets no current go far away; or all at 1 V. */
static enum status currents(const struct moments *m, bool bipolar, double complex *x,
                            double complex *potential_V, struct fail *why)
{
	size_t n = m->needles * m->segments;
	double complex *b = malloc(2 * n * sizeof *b), *even = b + n;
	if (!b)
		return fail_set(why, ST_FULL, "array", "out of memory");
	for (size_t i = 0; i < n; i++)
		b[i] = bipolar ? 0.5 * m->sign[i / m->segments] : 1.0;
	enum status status = solve(m, b, x, why);
	double complex shift = 0.0;
	if (status == ST_OK && bipolar) {
		for (size_t i = 0; i < n; i++)
			b[i] = 1.0;
		status = solve(m, b, even, why);
		if (status == ST_OK)
			shift = -all_currents(m, x) / all_currents(m, even);
		for (size_t i = 0; status == ST_OK && i < n; i++)
			x[i] += shift * even[i];
	}
	for (size_t a = 0; a < m->needles; a++)
		potential_V[a] = (bipolar ? 0.5 * m->sign[a] : 1.0) + shift;
	free(b);
	return status;
}

static void conclude(const struct moments *m, const struct rf_array *array, const double complex *x,
                     const double complex *potential_V, struct rf_array_result *out)
{
	double complex plus_A = 0.0;
	double sum_W = 0.0;
	out->needles = m->needles;
	for (size_t a = 0; a < m->needles; a++) {
		out->current_A[a] = needle_current(m, x, a);
		out->power_frac[a] = creal(potential_V[a] * conj(out->current_A[a]));
		sum_W += out->power_frac[a];
		if (m->sign[a] > 0)
			plus_A += out->current_A[a];
	}
	out->impedance_ohm = 1.0 / plus_A;
	out->lowest_frac = INFINITY;
	for (size_t a = 0; a < m->needles; a++) {
		out->power_frac[a] *= (double)m->needles / sum_W;
		out->highest_frac = fmax(out->highest_frac, out->power_frac[a]);
		out->lowest_frac = fmin(out->lowest_frac, out->power_frac[a]);
	}
	out->centre_frac = out->power_frac[array->rows / 2 * array->columns + array->columns / 2];
	double bare_um = array->needles.tip_um - array->needles.bare_from_um;
	if (bare_um < THIN_RATIO * array->needles.radius_um)
		out->flags |= VALIDITY_MODEL_LIMIT;
}

enum status rf_array_solve(const struct rf_stack *stack, const struct rf_array *array,
                           struct rf_array_result *out, struct fail *why)
{
	struct moments *m = calloc(1, sizeof *m);
	double complex *x = calloc(SYSTEM_MAX, sizeof *x), potential_V[RF_ARRAY_NEEDLES_MAX];
	memset(out, 0, sizeof *out);
	enum status status = m && x ? ST_OK : fail_set(why, ST_FULL, "array", "out of memory");
	if (status == ST_OK)
		status = check(stack, array, why);
	if (status == ST_OK) {
		m->radius_m = array->needles.radius_um * M_PER_UM;
		two_layers(stack, m);
		cut_needle(m, &array->needles);
		place(m, array);
		status = fill_blocks(m, why);
	}
	if (status == ST_OK)
		status = currents(m, array->needles.pattern != RF_PATTERN_ALIKE, x, potential_V, why);
	if (status == ST_OK)
		conclude(m, array, x, potential_V, out);
	if (m) {
		free(m->block);
		free(m->own_inverse);
		free(m->which);
	}
	free(m);
	free(x);
	return status;
}
