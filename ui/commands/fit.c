/* `lasertwin fit`, `check` and `compare`: requests of case files fitted anew, judged as they stand, compared. */
#include "planner/plan/advice.h"
#include "planner/plan/case.h"
#include "planner/plan/difference.h"
#include "planner/plan/report.h"
#include "ui/commands/commands.h"
#include "ui/commands/watch.h"

#define SHOWN 60 /* characters of one value in a line of differences */

struct opened {
	struct library *lib;
	struct case_file *file;
	struct case_result *result; /* file->requests of them */
	char **advice; /* the same number of texts, where asked for */
	struct watch *watch;
};

static void close_case(struct opened *o)
{
	for (size_t i = 0; o->result && i < o->file->requests; i++)
		case_result_clear(&o->result[i]);
	for (size_t i = 0; o->advice && i < o->file->requests; i++)
		free(o->advice[i]);
	free(o->advice);
	free(o->result);
	case_free(&o->file);
	library_free(&o->lib);
}

static enum status open_case(const struct cli_options *options, const char *path, struct opened *o,
                             struct fail *why)
{
	enum status st = case_read(path, &o->file, why);
	if (!st)
		st = cli_follow_twin(options, o->file, why);
	if (!st)
		st = cli_library(options, &o->lib, why);
	if (!st)
		st = case_join_sessions(o->lib, o->file, why);
	if (st)
		return st;
	o->watch->items = o->file->requests;
	o->result = calloc(o->file->requests, sizeof *o->result);
	o->advice = calloc(o->file->requests, sizeof *o->advice);
	return o->result && o->advice ? ST_OK :
	               fail_set(why, ST_FULL, "case", "no memory for %zu requests", o->file->requests);
}

/* What went wrong, with the file and the request it is about. */
static enum status blame(const struct opened *o, size_t i, const char *path, enum status st, const struct fail *detail,
                         struct fail *why)
{
	watch_clear(o->watch);
	if (watch_stopped() != 0)
		return fail_set(why, ST_CANCELLED, path, "stopped by %s; nothing is printed", strsignal(watch_stopped()));
	return st ? fail_set(why, st, path, "request %s, %s: %s", o->file->request[i].request.name, detail->field,
	                     detail->text)
	          : ST_OK;
}

static enum status evaluate(struct opened *o, size_t i, const char *path, struct fail *why)
{
	const struct case_options evaluation = {.progress = watch_step, .context = o->watch};
	struct fail detail = {.text = ""};
	watch_item(o->watch, i);
	enum status st = case_evaluate(o->lib, &o->file->request[i], &evaluation, &o->result[i], &detail);
	return blame(o, i, path, st, &detail, why);
}

static enum status print_report(const struct cli_options *options, const struct opened *o, struct fail *why)
{
	char *text = NULL;
	bool json = cli_flag(options, "--json");
	enum status st = json ? report_case_json(o->lib, o->file, o->result, &text, why)
	                      : report_case_text(o->lib, o->file, o->result, &text, why);
	if (!st && json)
		printf("%s", text);
	else if (!st)
		cli_print(stdout, cli_ascii(options), text);
	free(text);
	return st;
}

/* ---- fit ------------------------------------------------------------------------------------------------- */

static enum status advise(struct opened *o, size_t i, bool json, const char *path, struct fail *why)
{
	const struct advice_request request = {o->lib,
	                                       .subject = &o->file->request[i].subject,
	                                       .options = {.progress = watch_step, .context = o->watch}};
	struct advice *advice = malloc(sizeof *advice);
	struct fail detail = {.text = ""};
	if (!advice)
		return fail_set(why, ST_FULL, "advice", "out of memory");
	if (o->result[i].unfitted.code) {
		free(advice);
		o->advice[i] = strdup(json ? "null" : "  none: there is no protocol to fit to\n");
		return o->advice[i] ? ST_OK : fail_set(why, ST_FULL, "advice", "out of memory");
	}
	enum status st = advice_of(&request, o->result[i].planning, &o->result[i].assessment.settings, advice, &detail);
	if (!st)
		st = json ? advice_json(advice, &o->advice[i], &detail) : advice_text(advice, &o->advice[i], &detail);
	free(advice);
	return blame(o, i, path, st, &detail, why);
}

static void print_advice(const struct cli_options *options, const struct opened *o)
{
	bool json = cli_flag(options, "--json");
	for (size_t i = 0; i < o->file->requests; i++) {
		char title[sizeof o->file->request[i].request.name + 32];
		(void)snprintf(title, sizeof title, "\nBeside the plan of request %s", o->file->request[i].request.name);
		if (!json)
			cli_print(stdout, cli_ascii(options), title);
		if (json)
			printf("%s%s", i ? ", " : "", o->advice[i]);
		else
			cli_print(stdout, cli_ascii(options), o->advice[i]);
	}
}

/* Everything is computed before anything is printed. */
static enum status fit_all(const struct cli_options *options, struct opened *o, struct fail *why)
{
	bool json = cli_flag(options, "--json");
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < o->file->requests; i++) {
		o->file->request[i].fit = true;
		memset(&o->file->request[i].request.settings, 0, sizeof o->file->request[i].request.settings);
		st = evaluate(o, i, options->operand[0], why);
		if (!st)
			st = advise(o, i, json, options->operand[0], why);
	}
	if (!st)
		st = case_join_heat(o->file, o->result, why);
	if (st)
		return st;
	if (json)
		printf("{\"schema\": \"lasertwin-fit/1\", \"case\": ");
	st = print_report(options, o, why);
	if (json)
		printf(", \"advice\": [");
	if (!st)
		print_advice(options, o);
	if (json)
		printf("]}\n");
	return st;
}

