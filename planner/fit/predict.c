/* Prediction: an exposure to metrics with their spread, by the model its pattern calls for. */
#include "planner/fit/predict.h"

#include "devices/exposure.h"
#include "physics/base/units.h"
#include "planner/fit/needles.h"

static const struct metric_spec specs[METRICS] = {
	[METRIC_SURFACE_PEAK_C] = {"surface_peak_C", "C", "Bulk surface peak", 1},
	[METRIC_BASAL_PEAK_C] = {"basal_peak_C", "C", "Bulk basal peak", 1},
	[METRIC_DERMIS_PEAK_C] = {"dermis_peak_C", "C", "Bulk dermis peak", 1},
	[METRIC_OMEGA_BASAL] = {"omega_basal", "", "Bulk Omega, basal", 3},
	[METRIC_OMEGA_PAPILLARY] = {"omega_papillary", "", "Bulk Omega, 0.2 mm below", 3},
	[METRIC_MELANOSOME_PEAK_C] = {"melanosome_peak_C", "C", "Melanosome, normal skin", 0},
	[METRIC_MELANOSOME_RATIO] = {"melanosome_ratio", "x", "Melanosome / rupture", 2},
	[METRIC_TARGET_PEAK_C] = {"target_peak_C", "C", "Target peak", 0},
	[METRIC_TARGET_RATIO] = {"target_ratio", "x", "Target / threshold", 2},
	[METRIC_SELECTIVITY] = {"selectivity", "x", "Target over normal skin", 2},
	[METRIC_PRESSURE_MPA] = {"pressure_MPa", "MPa", "Pressure at melanosome", 1},
	[METRIC_ABLATION_DEPTH_UM] = {"ablation_depth_um", "um", "Ablation depth", 0},
	[METRIC_ABLATION_WIDTH_UM] = {"ablation_width_um", "um", "Ablation width", 0},
	[METRIC_COAGULATION_DEPTH_UM] = {"coagulation_depth_um", "um", "Coagulation depth", 0},
	[METRIC_COAGULATION_WIDTH_UM] = {"coagulation_width_um", "um", "Coagulation width", 0},
	[METRIC_DERMIS_MARGIN_UM] = {"dermis_margin_um", "um", "Dermis left below", 0},
	[METRIC_BELOW_BASAL_UM] = {"below_basal_um", "um", "Depth below basal layer", 0},
	[METRIC_COVERAGE_SUM_PCT] = {"coverage_sum_pct", "%", "Coverage, all passes", 1},
	[METRIC_ENERGY_MJ] = {"energy_mJ", "mJ", "Energy of a microbeam", 1},
	[METRIC_FLUENCE_J_CM2] = {"fluence_J_cm2", "J/cm2", "Fluence", 2},
	[METRIC_SPOT_MM] = {"spot_mm", "mm", "Spot", 1},
	[METRIC_RF_EPIDERMIS_C] = {"rf_epidermis_C", "C", "Epidermis, hottest", 1},
	[METRIC_RF_DERMIS_C] = {"rf_dermis_C", "C", "Dermis, hottest", 1},
	[METRIC_RF_FAT_C] = {"rf_fat_C", "C", "Fat, hottest", 1},
	[METRIC_RF_FAT_LEAN_C] = {"rf_fat_lean_C", "C", "  if fat is not infiltrated", 1},
	[METRIC_RF_FAT_INFILTRATED_C] = {"rf_fat_infiltrated_C", "C", "  if fat is infiltrated", 1},
	[METRIC_RF_FAT_CEM43_MIN] = {"rf_fat_cem43_min", "min", "Fat dose CEM43", 1},
	[METRIC_RF_ZONE_UM] = {"rf_zone_um", "um", "Collagen zone, height", 0},
	[METRIC_RF_COMPLETE_UM] = {"rf_complete_um", "um", "Coagulated wholly, height", 0},
	[METRIC_RF_PENUMBRA_UM] = {"rf_penumbra_um", "um", "Heat below the tip", 0},
	[METRIC_RF_REACH_UM] = {"rf_reach_um", "um", "Reach beyond dermis", 0},
	[METRIC_RF_DERMIS_PCT] = {"rf_dermis_pct", "%", "Energy in dermis", 0},
	[METRIC_RF_FAT_PCT] = {"rf_fat_pct", "%", "Energy in fat", 0},
	[METRIC_RF_RIM_PCT] = {"rf_rim_pct", "%", "Hottest pin over mean", 0},
	[METRIC_RF_IMPEDANCE_OHM] = {"rf_impedance_ohm", "ohm", "Impedance", 0},
	[METRIC_BREAKDOWN_RATIO] = {"breakdown_ratio", "x", "Focus / breakdown", 2},
	[METRIC_VACUOLES_1_CM2] = {"vacuoles_per_cm2", "/cm2", "Vacuoles, one pass", 0},
	[METRIC_VACUOLE_TOP_UM] = {"vacuole_top_um", "um", "Vacuoles from", 0},
	[METRIC_VACUOLE_BOTTOM_UM] = {"vacuole_bottom_um", "um", "Vacuoles to", 0},
};

