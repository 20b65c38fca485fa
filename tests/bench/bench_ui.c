/* From a key to the finished canvas on the parameters screen, with the real planner: one knob one step, the
 * assessment of the new settings (in the program a worker does it while keys go on), the drawing. */
#include "planner/plan/case.h"
#include "tests/bench/bench.h"
#include "ui/engine.h"
#include "ui/view.h"

#define KEYS 400

struct scene {
	struct case_file *file;
	struct library *lib;
};

static void check(enum status status, const struct fail *why)
{
	if (status == ST_OK)
		return;
	fprintf(stderr, "bench_ui: %s: %s\n", why->field, why->text);
	exit(EXIT_FAILURE);
}

/* --- one patient, from a case file ---------------------------------------------------------------------- */

static size_t one(void *context)
{
	(void)context;
	return 1;
}

static enum status patient(void *context, size_t index, struct app_patient *out, struct fail *why)
{
	const struct scene *scene = context;
	(void)index;
	(void)why;
	*out = (struct app_patient){.is_virtual = true};
	snprintf(out->label, sizeof out->label, "%.63s", scene->file->title);
	return ST_OK;
}

static enum status load(void *context, size_t index, struct subject *subject, struct request *request,
                        struct fail *why)
{
	const struct scene *scene = context;
	(void)index;
	*subject = scene->file->request[0].subject;
	subject->answers = NULL;
	*request = scene->file->request[0].request;
	return facts_clone(scene->file->request[0].subject.answers, &subject->answers, why);
}

/* --- measuring ------------------------------------------------------------------------------------------ */

static void settle(struct app *app)
{
	while (app_busy(app))
		app_wake(app);
}

static void press(struct app *app, int key)
{
	app_key(app, (struct key_event){.key = key});
	settle(app);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void report(const char *name, const char *what, double *sample_s, size_t count)
{
	qsort(sample_s, count, sizeof *sample_s, by_size);
	printf("%s, %s p50\t%.3f\tms\t%zu samples\n", name, what,
	       1e3 * sample_s[count / 2], count);
	printf("%s, %s p99\t%.3f\tms\tgoal: under 100\n", name, what, 1e3 * sample_s[count * 99 / 100]);
}

/* Up and down the grid of each knob in turn. */
static int next_key(int i)
{
	static const int pattern[] = {UI_KEY_RIGHT, UI_KEY_RIGHT, UI_KEY_RIGHT, UI_KEY_LEFT,
	                              UI_KEY_RIGHT, UI_KEY_LEFT,  UI_KEY_LEFT,  UI_KEY_LEFT};
	return pattern[i % 8];
}

static void measure_keys(struct app *app, const char *name, int rows, int cols)
{
	static double sample_s[KEYS];
	char what[64];
	struct canvas *canvas = NULL;
	struct fail why = {.text = ""};
	check(canvas_new(rows, cols, false, &canvas, &why), &why);
	for (int i = 0; i < KEYS; i++) {
		if (i % 16 == 8)
			press(app, UI_KEY_DOWN);
		if (i % 64 == 0)
			press(app, UI_KEY_HOME);
		double start_s = wall_s();
		press(app, next_key(i));
		app_draw(app, canvas);
		sample_s[i] = wall_s() - start_s;
	}
	snprintf(what, sizeof what, "key to canvas %d x %d", cols, rows);
	report(name, what, sample_s, KEYS);
	canvas_free(&canvas);
}

/* What a key waits for at most: the worker has the rest. */
static void measure_drawing(struct app *app, const char *name)
{
	static double sample_s[KEYS];
	struct canvas *canvas = NULL;
	struct fail why = {.text = ""};
	check(canvas_new(60, 200, false, &canvas, &why), &why);
	for (int i = 0; i < KEYS; i++) {
		double start_s = wall_s();
		app_draw(app, canvas);
		sample_s[i] = wall_s() - start_s;
	}
	report(name, "drawing alone 200 x 60", sample_s, KEYS);
	canvas_free(&canvas);
}

static void measure(const char *path, const char *name, struct library *library)
{
	struct scene scene = {NULL, library};
	struct fail why = {.text = ""};
	struct jobs *jobs = NULL;
	struct app *app = NULL;
	check(case_read(path, &scene.file, &why), &why);
	struct app_source source = {
	        .context = &scene, .place = "bench", .count = one, .patient = patient, .load = load};
	struct app_engine engine = engine_of(library);
	check(jobs_new(true, &jobs, &why), &why);
	check(app_new(&source, &engine, jobs, &app, &why), &why);
	double start_s = wall_s();
	press(app, UI_KEY_ENTER);
	printf("%s, opening a patient\t%.1f\tms\ttwin, predictor, first assessment\n", name,
	       1e3 * (wall_s() - start_s));
	press(app, '5');
	if (!app->assessed)
		check(ST_MODEL, &app->failure);
	measure_keys(app, name, 24, 80);
	measure_keys(app, name, 60, 200);
	measure_drawing(app, name);
	app_free(&app);
	jobs_free(&jobs);
	case_free(&scene.file);
}

int main(void)
{
	struct library *library = NULL;
	struct fail why = {.text = ""};
	check(library_load("profiles", &library, &why), &why);
	measure("profiles/demo/01.json", "microbeams (CO2)", library);
	measure("profiles/demo/02.json", "microbeams (1927 nm)", library);
	measure("profiles/demo/03.json", "broad beam (532 nm ps)", library);
	library_free(&library);
	return 0;
}
