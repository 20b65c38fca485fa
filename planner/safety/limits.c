/* The limits table: strict reading, and a look-up that takes the most specific row. */
#include "planner/safety/limits.h"

#include <stdint.h>

#include "devices/signature.h"
#include "planner/safety/safety_json.h"

#define LIMIT_ROWS_MAX 256
#define ZONES_MAX 128
#define CLASSES_MAX 48
#define MODES_MAX 64
#define OPEN_MAX 16
#define LIMIT_VALUE_MAX 1e6
#define SAME_SPOT_MM 1e-3 /* spots are set in tenths of a millimetre */
#define ANY "any"
#define NO_MATCH SIZE_MAX

struct zone {
	char name[LIMIT_NAME_MAX];
	size_t zone_class;
};

struct class {
	char name[LIMIT_NAME_MAX];
	size_t parent; /* always an earlier one; NO_MATCH: none */
};

struct mode {
	char device_mode[LIMIT_NAME_MAX], modality[LIMIT_NAME_MAX];
	double nm_min, nm_max;       /* NAN: any */
	bool for_pattern, fractional;
	size_t mode_class;
};

struct limits {
	struct limit_row row[LIMIT_ROWS_MAX];
	size_t rows;
	struct zone zone[ZONES_MAX];
	size_t zones;
	struct class zone_class[CLASSES_MAX], mode_class[CLASSES_MAX];
	size_t zone_classes, mode_classes;
	struct mode mode[MODES_MAX];
	size_t modes;
	char open[OPEN_MAX][LIMIT_NAME_MAX]; /* quantities without a number on file yet */
	size_t opens;
};

/* --- reading ---------------------------------------------------------------------------------------- */

static size_t find_class(const struct class *classes, size_t count, const char *name)
{
	for (size_t i = 0; name != NULL && i < count; i++)
		if (strcmp(classes[i].name, name) == 0)
			return i;
	return NO_MATCH;
}

/* A class with its fallback, which must stand before it: so chains end. */
static enum status read_class(const struct json_at *at, const char *name_key, const char *parent_key,
                              struct class *classes, size_t *count, struct fail *why)
{
	char parent[LIMIT_NAME_MAX];
	bool present = false;
	if (*count == CLASSES_MAX)
		return json_refuse(at, ST_FULL, why, "is one class more than the %d there may be", CLASSES_MAX);
	struct class *class = &classes[*count];
	class->parent = NO_MATCH;
	enum status status = json_string(at, name_key, class->name, sizeof(class->name), NULL, why);
	if (status == ST_OK)
		status = json_string(at, parent_key, parent, sizeof(parent), &present, why);
	if (status != ST_OK)
		return status;
	if (strcmp(class->name, ANY) == 0 || find_class(classes, *count, class->name) != NO_MATCH)
		return json_refuse(at, ST_INPUT, why, "names class '%s' twice, or 'any'", class->name);
	if (present && (class->parent = find_class(classes, *count, parent)) == NO_MATCH)
		return json_refuse(at, ST_INPUT, why, "falls back to '%s', which must be listed before it", parent);
	(*count)++;
	return ST_OK;
}

/* Zones are compared without case, and '_' and '-' count as blanks. */
static bool same_zone(const char *a, const char *b)
{
	for (; *a != '\0' || *b != '\0'; a++, b++) {
		char x = *a == '_' || *a == '-' ? ' ' : *a, y = *b == '_' || *b == '-' ? ' ' : *b;
		if (x >= 'A' && x <= 'Z')
			x = (char)(x - 'A' + 'a');
		if (y >= 'A' && y <= 'Z')
			y = (char)(y - 'A' + 'a');
		if (x != y)
			return false;
	}
	return true;
}

static const struct zone *find_zone(const struct limits *limits, const char *name)
{
	for (size_t i = 0; name != NULL && i < limits->zones; i++)
		if (same_zone(limits->zone[i].name, name))
			return &limits->zone[i];
	return NULL;
}

static enum status read_zones(struct limits *limits, const struct json_at *at, struct fail *why)
{
	struct json_at list, item = {0};
	enum status status = json_member(at, "zones", JSON_ARRAY, &list, NULL, why);
	while (status == ST_OK && json_array_each(&list, &item)) {
		if (limits->zones == ZONES_MAX)
			return json_refuse(&item, ST_FULL, why, "is one zone more than the %d there may be", ZONES_MAX);
		struct zone *zone = &limits->zone[limits->zones];
		status = json_string_at(&item, zone->name, sizeof(zone->name), why);
		if (status == ST_OK && find_zone(limits, zone->name) != NULL)
			return json_refuse(&item, ST_INPUT, why, "names zone '%s' twice", zone->name);
		zone->zone_class = limits->zone_classes - 1;
		limits->zones++;
	}
	return status;
}

