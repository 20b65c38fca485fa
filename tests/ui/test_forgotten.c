/* After the lock the process holds a patient's name nowhere: heap, stacks, data. It looks through all of its own
 * memory that can be written. The name is made up and stands nowhere in the clear, not even here: it is compared
 * letter by letter with what it was scrambled to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "planner/store/vault.h"
#include "tests/support/temp_folder.h"
#include "tests/ui/fake_clinic.h"
#include "ui/linear.h"
#include "ui/source.h"
#include "ui/view.h"
#include "ui/wiping.c" /* not of the library: see the Makefile */

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01 */

enum { SCRAMBLE = 0x55, MARK_BYTES = 12, MAPS_MAX = 1 << 18 };

/* "Qzzuvex Wolt", each byte with SCRAMBLE. */
static const unsigned char mark[MARK_BYTES] = {'Q' ^ SCRAMBLE, 'z' ^ SCRAMBLE, 'z' ^ SCRAMBLE, 'u' ^ SCRAMBLE,
                                               'v' ^ SCRAMBLE, 'e' ^ SCRAMBLE, 'x' ^ SCRAMBLE, ' ' ^ SCRAMBLE,
                                               'W' ^ SCRAMBLE, 'o' ^ SCRAMBLE, 'l' ^ SCRAMBLE, 't' ^ SCRAMBLE};

struct found {
	unsigned heap, stack, other;
};

static char maps[MAPS_MAX];

/* stride 1: text; 4: wide characters. */
static unsigned count_in(const unsigned char *from, size_t n, size_t stride)
{
	unsigned count = 0;
	for (size_t i = 0; i + MARK_BYTES * stride <= n; i++) {
		size_t k = 0;
		while (k < MARK_BYTES && from[i + k * stride] == (mark[k] ^ SCRAMBLE))
			k++;
		count += k == MARK_BYTES;
	}
	return count;
}

static void read_maps(void)
{
	size_t used = 0;
	ssize_t n;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	while ((n = read(fd, maps + used, sizeof maps - 1 - used)) > 0)
		used += (size_t)n;
	maps[used] = '\0';
	(void)close(fd);
	assert_true(used < sizeof maps - 1);
}

static struct found look(void)
{
	struct found found = {0};
	read_maps();
	for (char *line = maps, *end; *line; line = end + 1) {
		uintptr_t from, to;
		end = strchr(line, '\n');
		*end = '\0';
		const char *rights = strchr(line, ' ');
		from = (uintptr_t)strtoull(line, NULL, 16);
		to = (uintptr_t)strtoull(strchr(line, '-') + 1, NULL, 16);
		if (strncmp(rights, " rw", 3) != 0 || strstr(line, "[vvar"))
			continue;
		const unsigned char *bytes = (const unsigned char *)from;
		const unsigned count = count_in(bytes, to - from, 1) + count_in(bytes, to - from, 4);
		*(strstr(line, "[heap]") ? &found.heap : strstr(line, "[stack]") ? &found.stack : &found.other) += count;
	}
	return found;
}

static void unscramble(char text[MARK_BYTES + 1])
{
	for (size_t i = 0; i < MARK_BYTES; i++)
		text[i] = (char)(mark[i] ^ SCRAMBLE);
	text[MARK_BYTES] = '\0';
}

