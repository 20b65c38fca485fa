/* Transactions: one write, or a group of them. */
#include "planner/store/internal.h"

#include <errno.h>

static const char not_saved[] = "nothing was saved";

static enum status stamp_check(const struct store_stamp *stamp, struct fail *why)
{
	enum status st = text_check("actor", stamp->actor, STORE_ACTOR_MAX, true, why);
	return st == ST_OK ? time_check("time", stamp->at_ms, why) : st;
}

/* SQLite takes a transaction back by itself when the disk fails in the middle of it. */
static bool group_is_lost(const struct store *store)
{
	return store->in_group && sqlite3_get_autocommit(store->db);
}

static enum status group_fail(const struct store *store, struct fail *why)
{
	return fail_set(why, ST_IO, store->path,
	                "nothing of this group was saved: the disk failed in the middle; try again");
}

/* What goes wrong here was reported before; SQLite takes the rest back when the file is opened again. */
static void run_quietly(struct store *store, enum statement id)
{
	sqlite3_stmt *statement = statement_use(store, id);
	(void)sqlite3_step(statement);
	statement_done(statement);
}

/* What was remembered of rows that are taken back is forgotten with them. */
static void take_back(struct store *store)
{
	names_forget(store);
	patient_key_forget(store);
	if (sqlite3_get_autocommit(store->db))
		return;
	if (!store->in_group) {
		run_quietly(store, SQL_ROLLBACK);
		return;
	}
	run_quietly(store, SQL_SAVEPOINT_ROLLBACK);
	run_quietly(store, SQL_SAVEPOINT_RELEASE);
}

/* The next audit number tells afterwards whether a transaction took place. */
static enum status begin(struct store *store, struct fail *why)
{
	enum status st = statement_run(store, SQL_BEGIN, not_saved, why);
	if (st == ST_OK)
		st = audit_next_seq(store, &store->seq_at_begin, why);
	if (st != ST_OK)
		take_back(store);
	return st;
}

enum status writable_check(const struct store *store, struct fail *why)
{
	if (!store->vault)
		return fail_set(why, ST_DENIED, store->path, "is locked: log in first");
	if (store->is_rolled_back)
		return fail_set(why, ST_DENIED, store->path, "can be read only: %s", store->anchor_says);
	return ST_OK;
}

bool is_program_name(const char *name)
{
	static const char *const names[] = {"program", "sync", "recovery", "lasertwin"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Nobody writes in another's name: the actor is somebody who is logged in, or the program. What comes from the
 * server was written by people of other stations. */
static enum status actor_check(const struct store *store, const char *actor, struct fail *why)
{
	if (store->any_actor || store->outbox_silent || !actor || is_program_name(actor))
		return ST_OK;
	for (const struct session *s = store->sessions; s; s = s->next)
		if (strcmp(s->person.login, actor) == 0)
			return ST_OK;
	return fail_set(why, ST_DENIED, "actor", "\"%.60s\" is not logged in: nothing is written in another's name", actor);
}

enum status store_write_begin(struct store *store, const struct store_stamp *stamp, struct fail *why)
{
	enum status st = writable_check(store, why);
	if (st == ST_OK)
		st = actor_check(store, stamp->actor, why);
	return st == ST_OK ? write_begin(store, stamp, why) : st;
}

enum status write_begin(struct store *store, const struct store_stamp *stamp, struct fail *why)
{
	enum status st = stamp_check(stamp, why);
	if (st != ST_OK)
		return st;
	if (group_is_lost(store))
		return group_fail(store, why);
	return store->in_group ? statement_run(store, SQL_SAVEPOINT, not_saved, why) : begin(store, why);
}

/* When the disk fails at the very end of a COMMIT, the journal may have been closed or not: what was not
 * acknowledged may be there all the same. The person is told which, as far as it can be known. */
static enum status commit(struct store *store, struct fail *why)
{
	int64_t seq = 0, at_end = store->seq_at_begin;
	enum status st = audit_next_seq(store, &at_end, why);
	if (st != ST_OK) {
		take_back(store);
		return st;
	}
	st = statement_run(store, SQL_COMMIT, not_saved, why);
	if (st == ST_OK) {
		anchor_write(store);
		return ST_OK;
	}
	take_back(store);
	bool tells = at_end != store->seq_at_begin; /* a draft leaves no entry to tell by */
	if (tells && audit_next_seq(store, &seq, NULL) == ST_OK && seq == store->seq_at_begin)
		return st;
	return fail_set(
	        why, ST_IO, store->path,
	        "the disk failed while this was being saved: check the disk, close and open the store, and "
	        "look whether it is there before entering it again");
}

enum status store_write_end(struct store *store, enum status st, struct fail *why)
{
	if (st == ST_OK && !store->in_group)
		return commit(store, why);
	if (st == ST_OK)
		st = statement_run(store, SQL_SAVEPOINT_RELEASE, not_saved, why);
	if (st != ST_OK)
		take_back(store);
	return st;
}

/* A store of schema 1 has no statements yet; what makes them takes them away again when it fails. */
enum status setup_begin(struct store *store, const struct store_stamp *stamp, struct fail *why)
{
	enum status st = stamp_check(stamp, why);
	if (st == ST_OK && store->in_group)
		st = fail_set(why, ST_DENIED, store->path, "a group of writes is open: finish it first");
	if (st == ST_OK && sqlite3_exec(store->db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) != SQLITE_OK)
		st = db_fail(store, not_saved, why);
	return st;
}

enum status setup_end(struct store *store, enum status st, struct fail *why)
{
	if (st == ST_OK) /* before, because there is none yet: a cut in between would leave a store without */
		anchor_write(store);
	errno = 0;
	if (st == ST_OK && sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		st = db_fail(store, not_saved, why);
	if (st == ST_OK)
		return ST_OK;
	if (store->is_plain)
		sql_finalize_all(store);
	if (!sqlite3_get_autocommit(store->db))
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return st;
}

enum status store_group_begin(struct store *store, struct fail *why)
{
	if (store->in_group)
		return fail_set(why, ST_DENIED, store->path,
		                "a group of writes is open already: finish it first");
	enum status st = begin(store, why);
	store->in_group = st == ST_OK;
	return st;
}

enum status store_group_commit(struct store *store, struct fail *why)
{
	if (!store->in_group)
		return fail_set(why, ST_DENIED, store->path, "no group of writes is open");
	bool lost = group_is_lost(store);
	store->in_group = false;
	return lost ? group_fail(store, why) : store_write_end(store, ST_OK, why);
}

void store_group_abandon(struct store *store)
{
	store->in_group = false;
	take_back(store);
}
