/* Reading a simulation file. */
#include "planner/simulate/simulation.h"

#include "devices/json.h"
#include "physics/base/units.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SURFACE_DEFAULT_C 33.0
#define CORE_DEFAULT_C 37.0
#define G_DEFAULT 0.9 /* where only the reduced scattering is given */
#define GAUSS_1E2_PER_1E                                                                                     \
	1.41421356237309505 /* exp(-2 r2/w2): the 1/e2 radius is sqrt 2 times the 1/e radius */
#define TIME_LEAST_S 1e-13
#define TIME_MAX_S 1e4
#define DEPTH_MAX_UM 1e5
#define RAD_PER_DEG (PI / 180.0)

static const char *const profile_names[SIMULATION_PROFILES] = {"broad", "flat_top", "gaussian"};
static const char *const shape_names[SIMULATION_SHAPES] = {"square", "gaussian", "triangular", "exponential",
                                                          "sampled"};
static const char *const criterion_names[CRITERION_KINDS] = {"omega",   "temperature", "cem43",
                                                            "rupture", "ablation",    "breakdown"};

const char *simulation_profile_name(enum simulation_profile profile)
{
	return profile_names[profile];
}

const char *simulation_shape_name(enum simulation_shape shape)
{
	return shape_names[shape];
}

const char *simulation_criterion_name(enum criterion_kind kind)
{
	return criterion_names[kind];
}

/* ---- layers ---- */

static const char *const kind_names[TISSUE_KINDS] = {"stratum_corneum", "epidermis", "basal",    "papillary",
                                                     "plexus",          "reticular", "subcutis", "water"};

/* What a kind is made of when the file does not say: lightly pigmented forearm (design values inside the
 * brackets of profiles/SOURCES.md); thickness always comes from the file. */
static const struct tissue_layer kind_default[TISSUE_KINDS] = {
        {TISSUE_STRATUM_CORNEUM, 0, 0.005, 0, 0, 0.30, 0.05},
        {TISSUE_EPIDERMIS, 0, 0.02, 0, 0, 0.70, 0},
        {TISSUE_BASAL, 0, 0.08, 0, 0, 0.65, 0},
        {TISSUE_PAPILLARY, 0, 0, 0.004, 0.7, 0.68, 0},
        {TISSUE_PLEXUS, 0, 0, 0.015, 0.7, 0.66, 0},
        {TISSUE_RETICULAR, 0, 0, 0.003, 0.7, 0.65, 0},
        {TISSUE_SUBCUTIS, 0, 0, 0.002, 0.7, 0.12, 0.80},
        {TISSUE_WATER, 0, 0, 0, 0, 1.0, 0},
};

static enum status read_optics(const struct json_at *at, struct light_layer *optics, struct fail *why)
{
	static const char *const keys[] = {"n", "mua_1_cm", "mus_1_cm", "g", "reduced_scattering_1_cm", NULL};
	struct json_at reduced;
	bool is_reduced = json_find(at, "reduced_scattering_1_cm", &reduced);
	double scattering_1_cm = 0.0;
	*optics = (struct light_layer){.g = G_DEFAULT};
	const struct json_number_spec number[] = {
	        {"n", 1.0, 4.0, "", &optics->n, false},
	        {"mua_1_cm", 0.0, 1e6, "1/cm", &optics->mua_1_cm, false},
	        {is_reduced ? "reduced_scattering_1_cm" : "mus_1_cm", 0.0, 1e6, "1/cm", &scattering_1_cm,
	         false},
	        {"g", -0.99, 0.99, "", &optics->g, is_reduced},
	};
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_numbers_in(at, number, COUNT(number), why);
	struct json_at plain;
	if (status == ST_OK && is_reduced && json_find(at, "mus_1_cm", &plain))
		return json_refuse(&plain, ST_INPUT, why,
		                   "both mus_1_cm and reduced_scattering_1_cm are given; keep one");
	optics->mus_1_cm = is_reduced ? scattering_1_cm / (1.0 - optics->g) : scattering_1_cm;
	return status;
}