static enum status read_zone_class(struct limits *limits, const struct json_at *at, struct fail *why)
{
	static const char *const keys[] = {"zone_class", "falls_back_to", "zones", NULL};
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = read_class(at, "zone_class", "falls_back_to", limits->zone_class, &limits->zone_classes, why);
	return status == ST_OK ? read_zones(limits, at, why) : status;
}

static enum status read_mode_class(struct limits *limits, const struct json_at *at, struct fail *why)
{
	static const char *const keys[] = {"mode_class", "parent", NULL};
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = read_class(at, "mode_class", "parent", limits->mode_class, &limits->mode_classes, why);
	return status;
}

static enum status read_optional(const struct json_at *at, const char *key, const char *unit, double *out,
                                 struct fail *why)
{
	bool present = false;
	*out = (double)NAN;
	return json_number_in(at, key, 0.0, LIMIT_VALUE_MAX, unit, out, &present, why);
}

static enum status read_mode(struct limits *limits, const struct json_at *at, struct fail *why)
{
	static const char *const keys[] = {"device_mode", "modality", "nm_min", "nm_max", "fractional",
	                                   "mode_class", NULL};
	char class[LIMIT_NAME_MAX];
	bool named = false, of_modality = false;
	if (limits->modes == MODES_MAX)
		return json_refuse(at, ST_FULL, why, "is one entry more than the %d there may be", MODES_MAX);
	struct mode *mode = &limits->mode[limits->modes++];
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_string(at, "device_mode", mode->device_mode, sizeof(mode->device_mode), &named, why);
	if (status == ST_OK)
		status = json_string(at, "modality", mode->modality, sizeof(mode->modality), &of_modality, why);
	if (status == ST_OK)
		status = read_optional(at, "nm_min", "nm", &mode->nm_min, why);
	if (status == ST_OK)
		status = read_optional(at, "nm_max", "nm", &mode->nm_max, why);
	if (status == ST_OK)
		status = json_bool(at, "fractional", &mode->fractional, &mode->for_pattern, why);
	if (status == ST_OK)
		status = json_string(at, "mode_class", class, sizeof(class), NULL, why);
	if (status != ST_OK)
		return status;
	mode->mode_class = find_class(limits->mode_class, limits->mode_classes, class);
	if (mode->mode_class == NO_MATCH)
		return json_refuse(at, ST_INPUT, why, "has mode class '%s', which is not listed", class);
	if (named == of_modality)
		return json_refuse(at, ST_INPUT, why, "wants device_mode or modality, one of them");
	return ST_OK;
}

static enum status read_by_type(const struct json_at *at, struct limit_row *row, struct fail *why)
{
	struct json_at item = {0};
	if (json_count(at) == 0)
		return json_refuse(at, ST_INPUT, why, "has no skin type");
	while (json_object_each(at, &item)) {
		int type = safety_fitzpatrick(item.key);
		if (type == 0)
			return json_refuse(&item, ST_INPUT, why, "is no skin type; use I to VI");
		enum status status = json_number_at(&item, 0.0, LIMIT_VALUE_MAX, row->unit, &row->value[type - 1], why);
		if (status != ST_OK)
			return status;
	}
	return ST_OK;
}

static enum status read_factor(const struct json_at *at, struct limit_row *row, struct fail *why)
{
	enum status status = json_string(at, "of_zone", row->of_zone, sizeof(row->of_zone), NULL, why);
	return status == ST_OK ? json_number_in(at, "factor", 0.0, 1.0, "", &row->factor, NULL, why) : status;
}

static enum status read_all(const struct json_at *at, struct limit_row *row, struct fail *why)
{
	double value = 0.0;
	enum status status = json_number_in(at, "all", 0.0, LIMIT_VALUE_MAX, row->unit, &value, NULL, why);
	row->all = true;
	for (int i = 0; i < FITZPATRICK_TYPES; i++)
		row->value[i] = value;
	return status;
}