int command_fit(const struct cli_options *options)
{
	struct watch watch;
	struct opened o = {.watch = &watch};
	struct fail why = {.text = ""};
	watch_begin(&watch, 0);
	enum status st = open_case(options, options->operand[0], &o, &why);
	if (!st)
		st = fit_all(options, &o, &why);
	close_case(&o);
	int code = st ? cli_complain(options, st, &why) : 0;
	watch_end(&watch, st == ST_CANCELLED);
	return code;
}

/* ---- check ----------------------------------------------------------------------------------------------- */

static enum status check_all(const struct cli_options *options, struct opened *o, bool *clear, struct fail *why)
{
	enum status st = ST_OK;
	*clear = true;
	for (size_t i = 0; !st && i < o->file->requests; i++) {
		if (o->file->request[i].fit)
			return fail_set(why, ST_INPUT, options->operand[0], "request %s has no settings to check; `lasertwin fit` finds "
			                "them", o->file->request[i].request.name);
		st = evaluate(o, i, options->operand[0], why);
	}
	if (!st)
		st = case_join_heat(o->file, o->result, why);
	for (size_t i = 0; !st && i < o->file->requests; i++)
		if (o->result[i].assessment.verdict > VERDICT_ALLOW_AFTER_MD)
			*clear = false;
	if (!st)
		st = print_report(options, o, why);
	if (!st && cli_flag(options, "--json"))
		printf("\n");
	return st;
}

int command_check(const struct cli_options *options)
{
	struct watch watch;
	struct opened o = {.watch = &watch};
	struct fail why = {.text = ""};
	bool clear = true;
	watch_begin(&watch, 0);
	enum status st = open_case(options, options->operand[0], &o, &why);
	if (!st)
		st = check_all(options, &o, &clear, &why);
	close_case(&o);
	int code = st ? cli_complain(options, st, &why) : cli_flag(options, "--strict") && !clear ? EXIT_NOT_DONE : 0;
	watch_end(&watch, st == ST_CANCELLED);
	return code;
}

/* ---- compare --------------------------------------------------------------------------------------------- */

struct documents {
	char *plan, *readings, *twin;
};

static void free_documents(struct documents *d)
{
	free(d->plan);
	free(d->readings);
	free(d->twin);
}

/* The first request of a case, as the store would keep it. */
static enum status write_documents(const struct cli_options *options, const char *path, struct watch *watch,
                                   struct documents *d, struct fail *why)
{
	struct opened o = {.watch = watch};
	enum status st = open_case(options, path, &o, why);
	if (!st)
		st = evaluate(&o, 0, path, why);
	if (!st) {
		const struct case_request *r = &o.file->request[0];
		st = report_plan_json(o.lib, &r->request, planning_twin(o.result[0].planning), &o.result[0].assessment,
		                      &d->plan, why);
		if (!st)
			st = report_subject_json(o.file->id, &r->subject, &r->request, &d->readings, why);
		if (!st)
			st = report_twin_json(planning_twin(o.result[0].planning), &d->twin, why);
	}
	close_case(&o);
	return st;
}

static struct difference_side side_of(const struct documents *d)
{
	return (struct difference_side){.plan = d->plan,
	                                .readings = d->readings,
	                                .twin = d->twin,
	                                .plan_len = strlen(d->plan),
	                                .readings_len = strlen(d->readings),
	                                .twin_len = strlen(d->twin)};
}

static void print_text(const struct cli_options *options, const struct difference *d)
{
	enum difference_section section = DIFFERENCE_SECTIONS;
	for (size_t i = 0; i < d->count; i++) {
		const struct difference_line *l = &d->line[i];
		char line[512];
		if (l->section != section)
			printf("%s\n", difference_section_name(l->section));
		section = l->section;
		(void)snprintf(line, sizeof line, "  %-36.96s %.*s -> %.*s", l->key, SHOWN,
		               l->before[0] ? l->before : "(none)", SHOWN, l->after[0] ? l->after : "(none)");
		cli_print(stdout, cli_ascii(options), line);
	}
	printf("%zu different, %zu the same\n", d->count, d->same);
}

int command_compare(const struct cli_options *options)
{
	struct documents before = {0}, after = {0};
	struct difference difference = {0};
	struct fail why = {.text = ""};
	struct watch watch;
	char *text = NULL;
	watch_begin(&watch, 0);
	enum status st = write_documents(options, options->operand[0], &watch, &before, &why);
	if (!st)
		st = write_documents(options, options->operand[1], &watch, &after, &why);
	if (!st) {
		const struct difference_side a = side_of(&before), b = side_of(&after);
		st = difference_of(&a, &b, &difference, &why);
	}
	if (!st && cli_flag(options, "--json")) {
		st = difference_json(&difference, &text, &why);
		if (!st)
			printf("%s\n", text);
	} else if (!st)
		print_text(options, &difference);
	free(text);
	difference_free(&difference);
	free_documents(&before);
	free_documents(&after);
	int code = st ? cli_complain(options, st, &why) : 0;
	watch_end(&watch, st == ST_CANCELLED);
	return code;
}
