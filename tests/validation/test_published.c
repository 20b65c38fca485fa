/* The fit against published settings: all 44 rows of profiles/protocols/published.json.
 *
 * For every row a virtual patient of the row's types (its darkest where LASERTWIN_VALIDATE is set, too) is fitted
 * with each device the row speaks about. The table says where the fit lies and why. Two things are asserted: what
 * is chosen is never above the published range, and every row ends in an answer or a reason.
 *
 * Plain: two samples of the twin and one device a row, microbeams left out (test_fit has them); with
 * LASERTWIN_VALIDATE set: all devices, both ends of the types, four samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/plan/case.h"
#include "planner/plan/published.h"

#define ROWS 44
#define TYPES 6
#define TEXT_MAX 200

static struct library *library;

static bool printing(void)
{
	return getenv("LASERTWIN_VALIDATE") != NULL;
}

static int load(void **state)
{
	struct fail why;
	(void)state;
	if (library_load("profiles", &library, &why) == ST_OK)
		return 0;
	print_error("%s: %s\n", why.field, why.text);
	return 1;
}

static int unload(void **state)
{
	(void)state;
	library_free(&library);
	return 0;
}

/* Colour in the middle of each type's range (Del Bino & Bernerd 2013 classes), melanin index to match. */
static struct case_file *patient(const char *indication, const char *device_mode, const char *zone, int type)
{
	static const struct {
		const char *name;
		double ita_deg, melanin_index;
	} of_type[TYPES] = {{"I", 58, 150}, {"II", 48, 200}, {"III", 34, 260}, {"IV", 18, 340}, {"V", -8, 480}, {"VI", -42, 720}};
	char text[2048];
	struct case_file *file = NULL;
	struct fail why;
	int length = snprintf(
	        text, sizeof text,
	        "{\"schema\":\"lasertwin-case/1\",\"id\":\"VIRTUAL\",\"title\":\"VIRTUAL\",\"patient\":{\"age\":40,\"sex\":\"F\","
	        "\"fitz\":\"%s\",\"site\":\"cheek\",\"ita_deg\":%g,\"ita_unexposed_deg\":%g,\"mi_adjacent_normal\":%g,"
	        "\"mi_unexposed\":%g,\"mi_field\":%g,\"mi_scale\":\"mexameter\",\"epidermis_um\":70,\"dermis_mm\":1.8,"
	        "\"measured_days_ago\":0},\"history\":{\"others\":\"no\"},\"indication\":\"%s\",\"requests\":[{\"name\":\"fit\","
	        "\"device\":\"%s\",\"zones\":[\"%s\"]}]}",
	        of_type[type].name, of_type[type].ita_deg, of_type[type].ita_deg, of_type[type].melanin_index,
	        of_type[type].melanin_index, 1.35 * of_type[type].melanin_index, indication, device_mode, zone);
	if (case_parse("virtual.json", text, (size_t)length, &file, &why))
		fail_msg("%s: %s", why.field, why.text);
	return file;
}

struct row_fit {
	enum published_place place;
	bool fitted;
	char settings[TEXT_MAX], why[FAIL_TEXT_MAX];
};

static void why_not(const struct fit_result *fit, char *text, size_t size)
{
	if (fit->endpoint_unreachable)
		(void)snprintf(text, size, "allowed settings do not reach the goals");
	else if (fit->exclusions)
		(void)snprintf(text, size, "%s: %s", fit->exclusion[0].rule, fit->exclusion[0].text);
	else
		(void)snprintf(text, size, "no setting of the device serves");
}

static void compare(const struct published *row, const struct fit_result *fit, struct row_fit *out)
{
	enum setting_id which = SETTINGS;
	const struct fit_alternative *best = &fit->alternative[0];
	(void)settings_text(&fit->settings, out->settings, sizeof out->settings);
	out->place = published_compare(row, &fit->settings, &which);
	if (out->place == PUBLISHED_BELOW)
		(void)snprintf(out->why, sizeof out->why, "%s %.3g below %.3g: the goals are met with less", setting_spec(which)->key,
		               settings_get(&fit->settings, which), row->range[which].min);
	else
		(void)snprintf(out->why, sizeof out->why, "up: %s", best->binding);
}

static struct row_fit fit_row(const struct published *row, const char *mode, int type)
{
	struct case_file *file = patient(row->indication[0], mode, row->zone, type);
	const struct predict_options options = {.samples = printing() ? 4 : 2, .seed = 1};
	struct row_fit out = {0};
	struct planning *planning = NULL;
	struct fit_result fit;
	struct fail why;
	enum status st = planning_new(library, &file->request[0].subject, &file->request[0].request, &options, &planning, &why);
	if (!st)
		st = planning_fit(planning, NULL, NULL, &fit, &why);
	if (st)
		(void)snprintf(out.why, sizeof out.why, "%s", why.text);
	else if (!fit.feasible)
		why_not(&fit, out.why, sizeof out.why);
	else {
		out.fitted = true;
		compare(row, &fit, &out);
	}
	planning_free(&planning);
	case_free(&file);
	return out;
}