static enum status read_values(const struct json_at *at, struct limit_row *row, struct fail *why)
{
	struct json_at by_fitz, all, of_zone;
	bool types = json_find(at, "by_fitz", &by_fitz), one = json_find(at, "all", &all);
	bool factor = json_find(at, "of_zone", &of_zone);
	for (int i = 0; i < FITZPATRICK_TYPES; i++)
		row->value[i] = (double)NAN;
	if ((int)types + (int)one + (int)factor != 1)
		return json_refuse(at, ST_INPUT, why, "wants one of by_fitz, all, of_zone with factor");
	if (factor)
		return read_factor(at, row, why);
	return one ? read_all(at, row, why) : read_by_type(&by_fitz, row, why);
}

static enum status read_restrictions(const struct json_at *at, struct limit_row *row, struct fail *why)
{
	enum status status = read_optional(at, "nm_min", "nm", &row->nm_min, why);
	if (status == ST_OK)
		status = read_optional(at, "nm_max", "nm", &row->nm_max, why);
	if (status == ST_OK)
		status = read_optional(at, "spot_mm", "mm", &row->spot_mm, why);
	if (status == ST_OK && isnan(row->nm_min) != isnan(row->nm_max))
		return json_refuse(at, ST_INPUT, why, "wants nm_min and nm_max together");
	return status;
}

static enum status read_provenance(const struct json_at *at, struct limit_row *row, struct fail *why)
{
	bool present = false;
	enum status status = safety_origin(at, row->origin, sizeof(row->origin), why);
	if (status == ST_OK)
		status = safety_confidence(at, row->confidence, sizeof(row->confidence), why);
	if (status == ST_OK)
		status = safety_sources(at, row->source, sizeof(row->source), why);
	if (status == ST_OK)
		status = json_string(at, "note", row->note, sizeof(row->note), &present, why);
	return status;
}

static enum status read_key(const struct json_at *at, struct limit_row *row, struct fail *why)
{
	enum status status = json_string(at, "quantity", row->quantity, sizeof(row->quantity), NULL, why);
	if (status == ST_OK)
		status = json_string(at, "mode_class", row->mode_class, sizeof(row->mode_class), NULL, why);
	if (status == ST_OK)
		status = json_string(at, "zone", row->zone, sizeof(row->zone), NULL, why);
	if (status == ST_OK)
		status = json_string(at, "indication", row->indication, sizeof(row->indication), NULL, why);
	if (status == ST_OK)
		status = json_string(at, "unit", row->unit, sizeof(row->unit), NULL, why);
	return status;
}

