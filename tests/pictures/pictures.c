/* usage: pictures KEYS: what the planner shows of the demo clinic after these keys, 80 x 24, as text. \r in KEYS is
 * written as ~. `make pictures` puts it into the README, so that its pictures stay what the program draws. */
#include "planner/plan/clinic.h"
#include "tests/support/temp_folder.h"
#include "ui/engine.h"
#include "ui/source.h"
#include "ui/view.h"

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

static void play(struct app *app, const char *keys)
{
	for (; *keys != '\0'; keys++) {
		app_key(app, (struct key_event){.key = *keys == '~' ? UI_KEY_ENTER : *keys});
		while (app_busy(app))
			app_wake(app);
	}
}

int main(int argc, char **argv)
{
	char home[TEMP_PATH_SIZE];
	struct clinic *clinic = NULL;
	struct library *library = NULL;
	struct jobs *jobs = NULL;
	struct app *app = NULL;
	struct canvas *canvas = NULL;
	struct fail why = {.text = ""};
	temp_folder_make(home);
	const struct clinic_options options = {
	        .home = home, .profiles = "profiles", .kind = STORE_DEMO, .now_ms = now_ms()};
	must(library_load("profiles", &library, &why), &why);
	must(clinic_open(&options, &clinic, &why), &why);
	struct source records = {.clinic = clinic, .library = library, .now_ms = now_ms};
	const struct app_source source = source_of(&records, "demo clinic");
	const struct app_engine engine = engine_of(library);
	must(jobs_new(true, &jobs, &why), &why);
	must(app_new(&source, &engine, jobs, &app, &why), &why);
	must(canvas_new(24, 80, false, &canvas, &why), &why);
	play(app, argc > 1 ? argv[1] : "");
	app_draw(app, canvas);
	char *dump = canvas_dump(canvas);
	if (dump != NULL)
		fputs(dump, stdout);
	free(dump);
	canvas_free(&canvas);
	app_free(&app);
	jobs_free(&jobs);
	clinic_close(&clinic);
	library_free(&library);
	temp_folder_remove(home);
	return dump != NULL ? 0 : EXIT_FAILURE;
}
