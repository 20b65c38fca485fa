/* The twin's estimate: all readings of a day at once.
 *
 * Unknowns are the latent coordinates of the properties and the offsets of the instruments, Gaussian before the
 * readings with mean m and covariance L L'. With x = m + L z the prior is z ~ N(0, 1) and the estimate is the
 * least-squares problem
 *     minimise |z|^2 + sum_i ((read_i - would read_i(x)) / sd_i)^2,
 * prior and readings as residual rows of one vector, by Levenberg-Marquardt (GSL multifit_nlinear, Cholesky).
 * The posterior is Laplace's: covariance L (J'J)^-1 L' at the minimum; with an earlier state as the prior this is
 * the iterated extended Kalman filter (Bell & Cathey 1993, IEEE Trans Autom Control 38:294).
 *
 * What a reading says against the rest: r_i / sqrt(1 - J_i C J_i') is the innovation it would have had, had it
 * been left out, in its standard deviations (exact for linear models; Cook & Weisberg 1982, eq. 2.2.3).
 * Where all readings together scatter more than 95 of 100 days should, errors are widened by the Birge ratio
 * sqrt(chi2 / n) (Birge 1932, Phys Rev 40:207): of each property as far as readings informed it. What no reading
 * touched is known as well, or as badly, as before.
 */
#include <pthread.h>

#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit_nlinear.h>

#include "planner/twin/instrument.h"
#include "planner/twin/priors.h"
#include "planner/twin/twin_private.h"

#define ROUNDS_MAX 5      /* anchors */
#define ITERATIONS_MAX 12 /* of a round */
#define STEP_DONE 0.01    /* of the prior's standard deviations: a tenth of the narrowest posterior */
#define STEP_COARSE 0.2   /* in the first round, whose anchor is far away */
#define ANCHOR_REACH 0.5  /* no new anchor within it */
#define LEVERAGE_MAX 0.999

/* Whether an instrument includes the surface reflection, and how the model's melanosome law holds, moves the
 * fitted melanin by a quarter (tests/validation/test_reflectance.c) whatever the meter's own error. It moves
 * the normal skin, the lesion and the unexposed skin alike. */
#define MELANIN_MODEL_LN_SD 0.25

/* A tan of the last four weeks multiplies basal melanin by 1.2 to 2 (recalled); without sun little is left of it. */
#define TAN_LN_SD 0.35
#define NO_TAN_LN_SD 0.10
/* A lesion nobody measured may be lighter or darker than the skin beside it. */
#define LESION_LN_SD 0.5

struct problem {
	struct instruments *instruments;
	size_t rows;
	double mean[COORDINATES];
	double lower[COORDINATES][COORDINATES];
	double *row_slope; /* rows x COORDINATES */
	struct fail fail;
};

/* ---- prior ---- */

static bool tan_possible(const struct readings *r)
{
	return !r->present[READING_UV_LAST_DAYS] || r->value[READING_UV_LAST_DAYS] < 28.0;
}

static void prior_melanin(const struct readings *r, struct twin *out)
{
	const enum twin_property u = TWIN_UNEXPOSED_MELANOSOME_FRAC, n = TWIN_MELANOSOME_FRAC,
				 l = TWIN_LESION_MELANOSOME_FRAC;
	struct prior ln = prior_melanosome_ln(r->fitzpatrick);
	double type = ln.sd * ln.sd, tan = tan_possible(r) ? TAN_LN_SD * TAN_LN_SD : NO_TAN_LN_SD * NO_TAN_LN_SD;
	out->latent[u] = out->latent[n] = out->latent[l] = ln.median;
	out->covariance[u][u] = out->covariance[u][n] = out->covariance[n][u] = type;
	out->covariance[u][l] = out->covariance[l][u] = type;
	out->covariance[n][n] = out->covariance[n][l] = out->covariance[l][n] = type + tan;
	out->covariance[l][l] = type + tan + LESION_LN_SD * LESION_LN_SD;
	(void)snprintf(out->property[l].source, sizeof out->property[l].source,
	               "as the normal skin beside it, spread widened");
}

void twin_population(const struct readings *r, struct twin *out)
{
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		struct prior prior = prior_of((enum twin_property)p, r);
		double sd = twin_latent_sd((enum twin_property)p, prior.median, prior.sd);
		out->latent[p] = twin_latent((enum twin_property)p, prior.median);
		for (int q = 0; q < TWIN_PROPERTIES; q++)
			out->covariance[p][q] = q == p ? sd * sd : 0.0;
		out->property[p].origin = TWIN_PRIOR;
		out->property[p].flags = prior.flags;
		(void)snprintf(out->property[p].source, sizeof out->property[p].source, "%s", prior.source);
	}
	prior_melanin(r, out);
}

