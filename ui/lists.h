/* Where the screens that are lists come from: the open records and the library. */
#ifndef LASERTWIN_UI_LISTS_H
#define LASERTWIN_UI_LISTS_H

#include "planner/plan/correct.h"
#include "planner/plan/united.h"
#include "planner/plan/versions.h"
#include "planner/plan/visits.h"
#include "planner/store/person.h"
#include "ui/action.h"
#include "ui/listing.h"

#define LIST_NOBODY SIZE_MAX

/* What a list is asked about. */
struct list_request {
	char patient[UUID_TEXT_SIZE];  /* "": the one of patient_index, if any */
	size_t patient_index;          /* in the worklist; LIST_NOBODY */
	const struct request *request; /* what is planned for now; NULL: nothing. Borrowed */
	/* Differences: of two versions of a plan, or of two plans (then version 0: the newest of each). */
	char plan[2][UUID_TEXT_SIZE];
	int64_t version[2];
	bool verify;    /* audit: with what verifying found */
	int64_t before; /* audit: entries before this one; 0: the latest */
};

/* What an administrator does with people; each with their own secret again. */
enum people_move { PEOPLE_ADD, PEOPLE_ROLES, PEOPLE_DISABLE, PEOPLE_SECRET };
struct people_input {
	enum people_move move;
	const char *login, *name, *roles, *fresh, *own; /* NULL: not asked. Borrowed */
};

/* Of whom: as struct list_request says. settle: by whom, as for a conflict of synchronisation. */
struct answers_input {
	const char *const *decision; /* "keloid=no" */
	size_t decisions;
	const char *reason, *login, *secret; /* borrowed */
};

struct app_lists {
	void *context;
	/* A correction of who a patient is (planner/plan/correct.h): what it would do, and with confirm not NULL, done. May
	 * be NULL, likewise the next two. */
	enum status (*correct)(void *context, const char *patient, const struct correction *correction,
	                       const struct correction_confirm *confirm, struct correction_effect *effect, struct fail *why);
	/* What stations were told differently of a patient, and settling it. */
	enum status (*answers)(void *context, const char *patient, struct united *out, struct fail *why);
	enum status (*settle_answers)(void *context, const char *patient, const struct answers_input *input,
	                              struct fail *why);
	/* OR of enum person_role, of whoever is logged in. */
	unsigned (*roles)(void *context);
	enum status (*people)(void *context, const struct people_input *input, struct fail *why);
	/* One's own secret, by whoever is logged in. May be NULL. */
	enum status (*own_secret)(void *context, const char *old, const char *fresh, struct fail *why);
	/* A patient's record into a new file, entered in the audit. May be NULL. */
	enum status (*record)(void *context, size_t patient_index, const char *path, struct fail *why);
	/* Verifying the audit in pieces of a few ms: begins it, or does the next piece. *done: it has ended, whatever it
	 * found; lists read with verify say what. */
	enum status (*verify)(void *context, bool begin, double *done_frac, bool *done, struct fail *why);
	void (*verify_stop)(void *context); /* lists say up to where it held; harmless without one */
	/* Gives a listing to free. ST_DENIED: not for whoever is logged in. */
	enum status (*read)(void *context, enum screen screen, const struct list_request *request, struct listing **out,
	                    struct fail *why);
};

struct list_verifying {
	struct store_audit_check *check; /* NULL: none runs. Owned */
	bool begun, stopped;
	struct store_audit_found found;
	struct fail fault;
};

/* On the open records. */
struct lists {
	struct clinic *clinic;         /* borrowed */
	const struct library *lib; /* borrowed */
	int64_t (*now_ms)(void);
	const struct list_setting *setting; /* borrowed; what the program was started with */
	size_t settings;
	const char *config_path;
	bool config_read;
	struct list_verifying verifying;
};
/* Borrows lists, which must outlive it. */
struct app_lists lists_of(struct lists *lists);

/* --- the lists themselves (ui/lists/): pure, from data to a listing ------------------------------------------- */

/* now_ms: whether the day of the next treatment has come. request may be NULL. */
void list_course(struct listing *listing, const struct visits *visits, const struct library *library,
                 const struct request *request, int64_t now_ms);
void list_difference(struct listing *listing, const struct difference *difference);

void list_station(struct listing *listing, unsigned roles);

#define LIST_AUDIT_PART 1000 /* entries in the list at once */
struct list_audit {
	struct store_audit_head head;
	size_t count;
	const struct store_audit *entry; /* by number, a part of them */
	const char *rolled_back;         /* NULL: the anchor agrees */
	bool verified, stopped; /* stopped: before the end */
	struct store_audit_found found; /* when verified and fault.code is ST_OK */
	struct fail fault;
};
void list_audit(struct listing *listing, const struct list_audit *audit);
int64_t list_audit_named(const struct fail *fault); /* the entry that a fault is about; 0: none */

#define LIST_PEOPLE_STATE 3 /* the column that says who may log in */
#define LIST_PEOPLE_DISABLED "DISABLED"
/* own: the login of whoever looks. */
void list_people(struct listing *listing, const struct store_person_list *people, const char *own);

/* The last output check of each mode. */
struct list_check {
	char device_mode[STORE_DEVICE_MAX + 1], unit[32];
	int64_t at_ms;
	double set, measured;
};
#define LIST_CHECKS_MAX 128
struct list_checks {
	size_t count;
	struct list_check check[LIST_CHECKS_MAX];
};
/* One line: what the profile does not say of a mode itself. */
struct list_profile {
	size_t protocols;
	const char *digest;
	const struct list_check *check; /* NULL: none on record */
};
void list_profiles_begin(struct listing *listing);
void list_profile(struct listing *listing, const struct device *device, const struct device_mode *mode,
                  const struct list_profile *more);
void list_profiles(struct listing *listing, const struct library *library, const struct list_checks *checks);

struct list_library {
	const char *name, *version, *licence, *use;
};
void list_about(struct listing *listing, const struct library *library, const struct list_library *linked,
                size_t count);

struct list_setting {
	const char *name, *value, *words, *help; /* value "": as by default */
};
void list_settings(struct listing *listing, const struct list_setting *setting, size_t count, const char *path,
                   bool file_there);

#endif
