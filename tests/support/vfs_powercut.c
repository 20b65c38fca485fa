/* The VFS whose power fails. */
#include "tests/support/vfs_powercut.h"

#include <sqlite3.h>
#include <unistd.h>

#include "physics/base/rng.h"
#include "physics/base/status.h"
#include "tests/support/temp_folder.h"

enum { SECTOR = 512, FILES = 8 };

/* What is certain of one file. */
struct image {
	char path[TEMP_PATH_SIZE];
	unsigned char *bytes;
	size_t n;
	bool named;   /* its entry in the folder is certain */
	bool removed; /* removed, but the folder was not synced */
};

struct cut_file {
	sqlite3_file base;
	struct image *image; /* NULL: a temporary file */
	sqlite3_file *real;  /* lies behind this struct */
};

static sqlite3_vfs *system_vfs;
static sqlite3_vfs powercut_vfs;
static struct image images[FILES];
static uint64_t operations, cut_operation, fail_operation;
static bool fails_for_good;
static struct rng rng;
static const struct powercut *shared_cuts; /* in the order of their operations */
static size_t shared_next, shared_count;
static void (*shared_taken)(size_t which);

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct cut_file *)file)->real;
}

/* ---- the cut ---- */

static bool coin(double probability)
{
	return rng_uniform(&rng) < probability;
}

/* What stands in a sector that was never certain. */
static void spoil(unsigned char *sector, size_t n)
{
	bool garbage = coin(0.5);
	for (size_t i = 0; i < n; i++)
		sector[i] = garbage ? (unsigned char)(rng_next(&rng) & 0xFF) : 0;
}

/* Bytes of `from` that fall into the sector; the rest of the sector is spoiled. */
static void take_sector(unsigned char *sector, size_t at, size_t n, const unsigned char *from, size_t from_n)
{
	size_t there = at >= from_n ? 0 : from_n - at < n ? from_n - at : n;
	if (there > 0)
		memcpy(sector, from + at, there);
	if (there < n)
		spoil(sector + there, n - there);
}

/* What the disk may hold of a file, written to `path`. */
static void mix(const struct image *image, double written_share, const char *path)
{
	size_t written_n;
	unsigned char *written = read_file(image->path, &written_n);
	size_t n = coin(written_share) ? written_n : image->n;
	unsigned char *mixed = malloc(n + 1);
	BUG_ON(!mixed);
	for (size_t at = 0; at < n; at += SECTOR) {
		size_t length = n - at < SECTOR ? n - at : SECTOR;
		if (coin(written_share))
			take_sector(mixed + at, at, length, written, written_n);
		else
			take_sector(mixed + at, at, length, image->bytes, image->n);
	}
	write_file(path, mixed, n);
	free(mixed);
	free(written);
}

static void cut_one(const struct image *image, double written_share, const char *path)
{
	if (image->removed) {
		if (coin(0.5))
			write_file(path, image->bytes ? (const void *)image->bytes : "", image->n);
	} else if (access(image->path, F_OK) == 0) {
		if (!image->named && coin(0.5))
			(void)unlink(path);
		else
			mix(image, written_share, path);
	}
}

/* folder NULL: the files themselves become what the disk holds. */
static void cut(const char *folder)
{
	static const double shares[] = {0.1, 0.5, 0.9, 1.0};
	double written_share = shares[rng_next(&rng) % (sizeof shares / sizeof *shares)];
	for (int i = 0; i < FILES; i++) {
		const char *name = strrchr(images[i].path, '/');
		char path[TEMP_PATH_SIZE];
		int n = snprintf(path, sizeof path, "%s%s", folder ? folder : "", folder && name ? name : images[i].path);
		BUG_ON(n < 0 || (size_t)n >= sizeof path);
		if (images[i].path[0])
			cut_one(&images[i], written_share, path);
	}
}

/* Whether images are needed: nothing can be cut otherwise. */
static bool cuts(void)
{
	return cut_operation > 0 || shared_count > 0;
}

/* Whether the operation is to fail. */
static bool fails(void)
{
	operations++;
	return fail_operation > 0 &&
	       (operations == fail_operation || (fails_for_good && operations > fail_operation));
}

static void cut_if_due(void)
{
	if (cut_operation > 0 && operations == cut_operation) {
		cut(NULL);
		_exit(POWERCUT_EXIT);
	}
	for (; shared_next < shared_count && shared_cuts[shared_next].at == operations; shared_next++) {
		rng_seed(&rng, shared_cuts[shared_next].seed, 0);
		cut(shared_cuts[shared_next].folder);
		shared_taken(shared_next);
	}
}

/* ---- images ---- */

static struct image *find_image(const char *path)
{
	struct image *unused = NULL;
	for (int i = 0; i < FILES; i++) {
		if (strcmp(images[i].path, path) == 0)
			return &images[i];
		if (!images[i].path[0] && !unused)
			unused = &images[i];
	}
	BUG_ON(!unused);
	return unused;
}

