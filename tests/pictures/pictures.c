/* usage: pictures [OPTION]... KEYS: what the planner shows of the demo clinic after these keys, as text; the screens'
 * own canvas, no terminal. `make pictures` puts it into the README, so that its pictures stay what the program draws;
 * tests/tui/emulator.sh holds a terminal against it.
 *
 *   --size COLSxROWS   default 80x24
 *   --ascii            as in a terminal without UTF-8
 *   --blocks           plots in half blocks, as on a console
 *   --each             a picture and its map of roles before the first and after every key
 *   --home DIR LOGIN SECRET   of the clinic's records there instead of the demo's
 *   --add FILE         puts this case's patient on that clinic's list first; may be repeated
 *
 * In KEYS ~ is Enter, ` is Escape and {COLSxROWS} another size of the window.
 */
#include "planner/plan/clinic.h"
#include "tests/support/temp_folder.h"
#include "ui/engine.h"
#include "ui/source.h"
#include "ui/view.h"

#define ADDED_MAX 64

struct wish {
	int cols, rows;
	bool ascii, blocks, each;
	const char *home, *login, *secret, *keys;
	size_t added;
	const char *add[ADDED_MAX];
};

/* One planner, its records and its canvas. */
struct stage {
	char folder[TEMP_PATH_SIZE];
	struct library *lib;
	struct clinic *clinic;
	struct course plans;
	struct app_course course;
	struct lists read;
	struct app_lists lists;
	struct source records;
	struct app_work work;
	struct app_emergency emergency;
	struct app_source source;
	struct app_engine engine;
	struct jobs *jobs;
	struct app *app;
	struct canvas *canvas;
};

static void must(enum status status, const struct fail *why)
{
	if (status == ST_OK)
		return;
	fprintf(stderr, "pictures: %s: %s\n", why->field, why->text);
	exit(EXIT_FAILURE);
}

static int64_t now_ms(void)
{
	return 1000 * (int64_t)time(NULL);
}

/* --- wishes ------------------------------------------------------------------------------------------------ */

static bool parse_size(const char *text, int *cols, int *rows)
{
	char *end;
	const long c = strtol(text, &end, 10);
	const long r = *end == 'x' ? strtol(end + 1, &end, 10) : 0;
	*cols = c > 0 && c <= CANVAS_COLS_MAX ? (int)c : 0;
	*rows = r > 0 && r <= CANVAS_ROWS_MAX ? (int)r : 0;
	return *cols > 0 && *rows > 0;
}

/* How many arguments the option takes with itself; 0: it is none. */
static int take_option(struct wish *wish, char **argv, int left)
{
	if (strcmp(argv[0], "--ascii") == 0)
		return wish->ascii = true, 1;
	if (strcmp(argv[0], "--blocks") == 0)
		return wish->blocks = true, 1;
	if (strcmp(argv[0], "--each") == 0)
		return wish->each = true, 1;
	if (strcmp(argv[0], "--size") == 0 && left > 1 && parse_size(argv[1], &wish->cols, &wish->rows))
		return 2;
	if (strcmp(argv[0], "--add") == 0 && left > 1 && wish->added < ADDED_MAX)
		return wish->add[wish->added++] = argv[1], 2;
	if (strcmp(argv[0], "--home") == 0 && left > 3)
		return wish->home = argv[1], wish->login = argv[2], wish->secret = argv[3], 4;
	return 0;
}

static struct wish parse(int argc, char **argv)
{
	struct wish wish = {.cols = 80, .rows = 24, .keys = ""};
	for (int i = 1, took; i < argc; i += took) {
		took = take_option(&wish, argv + i, argc - i);
		if (took == 0 && i + 1 == argc)
			wish.keys = argv[i], took = 1;
		if (took == 0) {
			fprintf(stderr, "pictures: %s: not understood\n", argv[i]);
			exit(EXIT_FAILURE);
		}
	}
	return wish;
}

/* --- the planner ------------------------------------------------------------------------------------------- */

