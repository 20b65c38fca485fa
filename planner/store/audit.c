/* The audit trail: what was done, in an order that cannot be changed unseen.
 *
 * Entry n carries chain(n) = MAC(audit key; chain(n-1), its fields) and seal(n) = MAC(k(n); chain(n)), with
 * k(n+1) = BLAKE2b(k(n)): the ratchet of forward-secure logs (Bellare & Yee 1997; Schneier & Kelsey 1999).
 * The file holds the next key only; the first one is in the clinic's recovery box. So whoever holds today's
 * keys can neither change an earlier entry nor take it away without that being found:
 *   - without keys: the row's code and the chain;
 *   - with the store's key: the seals (with the recovery key), the checkpoints, which people signed, and the
 *     head kept in a second file (anchor.c) and printed on every sheet.
 */
#include "planner/store/internal.h"

enum { SEQ, CHAIN, SEAL, AT, ACTOR, ACTION, OBJECT, DIGEST };
enum { HEAD_ID, HEAD_SEQ, HEAD_CHAIN, HEAD_KEY, HEAD_SCHEMA };
enum { POINT_SEQ, POINT_PERSON, POINT_KEY_NUMBER, POINT_CHAIN, POINT_AT, POINT_SIGNATURE };
enum { ENTRIES_PER_CHECKPOINT = 100 };

static const char not_saved[] = "the audit entry was not saved";

static enum status load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                        struct fail *why)
{
	(void)store;
	(void)statement;
	struct store_audit *audit = item;
	if (!row_text(row, ACTOR, audit->actor, sizeof audit->actor) ||
	    !row_text(row, ACTION, audit->action, sizeof audit->action) ||
	    !row_text(row, OBJECT, audit->object, sizeof audit->object) || !row_digest(row, CHAIN, &audit->chain) ||
	    !row_digest(row, SEAL, &audit->seal))
		return row_misfit(row, why);
	audit->seq = row_int(row, SEQ);
	audit->at_ms = row_int(row, AT);
	audit->has_digest = row_digest(row, DIGEST, &audit->digest);
	return ST_OK;
}

static const struct reader reader = {TABLE_AUDIT, sizeof(struct store_audit), load, NULL};

enum status audit_next_seq(struct store *store, int64_t *seq, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_AUDIT_NEXT);
	bool got = false;
	enum status st = row_step(store, statement, &got, why);
	*seq = got ? column_int(statement, 0) : 0;
	statement_done(statement);
	return st;
}

/* ---- the chain ---- */

void audit_chain(const struct store *store, const struct digest *before, const struct store_audit *entry,
                 struct digest *chain)
{
	struct digest_stream stream;
	digest_begin_keyed(&stream, "lasertwin-audit/2", vault_key(store->vault, VAULT_AUDIT));
	digest_add_blob(&stream, before->bytes, sizeof before->bytes);
	digest_add_text(&stream, store->uuid, strlen(store->uuid));
	digest_add_int(&stream, entry->seq);
	digest_add_int(&stream, entry->at_ms);
	digest_add_text(&stream, entry->actor, strlen(entry->actor));
	digest_add_text(&stream, entry->action, strlen(entry->action));
	digest_add_text(&stream, entry->object, strlen(entry->object));
	digest_add_blob(&stream, entry->digest.bytes, entry->has_digest ? sizeof entry->digest.bytes : 0);
	digest_end(&stream, chain);
}

void audit_seal(const unsigned char key[VAULT_KEY_BYTES], const struct digest *chain, struct digest *seal)
{
	struct digest_stream stream;
	digest_begin_keyed(&stream, "lasertwin-audit-seal/2", key);
	digest_add_blob(&stream, chain->bytes, sizeof chain->bytes);
	digest_end(&stream, seal);
}

/* ---- the head ---- */

static enum status head_read(struct store *store, sqlite3_stmt *statement, struct audit_head *head,
                             struct fail *why)
{
	struct row row;
	enum status st = row_read(store, statement, 0, TABLE_AUDIT_HEAD, &row, why);
	if (st == ST_OK && (!row_digest(&row, HEAD_CHAIN, &head->chain) ||
	                    row.cell[HEAD_KEY].type != CELL_BLOB || row.cell[HEAD_KEY].n != sizeof head->key))
		st = row_misfit(&row, why);
	if (st == ST_OK) {
		memcpy(head->key, row.cell[HEAD_KEY].bytes, sizeof head->key);
		head->seq = row_int(&row, HEAD_SEQ);
		head->schema = row_int(&row, HEAD_SCHEMA);
	}
	row_clear(&row);
	return st;
}