static enum status read_thermal(const struct json_at *at, struct tissue_thermal *thermal, struct fail *why)
{
	static const char *const keys[] = {"conductivity_W_mK", "density_kg_m3", "heat_capacity_J_kgK",
	                                   "perfusion_1_s",     "water_frac",    NULL};
	*thermal = (struct tissue_thermal){0};
	const struct json_number_spec number[] = {
	        {keys[0], 1e-3, 1e4, "W/mK", &thermal->conductivity_W_mK, false},
	        {keys[1], 1.0, 3e4, "kg/m3", &thermal->density_kg_m3, false},
	        {keys[2], 1.0, 1e5, "J/kgK", &thermal->heat_capacity_J_kgK, false},
	        {keys[3], 0.0, 1.0, "1/s", &thermal->perfusion_1_s, true},
	        {keys[4], 0.0, 1.0, "", &thermal->water_frac, true},
	};
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	return status == ST_OK ? json_numbers_in(at, number, COUNT(number), why) : status;
}

static enum status read_composition(const struct json_at *at, struct simulation_layer *layer,
                                    struct fail *why)
{
	size_t kind = 0;
	enum status status = json_choice(at, "kind", kind_names, TISSUE_KINDS, &kind, &layer->composed, why);
	if (status != ST_OK)
		return status;
	struct tissue_layer *tissue = &layer->tissue;
	*tissue = kind_default[layer->composed ? kind : TISSUE_WATER];
	tissue->thickness_um = layer->thickness_um;
	const struct json_number_spec number[] = {
	        {"melanosome_frac", 0.0, 1.0, "", &tissue->melanosome_frac, true},
	        {"blood_frac", 0.0, 1.0, "", &tissue->blood_frac, true},
	        {"saturation_frac", 0.0, 1.0, "", &tissue->saturation_frac, true},
	        {"water_frac", 0.0, 1.0, "", &tissue->water_frac, true},
	        {"fat_frac", 0.0, 1.0, "", &tissue->fat_frac, true},
	};
	for (size_t i = 0; !layer->composed && i < COUNT(number); i++) {
		struct json_at stray;
		if (json_find(at, number[i].key, &stray))
			return json_refuse(&stray, ST_INPUT, why,
			                   "a composition needs a \"kind\" beside it (\"dermis\" layers: "
			                   "papillary, reticular)");
	}
	if (layer->composed && layer->name[0] == '\0')
		(void)snprintf(layer->name, sizeof layer->name, "%s", tissue_kind_name(tissue->kind));
	return json_numbers_in(at, number, COUNT(number), why);
}

static enum status read_layer(const struct json_at *at, struct simulation_layer *layer, struct fail *why)
{
	static const char *const keys[] = {
	        "name",       "kind",     "thickness_um", "melanosome_frac", "blood_frac", "saturation_frac",
	        "water_frac", "fat_frac", "optics",       "thermal",         NULL};
	struct json_at optics, thermal;
	bool named;
	*layer = (struct simulation_layer){.composed = false};
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_string(at, "name", layer->name, sizeof layer->name, &named, why);
	if (status == ST_OK)
		status = json_number_in(at, "thickness_um", 0.1, DEPTH_MAX_UM, "um", &layer->thickness_um,
		                        NULL, why);
	if (status == ST_OK)
		status = json_member(at, "optics", JSON_OBJECT, &optics, &layer->own_optics, why);
	if (status == ST_OK)
		status = json_member(at, "thermal", JSON_OBJECT, &thermal, &layer->own_thermal, why);
	if (status == ST_OK)
		status = read_composition(at, layer, why);
	if (status == ST_OK && layer->own_optics)
		status = read_optics(&optics, &layer->optics, why);
	if (status == ST_OK && layer->own_thermal)
		status = read_thermal(&thermal, &layer->thermal, why);
	if (status == ST_OK && !layer->composed && !(layer->own_optics && layer->own_thermal))
		return json_refuse(at, ST_INPUT, why,
		                   "a layer needs a \"kind\", or both \"optics\" and \"thermal\" of its own");
	return status;
}

static enum status read_layers(const struct json_at *root, struct simulation *s, struct fail *why)
{
	struct json_at list, item = {0};
	enum status status = json_member(root, "layers", JSON_ARRAY, &list, NULL, why);
	if (status != ST_OK)
		return status;
	size_t count = json_count(&list);
	if (count < 1 || count > SIMULATION_LAYERS_MAX)
		return json_refuse(&list, ST_RANGE, why, "%zu layers; give 1 to %d", count,
		                   SIMULATION_LAYERS_MAX);
	while (status == ST_OK && json_array_each(&list, &item))
		status = read_layer(&item, &s->layer[s->layers++], why);
	return status;
}

/* ---- light ---- */