/* Time between passes on the same skin: a scanned roller comes back in about ten seconds, a stamped array
 * after the field is done (design values; the console decides in truth). */
#define ROLLER_PASS_S 10.0
#define STAMP_PASS_S 30.0

struct predictor {
	enum exposure_kind kind;
	double wavelength_nm, pulse_s, microbeam_um;
	enum cooling_kind cooling;
	struct cohort cohort;
	struct bulk *bulk;
	struct columns *columns;
	struct needles *needles;
	struct foci *foci;
};

const char *metric_number(double value, int decimals, char out[METRIC_NUMBER_SIZE])
{
	if (fabs(value) < 1e5)
		(void)snprintf(out, METRIC_NUMBER_SIZE, "%.*f", decimals, value);
	else
		(void)snprintf(out, METRIC_NUMBER_SIZE, "%.1e", value);
	return out;
}

const struct metric_spec *metric_spec(enum metric metric)
{
	BUG_ON((unsigned)metric >= METRICS);
	return &specs[metric];
}

bool metric_find(const char *key, enum metric *out)
{
	for (int m = 0; m < METRICS; m++)
		if (strcmp(specs[m].key, key) == 0) {
			*out = (enum metric)m;
			return true;
		}
	return false;
}

size_t prediction_order(const struct prediction *prediction, enum metric order[METRICS])
{
	bool field = prediction->source && strcmp(prediction->source, "field") == 0;
	size_t count = 0;
	for (int absent = 0; absent < 2; absent++)
		for (int m = 0; m < METRICS; m++) {
			bool is_absent = (prediction->metric[m].flags & VALIDITY_ABSENT) != 0;
			if (is_absent != (absent == 1) || (is_absent && (field || m >= METRIC_RF_EPIDERMIS_C)))
				continue;
			order[count++] = (enum metric)m;
		}
	return count;
}

const struct band band_absent = {NAN, NAN, NAN, VALIDITY_ABSENT};

/* The order statistics a band needs lie near the ends; more of them than this no band asks of SAMPLES_MAX samples. */
#define RANKS_MAX 6
_Static_assert((SAMPLES_MAX - 1) / 20 + 2 <= RANKS_MAX, "ranks a 5 % quantile reads");

/* lowest[ranks], ascending, after one more value. */
static void keep_lowest(double *lowest, unsigned ranks, double value)
{
	unsigned at = ranks - 1;
	if (!(value < lowest[at]))
		return;
	for (; at > 0 && lowest[at - 1] > value; at--)
		lowest[at] = lowest[at - 1];
	lowest[at] = value;
}

/* Sample quantile by linear interpolation (Hyndman & Fan 1996, type 7) from the end the ranks stand at; written so that
 * rounding cannot put it past the second neighbour: bands of equal samples stay in order. */
static double quantile(const double *lowest, unsigned count, double p)
{
	double at = p * (count - 1);
	unsigned below = (unsigned)at;
	return below + 1 < count ? lowest[below] + (at - below) * (lowest[below + 1] - lowest[below]) : lowest[below];
}

struct band band_of(const struct spread *spread)
{
	double lowest[RANKS_MAX], highest[RANKS_MAX]; /* highest: negative */
	unsigned ranks = spread->count < RANKS_MAX ? spread->count : RANKS_MAX;
	if (!spread->count)
		return band_absent;
	for (unsigned k = 0; k < ranks; k++)
		lowest[k] = highest[k] = INFINITY;
	for (unsigned i = 0; i < spread->count; i++) {
		keep_lowest(lowest, ranks, spread->value[i]);
		keep_lowest(highest, ranks, -spread->value[i]);
	}
	return (struct band){spread->value[0], quantile(lowest, spread->count, 0.05),
	                     0.0 - quantile(highest, spread->count, 0.05), spread->flags}; /* 0 stays +0 */
}