static bool same_or_both_nan(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static bool same_key(const struct limit_row *a, const struct limit_row *b)
{
	return strcmp(a->quantity, b->quantity) == 0 && strcmp(a->mode_class, b->mode_class) == 0 &&
	       strcmp(a->zone, b->zone) == 0 && strcmp(a->indication, b->indication) == 0 &&
	       same_or_both_nan(a->nm_min, b->nm_min) && same_or_both_nan(a->spot_mm, b->spot_mm);
}

static bool zone_listed(const struct limits *limits, const char *name)
{
	return strcmp(name, ANY) == 0 || find_class(limits->zone_class, limits->zone_classes, name) != NO_MATCH;
}

static enum status check_row(const struct limits *limits, const struct limit_row *row, const struct json_at *at,
                             struct fail *why)
{
	if (!zone_listed(limits, row->zone))
		return json_refuse(at, ST_INPUT, why, "has zone class '%s', which is not listed", row->zone);
	if (row->of_zone[0] != '\0' && (!zone_listed(limits, row->of_zone) || strcmp(row->of_zone, row->zone) == 0))
		return json_refuse(at, ST_INPUT, why, "takes a factor of zone '%s', which cannot be", row->of_zone);
	if (strcmp(row->mode_class, ANY) != 0 &&
	    find_class(limits->mode_class, limits->mode_classes, row->mode_class) == NO_MATCH)
		return json_refuse(at, ST_INPUT, why, "has mode class '%s', which is not listed", row->mode_class);
	return ST_OK;
}

/* The next row, read and checked but not yet counted. */
static enum status read_next_row(struct limits *limits, const struct json_at *at, struct fail *why)
{
	static const char *const keys[] = {
		"quantity", "mode_class", "zone", "indication", "by_fitz", "all", "of_zone", "factor", "nm_min",
		"nm_max", "spot_mm", "unit", "origin", "source", "conf", "note", NULL,
	};
	if (limits->rows == LIMIT_ROWS_MAX)
		return json_refuse(at, ST_FULL, why, "is one row more than the %d there may be", LIMIT_ROWS_MAX);
	struct limit_row *row = &limits->row[limits->rows];
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = read_key(at, row, why);
	if (status == ST_OK)
		status = read_restrictions(at, row, why);
	if (status == ST_OK)
		status = read_values(at, row, why);
	if (status == ST_OK)
		status = read_provenance(at, row, why);
	return status == ST_OK ? check_row(limits, row, at, why) : status;
}

static size_t find_key(const struct limits *limits, const struct limit_row *row)
{
	for (size_t i = 0; i < limits->rows; i++)
		if (same_key(&limits->row[i], row))
			return i;
	return NO_MATCH;
}

static enum status read_row(struct limits *limits, const struct json_at *at, struct fail *why)
{
	enum status status = read_next_row(limits, at, why);
	size_t same = status == ST_OK ? find_key(limits, &limits->row[limits->rows]) : NO_MATCH;
	if (same != NO_MATCH)
		return json_refuse(at, ST_INPUT, why, "repeats row %zu", same + 1);
	limits->rows += status == ST_OK;
	return status;
}

static enum status read_open(struct limits *limits, const struct json_at *at, struct fail *why)
{
	static const char *const keys[] = {"quantity", "note", NULL};
	char note[240];
	if (limits->opens == OPEN_MAX)
		return json_refuse(at, ST_FULL, why, "is one quantity more than the %d there may be", OPEN_MAX);
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_string(at, "note", note, sizeof(note), NULL, why);
	if (status == ST_OK)
		status = json_string(at, "quantity", limits->open[limits->opens], LIMIT_NAME_MAX, NULL, why);
	limits->opens += status == ST_OK;
	return status;
}

static enum status read_list(struct limits *limits, const struct json_at *root, const char *key,
                             enum status (*read)(struct limits *, const struct json_at *, struct fail *),
                             struct fail *why)
{
	struct json_at list, item = {0};
	enum status status = json_member(root, key, JSON_ARRAY, &list, NULL, why);
	while (status == ST_OK && json_array_each(&list, &item))
		status = read(limits, &item, why);
	return status;
}

static enum status read_document(struct limits *limits, const struct json_at *root, struct fail *why)
{
	static const char *const keys[] = {"schema", "note", "zone_classes", "mode_classes", "modes", "open", "rows",
	                                   NULL};
	enum status status = json_schema(root, "lasertwin-limits/1", why);
	if (status == ST_OK)
		status = json_known_keys(root, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = read_list(limits, root, "zone_classes", read_zone_class, why);
	if (status == ST_OK)
		status = read_list(limits, root, "mode_classes", read_mode_class, why);
	if (status == ST_OK)
		status = read_list(limits, root, "modes", read_mode, why);
	if (status == ST_OK)
		status = read_list(limits, root, "open", read_open, why);
	if (status == ST_OK)
		status = read_list(limits, root, "rows", read_row, why);
	return status;
}

enum status limits_parse(const char *text, size_t length, const char *file, struct limits **out,
                         struct fail *why)
{
	struct json_doc *doc = NULL;
	enum status status = json_parse(file, text, length, &doc, why);
	if (status != ST_OK)
		return status;
	struct limits *limits = calloc(1, sizeof(*limits));
	struct json_at root = json_root(doc);
	status = limits != NULL ? read_document(limits, &root, why)
	                        : fail_set(why, ST_FULL, file, "no memory for the limits");
	json_free(&doc);
	if (status != ST_OK)
		limits_free(&limits);
	else
		*out = limits;
	return status;
}

/* --- a clinic's own rows ----------------------------------------------------------------------------- */

static enum status take_clinic_row(struct limits *limits, const struct json_at *at, const char *signature,
                                   struct fail *why)
{
	if (limits->rows < LIMIT_ROWS_MAX) /* a replaced row's texts may still lie there */
		memset(&limits->row[limits->rows], 0, sizeof(limits->row[0]));
	enum status status = read_next_row(limits, at, why);
	if (status != ST_OK)
		return status;
	struct limit_row *row = &limits->row[limits->rows];
	size_t same = find_key(limits, row);
	if (strcmp(row->origin, "CLINIC") != 0)
		return json_refuse(at, ST_INPUT, why, "has origin %s; a clinic's own rows have origin CLINIC", row->origin);
	(void)snprintf(row->note, sizeof(row->note), "%.200s", signature);
	if (same == NO_MATCH) {
		limits->rows++;
		return ST_OK;
	}
	const char *origin = limits->row[same].origin;
	if (strcmp(origin, "LABEL") == 0 || strcmp(origin, "STANDARD") == 0)
		return json_refuse(at, ST_DENIED, why, "would replace a row of origin %s (%s): the maker's label and the standards "
		                   "are not the clinic's to change; override single plans instead", origin, limits->row[same].source);
	limits->row[same] = *row;
	return ST_OK;
}

static enum status read_clinic(struct limits *limits, const struct json_at *root, struct fail *why)
{
	static const char *const keys[] = {"schema", "signed", "rows", NULL};
	struct json_at list, item = {0};
	char signature[SIGNATURE_TEXT_MAX];
	enum status status = json_schema(root, "lasertwin-clinic-limits/1", why);
	if (status == ST_OK)
		status = json_known_keys(root, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = signature_read(root, signature, why);
	if (status == ST_OK)
		status = json_member(root, "rows", JSON_ARRAY, &list, NULL, why);
	while (status == ST_OK && json_array_each(&list, &item))
		status = take_clinic_row(limits, &item, signature, why);
	return status;
}

enum status limits_overlay(struct limits *limits, const char *text, size_t length, const char *file, struct fail *why)
{
	struct json_doc *doc = NULL;
	enum status status = json_parse(file, text, length, &doc, why);
	if (status != ST_OK)
		return status;
	struct limits *changed = malloc(sizeof(*changed));
	if (changed == NULL)
		status = fail_set(why, ST_FULL, file, "no memory for the limits");
	else {
		struct json_at root = json_root(doc);
		*changed = *limits;
		status = read_clinic(changed, &root, why);
		if (status == ST_OK)
			*limits = *changed;
	}
	free(changed);
	json_free(&doc);
	return status;
}

void limits_free(struct limits **limits)
{
	if (limits == NULL)
		return;
	free(*limits);
	*limits = NULL;
}

/* --- look-up ---------------------------------------------------------------------------------------- */

/* How far up the chain of fallbacks a row's name is: 0 the class itself; "any" comes after all; NO_MATCH. */
static size_t chain_rank(const struct class *classes, size_t count, size_t from, const char *name)
{
	size_t rank = 0;
	if (strcmp(name, ANY) == 0)
		return count;
	for (; from != NO_MATCH; from = classes[from].parent, rank++)
		if (strcmp(classes[from].name, name) == 0)
			return rank;
	return NO_MATCH;
}

/* 0 the indication itself, 1 a family ("tattoo_*"), 2 any. */
static size_t indication_rank(const char *row, const char *indication)
{
	size_t length = strlen(row);
	if (strcmp(row, ANY) == 0)
		return 2;
	if (indication == NULL || length == 0)
		return NO_MATCH;
	if (row[length - 1] == '*')
		return strncmp(row, indication, length - 1) == 0 ? 1 : NO_MATCH;
	return strcmp(row, indication) == 0 ? 0 : NO_MATCH;
}

static bool restrictions_hold(const struct limit_row *row, const struct limit_query *query)
{
	if (!isnan(row->nm_min) && !(query->wavelength_nm >= row->nm_min && query->wavelength_nm <= row->nm_max))
		return false;
	return isnan(row->spot_mm) || fabs(query->spot_mm - row->spot_mm) <= SAME_SPOT_MM;
}

struct rank {
	size_t mode, zone, indication, general; /* general: 1 without restriction to wavelength or spot */
};

static bool rank_better(const struct rank *a, const struct rank *b)
{
	if (a->mode != b->mode)
		return a->mode < b->mode;
	if (a->zone != b->zone)
		return a->zone < b->zone;
	if (a->indication != b->indication)
		return a->indication < b->indication;
	return a->general < b->general;
}

static bool row_rank(const struct limits *limits, const struct limit_row *row, const struct limit_query *query,
                     size_t mode, size_t zone, struct rank *out)
{
	if (strcmp(row->quantity, query->quantity) != 0 || !restrictions_hold(row, query))
		return false;
	out->mode = chain_rank(limits->mode_class, limits->mode_classes, mode, row->mode_class);
	out->zone = chain_rank(limits->zone_class, limits->zone_classes, zone, row->zone);
	out->indication = indication_rank(row->indication, query->indication);
	out->general = isnan(row->nm_min) && isnan(row->spot_mm);
	return out->mode != NO_MATCH && out->zone != NO_MATCH && out->indication != NO_MATCH;
}

static const struct limit_row *find_row(const struct limits *limits, const struct limit_query *query)
{
	size_t mode = find_class(limits->mode_class, limits->mode_classes, query->mode_class);
	size_t zone = find_class(limits->zone_class, limits->zone_classes, query->zone_class);
	const struct limit_row *best = NULL;
	struct rank best_rank = {0}, rank;
	for (size_t i = 0; i < limits->rows; i++) {
		const struct limit_row *row = &limits->row[i];
		if (!row_rank(limits, row, query, mode, zone, &rank) ||
		    (best != NULL && !rank_better(&rank, &best_rank)))
			continue;
		best = row;
		best_rank = rank;
	}
	return best;
}

static double row_value(const struct limit_row *row, int type)
{
	if (row->all)
		return row->value[0];
	return type >= 1 && type <= FITZPATRICK_TYPES ? row->value[type - 1] : (double)NAN;
}

/* A factor row takes the value of another zone's row; that one must hold numbers, so this ends. */
static double factored_value(const struct limits *limits, const struct limit_row *row,
                             const struct limit_query *query)
{
	struct limit_query other = *query;
	other.zone_class = row->of_zone;
	const struct limit_row *of = find_row(limits, &other);
	return of != NULL && of->of_zone[0] == '\0' ? row->factor * row_value(of, query->effective_type) : (double)NAN;
}

struct limit_answer limits_lookup(const struct limits *limits, const struct limit_query *query)
{
	const struct limit_row *row = find_row(limits, query);
	struct limit_answer answer = {.value = (double)NAN};
	if (row == NULL)
		return answer;
	answer = (struct limit_answer){
		.row = true, .unit = row->unit, .origin = row->origin, .confidence = row->confidence,
		.source = row->source, .note = row->note,
		.value = row->of_zone[0] == '\0' ? row_value(row, query->effective_type)
		                                 : factored_value(limits, row, query),
	};
	answer.known = !isnan(answer.value);
	return answer;
}

bool limits_quantity_known(const struct limits *limits, const char *quantity)
{
	for (size_t i = 0; i < limits->rows; i++)
		if (strcmp(limits->row[i].quantity, quantity) == 0)
			return true;
	for (size_t i = 0; i < limits->opens; i++)
		if (strcmp(limits->open[i], quantity) == 0)
			return true;
	return false;
}

const char *limits_zone_class(const struct limits *limits, const char *zone)
{
	const struct zone *found = find_zone(limits, zone);
	return found != NULL ? limits->zone_class[found->zone_class].name : NULL;
}

const char *limits_zone_name(const struct limits *limits, size_t index)
{
	return index < limits->zones ? limits->zone[index].name : NULL;
}

static bool mode_fits(const struct mode *mode, const char *modality, double wavelength_nm, bool fractional)
{
	if (mode->device_mode[0] != '\0' || modality == NULL || strcmp(mode->modality, modality) != 0)
		return false;
	if (mode->for_pattern && mode->fractional != fractional)
		return false;
	return isnan(mode->nm_min) || (wavelength_nm >= mode->nm_min && wavelength_nm <= mode->nm_max);
}

const char *limits_mode_class_of(const struct limits *limits, const char *device_mode)
{
	for (size_t i = 0; device_mode != NULL && device_mode[0] != '\0' && i < limits->modes; i++)
		if (strcmp(limits->mode[i].device_mode, device_mode) == 0)
			return limits->mode_class[limits->mode[i].mode_class].name;
	return NULL;
}

const char *limits_mode_class(const struct limits *limits, const char *device_mode, const char *modality,
                              double wavelength_nm, bool fractional)
{
	const char *named = limits_mode_class_of(limits, device_mode);
	if (named != NULL)
		return named;
	for (size_t i = 0; i < limits->modes; i++)
		if (mode_fits(&limits->mode[i], modality, wavelength_nm, fractional))
			return limits->mode_class[limits->mode[i].mode_class].name;
	return NULL;
}

bool limits_mode_class_known(const struct limits *limits, const char *mode_class)
{
	return find_class(limits->mode_class, limits->mode_classes, mode_class) != NO_MATCH;
}

size_t limits_count(const struct limits *limits)
{
	return limits->rows;
}

const struct limit_row *limits_row(const struct limits *limits, size_t index)
{
	BUG_ON(index >= limits->rows);
	return &limits->row[index];
}
