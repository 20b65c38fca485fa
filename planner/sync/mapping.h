/* Planner rows as FHIR R4 resources, and back.
 *
 *   patient            Patient
 *   readings           Observation panel: a component for each quantity
 *   twin version       DocumentReference "skin-twin"
 *   plan version       DocumentReference "plan" + ServiceRequest + DeviceRequest + CarePlan (one unit)
 *   change of state    Provenance, with the changed CarePlan, ServiceRequest, DeviceRequest, Task; an
 *                      approval adds the signed bytes as a DocumentReference and their JWS as the Provenance's
 *                      signature; a treatment that ended adds its Procedure
 *   record             DocumentReference "record-KIND" (of no patient: output checks and faults of consoles, which
 *                      count at every station); an adverse event also as AdverseEvent, a follow-up also as
 *                      Observation, both of the Procedure
 *   device (a record)  Device: laser, handpiece (parent: its laser), station; named by orders, Procedures,
 *                      Provenance, readings and the audit
 *   audit entry        AuditEvent, numbered
 *
 * What others should read stands in R4's own elements: UCUM units, checked codes, decimals from scaled
 * integers. What a station of ours must get back to the byte (content is signed and digested) travels beside
 * it, as the row's record in base64: servers rewrite decimals and order, but not that. On arrival the record
 * counts, and it is taken only when it says the same as the elements around it.
 *
 * Codes: LOINC 66555-4 and SNOMED CT as in fhir.md section 3.2; everything else is local, below `local`.
 * Units are those NLM's UCUM checker accepts (tests/sync). Pure.
 */
#ifndef LASERTWIN_SYNC_MAPPING_H
#define LASERTWIN_SYNC_MAPPING_H

#include "planner/plan/inventory.h"
#include "planner/sync/engine.h"

#define MAPPING_SYSTEM_MAX 120

struct mapping {
	char local[MAPPING_SYSTEM_MAX];        /* "https://clinic.example/fhir": the clinic's own namespace */
	char id_system[MAPPING_SYSTEM_MAX];    /* local + "/sync-id" */
	char write_system[MAPPING_SYSTEM_MAX]; /* local + "/write-id" */
	char mrn_system[MAPPING_SYSTEM_MAX];   /* local + "/mrn" */
};
/* ST_INPUT: no http(s) address, or too long. */
enum status mapping_init(struct mapping *mapping, const char *local, struct fail *why) MUST_CHECK;

/* The names of what has none of its own: of a twin or plan version, its parts, its events. The same
 * everywhere, so that two stations making the same thing meet. */
enum mapping_part {
	PART_TWIN,
	PART_PLAN,
	PART_SERVICE,
	PART_DEVICE,
	PART_CAREPLAN,
	PART_TASK,
	PART_EVENT,
	PART_PAYLOAD,
	PART_ADVERSE,
	PART_AUDIT,
	PART_UNIT,
	PART_PROCEDURE, /* new ones go to the end: names are made from the number */
	PART_AFTER,
	PARTS
};
void mapping_name(const char *uuid, int64_t version, int64_t ordinal, enum mapping_part part,
                  char name[UUID_TEXT_SIZE]);

/* A Device that a resource names. is_there: it has a place on the server, or will have one before this is sent;
 * otherwise it is named by its identifier alone. uuid "": not known. */
struct mapping_device {
	char uuid[UUID_TEXT_SIZE];
	bool is_there;
};
/* Who writes, what was ordered (the model of a handpiece), and what was used: the very pieces where their labels were
 * read. */
struct mapping_parties {
	struct mapping_device station, ordered, laser, handpiece;
	bool revoked; /* the plan was, whatever was done with it since: its orders stay so */
};

/* Each adds entries to unit, whose uuid names the write. Bodies are the unit's to free. */
enum status mapping_patient(const struct mapping *m, const struct store_patient *row, bool update,
                            struct sync_unit *unit, struct fail *why) MUST_CHECK;