static void make_certain(struct image *image)
{
	free(image->bytes);
	image->bytes = read_file(image->path, &image->n);
	image->named = true;
}

/* Opened for the first time: what is there now has been there since before. */
static struct image *open_image(const char *path, bool existed)
{
	struct image *image = find_image(path);
	if (image->path[0] && !image->removed)
		return image;
	free(image->bytes);
	*image = (struct image){0};
	(void)snprintf(image->path, sizeof image->path, "%s", path);
	if (existed)
		make_certain(image);
	return image;
}

static void forget(struct image *image)
{
	free(image->bytes);
	*image = (struct image){0};
}

/* ---- what SQLite calls ---- */

static int cut_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int cut_read(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at)
{
	return real_of(file)->pMethods->xRead(real_of(file), bytes, n, at);
}

static int cut_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	if (fails()) /* half of it arrives */
		return real_of(file)->pMethods->xWrite(real_of(file), bytes, n / 2, at), SQLITE_FULL;
	int code = real_of(file)->pMethods->xWrite(real_of(file), bytes, n, at);
	cut_if_due();
	return code;
}

static int cut_truncate(sqlite3_file *file, sqlite3_int64 n)
{
	if (fails())
		return SQLITE_IOERR_TRUNCATE;
	int code = real_of(file)->pMethods->xTruncate(real_of(file), n);
	cut_if_due();
	return code;
}

static int cut_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	struct image *image = ((struct cut_file *)file)->image;
	if (fails())
		return SQLITE_IOERR_FSYNC;
	cut_if_due();
	if (image && cuts())
		make_certain(image);
	return SQLITE_OK;
}

static int cut_size(sqlite3_file *file, sqlite3_int64 *n)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), n);
}

static int cut_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int cut_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int cut_check_lock(sqlite3_file *file, int *reserved)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), reserved);
}

static int cut_control(sqlite3_file *file, int operation, void *argument)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int cut_sector_size(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int cut_characteristics(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static const sqlite3_io_methods methods = {
        .iVersion = 1, /* no shared memory, no mapping: every byte passes here */
        .xClose = cut_close,
        .xRead = cut_read,
        .xWrite = cut_write,
        .xTruncate = cut_truncate,
        .xSync = cut_sync,
        .xFileSize = cut_size,
        .xLock = cut_lock,
        .xUnlock = cut_unlock,
        .xCheckReservedLock = cut_check_lock,
        .xFileControl = cut_control,
        .xSectorSize = cut_sector_size,
        .xDeviceCharacteristics = cut_characteristics,
};

static int cut_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
	(void)vfs;
	struct cut_file *opened = (struct cut_file *)file;
	bool existed = path && access(path, F_OK) == 0;
	opened->real = (sqlite3_file *)(void *)(opened + 1);
	int code = system_vfs->xOpen(system_vfs, path, opened->real, flags, out_flags);
	opened->image = code == SQLITE_OK && path && cuts() ? open_image(path, existed) : NULL;
	opened->base.pMethods = opened->real->pMethods ? &methods : NULL;
	return code;
}

static int cut_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
	(void)vfs;
	struct image *image = find_image(path);
	if (fails())
		return SQLITE_IOERR_DELETE;
	int code = system_vfs->xDelete(system_vfs, path, 0);
	if (code == SQLITE_OK && image->path[0])
		image->removed = true;
	cut_if_due();
	if (image->removed && sync_folder)
		forget(image);
	return code;
}

void powercut_register(void)
{
	if (system_vfs)
		return;
	system_vfs = sqlite3_vfs_find(NULL);
	powercut_vfs = *system_vfs;
	powercut_vfs.zName = POWERCUT_VFS;
	powercut_vfs.pNext = NULL;
	powercut_vfs.szOsFile = (int)sizeof(struct cut_file) + system_vfs->szOsFile;
	powercut_vfs.xOpen = cut_open;
	powercut_vfs.xDelete = cut_delete;
	BUG_ON(sqlite3_vfs_register(&powercut_vfs, 0) != SQLITE_OK);
}

void powercut_arm(uint64_t cut_at, uint64_t seed)
{
	for (int i = 0; i < FILES; i++)
		forget(&images[i]);
	operations = 0;
	cut_operation = cut_at;
	fail_operation = 0;
	shared_count = shared_next = 0;
	rng_seed(&rng, seed, 0);
}

void powercut_share(const struct powercut *planned, size_t n, void (*taken)(size_t which))
{
	powercut_arm(0, 0);
	shared_cuts = planned;
	shared_count = n;
	shared_taken = taken;
}

void powercut_fail(uint64_t fail_at, bool for_good)
{
	operations = 0;
	fail_operation = fail_at;
	fails_for_good = for_good;
}

uint64_t powercut_operations(void)
{
	return operations;
}