enum status audit_head_get(struct store *store, struct audit_head *head, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_AUDIT_HEAD_GET);
	bool got = false;
	*head = (struct audit_head){0};
	enum status st = row_step(store, statement, &got, why);
	if (st == ST_OK && !got)
		st = fail_set(why, ST_IO, "audit_head", "is missing: restore the last backup");
	if (st == ST_OK)
		st = head_read(store, statement, head, why);
	statement_done(statement);
	return st;
}

enum status audit_head_put(struct store *store, const struct audit_head *head, struct fail *why)
{
	const struct cell cells[] = {
	        [HEAD_ID] = cell_int(1),
	        [HEAD_SEQ] = cell_int(head->seq),
	        [HEAD_CHAIN] = cell_digest(&head->chain),
	        [HEAD_KEY] = cell_blob(head->key, sizeof head->key),
	        [HEAD_SCHEMA] = cell_int(head->schema),
	};
	return row_insert(store, SQL_AUDIT_HEAD_PUT, TABLE_AUDIT_HEAD, cells, not_saved, why);
}

/* ---- checkpoints ---- */

void checkpoint_digest(const struct store *store, const struct store_checkpoint *point, struct digest *out)
{
	struct digest_stream stream;
	digest_begin(&stream, "lasertwin-checkpoint/1");
	digest_add_text(&stream, store->uuid, strlen(store->uuid));
	digest_add_int(&stream, point->seq);
	digest_add_blob(&stream, point->chain.bytes, sizeof point->chain.bytes);
	digest_add_text(&stream, point->person, strlen(point->person));
	digest_add_int(&stream, point->key_number);
	digest_add_int(&stream, point->at_ms);
	digest_end(&stream, out);
}

static enum status checkpoint_load(struct store *store, sqlite3_stmt *statement, const struct row *row, void *item,
                                   struct fail *why)
{
	(void)store;
	(void)statement;
	struct store_checkpoint *point = item;
	const struct cell *signature = &row->cell[POINT_SIGNATURE];
	if (!row_text(row, POINT_PERSON, point->person, sizeof point->person) ||
	    !row_digest(row, POINT_CHAIN, &point->chain) || signature->type != CELL_BLOB ||
	    signature->n != sizeof point->signature.bytes)
		return row_misfit(row, why);
	memcpy(point->signature.bytes, signature->bytes, sizeof point->signature.bytes);
	point->seq = row_int(row, POINT_SEQ);
	point->key_number = row_int(row, POINT_KEY_NUMBER);
	point->at_ms = row_int(row, POINT_AT);
	return ST_OK;
}

const struct reader checkpoint_reader = {TABLE_CHECKPOINT, sizeof(struct store_checkpoint), checkpoint_load, NULL};

static enum status checkpoint_append(struct store *store, const struct store_audit *entry, struct fail *why)
{
	const struct session *signer = store->sessions;
	struct store_checkpoint point = {.seq = entry->seq, .chain = entry->chain, .at_ms = entry->at_ms};
	struct digest digest;
	point.key_number = signer->person.key_number;
	memcpy(point.person, signer->person.uuid, sizeof point.person);
	checkpoint_digest(store, &point, &digest);
	session_sign_with(signer, digest.bytes, sizeof digest.bytes, &point.signature);
	const struct cell cells[] = {
	        [POINT_SEQ] = cell_int(point.seq),
	        [POINT_PERSON] = cell_text(point.person),
	        [POINT_KEY_NUMBER] = cell_int(point.key_number),
	        [POINT_CHAIN] = cell_digest(&point.chain),
	        [POINT_AT] = cell_int(point.at_ms),
	        [POINT_SIGNATURE] = cell_blob(point.signature.bytes, sizeof point.signature.bytes),
	};
	return row_insert(store, SQL_CHECKPOINT_INSERT, TABLE_CHECKPOINT, cells, not_saved, why);
}

static bool checkpoint_due(const struct store *store, const struct store_audit *entry)
{
	return store->sessions &&
	       (entry->seq % ENTRIES_PER_CHECKPOINT == 0 || strcmp(entry->action, "plan.approved") == 0);
}

