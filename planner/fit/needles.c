/* Radiofrequency needles over the spread of the twin. */
#include "planner/fit/needles.h"

#include "physics/base/rng.h"
#include "physics/base/units.h"
#include "physics/dielectric.h"
#include "physics/rf_array.h"
#include "planner/fit/parallel.h"

#define HZ_PER_MHZ 1e6
#define REFINE 0.5 /* of the cell: zones within 2 %, peaks within 1 K of the converged ones */
#define STEPS 40
#define UPDATE_K 8.0
#define HEAT_TOLERANCE 1e-2 /* of a step's increment: peaks and zones keep their digits */
#define FIRST_ENERGY_MJ 2.0
#define ENERGY_RATIO 1.5
#define ENERGIES 16     /* up to 2 x 1.5^15 = 876 mJ */
#define STATIONS_MAX 48 /* combinations of depth and pulse kept */
#define DEPTHS 64
#define RADII 24
#define SETS 3
#define AFTER_S 1.0
#define STILL_AIR_W_m2K 10.0 /* skin in a room: convection and radiation */
#define PLATE_W_m2K 500.0    /* cooled contact of a hand piece (500-2000, recalled) */
#define PLATE_C 15.0
#define PITCH_SPREAD 0.25 /* assumed geometry, either way (design) */
#define BARE_SPREAD 0.20
#define CEM_VALID_C 55.0     /* above it minutes at 43 C say no more than "far too much" (physics/damage.h) */
#define CEM_SHOWN_LN 11.5129 /* 1e5 min: shown no higher, and flagged */
#define FAT_DOSE_MIN                                                                                         \
	12.0           /* 45 C for 3 min: large delayed loss of adipocytes in vitro (Franco 2010, recalled) */
#define FAT_MEDIAN 0.5 /* of the median twin, between the two published kinds of fat */
#define PINS_RIM_MAX RF_ARRAY_NEEDLES_MAX
/* Needles alike: in an endless array all current must go down, below a finite one it spreads. The cell is cut
 * one pitch below the tips, where the needles' own fields have merged. */
#define ALIKE_BELOW_PITCHES 1.0
#define ALIKE_BELOW_MIN_UM 1200.0

static const enum damage_set_id damage_sets[SETS] = {DAMAGE_HENRIQUES_ER75000, DAMAGE_COLLAGEN_ONSET,
                                                     DAMAGE_COLLAGEN_PEARCE};
enum { KILLED, ONSET, COMPLETE };

/* What one run leaves: one sample, one depth and pulse, one energy. */
struct shot {
	double epidermis_C, dermis_C, fat_C, surface_C, fat_cem_ln;
	double gap_epidermis_C, gap_dermis_C; /* half way between needles */
	double impedance_ohm, dermis_frac, fat_frac;
	double peak_C[DEPTHS], omega_ln[SETS][DEPTHS], cem_ln[DEPTHS];
	double across_C[RADII], across_ln[RADII]; /* along x: peak, ln Omega of first denaturation */
	unsigned flags;
};

struct sample {
	struct rf_layer layer[RF_LAYERS_MAX];
	size_t layers;
	double basal_um, dermis_um, surface_C; /* lower faces of epidermis and dermis */
	double pitch_factor, bare_factor;
};

#define EXTRA 2 /* the median twin with either kind of fat: the spread of the fat model */

struct station {
	double depth_um, pulse_s;
	double rim_frac, array_ohm; /* power of the hottest pin over the mean; impedance of the array */
	double drive_factor;        /* power of the cell over that of a pin, at the pin's current */
	unsigned rim_flags;
	double depth_at_um[DEPTHS], radius_at_um[RADII];
	struct shot *shot[ENERGIES]; /* SAMPLES_MAX + EXTRA each, NULL until first needed */
	bool done[ENERGIES][SAMPLES_MAX + EXTRA];
};

struct needles {
	unsigned count;
	struct exposure geometry;
	struct sample sample[SAMPLES_MAX + EXTRA];
	struct station *station[STATIONS_MAX];
	size_t stations;
	int (*progress)(void *context, double done_frac);
	void *context;
};

/* ---- samples
 * ---------------------------------------------------------------------------------------------------- */

static void note_depths(struct sample *s)
{
	double depth_um = 0.0;
	for (size_t i = 0; i < s->layers; i++) {
		enum rf_matter matter = s->layer[i].matter;
		depth_um += s->layer[i].thickness_um;
		if (matter == RF_STRATUM_CORNEUM || matter == RF_EPIDERMIS)
			s->basal_um = depth_um;
		if (matter == RF_DERMIS)
			s->dermis_um = depth_um;
	}
}