void publish_metric(struct prediction *out, enum metric metric, const struct spread *spread)
{
	out->metric[metric] = band_of(spread);
	out->samples_of[metric] = (unsigned char)spread->count;
	for (unsigned i = 0; i < spread->count; i++)
		out->sample[metric][i] = (float)spread->value[i];
}

static double posterior_variance(double prior_sd, double variance)
{
	return 1.0 / (1.0 / (prior_sd * prior_sd) + 1.0 / variance);
}

struct learnt_error learnt_error(const struct predict_evidence *e, double model_sd, enum danger danger)
{
	if (!e->treatments || !(model_sd > 0.0))
		return (struct learnt_error){1.0, model_sd};
	bool worse = (double)danger * e->ln_ratio > 0.0;
	double trust = posterior_variance(worse ? hypot(model_sd, e->population_sd) : model_sd, e->variance) / e->variance;
	return (struct learnt_error){exp(trust * e->ln_ratio), sqrt(posterior_variance(model_sd, e->variance))};
}

struct learnt_effect learnt_effect(const struct predict_evidence *evidence, struct learnt_error e,
                                   enum twin_property factor, enum metric metric, double without)
{
	static const double normal_95 = 1.6448536269514722;
	return (struct learnt_effect){factor, metric, evidence->treatments, e.shift, e.shift * exp(-normal_95 * e.spread),
	                              e.shift * exp(normal_95 * e.spread), without};
}

void predictor_free(struct predictor **predictor)
{
	if (!*predictor)
		return;
	bulk_free(&(*predictor)->bulk);
	columns_free(&(*predictor)->columns);
	needles_free(&(*predictor)->needles);
	foci_free(&(*predictor)->foci);
	free(*predictor);
	*predictor = NULL;
}

/* Pulses of one microbeam mode lengthen with energy (power x time). A column is prepared with the pulse of
 * the exposure given first: all of them are far shorter than the time heat needs to cross a column. */
bool predictor_serves(const struct predictor *p, const struct exposure *e)
{
	if (p->kind == EXPOSURE_RF)
		return e->kind == EXPOSURE_RF && needles_serve(p->needles, e);
	if (p->kind != e->kind || p->wavelength_nm != e->wavelength_nm || !foci_serve(p->foci, e))
		return false;
	if (e->kind != EXPOSURE_MICROBEAMS)
		return p->pulse_s == e->pulse_s;
	return p->microbeam_um == e->microbeam_um && e->microbeam_energy_mJ >= columns_energy_min_mJ(p->columns) &&
	       e->microbeam_energy_mJ <= columns_energy_max_mJ(p->columns);
}

struct share {
	const struct predict_options *options;
	double from, to;
};

static int share_progress(void *context, double done_frac)
{
	const struct share *s = context;
	if (!s->options->progress)
		return 0;
	return s->options->progress(s->options->context, s->from + (s->to - s->from) * done_frac);
}

static void draw_cohort(const struct twin *twin, const struct predict_options *options, enum exposure_kind kind,
                        struct cohort *cohort)
{
	unsigned usual = kind == EXPOSURE_MICROBEAMS ? PREDICT_SAMPLES_MICROBEAM
	                 : kind == EXPOSURE_RF       ? PREDICT_SAMPLES_RF
	                                             : PREDICT_SAMPLES_BROAD;
	cohort->count = options->samples ? options->samples : usual;
	for (unsigned s = 0; s < cohort->count; s++)
		twin_sample(twin, options->seed, s, cohort->value[s]);
}

static enum status prepare_columns(struct predictor *p, const struct exposure *e,
                                   const struct predict_options *options, struct share *share, struct fail *why)
{
	bool range = options->energy_max_mJ > options->energy_min_mJ;
	const struct columns_request request = {
		.cohort = &p->cohort,
		.wavelength_nm = p->wavelength_nm,
		.pulse_s = p->pulse_s,
		.diameter_um = p->microbeam_um,
		.gaussian = true, /* 1/e2 diameters are what the makers quote */
		.energy_min_mJ = range ? options->energy_min_mJ : 0.8 * e->microbeam_energy_mJ,
		.energy_max_mJ = range ? options->energy_max_mJ : 1.2 * e->microbeam_energy_mJ,
		.depth = options->depth,
		.seed = options->seed,
		.progress = share_progress,
		.context = share,
	};
	return columns_new(&request, &p->columns, why);
}

