/* Every screen against its golden text, at 80 x 24, 120 x 40, ASCII, and reduced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>

#include "planner/plan/report.h"
#include "tests/support/golden.h"
#include "tests/ui/fake_clinic.h"
#include "tests/ui/fake_course.h"
#include "ui/view.h"

struct scene {
	const char *name;
	const char *keys; /* typed from the worklist; \r is Enter, \t is Tab */
};

static const struct scene scenes[] = {
        {"worklist", ""},
        {"worklist_find", "/zo"},
        {"patient", "\r"},
        {"twin", "\r3"},
        {"twin_readings", "\r3i"},
        {"twin_forecast", "\r3iij"},
        {"twin_history", "\r3iii"},
        {"device", "\r4"},
        {"parameters", "\r5"},
        {"parameters_stop", "\r5jllljl"}, /* density 25 %, passes 2 */
        {"prediction", "\r6"},
        {"prediction_numbers", "\r6i"},
        {"prediction_section", "\r6ii"},
        {"prediction_time", "\r6iii"},
        {"checks", "\r7"},
        {"alternatives", "\r5fa"},
        {"explore", "\r5ellk"},
        {"explore_passes", "\r5ev"},
        {"goals", "\r5o"},
        {"histogram", "\r5hhhb"},
        {"histogram_met", "\r5lllllbj"},
        {"help", "\r5?"},
        {"messages", "\r5fm"},
        {"palette", "\r5:fit"},
        {"entry", "\r5\r16"},
        {"entry_comma", "\r2\r12,5\r"},
        {"questions", "\rw"},
        {"answer", "\rwjj\raspirin"},
        {"all_no", "\rwxjjx" "N"},
        {"choice", "\rjjj\r"},
        {"skin_type", "\rt3120"},
        {"plans", "8"},
        {"plan", "8\r"},
        {"follow_up", "8\rF21\r12,5\r\r\r\r\r"},
        {"adverse", "8\rE2\r"},
        {"differences", "8\r=j"},
        {"compare_alternatives", "\r5faj="},
        {"station", "."},
        {"audit", "Z"},
        {"audit_bad", "ZY"},
        {"people", "Wj"},
        {"people_add", "WInew\rNew Person\rtechnician\rlong secret\rother secret\rown\r"},
        {"people_disable", "WjB"},
        {"profiles", "H"},
        {"profiles_whole", "Hj\r"},
        {"settings", ","},
        {"course", "\r9"},
        {"course_visit", "\r9jj"},
        {"course_whole", "\r9j\r"},
        {"course_find", "\r9/blister"},
        {"sync_off", "0"},
        {"sync", "0S"},
        {"sync_worklist", "0S1"},
        {"sync_stopped", "0STj"},
        {"conflict", "0S\r"},
        {"conflict_form", "0SVderm\r"},
        {"keys", "\r5 "},
        {"keys_more", ";"},
        {"keys_tagged", "8*&"},
        {"worklist_tagged", "**"},
        {"tagged", "8*&p"},
        {"own_secret", ";swrong secret\rlong new secret\rlong new secret\r"},
        {"tour", "Ljj"},
        {"quit", "q"},
};

static struct app_source source; /* the fake clinic with plans on their way */

static void play(struct app *app, const char *keys)
{
	source = fake_source;
	source.course = &fake_course_source;
	app->source = &source;
	for (; *keys != '\0'; keys++)
		fake_press(app, *keys == '\r' ? UI_KEY_ENTER : *keys == '\t' ? UI_KEY_TAB : *keys);
}

static char *draw_scene(const struct scene *scene, int rows, int cols, bool ascii, bool roles)
{
	struct jobs *jobs = NULL;
	struct canvas *canvas = NULL;
	struct fail why;
	struct app *app = fake_open(false, &jobs);
	play(app, scene->keys);
	app->keys_shown = true; /* the popup after its 300 ms */
	assert_int_equal(canvas_new(rows, cols, ascii, &canvas, &why), ST_OK);
	app_draw(app, canvas);
	char *dump = roles ? canvas_dump_roles(canvas) : canvas_dump(canvas);
	assert_non_null(dump);
	canvas_free(&canvas);
	fake_close(&app, &jobs);
	return dump;
}

/* The same, with how many glyphs were drawn over those of another text. */
static char *draw_counted(const struct scene *scene, int rows, int cols, unsigned *overlaps)
{
	struct jobs *jobs = NULL;
	struct canvas *canvas = NULL;
	struct fail why;
	struct app *app = fake_open(false, &jobs);
	play(app, scene->keys);
	app->keys_shown = true;
	assert_int_equal(canvas_new(rows, cols, false, &canvas, &why), ST_OK);
	app_draw(app, canvas);
	*overlaps = canvas->overlaps;
	char *dump = canvas_dump(canvas);
	assert_non_null(dump);
	canvas_free(&canvas);
	fake_close(&app, &jobs);
	return dump;
}

