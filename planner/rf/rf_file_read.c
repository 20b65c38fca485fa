/* Reading a radiofrequency file, strictly. */
#include "planner/rf/rf_file.h"

#include "devices/json.h"
#include "physics/base/units.h"
#include "physics/dielectric.h"
#include "planner/twin/twin.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define HZ_PER_MHZ 1e6
#define TIME_MAX_S 600.0

static const char *const kind_names[RF_FILE_KINDS] = {"disc", "patches", "needles"};

const char *rf_file_kind_name(enum rf_file_kind kind)
{
	return kind_names[kind];
}

/* ---- layers
 * ---------------------------------------------------------------------------------------------------- */

static const char *const tissue_names[DIELECTRIC_TISSUES] = {
        "skin_dry", "skin_wet", "fat", "fat_infiltrated", "muscle", "blood", "tendon"};
static const enum rf_matter tissue_matter[DIELECTRIC_TISSUES] = {
        RF_DERMIS, RF_DERMIS, RF_FAT, RF_FAT, RF_MUSCLE, RF_MATTER_OTHER, RF_MATTER_OTHER};
static const char *const matter_names[RF_MATTERS] = {"other", "stratum_corneum", "epidermis", "dermis",
                                                     "fat",   "muscle"};

static enum status read_thermal(const struct json_at *at, struct tissue_thermal *t, struct fail *why)
{
	static const char *const keys[] = {"conductivity_W_mK", "density_kg_m3", "heat_capacity_J_kgK",
	                                   "perfusion_1_s",     "water_frac",    NULL};
	struct json_at thermal;
	bool present;
	enum status status = json_member(at, "thermal", JSON_OBJECT, &thermal, &present, why);
	if (status != ST_OK || !present)
		return status;
	*t = (struct tissue_thermal){0};
	const struct json_number_spec number[] = {
	        {keys[0], 1e-3, 1e4, "W/mK", &t->conductivity_W_mK, false},
	        {keys[1], 1.0, 3e4, "kg/m3", &t->density_kg_m3, false},
	        {keys[2], 1.0, 1e5, "J/kgK", &t->heat_capacity_J_kgK, false},
	        {keys[3], 0.0, 1.0, "1/s", &t->perfusion_1_s, true},
	        {keys[4], 0.0, 1.0, "", &t->water_frac, true},
	};
	status = json_known_keys(&thermal, keys, JSON_X_EXTRA, why);
	return status == ST_OK ? json_numbers_in(&thermal, number, COUNT(number), why) : status;
}

/* A measured tissue gives what the layer does not say itself. */
static enum status read_tissue(const struct json_at *at, double frequency_Hz, struct rf_layer *layer,
                               bool *given, struct fail *why)
{
	size_t tissue = 0;
	enum status status = json_choice(at, "tissue", tissue_names, DIELECTRIC_TISSUES, &tissue, given, why);
	if (status != ST_OK || !*given)
		return status;
	status = dielectric_layer((enum dielectric_tissue)tissue, frequency_Hz, layer->thickness_um, layer,
	                          why);
	layer->thermal = dielectric_thermal((enum dielectric_tissue)tissue);
	layer->matter = tissue_matter[tissue];
	layer->warming_1_K = DIELECTRIC_WARMING_1_K;
	return status;
}