static enum status set_prior(struct problem *q, const struct twin *prior, struct fail *why)
{
	double lower[TWIN_PROPERTIES][TWIN_PROPERTIES];
	if (matrix_cholesky(TWIN_PROPERTIES, &prior->covariance[0][0], &lower[0][0]))
		return fail_set(why, ST_NUMERIC, "twin", "the covariance before the readings is not positive");
	memcpy(q->mean, prior->latent, sizeof prior->latent);
	for (int p = 0; p < TWIN_PROPERTIES; p++)
		memcpy(q->lower[p], lower[p], sizeof lower[p]);
	for (int o = 0; o < OFFSETS; o++)
		instrument_offset_prior(q->instruments, (enum instrument_offset)o, &q->mean[TWIN_PROPERTIES + o],
		                        &q->lower[TWIN_PROPERTIES + o][TWIN_PROPERTIES + o]);
	return ST_OK;
}

/* ---- the least-squares problem ---- */

static void coordinates_of(const struct problem *q, const gsl_vector *z, double *x)
{
	for (size_t i = 0; i < COORDINATES; i++) {
		x[i] = q->mean[i];
		for (size_t j = 0; j <= i; j++)
			x[i] += q->lower[i][j] * gsl_vector_get(z, j);
	}
}

static int problem_f(const gsl_vector *z, void *context, gsl_vector *f)
{
	struct problem *q = context;
	double x[COORDINATES];
	coordinates_of(q, z, x);
	for (size_t i = 0; i < COORDINATES; i++)
		gsl_vector_set(f, i, gsl_vector_get(z, i));
	return instruments_residuals(q->instruments, x, gsl_vector_ptr(f, COORDINATES), &q->fail) ? GSL_EFAILED
	                                                                                      : GSL_SUCCESS;
}

/* Rows of the readings: slope by x, times L. */
static void row_by_z(const struct problem *q, const double *by_x, double *by_z)
{
	for (size_t j = 0; j < COORDINATES; j++)
		by_z[j] = 0.0;
	for (size_t i = 0; i < COORDINATES; i++)
		if (by_x[i] != 0.0)
			for (size_t j = 0; j <= i; j++)
				by_z[j] += by_x[i] * q->lower[i][j];
}

static int problem_df(const gsl_vector *z, void *context, gsl_matrix *J)
{
	struct problem *q = context;
	(void)z; /* GSL asks where it last took the residuals */
	instruments_jacobian(q->instruments, q->row_slope);
	gsl_matrix_set_identity(J);
	for (size_t i = 0; i < q->rows; i++)
		row_by_z(q, q->row_slope + i * COORDINATES, gsl_matrix_ptr(J, COORDINATES + i, 0));
	return GSL_SUCCESS;
}

/* From the anchor to where steps are short; *done is false when they still are not. */
static enum status iterate(struct problem *q, gsl_multifit_nlinear_workspace *w, double enough, bool *done,
                           unsigned *iterations, struct fail *why)
{
	*done = false;
	for (int i = 0; i < ITERATIONS_MAX && !*done; i++) {
		int code = gsl_multifit_nlinear_iterate(w);
		(*iterations)++;
		if (q->fail.code)
			return fail_set(why, q->fail.code, q->fail.field, "%s", q->fail.text);
		if (code && code != GSL_ENOPROG)
			return fail_set(why, ST_NUMERIC, "twin", "the fit of the readings stopped: %s", gsl_strerror(code));
		/* no smaller sum in any direction: as near as these derivatives lead */
		*done = code == GSL_ENOPROG || fabs(gsl_vector_get(w->dx, gsl_blas_idamax(w->dx))) < enough;
	}
	return ST_OK;
}

static double distance(const gsl_vector *a, const double *b)
{
	double most = 0.0;
	for (size_t i = 0; i < COORDINATES; i++)
		most = fmax(most, fabs(gsl_vector_get(a, i) - b[i]));
	return most;
}