static void check(int rows, int cols, bool ascii, bool roles, const char *suffix)
{
	int bad = 0;
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
		char path[128];
		char *dump = draw_scene(&scenes[i], rows, cols, ascii, roles);
		snprintf(path, sizeof path, "tests/ui/golden/%s_%s.txt", scenes[i].name, suffix);
		bad += !golden_compare(path, dump);
		free(dump);
	}
	assert_int_equal(bad, 0);
}

static void at_80_by_24(void **state)
{
	(void)state;
	check(24, 80, false, false, "80x24");
}

static void at_120_by_40(void **state)
{
	(void)state;
	check(40, 120, false, false, "120x40");
}

static void in_ascii(void **state)
{
	(void)state;
	check(24, 80, true, false, "ascii");
}

static void reduced(void **state)
{
	(void)state;
	check(20, 60, false, false, "60x20");
}

static void with_their_roles(void **state)
{
	(void)state;
	check(24, 80, false, true, "roles");
}

/* No text is drawn over another one, whatever the screen and its size. */
static void no_text_covers_another(void **state)
{
	(void)state;
	static const int sizes[][2] = {{24, 80}, {40, 120}, {20, 60}, {60, 200}, {28, 96}};
	int bad = 0;
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
		for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
			unsigned overlaps = 0;
			free(draw_counted(&scenes[i], sizes[s][0], sizes[s][1], &overlaps));
			if (overlaps > 0)
				print_error("%s at %d x %d: %u glyphs over others\n", scenes[i].name, sizes[s][1], sizes[s][0], overlaps);
			bad += overlaps > 0;
		}
	assert_int_equal(bad, 0);
}

/* --- in a longer language ------------------------------------------------------------------------------------ */

static bool is_number_start(const char *text, const char *at)
{
	const bool inside = at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '.' || at[-1] == '_');
	return isdigit((unsigned char)*at) && !inside;
}

static size_t number_length(const char *at)
{
	size_t length = 0;
	while (isdigit((unsigned char)at[length]) || (at[length] == '.' && isdigit((unsigned char)at[length + 1])))
		length++;
	return length;
}

static bool has_number(const char *text, const char *number, size_t length)
{
	for (const char *at = text; *at != '\0'; at++)
		if (is_number_start(text, at) && number_length(at) == length && memcmp(at, number, length) == 0)
			return true;
	return false;
}

/* Numbers in the longer drawing that no drawing in full room has: a number was cut into another one. */
static int strange_numbers(const char *name, const char *longer, const char *roomy, const char *usual)
{
	int bad = 0;
	for (const char *at = longer; *at != '\0'; at++) {
		const size_t length = is_number_start(longer, at) ? number_length(at) : 0;
		const bool counts_lines = at > longer && at[-1] == '-' && strncmp(at + length, " of ", 4) == 0;
		if (length == 0 || counts_lines || has_number(usual, at, length) || has_number(roomy, at, length))
			continue;
		print_error("%s: the number %.*s is nowhere in full room\n", name, (int)length, at);
		bad++;
	}
	return bad;
}

/* Words 40 % longer: nothing covers anything else, no number is cut, what is cut says so; goldens to look at. */
static void in_a_longer_language(void **state)
{
	(void)state;
	static const int sizes[][2] = {{24, 80}, {40, 120}, {20, 60}};
	int bad = 0;
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
		char path[128];
		unsigned overlaps = 0;
		char *roomy = draw_scene(&scenes[i], 240, 240, false, false);
		for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
			char *usual = draw_scene(&scenes[i], sizes[s][0], sizes[s][1], false, false);
			text_lengthen(true);
			char *longer = draw_counted(&scenes[i], sizes[s][0], sizes[s][1], &overlaps);
			text_lengthen(false);
			if (overlaps > 0)
				print_error("%s at %d x %d: %u glyphs over others\n", scenes[i].name, sizes[s][1], sizes[s][0],
				            overlaps);
			bad += (overlaps > 0) + strange_numbers(scenes[i].name, longer, roomy, usual);
			snprintf(path, sizeof path, "tests/ui/golden/%s_longer.txt", scenes[i].name);
			if (s == 0)
				bad += !golden_compare(path, longer);
			free(longer);
			free(usual);
		}
		free(roomy);
	}
	assert_int_equal(bad, 0);
}