static void open_records(struct stage *stage, const struct wish *wish)
{
	struct fail why = {.text = ""};
	temp_folder_make(stage->folder);
	const struct clinic_options options = {.home = wish->home != NULL ? wish->home : stage->folder,
	                                       .profiles = "profiles",
	                                       .kind = wish->home != NULL ? STORE_CLINIC : STORE_DEMO,
	                                       .now_ms = now_ms()};
	must(library_load("profiles", &stage->lib, &why), &why);
	must(clinic_open(&options, &stage->clinic, &why), &why);
	if (wish->home != NULL)
		must(clinic_login(stage->clinic, wish->login, (struct secret){wish->secret, strlen(wish->secret)}, &why), &why);
	for (size_t i = 0; i < wish->added; i++)
		must(clinic_add(stage->clinic, wish->add[i], now_ms(), &why), &why);
}

/* As ui/commands/planner.c puts it together, without a lock and without synchronisation. */
static void open_planner(struct stage *stage, const struct wish *wish)
{
	struct fail why = {.text = ""};
	stage->plans = (struct course){stage->clinic, stage->lib, .now_ms = now_ms};
	stage->course = course_of(&stage->plans);
	stage->read = (struct lists){stage->clinic, stage->lib, .now_ms = now_ms};
	stage->lists = lists_of(&stage->read);
	stage->records = (struct source){stage->clinic,
	                                 stage->lib,
	                                 .now_ms = now_ms,
	                                 .course = &stage->course,
	                                 .lists = &stage->lists};
	stage->work = work_of(&stage->records);
	stage->emergency = emergency_of(&stage->records);
	stage->records.work = &stage->work;
	stage->records.emergency = &stage->emergency;
	stage->source = source_of(&stage->records, wish->home != NULL ? "clinic" : "demo clinic");
	stage->source.training = wish->home == NULL;
	stage->engine = engine_of(stage->lib);
	must(jobs_new(true, &stage->jobs, &why), &why);
	must(app_new(&stage->source, &stage->engine, stage->jobs, &stage->app, &why), &why);
	while (app_worklist_read(stage->app, SIZE_MAX)) {
	}
	must(canvas_new(wish->rows, wish->cols, wish->ascii, &stage->canvas, &why), &why);
	stage->canvas->blocks = wish->blocks;
}

static void close_all(struct stage *stage)
{
	canvas_free(&stage->canvas);
	app_free(&stage->app);
	jobs_free(&stage->jobs);
	clinic_close(&stage->clinic);
	library_free(&stage->lib);
	temp_folder_remove(stage->folder);
}

/* --- keys and pictures ------------------------------------------------------------------------------------- */

static void print(char *dump)
{
	if (dump == NULL)
		exit(EXIT_FAILURE);
	fputs(dump, stdout);
	free(dump);
}

static void draw(const struct stage *stage, bool with_roles)
{
	app_draw(stage->app, stage->canvas);
	print(canvas_dump(stage->canvas));
	if (with_roles) {
		puts("--roles--");
		print(canvas_dump_roles(stage->canvas));
		puts("--end--");
	}
}

static void press(struct app *app, int key)
{
	app_key(app, (struct key_event){.key = key});
	while (app_busy(app))
		app_wake(app);
}

static int key_of(char c)
{
	return c == '~' ? UI_KEY_ENTER : c == '`' ? UI_KEY_ESCAPE : c;
}

static void play(const struct stage *stage, const struct wish *wish)
{
	struct fail why = {.text = ""};
	int cols, rows;
	for (const char *key = wish->keys; *key != '\0'; key++) {
		if (wish->each)
			draw(stage, true);
		if (*key == '{' && parse_size(key + 1, &cols, &rows)) {
			must(canvas_resize(stage->canvas, rows, cols, &why), &why);
			key = strchr(key, '}');
			if (key == NULL)
				exit(EXIT_FAILURE);
		} else {
			press(stage->app, key_of(*key));
		}
	}
	draw(stage, wish->each);
}

int main(int argc, char **argv)
{
	const struct wish wish = parse(argc, argv);
	struct stage stage = {.folder = ""};
	open_records(&stage, &wish);
	open_planner(&stage, &wish);
	play(&stage, &wish);
	close_all(&stage);
	return 0;
}
