/* The lock's form: typing, fields, what is shown and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ui/lock.h"

static int form_new(void **state)
{
	struct lock_form *form = NULL;
	struct fail why;
	int failed = lock_form_new("clinic", "", "", &form, &why) != ST_OK;
	*state = form;
	return failed;
}

static int form_free(void **state)
{
	struct lock_form *form = *state;
	lock_form_free(&form);
	return 0;
}

static enum lock_wish press(struct lock_form *form, int key)
{
	return lock_key(form, (struct key_event){.key = key});
}

static void type(struct lock_form *form, const char *text)
{
	for (; *text; text++)
		assert_int_equal(press(form, *text), LOCK_STAY);
}

static void login_then_secret(void **state)
{
	struct lock_form *form = *state;
	type(form, "dr m\tx"); /* blanks and control characters are no part of a login */
	assert_string_equal(form->login, "drmx");
	assert_int_equal(press(form, UI_KEY_BACKSPACE), LOCK_STAY);
	assert_int_equal(press(form, UI_KEY_ENTER), LOCK_STAY);
	assert_true(form->on_secret);
	assert_int_equal(press(form, UI_KEY_ENTER), LOCK_STAY); /* nothing to try */
	type(form, "a b");
	assert_int_equal(press(form, 0xE4), LOCK_STAY);   /* a-umlaut: two bytes */
	assert_int_equal(press(form, 0x20AC), LOCK_STAY); /* euro: three */
	assert_int_equal(press(form, 0x1F600), LOCK_STAY);
	assert_int_equal(form->length, 12);
	assert_memory_equal(form->secret, "a b\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 12);
	for (int i = 0; i < 2; i++)
		assert_int_equal(press(form, UI_KEY_BACKSPACE), LOCK_STAY); /* characters, not bytes */
	assert_int_equal(form->length, 5);
	assert_int_equal(press(form, UI_KEY_ENTER), LOCK_TRY);
}

static void a_refusal_wipes_the_secret(void **state)
{
	struct lock_form *form = *state;
	struct fail why;
	press(form, UI_KEY_TAB);
	type(form, "walnut");
	fail_set(&why, ST_DENIED, "login", "unknown login or wrong secret: try again");
	lock_form_refused(form, &why);
	assert_int_equal(form->length, 0);
	for (int i = 0; i <= STORE_SECRET_MAX; i++)
		assert_int_equal(form->secret[i], 0);
	assert_string_equal(form->said, why.text);
	type(form, "w");
	assert_int_equal(press(form, UI_KEY_ESCAPE), LOCK_STAY);
	assert_int_equal(form->length, 0);
	assert_int_equal(press(form, UI_KEY_ESCAPE), LOCK_LEAVE);
}

static void a_longer_secret_than_any_is_cut(void **state)
{
	struct lock_form *form = *state;
	press(form, UI_KEY_TAB);
	for (int i = 0; i < STORE_SECRET_MAX; i++)
		press(form, 'x');
	press(form, 0x20AC);
	assert_int_equal(form->length, STORE_SECRET_MAX);
	for (int i = 0; i < 2 * STORE_LOGIN_MAX; i++) {
		if (i == 0)
			press(form, UI_KEY_TAB);
		press(form, 'l');
	}
	assert_int_equal(strlen(form->login), STORE_LOGIN_MAX);
}

static void the_screen_shows_no_secret_at_any_size(void **state)
{
	struct lock_form *form = *state;
	static const int sizes[][2] = {{24, 80}, {20, 60}, {5, 10}, {1, 1}, {100, 300}};
	type(form, "drm");
	press(form, UI_KEY_TAB);
	type(form, "walnut harbour");
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct canvas *canvas = NULL;
		assert_int_equal(canvas_new(sizes[i][0], sizes[i][1], true, &canvas, NULL), ST_OK);
		screen_login(form, canvas);
		char *dump = canvas_dump(canvas);
		assert_null(strstr(dump, "walnut"));
		if (sizes[i][1] >= 60) {
			assert_non_null(strstr(dump, "locked"));
			assert_non_null(strstr(dump, "drm"));
			assert_non_null(strstr(dump, "**************_"));
		}
		free(dump);
		canvas_free(&canvas);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, form_new, form_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(login_then_secret),
	        TEST(a_refusal_wipes_the_secret),
	        TEST(a_longer_secret_than_any_is_cut),
	        TEST(the_screen_shows_no_secret_at_any_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
