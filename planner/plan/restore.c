/* Putting a backup in the place of the clinic's records. */
#include "planner/plan/restore.h"

#include <errno.h>
#include <unistd.h>

#include "planner/plan/files.h"
#include "planner/store/record.h"

#define PATH_SIZE 1024
enum { NAMES_MAX = 1000 };

static enum status open_with(const char *path, const struct restore_request *r, struct store **store,
                             struct session **session, struct fail *why)
{
	const struct store_options options = {.kind = r->kind, .now_ms = r->now_ms};
	struct store_moment moment;
	*session = NULL;
	enum status st = store_open(path, &options, store, why);
	if (!st)
		st = store_moment_now(&moment, why);
	if (!st)
		st = store_login(*store, r->login, r->secret, &moment, session, why);
	if (st)
		store_close(store);
	return st;
}

/* ---- who was erased ------------------------------------------------------------------------------------- */

static enum status erasures_of(struct store *store, struct store_record_list *list, struct fail *why)
{
	const struct store_record_query query = {.kind = "erasure", .oldest_first = true};
	return store_record_list(store, &query, list, why);
}

/* Of the records that were there; another store's people may not know the secret, or nobody any more. */
static enum status read_erasures(const char *kept, const struct restore_request *r, struct store_record_list *list,
                                 bool *unknown, struct fail *why)
{
	struct store *before = NULL;
	struct session *session = NULL;
	struct fail none;
	*list = (struct store_record_list){0};
	*unknown = false;
	if (kept[0] == '\0')
		return ST_OK;
	enum status st = open_with(kept, r, &before, &session, &none);
	if (!st)
		st = erasures_of(before, list, &none);
	store_close(&before);
	*unknown = st != ST_OK;
	if (st == ST_FULL)
		return fail_set(why, st, none.field, "%s", none.text);
	return ST_OK;
}

static enum status erase_again(struct store *store, struct session *session, const struct store_record_list *erased,
                               int64_t now_ms, size_t *count, struct fail *why)
{
	const struct store_stamp stamp = {now_ms, session_person(session)->login};
	struct store_patient patient;
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < erased->count; i++) {
		const char *uuid = erased->items[i].subject;
		if (store_patient_get(store, uuid, &patient, NULL) != ST_OK)
			continue; /* not in the backup, or erased in it */
		st = store_patient_erase(store, session, uuid, "erased before the restore", &stamp, why);
		*count += !st;
	}
	secret_wipe(&patient, sizeof patient);
	return st;
}

/* ---- files ------------------------------------------------------------------------------------------------ */

static enum status rename_aside(const char *path, char *kept, size_t size, struct fail *why)
{
	kept[0] = '\0';
	if (access(path, F_OK) != 0)
		return ST_OK;
	for (int i = 1; i <= NAMES_MAX; i++) {
		int n = snprintf(kept, size, "%s.before-restore-%d", path, i);
		if (n < 0 || (size_t)n >= size)
			break;
		if (link(path, kept) == 0)
			return unlink(path) == 0 ? ST_OK : fail_set(why, ST_IO, path, "cannot be moved: %s", strerror(errno));
		if (errno != EEXIST)
			break;
	}
	return fail_set(why, ST_IO, path, "cannot be put aside: %s", strerror(errno));
}

static enum status put_back(const char *path, const char *kept, enum status st)
{
	if (st && kept[0] && access(path, F_OK) != 0)
		(void)rename(kept, path);
	return st;
}

/* ---- all of it -------------------------------------------------------------------------------------------- */

static enum status check_backup(struct store *backup, const struct session *session, struct restore_result *result,
                                struct fail *why)
{
	if (!session_has(session, ROLE_ADMINISTRATOR))
		return fail_set(why, ST_DENIED, "restore", "is for administrators: ask one");
	return store_check(backup, &result->rows, why);
}

static enum status finish(const char *path, const struct restore_request *r, const struct store_record_list *erased,
                          struct restore_result *result, struct fail *why)
{
	struct store *store = NULL;
	struct session *session = NULL;
	char reason[STORE_OBJECT_MAX + 1];
	const struct store_stamp stamp = {r->now_ms, r->login};
	const char *name = strrchr(r->backup, '/');
	enum status st = open_with(path, r, &store, &session, why);
	(void)snprintf(reason, sizeof reason, "restored from %.80s", name ? name + 1 : r->backup);
	if (!st)
		st = store_anchor_accept(store, session, reason, &stamp, &result->erased, why);
	if (!st)
		st = erase_again(store, session, erased, r->now_ms, &result->erased, why);
	store_close(&store);
	return st;
}

/* The records that are there must be nobody else's at the moment: opening them says so. */
static enum status check_unused(const char *path, const struct restore_request *r, struct fail *why)
{
	const struct store_options options = {.kind = r->kind, .now_ms = r->now_ms};
	struct store *store = NULL;
	struct fail found;
	if (access(path, F_OK) != 0)
		return ST_OK;
	enum status st = store_open(path, &options, &store, &found);
	store_close(&store);
	return st == ST_CONFLICT ? fail_set(why, st, found.field, "%s", found.text) : ST_OK;
}

static enum status path_of(const struct restore_request *r, char path[PATH_SIZE], struct fail *why)
{
	int n = snprintf(path, PATH_SIZE, "%s/%s.db", r->home, store_kind_name(r->kind));
	return n >= 0 && n < PATH_SIZE ? ST_OK : fail_set(why, ST_INPUT, r->home, "is too long: choose a shorter path");
}

enum status clinic_restore_check(const struct restore_request *r, struct fail *why)
{
	const struct store_options options = {.kind = r->kind, .now_ms = r->now_ms};
	struct store *backup = NULL;
	char path[PATH_SIZE];
	enum status st = path_of(r, path, why);
	if (!st)
		st = store_open(r->backup, &options, &backup, why);
	if (!st && store_access(backup) == STORE_NEW)
		st = fail_set(why, ST_INPUT, r->backup, "has nobody in it who could log in: name another backup");
	store_close(&backup);
	return st ? st : check_unused(path, r, why);
}

enum status clinic_restore(const struct restore_request *r, struct restore_result *result, struct fail *why)
{
	struct store *backup = NULL;
	struct session *session = NULL;
	struct store_record_list erased = {0};
	char path[PATH_SIZE];
	*result = (struct restore_result){0};
	enum status st = path_of(r, path, why);
	if (!st)
		st = open_with(r->backup, r, &backup, &session, why);
	if (!st)
		st = check_backup(backup, session, result, why);
	if (!st)
		st = check_unused(path, r, why);
	if (!st)
		st = files_make_folder(r->home, why); /* a new station's */
	if (!st)
		st = rename_aside(path, result->kept, sizeof result->kept, why);
	if (!st)
		st = put_back(path, result->kept, store_backup(backup, path, why));
	store_close(&backup);
	if (!st)
		st = read_erasures(result->kept, r, &erased, &result->erasures_unknown, why);
	if (!st)
		st = finish(path, r, &erased, result, why);
	store_record_list_free(&erased);
	return st;
}
