/* Which lasers, handpieces and stations the clinic has, as far as its plans and treatments have named them: records of
 * no patient, kind "device", subject the thing's name, content lasertwin-device-record/1 in the canonical form.
 *
 * The name follows from what identifies a thing (profile or mode, and serial numbers once a treatment read them from
 * the labels; a station has its own), so that two stations which meet the same laser name it alike. Content changes by
 * a further record; the latest one counts.
 */
#ifndef LASERTWIN_PLAN_INVENTORY_H
#define LASERTWIN_PLAN_INVENTORY_H

#include "devices/device.h"
#include "planner/store/record.h"

#define INVENTORY_KIND "device"
#define INVENTORY_TEXT_MAX 64

enum inventory_class { INVENTORY_HANDPIECE, INVENTORY_LASER, INVENTORY_STATION, INVENTORY_CLASSES };
const char *inventory_class_name(enum inventory_class thing);

struct inventory_device {
	char uuid[UUID_TEXT_SIZE]; /* its name, everywhere */
	enum inventory_class thing;
	char code[STORE_DEVICE_MAX + 1];     /* "fraxel_dual", "fraxel_dual.1927"; of a station "lasertwin" */
	char name[INVENTORY_TEXT_MAX];       /* of the model; of a station what people call it */
	char maker[INVENTORY_TEXT_MAX];      /* "": not known */
	char serial[INVENTORY_TEXT_MAX];     /* "": the model, whichever piece it is */
	char version[INVENTORY_TEXT_MAX];    /* of its software; "": not known */
	char parent[UUID_TEXT_SIZE];         /* of a handpiece: its laser; else "" */
	int64_t wavelength_pm;               /* 0: none */
};

/* The laser and the handpiece of a mode; serials may be "". Pure. */
void inventory_of_mode(const struct device *device, const struct device_mode *mode, const char *serial,
                       const char *handpiece_serial, struct inventory_device *laser,
                       struct inventory_device *handpiece);
/* The name of a laser ("fraxel_dual") or handpiece ("fraxel_dual.1927"). */
void inventory_name(enum inventory_class thing, const char *code, const char *serial, const char *handpiece_serial,
                    char uuid[UUID_TEXT_SIZE]);

/* As a record's content, to free; and back. ST_INPUT, ST_RANGE: not such a record, by field. */
enum status inventory_text(const struct inventory_device *device, char **text, size_t *n, struct fail *why) MUST_CHECK;
enum status inventory_read(const char *text, size_t n, struct inventory_device *out, struct fail *why) MUST_CHECK;

/* The latest of that name. ST_NOT_FOUND: never met. */
enum status inventory_find(struct store *store, const char *uuid, struct inventory_device *out,
                           struct fail *why) MUST_CHECK;
/* Adds a record where nothing equal stands; the first one bears the thing's own name. Inside the caller's group. */
enum status inventory_keep(struct store *store, const struct inventory_device *device,
                           const struct store_stamp *stamp, struct fail *why) MUST_CHECK;
/* Laser and handpiece of a mode. */
enum status inventory_keep_mode(struct store *store, const struct device *device, const struct device_mode *mode,
                                const char *serial, const char *handpiece_serial, const struct store_stamp *stamp,
                                struct fail *why) MUST_CHECK;

#endif