static enum status layers_of(const double *value, double frequency_Hz, double infiltration_frac,
                             struct sample *s, struct fail *why)
{
	struct tissue tissue;
	struct dielectric_options options = {.frequency_Hz = frequency_Hz,
	                                     .infiltration_frac = infiltration_frac};
	twin_tissue(value, TWIN_NORMAL_SKIN, &tissue);
	s->layers = RF_LAYERS_MAX;
	s->surface_C = tissue.surface_temperature_C;
	s->pitch_factor = s->bare_factor = 1.0;
	enum status status = dielectric_layers(&tissue, &options, s->layer, &s->layers, why);
	if (status == ST_OK)
		note_depths(s);
	return status;
}

/* Scatter of conductivities (one draw per kind of matter) and of what the profile assumes. */
static void scatter(struct rng *rng, bool assumed, struct sample *s)
{
	double draw[RF_MATTERS];
	for (int i = 0; i < RF_MATTERS; i++)
		draw[i] = rng_normal(rng);
	for (size_t i = 0; i < s->layers; i++)
		s->layer[i].conductivity_S_m *=
		        exp(draw[s->layer[i].matter] * s->layer[i].conductivity_sd_frac);
	double pitch = 2.0 * rng_uniform(rng) - 1.0, bare = 2.0 * rng_uniform(rng) - 1.0;
	s->pitch_factor = assumed ? 1.0 + PITCH_SPREAD * pitch : 1.0;
	s->bare_factor = assumed ? 1.0 + BARE_SPREAD * bare : 1.0;
}

static enum status draw_samples(struct needles *n, const struct needles_request *request, struct fail *why)
{
	double frequency_Hz = n->geometry.frequency_MHz * HZ_PER_MHZ;
	struct rng rng;
	enum status status = ST_OK;
	rng_seed(&rng, request->seed, 77);
	n->count = request->cohort->count;
	for (unsigned i = 0; status == ST_OK && i < n->count; i++) {
		double fat = i == 0 ? FAT_MEDIAN : rng_uniform(&rng);
		status = layers_of(request->cohort->value[i], frequency_Hz, fat, &n->sample[i], why);
		if (status == ST_OK && i > 0)
			scatter(&rng, n->geometry.geometry_assumed, &n->sample[i]);
	}
	for (unsigned i = 0; status == ST_OK && i < EXTRA; i++)
		status = layers_of(request->cohort->value[0], frequency_Hz, (double)i,
		                   &n->sample[n->count + i], why);
	return status;
}

/* ---- geometry
 * ---------------------------------------------------------------------------------------------------- */

static enum rf_pattern pattern_of(enum needle_layout layout)
{
	static const enum rf_pattern pattern[NEEDLE_LAYOUTS] = {
	        [NEEDLES_ROWS] = RF_PATTERN_ROWS,
	        [NEEDLES_CHECKERBOARD] = RF_PATTERN_CHECKERBOARD,
	        [NEEDLES_ALIKE] = RF_PATTERN_ALIKE,
	        [NEEDLES_PAIRS] = RF_PATTERN_PAIR,
	};
	return pattern[layout];
}

static struct rf_needles needles_of(const struct exposure *e, const struct sample *s, double depth_um)
{
	double bare_um = fmin(e->bare_um * s->bare_factor, depth_um);
	return (struct rf_needles){
	        .pattern = pattern_of(e->needle_layout),
	        .pitch_x_um = e->pitch_um * s->pitch_factor,
	        .pitch_y_um = e->pitch_um * s->pitch_factor,
	        .radius_um = 0.5 * e->needle_um,
	        .tip_um = depth_um,
	        .bare_from_um = fmax(depth_um - bare_um, 0.0),
	};
}

static enum status check_geometry(const struct exposure *e, struct fail *why)
{
	const struct {
		const char *what;
		bool known;
	} row[] = {
	        {"needle_layout", e->needle_layout != NEEDLES_NOT_GIVEN},
	        {"pitch_um", !isnan(e->pitch_um)},
	        {"needle_um", !isnan(e->needle_um)},
	        {"bare_um", !isnan(e->bare_um)},
	        {"depth_mm", !isnan(e->depth_um)},
	        {"energy_mJ_pin", !isnan(e->energy_mJ)},
	        {"pulse_s", !isnan(e->pulse_s)},
	};
	if (!isnan(e->tip_cm2))
		return fail_set(why, ST_NOT_FOUND, "prediction",
		                "the level of a plate is no energy, so its heat cannot be told from it: the rules alone judge it "
		                "(lasertwin rf computes a tip for an energy)");
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		if (!row[i].known)
			return fail_set(why, ST_NOT_FOUND, "prediction",
			                "the profile of this mode does not say %s: enter the value of the "
			                "console manual; until "
			                "then the rules alone judge it",
			                row[i].what);
	return ST_OK;
}

/* ---- one run
 * -------------------------------------------------------------------------------------------------------- */

#define LN_NONE -60.0 /* of no damage */

static double ln_of(double value)
{
	return value > 0.0 ? fmax(log(value), LN_NONE) : LN_NONE;
}

static double node_energy_mJ(size_t node)
{
	return FIRST_ENERGY_MJ * pow(ENERGY_RATIO, (double)node);
}