static enum status prepare_needles(struct predictor *p, const struct exposure *e,
                                   const struct predict_options *options, struct fail *why)
{
	const struct needles_request request = {
		.cohort = &p->cohort,
		.exposure = e,
		.seed = options->seed,
		.progress = options->progress,
		.context = options->context,
	};
	return needles_new(&request, &p->needles, why);
}

static const struct bulk *bulk_like(const struct predictor *like, const struct cohort *cohort)
{
	bool same = like && like->cohort.count == cohort->count &&
	            memcmp(like->cohort.value, cohort->value, cohort->count * sizeof *cohort->value) == 0;
	return same ? like->bulk : NULL;
}

static enum status prepare(struct predictor *p, const struct exposure *e, const struct target *target,
                           const struct predict_options *options, struct fail *why)
{
	if (e->kind == EXPOSURE_RF)
		return prepare_needles(p, e, options, why);
	struct share share = {options, 0.0, 0.8};
	enum status st = ST_OK;
	if (e->kind == EXPOSURE_MICROBEAMS) {
		st = prepare_columns(p, e, options, &share, why);
		share.from = share.to;
	}
	share.to = 1.0;
	if (!st)
		st = foci_new(&p->cohort, e, options->seed, &p->foci, why);
	const struct bulk_request bulk = {
		.cohort = &p->cohort,
		.wavelength_nm = p->wavelength_nm,
		.pulse_s = p->pulse_s,
		.target = *target,
		.threshold = options->threshold,
		.broad = p->columns != NULL,
		.dark = p->columns && columns_opaque(p->columns),
		.seed = options->seed,
		.like = bulk_like(options->like, &p->cohort),
		.progress = share_progress,
		.context = &share,
	};
	return st ? st : bulk_new(&bulk, &p->bulk, why);
}

/* ---- one exposure ---------------------------------------------------------------------------------------- */

static struct bulk_dose dose_of(const struct exposure *e)
{
	bool microbeams = e->kind == EXPOSURE_MICROBEAMS;
	struct bulk_dose dose = {
		.fluence_J_cm2 = e->fluence_J_cm2,
		.spot_um = microbeams || isnan(e->spot_um) ? INFINITY : e->spot_um,
		.passes = e->passes ? e->passes : 1,
		.stack = e->stack ? e->stack : 1,
		.turns_passes = microbeams,
		.rep_Hz = e->stack > 1 && e->rep_hz > 0.0 ? e->rep_hz : 1.0, /* a single pulse has no rate */
		.pass_interval_s = microbeams ? ROLLER_PASS_S : STAMP_PASS_S,
		.cold_air = e->cooling == COOLING_FORCED_AIR && microbeams,
		.spray_s = e->cooling == COOLING_CRYOGEN ? e->spray_s : 0.0,
		.delay_s = e->cooling == COOLING_CRYOGEN ? e->delay_s : 0.0,
		.concentration = 1.0,
	};
	if (e->kind == EXPOSURE_LENS_ARRAY && e->fluence_J_cm2 > 0.0)
		dose.concentration = e->microbeam_fluence_J_cm2 / e->fluence_J_cm2;
	return dose;
}

/* Between opaque columns nothing shines: the tissue is warmed by what the columns leave behind. */
static void column_heat(const struct predictor *p, const struct exposure *e, struct bulk_dose *dose,
                        double *depth_um, double *fluence_J_cm2)
{
	double heat_mJ[SAMPLES_MAX];
	dose->column_flags = columns_residual_heat(p->columns, p->cohort.count, heat_mJ, depth_um);
	for (unsigned s = 0; s < p->cohort.count; s++)
		fluence_J_cm2[s] = heat_mJ[s] * J_PER_MJ * e->microbeams_per_cm2_pass;
	dose->column_depth_um = depth_um;
	dose->column_fluence_J_cm2 = fluence_J_cm2;
}

/* Energies at which the heat between columns is solved for beforehand. */
#define EXPECTED_ENERGIES 9