/* Slanted light breaks the circle: only a broad beam stays plane. */
static enum status read_incidence(const struct json_at *at, bool broad, struct simulation_beam *beam,
                                  struct fail *why)
{
	struct json_at given;
	bool slanted, diffuse;
	enum status status = json_number_in(at, "incidence_deg", 0.0, 89.0, "degrees", &beam->incidence_deg,
	                                    &slanted, why);
	if (status == ST_OK)
		status = json_bool(at, "diffuse", &beam->diffuse, &diffuse, why);
	if (status != ST_OK)
		return status;
	bool odd = (slanted && beam->incidence_deg > 0.0) || beam->diffuse;
	if (!broad && odd && json_find(at, beam->diffuse ? "diffuse" : "incidence_deg", &given))
		return json_refuse(&given, ST_INPUT, why,
		                   "goes with a broad beam only; a finite beam is upright here, or slanted in "
		                   "`lasertwin mc`");
	if (beam->diffuse && slanted && json_find(at, "incidence_deg", &given))
		return json_refuse(&given, ST_INPUT, why, "diffuse light has no angle; keep one");
	return ST_OK;
}

static enum status read_beam(const struct json_at *root, struct simulation_beam *beam, struct fail *why)
{
	static const char *const keys[] = {"profile",       "diameter_mm", "definition",
	                                   "incidence_deg", "diffuse",     NULL};
	static const char *const definitions[] = {"1/e2", "1/e"};
	struct json_at at;
	size_t profile = 0, definition = 0;
	double diameter_mm = 0.0;
	enum status status = json_member(root, "beam", JSON_OBJECT, &at, NULL, why);
	if (status == ST_OK)
		status = json_known_keys(&at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_choice(&at, "profile", profile_names, SIMULATION_PROFILES, &profile, NULL, why);
	if (status == ST_OK)
		status = read_incidence(&at, profile == SIMULATION_BROAD, beam, why);
	if (status != ST_OK || profile == SIMULATION_BROAD)
		return status;
	beam->profile = (enum simulation_profile)profile;
	status = json_number_in(&at, "diameter_mm", 0.02, 200.0, "mm", &diameter_mm, NULL, why);
	if (status == ST_OK && profile == SIMULATION_GAUSSIAN)
		status = json_choice(&at, "definition", definitions, COUNT(definitions), &definition, NULL,
		                     why);
	beam->radius_um = 0.5 * diameter_mm * UM_PER_MM * (definition == 1 ? GAUSS_1E2_PER_1E : 1.0);
	return status;
}

#define GAUSS_WIDTHS 3.0 /* full widths kept: all but 0.04 % of the energy */
#define GAUSS_SLICES 24
#define TRIANGLE_WIDTHS 2.0 /* its length: twice the full width at half maximum */
#define TRIANGLE_SLICES 32
#define EXPONENTIAL_DECAYS 6.0 /* all but 0.25 % */
#define EXPONENTIAL_SLICES 36

/* Shares of energy between moments given in units of the width; scaled to 1 by the caller. */
static double gauss_share(double from, double to)
{
	double per = 2.0 * sqrt(log(2.0));
	return erf(per * (to - 0.5 * GAUSS_WIDTHS)) - erf(per * (from - 0.5 * GAUSS_WIDTHS));
}

/* Of its energy that has come at a moment. */
static double triangle_come(double at)
{
	double part = at / TRIANGLE_WIDTHS, left = 1.0 - part;
	return part < 0.5 ? 2.0 * part * part : 1.0 - 2.0 * left * left;
}

static double triangle_share(double from, double to)
{
	return triangle_come(to) - triangle_come(from);
}

static double exponential_share(double from, double to)
{
	return exp(-from) - exp(-to);
}

static void fill_slices(struct simulation *s, size_t slices, double widths, double (*share)(double, double))
{
	s->pulses.slices = slices;
	s->pulses.duration_s = widths * s->pulse.width_s;
	for (size_t i = 0; i < slices; i++)
		s->pulse.slice_frac[i] =
		        share(widths * (double)i / (double)slices, widths * (double)(i + 1) / (double)slices);
}

static enum status read_samples(const struct json_at *at, struct simulation *s, struct fail *why)
{
	struct json_at list, item = {0};
	enum status status = json_member(at, "samples", JSON_ARRAY, &list, NULL, why);
	if (status == ST_OK && (json_count(&list) < 1 || json_count(&list) > HEAT_SLICES_MAX))
		return json_refuse(&list, ST_RANGE, why, "%zu powers; give 1 to %d, for equal parts of the pulse",
		                   json_count(&list), HEAT_SLICES_MAX);
	while (status == ST_OK && json_array_each(&list, &item))
		status = json_number_at(&item, 0.0, 1e9, "", &s->pulse.slice_frac[s->pulses.slices++], why);
	double sum = 0.0;
	for (size_t i = 0; i < s->pulses.slices; i++)
		sum += s->pulse.slice_frac[i];
	if (status == ST_OK && !(sum > 0.0))
		return json_refuse(&list, ST_RANGE, why, "no power anywhere; one part at least must have some");
	return status;
}

static enum status read_shape(const struct json_at *at, struct simulation *s, struct fail *why)
{
	struct json_at stray;
	size_t shape = SIMULATION_SQUARE;
	bool present;
	enum status status = json_choice(at, "shape", shape_names, SIMULATION_SHAPES, &shape, &present, why);
	if (status != ST_OK)
		return status;
	s->pulse.shape = present ? (enum simulation_shape)shape : SIMULATION_SQUARE;
	s->pulse.width_s = s->pulses.duration_s;
	if (s->pulse.shape != SIMULATION_SAMPLED && json_find(at, "samples", &stray))
		return json_refuse(&stray, ST_INPUT, why, "goes with \"shape\": \"sampled\" only");
	if (s->pulse.shape == SIMULATION_SAMPLED)
		status = read_samples(at, s, why);
	else if (s->pulse.shape == SIMULATION_GAUSS_PULSE)
		fill_slices(s, GAUSS_SLICES, GAUSS_WIDTHS, gauss_share);
	else if (s->pulse.shape == SIMULATION_TRIANGULAR)
		fill_slices(s, TRIANGLE_SLICES, TRIANGLE_WIDTHS, triangle_share);
	else if (s->pulse.shape == SIMULATION_EXPONENTIAL)
		fill_slices(s, EXPONENTIAL_SLICES, EXPONENTIAL_DECAYS, exponential_share);
	double sum = 0.0;
	for (size_t i = 0; i < s->pulses.slices; i++)
		sum += s->pulse.slice_frac[i];
	for (size_t i = 0; i < s->pulses.slices; i++)
		s->pulse.slice_frac[i] /= sum;
	return status;
}

static enum status read_train(const struct json_at *at, struct heat_pulses *pulses, struct fail *why)
{
	int count = 1, passes = 1;
	bool present;
	enum status status = json_integer_in(at, "count", 1, HEAT_PULSES_MAX, "pulses", &count, &present, why);
	if (status == ST_OK)
		status = json_integer_in(at, "passes", 1, HEAT_PULSES_MAX, "passes", &passes, &present, why);
	if (status != ST_OK)
		return status;
	pulses->count = (size_t)count;
	pulses->passes = (size_t)passes;
	if (count > 1 && !(pulses->rate_Hz > 0.0))
		return json_refuse(at, ST_INPUT, why, "%d pulses need a \"rate_Hz\"", count);
	if (count > 1 && pulses->rate_Hz * pulses->duration_s > 1.0)
		return json_refuse(at, ST_RANGE, why, "pulses of %g s do not fit at %g Hz; at most %g Hz",
		                   pulses->duration_s, pulses->rate_Hz, 1.0 / pulses->duration_s);
	if (passes > 1 && !(pulses->pass_interval_s > 0.0))
		return json_refuse(at, ST_INPUT, why, "%d passes need a \"pass_interval_s\"", passes);
	return ST_OK;
}

static enum status read_pulse(const struct json_at *root, struct simulation *s, struct fail *why)
{
	static const char *const keys[] = {"start_s", "duration_s",      "shape",   "samples", "count", "rate_Hz",
	                                   "passes",  "pass_interval_s", NULL};
	struct heat_pulses *pulses = &s->pulses;
	struct json_at at;
	*pulses = (struct heat_pulses){.count = 1};
	const struct json_number_spec number[] = {
	        {"start_s", 0.0, TIME_MAX_S, "s", &pulses->start_s, true},
	        {"duration_s", TIME_LEAST_S, TIME_MAX_S, "s", &pulses->duration_s, false},
	        {"rate_Hz", 1e-6, 1e9, "Hz", &pulses->rate_Hz, true},
	        {"pass_interval_s", 1e-9, TIME_MAX_S, "s", &pulses->pass_interval_s, true},
	};
	enum status status = json_member(root, "pulse", JSON_OBJECT, &at, NULL, why);
	if (status == ST_OK)
		status = json_known_keys(&at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_numbers_in(&at, number, COUNT(number), why);
	if (status == ST_OK)
		status = read_shape(&at, s, why);
	return status == ST_OK ? read_train(&at, pulses, why) : status;
}

/* ---- surface ---- */

static enum status read_temperature(const struct json_at *root, struct simulation *s, struct fail *why)
{
	static const char *const keys[] = {"surface_C", "core_C", "ambient_h_W_m2K", "ambient_C", "living", NULL};
	struct heat_surface air = heat_still_air();
	struct json_at at;
	bool present;
	s->surface_C = SURFACE_DEFAULT_C;
	s->core_C = CORE_DEFAULT_C;
	s->ambient_h_W_m2K = air.ambient_h_W_m2K;
	s->ambient_C = NAN;
	const struct json_number_spec number[] = {
	        {keys[0], -50.0, 99.0, "C", &s->surface_C, true},
	        {keys[1], -50.0, 99.0, "C", &s->core_C, true},
	        {keys[2], 0.0, 1e6, "W/m2K", &s->ambient_h_W_m2K, true},
	        {keys[3], -200.0, 99.0, "C", &s->ambient_C, true},
	};
	enum status status = json_member(root, "temperature", JSON_OBJECT, &at, &present, why);
	if (status != ST_OK || !present)
		return status;
	status = json_known_keys(&at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_numbers_in(&at, number, COUNT(number), why);
	return status == ST_OK ? json_bool(&at, keys[4], &s->living, &present, why) : status;
}

enum preset { PRESET_CRYOGEN, PRESET_SAPPHIRE, PRESET_COLD_AIR, PRESETS };

static enum status read_stage(const struct json_at *at, struct simulation *s, struct fail *why)
{
	static const char *const presets[PRESETS] = {"cryogen_r134a", "sapphire", "cold_air"};
	static const char *const keys[] = {"preset",   "start_s", "end_s",    "spurt_s",
	                                   "window_C", "h_W_m2K", "medium_C", NULL};
	struct heat_stage *stage = &s->stage[s->stages];
	size_t preset = PRESETS;
	double spurt_s = 0.0, window_C = 0.0;
	bool named;
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_choice(at, "preset", presets, PRESETS, &preset, &named, why);
	if (status != ST_OK)
		return status;
	bool cryogen = named && preset == PRESET_CRYOGEN, sapphire = named && preset == PRESET_SAPPHIRE;
	*stage = (struct heat_stage){0};
	const struct json_number_spec number[] = {
	        {"start_s", 0.0, TIME_MAX_S, "s", &stage->start_s, false},
	        {"end_s", 0.0, TIME_MAX_S, "s", &stage->end_s, cryogen},
	        {"spurt_s", 1e-3, 1.0, "s", &spurt_s, !cryogen},
	        {"window_C", -20.0, 40.0, "C", &window_C, !sapphire},
	        {"h_W_m2K", 0.0, 1e6, "W/m2K", &stage->h_W_m2K, named},
	        {"medium_C", -200.0, 99.0, "C", &stage->medium_C, named},
	};
	status = json_numbers_in(at, number, COUNT(number), why);
	if (status != ST_OK)
		return status;
	if (!cryogen && !(stage->end_s > stage->start_s))
		return json_refuse(at, ST_RANGE, why, "ends at %g s, but starts at %g s; end it later",
		                   stage->end_s, stage->start_s);
	if (cryogen)
		heat_cryogen_r134a(stage->start_s, spurt_s, stage);
	else if (sapphire)
		*stage = heat_sapphire(stage->start_s, stage->end_s, window_C);
	else if (named)
		*stage = heat_cold_air(stage->start_s, stage->end_s);
	s->stages += cryogen ? HEAT_CRYOGEN_STAGES : 1;
	return ST_OK;
}

static enum status read_cooling(const struct json_at *root, struct simulation *s, struct fail *why)
{
	struct json_at list, item = {0};
	bool present;
	enum status status = json_member(root, "cooling", JSON_ARRAY, &list, &present, why);
	while (status == ST_OK && present && json_array_each(&list, &item)) {
		if (s->stages + HEAT_CRYOGEN_STAGES > SIMULATION_STAGES_MAX)
			return json_refuse(&item, ST_FULL, why, "more than %d stages of cooling; join some",
			                   SIMULATION_STAGES_MAX);
		status = read_stage(&item, s, why);
	}
	return status;
}

/* ---- questions ---- */

struct damage_set simulation_set(const struct simulation *s, size_t set)
{
	if (set < DAMAGE_SETS)
		return *damage_set((enum damage_set_id)set);
	const struct simulation_own_set *own = &s->own_set[set - DAMAGE_SETS];
	return (struct damage_set){
	        .id = own->id,
	        .name = own->id,
	        .source = "the file's own",
	        .use = "",
	        .branch = {{own->valid_from_C, own->frequency_factor_1_s, own->activation_energy_J_mol}, {0}},
	        .valid_from_C = own->valid_from_C,
	        .valid_to_C = own->valid_to_C};
}

static enum status read_set(const struct json_at *at, const struct simulation *s, size_t *out, struct fail *why)
{
	const char *names[SIMULATION_SETS_MAX];
	for (size_t i = 0; i < DAMAGE_SETS; i++)
		names[i] = damage_set((enum damage_set_id)i)->id;
	for (size_t i = 0; i < s->own_sets; i++)
		names[DAMAGE_SETS + i] = s->own_set[i].id;
	*out = 0;
	return json_choice_at(at, names, DAMAGE_SETS + s->own_sets, out, why);
}

/* Named as the others are, and not like one of them. */
static enum status check_own_id(const struct json_at *at, const struct simulation *s, const char *id, struct fail *why)
{
	if (strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != strlen(id) || !id[0])
		return json_refuse(at, ST_INPUT, why, "\"id\" may hold letters, digits, _ and - alone");
	for (size_t i = 0; i < DAMAGE_SETS + s->own_sets; i++)
		if (strcmp(simulation_set(s, i).id, id) == 0)
			return json_refuse(at, ST_INPUT, why, "there is a set \"%s\" already; give it another id", id);
	return ST_OK;
}

static enum status read_own_set(const struct json_at *at, struct simulation *s, struct fail *why)
{
	static const char *const keys[] = {"id", "frequency_factor_1_s", "activation_energy_J_mol", "valid_from_C",
	                                   "valid_to_C", NULL};
	struct simulation_own_set own = {.valid_from_C = 37.0, .valid_to_C = 100.0};
	const struct json_number_spec number[] = {
	        {keys[1], 1e-10, 1e300, "1/s", &own.frequency_factor_1_s, false},
	        {keys[2], 1e3, 3e6, "J/mol", &own.activation_energy_J_mol, false},
	        {keys[3], 0.0, 99.0, "C", &own.valid_from_C, true},
	        {keys[4], 38.0, 300.0, "C", &own.valid_to_C, true},
	};
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_string(at, keys[0], own.id, sizeof own.id, NULL, why);
	if (status == ST_OK)
		status = check_own_id(at, s, own.id, why);
	if (status == ST_OK)
		status = json_numbers_in(at, number, COUNT(number), why);
	if (status == ST_OK && !(own.valid_to_C > own.valid_from_C))
		return json_refuse(at, ST_RANGE, why, "valid from %g to %g C; let it end above where it begins",
		                   own.valid_from_C, own.valid_to_C);
	s->own_set[s->own_sets] = own;
	s->own_sets += status == ST_OK;
	return status;
}


static enum status read_point(const struct json_at *at, struct simulation_point *point, struct fail *why)
{
	static const char *const keys[] = {"depth_um", "radius_um", NULL};
	*point = (struct simulation_point){0};
	const struct json_number_spec number[] = {
	        {keys[0], 0.0, DEPTH_MAX_UM, "um", &point->depth_um, false},
	        {keys[1], 0.0, DEPTH_MAX_UM, "um", &point->radius_um, true},
	};
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	return status == ST_OK ? json_numbers_in(at, number, COUNT(number), why) : status;
}

/* A list that may be missing; refused when longer than most. */
static enum status open_list(const struct json_at *at, const char *key, size_t most, struct json_at *list,
                             bool *present, struct fail *why)
{
	enum status status = json_member(at, key, JSON_ARRAY, list, present, why);
	if (status == ST_OK && *present && json_count(list) > most)
		return json_refuse(list, ST_FULL, why, "%zu entries; at most %zu", json_count(list), most);
	return status;
}

static enum status read_own_sets(const struct json_at *root, struct simulation *s, struct fail *why)
{
	struct json_at list, item = {0};
	bool present;
	enum status status = open_list(root, "arrhenius", SIMULATION_OWN_SETS_MAX, &list, &present, why);
	while (status == ST_OK && present && json_array_each(&list, &item))
		status = read_own_set(&item, s, why);
	return status;
}

static enum status read_wanted_set(const struct json_at *at, struct simulation *s, struct fail *why)
{
	size_t set;
	enum status status = read_set(at, s, &set, why);
	for (size_t i = 0; status == ST_OK && i < s->sets; i++)
		if (s->set[i] == set)
			return json_refuse(at, ST_INPUT, why, "is asked for twice; keep one");
	s->set[s->sets] = set;
	s->sets += status == ST_OK;
	return status;
}

static enum status read_outputs(const struct json_at *root, struct simulation *s, struct fail *why)
{
	static const char *const keys[] = {"points", "times_s", "damage_sets", "end_s", NULL};
	struct json_at at, list, item = {0};
	bool present;
	enum status status = json_member(root, "outputs", JSON_OBJECT, &at, &present, why);
	if (status != ST_OK || !present)
		return status;
	status = json_known_keys(&at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = open_list(&at, "points", SIMULATION_POINTS_MAX, &list, &present, why);
	while (status == ST_OK && present && json_array_each(&list, &item))
		status = read_point(&item, &s->point[s->points++], why);
	if (status == ST_OK)
		status = open_list(&at, "times_s", SIMULATION_TIMES_MAX, &list, &present, why);
	item = (struct json_at){0};
	while (status == ST_OK && present && json_array_each(&list, &item))
		status = json_number_at(&item, 0.0, TIME_MAX_S, "s", &s->time_s[s->times++], why);
	if (status == ST_OK)
		status = open_list(&at, "damage_sets", SIMULATION_SETS_MAX, &list, &present, why);
	item = (struct json_at){0};
	while (status == ST_OK && present && json_array_each(&list, &item))
		status = read_wanted_set(&item, s, why);
	if (status == ST_OK)
		status = json_number_in(&at, "end_s", TIME_LEAST_S, TIME_MAX_S, "s", &s->end_s, &present, why);
	return status;
}

static enum status read_criterion(const struct json_at *root, struct simulation *s, struct fail *why)
{
	struct simulation_criterion *c = &s->criterion;
	static const char *const keys[] = {
	        "type", "set", "value", "depth_um", "lesion_diameter_mm", "absorber_mua_1_cm", NULL};
	struct json_at at, set;
	size_t kind = 0;
	bool present;
	double diameter_mm = 0.0;
	enum status status = json_member(root, "criterion", JSON_OBJECT, &at, &c->given, why);
	if (status != ST_OK || !c->given)
		return status;
	status = json_known_keys(&at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_choice(&at, "type", criterion_names, CRITERION_KINDS, &kind, NULL, why);
	if (status != ST_OK)
		return status;
	c->kind = (enum criterion_kind)kind;
	c->value = 1.0;
	const double most[CRITERION_KINDS] = {1e6, 300.0, 1e9, 1.0, 1.0, 1.0};
	const struct json_number_spec number[] = {
	        {"value", kind == CRITERION_TEMPERATURE ? 38.0 : 1e-4, most[kind],
	         kind == CRITERION_TEMPERATURE ? "C" : (kind == CRITERION_CEM43 ? "min" : ""), &c->value,
	         kind == CRITERION_OMEGA || kind >= CRITERION_RUPTURE},
	        {"depth_um", 0.0, DEPTH_MAX_UM, "um", &c->depth_um, kind > CRITERION_RUPTURE},
	        {"lesion_diameter_mm", 0.0, 200.0, "mm", &diameter_mm, true},
	        {"absorber_mua_1_cm", 1.0, 1e6, "1/cm", &c->absorber_mua_1_cm, true},
	};
	status = json_numbers_in(&at, number, COUNT(number), why);
	c->lesion_diameter_um = diameter_mm * UM_PER_MM;
	if (status == ST_OK)
		status = json_member(&at, "set", JSON_STRING, &set, kind == CRITERION_OMEGA ? NULL : &present,
		                     why);
	return status == ST_OK && kind == CRITERION_OMEGA ? read_set(&set, s, &c->set, why) : status;
}

static enum status read_focus(const struct json_at *root, struct simulation_focus *focus, struct fail *why)
{
	static const char *const keys[] = {"half_angle_deg", "waist_um", "depth_um", NULL};
	struct json_at at;
	double half_angle_deg = 0.0;
	enum status status = json_member(root, "focus", JSON_OBJECT, &at, &focus->given, why);
	if (status != ST_OK || !focus->given)
		return status;
	const struct json_number_spec number[] = {
	        {keys[0], 0.0, BREAKDOWN_HALF_ANGLE_MAX / RAD_PER_DEG, "degrees", &half_angle_deg, false},
	        {keys[1], 0.1, 1000.0, "um", &focus->waist_um, true},
	        {keys[2], 0.0, 5000.0, "um", &focus->depth_um, false},
	};
	status = json_known_keys(&at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_numbers_in(&at, number, COUNT(number), why);
	focus->half_angle = half_angle_deg * RAD_PER_DEG;
	return status;
}

/* ---- the whole ---- */

static enum status check_together(const struct json_at *root, const struct simulation *s, struct fail *why)
{
	double depth_um = 0.0;
	bool needs_wavelength = s->criterion.kind == CRITERION_RUPTURE && s->criterion.given;
	for (size_t i = 0; i < s->layers; i++) {
		depth_um += s->layer[i].thickness_um;
		needs_wavelength = needs_wavelength || !s->layer[i].own_optics;
	}
	if (needs_wavelength && !(s->wavelength_nm > 0.0))
		return json_refuse(
		        root, ST_INPUT, why,
		        "wavelength_nm is missing; needed for layers without \"optics\" and for rupture");
	for (size_t i = 0; i < s->points; i++)
		if (s->point[i].depth_um > depth_um)
			return json_refuse(root, ST_RANGE, why,
			                   "outputs.points[%zu]: %g um; the layers end at %g um", i,
			                   s->point[i].depth_um, depth_um);
	if (s->criterion.given && s->criterion.depth_um > depth_um)
		return json_refuse(root, ST_RANGE, why, "criterion.depth_um: %g um; the layers end at %g um",
		                   s->criterion.depth_um, depth_um);
	if (s->living && s->beam.profile != SIMULATION_BROAD)
		return json_refuse(root, ST_INPUT, why,
		                   "temperature.living needs a broad beam; under a finite one blood flows as at rest");
	if (s->criterion.lesion_diameter_um > 0.0 && s->beam.profile == SIMULATION_BROAD)
		return json_refuse(root, ST_INPUT, why,
		                   "criterion.lesion_diameter_mm needs a beam of finite size; leave it out");
	return ST_OK;
}

static enum status read_root(const struct json_at *root, struct simulation *s, struct fail *why)
{
	static const char *const keys[] = {
	        "schema",  "title",       "source",        "wavelength_nm", "beam",      "pulse", "layers",
	        "cooling", "temperature", "fluence_J_cm2", "outputs",       "criterion", "focus", "arrhenius", NULL};
	bool present;
	const struct json_number_spec number[] = {
	        {"wavelength_nm", TISSUE_WAVELENGTH_MIN_NM, TISSUE_WAVELENGTH_MAX_NM, "nm", &s->wavelength_nm,
	         true},
	        {"fluence_J_cm2", 0.0, 1e5, "J/cm2", &s->fluence_J_cm2, true},
	};
	enum status status = json_schema(root, SIMULATION_SCHEMA, why);
	if (status == ST_OK)
		status = json_known_keys(root, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_string(root, "title", s->title, sizeof s->title, &present, why);
	if (status == ST_OK)
		status = json_numbers_in(root, number, COUNT(number), why);
	return status;
}

enum status simulation_read(const char *name, const char *bytes, size_t length, struct simulation *out,
                            struct fail *why)
{
	struct json_doc *doc = NULL;
	*out = (struct simulation){.fluence_J_cm2 = NAN};
	enum status status = json_parse(name, bytes, length, &doc, why);
	if (status != ST_OK)
		return status;
	struct json_at root = json_root(doc);
	(void)snprintf(out->name, sizeof out->name, "%s", name);
	status = read_root(&root, out, why);
	if (status == ST_OK)
		status = read_beam(&root, &out->beam, why);
	if (status == ST_OK)
		status = read_pulse(&root, out, why);
	if (status == ST_OK)
		status = read_layers(&root, out, why);
	if (status == ST_OK)
		status = read_temperature(&root, out, why);
	if (status == ST_OK)
		status = read_cooling(&root, out, why);
	if (status == ST_OK)
		status = read_own_sets(&root, out, why);
	if (status == ST_OK)
		status = read_outputs(&root, out, why);
	if (status == ST_OK)
		status = read_criterion(&root, out, why);
	if (status == ST_OK)
		status = read_focus(&root, &out->focus, why);
	if (status == ST_OK)
		status = check_together(&root, out, why);
	json_free(&doc);
	return status;
}
