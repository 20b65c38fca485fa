/* Verifying the audit: the first entry that is not as it was written is named. */
#include "planner/store/internal.h"

struct walk {
	struct store *store;
	struct digest chain;                 /* of the entry before */
	unsigned char key[VAULT_KEY_BYTES];  /* of the next seal */
	bool seals;
	int64_t seq;                         /* of the entry before */
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

enum { PAGE = 1000 };

static enum status walk_entries(struct walk *walk, struct fail *why)
{
	bool more = true;
	enum status st = ST_OK;
	while (st == ST_OK && more) {
		struct store_audit_list list;
		st = store_audit_list(walk->store, walk->seq, PAGE, &list, why);
		for (size_t i = 0; i < list.count && st == ST_OK; i++)
			st = step(walk, &list.items[i], why);
		more = list.more;
		store_audit_list_free(&list);
	}
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

static enum status check_points(struct store *store, struct store_audit_found *found, struct fail *why)
{
	struct rows rows;
	sqlite3_stmt *statement = statement_use(store, SQL_CHECKPOINT_LIST);
	bind_int(statement, 1, 0);
	enum status st = read_list(store, statement, &checkpoint_reader, SIZE_MAX, &rows, why);
	const struct store_checkpoint *points = rows.items;
	for (size_t i = 0; i < rows.count && st == ST_OK; i++) {
		st = check_point(store, &points[i], why);
		found->last_signed = points[i].seq;
	}
	found->checkpoints = (int64_t)rows.count;
	rows_free(&checkpoint_reader, rows.items, rows.count);
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

enum status store_audit_verify(struct store *store, const unsigned char *recovery_secret,
                               struct store_audit_found *found, struct fail *why)
{
	struct walk walk = {.store = store};
	struct store_audit_found all = {0};
	if (!store->vault)
		return writable_check(store, why);
	enum status st = first_key(store, recovery_secret, &walk, why);
	if (st == ST_OK)
		st = walk_entries(&walk, why);
	if (st == ST_OK)
		st = check_points(store, &all, why);
	if (st == ST_OK)
		st = check_head(store, &walk, why);
	if (st == ST_OK)
		st = check_anchor(store, &walk, why);
	all.entries = walk.seq;
	all.seals = walk.seals;
	all.head = (struct store_audit_head){walk.seq, walk.chain};
	secret_wipe(walk.key, sizeof walk.key);
	if (found)
		*found = all;
	return st;
}
