/* Where a store may live: a private file in a writable folder of a local disk.
 *
 * Nothing here opens an existing file: closing it again would drop the locks that another connection of
 * this process holds on it (POSIX advisory locks belong to the process; SQLite, "How To Corrupt An SQLite
 * Database File", section 2.2).
 */
#include "planner/store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define OTHERS (S_IRWXG | S_IRWXO)

/* f_type of statfs(2), Linux 6.1, include/uapi/linux/magic.h and the file systems' own sources. FUSE is
 * among them because what lies behind it cannot be known and locks or fsync may do nothing there. */
struct file_system {
	unsigned long type;
	const char *name;
};
static const struct file_system network[] = {
        {0x6969, "NFS"},      {0x517B, "SMB"},       {0xFF534D42, "CIFS"},   {0xFE534D42, "SMB2"},
        {0x5346414F, "AFS"},  {0x6B414653, "AFS"},   {0x73757245, "Coda"},   {0x00C36400, "Ceph"},
        {0x01021997, "9P"},   {0x65735546, "FUSE"},  {0x0BD00BD0, "Lustre"}, {0x47504653, "GPFS"},
        {0x01161970, "GFS2"}, {0x7461636F, "OCFS2"}, {0x564C, "NCP"},
};

const char *network_file_system(unsigned long type)
{
	for (size_t i = 0; i < sizeof network / sizeof *network; i++)
		if (network[i].type == (type & 0xFFFFFFFF))
			return network[i].name;
	return NULL;
}

static enum status check_file_system(const struct place *place, struct fail *why)
{
	struct statfs about;
	if (statfs(place->folder, &about) != 0)
		return fail_set(why, ST_IO, place->folder, "cannot be examined: %s", strerror(errno));
	const char *name = network_file_system((unsigned long)about.f_type);
	if (name)
		return fail_set(
		        why, ST_DENIED, place->folder,
		        "is on a network file system (%s), where locks and syncs are not certain: put the "
		        "store on a local disk",
		        name);
	return ST_OK;
}

static enum status resolve(const char *path, struct place *place, struct fail *why)
{
	char folder[PATH_MAX], name[PATH_MAX];
	if (!path || strnlen(path, PATH_MAX) + sizeof "-journal" > PATH_MAX)
		return fail_set(why, ST_RANGE, "store", "its path is missing or longer than %d bytes",
		                PATH_MAX);
	(void)snprintf(folder, sizeof folder, "%s", path);
	(void)snprintf(name, sizeof name, "%s", path);
	const char *last = basename(name);
	if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0 || strcmp(last, "/") == 0)
		return fail_set(why, ST_INPUT, path, "names no file: give the path of the store's file");
	if (!realpath(dirname(folder), place->folder))
		return fail_set(why, errno == ENOENT ? ST_NOT_FOUND : ST_IO, path,
		                "its folder cannot be entered (%s): create it or name another",
		                strerror(errno));
	const char *slash = strcmp(place->folder, "/") == 0 ? "" : "/";
	int n = snprintf(place->path, sizeof place->path, "%s%s%s", place->folder, slash, last);
	if (n < 0 || (size_t)n + sizeof "-journal" > sizeof place->path)
		return fail_set(why, ST_RANGE, path, "is longer than %d bytes: choose a shorter path",
		                PATH_MAX);
	return ST_OK;
}

static bool lies_beside(const struct place *place, const char *ending)
{
	char beside[PATH_MAX + 16];
	struct stat about;
	(void)snprintf(beside, sizeof beside, "%s%s", place->path, ending);
	return stat(beside, &about) == 0 && about.st_size > 0;
}

static enum status check_absent(const struct place *place, bool create, struct fail *why)
{
	if (place->has_journal || lies_beside(place, "-wal"))
		return fail_set(
		        why, ST_NOT_FOUND, place->path,
		        "is gone but its journal is still there: restore the file beside its journal, or "
		        "move the journal away");
	if (!create)
		return fail_set(why, ST_NOT_FOUND, place->path,
		                "does not exist: check the path or create a store");
	return ST_OK;
}

static enum status check_file(const struct place *place, const struct stat *about, struct fail *why)
{
	if (!S_ISREG(about->st_mode))
		return fail_set(why, ST_DENIED, place->path,
		                "is not a plain file (a link, folder or device): name the file itself");
	if (about->st_uid != geteuid())
		return fail_set(why, ST_DENIED, place->path, "belongs to another user: log in as its owner");
	if (about->st_mode & OTHERS)
		return fail_set(why, ST_DENIED, place->path,
		                "can be opened by other users: close it to them (chmod 600)");
	if (about->st_nlink != 1)
		return fail_set(
		        why, ST_DENIED, place->path,
		        "has a second name (hard link), under which its journal would be missed: remove it");
	if (access(place->path, R_OK | W_OK) != 0)
		return fail_set(why, ST_IO, place->path, "cannot be written (%s): check its permissions",
		                strerror(errno));
	return ST_OK;
}

enum status place_find(const char *path, bool create, struct place *place, struct fail *why)
{
	struct stat about;
	*place = (struct place){0};
	enum status st = resolve(path, place, why);
	if (st == ST_OK)
		st = check_file_system(place, why);
	if (st != ST_OK)
		return st;
	if (access(place->folder, W_OK | X_OK) != 0)
		return fail_set(
		        why, ST_IO, place->folder,
		        "cannot be written (%s), and a store needs room for its journal: check the folder's "
		        "permissions",
		        strerror(errno));
	place->has_journal = lies_beside(place, "-journal");
	place->exists = lstat(place->path, &about) == 0;
	place->is_empty = place->exists && about.st_size == 0;
	if (!place->exists && errno != ENOENT)
		return fail_set(why, ST_IO, place->path, "cannot be examined: %s", strerror(errno));
	return place->exists ? check_file(place, &about, why) : check_absent(place, create, why);
}

enum status place_sync(const struct place *place, struct fail *why)
{
	int fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed = fd < 0 || fsync(fd) != 0 ? errno : 0;
	if (fd >= 0)
		(void)close(fd);
	if (failed)
		return fail_set(why, ST_IO, place->folder, "cannot be synced: %s", strerror(failed));
	return ST_OK;
}

enum status place_create(const struct place *place, struct fail *why)
{
	int fd = open(place->path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0)
		return fail_set(why, errno == EEXIST ? ST_CONFLICT : ST_IO, place->path,
		                "cannot be created: %s", strerror(errno));
	int failed = fchmod(fd, S_IRUSR | S_IWUSR) != 0 ? errno : 0; /* the umask may have taken too much */
	(void)close(fd);
	if (failed)
		return fail_set(why, ST_IO, place->path, "cannot be made private: %s", strerror(failed));
	return place_sync(place, why);
}
