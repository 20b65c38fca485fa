/* What every command on plans begins with: records opened, somebody logged in, the library, the workflow. */
#ifndef LASERTWIN_UI_STATION_H
#define LASERTWIN_UI_STATION_H

#include "planner/plan/desk.h"
#include "ui/cli.h"
#include "ui/secret_entry.h"

struct station {
	const struct cli_options *options;
	struct library *lib;
	struct clinic *clinic;
	struct workflow w;
	struct workflow_person person;
	struct desk_signer signer;
	struct secret_entry secret;
};

enum station_need { STATION_READS, STATION_SIGNS /* the secret is asked for once more */ };

/* Opens, runs, closes; gives the exit code. */
int station_run(const struct cli_options *options, enum station_need need,
                enum status (*run)(struct station *station, struct fail *why));

/* The plan of the first operand; version 0: the newest. */
enum status station_plan(struct station *station, int64_t version, struct workflow_plan **plan,
                         struct fail *why) MUST_CHECK;

/* The second person, by --second-login and --second-secret-file or asked for. End it in any case. */
struct station_second {
	struct session *session;
	struct workflow_person person;
	struct desk_signer signer;
	struct secret_entry secret;
};
enum status station_second(struct station *station, struct station_second *out, struct fail *why) MUST_CHECK;
void station_second_end(struct station_second *second);

/* One line on standard output, cleaned; "2026-01-31 14:05 UTC". */
void station_say(const struct cli_options *options, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
void station_date(int64_t at_ms, char *out, size_t size);

#endif