static enum status read_layer(const struct json_at *at, double frequency_Hz, struct rf_layer *layer,
                              char name[40], struct fail *why)
{
	static const char *const keys[] = {"name",         "tissue",           "matter",
	                                   "thickness_um", "conductivity_S_m", "permittivity",
	                                   "warming_1_K",  "thermal",          NULL};
	bool thick = false, named = false, tissue = false, kind = false;
	size_t matter = RF_MATTER_OTHER;
	*layer = (struct rf_layer){.thickness_um = INFINITY};
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status =
		        json_number_in(at, "thickness_um", 0.1, 1e6, "um", &layer->thickness_um, &thick, why);
	if (status == ST_OK)
		status = read_tissue(at, frequency_Hz, layer, &tissue, why);
	const struct json_number_spec own[] = {
	        {"conductivity_S_m", 1e-9, 1e3, "S/m", &layer->conductivity_S_m, tissue},
	        {"permittivity", 0.0, 1e9, "", &layer->permittivity, true},
	        {"warming_1_K", 0.0, RF_WARMING_MAX_1_K, "1/K", &layer->warming_1_K, true},
	};
	if (status == ST_OK)
		status = json_numbers_in(at, own, COUNT(own), why);
	if (status == ST_OK)
		status = json_choice(at, "matter", matter_names, RF_MATTERS, &matter, &kind, why);
	if (kind)
		layer->matter = (enum rf_matter)matter;
	(void)snprintf(name, 40, "%s", rf_matter_name(layer->matter));
	if (status == ST_OK)
		status = json_string(at, "name", name, 40, &named, why);
	return status == ST_OK ? read_thermal(at, &layer->thermal, why) : status;
}

static enum status read_layers(const struct json_at *list, struct rf_file *f, struct fail *why)
{
	struct json_at item = {0};
	size_t count = json_count(list);
	enum status status = ST_OK;
	if (count < 1 || count > RF_LAYERS_MAX)
		return json_refuse(list, ST_RANGE, why, "%zu layers; give 1 to %d", count, RF_LAYERS_MAX);
	while (status == ST_OK && json_array_each(list, &item)) {
		status = read_layer(&item, f->frequency_Hz, &f->layer[f->layers], f->layer_name[f->layers],
		                    why);
		f->layers++;
	}
	return status;
}

/* Readings as in a case file; layers by physics/dielectric.h. */
static enum status read_readings(const struct json_at *at, struct readings *readings, struct fail *why)
{
	struct json_at member = {0};
	char type[8] = "";
	bool present;
	enum status status = json_string(at, "site", readings->site, sizeof readings->site, &present, why);
	if (status == ST_OK)
		status = json_string(at, "fitz", type, sizeof type, &present, why);
	readings->fitzpatrick = fitzpatrick_parse(type);
	while (status == ST_OK && json_object_each(at, &member)) {
		enum reading reading;
		double value, min, max;
		if (strcmp(member.key, "site") == 0 || strcmp(member.key, "fitz") == 0 ||
		    strcmp(member.key, "infiltration_frac") == 0 || strncmp(member.key, "x_", 2) == 0)
			continue;
		if (!readings_find(member.key, &reading))
			return json_refuse(&member, ST_INPUT, why,
			                   "is not a reading; for example epidermis_um, dermis_mm");
		readings_range(readings, reading, &min, &max);
		status = json_number_at(&member, min, max, readings_spec(reading)->unit, &value, why);
		if (status == ST_OK)
			status = readings_set(readings, reading, value, why);
	}
	return status;
}

static enum status layers_of_twin(const struct json_at *at, struct rf_file *f, struct fail *why)
{
	struct readings readings = {0};
	struct dielectric_options options = {.frequency_Hz = f->frequency_Hz, .infiltration_frac = 0.5};
	struct twin twin;
	struct tissue tissue;
	double value[TWIN_PROPERTIES];
	bool present;
	enum status status = read_readings(at, &readings, why);
	if (status == ST_OK)
		status = json_number_in(at, "infiltration_frac", 0.0, 1.0, "", &options.infiltration_frac,
		                        &present, why);
	if (status == ST_OK)
		status = twin_from_readings(&readings, &twin, why);
	if (status != ST_OK)
		return status;
	twin_sample(&twin, 1, 0, value);
	twin_tissue(value, TWIN_NORMAL_SKIN, &tissue);
	f->layers = RF_LAYERS_MAX;
	status = dielectric_layers(&tissue, &options, f->layer, &f->layers, why);
	for (size_t i = 0; status == ST_OK && i < f->layers; i++)
		(void)snprintf(f->layer_name[i], sizeof f->layer_name[i], "%s",
		               rf_matter_name(f->layer[i].matter));
	return status;
}

