/* The disc on layers: expansion, matrix, impedance and the power of each layer. */
#include "physics/rf_disc_private.h"

#include "physics/base/units.h"
#include "physics/rf_symmetric.h"

#define TOLERANCE 1e-6
#define TOLERANCE_MIN 1e-12
/* e^-32 = 1e-14 is left of K - 1. */
#define K_MAX_DEPTHS 16.0
/* A contact this thin beside the radius (zeta y / a) changes no digit that is asked for. */
#define BARE_BELOW 1e-7
/* Widest panel in 1/radius: two transforms beat with 2 k a; 16 nodes integrate 20 radians to 1e-13. */
#define PANEL_WIDTH 10.0
#define TERMS_BARE 12.0
#define TERMS_COATED 22.0
#define TERMS_PER_RATIO 0.7
#define TERMS_GROWTH 1.7
#define FOLD_WORTH_SAYING 0.005 /* of the impedance */

void rf_disc_transforms(bool coated, double x, size_t terms, double *orders, double *out)
{
	rf_bessel_orders(x, !coated, 2 * terms + 2, orders);
	for (size_t n = 0; n < terms; n++) {
		if (coated)
			out[n] = orders[2 * n + 1] / x;
		else
			out[n] = n % 2 ? -orders[2 * n] : orders[2 * n];
	}
}

/* integral of b_m b_n over k a: what a half-space contributes. Bare: pi / (2 (4 n + 1)) on the diagonal.
 * Coated: integral of J_(2m+1) J_(2n+1) / x^2 (Weber-Schafheitlin, Watson 13.41), with s = m + n, d = n - m:
 *   (-1)^d / (4 pi (s + 1/2)(s + 3/2)(1/4 - d^2)). */
static double half_space(bool coated, size_t m, size_t n)
{
	if (!coated)
		return m == n ? PI / (2.0 * (4.0 * (double)n + 1.0)) : 0.0;
	double s = (double)(m + n), d = (double)n - (double)m;
	double sign = (m + n) % 2 ? -1.0 : 1.0;
	return sign / (4.0 * PI * (s + 0.5) * (s + 1.5) * (0.25 - d * d));
}

/* Lower triangles of the layered part, row by row. */
struct equations {
	size_t terms;
	double complex *matrix; /* terms (terms + 1) / 2 */
	double *orders, *transform;
	double *re, *im; /* sums over wavenumbers */
	size_t nodes;
	double *k; /* nodes and weights */
};

static void equations_free(struct equations *s)
{
	free(s->matrix);
	free(s->re);
	free(s->k);
}

static bool equations_allocate(struct equations *s, const struct rf_disc *disc, size_t terms)
{
	size_t triangle = terms * (terms + 1) / 2;
	*s = (struct equations){.terms = terms};
	s->matrix = calloc(triangle, sizeof *s->matrix);
	s->re = calloc(2 * triangle + 3 * terms + 2, sizeof *s->re);
	if (!s->matrix || !s->re)
		return false;
	s->im = s->re + triangle;
	s->orders = s->im + triangle;
	s->transform = s->orders + 2 * terms + 2;
	if (isinf(disc->layers.thickness[0]))
		return true;
	s->nodes = rf_wavenumbers(disc->first_width, PANEL_WIDTH, K_MAX_DEPTHS / disc->layers.thickness[0],
	                          &s->k);
	return s->nodes > 0;
}

static void add_wavenumber(struct equations *s, double complex factor)
{
	const double *b = s->transform;
	double *re = s->re, *im = s->im;
	for (size_t m = 0; m < s->terms; m++) {
		double fr = creal(factor) * b[m], fi = cimag(factor) * b[m];
		for (size_t n = 0; n <= m; n++) {
			re[n] += fr * b[n];
			im[n] += fi * b[n];
		}
		re += m + 1;
		im += m + 1;
	}
}