/* Reliability: made-up patients are marked on every screen, whatever its size. */
static void virtual_patients_are_marked_everywhere(void **state)
{
	(void)state;
	static const int sizes[][2] = {{24, 80}, {40, 120}, {20, 60}, {60, 200}, {10, 40}};
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
		for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
			char *dump = draw_scene(&scenes[i], sizes[s][0], sizes[s][1], false, false);
			assert_non_null(strstr(dump, "VIRTUAL"));
			free(dump);
		}
}

static unsigned viewer_alone(void *context)
{
	(void)context;
	return ROLE_VIEWER;
}

/* Training and read-only are said in the frame, whatever the screen and its size, and what a viewer cannot do is greyed. */
static void the_frame_says_training_and_read_only(void **state)
{
	(void)state;
	static const struct scene places[] = {{"worklist", ""}, {"parameters", "\r5"}, {"plan", "8\r"}, {"course", "\r9"}};
	static const int sizes[][2] = {{24, 80}, {20, 60}};
	struct app_lists lists = fake_lists;
	int bad = 0;
	lists.roles = viewer_alone;
	for (size_t i = 0; i < 8; i++) {
		struct jobs *jobs = NULL;
		struct canvas *canvas = NULL;
		struct fail why;
		char path[128];
		struct app *app = fake_open(false, &jobs);
		play(app, places[i / 2].keys);
		source.training = true;
		source.lists = &lists;
		assert_int_equal(canvas_new(sizes[i % 2][0], sizes[i % 2][1], false, &canvas, &why), ST_OK);
		app_draw(app, canvas);
		char *dump = canvas_dump(canvas);
		const size_t header = strcspn(dump, "\n");
		const char *training = strstr(dump, "TRAINING: VIRTUAL"), *read_only = strstr(dump, "READ ONLY");
		assert_true(training != NULL && read_only != NULL && read_only < dump + header);
		assert_true(app_read_only(app));
		(void)snprintf(app->banner, sizeof app->banner, "EMERGENCY ACCESS");
		assert_false(app_read_only(app)); /* while it lasts they record */
		app->banner[0] = '\0';
		if (i >= 2) /* and whose it is */
			assert_non_null(strstr(dump, "Ada Demo"));
		snprintf(path, sizeof path, "tests/ui/golden/viewer_%s_%dx%d.txt", places[i / 2].name, sizes[i % 2][1],
		         sizes[i % 2][0]);
		bad += !golden_compare(path, dump);
		free(dump);
		app_do(app, ACTION_SAVE);
		if (i < 6 && i >= 2)
			assert_true(app_last_message(app) == NULL || app_last_message(app)->role != ROLE_OK);
		canvas_free(&canvas);
		fake_close(&app, &jobs);
	}
	assert_int_equal(clinic.saved_plans, 0);
	assert_int_equal(bad, 0);
}

/* The statement of intended use stands whole on the first screen. */
static void intended_use_stands_on_the_first_screen(void **state)
{
	(void)state;
	static const int cols[] = {60, 80, 120};
	for (size_t i = 0; i < 3; i++) {
		char *dump = draw_scene(&scenes[0], 24, cols[i], false, false), joined[8192];
		size_t used = 0;
		for (const char *c = dump; *c != '\0'; c++) {
			char letter = *c == '\n' ? ' ' : *c;
			if (letter != ' ' || (used > 0 && joined[used - 1] != ' '))
				joined[used++] = letter;
		}
		joined[used] = '\0';
		assert_non_null(strstr(joined, report_intended_use));
		free(dump);
	}
}

/* The first screen of a new clinic says what to do next; keys that need a patient do nothing. */
static void an_empty_worklist_says_what_to_do(void **state)
{
	(void)state;
	clinic.empty = true;
	const struct scene scene = {"empty", "\rj57w"};
	char *dump = draw_scene(&scene, 24, 80, false, false);
	clinic.empty = false;
	assert_non_null(strstr(dump, "No patients on file"));
	assert_non_null(strstr(dump, "lasertwin add FILE"));
	assert_non_null(strstr(dump, "lasertwin demo"));
	free(dump);
}

/* A request for a locked device: prediction, parameters and plot say why there is none and where to go. */
static void a_locked_profile_is_explained(void **state)
{
	(void)state;
	static const struct scene places[] = {{"prediction", "\r6"}, {"parameters", "\r5"}};
	static const int cols[] = {60, 80, 120};
	for (size_t i = 0; i < 6; i++) {
		struct jobs *jobs = NULL;
		struct canvas *canvas = NULL;
		struct fail why;
		struct app *app = fake_open(false, &jobs);
		clinic.locked = true;
		play(app, places[i / 3].keys);
		assert_int_equal(canvas_new(24, cols[i % 3], false, &canvas, &why), ST_OK);
		app_draw(app, canvas);
		char *dump = canvas_dump(canvas);
		assert_non_null(strstr(dump, "profile locked: made-up values"));
		if (i / 3 == 0)
			assert_non_null(strstr(dump, "4 chooses another device"));
		free(dump);
		canvas_free(&canvas);
		fake_close(&app, &jobs);
	}
}

