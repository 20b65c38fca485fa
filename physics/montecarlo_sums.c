/* Sums of what batches booked: means, their standard errors, and the control variates that make both sharper.
 *
 * Beside its tally y a part of a batch keeps controls h: sums whose mean is zero whatever the tissue, such as the
 * turns of all scatterings less the turns that were to be expected (montecarlo_lanes_control.h). What of y goes
 * with h is chance that is known, and is taken off: y - c h has the mean of y for every c, and least scatter for
 * c = cov(h, h)^-1 cov(h, y) (Glasserman 2004, Monte Carlo Methods in Financial Engineering, 4.1). A coefficient
 * found from the same photons would be a little biased; so parts go by turns into two halves, and each half is
 * corrected with the coefficients of the other: unbiased exactly, since those do not depend on it. The correction
 * is linear: whatever adds up in every tally (the balance of energy) adds up after it.
 *
 * A standard error is the scatter of the parts' corrected means over the square root of their number.
 */
#include "physics/base/units.h"
#include "physics/montecarlo_private.h"

#define HALVES 2
#define PARTS_PER_CONTROL 8 /* of a half; with fewer, coefficients add more scatter than they take */
#define PARTS_MIN 16        /* of a half, to find coefficients at all */
#define DEPENDENT 1e-9      /* of a control's variance: what is left of it beside those before */

struct half {
	uint64_t parts;
	double *y, *yy;             /* size: sums over parts of means, and of their squares */
	double *h, *hh;             /* controls; controls x controls */
	double *hy;                 /* controls x size */
	double *total;              /* controls: sums over photons */
	double *led;                /* size: sums over parts of a variant's mean times the leader's */
	double *coefficient;        /* controls x size: to be used on the other half */
	double factor[MC_CONTROLS][MC_CONTROLS]; /* Cholesky factor of cov(h, h) */
};

struct mc_sums {
	size_t size, controls, used;
	size_t variants; /* of a tally whose last one leads, else 0 */
	int halves;      /* 1 where nothing is corrected */
	uint64_t photons;
	double *total; /* size: sums over photons */
	struct half half[HALVES];
};

/* ---- life ---- */

static bool new_half(struct half *h, size_t size, size_t controls, bool leads)
{
	bool corrected = controls > 0 || leads;
	h->yy = calloc(size, sizeof *h->yy);
	h->y = calloc(corrected ? size : 1, sizeof *h->y);
	h->led = calloc(leads ? size : 1, sizeof *h->led);
	h->h = calloc(controls + 1, sizeof *h->h);
	h->total = calloc(controls + 1, sizeof *h->total);
	h->hh = calloc(controls * controls + 1, sizeof *h->hh);
	h->hy = calloc(controls * size + 1, sizeof *h->hy);
	h->coefficient = calloc(controls * size + 1, sizeof *h->coefficient);
	return h->y && h->yy && h->led && h->h && h->total && h->hh && h->hy && h->coefficient;
}

static void free_half(struct half *h)
{
	free(h->y);
	free(h->yy);
	free(h->led);
	free(h->h);
	free(h->total);
	free(h->hh);
	free(h->hy);
	free(h->coefficient);
}

enum status mc_sums_new(const struct mc_shape *shape, size_t size, struct mc_sums **out, struct fail *why)
{
	struct mc_sums *s = calloc(1, sizeof *s);
	*out = s;
	if (!s)
		return fail_set(why, ST_FULL, "grid", "no memory for %zu tallies", size);
	s->size = size;
	s->controls = shape->controls;
	s->variants = shape->leads ? shape->variants : 0;
	s->halves = s->controls || shape->leads ? HALVES : 1;
	s->total = calloc(size, sizeof *s->total);
	bool all = s->total != NULL;
	for (int i = 0; i < s->halves; i++)
		all = new_half(&s->half[i], size, s->controls, shape->leads) && all;
	return all ? ST_OK : fail_set(why, ST_FULL, "grid", "no memory for %zu tallies", size);
}

void mc_sums_free(struct mc_sums **sums)
{
	struct mc_sums *s = *sums;
	if (!s)
		return;
	for (int i = 0; i < s->halves; i++)
		free_half(&s->half[i]);
	free(s->total);
	free(s);
	*sums = NULL;
}