static struct rf_cell_heating heating_of(const struct needles *n, const struct station *st,
                                         const struct sample *s, double energy_mJ)
{
	bool plate = n->geometry.cooling == COOLING_CONTACT;
	struct rf_cell_heating h = {
	        .pulsing = {.drive = {RF_DRIVE_POWER, st->drive_factor * energy_mJ * J_PER_MJ / st->pulse_s},
	                    .on_s = st->pulse_s,
	                    .after_s = AFTER_S},
	        .cooling = {.surface_C = s->surface_C,
	                    .core_C = 37.0,
	                    .ambient_W_m2K = STILL_AIR_W_m2K,
	                    .contact_W_m2K = plate ? PLATE_W_m2K : 0.0,
	                    .contact_C = PLATE_C,
	                    .contact_end_s = plate ? st->pulse_s + AFTER_S : 0.0},
	        .sets = SETS,
	        .tolerance = HEAT_TOLERANCE,
	        .update_K = UPDATE_K,
	        .steps = STEPS,
	};
	memcpy(h.set, damage_sets, sizeof damage_sets);
	return h;
}

/* Hottest of the layers of a kind; NAN where the twin has none within the cell. */
static double hottest(const struct sample *s, const double *layer_value, enum rf_matter a, enum rf_matter b)
{
	double highest = -INFINITY;
	for (size_t i = 0; i < s->layers; i++)
		if (s->layer[i].matter == a || s->layer[i].matter == b)
			highest = fmax(highest, layer_value[i]);
	return highest;
}

static double energy_share(const struct sample *s, const struct rf_cell_outcome *o, enum rf_matter matter)
{
	double sum = 0.0;
	for (size_t i = 0; i < s->layers; i++)
		if (s->layer[i].matter == matter)
			sum += o->layer_energy_J[i];
	return o->energy_J > 0.0 ? sum / o->energy_J : 0.0;
}

/* Half way to the neighbours, where the field of each is weakest. */
static enum status note_gap(const struct rf_cell *cell, const struct rf_needles *needles,
                            const struct sample *s, struct shot *shot, struct fail *why)
{
	double depth_um[DEPTHS], peak_C[DEPTHS], omega[DEPTHS];
	double half_um = 0.5 * needles->pitch_x_um;
	for (size_t i = 0; i < DEPTHS; i++)
		depth_um[i] = s->dermis_um * (double)i / (DEPTHS - 1);
	enum status status =
	        rf_cell_line(cell, half_um, half_um, DEPTHS, depth_um, peak_C, KILLED, omega, why);
	shot->gap_epidermis_C = shot->gap_dermis_C = -INFINITY;
	for (size_t i = 0; status == ST_OK && i < DEPTHS; i++) {
		double *at = depth_um[i] <= s->basal_um ? &shot->gap_epidermis_C : &shot->gap_dermis_C;
		*at = fmax(*at, peak_C[i]);
	}
	return status;
}

static enum status note_profiles(const struct rf_cell *cell, const struct station *st,
                                 const struct rf_needles *needles, struct shot *shot, struct fail *why)
{
	double omega[SETS * DEPTHS], cem[DEPTHS], across[SETS * RADII];
	double middle_um = 0.5 * (needles->bare_from_um + needles->tip_um);
	enum status status = rf_cell_hottest(cell, DEPTHS, st->depth_at_um, shot->peak_C, omega, cem, why);
	if (status == ST_OK)
		status =
		        rf_cell_across(cell, middle_um, RADII, st->radius_at_um, shot->across_C, across, why);
	for (size_t i = 0; status == ST_OK && i < DEPTHS; i++) {
		for (size_t k = 0; k < SETS; k++)
			shot->omega_ln[k][i] = ln_of(omega[k * DEPTHS + i]);
		shot->cem_ln[i] = ln_of(cem[i]);
	}
	for (size_t i = 0; status == ST_OK && i < RADII; i++)
		shot->across_ln[i] = ln_of(across[ONSET * RADII + i]);
	return status;
}

static enum status note_outcome(const struct rf_cell *cell, const struct station *st, const struct sample *s,
                                const struct rf_needles *needles, const struct rf_cell_outcome *o,
                                struct shot *shot, struct fail *why)
{
	shot->epidermis_C = hottest(s, o->layer_peak_C, RF_STRATUM_CORNEUM, RF_EPIDERMIS);
	shot->dermis_C = hottest(s, o->layer_peak_C, RF_DERMIS, RF_DERMIS);
	shot->fat_C = hottest(s, o->layer_peak_C, RF_FAT, RF_FAT);
	shot->fat_cem_ln = ln_of(hottest(s, o->layer_cem43_min, RF_FAT, RF_FAT));
	shot->surface_C = o->surface_peak_C;
	shot->impedance_ohm = o->impedance_start_ohm;
	shot->dermis_frac = energy_share(s, o, RF_DERMIS);
	shot->fat_frac = energy_share(s, o, RF_FAT);
	shot->flags = o->flags;
	enum status status = note_gap(cell, needles, s, shot, why);
	return status == ST_OK ? note_profiles(cell, st, needles, shot, why) : status;
}

