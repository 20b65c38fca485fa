/* Keys bound anew, and what a click means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ui/fake_clinic.h"
#include "ui/keymap.h"
#include "ui/mouse.h"

static int reset(void **state)
{
	(void)state;
	keymap_reset();
	return 0;
}

static void bind(const char *preset, const char *bindings)
{
	struct fail why = {.text = ""};
	if (keymap_apply(preset, bindings, &why) != ST_OK)
		fail_msg("%s", why.text);
}

static void refuse(const char *bindings, const char *text)
{
	struct fail why = {.text = ""};
	assert_int_equal(keymap_apply(NULL, bindings, &why), ST_INPUT);
	if (strstr(why.text, text) == NULL)
		fail_msg("'%s': \"%s\" is not in \"%s\"", bindings, text, why.text);
	assert_int_equal(action_for_key(SCREEN_PARAMETERS, 'f'), ACTION_FIT); /* nothing has changed */
}

static void every_action_has_its_own_word(void **state)
{
	char a[64], b[64];
	(void)state;
	for (size_t i = 0; i < action_count(); i++)
		for (size_t j = i + 1; j < action_count(); j++)
			assert_string_not_equal(keymap_word(action_at(i)->id, a, sizeof a), keymap_word(action_at(j)->id, b, sizeof b));
}

static void keys_are_bound_anew(void **state)
{
	char keys[48];
	(void)state;
	bind(NULL, "fit=Ctrl-E,Ctrl-T  undo=z sort=Ctrl-O");
	assert_int_equal(action_for_key(SCREEN_PARAMETERS, 'E' & 0x1F), ACTION_FIT);
	assert_int_equal(action_for_key(SCREEN_PARAMETERS, 'T' & 0x1F), ACTION_FIT);
	assert_int_equal(action_for_key(SCREEN_PARAMETERS, 'f'), ACTION_NONE);
	assert_int_equal(action_for_key(SCREEN_PARAMETERS, 'z'), ACTION_UNDO);
	action_keys(action_spec(ACTION_FIT), keys, sizeof keys); /* footer, help and palette follow */
	assert_string_equal(keys, "Ctrl-E Ctrl-T");
	keymap_reset();
	assert_int_equal(action_for_key(SCREEN_PARAMETERS, 'f'), ACTION_FIT);
}

static void conflicts_are_refused_by_name(void **state)
{
	(void)state;
	refuse("goals=f", "would mean both 'fit' and 'goals'");
	refuse("fit", "not of the form action=key");
	refuse("fti=f", "'fti' is no action");
	refuse("fit=", "'fit' has no key");
	refuse("fit=ff", "'ff' of 'fit' is no key");
	refuse("fit=Ctrl-M", "is no key");
	refuse("fit=a,b,c,d", "at most 3");
	refuse("yes=Enter", "confirms");
	refuse("confirm-asked=y", "confirms");
	refuse("enter=Space", "confirms");
	refuse("back=b", "must keep Esc");
}

static void presets_are_without_conflict(void **state)
{
	(void)state;
	bind("plain", NULL);
	bind("vi", NULL);
	assert_int_equal(action_for_key(SCREEN_WORKLIST, 'F' & 0x1F), ACTION_PAGE_DOWN);
	bind("emacs", NULL);
	assert_int_equal(action_for_key(SCREEN_WORKLIST, 'N' & 0x1F), ACTION_DOWN);
	assert_int_equal(action_for_key(SCREEN_WORKLIST, 'P' & 0x1F), ACTION_UP);
	assert_int_equal(action_for_key(SCREEN_WORKLIST, ':'), ACTION_PALETTE);
	bind("emacs", "fit=Ctrl-E");
	assert_int_equal(action_for_key(SCREEN_PARAMETERS, 'E' & 0x1F), ACTION_FIT);
}

/* --- clicks -------------------------------------------------------------------------------------------------------- */

struct desk {
	struct app *app;
	struct jobs *jobs;
	struct canvas *canvas;
};

static void open_desk(struct desk *desk, int rows, int cols)
{
	struct fail why;
	desk->app = fake_open(false, &desk->jobs);
	assert_int_equal(canvas_new(rows, cols, false, &desk->canvas, &why), ST_OK);
}

static void close_desk(struct desk *desk)
{
	canvas_free(&desk->canvas);
	fake_close(&desk->app, &desk->jobs);
}

static bool click(struct desk *desk, int row, int col)
{
	app_draw(desk->app, desk->canvas);
	bool hit = mouse_click(desk->app, desk->canvas, row, col);
	fake_settle(desk->app);
	return hit;
}

/* The row in which a text is drawn. */
static int row_of(struct desk *desk, const char *text)
{
	app_draw(desk->app, desk->canvas);
	char *dump = canvas_dump(desk->canvas), *at = strstr(dump, text);
	int row = 0;
	if (at == NULL)
		fail_msg("no \"%s\" in\n%s", text, dump);
	for (const char *c = dump; c < at; c++)
		row += *c == '\n';
	free(dump);
	return row;
}

