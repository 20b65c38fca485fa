/* Secrets from the terminal, without echo, or from a file: never from the command line, which everybody on the
 * machine can read. */
#ifndef LASERTWIN_UI_SECRET_ENTRY_H
#define LASERTWIN_UI_SECRET_ENTRY_H

#include "planner/store/person.h"

/* Room for one secret, in memory that is locked and wiped. */
struct secret_entry {
	char *bytes;
	struct secret secret; /* borrows bytes */
};

/* Asks on the terminal itself, whatever standard input is; twice: a second time, and both must be equal. ST_IO:
 * no terminal. */
enum status secret_ask(const char *prompt, bool twice, struct secret_entry *out, struct fail *why) MUST_CHECK;
/* The first line of the file. ST_DENIED: others may read it. */
enum status secret_read(const char *path, struct secret_entry *out, struct fail *why) MUST_CHECK;
void secret_clear(struct secret_entry *entry);

/* One line with echo, for logins and names. */
enum status line_ask(const char *prompt, char *out, size_t size, struct fail *why) MUST_CHECK;
bool terminal_is_there(void);

#endif