/* Rounds: anchor where the last one ended, until an anchor is near enough to its round's end. */
static enum status minimise(struct problem *q, gsl_multifit_nlinear_fdf *fdf, gsl_multifit_nlinear_workspace *w,
                            unsigned *iterations, struct fail *why)
{
	double start[COORDINATES] = {0}, x[COORDINATES];
	gsl_vector_const_view z = gsl_vector_const_view_array(start, COORDINATES);
	for (int round = 0; round < ROUNDS_MAX; round++) {
		bool done;
		coordinates_of(q, &z.vector, x);
		enum status st = instruments_anchor(q->instruments, x, why);
		if (st)
			return st;
		if (gsl_multifit_nlinear_init(&z.vector, fdf, w))
			return fail_set(why, q->fail.code ? q->fail.code : ST_NUMERIC, q->fail.field, "%s", q->fail.text);
		if ((st = iterate(q, w, round ? STEP_DONE : STEP_COARSE, &done, iterations, why)))
			return st;
		if (done && round && distance(w->x, start) < ANCHOR_REACH)
			return ST_OK;
		for (size_t i = 0; i < COORDINATES; i++)
			start[i] = gsl_vector_get(w->x, i);
	}
	return fail_set(why, ST_NUMERIC, "twin", "the readings could not be brought together; check the most unusual");
}

/* ---- posterior ---- */

struct posterior {
	double x[COORDINATES];
	double z_covariance[COORDINATES][COORDINATES];
	double chi2; /* readings and prior */
};

static void latent_covariance(const struct problem *q, const struct posterior *post, struct twin *out)
{
	static const size_t n = TWIN_PROPERTIES;
	double half[TWIN_PROPERTIES][COORDINATES];
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < COORDINATES; j++) {
			half[i][j] = 0.0;
			for (size_t k = 0; k <= i; k++)
				half[i][j] += q->lower[i][k] * post->z_covariance[k][j];
		}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++) {
			double sum = 0.0;
			for (size_t k = 0; k <= j; k++)
				sum += half[i][k] * q->lower[j][k];
			out->covariance[i][j] = out->covariance[j][i] = sum;
		}
}

/* Standard deviations times 1 + (factor - 1) (share of the prior's variance that the readings took). */
static void widen(const struct twin *prior, double factor, struct twin *out)
{
	double by[TWIN_PROPERTIES];
	for (size_t i = 0; i < TWIN_PROPERTIES; i++) {
		double taken = 1.0 - out->covariance[i][i] / prior->covariance[i][i];
		by[i] = 1.0 + (factor - 1.0) * fmin(fmax(taken, 0.0), 1.0);
	}
	for (size_t i = 0; i < TWIN_PROPERTIES; i++)
		for (size_t j = 0; j < TWIN_PROPERTIES; j++)
			out->covariance[i][j] *= by[i] * by[j];
}

static void add_model_error(struct twin *out)
{
	static const enum twin_property melanin[] = {TWIN_MELANOSOME_FRAC, TWIN_LESION_MELANOSOME_FRAC,
	                                             TWIN_UNEXPOSED_MELANOSOME_FRAC};
	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < 3; j++)
			out->covariance[melanin[i]][melanin[j]] += MELANIN_MODEL_LN_SD * MELANIN_MODEL_LN_SD;
}

/* sqrt(J_i C J_i') of one reading's row. */
static double leverage(const gsl_matrix *J, size_t row, const struct posterior *post)
{
	const double *j = gsl_matrix_const_ptr(J, COORDINATES + row, 0);
	double sum = 0.0;
	for (size_t a = 0; a < COORDINATES; a++) {
		if (j[a] == 0.0)
			continue;
		double inner = 0.0;
		for (size_t b = 0; b < COORDINATES; b++)
			inner += post->z_covariance[a][b] * j[b];
		sum += j[a] * inner;
	}
	return fmin(sum, LEVERAGE_MAX);
}

static struct twin_residual *add_residual(struct twin *out, const char *key)
{
	BUG_ON(out->residuals == TWIN_RESIDUALS_MAX);
	struct twin_residual *r = &out->residual[out->residuals++];
	(void)snprintf(r->key, sizeof r->key, "%s", key);
	return r;
}

/* A latent coordinate in the unit of its reading. */
static double in_reading(const struct instrument_row *row, double latent)
{
	return (twin_value_at(row->direct, latent) - row->zero) / row->factor;
}

static void single_residual(const struct instrument_row *row, double f, double lever, struct twin *out)
{
	struct twin_residual *r = add_residual(out, row->key);
	double model = row->read - f * row->sd;
	bool direct = row->direct != TWIN_PROPERTIES;
	r->read = direct ? in_reading(row, row->read) : row->read;
	r->model = direct ? in_reading(row, model) : model;
	r->sd = direct ? fabs(in_reading(row, row->read + row->sd) - r->read) : row->sd;
	r->innovation = f / sqrt(1.0 - lever);
	r->count = 1;
	r->used = true;
}