/* The schedule of this exposure at all energies to come. */
static enum status expect_heat(struct predictor *p, const struct exposure *exposure, struct fail *why)
{
	double depth_um[SAMPLES_MAX], fluence_J_cm2[SAMPLES_MAX];
	struct prediction *unread = p->columns && columns_opaque(p->columns) ? calloc(1, sizeof *unread) : NULL;
	double low_mJ = p->columns ? columns_energy_min_mJ(p->columns) : 0.0;
	double high_mJ = p->columns ? columns_energy_max_mJ(p->columns) : 0.0;
	enum status st = ST_OK;
	for (int k = 0; !st && unread && k < EXPECTED_ENERGIES; k++) {
		struct bulk_dose dose = dose_of(exposure);
		double energy_mJ = low_mJ + (high_mJ - low_mJ) * k / (EXPECTED_ENERGIES - 1);
		st = columns_predict(p->columns, fmin(energy_mJ, high_mJ), unread, why);
		if (!st) {
			column_heat(p, exposure, &dose, depth_um, fluence_J_cm2);
			st = bulk_expect(p->bulk, &dose, why);
		}
	}
	free(unread);
	return st;
}

static enum status check_evidence(const char *field, const struct predict_evidence *e, struct fail *why)
{
	if (!e->treatments || (isfinite(e->ln_ratio) && e->variance > 0.0 && e->population_sd >= 0.0))
		return ST_OK;
	return fail_set(why, ST_INPUT, field, "evidence of %u treatments is no number with an error", e->treatments);
}

enum status predictor_new(const struct twin *twin, const struct exposure *exposure, const struct target *target,
                          const struct predict_options *options, struct predictor **out, struct fail *why)
{
	*out = NULL;
	if (options->samples > SAMPLES_MAX)
		return fail_set(why, ST_RANGE, "samples", "%u; at most %d", options->samples, SAMPLES_MAX);
	enum status st = check_evidence("depth", &options->depth, why);
	if (!st)
		st = check_evidence("threshold", &options->threshold, why);
	if (st)
		return st;
	struct predictor *p = calloc(1, sizeof *p);
	if (!p)
		return fail_set(why, ST_FULL, "predictor", "out of memory");
	p->kind = exposure->kind;
	p->wavelength_nm = exposure->wavelength_nm;
	p->pulse_s = exposure->pulse_s;
	p->microbeam_um = exposure->microbeam_um;
	p->cooling = exposure->cooling == COOLING_CRYOGEN && !(exposure->spray_s > 0.0) ? COOLING_NONE : exposure->cooling;
	draw_cohort(twin, options, p->kind, &p->cohort);
	st = prepare(p, exposure, target, options, why);
	if (!st)
		st = expect_heat(p, exposure, why);
	if (st)
		predictor_free(&p);
	*out = p;
	return st;
}

static void name_radiofrequency(struct prediction *out)
{
	out->source = "field";
	out->light = "needle cell in three dimensions, complex admittivity (Gabriel 1996), rim of the array by moments; "
	             "fat between two published kinds";
	out->heat = "the same grid, conductivity by temperature, boiling";
	out->damage = "Arrhenius: Henriques E/R 75 000 K (cells), collagen onset (Maitland & Walsh) and end (Pearce); "
	              "CEM43 (fat)";
	out->check_difference_pct = out->check_se_pct = (double)NAN;
	out->check = "none of radiofrequency in a plan";
}

static void second_check(const struct predictor *p, const struct exposure *e, struct prediction *out)
{
	bool opaque = p->columns && columns_opaque(p->columns);
	if (opaque)
		columns_second_check(p->columns, e->microbeam_energy_mJ, &out->check_difference_pct, &out->check_se_pct);
	else
		bulk_second_check(p->bulk, &out->check_difference_pct, &out->check_se_pct);
	bool done = !isnan(out->check_difference_pct);
	if (opaque)
		out->check = done ? "published heat of ablation, crater depth" : "none: no heat of ablation published, or no crater";
	else
		out->check = done ? "Monte Carlo, epidermis" : "none needed, the light does not scatter here";
}

/* With what cools the skin in it, or is left out of it. */
static const char *heat_name(enum cooling_kind cooling, bool columns)
{
	static const char *const of_columns[COOLING_KINDS] = {
		[COOLING_NONE] = "enthalpy r-z with boiling; bioheat 1-D between the beams",
		[COOLING_FORCED_AIR] = "enthalpy r-z with boiling; bioheat 1-D between the beams",
		[COOLING_CONTACT] = "enthalpy r-z with boiling; bioheat 1-D between the beams; contact cooling left out",
		[COOLING_CRYOGEN] = "enthalpy r-z with boiling; bioheat 1-D between the beams, cryogen",
	};
	static const char *const broad[COOLING_KINDS] = {
		[COOLING_NONE] = "linear bioheat 1-D",
		[COOLING_FORCED_AIR] = "linear bioheat 1-D",
		[COOLING_CONTACT] = "linear bioheat 1-D; contact cooling left out",
		[COOLING_CRYOGEN] = "linear bioheat 1-D, cryogen before the light",
	};
	return columns ? of_columns[cooling] : broad[cooling];
}

