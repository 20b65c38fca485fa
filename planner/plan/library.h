/* The library: every profile the planner works from, loaded once from a folder of data.
 *
 * devices/ (what devices can do), safety/ (rules, limits, drugs, sources), protocols/ (endpoints by
 * indication and device mode). A file that does not parse stops the load with its name, field and
 * remedy: a planner with half its rules is more dangerous than none.
 */
#ifndef LASERTWIN_LIBRARY_H
#define LASERTWIN_LIBRARY_H

#include <stddef.h>

#include "physics/base/status.h"
#include "planner/fit/predict.h"

struct device;
struct device_mode;
struct ruleset;
struct pih_series;
struct published; /* planner/plan/published.h */

#define PROTOCOL_GOALS_MAX 3

struct protocol_goal {
	enum metric metric;
	char at[4]; /* "p05" or "p50": where on the twin's spread the goal is asked */
	double min, max; /* max INFINITY where only the least is asked */
	char source[96];
	char origin[16]; /* LITERATURE, DESIGN, ... */
};

#define PROTOCOL_CLASSES_MAX 6

/* How one indication is treated with one device mode, or with every mode of some classes (device_mode then
 * empty) whose wavelength lies within nm_min..nm_max. */
struct protocol {
	char id[32], indication[48], device_mode[48];
	size_t classes;
	char mode_class[PROTOCOL_CLASSES_MAX][32];
	double nm_min, nm_max; /* 0, INFINITY: any, radiofrequency too */
	size_t goals; /* all must be met */
	struct protocol_goal goal[PROTOCOL_GOALS_MAX];
	struct target target;
	double passes; /* usual; 0: not given */
	double interval_days, visits;
	char endpoint[160];  /* what the operator sees: "slight whitening" */
	char published[320]; /* settings and outcome with source */
	char evidence[160];  /* what must be said of its strength; may be empty */
	char pih_series[64]; /* key of the published PIH series; may be empty */
};

struct library;

/* folder: the profiles directory. Reads files; everything after is pure. */
enum status library_load(const char *folder, struct library **out, struct fail *why) MUST_CHECK;
/* The same with what a clinic wrote itself laid over it, from a folder that need not be there: devices/<id>.json are
 * whole signed profiles that take the place of the shipped ones (so a locked profile is completed) or are added;
 * limits.json are signed rows (see limits_overlay). All of it enters the digest. */
enum status library_load_for_clinic(const char *folder, const char *clinic_folder, struct library **out,
                                    struct fail *why) MUST_CHECK;
void library_free(struct library **library);

size_t library_device_count(const struct library *library);
const struct device *library_device(const struct library *library, size_t index);
/* "ultrapulse.deepfx" -> device and mode; ST_NOT_FOUND lists what there is. */
enum status library_find_mode(const struct library *library, const char *device_mode,
                              const struct device **device, const struct device_mode **mode,
                              struct fail *why) MUST_CHECK;
/* Refuses an indication or a zone that neither protocols, clearances nor limits know: a slip of the pen there
 * would pass by every rule made for it. Names the nearest known one. */
enum status library_check_indication(const struct library *library, const char *indication,
                                     struct fail *why) MUST_CHECK;
enum status library_check_zone(const struct library *library, const char *zone, struct fail *why) MUST_CHECK;
const struct ruleset *library_rules(const struct library *library);
/* The one written for this very mode, else the one for its class; NULL: none. */
const struct protocol *library_protocol(const struct library *library, const char *indication,
                                        const char *device_mode);
/* Published PIH of a protocol's series; NULL: none on file. */
const struct pih_series *library_pih(const struct library *library, const struct protocol *protocol);
/* The goal's quantity where it counts (5th percentile or median), and whether it, or every goal, is met. */
double protocol_goal_value(const struct protocol_goal *goal, const struct prediction *prediction);
bool protocol_goal_met(const struct protocol_goal *goal, const struct prediction *prediction);
bool protocol_met(const struct protocol *protocol, const struct prediction *prediction);
size_t library_protocol_count(const struct library *library);
const struct protocol *library_protocol_at(const struct library *library, size_t index);
/* Published settings, in file order. */
size_t library_published_count(const struct library *library);
const struct published *library_published_at(const struct library *library, size_t index);
/* Digest (hex) of every file read, in name order: part of every plan. */
const char *library_digest(const struct library *library);
/* Likewise of rules, limits, drugs and protocols alone, and of one device's profile (NULL: no such device):
 * an approval is bound to these. */
const char *library_rules_digest(const struct library *library);
const char *library_device_digest(const struct library *library, const char *device_id);

#endif
