/* The conversation: every action has a word, lines of any kind are survived, and what is said is what the screens hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <unistd.h>

#include "physics/base/rng.h"
#include "tests/ui/fake_clinic.h"
#include "ui/linear.h"
#include "ui/plot.h"

static bool means(enum screen screen, const char *word, enum action action)
{
	size_t several;
	return word != NULL && linear_action(screen, word, &several) == action;
}

/* Digits are lines of the list here, so a key that is a digit is no way. */
static bool has_a_word(const struct action_spec *spec, enum screen screen)
{
	const char *tail = strstr(spec->name, ": ");
	bool found = means(screen, spec->label, spec->id) || means(screen, spec->name, spec->id) ||
	             (tail != NULL && means(screen, tail + 2, spec->id));
	for (int i = 0; i < ACTION_KEYS_MAX && spec->key[i] != 0; i++) {
		char buffer[8];
		const char *label = key_label(spec->key[i], buffer);
		found = found || (!isdigit((unsigned char)label[0]) && means(screen, label, spec->id));
	}
	return found;
}

static void every_action_has_a_word(void **state)
{
	(void)state;
	for (int screen = 0; screen < SCREENS; screen++)
		for (size_t i = 0; i < action_count(); i++)
			if (action_on_screen(action_at(i), (enum screen)screen) && !has_a_word(action_at(i), (enum screen)screen))
				fail_msg("%s: no word for \"%s\"", screen_title((enum screen)screen), action_at(i)->name);
}

static void words_that_say_too_little_are_refused(void **state)
{
	size_t several;
	(void)state;
	assert_int_equal(linear_action(SCREEN_PARAMETERS, "step", &several), ACTION_NONE);
	assert_true(several > 1);
	assert_int_equal(linear_action(SCREEN_PARAMETERS, "nonsense", &several), ACTION_NONE);
	assert_int_equal(several, 0);
	assert_int_equal(linear_action(SCREEN_WORKLIST, "approve", &several), ACTION_NONE);
	assert_int_equal(linear_action(SCREEN_APPROVE, "approve", &several), ACTION_APPROVE);
	assert_int_equal(linear_action(SCREEN_TWIN, "parameters", &several), ACTION_PARAMETERS);
}

/* --- whole conversations ----------------------------------------------------------------------------------------- */

static char *talk(const char *lines, size_t length)
{
	struct fail why = {.text = ""};
	struct jobs *jobs = NULL;
	int pipes[2], signal_number;
	char *said = NULL;
	size_t size = 0;
	struct app *app = fake_open(false, &jobs); /* makes the clinic */
	fake_close(&app, &jobs);
	assert_int_equal(pipe(pipes), 0);
	assert_true(length <= 60000); /* what a pipe holds */
	assert_int_equal(write(pipes[1], lines, length), (ssize_t)length);
	close(pipes[1]);
	FILE *out = open_memstream(&said, &size);
	assert_non_null(out);
	assert_int_equal(linear_run(&fake_source, &fake_engine, NULL, NULL, false, pipes[0], out, &signal_number, &why), ST_OK);
	fclose(out);
	close(pipes[0]);
	return said;
}

static void assert_said(const char *lines, const char *expected)
{
	char *said = talk(lines, strlen(lines));
	if (strstr(said, expected) == NULL)
		fail_msg("\"%s\" is not in\n%s", expected, said);
	free(said);
}

static void what_is_asked_is_done(void **state)
{
	(void)state;
	assert_said("1\nparameters\nmore 1\n", "1. Energy  17.50 mJ");
	assert_said("1\nparameters\n1\n2.6\n5\n", "ERROR: ");
	assert_said("1\nparameters\n1\n2.6\n5\n", "1. Energy  5.00 mJ");
	assert_said("1\nparameters\nmore 1\nundo\nquit\nyes\n", "Nothing is unsaved.");
	assert_said("1\nchecks\nread 2\n", "prophylaxis starts the day before");
	assert_said("2\nsave\n", "Zo\xC3\xAB \xE7\x8E\x8B Demo");
	assert_said("find\nAda\n", "1 of 2 patients");
	assert_said("1\nquestions\nopen gold\nno\n", "Done: none, was NOT ANSWERED");
	assert_said("1\nskin type\n0\n1\n9\n2\n3\n4\n0\n1\n2\n3\n4\n", "ERROR: a number from 0 to 4");
}

static void an_end_says_what_was_not_saved(void **state)
{
	(void)state;
	assert_said("1\nparameters\nmore 1\n", "changes that were not saved are left out");
	assert_said("", "Ended.");
}

/* Bytes of any kind, whole lines of them, no end of line. */
static void lines_of_any_kind_are_survived(void **state)
{
	static const char *const words[] = {"1\n", "parameters\n", "5\n", "more 1\n", "w\n", "\n", "lines 2\n", "read 1\n", "open a\n",
	                                    ".\n", "back\n", "checks\n", "fit\n", "?\n", "find\n", "no 1\n", "yes 99999999999\n"};
	struct rng rng;
	char *lines = malloc(60000);
	(void)state;
	assert_non_null(lines);
	rng_seed(&rng, 9, 9);
	for (int run = 0; run < 6; run++) {
		size_t used = 0;
		while (used < 3000) {
			const char *word = words[rng_next(&rng) % (sizeof words / sizeof *words)];
			memcpy(lines + used, word, strlen(word));
			used += strlen(word);
			for (uint64_t i = rng_next(&rng) % 8 == 0 ? rng_next(&rng) % 2000 : 0; i > 0; i--)
				lines[used++] = (char)(rng_next(&rng) % 256);
		}
		char *said = talk(lines, used);
		assert_null(strchr(said, 0x1B));
		free(said);
	}
	free(lines);
}