static struct rf_cell_options options_of(const struct rf_needles *needles)
{
	struct rf_cell_options options = {.refine = REFINE};
	if (needles->pattern == RF_PATTERN_ALIKE)
		options.below_um = fmax(ALIKE_BELOW_PITCHES * needles->pitch_x_um, ALIKE_BELOW_MIN_UM);
	return options;
}

static enum status run(const struct needles *n, const struct station *st, const struct sample *s,
                       double energy_mJ, struct shot *shot, struct fail *why)
{
	const struct rf_stack stack = {.frequency_Hz = n->geometry.frequency_MHz * HZ_PER_MHZ,
	                               .layers = s->layers,
	                               .layer = s->layer,
	                               .back = RF_RETURN_FAR};
	struct rf_needles needles = needles_of(&n->geometry, s, st->depth_um);
	const struct rf_cell_options options = options_of(&needles);
	struct rf_cell_heating heating = heating_of(n, st, s, energy_mJ);
	struct rf_cell_outcome *outcome = malloc(sizeof *outcome);
	struct rf_cell *cell = NULL;
	struct rf_result field;
	if (!outcome)
		return fail_set(why, ST_FULL, "prediction", "out of memory");
	enum status status = rf_cell_new(&stack, &needles, &options, &cell, why);
	if (status == ST_OK)
		status = rf_cell_solve(cell, &field, why);
	if (status == ST_OK)
		status = rf_cell_heat(cell, &heating, outcome, why);
	if (status == ST_OK)
		status = note_outcome(cell, st, s, &needles, outcome, shot, why);
	rf_cell_free(&cell);
	free(outcome);
	return status;
}

/* ---- stations: a depth and a pulse
 * ----------------------------------------------------------------------------------- */

/* Power the cell takes at the current of a pin whose share of the array's impedance is known: what matters
 * near a needle is its current, not how far away the rest of the voltage falls. */
static enum status alike_factor(const struct rf_stack *stack, const struct rf_needles *needles,
                                double pin_ohm, double *factor, struct fail *why)
{
	const struct rf_cell_options options = options_of(needles);
	struct rf_cell *cell = NULL;
	struct rf_result result;
	enum status status = rf_cell_new(stack, needles, &options, &cell, why);
	if (status == ST_OK)
		status = rf_cell_solve(cell, &result, why);
	if (status == ST_OK)
		*factor = creal(result.impedance_ohm) / pin_ohm;
	rf_cell_free(&cell);
	return status;
}

static enum status solve_rim(const struct needles *n, struct station *st, struct fail *why)
{
	const struct sample *median = &n->sample[0];
	const struct rf_stack stack = {.frequency_Hz = n->geometry.frequency_MHz * HZ_PER_MHZ,
	                               .layers = median->layers,
	                               .layer = median->layer,
	                               .back = RF_RETURN_FAR};
	struct rf_array array = {.needles = needles_of(&n->geometry, median, st->depth_um)};
	struct rf_array_result *result = malloc(sizeof *result);
	if (!result)
		return fail_set(why, ST_FULL, "prediction", "out of memory");
	unsigned pins = isnan(n->geometry.pins) ? 1 : (unsigned)n->geometry.pins;
	st->rim_frac = st->drive_factor = 1.0;
	st->array_ohm = (double)NAN;
	enum status status = ST_OK;
	if (array.needles.pattern != RF_PATTERN_PAIR && pins > 1 && pins <= PINS_RIM_MAX) {
		rf_array_shape(pins, &array.columns, &array.rows);
		status = rf_array_solve(&stack, &array, result, why);
		st->rim_frac = status == ST_OK ? result->highest_frac : 1.0;
		st->array_ohm = status == ST_OK ? cabs(result->impedance_ohm) : (double)NAN;
		st->rim_flags = status == ST_OK ? result->flags : VALID;
	}
	if (status == ST_OK && array.needles.pattern == RF_PATTERN_ALIKE && !isnan(st->array_ohm))
		status = alike_factor(&stack, &array.needles, creal(result->impedance_ohm) * pins,
		                      &st->drive_factor, why);
	free(result);
	return status;
}

static enum status new_station(struct needles *n, double depth_um, double pulse_s, struct station **out,
                               struct fail *why)
{
	if (n->stations == STATIONS_MAX) { /* the oldest goes */
		for (size_t e = 0; e < ENERGIES; e++)
			free(n->station[0]->shot[e]);
		free(n->station[0]);
		memmove(n->station, n->station + 1, --n->stations * sizeof n->station[0]);
	}
	struct station *st = calloc(1, sizeof *st);
	if (!st)
		return fail_set(why, ST_FULL, "prediction", "out of memory");
	st->depth_um = depth_um;
	st->pulse_s = pulse_s;
	for (size_t i = 0; i < DEPTHS; i++)
		st->depth_at_um[i] = (depth_um + fmax(1500.0, 0.5 * depth_um)) * (double)i / (DEPTHS - 1);
	double radius_um = 0.5 * n->geometry.needle_um,
	       half_um = 0.5 * n->geometry.pitch_um * (1.0 - PITCH_SPREAD);
	for (size_t i = 0; i < RADII; i++)
		st->radius_at_um[i] = radius_um + (half_um - radius_um) * (double)(i + 1) / RADII;
	enum status status = solve_rim(n, st, why);
	if (status != ST_OK) {
		free(st);
		return status;
	}
	*out = n->station[n->stations++] = st;
	return ST_OK;
}