static void assemble(struct equations *s, const struct rf_disc *disc)
{
	struct rf_response response;
	for (size_t i = 0; i < s->nodes; i++) {
		rf_layers_respond(&disc->layers, s->k[i], &response);
		rf_disc_transforms(disc->coated, s->k[i], s->terms, s->orders, s->transform);
		add_wavenumber(s, s->k[s->nodes + i] * response.kernel_less_1);
	}
	double complex contact = disc->series_ohm_m2 * disc->layers.y_S_m[0] / (disc->radius_um * M_PER_UM);
	size_t at = 0;
	for (size_t m = 0; m < s->terms; m++) {
		for (size_t n = 0; n <= m; n++, at++)
			s->matrix[at] = s->re[at] + I * s->im[at] + half_space(disc->coated, m, n);
		s->matrix[at - 1] += contact / (2.0 * (2.0 * (double)m + 1.0));
	}
}

/* c = inverse(matrix) b with b = b_0 e_0. Returns b' c, whose partial sums are the answers of the shorter
 * expansions: *late is what the last quarter of the terms added, the estimate of what is missing. */
static double complex back_substitute(const struct equations *s, double first, double complex *c,
                                      double *late)
{
	double complex sum = 0.0, tail = 0.0;
	for (size_t i = 0; i < s->terms; i++) {
		const double complex *row = s->matrix + rf_row_start(i);
		double complex y = i == 0 ? first : 0.0;
		for (size_t k = 0; k < i; k++)
			y -= row[k] * c[k];
		c[i] = y;
		double complex added = y * y / row[i];
		sum += added;
		if (4 * i >= 3 * s->terms)
			tail += added;
	}
	for (size_t i = s->terms; i-- > 0;) {
		c[i] /= s->matrix[rf_row_start(i) + i];
		for (size_t k = i + 1; k < s->terms; k++)
			c[i] -= s->matrix[rf_row_start(k) + i] * c[k];
	}
	*late = cabs(tail);
	return sum;
}

static double modulus2(double complex x)
{
	return creal(x) * creal(x) + cimag(x) * cimag(x);
}

/* sum of c_m* H_mn c_n with the half-space matrix: the first layer's power if it were everything. */
static double half_space_form(const struct rf_disc *disc)
{
	double sum = 0.0;
	for (size_t m = 0; m < disc->terms; m++) {
		double complex c = conj(disc->coefficient[m]);
		sum += modulus2(c) * half_space(disc->coated, m, m);
		for (size_t n = 0; disc->coated && n < m; n++)
			sum += 2.0 * half_space(true, m, n) * creal(c * disc->coefficient[n]);
	}
	return sum;
}

/* Power of each kept layer and of the contact at 1 V, W:
 * P_i = 2 pi a |y_1|^2 integral share_i |sum c b|^2 d(ka). */
static void layer_powers(const struct rf_disc *disc, const struct equations *s, double *power_W,
                         double *contact_W)
{
	const struct rf_layers *layers = &disc->layers;
	double whole = creal(layers->y_S_m[0]) / modulus2(layers->y_S_m[0]), share[RF_LAYERS_MAX];
	double radius_m = disc->radius_um * M_PER_UM,
	       scale = 2.0 * PI * radius_m * modulus2(layers->y_S_m[0]);
	for (size_t i = 0; i < layers->count; i++)
		power_W[i] = i == 0 ? scale * whole * half_space_form(disc) : 0.0;
	for (size_t j = 0; j < s->nodes; j++) {
		struct rf_response response;
		rf_layers_respond(layers, s->k[j], &response);
		rf_layers_share(layers, &response, share);
		rf_disc_transforms(disc->coated, s->k[j], disc->terms, s->orders, s->transform);
		double complex density = 0.0;
		for (size_t n = 0; n < disc->terms; n++)
			density += disc->coefficient[n] * s->transform[n];
		share[0] -= whole;
		for (size_t i = 0; i < layers->count; i++)
			power_W[i] += scale * s->k[s->nodes + j] * share[i] * modulus2(density);
	}
	double sum = 0.0;
	for (size_t n = 0; disc->coated && n < disc->terms; n++)
		sum += modulus2(disc->coefficient[n]) / (2.0 * (2.0 * (double)n + 1.0));
	*contact_W = scale / radius_m * creal(disc->series_ohm_m2) * sum;
}

