/* Two stations with real stores, and a server between them. */
#ifndef LASERTWIN_TESTS_SYNC_PAIR_H
#define LASERTWIN_TESTS_SYNC_PAIR_H

#include "physics/base/rng.h"
#include "planner/plan/approval.h"
#include "planner/sync/guard.h"
#include "planner/sync/station.h"
#include "tests/support/fake_fhir.h"
#include "tests/support/store_fixture.h"
#include "tests/support/temp_folder.h"

#define LOCAL "https://clinic.example/fhir"
#define READINGS                                                                                             \
	"{\"schema\":\"lasertwin-case/"                                                                      \
	"1\",\"patient\":{\"fitz\":\"III\",\"ita_deg\":34.25,\"mi_field\":210,\"tewl_g_m2_h\":9.8,\"site\":" \
	"\"cheek\"}}"
#define PLAN                                                                                                 \
	"{\"settings\":{\"energy_mJ\":12.5,\"density_pct\":10,\"passes\":1,\"rep_hz\":300},\"note\":"        \
	"\"\\u00e9\"}"

struct post {
	struct store *store;
	struct station *station;
	struct guarded guarded;
	struct sync_engine *engine;
	bool closed;
	char station_uuid[UUID_TEXT_SIZE];
};

struct pair {
	char folder[TEMP_PATH_SIZE];
	struct fake_fhir server;
	struct post a, b;
	const char *forbidden; /* a request whose body holds this is not allowed (403); NULL: all are */
	size_t forbade;
	int lost_percent; /* of the answers are lost after the server acted; by dice */
	struct rng *dice;
};

/* What both stations take for now; make_pair sets it shortly after FIXTURE_NOW_MS. */
extern int64_t pair_clock_ms;

struct made {
	struct store_patient patient;
	char readings[UUID_TEXT_SIZE], twin[UUID_TEXT_SIZE];
	struct store_plan plan;
};

struct approved {
	struct made made;
	struct sign_public key;
	struct sign_secret secret;
};

/* Fail the test that calls them. make_pair and drop_pair are setup and teardown of cmocka. */
void must(enum status st, const struct fail *why);
void open_side(struct pair *pair, struct post *side, const char *name);
void close_side(struct post *side);
int make_pair(void **state);
int drop_pair(void **state);
struct sync_outcome round_of(struct post *side);
size_t notices(struct post *side, enum sync_notice notice);
void make_everything(struct post *side, struct made *made);
void move_plan(struct post *side, const struct made *made, const char *from, const char *to,
                      const char *json);
void state_is(struct post *side, const struct made *made, const char *state);
void outbox_is_done(struct post *side);
char *sign_as(const struct made *made, enum meaning meaning, const struct sign_secret *secret,
                     const struct sign_public *public);
char *sign_by(const char *login, const struct made *made, enum meaning meaning, const struct sign_secret *secret,
              const struct sign_public *public);
void trust_of(struct post *side, const char *login, const struct sign_public *key);
void trust(struct post *side, const struct sign_public *key);
void share_approved(struct pair *p, struct approved *out);
size_t incidents(struct post *side);
size_t audited(struct post *side, const char *action); /* how many entries */
void add_record(struct post *side, const struct made *made, const char *kind, const char *json);
/* Everything that stands on the server into the file that the variable of the environment names, for the validator of
 * tests/sync/servers.sh; nothing where it names none. */
void dump(const struct fake_fhir *server, const char *variable);

#endif