static enum status station_of(struct needles *n, const struct exposure *e, struct station **out,
                              struct fail *why)
{
	for (size_t i = 0; i < n->stations; i++)
		if (n->station[i]->depth_um == e->depth_um && n->station[i]->pulse_s == e->pulse_s) {
			*out = n->station[i];
			return ST_OK;
		}
	return new_station(n, e->depth_um, e->pulse_s, out, why);
}

struct batch {
	struct needles *needles;
	struct station *station;
	size_t first_node;
	struct {
		size_t node;
		unsigned sample;
	} item[3 * (SAMPLES_MAX + EXTRA)];
	size_t items;
	struct fail *why; /* one per item */
};

static void run_item(void *state, size_t index)
{
	struct batch *b = state;
	size_t node = b->item[index].node;
	unsigned sample = b->item[index].sample;
	(void)run(b->needles, b->station, &b->needles->sample[sample], node_energy_mJ(node),
	          &b->station->shot[node][sample], &b->why[index]);
}

static enum status run_batch(struct batch *b, struct fail *why)
{
	struct needles *n = b->needles;
	b->why = calloc(b->items + 1, sizeof *b->why);
	if (!b->why)
		return fail_set(why, ST_FULL, "prediction", "out of memory");
	enum status status = ST_OK;
	if (!parallel_run(b->items, run_item, b, n->progress, n->context))
		status = fail_set(why, ST_CANCELLED, "prediction", "cancelled");
	for (size_t i = 0; status == ST_OK && i < b->items; i++) {
		if (b->why[i].code != ST_OK)
			status = fail_set(why, b->why[i].code, b->why[i].field, "%s", b->why[i].text);
		else
			b->station->done[b->item[i].node][b->item[i].sample] = true;
	}
	free(b->why);
	return status;
}

/* The runs of three nodes that are not there yet: of the median twin alone, or of all. */
static enum status ensure(struct needles *n, struct station *st, size_t first_node, bool all,
                          struct fail *why)
{
	struct batch *b = calloc(1, sizeof *b);
	unsigned samples = all ? n->count + EXTRA : 1;
	if (!b)
		return fail_set(why, ST_FULL, "prediction", "out of memory");
	*b = (struct batch){.needles = n, .station = st};
	enum status status = ST_OK;
	for (size_t node = first_node; status == ST_OK && node < first_node + 3; node++) {
		if (!st->shot[node])
			st->shot[node] = calloc(n->count + EXTRA, sizeof *st->shot[node]);
		if (!st->shot[node])
			status = fail_set(why, ST_FULL, "prediction", "out of memory");
		for (unsigned s = 0; status == ST_OK && s < samples; s++)
			if (!st->done[node][s]) {
				b->item[b->items].node = node;
				b->item[b->items++].sample = s;
			}
	}
	if (status == ST_OK && b->items > 0)
		status = run_batch(b, why);
	free(b);
	return status;
}

/* ---- between energies
 * ---------------------------------------------------------------------------------------------------- */

/* Three nodes around an energy, and the weights of the parabola through them. */
struct between {
	size_t first;
	double weight[3];
};

static enum status place(double energy_mJ, struct between *out, struct fail *why)
{
	double at = log(energy_mJ / FIRST_ENERGY_MJ) / log(ENERGY_RATIO);
	if (!(energy_mJ > 0.0) || at > ENERGIES - 1 || at < -3.0)
		return fail_set(why, ST_MODEL, "prediction",
		                "%g mJ in one needle; %.1f to %.0f mJ are computed", energy_mJ,
		                FIRST_ENERGY_MJ / 3.0, node_energy_mJ(ENERGIES - 1));
	double first = fmin(fmax(round(at) - 1.0, 0.0), ENERGIES - 3);
	out->first = (size_t)first;
	for (size_t i = 0; i < 3; i++) {
		out->weight[i] = 1.0;
		for (size_t j = 0; j < 3; j++) {
			double ej = node_energy_mJ(out->first + j);
			if (j != i)
				out->weight[i] *= (energy_mJ - ej) / (node_energy_mJ(out->first + i) - ej);
		}
	}
	return ST_OK;
}

/* ln of a damage at a place whose peak is T, from the nodes' peaks and lns: linear in the peak between the
 * two nearest nodes that have damage at all; from one alone by the slope a pulse of this kind has. */
