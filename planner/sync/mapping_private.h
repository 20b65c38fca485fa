#ifndef LASERTWIN_SYNC_MAPPING_PRIVATE_H
#define LASERTWIN_SYNC_MAPPING_PRIVATE_H

#include "planner/sync/json_out.h"
#include "planner/sync/mapping.h"

#define RECORD_URL "/StructureDefinition/lasertwin-record"
#define PLAN_NAME_PATH "/plan-version"
#define RECORD_SCHEMA "lasertwin-sync/1"
#define UCUM "http://unitsofmeasure.org"

/* The row as it was written, to the byte (mapping_row.c). To free. */
struct beside {
	char *text;
	size_t len;
};
enum status beside_readings(const struct store_readings *row, struct beside *out,
                            struct fail *why) MUST_CHECK;
enum status beside_twin(const struct store_twin *row, struct beside *out, struct fail *why) MUST_CHECK;
enum status beside_plan(const struct store_plan *row, struct beside *out, struct fail *why) MUST_CHECK;
enum status beside_event(const struct store_plan_event *row, struct beside *out, struct fail *why) MUST_CHECK;
enum status beside_record(const struct store_record *row, struct beside *out, struct fail *why) MUST_CHECK;
enum status beside_read(const char *text, size_t len, struct mapped *out, struct fail *why) MUST_CHECK;

/* A quantity of the planner as the wire says it. */
struct quantity {
	const char *key, *code, *display, *ucum, *unit;
};
extern const struct quantity reading_quantities[];            /* key NULL ends */
bool setting_quantity(const char *key, struct quantity *out); /* texts are the program's own */

/* Numbers of a JSON object by key, as micro-units; false when absent, no number, or not exact in micro-units.
 */
struct json_at;
bool number_micro(const struct json_at *object, const char *key, int64_t *micro);

#endif
