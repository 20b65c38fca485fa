/* An SQLite VFS whose power fails at a chosen operation.
 *
 * It passes everything to the system's VFS, but keeps of every file the image that the last sync made
 * certain. At the cut each 512-byte sector of each file becomes, at random, the certain or the written
 * one; what was never certain may also be zeros or garbage; a file that was never synced, or whose
 * removal was not, may be there or not. Then the process is gone (_exit), as with the power.
 *
 * Not modelled: sectors spoiled that nobody wrote to, reordering across a sync, loss of the folder.
 * The model follows the head of SQLite's src/test6.c.
 */
#ifndef LASERTWIN_TESTS_VFS_POWERCUT_H
#define LASERTWIN_TESTS_VFS_POWERCUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POWERCUT_VFS "powercut"
#define POWERCUT_EXIT 75 /* exit code of a process whose power was cut */

/* Registers the VFS; once per process is enough. Without powercut_arm it never cuts (and, as syncs are
 * not passed on, is fast). */
void powercut_register(void);
/* The power fails at the operation number cut_at (write, truncate, sync or delete; 0: never). No file is
 * open; what is on the disk now counts as certain. */
void powercut_arm(uint64_t cut_at, uint64_t seed);
/* One run of a scenario shared by many cuts: at each, what the disk may hold then is written to the cut's own folder
 * (files of the same names) as powercut_arm would leave it, taken() is told, and the run goes on. In ascending order
 * of `at`; borrowed while armed. */
struct powercut {
	uint64_t at, seed;
	const char *folder;
};
void powercut_share(const struct powercut *cuts, size_t n, void (*taken)(size_t which));
/* Instead of a cut: the operation number fail_at reports an error (a write: disk full, half of it
 * arrived), once, or it and all that follow. 0: none; files may be open. */
void powercut_fail(uint64_t fail_at, bool for_good);
/* Operations since powercut_arm or powercut_fail. */
uint64_t powercut_operations(void);

#endif