static int lightest(const struct published *row)
{
	for (int t = 0; t < TYPES; t++)
		if (row->fitzpatrick >> t & 1u)
			return t;
	return 2; /* III where the source does not say */
}

static int darkest(const struct published *row)
{
	for (int t = TYPES - 1; t >= 0; t--)
		if (row->fitzpatrick >> t & 1u)
			return t;
	return 3; /* IV where it does not say: most of these series are Asian */
}

static void range_text(const struct published *row, char *text, size_t size)
{
	size_t used = 0;
	text[0] = '\0';
	for (unsigned id = 0; id < SETTINGS && used < size; id++)
		if (row->given >> id & 1u && !setting_spec(id)->of_the_plan)
			used += (size_t)snprintf(text + used, size - used, "%s%s %g..%g", used ? ", " : "", setting_spec(id)->key,
			                         row->range[id].min, row->range[id].max);
}

static void print_row(const struct published *row, const char *mode, int type, const struct row_fit *o)
{
	static const char *const name[TYPES] = {"I", "II", "III", "IV", "V", "VI"};
	char published[TEXT_MAX];
	if (!printing())
		return;
	range_text(row, published, sizeof published);
	printf("%-10s %-27s %-4s %-9s\n    published %s [%s]\n", row->id, mode, name[type],
	       o->fitted ? published_place_name(o->place) : "no fit", published[0] ? published : "no settings", row->source);
	if (o->fitted)
		printf("    fit       %s\n", o->settings);
	printf("    why       %s\n", o->why);
}

struct tally {
	int rows, fitted, inside, below, above, unfitted;
};

/* Preparing microbeams takes a second each. */
static bool left_out(const char *device_mode)
{
	const struct device *device;
	const struct device_mode *mode;
	struct fail why;
	return !printing() && library_find_mode(library, device_mode, &device, &mode, &why) == ST_OK &&
	       mode->pattern == PATTERN_MICROBEAMS;
}

static void judge(const struct published *row, const char *mode, int type, struct tally *tally)
{
	struct row_fit o = fit_row(row, mode, type);
	print_row(row, mode, type, &o);
	assert_true(o.why[0] != '\0');
	tally->fitted += o.fitted;
	tally->unfitted += !o.fitted;
	tally->inside += o.fitted && o.place == PUBLISHED_INSIDE;
	tally->below += o.fitted && o.place == PUBLISHED_BELOW;
	tally->above += o.fitted && o.place == PUBLISHED_ABOVE;
	if (o.fitted && o.place == PUBLISHED_ABOVE)
		print_error("%s with %s, type %d: %s is above the published range\n", row->id, mode, type + 1, o.settings);
}

static void judge_row(const struct published *row, struct tally *tally)
{
	tally->rows++;
	if (row->modes == 0 && printing())
		printf("%-10s compares methods: no setting to fit [%s]\n", row->id, row->source);
	for (size_t m = 0; m < (printing() ? row->modes : row->modes ? 1u : 0u); m++) {
		if (left_out(row->mode[m]))
			continue;
		judge(row, row->mode[m], lightest(row), tally);
		if (printing() && darkest(row) != lightest(row))
			judge(row, row->mode[m], darkest(row), tally);
	}
}

static void every_published_row(void **state)
{
	struct tally tally = {0};
	(void)state;
	assert_int_equal(library_published_count(library), ROWS);
	if (printing())
		printf("\nThe fit against published settings (lowest sufficient dose; `inside` all given settings in range)\n");
	for (size_t i = 0; i < library_published_count(library); i++)
		judge_row(library_published_at(library, i), &tally);
	if (printing())
		printf("%d rows: %d fits, %d inside, %d below, %d above, %d without a range; %d without a fit\n", tally.rows,
		       tally.fitted, tally.inside, tally.below, tally.above,
		       tally.fitted - tally.inside - tally.below - tally.above, tally.unfitted);
	assert_int_equal(tally.above, 0);
	assert_true(tally.fitted >= 10);
}

static void every_row_names_what_exists(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		const struct published *row = library_published_at(library, i);
		struct fail why;
		for (size_t m = 0; m < row->modes; m++) {
			const struct device *device;
			const struct device_mode *mode;
			if (library_find_mode(library, row->mode[m], &device, &mode, &why))
				fail_msg("%s: %s", row->id, why.text);
		}
		for (size_t k = 0; k < row->indications; k++)
			if (library_check_indication(library, row->indication[k], &why))
				fail_msg("%s: %s", row->id, why.text);
		if (library_check_zone(library, row->zone, &why))
			fail_msg("%s: %s", row->id, why.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_row_names_what_exists),
	        cmocka_unit_test(every_published_row),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