static double ln_at(const double node_C[3], const double node_ln[3], double peak_C, double slope_1_K)
{
	int low = -1, high = -1;
	for (int i = 0; i < 3; i++) {
		if (node_ln[i] <= LN_NONE)
			continue;
		if (low < 0 || node_C[i] <= peak_C)
			low = i;
		if (high < 0 || high == low || node_C[high] < peak_C)
			high = i;
	}
	if (low < 0)
		return LN_NONE;
	double span_K = node_C[high] - node_C[low];
	if (high != low && fabs(span_K) > 0.5)
		slope_1_K = (node_ln[high] - node_ln[low]) / span_K;
	return fmax(node_ln[low] + slope_1_K * (peak_C - node_C[low]), LN_NONE);
}

/* d ln Omega / dT of a set at a temperature near its threshold: Ea / R T^2. */
static double slope_of(const struct damage_set *set)
{
	double threshold_K = kelvin_from_C(damage_threshold_C(set, 0.1));
	return set->branch[0].activation_energy_J_mol / (GAS_CONSTANT_J_MOL_K * threshold_K * threshold_K);
}

#define LN_2 0.69314718055994531 /* CEM43 doubles with every kelvin */

static void interpolate_damage(const struct shot *const node[3], struct shot *out)
{
	double node_C[3], node_ln[3];
	for (size_t d = 0; d < DEPTHS; d++) {
		for (size_t i = 0; i < 3; i++)
			node_C[i] = node[i]->peak_C[d];
		for (size_t k = 0; k < SETS; k++) {
			for (size_t i = 0; i < 3; i++)
				node_ln[i] = node[i]->omega_ln[k][d];
			out->omega_ln[k][d] =
			        ln_at(node_C, node_ln, out->peak_C[d], slope_of(damage_set(damage_sets[k])));
		}
		for (size_t i = 0; i < 3; i++)
			node_ln[i] = node[i]->cem_ln[d];
		out->cem_ln[d] = ln_at(node_C, node_ln, out->peak_C[d], LN_2);
	}
	for (size_t r = 0; r < RADII; r++) {
		for (size_t i = 0; i < 3; i++) {
			node_C[i] = node[i]->across_C[r];
			node_ln[i] = node[i]->across_ln[r];
		}
		out->across_ln[r] =
		        ln_at(node_C, node_ln, out->across_C[r], slope_of(damage_set(damage_sets[ONSET])));
	}
	for (size_t i = 0; i < 3; i++) {
		node_C[i] = node[i]->fat_C;
		node_ln[i] = node[i]->fat_cem_ln;
	}
	out->fat_cem_ln = ln_at(node_C, node_ln, out->fat_C, LN_2);
}

/* Temperatures, impedance and shares by the parabola; every number of a shot is a double up to its flags.
 * Damage by the temperatures. */
static void interpolate(const struct station *st, const struct between *b, unsigned sample, struct shot *out)
{
	const struct shot *node[3];
	double *to = (double *)out;
	size_t numbers = offsetof(struct shot, flags) / sizeof(double);
	out->flags = VALID;
	for (size_t i = 0; i < 3; i++) {
		node[i] = &st->shot[b->first + i][sample];
		if (b->weight[i] > 0.3)
			out->flags |= node[i]->flags;
	}
	const double *from[3] = {(const double *)node[0], (const double *)node[1], (const double *)node[2]};
	for (size_t k = 0; k < numbers; k++)
		to[k] = b->weight[0] * from[0][k] + b->weight[1] * from[1][k] + b->weight[2] * from[2][k];
	interpolate_damage(node, out);
}

/* ---- metrics
 * ---------------------------------------------------------------------------------------------------------------
 */

/* Deepest place where a falling profile passes a level; NAN when it is reached nowhere. */
static double lowest_crossing(const double *at_um, const double *value, size_t count, double level)
{
	for (size_t i = count; i-- > 0;) {
		if (value[i] < level)
			continue;
		if (i + 1 == count)
			return at_um[i];
		return at_um[i] + (value[i] - level) / (value[i] - value[i + 1]) * (at_um[i + 1] - at_um[i]);
	}
	return (double)NAN;
}

static double highest_crossing(const double *at_um, const double *value, size_t count, double level)
{
	for (size_t i = 0; i < count; i++) {
		if (value[i] < level)
			continue;
		if (i == 0)
			return at_um[0];
		return at_um[i] - (value[i] - level) / (value[i] - value[i - 1]) * (at_um[i] - at_um[i - 1]);
	}
	return (double)NAN;
}

/* How far below the tip cells die (Omega of the burn set) or fat takes its dose. */
static double penumbra_um(const struct station *st, const struct shot *hot)
{
	double killed_um = lowest_crossing(st->depth_at_um, hot->omega_ln[KILLED], DEPTHS, 0.0);
	double dosed_um = lowest_crossing(st->depth_at_um, hot->cem_ln, DEPTHS, log(FAT_DOSE_MIN));
	double deepest_um = fmax(killed_um, dosed_um); /* fmax passes over NAN */
	return isnan(deepest_um) ? 0.0 : fmax(deepest_um - st->depth_um, 0.0);
}