static void a_line_that_is_too_long_is_left_out_whole(void **state)
{
	char lines[4000];
	(void)state;
	memset(lines, 'a', sizeof lines);
	memcpy(lines + 3000, "\n1\n", 3);
	char *said = talk(lines, 3003);
	assert_non_null(strstr(said, "too long"));
	assert_non_null(strstr(said, "Patient. VIRTUAL PATIENT  Ada Demo"));
	assert_null(strstr(said, "no action here"));
	free(said);
}

/* --- the lock ---------------------------------------------------------------------------------------------------- */

struct locked_talk {
	int answers; /* written to once the lock has come; closed then */
	unsigned locks, tries;
	char login[64];
};

static void lock_now(void *context, char *login, size_t size)
{
	struct locked_talk *talk = context;
	static const char lines[] = "\nnot it\nsomebody\nthe secret\n";
	(void)snprintf(login, size, "technician");
	if (talk->locks++ == 0) {
		assert_int_equal(write(talk->answers, lines, sizeof lines - 1), sizeof lines - 1);
		close(talk->answers);
	}
}

static enum status unlock_now(void *context, const char *login, struct secret secret, struct fail *why)
{
	struct locked_talk *talk = context;
	talk->tries++;
	(void)snprintf(talk->login, sizeof talk->login, "%s", login);
	return secret.length == 10 && memcmp(secret.bytes, "the secret", 10) == 0
	               ? ST_OK
	               : fail_set(why, ST_DENIED, "login", "wrong secret");
}

/* Nobody answers: the lock comes all the same, and whoever logs in is back at the patient, not in the question. */
static void the_lock_comes_in_a_question_too(void **state)
{
	static const char lines[] = "1\nparameters\n1\n";
	struct fail why = {.text = ""};
	struct jobs *jobs = NULL;
	int pipes[2], signal_number;
	char *said = NULL;
	size_t size = 0;
	(void)state;
	struct app *app = fake_open(false, &jobs);
	fake_close(&app, &jobs);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], lines, sizeof lines - 1), sizeof lines - 1);
	struct locked_talk talk = {.answers = pipes[1]};
	const struct shell_lock lock = {.context = &talk, .idle_s = 1, .place = "clinic", .hint = "",
	                                .lock = lock_now, .unlock = unlock_now};
	FILE *out = open_memstream(&said, &size);
	assert_non_null(out);
	assert_int_equal(linear_run(&fake_source, &fake_engine, &lock, NULL, false, pipes[0], out, &signal_number, &why),
	                 ST_OK);
	fclose(out);
	close(pipes[0]);
	char *at = strstr(said, "New (");
	assert_non_null(at);
	at = strstr(at, "Nothing was said for 1 seconds");
	assert_non_null(at);
	at = strstr(at, "ERROR: wrong secret");
	assert_non_null(at);
	assert_non_null(strstr(at, "VIRTUAL PATIENT  Ada Demo"));
	assert_null(strstr(at, "New (")); /* the question is over */
	assert_int_equal(talk.locks, 1);
	assert_int_equal(talk.tries, 2);
	assert_string_equal(talk.login, "somebody");
	free(said);
}

/* --- plots as numbers ---------------------------------------------------------------------------------------------- */

static void a_plot_is_said_in_numbers(void **state)
{
	double x[100], y[100];
	struct canvas *canvas = NULL;
	struct fail why;
	(void)state;
	for (int i = 0; i < 100; i++) {
		x[i] = i;
		y[i] = 2.0 * i;
	}
	const struct plot plot = {.x_label = "depth um",
	                          .x_max = 100,
	                          .axis = {{0, 200, "C"}, {0, 0, NULL}},
	                          .curves = 1,
	                          .curve = {{.name = "peak", .count = 100, .x = x, .y = y}},
	                          .lines = 1,
	                          .line = {{60, PLOT_LEFT, "coagulates"}}};
	assert_int_equal(canvas_new(40, 100, false, &canvas, &why), ST_OK);
	canvas->linear = true;
	assert_int_equal(plot_draw(canvas, (struct area){0, 0, 40, 100}, &plot, &why), ST_OK);
	char *dump = canvas_dump(canvas);
	assert_non_null(strstr(dump, "depth 0.0 um: peak 0.0 C"));
	assert_non_null(strstr(dump, "line at 60: coagulates"));
	size_t lines = 0;
	for (const char *at = dump; (at = strstr(at, " um: peak ")) != NULL; at++)
		lines++;
	assert_in_range(lines, 10, 16);
	free(dump);
	canvas_free(&canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_action_has_a_word),
	        cmocka_unit_test(words_that_say_too_little_are_refused),
	        cmocka_unit_test(what_is_asked_is_done),
	        cmocka_unit_test(an_end_says_what_was_not_saved),
	        cmocka_unit_test(lines_of_any_kind_are_survived),
	        cmocka_unit_test(a_line_that_is_too_long_is_left_out_whole),
	        cmocka_unit_test(the_lock_comes_in_a_question_too),
	        cmocka_unit_test(a_plot_is_said_in_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
