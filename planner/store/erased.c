/* Who was erased, in a third file beside the store: an old copy of the store put back still holds the keys of those who
 * were erased since, and must not bring them back.
 *
 * The file is a list of records of 68 bytes: the patient's random name, 36, and a MAC, 32, over it and the store's
 * name. A record is appended and synced after the COMMIT of the erasure it speaks of. What is not genuine is passed
 * over, so that nobody can have patients erased by writing here. */
#include "planner/store/internal.h"

#include <fcntl.h>
#include <unistd.h>

enum { NAME = UUID_TEXT_SIZE - 1, RECORD = NAME + DIGEST_BYTES };

static void make_record(const struct store *store, const char *patient, unsigned char record[RECORD])
{
	struct digest_stream stream;
	struct digest mac;
	digest_begin_keyed(&stream, "lasertwin-erased/1", vault_key(store->vault, VAULT_ANCHOR));
	digest_add_text(&stream, store->uuid, strlen(store->uuid));
	digest_add_text(&stream, patient, NAME);
	digest_end(&stream, &mac);
	memcpy(record, patient, NAME);
	memcpy(record + NAME, mac.bytes, DIGEST_BYTES);
}

static int open_list(const struct store *store, int flags)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s" STORE_ERASED_SUFFIX, store->path);
	return n > 0 && (size_t)n < sizeof path ? open(path, flags | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR) : -1;
}

/* The name of a genuine record; false: the file ends. "": passed over. */
static bool next_name(const struct store *store, int list, char patient[UUID_TEXT_SIZE])
{
	unsigned char record[RECORD], genuine[RECORD];
	if (read(list, record, sizeof record) != (ssize_t)sizeof record)
		return false;
	memcpy(patient, record, NAME);
	patient[NAME] = '\0';
	make_record(store, patient, genuine);
	if (memcmp(record, genuine, sizeof record) != 0 || !uuid_valid(patient))
		patient[0] = '\0';
	return true;
}

void erased_note(const struct store *store, const char *patient)
{
	unsigned char record[RECORD];
	const int list = open_list(store, O_WRONLY | O_CREAT | O_APPEND);
	if (list < 0)
		return;
	make_record(store, patient, record);
	/* a record cut short by a full disk must not shift those after it */
	const off_t before = lseek(list, 0, SEEK_END);
	if (write(list, record, sizeof record) != (ssize_t)sizeof record || fsync(list) != 0) {
		int cut = before >= 0 ? ftruncate(list, before - before % RECORD) : -1;
		(void)cut;
	}
	(void)close(list);
}

enum status erased_again(struct store *store, const struct session *by, const struct store_stamp *stamp, size_t *count,
                         struct fail *why)
{
	char patient[UUID_TEXT_SIZE];
	struct store_patient found = {.sex = 'U'};
	enum status st = ST_OK;
	const int list = open_list(store, O_RDONLY);
	*count = 0;
	while (list >= 0 && st == ST_OK && next_name(store, list, patient)) {
		if (!patient[0] || store_patient_get(store, patient, &found, NULL) != ST_OK)
			continue; /* not in this copy, or erased in it */
		st = store_patient_erase(store, by, patient, "erased before this copy was put back", stamp, why);
		*count += st == ST_OK;
	}
	secret_wipe(&found, sizeof found);
	if (list >= 0)
		(void)close(list);
	return st;
}