/* ln Omega of the basal layer where it is hottest: beside a needle that is bare so far up, else by
 * conduction. */
static double basal_ln(const struct station *st, const struct sample *sample, const struct shot *hot)
{
	size_t i = 0;
	while (i + 2 < DEPTHS && st->depth_at_um[i + 1] < sample->basal_um)
		i++;
	double part = (sample->basal_um - st->depth_at_um[i]) / (st->depth_at_um[i + 1] - st->depth_at_um[i]);
	return hot->omega_ln[KILLED][i] * (1.0 - part) + hot->omega_ln[KILLED][i + 1] * part;
}

struct spreads {
	struct spread metric[METRICS];
	struct spread peak[DEPTHS], damage[DEPTHS];
};

static void note(struct spreads *out, enum metric metric, double value, unsigned flags)
{
	struct spread *spread = &out->metric[metric];
	if (isnan(value) || isinf(value))
		return;
	spread->value[spread->count++] = value;
	spread->flags |= flags;
}

/* Nothing coagulated is a depth and a width of 0. */
static double or_zero(double value)
{
	return isnan(value) ? 0.0 : value;
}

static void note_zone(const struct station *st, const struct sample *sample, const struct shot *at,
                      struct spreads *out)
{
	double bottom_um = lowest_crossing(st->depth_at_um, at->omega_ln[ONSET], DEPTHS, 0.0);
	double top_um = highest_crossing(st->depth_at_um, at->omega_ln[ONSET], DEPTHS, 0.0);
	double complete_um = lowest_crossing(st->depth_at_um, at->omega_ln[COMPLETE], DEPTHS, 0.0) -
	                     highest_crossing(st->depth_at_um, at->omega_ln[COMPLETE], DEPTHS, 0.0);
	double radius_um = lowest_crossing(st->radius_at_um, at->across_ln, RADII, 0.0);
	note(out, METRIC_COAGULATION_DEPTH_UM, or_zero(bottom_um), at->flags);
	note(out, METRIC_COAGULATION_WIDTH_UM, 2.0 * or_zero(radius_um), at->flags);
	note(out, METRIC_RF_ZONE_UM, or_zero(bottom_um - top_um), at->flags);
	note(out, METRIC_RF_COMPLETE_UM, or_zero(complete_um), at->flags);
	note(out, METRIC_DERMIS_MARGIN_UM, sample->dermis_um - fmax(or_zero(bottom_um), st->depth_um),
	     at->flags);
}

static void note_shot(const struct needles *n, const struct station *st, const struct shot *at,
                      const struct shot *hot, unsigned s, struct spreads *out)
{
	const struct sample *sample = &n->sample[s];
	note_zone(st, sample, at, out);
	note(out, METRIC_SURFACE_PEAK_C, at->surface_C, at->flags);
	note(out, METRIC_BASAL_PEAK_C, at->gap_epidermis_C, at->flags);
	note(out, METRIC_DERMIS_PEAK_C, at->gap_dermis_C, at->flags);
	note(out, METRIC_OMEGA_BASAL, exp(fmin(basal_ln(st, sample, hot), 50.0)), hot->flags);
	note(out, METRIC_RF_EPIDERMIS_C, hot->epidermis_C, hot->flags);
	note(out, METRIC_RF_DERMIS_C, at->dermis_C, at->flags);
	note(out, METRIC_RF_FAT_C, hot->fat_C, hot->flags | VALIDITY_ASSUMED);
	note(out, METRIC_RF_FAT_CEM43_MIN, exp(fmin(hot->fat_cem_ln, CEM_SHOWN_LN)),
	     hot->flags | VALIDITY_ASSUMED | (hot->fat_C > CEM_VALID_C ? VALIDITY_MODEL_LIMIT : VALID));
	note(out, METRIC_RF_PENUMBRA_UM, penumbra_um(st, hot), hot->flags);
	note(out, METRIC_RF_REACH_UM, st->depth_um + penumbra_um(st, hot) - sample->dermis_um, hot->flags);
	note(out, METRIC_RF_DERMIS_PCT, 100.0 * at->dermis_frac, at->flags);
	note(out, METRIC_RF_FAT_PCT, 100.0 * at->fat_frac, at->flags | VALIDITY_ASSUMED);
	note(out, METRIC_RF_RIM_PCT, 100.0 * st->rim_frac, st->rim_flags);
	for (size_t i = 0; i < DEPTHS; i++) {
		out->peak[i].value[s] = at->peak_C[i];
		out->damage[i].value[s] = damage_fraction(exp(fmin(at->omega_ln[KILLED][i], 5.0)));
		out->peak[i].count = out->damage[i].count = s + 1;
		out->peak[i].flags |= at->flags;
	}
}