static enum status read_medium(const struct json_at *root, struct rf_file *f, struct fail *why)
{
	static const char *const returns[] = {
	        [RF_RETURN_FAR] = "far", [RF_RETURN_PLATE] = "plate", [RF_RETURN_NONE] = "none"};
	struct json_at list, twin;
	bool layers, from_twin, present;
	double frequency_MHz = 0.0;
	size_t back = RF_RETURN_FAR;
	enum status status =
	        json_number_in(root, "frequency_MHz", RF_FREQUENCY_MIN_HZ / HZ_PER_MHZ,
	                       RF_FREQUENCY_MAX_HZ / HZ_PER_MHZ, "MHz", &frequency_MHz, NULL, why);
	f->frequency_Hz = frequency_MHz * HZ_PER_MHZ;
	if (status == ST_OK)
		status = json_choice(root, "return", returns, COUNT(returns), &back, &present, why);
	f->back = (enum rf_return)back;
	if (status == ST_OK)
		status = json_member(root, "layers", JSON_ARRAY, &list, &layers, why);
	if (status == ST_OK)
		status = json_member(root, "twin", JSON_OBJECT, &twin, &from_twin, why);
	if (status != ST_OK)
		return status;
	if (layers == from_twin)
		return json_refuse(root, ST_INPUT, why,
		                   "give either \"layers\" or a \"twin\" they follow from");
	return layers ? read_layers(&list, f, why) : layers_of_twin(&twin, f, why);
}

/* ---- electrodes
 * -------------------------------------------------------------------------------------------------- */

