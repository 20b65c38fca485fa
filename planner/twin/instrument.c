/* Forward model of the colour instruments and its inversion on a grid.
 *
 * Reflectance of the layered skin at the instruments' bands is solved on a coarse grid of ln(fraction),
 * interpolated (Steffen 1990: monotone, no overshoot), and multiplied with the prior on a fine grid. Median
 * and spread are read off the normalised posterior: no starting value, no iteration, no local minimum.
 */
#include "planner/twin/instrument.h"

#include <gsl/gsl_interp.h>

#include "physics/colour.h"
#include "physics/ordinates.h"

#define COARSE 13
#define FINE 400
#define FRACTION_MIN 0.002
#define FRACTION_MAX 0.45
#define BLOOD_MIN 0.0005
#define BLOOD_MAX 0.08

/* Errors of reading against model: repeatability of the instrument, site within the field, and the model's
 * own (reflectance of ITA classes, tests/validation/test_reflectance.c). */
#define ITA_SD_DEG 7.0
#define DERMASPECTROMETER_SD 4.0
#define MI680_SD 4.0
#define MEXAMETER_SD 60.0
#define MEXAMETER_EI_SD 80.0

/* The Mexameter reports 500/log 5 (log(R880/R660) + log 5) of its raw signals, whose gains are the maker's
 * secret. A straight line ties the formula on true reflectance to the scale: skins whose model ITA is in the
 * middle of the classes of types I to VI (60, 46, 35, 17, -10, -45 deg) then read 98, 150, 197, 288, 454, 769
 * against recalled ranges 50-150 (I-II), 150-250, 250-400, 400-600, above 600. Low confidence: see
 * MEXAMETER_SD. The erythema index has an offset alone: about 270 for light skin with 0.6 % blood. */
#define MEXAMETER_MI_GAIN 2.6
#define MEXAMETER_MI_ZERO 461.0 /* formula value that the scale shows as 0 */
#define MEXAMETER_EI_OFFSET (-360.0)

/* Whether an instrument includes the surface reflection is often unknown and moves the fitted melanin by a
 * quarter to a half (tests/validation/test_reflectance.c): added to the posterior's spread. */
#define MELANIN_MODEL_LN_SD 0.25

/* d/8 bands: colour needs 400..700 nm, the indices single bands. */
enum { BAND_568, BAND_655, BAND_660, BAND_680, BAND_880, BANDS };
static const double band_nm[BANDS] = {568, 655, 660, 680, 880};

static enum status reflectance_at(struct ordinates *solver, const struct tissue *tissue, double wavelength_nm,
                                  double *out, struct fail *why)
{
	struct light_layer layers[TISSUE_LAYERS_MAX];
	struct light_stack stack;
	struct light_balance balance;
	const struct light_source normal = {.kind = LIGHT_COLLIMATED};
	enum status st = tissue_light_stack(tissue, wavelength_nm, layers, &stack, why);
	if (st || (st = ordinates_solve(solver, &stack, &normal, why)))
		return st;
	ordinates_balance(solver, &balance);
	*out = balance.diffuse_reflectance_frac;
	return ST_OK;
}

static enum status solve_colour(struct ordinates *solver, const struct tissue *tissue, struct twin_colour *out,
                                struct fail *why)
{
	double visible[COLOUR_BANDS], band[BANDS];
	enum status st = ST_OK;
	for (int i = 0; !st && i < COLOUR_BANDS; i++)
		st = reflectance_at(solver, tissue, COLOUR_FIRST_NM + i * COLOUR_STEP_NM, &visible[i], why);
	for (int i = 0; !st && i < BANDS; i++)
		st = reflectance_at(solver, tissue, band_nm[i], &band[i], why);
	if (st)
		return st;
	struct colour_lab lab = colour_lab_of_spectrum(visible);
	out->ita_deg = colour_ita_deg(lab);
	out->mexameter_mi =
		MEXAMETER_MI_GAIN * (colour_mexameter_melanin(band[BAND_660], band[BAND_880]) - MEXAMETER_MI_ZERO);
	out->mexameter_ei = colour_mexameter_erythema(band[BAND_568], band[BAND_660]) + MEXAMETER_EI_OFFSET;
	out->dermaspectrometer_mi = colour_dermaspectrometer_melanin(band[BAND_655]);
	out->mi680 = colour_melanin_index(band[BAND_680]);
	return ST_OK;
}