struct bench {
	char home[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	struct clinic *records;
	struct source source;
	struct app_work work;
	struct app_source app_source;
	struct jobs *jobs;
	struct app *app;
	struct fail why;
};

static void ok(const struct bench *b, enum status st)
{
	if (st != ST_OK)
		fail_msg("%s: %s", b->why.field, b->why.text);
}

static int64_t now(void)
{
	return NOW_MS;
}

/* A case of the demo under that name. */
static void write_case(struct bench *b)
{
	size_t n;
	char name[MARK_BYTES + 1], *text = (char *)read_file("profiles/demo/03.json", &n), *title = strstr(text, "VIRTUAL 03");
	FILE *file = fopen(b->path, "w");
	char *number = strstr(text, "VIRTUAL-03");
	assert_non_null(file);
	assert_non_null(title);
	assert_non_null(number);
	number[8] = '9'; /* a record number of its own */
	unscramble(name);
	assert_true(fprintf(file, "%.*s%s%s", (int)(title - text), text, name, title + strlen("VIRTUAL 03")) > 0);
	assert_int_equal(fclose(file), 0);
	free(text);
	secret_wipe(name, sizeof name);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	b->app = fake_open(false, &b->jobs); /* makes the device */
	fake_close(&b->app, &b->jobs);
	temp_folder_make(b->home);
	(void)snprintf(b->path, sizeof b->path, "%s/case.json", b->home);
	const struct clinic_options options = {
	        .home = b->home, .profiles = "profiles", .kind = STORE_DEMO, .now_ms = NOW_MS, .kdf = store_kdf_least};
	ok(b, clinic_open(&options, &b->records, &b->why));
	write_case(b);
	ok(b, clinic_add(b->records, b->path, NOW_MS, &b->why));
	b->source = (struct source){.clinic = b->records, .now_ms = now};
	b->work = work_of(&b->source);
	b->source.work = &b->work;
	b->app_source = source_of(&b->source, "demo clinic");
	ok(b, jobs_new(true, &b->jobs, &b->why));
	ok(b, app_new(&b->app_source, &fake_engine, b->jobs, &b->app, &b->why));
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	fake_close(&b->app, &b->jobs);
	clinic_close(&b->records);
	temp_folder_remove(b->home);
	free(b);
	return 0;
}

static void draw(struct bench *b)
{
	struct canvas *canvas = NULL;
	ok(b, canvas_new(30, 110, true, &canvas, &b->why));
	app_draw(b->app, canvas);
	char *dump = canvas_dump(canvas);
	free(dump);
	canvas_free(&canvas);
}

/* Finds the patient by name, reads, changes, saves, draws every screen on the way. */
static void work_on_the_patient(struct bench *b)
{
	char name[MARK_BYTES + 1];
	fake_press(b->app, '/');
	unscramble(name);
	for (size_t i = 0; i < 7; i++)
		fake_press(b->app, name[i]);
	secret_wipe(name, sizeof name);
	fake_press(b->app, UI_KEY_ENTER);
	draw(b);
	fake_press(b->app, UI_KEY_ENTER);
	draw(b);
	for (const char *key = "345672"; *key; key++) {
		fake_press(b->app, *key);
		draw(b);
	}
	fake_press(b->app, UI_KEY_HOME);
	fake_press(b->app, 'x');
	fake_press(b->app, 's');
	draw(b);
}

static void after_the_lock_no_name_is_left(void **state)
{
	struct bench *b = *state;
	read_maps();
	if (!WIPES || strstr(maps, "vgpreload")) { /* valgrind: the whole memory is no place for it to look */
		print_message("skipped: the checker's allocator keeps what was freed\n");
		return;
	}
	work_on_the_patient(b);
	const struct found before = look();
	assert_true(before.heap + before.other > 0); /* it is seen where it is */
	app_lock(b->app);
	clinic_lock(b->records);
	secret_wipe_stack();
	const struct found after = look();
	print_message("before the lock %u in the heap, %u on the stack, %u elsewhere; after it %u, %u, %u\n", before.heap,
	              before.stack, before.other, after.heap, after.stack, after.other);
	assert_int_equal(after.heap, 0);
	assert_int_equal(after.stack, 0);
	assert_int_equal(after.other, 0);
}

/* --- the conversation -------------------------------------------------------------------------------------------- */

static struct found in_lock; /* what is left when the secret is tried */
static unsigned locks;

static void lock_records(void *context, char *login, size_t size)
{
	clinic_lock(context);
	locks++;
	(void)snprintf(login, size, "demo-technician");
}

static enum status look_around(void *context, const char *login, struct secret secret, struct fail *why)
{
	(void)context, (void)login, (void)secret;
	in_lock = look();
	return fail_set(why, ST_DENIED, "login", "wrong secret");
}

/* The name as it was said stands in the file, which is not this process's memory. */
static unsigned said_in(FILE *out)
{
	static unsigned char bytes[MAPS_MAX];
	rewind(out);
	return count_in(bytes, fread(bytes, 1, sizeof bytes, out), 1);
}

static void after_the_conversations_lock_no_name_is_left(void **state)
{
	struct bench *b = *state;
	char name[MARK_BYTES + 1], lines[256];
	int pipes[2], signal_number;
	const struct shell_lock lock = {.context = b->records, .place = "demo clinic", .hint = "",
	                                .lock = lock_records, .unlock = look_around};
	FILE *out = tmpfile();
	read_maps();
	if (!WIPES || strstr(maps, "vgpreload")) {
		print_message("skipped: the checker's allocator keeps what was freed\n");
		return;
	}
	assert_non_null(out);
	(void)setvbuf(out, NULL, _IONBF, 0);
	fake_close(&b->app, &b->jobs);
	unscramble(name);
	assert_int_equal(pipe(pipes), 0);
	int n = snprintf(lines, sizeof lines, "find\n%.7s\n1\nquestions\nback\nparameters\nback\nsave\nlock\n\nwrong\n", name);
	assert_int_equal(write(pipes[1], lines, (size_t)n), n);
	close(pipes[1]);
	secret_wipe(lines, sizeof lines);
	secret_wipe(name, sizeof name);
	ok(b, linear_run(&b->app_source, &fake_engine, &lock, NULL, false, pipes[0], out, &signal_number, &b->why));
	close(pipes[0]);
	assert_true(said_in(out) > 0); /* it was said, and so was held */
	fclose(out);
	assert_int_equal(locks, 1);
	print_message("in the conversation's lock %u in the heap, %u on the stack, %u elsewhere\n", in_lock.heap,
	              in_lock.stack, in_lock.other);
	assert_int_equal(in_lock.heap, 0);
	assert_int_equal(in_lock.stack, 0);
	assert_int_equal(in_lock.other, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(after_the_lock_no_name_is_left, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(after_the_conversations_lock_no_name_is_left, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
