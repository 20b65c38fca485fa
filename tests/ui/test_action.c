/* The table of actions: complete, without conflicts, one key one meaning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ui/app.h"

static void every_action_stands_once(void **state)
{
	(void)state;
	for (int id = ACTION_NONE + 1; id < ACTIONS; id++) {
		int found = 0;
		for (size_t i = 0; i < action_count(); i++)
			found += (int)action_at(i)->id == id;
		if (found != 1)
			fail_msg("action %d stands %d times in the table", id, found);
	}
	assert_null(action_spec(ACTION_NONE));
}

static void every_action_is_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < action_count(); i++) {
		const struct action_spec *spec = action_at(i);
		assert_true(strlen(spec->name) > 3);
		assert_true(spec->help[strlen(spec->help) - 1] == '.');
		assert_true(spec->key[0] != 0);
		assert_true(spec->screens != 0);
		assert_true(spec->label == NULL || strlen(spec->label) <= 12);
	}
}

static bool shares_key(const struct action_spec *a, const struct action_spec *b, int *key)
{
	for (int i = 0; i < ACTION_KEYS_MAX; i++)
		for (int j = 0; j < ACTION_KEYS_MAX; j++)
			if (a->key[i] != 0 && a->key[i] == b->key[j]) {
				*key = a->key[i];
				return true;
			}
	return false;
}

/* Stronger than "no conflict on a screen": a key has one meaning in the whole program. */
static void one_key_one_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < action_count(); i++)
		for (size_t j = i + 1; j < action_count(); j++) {
			int key = 0;
			char buffer[8];
			if (shares_key(action_at(i), action_at(j), &key))
				fail_msg("%s: '%s' and '%s'", key_label(key, buffer), action_at(i)->name,
				         action_at(j)->name);
		}
}

static void keys_find_their_action_only_where_it_is(void **state)
{
	(void)state;
	for (int screen = 0; screen < SCREENS; screen++)
		for (size_t i = 0; i < action_count(); i++) {
			const struct action_spec *spec = action_at(i);
			enum action expected =
			        action_on_screen(spec, (enum screen)screen) ? spec->id : ACTION_NONE;
			for (int k = 0; k < ACTION_KEYS_MAX && spec->key[k] != 0; k++)
				assert_int_equal(action_for_key((enum screen)screen, spec->key[k]), expected);
		}
	assert_int_equal(action_for_key(SCREEN_WORKLIST, UI_KEY_NONE), ACTION_NONE);
	assert_int_equal(action_for_key(SCREEN_WORKLIST, 0), ACTION_NONE);
}

static void back_and_help_are_everywhere(void **state)
{
	(void)state;
	for (int screen = 0; screen < SCREENS; screen++) {
		assert_int_equal(action_for_key((enum screen)screen, 'q'), ACTION_BACK);
		assert_int_equal(action_for_key((enum screen)screen, UI_KEY_ESCAPE), ACTION_BACK);
		assert_true(strlen(screen_title((enum screen)screen)) > 0);
		if (screen < SCREEN_PALETTE)
			assert_int_equal(action_for_key((enum screen)screen, '?'), ACTION_HELP);
	}
}

/* The key that leaves is neither the one that asks nor Enter. */
static void leaving_needs_another_key(void **state)
{
	(void)state;
	assert_int_equal(action_for_key(SCREEN_QUIT, 'y'), ACTION_YES);
	assert_int_equal(action_for_key(SCREEN_QUIT, 'Q'), ACTION_NONE);
	assert_int_equal(action_for_key(SCREEN_QUIT, UI_KEY_ENTER), ACTION_NONE);
}

/* Nothing that answers a single question, opens the dialog, or is pressed by habit takes "no" for all. */
static void no_to_all_needs_another_key(void **state)
{
	(void)state;
	static const int keys[] = {'y', 'n', 'N', 'x', ' ', UI_KEY_ENTER};
	assert_int_equal(action_for_key(SCREEN_QUESTIONS, 'N'), ACTION_ALL_NO);
	assert_int_equal(action_for_key(SCREEN_ALL_NO, 'A'), ACTION_CONFIRM_ASKED);
	assert_int_equal(action_for_key(SCREEN_QUESTIONS, 'A'), ACTION_NONE);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		assert_int_equal(action_for_key(SCREEN_ALL_NO, keys[i]), ACTION_NONE);
}

static void what_is_missing_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < action_count(); i++) {
		const char *why = NULL;
		bool enabled = action_enabled(action_at(i), 0, &why);
		assert_true(enabled == (action_at(i)->need == NEED_NOTHING));
		assert_true(enabled == (why == NULL));
		assert_true(action_enabled(action_at(i), UINT64_MAX, NULL));
	}
}

/* Every step names an action that its screen has. */
static void the_tour_can_be_walked(void **state)
{
	(void)state;
	assert_true(app_tour_steps() >= 10);
	for (size_t i = 0; i < app_tour_steps(); i++) {
		const struct tour_step *step = app_tour_step(i);
		assert_true(action_on_screen(action_spec(step->action), step->screen));
		assert_true(step->text[strlen(step->text) - 1] == '.');
	}
}

static void keys_have_names(void **state)
{
	(void)state;
	char buffer[8], text[32];
	for (int key = UI_KEY_UP; key <= UI_KEY_F1; key++)
		assert_true(strcmp(key_label(key, buffer), "?") != 0);
	action_keys(action_spec(ACTION_LESS), text, sizeof text);
	assert_string_equal(text, "Left h -");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_action_stands_once),
	        cmocka_unit_test(every_action_is_explained),
	        cmocka_unit_test(one_key_one_meaning),
	        cmocka_unit_test(keys_find_their_action_only_where_it_is),
	        cmocka_unit_test(back_and_help_are_everywhere),
	        cmocka_unit_test(leaving_needs_another_key),
	        cmocka_unit_test(no_to_all_needs_another_key),
	        cmocka_unit_test(what_is_missing_is_said),
	        cmocka_unit_test(the_tour_can_be_walked),
	        cmocka_unit_test(keys_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