/* A spectrum is one reading: the root mean square over its points, each in its standard deviation, counted as often
 * as its error is its own. */
static void spectrum_residual(const struct instruments *in, const double *f, struct twin *out)
{
	size_t rows = instruments_rows(in);
	struct twin_residual *r = NULL;
	double squares = 0.0, chi2 = 0.0, weight = 0.0, read = 0.0, sd = 0.0, worst = 0.0, worst_nm = 0.0;
	for (size_t i = 0; i < rows; i++) {
		struct instrument_row row = instruments_row(in, i);
		if (row.wavelength_nm <= 0.0)
			continue;
		if (!r)
			r = add_residual(out, row.key);
		r->count++;
		read += row.read;
		sd += row.sd * sqrt(row.weight);
		weight += row.weight;
		squares += f[i] * row.sd * f[i] * row.sd;
		chi2 += f[i] * f[i];
		if (fabs(f[i] * row.sd) > fabs(worst)) {
			worst = f[i] * row.sd;
			worst_nm = row.wavelength_nm;
		}
	}
	if (!r)
		return;
	r->read = read / r->count;
	r->model = sqrt(squares / r->count);
	r->sd = sd / r->count;
	r->innovation = sqrt(chi2 / weight);
	r->used = true;
	(void)snprintf(r->note, sizeof r->note, "rms difference %.4f, largest %+.4f at %.0f nm", r->model, worst, worst_nm);
}

static void note_disagreement(struct twin *out)
{
	for (size_t i = 0; i < out->residuals; i++) {
		struct twin_residual *r = &out->residual[i];
		if (!r->used || fabs(r->innovation) <= TWIN_DISAGREES)
			continue;
		out->disagreements++;
		if (r->count == 1)
			(void)snprintf(r->note, sizeof r->note,
			               "disagrees with the rest by %.1f standard deviations: measure again", r->innovation);
	}
}

static void report_residuals(const struct problem *q, const gsl_multifit_nlinear_workspace *w,
                             const struct posterior *post, struct twin *out)
{
	const double *f = gsl_vector_const_ptr(w->f, COORDINATES);
	for (size_t i = 0; i < q->rows; i++) {
		struct instrument_row row = instruments_row(q->instruments, i);
		if (row.wavelength_nm <= 0.0)
			single_residual(&row, f[i], leverage(w->J, i, post), out);
	}
	spectrum_residual(q->instruments, f, out);
	note_disagreement(out);
}

static void report_unused(const struct instruments *in, struct twin *out)
{
	const char *why_not, *key;
	for (size_t i = 0; (key = instruments_unused(in, i, &why_not)); i++)
		(void)snprintf(add_residual(out, key)->note, sizeof out->residual[0].note, "not used: %s", why_not);
}

/* ---- origins ---- */

/* "ITA 46, Mexameter MI 206, spectrum": the readings that went through the optics. */
static bool optical_names(const struct instruments *in, enum instrument_region region, bool any, char *out,
                          size_t size)
{
	size_t used = 0;
	bool spectrum = false;
	out[0] = '\0';
	for (size_t i = 0; i < instruments_rows(in) && used < size; i++) {
		struct instrument_row row = instruments_row(in, i);
		if (row.direct != TWIN_PROPERTIES || (!any && row.region != region) || (row.wavelength_nm > 0.0 && spectrum))
			continue;
		const char *comma = used ? ", " : "";
		spectrum = row.wavelength_nm > 0.0;
		used += (size_t)(spectrum ? snprintf(out + used, size - used, "%sspectrum", comma)
		                          : snprintf(out + used, size - used, "%s%s %.0f", comma, row.label, row.read));
	}
	return used > 0;
}

#define INFORMED 0.9 /* a property is derived when readings took a tenth or more of its variance */

