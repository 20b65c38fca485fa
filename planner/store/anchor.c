/* The anchor: the head of the audit in a second file, so that an old copy of the store put back is seen.
 *
 * The file holds two records, written in turn, so that one of them is whole whatever happens. A record is
 * written after the COMMIT it speaks of: the store is never behind its anchor unless somebody put an older
 * file in its place. It is not synced; after a power cut it may lag, which does no harm.
 *
 *   record: magic 8, seq 8 (lowest byte first), chain 32, MAC 32 over these and the store's name
 */
#include "planner/store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { MAGIC = 8, NUMBER = 8, RECORD = MAGIC + NUMBER + DIGEST_BYTES + DIGEST_BYTES, RECORDS = 2 };
static const char magic[MAGIC + 1] = "LTWNANC1";

struct anchor {
	int64_t seq;
	struct digest chain;
};

static void anchor_mac(const struct store *store, const unsigned char *record, struct digest *mac)
{
	struct digest_stream stream;
	digest_begin_keyed(&stream, "lasertwin-anchor/1", vault_key(store->vault, VAULT_ANCHOR));
	digest_add_text(&stream, store->uuid, strlen(store->uuid));
	digest_add_blob(&stream, record, RECORD - DIGEST_BYTES);
	digest_end(&stream, mac);
}

static void encode(const struct store *store, const struct anchor *anchor, unsigned char record[RECORD])
{
	struct digest mac;
	memcpy(record, magic, MAGIC);
	for (int i = 0; i < NUMBER; i++)
		record[MAGIC + i] = (unsigned char)((uint64_t)anchor->seq >> (8 * i) & 0xFF);
	memcpy(record + MAGIC + NUMBER, anchor->chain.bytes, DIGEST_BYTES);
	anchor_mac(store, record, &mac);
	memcpy(record + RECORD - DIGEST_BYTES, mac.bytes, DIGEST_BYTES);
}

static bool decode(const struct store *store, const unsigned char record[RECORD], struct anchor *anchor)
{
	struct digest mac, found;
	uint64_t seq = 0;
	memcpy(found.bytes, record + RECORD - DIGEST_BYTES, DIGEST_BYTES);
	anchor_mac(store, record, &mac);
	if (memcmp(record, magic, MAGIC) != 0 || !digest_equal(&mac, &found))
		return false;
	for (int i = 0; i < NUMBER; i++)
		seq |= (uint64_t)record[MAGIC + i] << (8 * i);
	anchor->seq = (int64_t)seq;
	memcpy(anchor->chain.bytes, record + MAGIC + NUMBER, DIGEST_BYTES);
	return true;
}

static bool anchor_path(const struct store *store, char *path, size_t size)
{
	int n = snprintf(path, size, "%s%s", store->path, STORE_ANCHOR_SUFFIX);
	return n > 0 && (size_t)n < size;
}

void anchor_write(struct store *store)
{
	char path[PATH_MAX];
	unsigned char record[RECORD];
	struct store_audit_head head;
	if (!store->vault || store->vault_is_borrowed || store->is_rolled_back ||
	    !anchor_path(store, path, sizeof path) || store_audit_head(store, &head, NULL) != ST_OK)
		return;
	const struct anchor anchor = {head.seq, head.chain};
	encode(store, &anchor, record);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
	if (fd < 0)
		return;
	ssize_t n = pwrite(fd, record, sizeof record, (off_t)(head.seq % RECORDS) * RECORD);
	(void)n;
	(void)close(fd);
}

/* The newest whole record; false: none. */
static bool anchor_read(const struct store *store, struct anchor *anchor)
{
	char path[PATH_MAX];
	unsigned char records[RECORDS][RECORD] = {{0}};
	bool found = false;
	int fd = anchor_path(store, path, sizeof path) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	if (fd < 0)
		return false;
	ssize_t n = pread(fd, records, sizeof records, 0);
	(void)close(fd);
	for (int i = 0; i < RECORDS && n >= (ssize_t)(i + 1) * RECORD; i++) {
		struct anchor read = {0};
		if (!decode(store, records[i], &read))
			continue;
		if (!found || read.seq > anchor->seq)
			*anchor = read;
		found = true;
	}
	return found;
}

static enum status rolled_back(struct store *store, const char *what)
{
	store->is_rolled_back = true;
	(void)snprintf(store->anchor_says, sizeof store->anchor_says,
	               "%s; look for the newer file, or let an administrator accept this one (lasertwin audit accept)",
	               what);
	return ST_OK;
}

enum status anchor_check(struct store *store, struct fail *why)
{
	struct store_audit_head head;
	struct anchor anchor = {0};
	struct store_audit entry;
	char text[200];
	enum status st = store_audit_head(store, &head, why);
	store->is_rolled_back = false;
	if (st != ST_OK)
		return st;
	if (!anchor_read(store, &anchor))
		return rolled_back(store, "its anchor file (" STORE_ANCHOR_SUFFIX ") is missing, damaged or another "
		                          "store's, so that an old copy put in its place would not be seen");
	if (anchor.seq > head.seq) {
		(void)snprintf(text, sizeof text, "it is an old copy: it ends with audit entry %lld, and entry %lld was "
		                                  "written already",
		               (long long)head.seq, (long long)anchor.seq);
		return rolled_back(store, text);
	}
	st = audit_entry_get(store, anchor.seq, &entry, why);
	if (st == ST_OK && !digest_equal(&entry.chain, &anchor.chain)) {
		(void)snprintf(text, sizeof text, "audit entry %lld is not the one that was written",
		               (long long)anchor.seq);
		return rolled_back(store, text);
	}
	return st == ST_NOT_FOUND ? rolled_back(store, "an audit entry is missing") : st;
}

/* Both records, so that the higher number of before is gone. */
static void anchor_restart(struct store *store)
{
	char path[PATH_MAX];
	if (anchor_path(store, path, sizeof path))
		(void)unlink(path);
	anchor_write(store);
}

enum status store_anchor_accept(struct store *store, const struct session *by, const char *reason,
                                const struct store_stamp *stamp, size_t *erased, struct fail *why)
{
	struct anchor anchor = {0};
	char object[STORE_OBJECT_MAX + 1];
	*erased = 0;
	if (!session_has(by, ROLE_ADMINISTRATOR))
		return fail_set(why, ST_DENIED, "audit", "is for administrators to accept: ask one");
	enum status st = text_check("reason", reason, STORE_OBJECT_MAX - 40, true, why);
	if (st != ST_OK)
		return st;
	bool known = anchor_read(store, &anchor);
	(void)snprintf(object, sizeof object, "anchor at %lld: %s", known ? (long long)anchor.seq : -1LL, reason);
	bool before = store->is_rolled_back;
	store->is_rolled_back = false;
	st = store_audit_add(store, "store.accept", object, known ? &anchor.chain : NULL, stamp, why);
	if (st == ST_OK)
		st = erased_again(store, by, stamp, erased, why);
	store->is_rolled_back = st == ST_OK ? false : before;
	if (st == ST_OK) /* what it said is in the audit now */
		anchor_restart(store);
	return st;
}
