/* Readings from elsewhere (CSV, JSON, FHIR, a device's own export) and the mapping of such an export: a set, or faults
 * each with its place. */
#include "tests/fuzz/fuzz.h"

#include "planner/twin/import.h"
#include "tests/support/temp_folder.h"

enum { TODAY = 20000 };

static struct import_mapping *example(void)
{
	static struct import_mapping *mapping;
	struct fail why;
	size_t n;
	if (!mapping) {
		char *text = (char *)read_file("profiles/mappings/example_wide.json", &n);
		BUG_ON(import_mapping_parse("example", text, n, &mapping, &why) != ST_OK);
		free(text);
	}
	return mapping;
}

static void try_import(const char *text, size_t n, const struct import_mapping *mapping)
{
	const struct import_options options = {.today = TODAY, .mapping = mapping};
	struct import_set *set = NULL;
	struct fail why = {.code = ST_OK};
	long day[8];
	enum status st = import_parse("fuzz", text, n, &options, &set, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	BUG_ON(st == ST_OK && (!set || set->faults != 0));
	if (st == ST_OK) {
		size_t days = import_days(set, TODAY, day, 8);
		for (size_t i = 0; i < days && i < 8; i++) {
			static struct readings readings;
			memset(&readings, 0, sizeof readings);
			st = import_apply(set, day[i], TODAY, &readings, &why);
			BUG_ON(st != ST_OK && !why.text[0]);
		}
	}
	import_free(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct import_mapping *mapping = NULL;
	struct fail why = {.code = ST_OK};
	char *text = fuzz_text(bytes, n);
	enum status st = import_mapping_parse("fuzz", text, n, &mapping, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	import_mapping_free(&mapping);
	try_import(text, n, NULL);
	try_import(text, n, example());
	free(text);
	return 0;
}