static void set_origin(const struct problem *q, enum twin_property p, double before, struct twin *out)
{
	static const struct {
		enum twin_property property;
		enum instrument_region region;
	} own[] = {{TWIN_MELANOSOME_FRAC, REGION_NORMAL},
	           {TWIN_LESION_MELANOSOME_FRAC, REGION_LESION},
	           {TWIN_UNEXPOSED_MELANOSOME_FRAC, REGION_UNEXPOSED}};
	struct twin_value *v = &out->property[p];
	char names[96];
	bool any = out->covariance[p][p] < INFORMED * before;
	enum instrument_region region = REGION_NORMAL;
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (own[i].property == p) {
			region = own[i].region;
			if (!optical_names(q->instruments, region, false, names, sizeof names))
				any = p != TWIN_LESION_MELANOSOME_FRAC && any;
			else
				any = true;
		}
	if (!any)
		return;
	bool named = optical_names(q->instruments, region, false, names, sizeof names) ||
	             optical_names(q->instruments, region, true, names, sizeof names);
	if (!named)
		return;
	v->origin = TWIN_DERIVED;
	(void)snprintf(v->source, sizeof v->source, "%s through the reflectance model", names);
}

static void set_origins(const struct problem *q, const struct twin *prior, struct twin *out)
{
	for (int p = 0; p < TWIN_PROPERTIES; p++)
		set_origin(q, (enum twin_property)p, prior->covariance[p][p], out);
	for (size_t i = 0; i < q->rows; i++) {
		struct instrument_row row = instruments_row(q->instruments, i);
		if (row.direct == TWIN_PROPERTIES)
			continue;
		struct twin_value *v = &out->property[row.direct];
		bool scale = row.direct == TWIN_CORNEUM_WATER_FRAC;
		v->origin = scale ? TWIN_DERIVED : TWIN_MEASURED;
		v->flags = scale ? VALIDITY_ASSUMED : VALID;
		(void)snprintf(v->source, sizeof v->source, "%s", row.source);
	}
}

/* ---- the fit ---- */

static bool has_optics(const struct instruments *in)
{
	char names[96];
	return optical_names(in, REGION_NORMAL, true, names, sizeof names);
}

static void finish(struct problem *q, const gsl_multifit_nlinear_workspace *w, const struct twin *prior,
                   struct posterior *post, struct twin *out)
{
	coordinates_of(q, w->x, post->x);
	memcpy(out->latent, post->x, sizeof out->latent);
	double count = 0.0;
	for (size_t i = 0; i < q->rows; i++)
		count += instruments_row(q->instruments, i).weight;
	bool widened = count > 1.0 && post->chi2 > gsl_cdf_chisq_Pinv(0.95, count);
	out->spread_factor = widened ? sqrt(post->chi2 / count) : 1.0;
	latent_covariance(q, post, out);
	widen(prior, out->spread_factor, out);
	report_residuals(q, w, post, out);
	set_origins(q, prior, out);
	if (has_optics(q->instruments))
		add_model_error(out);
}

static enum status fit_with(struct problem *q, gsl_multifit_nlinear_workspace *w, const struct twin *prior,
                            struct twin *out, struct fail *why)
{
	gsl_multifit_nlinear_fdf fdf = {.f = problem_f, .df = problem_df, .n = COORDINATES + q->rows, .p = COORDINATES,
	                                .params = q};
	struct posterior post;
	gsl_matrix_view covariance = gsl_matrix_view_array(&post.z_covariance[0][0], COORDINATES, COORDINATES);
	enum status st = minimise(q, &fdf, w, &out->iterations, why);
	if (st)
		return st;
	if (gsl_multifit_nlinear_covar(w->J, 0.0, &covariance.matrix))
		return fail_set(why, ST_NUMERIC, "twin", "the posterior has no covariance");
	gsl_blas_ddot(w->f, w->f, &post.chi2);
	finish(q, w, prior, &post, out);
	return ST_OK;
}

/* GSL's own answer to an error is to end the program; it shall return it. */
static pthread_once_t gsl_quiet = PTHREAD_ONCE_INIT;
static void quieten_gsl(void)
{
	gsl_set_error_handler_off();
}

static enum status fit(struct problem *q, const struct twin *prior, struct twin *out, struct fail *why)
{
	gsl_multifit_nlinear_parameters how = gsl_multifit_nlinear_default_parameters();
	pthread_once(&gsl_quiet, quieten_gsl);
	how.solver = gsl_multifit_nlinear_solver_cholesky;
	how.scale = gsl_multifit_nlinear_scale_levenberg; /* z is in standard deviations already */
	q->row_slope = calloc(q->rows * COORDINATES, sizeof *q->row_slope);
	gsl_multifit_nlinear_workspace *w =
		gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &how, COORDINATES + q->rows, COORDINATES);
	enum status st = !w || !q->row_slope ? fail_set(why, ST_FULL, "twin", "no memory for the fit")
	                                     : fit_with(q, w, prior, out, why);
	if (w)
		gsl_multifit_nlinear_free(w);
	free(q->row_slope);
	return st;
}