/* The contact's power belongs to the folded layers by their share of its resistance. */
static void report_powers(struct rf_disc *disc, const double *power_W, double contact_W, double total_W)
{
	struct rf_result *r = &disc->result;
	double series = creal(disc->series_ohm_m2), sum = 0.0;
	double per_ohm = series > 0.0 ? contact_W / (series * total_W) : 0.0;
	r->layers = disc->stack.layers;
	for (size_t i = 0; i < r->layers; i++) {
		const struct rf_layer *layer = &disc->layer[i];
		if (i >= disc->folded)
			r->layer_frac[i] = power_W[i - disc->folded] / total_W;
		else
			r->layer_frac[i] =
			        per_ohm * creal(layer->thickness_um * M_PER_UM /
			                        rf_admittivity_S_m(layer, disc->stack.frequency_Hz));
		sum += r->layer_frac[i];
		r->flags |= layer->flags;
	}
	r->contact_frac = per_ohm * creal(disc->contact_ohm_m2);
	r->balance_frac = fabs(sum + r->contact_frac - 1.0);
}

/* Y = I / V0 = 2 pi y_1 a b' inverse(matrix) b, with b_0 the mean of the first function. */
static void report(struct rf_disc *disc, const struct equations *s, double complex sum, double late)
{
	struct rf_result *r = &disc->result;
	double complex scale_S = 2.0 * PI * disc->layers.y_S_m[0] * disc->radius_um * M_PER_UM;
	double power_W[RF_LAYERS_MAX], contact_W;
	r->impedance_ohm = 1.0 / (scale_S * sum);
	r->impedance_error_ohm = cabs(r->impedance_ohm) * late / cabs(sum);
	layer_powers(disc, s, power_W, &contact_W);
	report_powers(disc, power_W, contact_W, creal(scale_S * sum));
	double fold_frac = disc->fold_error_frac;
	r->impedance_error_ohm += fold_frac * cabs(r->impedance_ohm);
	if (fold_frac > FOLD_WORTH_SAYING)
		r->flags |= VALIDITY_MODEL_LIMIT;
}

/* One expansion of a given length. ST_NUMERIC when it does not reach the tolerance; *late_frac tells by how
 * much. */
static enum status solve(struct rf_disc *disc, size_t terms, double tolerance, double *late_frac,
                         struct fail *why)
{
	struct equations s;
	enum status st = ST_OK;
	double late = INFINITY;
	if (!equations_allocate(&s, disc, terms)) {
		equations_free(&s);
		return fail_set(why, ST_FULL, "memory", "no memory for %zu terms", terms);
	}
	assemble(&s, disc);
	if (!rf_symmetric_factor(s.terms, s.matrix)) {
		st = fail_set(why, ST_NUMERIC, "disc", "the matrix of %zu terms is singular", terms);
	} else {
		double complex sum = back_substitute(&s, disc->coated ? 0.5 : 1.0, disc->coefficient, &late);
		disc->terms = terms;
		*late_frac = late / cabs(sum);
		if (!(*late_frac <= tolerance))
			st = fail_set(why, ST_NUMERIC, "disc",
			              "impedance of %zu terms still changes by %.2g (wanted %.2g)", terms,
			              *late_frac, tolerance);
		else
			report(disc, &s, sum, late);
	}
	equations_free(&s);
	return st;
}

/* Bare: poles at distance 2 h/a from the real axis set the rate. Coated: the rim's boundary layer is as wide
 * as the film's |zeta y|. */
static size_t first_terms(const struct rf_disc *disc)
{
	double thickness = disc->layers.thickness[0], terms = disc->coated ? TERMS_COATED : TERMS_BARE;
	if (!isinf(thickness))
		terms += TERMS_PER_RATIO / thickness;
	return terms > RF_DISC_TERMS_MAX ? RF_DISC_TERMS_MAX : (size_t)terms;
}