enum status twin_model_colour(const struct tissue *tissue, struct twin_colour *out, struct fail *why)
{
	struct ordinates *solver = NULL;
	enum status st = ordinates_new(3, &solver, why); /* 6 per hemisphere: 0.1 % in reflectance */
	if (st == ST_OK)
		st = solve_colour(solver, tissue, out, why);
	ordinates_free(&solver);
	return st;
}

/* One reading that speaks of the unknown: its value, error, and the model's answer on the coarse grid. */
struct witness {
	const char *name;
	double read, sd;
	double model[COARSE];
};

struct inversion {
	double ln_min, ln_max;
	double ln[COARSE];
	unsigned witnesses;
	struct witness witness[3];
};

static void add_witness(struct inversion *inv, const char *name, double read, double sd)
{
	inv->witness[inv->witnesses++] = (struct witness){.name = name, .read = read, .sd = sd};
}

static void coarse_grid(struct inversion *inv, double low, double high)
{
	inv->ln_min = log(low);
	inv->ln_max = log(high);
	for (int i = 0; i < COARSE; i++)
		inv->ln[i] = inv->ln_min + (inv->ln_max - inv->ln_min) * i / (COARSE - 1);
}

/* Posterior on the fine grid: prior times the likelihood of every witness. */
static void posterior_weights(const struct inversion *inv, double prior_ln, double prior_ln_sd, double *ln,
                              double *weight)
{
	const gsl_interp_type *steffen = gsl_interp_steffen;
	double best = -INFINITY;
	for (int i = 0; i < FINE; i++) {
		ln[i] = inv->ln_min + (inv->ln_max - inv->ln_min) * i / (FINE - 1);
		weight[i] = -0.5 * pow((ln[i] - prior_ln) / prior_ln_sd, 2);
	}
	for (unsigned w = 0; w < inv->witnesses; w++) {
		gsl_interp *interp = gsl_interp_alloc(steffen, COARSE);
		BUG_ON(!interp);
		gsl_interp_init(interp, inv->ln, inv->witness[w].model, COARSE);
		for (int i = 0; i < FINE; i++) {
			double x = fmin(fmax(ln[i], inv->ln[0]), inv->ln[COARSE - 1]);
			double model = gsl_interp_eval(interp, inv->ln, inv->witness[w].model, x, NULL);
			weight[i] -= 0.5 * pow((model - inv->witness[w].read) / inv->witness[w].sd, 2);
		}
		gsl_interp_free(interp);
	}
	for (int i = 0; i < FINE; i++)
		best = fmax(best, weight[i]);
	for (int i = 0; i < FINE; i++)
		weight[i] = exp(weight[i] - best);
}

/* Median and log-spread of the posterior; flagged when a tenth of it leans on either end of the grid. */
static void summarise(const struct inversion *inv, double prior_ln, double prior_ln_sd, double model_ln_sd,
                      struct instrument_posterior *out)
{
	double ln[FINE], weight[FINE], total = 0.0, mean = 0.0, square = 0.0, below = 0.0;
	posterior_weights(inv, prior_ln, prior_ln_sd, ln, weight);
	for (int i = 0; i < FINE; i++) {
		total += weight[i];
		mean += weight[i] * ln[i];
		square += weight[i] * ln[i] * ln[i];
	}
	mean /= total;
	int middle = 0;
	while (middle < FINE - 1 && below + weight[middle] < 0.5 * total)
		below += weight[middle++];
	double spread = hypot(sqrt(fmax(square / total - mean * mean, 0.0)), model_ln_sd);
	double ends = 0.0;
	for (int i = 0; i < 8; i++)
		ends += weight[i] + weight[FINE - 1 - i];
	out->median = exp(ln[middle]);
	out->sd = out->median * sqrt(expm1(spread * spread));
	out->readings = inv->witnesses;
	out->flags = ends > 0.1 * total ? VALIDITY_EXTRAPOLATED : VALID;
}

static void describe(const struct inversion *inv, const char *with, struct instrument_posterior *out)
{
	int used = snprintf(out->source, sizeof out->source, "%s", "");
	for (unsigned w = 0; w < inv->witnesses; w++)
		used += snprintf(out->source + used, sizeof out->source - (size_t)used, "%s%s %.0f",
		                 w ? ", " : "", inv->witness[w].name, inv->witness[w].read);
	(void)snprintf(out->source + used, sizeof out->source - (size_t)used, " %s", with);
}

