/* Verifying the audit: the first entry that is not as it was written is named. */
#include "planner/store/internal.h"

struct walk {
	struct store *store;
	struct digest chain;                 /* of the entry before */
	unsigned char key[VAULT_KEY_BYTES];  /* of the next seal */
	bool seals;
	int64_t seq;                         /* of the entry before */
};

/* Entries, then checkpoints, then head and anchor. */
enum stage { STAGE_ENTRIES, STAGE_POINTS, STAGE_HEAD, STAGE_DONE };

struct store_audit_check {
	struct walk walk;
	enum stage stage;
	int64_t entries; /* when it began: for what is left */
	struct rows points; /* of the checkpoints */
	size_t point;       /* the next one */
	struct store_audit_found found;
};

static enum status bad(int64_t seq, const char *what, struct fail *why)
{
	char name[FAIL_FIELD_MAX];
	(void)snprintf(name, sizeof name, "audit %lld", (long long)seq);
	return fail_set(why, ST_IO, name, "%s: keep the file as it is, look at the last backup and the printed sheets",
	                what);
}

static enum status step(struct walk *walk, const struct store_audit *entry, struct fail *why)
{
	struct digest expected;
	if (entry->seq != walk->seq + 1)
		return bad(walk->seq + 1, "this entry is missing", why);
	audit_chain(walk->store, &walk->chain, entry, &expected);
	if (!digest_equal(&expected, &entry->chain))
		return bad(entry->seq, "this entry does not follow from the one before", why);
	if (walk->seals) {
		audit_seal(walk->key, &entry->chain, &expected);
		if (!digest_equal(&expected, &entry->seal))
			return bad(entry->seq, "this entry was not sealed when it says it was", why);
		vault_ratchet(walk->key);
	}
	walk->chain = entry->chain;
	walk->seq = entry->seq;
	return ST_OK;
}

static enum status walk_entries(struct walk *walk, size_t most, bool *more, struct fail *why)
{
	struct store_audit_list list;
	enum status st = store_audit_list(walk->store, walk->seq, most, &list, why);
	for (size_t i = 0; i < list.count && st == ST_OK; i++)
		st = step(walk, &list.items[i], why);
	*more = list.more;
	store_audit_list_free(&list);
	return st;
}

/* ---- checkpoints ---- */

static enum status check_point(struct store *store, const struct store_checkpoint *point, struct fail *why)
{
	struct store_audit entry;
	struct sign_public public;
	struct digest digest;
	enum status st = audit_entry_get(store, point->seq, &entry, why);
	if (st == ST_NOT_FOUND)
		return bad(point->seq, "this entry, which a checkpoint was signed over, is missing", why);
	if (st == ST_OK)
		st = store_person_key(store, point->person, point->key_number, &public, why);
	if (st != ST_OK)
		return st;
	checkpoint_digest(store, point, &digest);
	if (!digest_equal(&entry.chain, &point->chain))
		return bad(point->seq, "up to this entry the audit is not the one that was signed", why);
	if (!sign_verify(&public, digest.bytes, sizeof digest.bytes, &point->signature))
		return bad(point->seq, "the signature over the audit up to this entry does not hold", why);
	return ST_OK;
}

static enum status read_points(struct store_audit_check *check, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(check->walk.store, SQL_CHECKPOINT_LIST);
	bind_int(statement, 1, 0);
	enum status st = read_list(check->walk.store, statement, &checkpoint_reader, SIZE_MAX, &check->points, why);
	check->found.checkpoints = (int64_t)check->points.count;
	return st;
}

static enum status check_points(struct store_audit_check *check, size_t most, struct fail *why)
{
	const struct store_checkpoint *points = check->points.items;
	enum status st = ST_OK;
	for (; most > 0 && check->point < check->points.count && st == ST_OK; most--) {
		check->found.last_signed = points[check->point].seq;
		st = check_point(check->walk.store, &points[check->point++], why);
	}
	return st;
}

/* ---- all of it ---- */

static enum status first_key(struct store *store, const unsigned char *recovery_secret, struct walk *walk,
                             struct fail *why)
{
	unsigned char box[VAULT_RECOVERY_BYTES];
	if (!recovery_secret)
		return ST_OK;
	enum status st = recovery_get(store, box, why);
	if (st == ST_OK)
		st = vault_recovery_open(box, recovery_secret, NULL, walk->key, why);
	walk->seals = st == ST_OK;
	return st;
}