/* K changes over 1/H at the slowest, or sooner where a layer conducts much worse than its neighbour. */
static double first_panel(const struct rf_layers *layers)
{
	double height = 0.0, contrast = 1.0;
	for (size_t i = 0; i < layers->count; i++) {
		if (!isinf(layers->thickness[i]))
			height += layers->thickness[i];
		if (i > 0) {
			double ratio = cabs(layers->y_S_m[i] / layers->y_S_m[i - 1]);
			contrast *= fmin(ratio, 1.0 / ratio);
		}
	}
	return fmin(0.5, 0.2 * fmax(contrast, 1e-6) / fmax(height, 1e-9));
}

static enum status problem_check(const struct rf_disc_problem *p, struct fail *why)
{
	enum status st = rf_round_check(&p->stack, &p->contact, p->radius_um, why);
	if (st)
		return st;
	if (!(p->tolerance == 0.0 || (p->tolerance >= TOLERANCE_MIN && p->tolerance < 1.0)))
		return fail_set(why, ST_RANGE, "tolerance", "%g: from %g to 1", p->tolerance, TOLERANCE_MIN);
	return ST_OK;
}

static enum status prepare(struct rf_disc *disc, const struct rf_disc_problem *p, struct fail *why)
{
	disc->radius_um = p->radius_um;
	memcpy(disc->layer, p->stack.layer, p->stack.layers * sizeof *disc->layer);
	disc->stack = p->stack;
	disc->stack.layer = disc->layer;
	disc->contact_ohm_m2 = disc->series_ohm_m2 = p->contact.ohm_m2;
	struct rf_fold fold = rf_stack_fold(&disc->stack, p->radius_um, &disc->kept);
	disc->folded = fold.layers;
	disc->folded_um = fold.thickness_um;
	disc->fold_error_frac = fold.error_frac;
	disc->series_ohm_m2 += fold.ohm_m2;
	disc->radius_um += fold.widen_um;
	double film_m =
	        cabs(disc->series_ohm_m2 * rf_admittivity_S_m(disc->kept.layer, p->stack.frequency_Hz));
	disc->coated = film_m > BARE_BELOW * disc->radius_um * M_PER_UM;
	if (!disc->coated)
		disc->contact_ohm_m2 = disc->series_ohm_m2 = 0.0;
	if (disc->kept.layer->thickness_um < p->radius_um / RF_FOLD_THIN)
		return fail_set(
		        why, ST_MODEL, "layers",
		        "a layer of %g um conducts better than the one below and is thinner than 1/%g of the "
		        "electrode's radius (%g um): join it to its neighbour",
		        disc->kept.layer->thickness_um, RF_FOLD_THIN, p->radius_um);
	rf_layers_init(&disc->layers, &disc->kept, disc->radius_um);
	disc->first_width = first_panel(&disc->layers);
	return ST_OK;
}

enum status rf_disc_new(const struct rf_disc_problem *problem, struct rf_disc **out, struct fail *why)
{
	enum status st = problem_check(problem, why);
	if (st)
		return st;
	struct rf_disc *disc = calloc(1, sizeof *disc);
	if (!disc)
		return fail_set(why, ST_FULL, "memory", "no memory for the disc");
	st = prepare(disc, problem, why);
	double tolerance = problem->tolerance > 0.0 ? problem->tolerance : TOLERANCE, late_frac = INFINITY;
	if (st == ST_OK) {
		size_t terms = first_terms(disc);
		st = solve(disc, terms, tolerance, &late_frac, why);
		while (st == ST_NUMERIC && terms < RF_DISC_TERMS_MAX) {
			terms = (size_t)fmin((double)terms * TERMS_GROWTH, RF_DISC_TERMS_MAX);
			st = solve(disc, terms, tolerance, &late_frac, why);
		}
	}
	if (st)
		rf_disc_free(&disc);
	else
		*out = disc;
	return st;
}

void rf_disc_free(struct rf_disc **disc)
{
	free(*disc);
	*disc = NULL;
}

const struct rf_result *rf_disc_result(const struct rf_disc *disc)
{
	return &disc->result;
}

size_t rf_disc_terms(const struct rf_disc *disc)
{
	return disc->terms;
}