static void melanin_index_witness(struct inversion *inv, const struct readings *r, enum reading which)
{
	static const struct {
		const char *name;
		double sd;
	} scale[MI_SCALES] = {
		[MI_MEXAMETER] = {"Mexameter MI", MEXAMETER_SD},
		[MI_DERMASPECTROMETER] = {"DermaSpectrometer M", DERMASPECTROMETER_SD},
		[MI_REFLECTANCE680] = {"MI680", MI680_SD},
	};
	if (r->present[which])
		add_witness(inv, scale[r->mi_scale].name, r->value[which], scale[r->mi_scale].sd);
}

static void collect_melanin_readings(struct inversion *inv, const struct readings *r, enum instrument_field field)
{
	if (field == INSTRUMENT_LESION) {
		melanin_index_witness(inv, r, READING_MI_FIELD);
		return;
	}
	if (r->present[READING_ITA_DEG])
		add_witness(inv, "ITA", r->value[READING_ITA_DEG], ITA_SD_DEG);
	else if (r->present[READING_LAB_L])
		add_witness(inv, "ITA of L*a*b*",
		            colour_ita_deg((struct colour_lab){r->value[READING_LAB_L], r->value[READING_LAB_A],
		                                               r->value[READING_LAB_B]}),
		            ITA_SD_DEG);
	melanin_index_witness(inv, r, READING_MI_ADJACENT_NORMAL);
}

static double model_reading(const struct witness *w, const struct twin_colour *c, enum melanin_scale scale)
{
	const double index[MI_SCALES] = {c->mexameter_mi, c->dermaspectrometer_mi, c->mi680};
	return strncmp(w->name, "ITA", 3) == 0 ? c->ita_deg : index[scale];
}

enum status instrument_fit_melanin(const double *value, const struct readings *readings,
                                   enum instrument_field field, double prior_ln, double prior_ln_sd,
                                   struct instrument_posterior *out, struct fail *why)
{
	struct inversion inv = {0};
	struct ordinates *solver = NULL;
	coarse_grid(&inv, FRACTION_MIN, FRACTION_MAX);
	collect_melanin_readings(&inv, readings, field);
	enum status st = inv.witnesses ? ordinates_new(3, &solver, why) : ST_OK;
	for (int i = 0; !st && inv.witnesses && i < COARSE; i++) {
		double sample[TWIN_PROPERTIES];
		struct tissue tissue;
		struct twin_colour colour;
		for (int p = 0; p < TWIN_PROPERTIES; p++)
			sample[p] = value[p];
		sample[TWIN_MELANOSOME_FRAC] = exp(inv.ln[i]);
		twin_tissue(sample, TWIN_NORMAL_SKIN, &tissue);
		st = solve_colour(solver, &tissue, &colour, why);
		for (unsigned w = 0; !st && w < inv.witnesses; w++)
			inv.witness[w].model[i] = model_reading(&inv.witness[w], &colour, readings->mi_scale);
	}
	ordinates_free(&solver);
	if (st)
		return st;
	summarise(&inv, prior_ln, prior_ln_sd, inv.witnesses ? MELANIN_MODEL_LN_SD : 0.0, out);
	describe(&inv, "through the reflectance model", out);
	return ST_OK;
}

enum status instrument_fit_blood(const double *value, const struct readings *readings, double prior_ln,
                                 double prior_ln_sd, struct instrument_posterior *out, struct fail *why)
{
	struct inversion inv = {0};
	struct ordinates *solver = NULL;
	coarse_grid(&inv, BLOOD_MIN, BLOOD_MAX);
	add_witness(&inv, "Mexameter EI", readings->value[READING_EI], MEXAMETER_EI_SD);
	enum status st = ordinates_new(3, &solver, why);
	for (int i = 0; !st && i < COARSE; i++) {
		double sample[TWIN_PROPERTIES], green = 0.0, red = 0.0;
		struct tissue tissue;
		for (int p = 0; p < TWIN_PROPERTIES; p++)
			sample[p] = value[p];
		sample[TWIN_BLOOD_FRAC] = exp(inv.ln[i]);
		twin_tissue(sample, TWIN_NORMAL_SKIN, &tissue);
		st = reflectance_at(solver, &tissue, band_nm[BAND_568], &green, why);
		if (!st)
			st = reflectance_at(solver, &tissue, band_nm[BAND_660], &red, why);
		if (!st)
			inv.witness[0].model[i] = colour_mexameter_erythema(green, red) + MEXAMETER_EI_OFFSET;
	}
	ordinates_free(&solver);
	if (st)
		return st;
	summarise(&inv, prior_ln, prior_ln_sd, 0.0, out);
	describe(&inv, "through the reflectance model, melanin held", out);
	return ST_OK;
}
