/* Opening the clinic's records from the command line: who is asking, by which secret. */
#ifndef LASERTWIN_UI_RECORDS_H
#define LASERTWIN_UI_RECORDS_H

#include "planner/plan/clinic.h"
#include "planner/sync/json_out.h"
#include "ui/cli.h"
#include "ui/secret_entry.h"

/* Opens the records and logs in: by --login and --secret-file (or LASERTWIN_LOGIN, LASERTWIN_SECRET_FILE), else by
 * asking on the terminal. A clinic that has nobody yet is set up there and then when there is a terminal, else
 * refused with what to do. The demo logs its technician in by itself. profiles may be NULL for a clinic.
 * Here as in all of these: where there are no records yet, only a command that begins them makes any. */
enum status records_open(const struct cli_options *options, const char *profiles, enum store_kind kind,
                         struct clinic **clinic, struct fail *why) MUST_CHECK;
/* The same without logging in. */
enum status records_open_locked(const struct cli_options *options, enum store_kind kind, struct clinic **clinic,
                                struct fail *why) MUST_CHECK;
/* --demo says the demo's records. */
enum store_kind records_kind(const struct cli_options *options);
/* --login or LASERTWIN_LOGIN; NULL: to be asked for. */
const char *records_login_name(const struct cli_options *options);
/* Logs in on records that are open and locked. */
enum status records_login(const struct cli_options *options, struct clinic *clinic, struct fail *why) MUST_CHECK;
/* By the option's file, else asked for, twice. */
enum status records_secret(const struct cli_options *options, const char *option, const char *prompt, bool twice,
                           struct secret_entry *out, struct fail *why) MUST_CHECK;

/* Opens the records, logs in, does the work, closes; says what failed. Returns the exit code. */
typedef enum status (*records_work)(const struct cli_options *options, struct clinic *clinic, struct fail *why);
int records_with(const struct cli_options *options, records_work work);

/* "2026-01-31T12:00:00Z"; "?" for what is no time. */
enum { RECORDS_TIME_SIZE = 32 };
const char *records_time(int64_t at_ms, char out[RECORDS_TIME_SIZE]);

/* For --json: one document on standard output, begun with records_json_begin and ended and printed by this. */
void records_json_begin(struct json_out *out);
enum status records_json_print(struct json_out *out, struct fail *why) MUST_CHECK;

#endif
