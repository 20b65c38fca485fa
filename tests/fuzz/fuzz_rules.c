/* A clinic's own limits, and rules (conditions are expressions), protocols, published settings and PIH tables: whole, or
 * refused with a reason. */
#include "tests/fuzz/fuzz.h"

#include "planner/plan/protocol.h"
#include "planner/plan/published.h"
#include "planner/safety/limits.h"
#include "planner/safety/pih.h"
#include "planner/safety/rules.h"
#include "tests/support/temp_folder.h"

static void say(enum status st, struct fail *why)
{
	BUG_ON(st != ST_OK && !why->text[0]);
	*why = (struct fail){.code = ST_OK};
}

static struct ruleset_text shipped(const char *name)
{
	char path[64];
	struct ruleset_text out = {.file = name};
	(void)snprintf(path, sizeof path, "profiles/safety/%s", name);
	out.text = (const char *)read_file(path, &out.length);
	return out;
}

/* Beside the shipped limits, drugs and sources. */
static void try_rules(const char *text, size_t n)
{
	static struct ruleset_files files;
	struct ruleset *rules = NULL;
	struct fail why = {.code = ST_OK};
	if (!files.limits.text) {
		files.limits = shipped("limits.json");
		files.drugs = shipped("drugs.json");
		files.sources = shipped("sources.json");
	}
	files.rules = (struct ruleset_text){"rules", text, n};
	say(ruleset_parse(&files, &rules, &why), &why);
	ruleset_free(&rules);
}

/* Over the shipped ones. */
static void try_clinic_limits(const char *text, size_t n)
{
	static struct ruleset_text base;
	struct limits *limits = NULL;
	struct fail why = {.code = ST_OK};
	if (!base.text)
		base = shipped("limits.json");
	BUG_ON(limits_parse(base.text, base.length, base.file, &limits, &why) != ST_OK);
	say(limits_overlay(limits, text, n, "fuzz", &why), &why);
	limits_free(&limits);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct pih_table pih;
	struct limits *limits = NULL;
	struct protocol *protocols = NULL;
	struct published *published = NULL;
	struct fail why = {.code = ST_OK};
	size_t count = 0;
	char *text = fuzz_text(bytes, n);
	say(limits_parse(text, n, "fuzz", &limits, &why), &why);
	limits_free(&limits);
	if (strstr(text, "lasertwin-clinic-limits/"))
		try_clinic_limits(text, n);
	if (strstr(text, "lasertwin-rules/")) /* the others are read each time, which takes ten times as long as the rest */
		try_rules(text, n);
	say(protocols_parse("fuzz", text, n, &protocols, &count, &why), &why);
	free(protocols);
	say(published_parse("fuzz", text, n, &published, &count, &why), &why);
	free(published);
	say(pih_parse(text, n, "fuzz", &pih, &why), &why);
	free(text);
	return 0;
}