static void name_models(const struct predictor *p, const struct exposure *e, struct prediction *out)
{
	out->source = "light";
	if (p->needles) {
		name_radiofrequency(out);
		return;
	}
	bool columns = p->columns != NULL, opaque = columns && columns_opaque(p->columns);
	out->light = opaque    ? "Beer's law per column (opaque tissue)"
	             : columns ? "Monte Carlo microbeam; discrete ordinates between the beams"
	             : p->foci ? "discrete ordinates, on the axis of the spot; converging beam in the foci"
	             : e->kind == EXPOSURE_LENS_ARRAY
	                     ? "discrete ordinates, on the axis of the spot; breakdown in the foci left out: the profile "
	                       "does not say how they converge"
	                     : "discrete ordinates, on the axis of the spot";
	out->heat = heat_name(p->cooling, columns);
	out->damage = "Arrhenius: Henriques E/R 75 000 K, under milliseconds Simanovskii 2006 (epidermis), "
	              "Pearce collagen (dermis)";
	second_check(p, e, out);
}

/* What the settings say outright: protocols may ask for it as they ask for effects. */
static void settings_metrics(const struct exposure *e, struct prediction *out)
{
	const struct {
		enum metric metric;
		double value;
	} rows[] = {
		{METRIC_COVERAGE_SUM_PCT, 100.0 * e->coverage_sum_frac},
		{METRIC_ENERGY_MJ, e->kind == EXPOSURE_MICROBEAMS ? e->microbeam_energy_mJ : (double)NAN},
		{METRIC_FLUENCE_J_CM2, e->kind == EXPOSURE_MICROBEAMS ? (double)NAN : e->fluence_J_cm2},
		{METRIC_SPOT_MM, e->spot_um * MM_PER_UM},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!isnan(rows[i].value))
			out->metric[rows[i].metric] = (struct band){rows[i].value, rows[i].value, rows[i].value, VALID};
}

/* What is only looked at: the column in cross-section, the skin against time. */
static enum status pictures(const struct predictor *p, const struct exposure *e, const struct bulk_dose *dose,
                            struct prediction *out, struct fail *why)
{
	enum status st = ST_OK;
	if (p->columns) {
		st = columns_section(p->columns, e->microbeam_energy_mJ, &out->section, why);
		out->section.pitch_um = UM_PER_CM / sqrt(e->microbeams_per_cm2_pass); /* NAN stays */
	}
	if (!st && p->bulk) {
		st = bulk_course(p->bulk, dose, &out->course, why);
		out->course.where = p->columns ? "between the microbeams" : "under the beam";
	}
	return st;
}

enum status predictor_run(struct predictor *p, const struct exposure *e, enum predict_depth depth,
                          struct prediction *out, struct fail *why)
{
	double depth_um[SAMPLES_MAX], fluence_J_cm2[SAMPLES_MAX];
	enum status st = ST_OK;
	if (!predictor_serves(p, e))
		return fail_set(why, ST_MODEL, "prediction", "prepared for another beam; prepare it again");
	memset(out, 0, sizeof *out);
	for (int m = 0; m < METRICS; m++)
		out->metric[m] = band_absent;
	out->samples = p->cohort.count;
	struct bulk_dose dose = dose_of(e);
	if (p->needles)
		st = needles_predict(p->needles, e, depth, out, why);
	if (p->columns)
		st = columns_predict(p->columns, e->microbeam_energy_mJ, out, why);
	if (!st && depth == PREDICT_FULL && p->columns && columns_opaque(p->columns))
		column_heat(p, e, &dose, depth_um, fluence_J_cm2);
	if (!st && p->bulk)
		st = bulk_predict(p->bulk, &dose, depth, out, why);
	if (!st && depth == PREDICT_FULL)
		st = pictures(p, e, &dose, out, why);
	if (st)
		return st;
	foci_predict(p->foci, e, out);
	settings_metrics(e, out);
	name_models(p, e, out);
	for (int m = 0; m < METRICS; m++)
		if (!(out->metric[m].flags & VALIDITY_ABSENT))
			out->flags |= out->metric[m].flags;
	return ST_OK;
}