/* ---- adding ---- */

static void add_scaled(double *restrict sum, const double *restrict y, double scale, size_t count)
{
	size_t i = 0;
	for (; i + 4 <= count; i += 4) {
		sum[i] += scale * y[i];
		sum[i + 1] += scale * y[i + 1];
		sum[i + 2] += scale * y[i + 2];
		sum[i + 3] += scale * y[i + 3];
	}
	for (; i < count; i++)
		sum[i] += scale * y[i];
}

static void add_squares(double *restrict sum, const double *restrict y, double per, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sum[i] += y[i] * per * (y[i] * per);
}

/* Places of variants come in rows, the leader's last. */
static void add_led(double *restrict sum, const double *restrict y, double per, size_t count, size_t variants)
{
	for (size_t row = 0; row + variants <= count; row += variants)
		add_scaled(sum + row, y + row, y[row + variants - 1] * per * per, variants);
}

void mc_sums_add(struct mc_sums *s, const double *tally, const double *control, uint64_t photons)
{
	struct half *half = &s->half[mc_sums_parts(s) % (uint64_t)s->halves];
	double per = 1.0 / (double)photons;
	add_scaled(s->total, tally, 1.0, s->size);
	if (s->halves == HALVES)
		add_scaled(half->y, tally, per, s->size);
	if (s->variants)
		add_led(half->led, tally, per, s->size, s->variants);
	add_squares(half->yy, tally, per, s->size);
	for (size_t i = 0; i < s->controls; i++) {
		double h = control[i] * per;
		half->total[i] += control[i];
		half->h[i] += h;
		add_scaled(half->hh + i * s->controls, control, h * per, s->controls);
		if (h != 0.0)
			add_scaled(half->hy + i * s->size, tally, h * per, s->size);
	}
	half->parts++;
	s->photons += photons;
}

/* ---- coefficients ---- */

/* Cholesky, row by row; a control that hardly differs from a sum of those before it is left out (its pivot 0). */
static void factor_half(struct half *h, size_t used, size_t controls)
{
	double parts = (double)h->parts;
	for (size_t i = 0; i < used; i++) {
		for (size_t j = 0; j <= i; j++) {
			double covariance = h->hh[i * controls + j] - h->h[i] * h->h[j] / parts, left = covariance;
			for (size_t k = 0; k < j; k++)
				left -= h->factor[i][k] * h->factor[j][k];
			if (j < i)
				h->factor[i][j] = h->factor[j][j] > 0.0 ? left / h->factor[j][j] : 0.0;
			else
				h->factor[i][i] = left > DEPENDENT * covariance ? sqrt(left) : 0.0;
		}
	}
}

/* Solves for the coefficients of all places at once: forwards, then backwards. */
static void solve_half(struct half *h, size_t used, size_t size)
{
	double parts = (double)h->parts;
	for (size_t i = 0; i < used; i++) {
		double *c = h->coefficient + i * size, pivot = h->factor[i][i];
		memcpy(c, h->hy + i * size, size * sizeof *c);
		add_scaled(c, h->y, -h->h[i] / parts, size);
		for (size_t k = 0; k < i; k++)
			add_scaled(c, h->coefficient + k * size, -h->factor[i][k], size);
		for (size_t n = 0; n < size; n++)
			c[n] = pivot > 0.0 ? c[n] / pivot : 0.0;
	}
	for (size_t i = used; i-- > 0;) {
		double *c = h->coefficient + i * size, pivot = h->factor[i][i];
		for (size_t k = i + 1; k < used; k++)
			add_scaled(c, h->coefficient + k * size, -h->factor[k][i], size);
		for (size_t n = 0; n < size; n++)
			c[n] = pivot > 0.0 ? c[n] / pivot : 0.0;
	}
}

void mc_sums_settle(struct mc_sums *s)
{
	uint64_t parts = s->half[1].parts; /* the smaller half */
	s->used = parts < PARTS_MIN ? 0 : (size_t)(parts / PARTS_PER_CONTROL);
	s->used = s->used < s->controls ? s->used : s->controls;
	for (int i = 0; i < HALVES && s->used; i++) {
		factor_half(&s->half[i], s->used, s->controls);
		solve_half(&s->half[i], s->used, s->size);
	}
}

