/* The store's file: a sealed store with bytes of it changed, as four-byte words of offset (three) and value. It is
 * refused by name, or reads as before; it never crashes.
 *
 * The image lies in memory and statements are prepared once: a word costs a byte, and the counter in the file's header
 * is moved on, so that SQLite reads its pages anew. Where the first byte is 255, an offset past every image, the rest
 * goes through a file of its own: what stands before a login (header, schema, description, people) is read there. */
#include "tests/fuzz/fuzz.h"

#include <unistd.h>

#include "tests/support/store_world.h"

enum { WORD = 4, COUNTER_AT = 24, COUNTER_BYTES = 4, WHOLE_FILE = 255 };

static struct store_world *world;
static unsigned char *image, *changed;
static size_t image_n;

static void clear_up(void)
{
	temp_folder_remove(world->folder);
}

static void set_up(void)
{
	void *state = NULL;
	BUG_ON(store_world_new(&state) != 0);
	world = state;
	BUG_ON(atexit(clear_up) != 0);
	store_close(&world->store);
	image = read_file(world->path, &image_n);
	changed = malloc(image_n);
	BUG_ON(!changed || unlink(world->anchor) != 0); /* without it a login writes nothing */
	memcpy(changed, image, image_n);
	world_reopen(world);
	BUG_ON(sqlite3_exec(world->store->db, "PRAGMA locking_mode = NORMAL", NULL, NULL, NULL) != SQLITE_OK);
	BUG_ON(sqlite3_deserialize(world->store->db, "main", changed, (sqlite3_int64)image_n, (sqlite3_int64)image_n, 0) !=
	       SQLITE_OK);
}

static size_t offset_of(const uint8_t *word)
{
	return ((size_t)word[0] << 16 | (size_t)word[1] << 8 | word[2]) % image_n;
}

static void change(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i + WORD <= n; i += WORD)
		changed[offset_of(&bytes[i])] = bytes[i + 3];
}

static void change_back(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i + WORD <= n; i += WORD)
		changed[offset_of(&bytes[i])] = image[offset_of(&bytes[i])];
}

/* Who reads later must see that the file was written. */
static void count_on(void)
{
	static uint32_t counter = 1u << 24;
	counter++;
	for (int i = 0; i < COUNTER_BYTES; i++)
		changed[COUNTER_AT + i] = (unsigned char)(counter >> (8 * (COUNTER_BYTES - 1 - i)) & 0xFF);
}

static void look(struct store *store)
{
	struct store_patient patient;
	struct store_patient_list list;
	struct store_plan plan;
	struct store_audit_list audit;
	struct fail why = {.code = ST_OK};
	names_forget(store);
	patient_key_forget(store);
	enum status st = store_patient_get(store, world->patient.uuid, &patient, &why);
	BUG_ON(st == ST_OK && strcmp(patient.label, world->patient.label) != 0);
	BUG_ON(st != ST_OK && !why.text[0]);
	st = store_patient_list(store, &(struct store_patient_query){0}, &list, &why);
	BUG_ON(st == ST_OK && list.count > 0 && strcmp(list.items[0].label, world->patient.label) != 0);
	store_patient_list_free(&list);
	st = store_plan_get(store, world->plan.uuid, 1, &plan, &why);
	BUG_ON(st == ST_OK && (plan.json_len != world->plan.json_len ||
	                       memcmp(plan.json, world->plan.json, plan.json_len) != 0));
	store_plan_clear(&plan);
	st = store_audit_list(store, 0, 0, &audit, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	store_audit_list_free(&audit);
}

static void look_at_file(void)
{
	const struct store_options options = {.now_ms = FIXTURE_NOW_MS, .vfs = store_world_vfs, .kdf = store_kdf_least};
	struct store *store = NULL;
	struct fail why = {.code = ST_OK};
	char path[sizeof world->path + 8];
	(void)snprintf(path, sizeof path, "%s.fuzz", world->path);
	write_file(path, changed, image_n);
	enum status st = store_open(path, &options, &store, &why);
	if (st == ST_OK)
		st = fixture_unlock(store, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	if (st == ST_OK)
		look(store);
	store_close(&store);
	(void)unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const bool whole = n > 0 && bytes[0] == WHOLE_FILE;
	if (!world)
		set_up();
	bytes += whole;
	n -= whole;
	change(bytes, n);
	if (whole) {
		look_at_file();
	} else {
		count_on();
		look(world->store);
	}
	change_back(bytes, n);
	return 0;
}
