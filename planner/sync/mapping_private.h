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

/* ---- mapping_pieces.c ---- */

void put_coding(struct json_out *out, const char *key, const char *naming, const char *code,
                const char *display);
void put_local_concept(struct json_out *out, const struct mapping *m, const char *key, const char *list,
                       const char *code, const char *display);
void put_reference(struct json_out *out, const char *key, const char *name);
void put_person(struct json_out *out, const struct mapping *m, const char *key, const char *login);
void put_quantity(struct json_out *out, const char *key, const struct quantity *q, int64_t micro);
void put_instant(struct json_out *out, const char *key, int64_t ms);
void put_identifier(struct json_out *out, const char *key, const char *naming, const char *value);
void resource_begin(struct json_out *out, const struct mapping *m, const struct sync_unit *unit,
                    const char *type, const char *name, bool is_virtual);
enum status resource_finish(struct json_out *out, struct sync_unit *unit, const char *type, const char *name,
                            bool update, struct fail *why) MUST_CHECK;
void put_record_extension(struct json_out *out, const struct mapping *m, const struct beside *row);
void put_attachment(struct json_out *out, const char *type, const char *bytes, size_t n, int64_t at_ms);
void put_document(struct json_out *out, const struct mapping *m, const char *code, const char *display,
                  const char *patient, int64_t at_ms, const char *author);
enum status parse_content(const char *json, size_t len, struct json_doc **doc, struct json_at *root,
                          struct fail *why) MUST_CHECK;
void put_list_reference(struct json_out *out, const char *key, const char *name);

/* ---- mapping_device.c ---- */

/* By the server's name for it where it has one, and by ours. */
void put_device(struct json_out *out, const struct mapping *m, const char *key,
                const struct mapping_device *device);
/* name: our identifier of it. */
enum status mapping_device_read(const struct mapping *m, const struct json_at *root, const char *name,
                                struct mapped *out, struct fail *why) MUST_CHECK;

#endif