enum status mapping_readings(const struct mapping *m, const struct mapping_parties *parties,
                             const struct store_readings *row, struct sync_unit *unit, struct fail *why) MUST_CHECK;
enum status mapping_twin(const struct mapping *m, const struct store_twin *row, struct sync_unit *unit,
                         struct fail *why) MUST_CHECK;
enum status mapping_plan(const struct mapping *m, const struct mapping_parties *parties, const struct store_plan *row,
                         struct sync_unit *unit, struct fail *why) MUST_CHECK;
enum status mapping_event(const struct mapping *m, const struct mapping_parties *parties,
                          const struct store_plan *plan, const struct store_plan_event *event,
                          struct sync_unit *unit, struct fail *why) MUST_CHECK;
enum status mapping_record(const struct mapping *m, const struct store_record *row, struct sync_unit *unit,
                           struct fail *why) MUST_CHECK;
/* What a record of kind "device" says, and its parent as the server knows it; update: its Device stands there. */
enum status mapping_device(const struct mapping *m, const struct inventory_device *device,
                           const struct mapping_device *parent, bool update, struct sync_unit *unit,
                           struct fail *why) MUST_CHECK;
enum status mapping_audit(const struct mapping *m, const struct mapping_parties *parties, const struct store_audit *row,
                          struct sync_unit *unit, struct fail *why) MUST_CHECK;

enum mapping_kind {
	MAPPED_NOTHING,
	MAPPED_PATIENT,
	MAPPED_READINGS,
	MAPPED_TWIN,
	MAPPED_PLAN,
	MAPPED_EVENT,
	MAPPED_RECORD,
	MAPPED_DEVICE, /* as a record */
	MAPPED_ORDER, /* what a DeviceRequest orders: to be compared with the plan, never kept */
	MAPPED_KINDS
};

/* A resource understood. json is owned by it and is the row's content. */
#define MAPPED_SETTINGS_MAX 64

struct mapped_order {
	char plan[UUID_TEXT_SIZE];
	int64_t version;
	size_t count;
	struct {
		char key[40], unit[16]; /* a parameter's code and its UCUM unit, as they stand there */
		int64_t micro;
	} parameter[MAPPED_SETTINGS_MAX];
};

struct mapped {
	enum mapping_kind
	        kind; /* MAPPED_NOTHING: sound, but not a thing we keep rows of (orders, tasks, audit) */
	union {
		struct store_patient patient;
		struct store_readings readings;
		struct store_twin twin;
		struct store_plan plan;
		struct store_plan_event event;
		struct store_record record;
		struct mapped_order order;
	};
	int64_t at_ms;                   /* the row's own time of writing */
	char actor[STORE_ACTOR_MAX + 1]; /* and its writer */
	char *json;
};

/* ST_INPUT, ST_RANGE: malformed, or the record and the elements around it differ (the reason says which). */
enum status mapping_read(const struct mapping *m, const char *body, size_t len, struct mapped *out,
                         struct fail *why) MUST_CHECK;
void mapped_clear(struct mapped *mapped);
/* Whether the order says what the plan's settings say, no more and no less. ST_INPUT names the parameter. */
enum status mapped_order_check(const struct mapped_order *order, const char *plan_json, size_t len,
                               struct fail *why) MUST_CHECK;

/* A Patient's update with what others wrote into the version it replaces (mapping_keep.c). The entry's body is
 * exchanged; after a failure it is as it was. ST_INPUT, ST_RANGE, ST_FULL: theirs cannot be read or carried over. */
enum status mapping_keep(const struct mapping *m, struct sync_entry *entry, const char *theirs, size_t len,
                         struct fail *why) MUST_CHECK;

/* CarePlan.status of a plan state. */
const char *mapping_status(const char *state);

/* The resource types pulled, referred-to first. */
extern const char *const mapping_types[];

#endif