/* ---- adding ---- */

static enum status insert(struct store *store, const struct store_audit *entry, struct fail *why)
{
	const struct cell cells[] = {
	        [SEQ] = cell_int(entry->seq),
	        [CHAIN] = cell_digest(&entry->chain),
	        [SEAL] = cell_digest(&entry->seal),
	        [AT] = cell_int(entry->at_ms),
	        [ACTOR] = cell_text(entry->actor),
	        [ACTION] = cell_text(entry->action),
	        [OBJECT] = cell_text(entry->object),
	        [DIGEST] = cell_digest(entry->has_digest ? &entry->digest : NULL),
	};
	enum status st = row_insert(store, SQL_AUDIT_INSERT, TABLE_AUDIT, cells, not_saved, why);
	if (st != ST_CONFLICT)
		return st;
	/* The head was read in this very transaction, so nobody was faster. */
	return fail_set(why, ST_IO, store->path, "%s: entry %lld does not follow the last of the table; the file is damaged,"
	                " restore the last backup", not_saved, (long long)entry->seq);
}

static enum status append(struct store *store, struct audit_head *head, struct store_audit *entry,
                          struct fail *why)
{
	entry->seq = head->seq + 1;
	audit_chain(store, &head->chain, entry, &entry->chain);
	audit_seal(head->key, &entry->chain, &entry->seal);
	head->seq = entry->seq;
	head->chain = entry->chain;
	vault_ratchet(head->key);
	enum status st = insert(store, entry, why);
	if (st == ST_OK)
		st = audit_head_put(store, head, why);
	return st == ST_OK && checkpoint_due(store, entry) ? checkpoint_append(store, entry, why) : st;
}

enum status audit_append(struct store *store, const char *action, const char *object,
                         const struct digest *digest, const struct store_stamp *stamp, struct fail *why)
{
	struct store_audit entry = {.at_ms = stamp->at_ms, .has_digest = digest != NULL};
	struct audit_head head;
	(void)snprintf(entry.actor, sizeof entry.actor, "%s", stamp->actor);
	(void)snprintf(entry.action, sizeof entry.action, "%s", action);
	(void)snprintf(entry.object, sizeof entry.object, "%s", object);
	if (digest)
		entry.digest = *digest;
	enum status st = audit_head_get(store, &head, why);
	if (st == ST_OK)
		st = append(store, &head, &entry, why);
	secret_wipe(&head, sizeof head);
	return st;
}

enum status store_audit_add(struct store *store, const char *action, const char *object,
                            const struct digest *digest, const struct store_stamp *stamp, struct fail *why)
{
	enum status st = word_check("audit.action", action, STORE_ACTION_MAX, why);
	if (st == ST_OK)
		st = text_check("audit.object", object, STORE_OBJECT_MAX, false, why);
	if (st == ST_OK)
		st = store_write_begin(store, stamp, why);
	if (st != ST_OK)
		return st;
	return store_write_end(store, audit_append(store, action, object ? object : "", digest, stamp, why), why);
}

/* ---- reading ---- */

enum status store_audit_list(struct store *store, int64_t after_seq, size_t limit,
                             struct store_audit_list *list, struct fail *why)
{
	struct rows rows;
	limit = rows_limit(limit);
	sqlite3_stmt *statement = statement_use(store, SQL_AUDIT_LIST);
	bind_int(statement, 1, after_seq);
	bind_int(statement, 2, (int64_t)limit + 1);
	enum status st = read_list(store, statement, &reader, limit, &rows, why);
	*list = (struct store_audit_list){rows.items, rows.count, rows.more};
	return st;
}

void store_audit_list_free(struct store_audit_list *list)
{
	rows_free(&reader, list->items, list->count);
	*list = (struct store_audit_list){0};
}

enum status audit_entry_get(struct store *store, int64_t seq, struct store_audit *out, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_AUDIT_GET);
	bind_int(statement, 1, seq);
	return read_one(store, statement, &reader, out, "there is no such entry", why);
}

enum status store_audit_head(struct store *store, struct store_audit_head *out, struct fail *why)
{
	struct audit_head head;
	*out = (struct store_audit_head){0};
	enum status st = audit_head_get(store, &head, why);
	if (st == ST_OK) {
		out->seq = head.seq;
		out->chain = head.chain;
	}
	secret_wipe(&head, sizeof head);
	return st;
}
