/* A station's synchronisation as a whole: settings, line, store and engine under one lock. */
#ifndef LASERTWIN_SYNC_SERVICE_H
#define LASERTWIN_SYNC_SERVICE_H

#include "planner/sync/guard.h"
#include "planner/sync/http.h"
#include "planner/sync/station.h"

#define SERVICE_TEXT_MAX 512
#define SERVICE_FILE "sync.json" /* in the folder of the records */
#define SERVICE_KEY_FILE "station.key"

/* What the clinic's administrator enters once; "" where there is none. */
struct service_settings {
	char base[SERVICE_TEXT_MAX], local[SERVICE_TEXT_MAX], ca_file[SERVICE_TEXT_MAX],
	        pins[SERVICE_TEXT_MAX], client_cert[SERVICE_TEXT_MAX], client_key[SERVICE_TEXT_MAX],
	        token_url[SERVICE_TEXT_MAX], client_id[SERVICE_TEXT_MAX], key_id[SERVICE_TEXT_MAX],
	        key_file[SERVICE_TEXT_MAX], scope[SERVICE_TEXT_MAX],
	        reply_s[SERVICE_TEXT_MAX]; /* what one answer may take in all, "60"; "": the line's default */
};

/* ST_NOT_FOUND: not set up. */
enum status service_settings_load(const char *home, struct service_settings *out,
                                  struct fail *why) MUST_CHECK;
/* Replaces the file, mode 0600, whole or not at all. */
enum status service_settings_save(const char *home, const struct service_settings *settings,
                                  struct fail *why) MUST_CHECK;
struct http_options service_http(const struct service_settings *settings, const atomic_bool *cancel);

struct service;

struct service_options {
	const char *home;
	struct store *store; /* borrowed; unlocked */
	int64_t (*now_ms)(void);
	const atomic_bool *cancel;                                          /* may be NULL */
	bool (*go_on)(void *context, const struct sync_progress *progress); /* may be NULL */
	void *context;
	struct sync_gate gate; /* of the store, where other threads use it too; else zero */
};

/* ST_CONFLICT: another program synchronises these records at this moment. */
enum status service_open(const struct service_options *options, struct service **out,
                         struct fail *why) MUST_CHECK;
void service_close(struct service **service);
/* One round and what follows from it. *applied counts rows that waited and could be taken now. */
enum status service_round(struct service *service, struct sync_outcome *outcome, size_t *applied,
                          struct fail *why) MUST_CHECK;
void service_reconcile(struct service *service);
struct station *service_station(struct service *service); /* borrowed */

/* ---- the connection, step by step ---- */

enum service_step { STEP_SETTINGS, STEP_TLS, STEP_FHIR, STEP_CAPABILITY, STEP_TOKEN, STEP_READ, STEP_STEPS };
const char *service_step_name(enum service_step step);
/* Called for every step that was made: st tells how it went, text says what was found or what to do. */
typedef void (*service_tell)(void *context, enum service_step step, enum status st, const char *text);
/* Stops at the first step that fails. */
enum status service_test(const struct service_settings *settings, service_tell tell, void *context,
                         struct fail *why) MUST_CHECK;

#endif