static void clicks_select_and_open(void **state)
{
	struct desk desk;
	(void)state;
	open_desk(&desk, 24, 80);
	assert_true(click(&desk, row_of(&desk, "Zo\xC3\xAB"), 6));
	assert_int_equal(desk.app->selected[SCREEN_WORKLIST], 1);
	assert_int_equal(app_screen(desk.app), SCREEN_WORKLIST);
	assert_true(click(&desk, row_of(&desk, "Zo\xC3\xAB"), 6));
	assert_int_equal(app_screen(desk.app), SCREEN_PATIENT);
	assert_int_equal(desk.app->open_index, 1);
	assert_true(click(&desk, row_of(&desk, "Site"), 6));
	assert_int_equal(app_patient_row(desk.app->selected[SCREEN_PATIENT]).choice, CHOICE_SITE);
	assert_true(click(&desk, 1, 40)); /* a step */
	assert_int_equal(app_screen(desk.app), SCREEN_DEVICE);
	close_desk(&desk);
}

static void read_row(const struct desk *desk, int row, uint32_t out[CANVAS_COLS_MAX])
{
	for (int col = 4; col < 60; col++)
		out[col - 4] = canvas_cell(desk->canvas, row, col)->point[0];
}

/* Every line that is drawn of a long list is the one that a click on it selects. */
static void every_line_can_be_clicked(void **state)
{
	struct desk desk;
	static const char ways[] = "23w57";
	uint32_t line[CANVAS_COLS_MAX], there[CANVAS_COLS_MAX];
	size_t clicked = 0;
	(void)state;
	open_desk(&desk, 30, 100);
	fake_press(desk.app, UI_KEY_ENTER);
	for (const char *way = ways; *way != '\0'; way++) {
		fake_press(desk.app, *way);
		const enum screen screen = app_screen(desk.app);
		for (size_t i = 0; i < app_line_count(desk.app, screen); i++) {
			desk.app->selected[screen] = i;
			app_draw(desk.app, desk.canvas);
			int row = 2;
			while (row < 29 && !canvas_cell(desk.canvas, row, 3)->selected)
				row++;
			read_row(&desk, row, line);
			desk.app->selected[screen] = i > 0 ? i - 1 : i + 1; /* beside it */
			app_draw(desk.app, desk.canvas);
			read_row(&desk, row, there);
			if (memcmp(line, there, 56 * sizeof *line) != 0 || canvas_cell(desk.canvas, row, 3)->selected)
				continue; /* the window has moved under the click */
			clicked++;
			const size_t beside = desk.app->selected[screen];
			if (!mouse_click(desk.app, desk.canvas, row, 3))
				continue;
			app_draw(desk.app, desk.canvas);
			if (desk.app->selected[screen] != i)
				fail_msg("%s: line %zu, %zu was selected, row %d: %zu", screen_title(screen), i, beside, row,
				         desk.app->selected[screen]);
		}
	}
	assert_true(clicked > 20);
	close_desk(&desk);
}

static void clicks_never_confirm(void **state)
{
	struct desk desk;
	(void)state;
	open_desk(&desk, 24, 80);
	fake_press(desk.app, 'Q');
	for (int row = 0; row < 24; row++)
		for (int col = 0; col < 80; col++)
			assert_false(click(&desk, row, col));
	assert_int_equal(app_screen(desk.app), SCREEN_QUIT);
	assert_false(desk.app->leaving);
	close_desk(&desk);
}

static void the_wheel_moves_lists_alone(void **state)
{
	struct desk desk;
	(void)state;
	open_desk(&desk, 24, 80);
	fake_press(desk.app, UI_KEY_ENTER);
	fake_press(desk.app, UI_KEY_WHEEL_DOWN);
	assert_int_equal(desk.app->selected[SCREEN_PATIENT], 3);
	fake_press(desk.app, UI_KEY_WHEEL_UP);
	assert_int_equal(desk.app->selected[SCREEN_PATIENT], 0);
	fake_press(desk.app, UI_KEY_ENTER);
	fake_press(desk.app, UI_KEY_WHEEL_DOWN);
	assert_int_equal(app_screen(desk.app), SCREEN_ENTRY);
	assert_string_equal(desk.app->entry.typed, "");
	close_desk(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_action_has_its_own_word),
	        cmocka_unit_test_teardown(keys_are_bound_anew, reset),
	        cmocka_unit_test_teardown(conflicts_are_refused_by_name, reset),
	        cmocka_unit_test_teardown(presets_are_without_conflict, reset),
	        cmocka_unit_test(clicks_select_and_open),
	        cmocka_unit_test(every_line_can_be_clicked),
	        cmocka_unit_test(clicks_never_confirm),
	        cmocka_unit_test(the_wheel_moves_lists_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
