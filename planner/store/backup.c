/* Backup: copied under another name, opened and verified as a store, and only then given its name, so
 * that a file called like a backup is one. */
#include "planner/store/internal.h"

#include <errno.h>
#include <unistd.h>

static enum status copy_pages(struct store *store, sqlite3 *to, struct fail *why)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", store->db, "main");
	if (!backup)
		return fail_set(why, ST_IO, "backup", "was not begun: %s", sqlite3_errmsg(to));
	int code = sqlite3_backup_step(backup, -1);
	int finished = sqlite3_backup_finish(backup);
	if (code == SQLITE_DONE && finished == SQLITE_OK)
		return ST_OK;
	bool full = (finished & 0xFF) == SQLITE_FULL || sqlite3_system_errno(to) == EFBIG ||
	            sqlite3_system_errno(to) == ENOSPC;
	return fail_set(why, full ? ST_FULL : ST_IO, "backup", "was not written (%s): %s", sqlite3_errmsg(to),
	                full ? "free space or choose another disk" : "check the disk");
}

static enum status copy(struct store *store, const struct place *part, struct fail *why)
{
	sqlite3 *to = NULL;
	enum status st = ST_OK;
	const char *vfs = store->vfs[0] ? store->vfs : NULL;
	if (sqlite3_open_v2(part->path, &to, SQLITE_OPEN_READWRITE, vfs) != SQLITE_OK ||
	    sqlite3_exec(to, "PRAGMA synchronous = EXTRA", NULL, NULL, NULL) != SQLITE_OK)
		st = fail_set(why, ST_IO, part->path, "cannot be written: %s",
		              to ? sqlite3_errmsg(to) : "no memory");
	if (st == ST_OK)
		st = copy_pages(store, to, why);
	if (sqlite3_close(to) != SQLITE_OK && st == ST_OK)
		st = fail_set(why, ST_IO, part->path, "cannot be closed");
	return st;
}

static enum status verify(const struct store *store, const struct place *part, int64_t rows, struct fail *why)
{
	struct store *opened = NULL;
	struct store_options options = {.kind = store->kind, .vfs = store->vfs[0] ? store->vfs : NULL};
	int64_t found = 0;
	enum status st = store_open(part->path, &options, &opened, why);
	if (st == ST_OK) {
		opened->vault = store->vault; /* it is the same store: what opens one opens the other */
		opened->vault_is_borrowed = true;
		st = store_check(opened, &found, why);
	}
	store_close(&opened);
	if (st == ST_OK && found != rows)
		st = fail_set(why, ST_IO, part->path, "holds %lld rows instead of %lld: check the disk",
		              (long long)found, (long long)rows);
	return st;
}

/* link refuses an existing name, which rename would replace. */
static enum status give_name(const struct place *part, const struct place *place, struct fail *why)
{
	if (link(part->path, place->path) != 0)
		return fail_set(why, errno == EEXIST ? ST_CONFLICT : ST_IO, place->path,
		                "the backup cannot be given its name: %s", strerror(errno));
	if (unlink(part->path) != 0)
		return fail_set(why, ST_IO, part->path, "cannot be removed: %s", strerror(errno));
	return place_sync(place, why);
}

static enum status find_places(const char *path, struct place *place, struct place *part, struct fail *why)
{
	char name[PATH_MAX];
	enum status st = place_find(path, true, place, why);
	if (st == ST_OK && place->exists)
		st = fail_set(why, ST_CONFLICT, place->path, "exists already: give the backup a new name");
	if (st != ST_OK)
		return st;
	int n = snprintf(name, sizeof name, "%s.part", place->path);
	if (n < 0 || (size_t)n >= sizeof name)
		return fail_set(why, ST_RANGE, "backup", "its path is too long");
	st = place_find(name, true, part, why);
	if (st == ST_OK && part->exists)
		st = fail_set(why, ST_CONFLICT, part->path,
		              "is left from a backup that was interrupted: remove it and try again");
	return st;
}

enum status store_backup(struct store *store, const char *path, struct fail *why)
{
	struct place place, part;
	int64_t rows = 0;
	if (store->in_group)
		return fail_set(why, ST_DENIED, "backup", "a group of writes is open: finish it first");
	enum status st = find_places(path, &place, &part, why);
	if (st == ST_OK)
		st = store_check(store, &rows, why);
	if (st == ST_OK)
		st = place_create(&part, why);
	if (st != ST_OK)
		return st;
	st = copy(store, &part, why);
	if (st == ST_OK)
		st = verify(store, &part, rows, why);
	if (st == ST_OK)
		return give_name(&part, &place, why);
	(void)unlink(part.path);
	return st;
}