/* ---- answers ---- */

/* Sum of squares about their mean of the corrected means of a half's parts, with the other half's coefficients. */
static double scatter_of(const struct mc_sums *s, int i, size_t place)
{
	const struct half *h = &s->half[i], *other = &s->half[1 - i];
	double c[MC_CONTROLS], parts = (double)h->parts;
	double mean = h->y[place], scatter = h->yy[place] - mean * mean / parts;
	for (size_t k = 0; k < s->used; k++)
		c[k] = other->coefficient[k * s->size + place];
	for (size_t k = 0; k < s->used; k++) {
		double both = -2.0 * (h->hy[k * s->size + place] - h->h[k] * mean / parts);
		for (size_t l = 0; l < s->used; l++)
			both += c[l] * (h->hh[k * s->controls + l] - h->h[k] * h->h[l] / parts);
		scatter += c[k] * both;
	}
	return fmax(scatter, 0.0);
}

static double error_with_controls(const struct mc_sums *s, size_t place)
{
	double parts = (double)mc_sums_parts(s), sum = 0.0;
	for (int i = 0; i < HALVES; i++)
		sum += scatter_of(s, i, place) * (double)s->half[i].parts / ((double)s->half[i].parts - 1.0);
	return sqrt(sum) / parts;
}

static double error_alone(const struct mc_sums *s, size_t place, double mean)
{
	double parts = (double)mc_sums_parts(s), scatter = -parts * mean * mean;
	for (int i = 0; i < s->halves; i++)
		scatter += s->half[i].yy[place];
	return parts > 1.0 ? sqrt(fmax(scatter, 0.0) / (parts * (parts - 1.0))) : INFINITY;
}

double mc_sums_mean(const struct mc_sums *s, size_t place, double *se)
{
	double total = s->total[place];
	for (size_t k = 0; k < s->used; k++)
		for (int i = 0; i < HALVES; i++)
			total -= s->half[1 - i].coefficient[k * s->size + place] * s->half[i].total[k];
	double mean = total / (double)s->photons;
	if (se)
		*se = s->used ? error_with_controls(s, place) : error_alone(s, place, mean);
	return mean;
}

/* ---- led variants ---- */

/* Within half i: sums of squares and products about the means, of variant and leader. */
struct pair {
	double vv, vl, ll, v, l; /* v, l: means */
};

static struct pair pair_of(const struct mc_sums *s, int i, size_t first, size_t v)
{
	const struct half *h = &s->half[i];
	double parts = (double)h->parts;
	size_t variant = first + v, leader = first + s->variants - 1;
	struct pair p = {.v = h->y[variant] / parts, .l = h->y[leader] / parts};
	p.vv = h->yy[variant] - parts * p.v * p.v;
	p.vl = h->led[variant] - parts * p.v * p.l;
	p.ll = h->yy[leader] - parts * p.l * p.l;
	return p;
}

double mc_sums_led_mean(const struct mc_sums *few, const struct mc_sums *leader, size_t row, size_t v, double *se)
{
	double leader_se, leader_mean = mc_sums_mean(leader, row, &leader_se), mean = 0.0, variance = 0.0, slope = 0.0;
	double parts = (double)mc_sums_parts(few);
	struct pair pair[HALVES];
	for (int i = 0; i < HALVES; i++)
		pair[i] = pair_of(few, i, row * few->variants, v);
	for (int i = 0; i < HALVES; i++) {
		const struct pair *p = &pair[i], *other = &pair[1 - i];
		double c = other->ll > 0.0 ? other->vl / other->ll : 0.0, n = (double)few->half[i].parts;
		mean += n / parts * (p->v - c * (p->l - leader_mean));
		slope += n / parts * c;
		variance += n / (n - 1.0) * fmax(p->vv - 2.0 * c * p->vl + c * c * p->ll, 0.0) / (parts * parts);
	}
	if (se)
		*se = sqrt(variance + slope * slope * leader_se * leader_se);
	return mean;
}

uint64_t mc_sums_photons(const struct mc_sums *s)
{
	return s->photons;
}

uint64_t mc_sums_parts(const struct mc_sums *s)
{
	return s->half[0].parts + s->half[1].parts;
}
