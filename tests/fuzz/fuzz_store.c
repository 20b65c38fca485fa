/* The store's file: a sealed store with bytes of it changed, as four-byte words of offset (three) and value. It is
 * refused by name, or reads as before; it never crashes. */
#include "tests/fuzz/fuzz.h"

#include <unistd.h>

#include "tests/support/store_world.h"

static struct store_world *world;
static unsigned char *image, *changed;
static size_t image_n;

static void set_up(void)
{
	void *state = NULL;
	BUG_ON(store_world_new(&state) != 0);
	world = state;
	store_close(&world->store);
	image = read_file(world->path, &image_n);
	changed = malloc(image_n);
	BUG_ON(!changed || unlink(world->anchor) != 0); /* without it a login writes nothing */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const struct store_options options = {.now_ms = FIXTURE_NOW_MS, .vfs = store_world_vfs, .kdf = store_kdf_least};
	struct store *store = NULL;
	struct store_patient patient;
	struct fail why = {.code = ST_OK};
	if (!world)
		set_up();
	memcpy(changed, image, image_n);
	for (size_t i = 0; i + 4 <= n; i += 4)
		changed[((size_t)bytes[i] << 16 | (size_t)bytes[i + 1] << 8 | bytes[i + 2]) % image_n] = bytes[i + 3];
	write_file(world->path, changed, image_n);
	enum status st = store_open(world->path, &options, &store, &why);
	if (st == ST_OK)
		st = fixture_unlock(store, &why);
	if (st == ST_OK)
		st = store_patient_get(store, world->patient.uuid, &patient, &why);
	BUG_ON(st == ST_OK && strcmp(patient.label, world->patient.label) != 0);
	BUG_ON(st != ST_OK && !why.text[0]);
	store_close(&store);
	return 0;
}