static void publish(const struct station *st, const struct spreads *spreads, unsigned flags,
                    struct prediction *out)
{
	for (int m = 0; m < METRICS; m++)
		if (spreads->metric[m].count) {
			publish_metric(out, (enum metric)m, &spreads->metric[m]);
			out->metric[m].flags |= flags;
		}
	out->profile.count = DEPTHS;
	out->profile.where = "hottest at each depth, beside a needle";
	for (size_t i = 0; i < DEPTHS; i++) {
		out->profile.depth_um[i] = st->depth_at_um[i];
		out->profile.peak_C[i] = band_of(&spreads->peak[i]);
		out->profile.damage_frac[i] = band_of(&spreads->damage[i]);
	}
}

/* No spread: a choice of model. */
static struct band point(double value, unsigned flags)
{
	return (struct band){value, value, value, flags};
}

/* The median twin with either published kind of fat: how much of the answer is the choice of a table. */
static void fat_models(const struct needles *n, const struct station *st, const struct between *hot,
                       struct prediction *out)
{
	struct shot shot;
	static const enum metric metric[EXTRA] = {METRIC_RF_FAT_LEAN_C, METRIC_RF_FAT_INFILTRATED_C};
	for (unsigned i = 0; i < EXTRA; i++) {
		interpolate(st, hot, n->count + i, &shot);
		if (!isinf(shot.fat_C))
			out->metric[metric[i]] = point(shot.fat_C, shot.flags | VALIDITY_ASSUMED);
	}
}

/* Impedance of the array: of the median by moments, spread as the cells' are; of a pair or a single needle
 * its own. */
static void impedance(const struct station *st, const struct between *b, unsigned samples,
                      struct spreads *out)
{
	struct shot median, shot;
	interpolate(st, b, 0, &median);
	for (unsigned s = 0; s < samples; s++) {
		interpolate(st, b, s, &shot);
		double scale = isnan(st->array_ohm) ? 1.0 : st->array_ohm / median.impedance_ohm;
		note(out, METRIC_RF_IMPEDANCE_OHM, shot.impedance_ohm * scale, shot.flags | st->rim_flags);
	}
}

enum status needles_predict(struct needles *n, const struct exposure *e, enum predict_depth depth,
                            struct prediction *out, struct fail *why)
{
	struct station *st = NULL;
	struct between own, rim;
	struct shot *shots = calloc(2, sizeof *shots);
	struct spreads *spreads = calloc(1, sizeof *spreads);
	bool all = depth == PREDICT_FULL;
	n->geometry.bare_um = e->bare_um; /* of bare needles it follows the depth */
	unsigned samples = all ? n->count : 1;
	enum status status = shots && spreads ? check_geometry(e, why)
	                                      : fail_set(why, ST_FULL, "prediction", "out of memory");
	if (status == ST_OK)
		status = station_of(n, e, &st, why);
	if (status == ST_OK)
		status = place(e->energy_mJ, &own, why);
	if (status == ST_OK)
		status = place(e->energy_mJ * st->rim_frac, &rim, why);
	if (status == ST_OK)
		status = ensure(n, st, own.first, all, why);
	if (status == ST_OK)
		status = ensure(n, st, rim.first, all, why);
	for (unsigned s = 0; status == ST_OK && s < samples; s++) {
		interpolate(st, &own, s, &shots[0]);
		interpolate(st, &rim, s, &shots[1]);
		note_shot(n, st, &shots[0], &shots[1], s, spreads);
	}
	if (status == ST_OK) {
		impedance(st, &own, samples, spreads);
		publish(st, spreads, n->geometry.geometry_assumed ? VALIDITY_ASSUMED : VALID, out);
		if (all)
			fat_models(n, st, &rim, out);
		out->samples = samples;
	}
	free(shots);
	free(spreads);
	return status;
}

/* ---- making
 * --------------------------------------------------------------------------------------------------------------------
 */

static bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

bool needles_serve(const struct needles *n, const struct exposure *e)
{
	const struct exposure *g = &n->geometry;
	return g->needle_layout == e->needle_layout && same(g->frequency_MHz, e->frequency_MHz) &&
	       same(g->pitch_um, e->pitch_um) && same(g->needle_um, e->needle_um) && same(g->pins, e->pins);
}

enum status needles_new(const struct needles_request *request, struct needles **out, struct fail *why)
{
	*out = NULL;
	enum status status = check_geometry(request->exposure, why);
	if (status != ST_OK)
		return status;
	struct needles *n = calloc(1, sizeof *n);
	if (!n)
		return fail_set(why, ST_FULL, "prediction", "out of memory");
	n->geometry = *request->exposure;
	n->progress = request->progress;
	n->context = request->context;
	status = draw_samples(n, request, why);
	if (status != ST_OK)
		needles_free(&n);
	*out = n;
	return status;
}

void needles_free(struct needles **needles)
{
	struct needles *n = *needles;
	if (!n)
		return;
	for (size_t i = 0; i < n->stations; i++) {
		for (size_t e = 0; e < ENERGIES; e++)
			free(n->station[i]->shot[e]);
		free(n->station[i]);
	}
	free(n);
	*needles = NULL;
}