/* Every action of a screen stands in its help. */
static void help_lists_every_action(void **state)
{
	(void)state;
	struct jobs *jobs = NULL;
	struct fail why;
	struct app *app = fake_open(false, &jobs);
	struct canvas *canvas = NULL;
	assert_int_equal(canvas_new(70, 160, false, &canvas, &why), ST_OK);
	fake_press(app, UI_KEY_ENTER);
	for (int screen = SCREEN_WORKLIST; screen <= SCREEN_CHECKS; screen++) {
		fake_press(app, '1' + screen);
		fake_press(app, '?');
		app_draw(app, canvas);
		char *dump = canvas_dump(canvas);
		for (size_t i = 0; i < action_count(); i++)
			if (action_on_screen(action_at(i), (enum screen)screen) &&
			    strstr(dump, action_at(i)->help) == NULL)
				fail_msg("help of %s lacks: %s", screen_title((enum screen)screen),
				         action_at(i)->help);
		free(dump);
		fake_press(app, 'q');
	}
	canvas_free(&canvas);
	fake_close(&app, &jobs);
}

/* A hostile name (carriage return, clear screen, right-to-left override) shows as marks in the frame and on
 * the list, and moves nothing: every other row is as with a harmless name of the same width. */
static void hostile_names_move_nothing(void **state)
{
	(void)state;
	char *dump[2];
	static const char *const label[2] = {"M\rN\x1b[2J\xE2\x80\xAEx", "MaNb[2Jcx"};
	for (int i = 0; i < 2; i++) {
		struct jobs *jobs = NULL;
		struct canvas *canvas = NULL;
		struct fail why;
		struct app *app = fake_open(false, &jobs);
		snprintf(app->patient[0].label, sizeof app->patient[0].label, "%s", label[i]);
		assert_int_equal(canvas_new(24, 80, false, &canvas, &why), ST_OK);
		app_draw(app, canvas);
		for (int cell = 0; cell < 24 * 80; cell++)
			assert_true(canvas->cell[cell].point[0] >= ' ' || canvas->cell[cell].point[0] == 0);
		dump[i] = canvas_dump(canvas);
		canvas_free(&canvas);
		fake_close(&app, &jobs);
	}
	const char *marked = strstr(dump[0], "M\xE2\x90\x8DN\xE2\x90\x9B[2J\xEF\xBF\xBDx (virtual)");
	const char *plain = strstr(dump[1], "MaNb[2Jcx (virtual)");
	assert_non_null(marked);
	assert_non_null(plain);
	assert_memory_equal(dump[0], dump[1], (size_t)(plain - dump[1]));
	assert_string_equal(strchr(marked, ')'), strchr(plain, ')'));
	free(dump[0]);
	free(dump[1]);
}

/* No size makes a screen draw outside or stop. */
static void every_size_is_drawn(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
		struct jobs *jobs = NULL;
		struct canvas *canvas = NULL;
		struct fail why;
		struct app *app = fake_open(false, &jobs);
		play(app, scenes[i].keys);
		assert_int_equal(canvas_new(1, 1, false, &canvas, &why), ST_OK);
		for (int rows = 1; rows <= 60; rows += 3)
			for (int cols = 1; cols <= 200; cols += 7) {
				assert_int_equal(canvas_resize(canvas, rows, cols, &why), ST_OK);
				app_draw(app, canvas);
			}
		canvas_free(&canvas);
		fake_close(&app, &jobs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(at_80_by_24),
	        cmocka_unit_test(at_120_by_40),
	        cmocka_unit_test(in_ascii),
	        cmocka_unit_test(reduced),
	        cmocka_unit_test(with_their_roles),
	        cmocka_unit_test(no_text_covers_another),
	        cmocka_unit_test(in_a_longer_language),
	        cmocka_unit_test(virtual_patients_are_marked_everywhere),
	        cmocka_unit_test(the_frame_says_training_and_read_only),
	        cmocka_unit_test(intended_use_stands_on_the_first_screen),
	        cmocka_unit_test(an_empty_worklist_says_what_to_do),
	        cmocka_unit_test(a_locked_profile_is_explained),
	        cmocka_unit_test(help_lists_every_action),
	        cmocka_unit_test(every_size_is_drawn),
	        cmocka_unit_test(hostile_names_move_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