static enum status read_contact(const struct json_at *at, struct rf_file *f, struct fail *why)
{
	static const char *const keys[] = {"thickness_um", "permittivity", "conductivity_S_m", NULL};
	struct json_at membrane;
	double thickness_um = 0.0, permittivity = 1.0, conductivity_S_m = 0.0, resistive = 0.0;
	bool film, plain;
	enum status status = json_member(at, "membrane", JSON_OBJECT, &membrane, &film, why);
	if (status == ST_OK)
		status = json_number_in(at, "contact_ohm_m2", 0.0, 1e3, "ohm m2", &resistive, &plain, why);
	f->contact.ohm_m2 = resistive;
	if (status != ST_OK || !film)
		return status;
	const struct json_number_spec number[] = {
	        {keys[0], 0.1, 1e4, "um", &thickness_um, false},
	        {keys[1], 1.0, 1e4, "", &permittivity, false},
	        {keys[2], 0.0, 1e3, "S/m", &conductivity_S_m, true},
	};
	status = json_known_keys(&membrane, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_numbers_in(&membrane, number, COUNT(number), why);
	f->contact.ohm_m2 += rf_film_ohm_m2(thickness_um, conductivity_S_m, permittivity, f->frequency_Hz);
	return status;
}

static enum status read_disc(const struct json_at *at, struct rf_file *f, struct fail *why)
{
	static const char *const keys[] = {"kind",     "radius_mm",      "area_cm2",
	                                   "membrane", "contact_ohm_m2", NULL};
	double radius_mm = 0.0, area_cm2 = 0.0;
	bool by_radius = false, by_area = false;
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_number_in(at, "radius_mm", 0.05, 200.0, "mm", &radius_mm, &by_radius, why);
	if (status == ST_OK)
		status = json_number_in(at, "area_cm2", 1e-4, 1e3, "cm2", &area_cm2, &by_area, why);
	if (status == ST_OK && by_radius == by_area)
		return json_refuse(at, ST_INPUT, why,
		                   "give radius_mm, or area_cm2 of a tip to be taken as a disc of its area");
	f->radius_um = by_radius ? radius_mm * UM_PER_MM : sqrt(area_cm2 / PI) * UM_PER_CM;
	return status == ST_OK ? read_contact(at, f, why) : status;
}

static enum status read_patch(const struct json_at *at, struct rf_patch_electrode *e, struct fail *why)
{
	static const char *const keys[] = {"shape",    "terminal",  "x_mm", "y_mm",
	                                   "width_mm", "length_mm", NULL};
	static const char *const shapes[] = {[RF_PATCH_RECTANGLE] = "rectangle", [RF_PATCH_DISC] = "disc"};
	static const char *const terminals[] = {[RF_ACTIVE] = "active", [RF_RETURN] = "return"};
	double x_mm = 0.0, y_mm = 0.0, width_mm = 0.0, length_mm = 0.0;
	size_t shape = RF_PATCH_RECTANGLE, terminal = RF_ACTIVE;
	bool shaped;
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_choice(at, "shape", shapes, 2, &shape, &shaped, why);
	if (status == ST_OK)
		status = json_choice(at, "terminal", terminals, 2, &terminal, NULL, why);
	const struct json_number_spec number[] = {
	        {"x_mm", -500.0, 500.0, "mm", &x_mm, true},
	        {"y_mm", -500.0, 500.0, "mm", &y_mm, true},
	        {"width_mm", 0.01, 500.0, "mm", &width_mm, false},
	        {"length_mm", 0.01, 500.0, "mm", &length_mm, shape == RF_PATCH_DISC},
	};
	if (status == ST_OK)
		status = json_numbers_in(at, number, COUNT(number), why);
	*e = (struct rf_patch_electrode){(enum rf_patch_shape)shape, x_mm * UM_PER_MM,
	                                 y_mm * UM_PER_MM,           width_mm * UM_PER_MM,
	                                 length_mm * UM_PER_MM,      (enum rf_terminal)terminal};
	return status;
}

static enum status read_patches(const struct json_at *at, struct rf_file *f, struct fail *why)
{
	static const char *const keys[] = {"kind", "patches", "membrane", "contact_ohm_m2", NULL};
	struct json_at list, item = {0};
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_member(at, "patches", JSON_ARRAY, &list, NULL, why);
	if (status != ST_OK)
		return status;
	if (json_count(&list) < 1 || json_count(&list) > RF_PATCH_ELECTRODES_MAX)
		return json_refuse(&list, ST_RANGE, why, "%zu patches; give 1 to %d", json_count(&list),
		                   RF_PATCH_ELECTRODES_MAX);
	while (status == ST_OK && json_array_each(&list, &item))
		status = read_patch(&item, &f->patch[f->patches++], why);
	return status == ST_OK ? read_contact(at, f, why) : status;
}

static enum status read_needles(const struct json_at *at, struct rf_file *f, struct fail *why)
{
	static const char *const keys[] = {"kind",        "pattern", "pitch_mm", "pitch_y_mm",
	                                   "diameter_um", "square",  "depth_mm", "bare_mm",
	                                   "columns",     "rows",    "refine",   NULL};
	static const char *const patterns[RF_PATTERNS] = {"rows", "checkerboard", "alike", "pair"};
	struct rf_needles *n = &f->array.needles;
	size_t pattern = 0;
	double pitch_mm = 0.0, pitch_y_mm = NAN, diameter_um = 0.0, depth_mm = 0.0, bare_mm = INFINITY;
	int columns = 0, rows = 1;
	bool present;
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_choice(at, "pattern", patterns, RF_PATTERNS, &pattern, NULL, why);
	const struct json_number_spec number[] = {
	        {"pitch_mm", 0.05, 20.0, "mm", &pitch_mm, false},
	        {"pitch_y_mm", 0.05, 20.0, "mm", &pitch_y_mm, true},
	        {"diameter_um", 20.0, 2000.0, "um", &diameter_um, false},
	        {"depth_mm", RF_NEEDLE_DEPTH_MIN_UM * MM_PER_UM, RF_NEEDLE_DEPTH_MAX_UM * MM_PER_UM, "mm",
	         &depth_mm, false},
	        {"bare_mm", 0.02, 10.0, "mm", &bare_mm, true},
	        {"refine", 0.4, 4.0, "", &f->refine, true},
	};
	if (status == ST_OK)
		status = json_numbers_in(at, number, COUNT(number), why);
	if (status == ST_OK)
		status = json_bool(at, "square", &n->square, &present, why);
	if (status == ST_OK)
		status = json_integer_in(at, "columns", 1, RF_ARRAY_NEEDLES_MAX, "needles", &columns,
		                         &present, why);
	if (status == ST_OK)
		status =
		        json_integer_in(at, "rows", 1, RF_ARRAY_NEEDLES_MAX, "needles", &rows, &present, why);
	n->pattern = (enum rf_pattern)pattern;
	n->pitch_x_um = pitch_mm * UM_PER_MM;
	n->pitch_y_um = isnan(pitch_y_mm) ? n->pitch_x_um : pitch_y_mm * UM_PER_MM;
	n->radius_um = 0.5 * diameter_um;
	n->tip_um = depth_mm * UM_PER_MM;
	n->bare_from_um = fmax(n->tip_um - bare_mm * UM_PER_MM, 0.0);
	f->array.columns = (unsigned)columns;
	f->array.rows = (unsigned)rows;
	return status;
}

typedef enum status electrode_reader(const struct json_at *at, struct rf_file *f, struct fail *why);
static electrode_reader *const readers[RF_FILE_KINDS] = {
        [RF_FILE_DISC] = read_disc, [RF_FILE_PATCHES] = read_patches, [RF_FILE_NEEDLES] = read_needles};

static enum status read_electrode(const struct json_at *root, struct rf_file *f, struct fail *why)
{
	struct json_at at;
	size_t kind = 0;
	enum status status = json_member(root, "electrode", JSON_OBJECT, &at, NULL, why);
	if (status == ST_OK)
		status = json_choice(&at, "kind", kind_names, RF_FILE_KINDS, &kind, NULL, why);
	f->kind = (enum rf_file_kind)kind;
	return status == ST_OK ? readers[kind](&at, f, why) : status;
}

/* ---- drive, cooling, outputs
 * --------------------------------------------------------------------------------------- */

static enum status read_drive(const struct json_at *root, struct rf_file_drive *d, struct fail *why)
{
	static const char *const keys[] = {
	        "mode",   "value",   "power_W",           "start_s",           "on_s", "off_s",
	        "pulses", "after_s", "impedance_min_ohm", "impedance_max_ohm", NULL};
	static const char *const modes[RF_CONTROL_MODES] = {"voltage", "current", "power", "energy",
	                                                    "temperature"};
	struct json_at at;
	size_t mode = 0;
	bool present;
	d->pulses = 1;
	d->after_s = 1.0;
	enum status status = json_member(root, "drive", JSON_OBJECT, &at, &d->given, why);
	if (status != ST_OK || !d->given)
		return status;
	status = json_known_keys(&at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_choice(&at, "mode", modes, RF_CONTROL_MODES, &mode, NULL, why);
	bool needs_power = mode == RF_CONTROL_ENERGY || mode == RF_CONTROL_TEMPERATURE;
	const struct json_number_spec number[] = {
	        {"value", 0.0, 1e5, "V, A, W, J or C", &d->value, false},
	        {"power_W", 1e-6, 1e4, "W", &d->power_W, !needs_power},
	        {"start_s", 0.0, TIME_MAX_S, "s", &d->start_s, true},
	        {"on_s", 1e-4, TIME_MAX_S, "s", &d->on_s, false},
	        {"off_s", 0.0, TIME_MAX_S, "s", &d->off_s, true},
	        {"after_s", 1e-3, TIME_MAX_S, "s", &d->after_s, true},
	        {"impedance_min_ohm", 0.0, 1e9, "ohm", &d->impedance_min_ohm, true},
	        {"impedance_max_ohm", 0.0, 1e9, "ohm", &d->impedance_max_ohm, true},
	};
	if (status == ST_OK)
		status = json_numbers_in(&at, number, COUNT(number), why);
	if (status == ST_OK)
		status = json_integer_in(&at, "pulses", 1, 20, "pulses", &d->pulses, &present, why);
	d->mode = (enum rf_control_mode)mode;
	return status;
}

static enum status read_cooling(const struct json_at *root, struct rf_cell_cooling *c, struct fail *why)
{
	static const char *const keys[] = {
	        "surface_C",     "core_C", "ambient_h_W_m2K", "contact_h_W_m2K", "contact_C",
	        "contact_end_s", NULL};
	struct json_at at;
	bool present;
	*c = (struct rf_cell_cooling){.surface_C = 33.0, .core_C = 37.0, .ambient_W_m2K = 10.0};
	enum status status = json_member(root, "cooling", JSON_OBJECT, &at, &present, why);
	if (status != ST_OK || !present)
		return status;
	const struct json_number_spec number[] = {
	        {keys[0], -20.0, 60.0, "C", &c->surface_C, true},
	        {keys[1], 0.0, 45.0, "C", &c->core_C, true},
	        {keys[2], 0.0, 1e5, "W/m2K", &c->ambient_W_m2K, true},
	        {keys[3], 0.0, 1e6, "W/m2K", &c->contact_W_m2K, true},
	        {keys[4], -80.0, 60.0, "C", &c->contact_C, true},
	        {keys[5], 0.0, TIME_MAX_S, "s", &c->contact_end_s, true},
	};
	status = json_known_keys(&at, keys, JSON_X_EXTRA, why);
	return status == ST_OK ? json_numbers_in(&at, number, COUNT(number), why) : status;
}

static enum status read_list(const struct json_at *at, const char *key, double min, double max, size_t most,
                             double *out, size_t *count, struct fail *why)
{
	struct json_at list, item = {0};
	bool present;
	enum status status = json_member(at, key, JSON_ARRAY, &list, &present, why);
	if (status != ST_OK || !present)
		return status;
	if (json_count(&list) > most)
		return json_refuse(&list, ST_FULL, why, "%zu numbers; at most %zu", json_count(&list), most);
	while (status == ST_OK && json_array_each(&list, &item))
		status = json_number_at(&item, min, max, "um", &out[(*count)++], why);
	return status;
}

static enum status read_points(const struct json_at *at, struct rf_file *f, struct fail *why)
{
	static const char *const keys[] = {"x_um", "y_um", "depth_um", NULL};
	struct json_at list, item = {0};
	bool present;
	enum status status = json_member(at, "points", JSON_ARRAY, &list, &present, why);
	if (status != ST_OK || !present)
		return status;
	if (json_count(&list) > RF_FILE_POINTS_MAX)
		return json_refuse(&list, ST_FULL, why, "%zu points; at most %d", json_count(&list),
		                   RF_FILE_POINTS_MAX);
	while (status == ST_OK && json_array_each(&list, &item)) {
		struct rf_cell_place *p = &f->point[f->points++];
		const struct json_number_spec number[] = {
		        {keys[0], -1e6, 1e6, "um", &p->x_um, true},
		        {keys[1], -1e6, 1e6, "um", &p->y_um, true},
		        {keys[2], 0.0, 1e6, "um", &p->depth_um, false},
		};
		status = json_known_keys(&item, keys, JSON_X_EXTRA, why);
		if (status == ST_OK)
			status = json_numbers_in(&item, number, COUNT(number), why);
	}
	return status;
}

static enum status read_sets(const struct json_at *at, struct rf_file *f, struct fail *why)
{
	const char *names[DAMAGE_SETS];
	struct json_at list, item = {0};
	bool present;
	for (size_t i = 0; i < DAMAGE_SETS; i++)
		names[i] = damage_set((enum damage_set_id)i)->id;
	enum status status = json_member(at, "damage_sets", JSON_ARRAY, &list, &present, why);
	if (status != ST_OK || !present)
		return status;
	if (json_count(&list) > RF_FILE_SETS_MAX)
		return json_refuse(&list, ST_FULL, why, "%zu sets; at most %d", json_count(&list),
		                   RF_FILE_SETS_MAX);
	f->sets = 0;
	while (status == ST_OK && json_array_each(&list, &item)) {
		size_t index = 0;
		status = json_choice_at(&item, names, DAMAGE_SETS, &index, why);
		f->set[f->sets++] = (enum damage_set_id)index;
	}
	return status;
}

static enum status read_outputs(const struct json_at *root, struct rf_file *f, struct fail *why)
{
	static const char *const keys[] = {"points",         "depths_um",   "axis_x_um", "radii_um",
	                                   "grid_depths_um", "damage_sets", NULL};
	static const enum damage_set_id usual[] = {DAMAGE_HENRIQUES_ER75000, DAMAGE_COLLAGEN_ONSET,
	                                           DAMAGE_COLLAGEN_PEARCE};
	struct json_at at;
	bool present, moved;
	f->sets = COUNT(usual);
	memcpy(f->set, usual, sizeof usual);
	enum status status = json_member(root, "outputs", JSON_OBJECT, &at, &present, why);
	if (status != ST_OK || !present)
		return status;
	status = json_known_keys(&at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = read_points(&at, f, why);
	if (status == ST_OK)
		status = read_list(&at, "depths_um", 0.0, 1e6, RF_FILE_DEPTHS_MAX, f->depth_um, &f->depths,
		                   why);
	if (status == ST_OK)
		status = json_number_in(&at, "axis_x_um", 0.0, 1e6, "um", &f->axis_x_um, &moved, why);
	if (status == ST_OK)
		status = read_list(&at, "radii_um", 0.0, 1e6, RF_FILE_GRID_MAX, f->radius_at_um, &f->radii,
		                   why);
	if (status == ST_OK)
		status = read_list(&at, "grid_depths_um", 0.0, 1e6, RF_FILE_GRID_MAX, f->grid_depth_um,
		                   &f->grid_depths, why);
	return status == ST_OK ? read_sets(&at, f, why) : status;
}

static enum status read_root(const struct json_doc *doc, struct rf_file *f, struct fail *why)
{
	static const char *const keys[] = {"schema", "title",   "source",  "frequency_MHz",
	                                   "layers", "twin",    "return",  "electrode",
	                                   "drive",  "cooling", "outputs", NULL};
	struct json_at root = json_root(doc);
	char source[RF_FILE_TEXT_MAX * 4];
	bool present;
	enum status status = json_schema(&root, RF_FILE_SCHEMA, why);
	if (status == ST_OK)
		status = json_known_keys(&root, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_string(&root, "title", f->title, sizeof f->title, &present, why);
	if (status == ST_OK)
		status = json_string(&root, "source", source, sizeof source, &present, why);
	if (status == ST_OK)
		status = read_medium(&root, f, why);
	if (status == ST_OK)
		status = read_electrode(&root, f, why);
	if (status == ST_OK)
		status = read_drive(&root, &f->drive, why);
	if (status == ST_OK)
		status = read_cooling(&root, &f->cooling, why);
	return status == ST_OK ? read_outputs(&root, f, why) : status;
}

enum status rf_file_read(const char *name, const char *bytes, size_t length, struct rf_file *out,
                         struct fail *why)
{
	struct json_doc *doc = NULL;
	*out = (struct rf_file){.refine = 1.0};
	(void)snprintf(out->name, sizeof out->name, "%s", name);
	enum status status = json_parse(name, bytes, length, &doc, why);
	if (status == ST_OK)
		status = read_root(doc, out, why);
	json_free(&doc);
	return status;
}