static enum status check_head(struct store *store, const struct walk *walk, struct fail *why)
{
	struct audit_head head;
	enum status st = audit_head_get(store, &head, why);
	if (st == ST_OK && head.seq > walk->seq)
		st = bad(walk->seq + 1, "this entry is missing, and those after it", why);
	if (st == ST_OK && (head.seq < walk->seq || !digest_equal(&head.chain, &walk->chain)))
		st = bad(walk->seq, "this entry is not the one the store knows as its last", why);
	if (st == ST_OK && walk->seals && memcmp(head.key, walk->key, sizeof head.key) != 0)
		st = bad(walk->seq, "the key for the next seal is not the one that follows", why);
	secret_wipe(&head, sizeof head);
	return st;
}

static enum status check_anchor(struct store *store, const struct walk *walk, struct fail *why)
{
	enum status st = anchor_check(store, why);
	if (st == ST_OK && store->is_rolled_back)
		st = bad(walk->seq, store->anchor_says, why);
	return st;
}

enum status store_audit_check_begin(struct store *store, const unsigned char *recovery_secret,
                                    struct store_audit_check **out, struct fail *why)
{
	struct store_audit_head head;
	*out = NULL;
	if (!store->vault)
		return writable_check(store, why);
	struct store_audit_check *check = calloc(1, sizeof *check);
	if (!check)
		return fail_set(why, ST_FULL, "audit", "out of memory");
	check->walk.store = store;
	enum status st = first_key(store, recovery_secret, &check->walk, why);
	if (st == ST_OK)
		st = store_audit_head(store, &head, why);
	if (st != ST_OK) {
		store_audit_check_end(&check);
		return st;
	}
	check->entries = head.seq;
	*out = check;
	return ST_OK;
}

static enum status go_on(struct store_audit_check *check, size_t most, struct fail *why)
{
	bool more = false;
	enum status st = ST_OK;
	switch (check->stage) {
	case STAGE_ENTRIES:
		st = walk_entries(&check->walk, most, &more, why);
		if (st == ST_OK && !more)
			st = read_points(check, why);
		break;
	case STAGE_POINTS:
		st = check_points(check, most, why);
		more = check->point < check->points.count;
		break;
	case STAGE_HEAD: /* entries that were written meanwhile first */
		st = walk_entries(&check->walk, most, &more, why);
		if (st == ST_OK && !more)
			st = check_head(check->walk.store, &check->walk, why);
		if (st == ST_OK && !more)
			st = check_anchor(check->walk.store, &check->walk, why);
		break;
	default:
		break;
	}
	if (st == ST_OK && !more && check->stage != STAGE_DONE)
		check->stage++;
	return st;
}

enum status store_audit_check_go_on(struct store_audit_check *check, size_t most, bool *done, struct fail *why)
{
	struct walk *walk = &check->walk;
	enum stage stage;
	enum status st;
	do {
		stage = check->stage;
		st = go_on(check, most, why);
	} while (st == ST_OK && check->stage != stage && check->stage != STAGE_DONE);
	*done = st != ST_OK || check->stage == STAGE_DONE;
	check->found.entries = walk->seq;
	check->found.seals = walk->seals;
	check->found.head = (struct store_audit_head){walk->seq, walk->chain};
	return st;
}

double store_audit_check_done_frac(const struct store_audit_check *check)
{
	static const double entries_share = 0.9; /* of the time, in records with a signature for every few entries */
	const double walked = check->entries > 0 ? (double)check->walk.seq / (double)check->entries : 1;
	const double points = check->stage > STAGE_POINTS  ? 1
	                      : check->points.count > 0 ? (double)check->point / (double)check->points.count
	                                                : 0;
	return entries_share * (walked < 1 ? walked : 1) + (1 - entries_share) * points;
}

const struct store_audit_found *store_audit_check_found(const struct store_audit_check *check)
{
	return &check->found;
}

void store_audit_check_end(struct store_audit_check **check)
{
	if (!*check)
		return;
	secret_wipe((*check)->walk.key, sizeof (*check)->walk.key);
	rows_free(&checkpoint_reader, (*check)->points.items, (*check)->points.count);
	free(*check);
	*check = NULL;
}

enum status store_audit_verify(struct store *store, const unsigned char *recovery_secret,
                               struct store_audit_found *found, struct fail *why)
{
	enum { PAGE = 1000 };
	struct store_audit_check *check;
	bool done = false;
	enum status st = store_audit_check_begin(store, recovery_secret, &check, why);
	while (st == ST_OK && !done)
		st = store_audit_check_go_on(check, PAGE, &done, why);
	if (found)
		*found = check ? check->found : (struct store_audit_found){0};
	store_audit_check_end(&check);
	return st;
}