static enum status estimate(const struct readings *readings, const struct twin *prior, struct twin *out,
                            struct fail *why)
{
	struct problem *q = calloc(1, sizeof *q);
	if (!q)
		return fail_set(why, ST_FULL, "twin", "no memory for the fit");
	enum status st = instruments_new(readings, &q->instruments, why);
	if (!st)
		st = set_prior(q, prior, why);
	if (!st && (q->rows = instruments_rows(q->instruments)) > 0)
		st = fit(q, prior, out, why);
	if (!st)
		report_unused(q->instruments, out);
	if (q->instruments)
		instruments_free(&q->instruments);
	free(q);
	return st;
}

/* ---- the twin of a day ---- */

int twin_type_of_ita(double ita_deg)
{
	static const double lower_deg[] = {55, 41, 28, 10, -30};
	int type = 1;
	while (type < 6 && ita_deg <= lower_deg[type - 1])
		type++;
	return type;
}

static void set_tan(struct twin *twin, const struct readings *r)
{
	bool index = r->present[READING_MI_ADJACENT_NORMAL] && r->present[READING_MI_UNEXPOSED];
	bool colour = (r->present[READING_ITA_DEG] || r->present[READING_LAB_L]) && r->present[READING_ITA_UNEXPOSED_DEG];
	twin->tan_measured = index || colour;
	twin->tan_rel = NAN;
	if (index && r->value[READING_MI_UNEXPOSED] > 0.0)
		twin->tan_rel = r->value[READING_MI_ADJACENT_NORMAL] / r->value[READING_MI_UNEXPOSED] - 1.0;
}

static void set_colour(struct twin *twin, const struct readings *r, double model_ita_deg)
{
	struct colour_lab lab = {r->value[READING_LAB_L], r->value[READING_LAB_A], r->value[READING_LAB_B]};
	twin->ita_deg = NAN;
	if (r->present[READING_ITA_DEG])
		twin->ita_deg = r->value[READING_ITA_DEG];
	else if (r->present[READING_LAB_L])
		twin->ita_deg = colour_ita_deg(lab);
	twin->model_ita_deg = model_ita_deg;
	twin->fitzpatrick = twin->effective_type = r->fitzpatrick;
	if (!r->fitzpatrick)
		twin->effective_type = twin_type_of_ita(isnan(twin->ita_deg) ? model_ita_deg : twin->ita_deg);
}

static enum status describe(struct twin *twin, const struct readings *r, struct fail *why)
{
	double value[TWIN_PROPERTIES];
	struct tissue tissue;
	struct twin_colour colour;
	enum status st = twin_refresh(twin, why);
	if (st)
		return st;
	twin_sample(twin, 0, 0, value);
	twin_tissue(value, TWIN_NORMAL_SKIN, &tissue);
	if ((st = twin_model_colour(&tissue, &colour, why)))
		return st;
	set_tan(twin, r);
	set_colour(twin, r, colour.ita_deg);
	return ST_OK;
}

/* What an earlier state knows already is not told it twice. */
static struct readings only_new(const struct readings *readings)
{
	struct readings r = *readings;
	for (int i = 0; i < READINGS; i++)
		if (r.carried[i])
			readings_clear(&r, (enum reading)i);
	if (r.spectrum_carried)
		r.spectrum.count = 0;
	return r;
}

static enum status twin_given(const struct readings *readings, const struct twin *prior, bool follows,
                              struct twin *out, struct fail *why)
{
	struct twin twin = *prior;
	twin.residuals = twin.disagreements = twin.iterations = 0;
	twin.spread_factor = 1.0;
	memset(twin.residual, 0, sizeof twin.residual);
	(void)snprintf(twin.site, sizeof twin.site, "%s", readings->site);
	struct readings fresh = follows ? only_new(readings) : *readings;
	enum status st = estimate(&fresh, prior, &twin, why);
	if (!st)
		st = describe(&twin, readings, why);
	if (!st)
		*out = twin;
	return st;
}

enum status twin_from_readings(const struct readings *readings, struct twin *out, struct fail *why)
{
	struct twin prior = {0};
	enum status st = readings_check(readings, why);
	if (st)
		return st;
	twin_population(readings, &prior);
	return twin_given(readings, &prior, false, out, why);
}

enum status twin_from_readings_after(const struct readings *readings, const struct twin *before, struct twin *out,
                                     struct fail *why)
{
	enum status st = readings_check(readings, why);
	return st ? st : twin_given(readings, before, true, out, why);
}
