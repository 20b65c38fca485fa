/* Every mode of every device: what preparing it costs, and a step of each of its knobs once it is prepared. Processor
 * time, so that neither the second thread nor other work on the machine enters. The slowest of each kind are printed,
 * all of them where the program is given any argument. */
#include "planner/plan/case.h"
#include "tests/bench/bench.h"

enum { MODES_MAX = 128, STEPS = 12, SLOWEST = 6, NAME_SIZE = 2 * DEVICE_ID_MAX };

struct mode_times {
	char name[NAME_SIZE];
	double prepare_s; /* twin, predictor, first assessment */
	double median_s, worst_s; /* of the slowest knob's steps: processor time of an assessment */
	double worst_wall_s;
	enum setting_id knob;
};

/* Some way up the grid and back, so that every second half comes where it has been before. */
static void walk_knob(struct planning *planning, const struct settings *start, enum setting_id knob,
                      struct mode_times *out)
{
	const struct device_mode *mode = planning_mode(planning);
	double took_s[STEPS], worst_wall_s = 0.0;
	struct settings at = *start;
	int way = 1, done = 0;
	for (int i = 0; i < STEPS; i++) {
		static struct assessment a;
		struct fail why;
		if (i == STEPS / 2)
			way = -way;
		if (setting_step(mode, &at, knob, way, &at, &why))
			way = -way;
		double begun_s = cpu_s(), begun_wall_s = wall_s();
		must(planning_assess(planning, &at, &a, &why), &why);
		took_s[done++] = cpu_s() - begun_s;
		worst_wall_s = fmax(worst_wall_s, wall_s() - begun_wall_s);
		assessment_clear(&a);
	}
	double median_s = median(took_s, STEPS); /* sorts */
	if (took_s[STEPS - 1] < out->worst_s)
		return;
	out->median_s = median_s;
	out->worst_s = took_s[STEPS - 1];
	out->worst_wall_s = worst_wall_s;
	out->knob = knob;
}

static bool measure(const struct library *library, const struct case_request *from, const char *device,
                    const struct device_mode *mode, struct mode_times *out)
{
	static struct assessment first;
	struct request request = from->request;
	struct settings start;
	struct planning *planning = NULL;
	struct fail why;
	if (mode->locked)
		return false;
	(void)snprintf(out->name, sizeof out->name, "%s.%s", device, mode->id);
	(void)snprintf(request.device_mode, sizeof request.device_mode, "%s.%s", device, mode->id);
	double begun_s = cpu_s();
	must(planning_new(library, &from->subject, &request, NULL, &planning, &why), &why);
	planning_default_settings(planning, &start);
	must(planning_assess(planning, &start, &first, &why), &why);
	out->prepare_s = cpu_s() - begun_s;
	bool predicted = first.predicted;
	assessment_clear(&first);
	for (int id = 0; predicted && id < SETTINGS; id++) {
		const enum domain_kind kind = mode->setting[id].kind;
		if (kind == DOMAIN_RANGE || kind == DOMAIN_CHOICES)
			walk_knob(planning, &start, (enum setting_id)id, out);
	}
	planning_free(&planning);
	return predicted;
}

static int by_prepare(const void *a, const void *b)
{
	return by_value(&((const struct mode_times *)b)->prepare_s, &((const struct mode_times *)a)->prepare_s);
}

static int by_knob(const void *a, const void *b)
{
	return by_value(&((const struct mode_times *)b)->worst_s, &((const struct mode_times *)a)->worst_s);
}

static void print(struct mode_times *times, size_t count, size_t shown)
{
	qsort(times, count, sizeof *times, by_prepare);
	for (size_t i = 0; i < count && i < shown; i++)
		printf("preparing %s\t%.0f\tms\tprocessor time; twin, predictor, first assessment\n", times[i].name,
		       1e3 * times[i].prepare_s);
	qsort(times, count, sizeof *times, by_knob);
	for (size_t i = 0; i < count && i < shown; i++)
		printf("worst step of a knob, %s\t%.2f\tms\t%s; processor time; median %.2f, on the clock at worst %.2f\n",
		       times[i].name, 1e3 * times[i].worst_s, setting_spec(times[i].knob)->key, 1e3 * times[i].median_s,
		       1e3 * times[i].worst_wall_s);
}

int main(int argc, char **argv)
{
	(void)argv;
	static struct mode_times times[MODES_MAX];
	struct library *library = NULL;
	struct case_file *file = NULL;
	struct fail why;
	size_t count = 0;
	must(library_load("profiles", &library, &why), &why);
	must(case_read("profiles/demo/02.json", &file, &why), &why);
	for (size_t d = 0; d < library_device_count(library); d++) {
		const struct device *device = library_device(library, d);
		for (size_t m = 0; m < device->modes && count < MODES_MAX; m++)
			count += measure(library, &file->request[0], device->id, &device->mode[m], &times[count]);
	}
	print(times, count, argc > 1 ? MODES_MAX : SLOWEST);
	case_free(&file);
	library_free(&library);
	return 0;
}
