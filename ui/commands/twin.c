/* `lasertwin twin fit|show|forecast|learn` and `lasertwin reflectance`: the twin of a case file or of a twin kept as
 * JSON, in time, and the spectrum it would show. */
#include "planner/plan/case.h"
#include "planner/plan/files.h"
#include "planner/twin/forecast.h"
#include "planner/twin/twin_json.h"
#include "planner/twin/twin_text.h"
#include "ui/commands/commands.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define SPECTRUM_STEPS_MAX SPECTRUM_POINTS_MAX
#define BAND_SAMPLES 24

/* What a case says of the skin and of the treatment: its first request. */
struct subject_file {
	struct case_file *file;
	struct twin twin;
	double age_y;
};

static void subject_file_free(struct subject_file *s)
{
	case_free(&s->file);
}

static bool holds_twin(const char *bytes, size_t length)
{
	static const char mark[] = "\"lasertwin-twin/";
	for (size_t i = 0; i + sizeof mark <= length; i++)
		if (memcmp(bytes + i, mark, sizeof mark - 1) == 0)
			return true;
	return false;
}

/* A case file or a twin. */
static enum status read_either(const char *path, struct subject_file *out, struct fail *why)
{
	char *bytes = NULL;
	size_t length = 0;
	out->age_y = NAN;
	enum status st = file_read(path, FILE_BYTES_MAX, &bytes, &length, why);
	if (st)
		return st;
	if (holds_twin(bytes, length)) {
		st = twin_read(cli_last_part(path), bytes, length, &out->twin, why);
	} else if (!(st = case_read(path, &out->file, why))) {
		const struct readings *r = &out->file->request[0].subject.readings;
		st = twin_from_readings(r, &out->twin, why);
		if (r->present[READING_AGE_Y])
			out->age_y = r->value[READING_AGE_Y];
	}
	free(bytes);
	return st;
}

static int print_or_complain(const struct cli_options *options, enum status st, const struct fail *why, char *text)
{
	if (st)
		return cli_complain(options, st, why);
	if (cli_flag(options, "--json"))
		printf("%s\n", text); /* strings in JSON carry no control characters */
	else
		cli_print(stdout, cli_ascii(options), text);
	free(text);
	return 0;
}

/* ---- sun ---- */

static enum status read_sun(const struct cli_options *options, struct twin_sun *sun, struct fail *why)
{
	*sun = (struct twin_sun){.sed_per_day = NAN, .latitude_deg = NAN, .from_day_of_year = NAN};
	enum status st;
	if ((st = cli_number(options, "--sed-per-day", 0, 30, &sun->sed_per_day, why)) ||
	    (st = cli_number(options, "--latitude", -90, 90, &sun->latitude_deg, why)) ||
	    (st = cli_number(options, "--day-of-year", 1, 366, &sun->from_day_of_year, why)))
		return st;
	sun->known = isfinite(sun->sed_per_day);
	if (!sun->known && (isfinite(sun->latitude_deg) || isfinite(sun->from_day_of_year)))
		return fail_set(why, ST_INPUT, "--sed-per-day", "missing; a season needs a dose to change");
	return ST_OK;
}

/* ---- fit ---- */

struct fit_question {
	const char *case_path, *before_path;
	struct twin_interval interval;
};

static enum status fit_after(const struct fit_question *q, const struct readings *r, struct twin *today,
                             struct twin *out, struct fail *why)
{
	struct twin before;
	enum status st = cli_read_twin(q->before_path, &before, why);
	if (!st)
		st = twin_bring_forward(&before, &q->interval, today, why);
	if (!st && strcmp(before.site, r->site) != 0)
		st = fail_set(why, ST_INPUT, "--before", "is a twin of the %.40s, the case is of the %.40s", before.site,
		              r->site);
	if (!st)
		st = twin_from_readings_after(r, today, out, why);
	return st;
}

static enum status fit_text(const struct fit_question *q, const struct twin *today, const struct twin *after,
                            char **out, struct fail *why)
{
	char *twin = NULL, *changes = NULL;
	enum status st = twin_text(after, &twin, why);
	if (st || !q->before_path) {
		*out = twin;
		return st;
	}
	st = twin_changes_text(today, after, "the readings", &changes, why);
	size_t size = strlen(twin) + (changes ? strlen(changes) : 0) + 2;
	*out = st ? NULL : malloc(size);
	if (*out)
		(void)snprintf(*out, size, "%s\n%s", twin, changes);
	else if (!st)
		st = fail_set(why, ST_FULL, "twin", "no memory");
	free(twin);
	free(changes);
	return st;
}

static enum status fit(const struct cli_options *options, const struct fit_question *q, char **text, struct fail *why)
{
	struct case_file *file = NULL;
	struct twin today, after;
	enum status st = case_read(q->case_path, &file, why);
	if (!st) {
		const struct readings *r = &file->request[0].subject.readings;
		struct fit_question with_age = *q;
		with_age.interval.age_y = r->present[READING_AGE_Y] ? r->value[READING_AGE_Y] : NAN;
		st = q->before_path ? fit_after(&with_age, r, &today, &after, why) : twin_from_readings(r, &after, why);
	}
	if (!st)
		st = cli_flag(options, "--json") ? twin_write(&after, text, why) : fit_text(q, &today, &after, text, why);
	case_free(&file);
	return st;
}

int command_twin_fit(const struct cli_options *options)
{
	struct fit_question q = {.case_path = options->operand[0], .before_path = cli_value(options, "--before")};
	struct fail why = {.text = ""};
	char *text = NULL;
	enum status st = cli_number(options, "--days", 0, TWIN_DAYS_MAX, &q.interval.days, &why);
	if (!st)
		st = read_sun(options, &q.interval.sun, &why);
	if (!st && !q.before_path && cli_value(options, "--days"))
		st = fail_set(&why, ST_INPUT, "--days", "goes with --before");
	if (!st)
		st = fit(options, &q, &text, &why);
	return print_or_complain(options, st, &why, text);
}

int command_twin_show(const struct cli_options *options)
{
	struct subject_file s = {0};
	struct fail why = {.text = ""};
	char *text = NULL;
	enum status st = read_either(options->operand[0], &s, &why);
	if (!st)
		st = cli_flag(options, "--json") ? twin_write(&s.twin, &text, &why) : twin_text(&s.twin, &text, &why);
	subject_file_free(&s);
	return print_or_complain(options, st, &why, text);
}

/* ---- learn ---- */

static enum status learn(const char *twin_path, const char *outcome_path, struct twin *before,
                         struct twin_outcome *outcome, struct twin *after, struct fail *why)
{
	char *bytes = NULL;
	size_t length = 0;
	enum status st = cli_read_twin(twin_path, before, why);
	if (!st)
		st = file_read(outcome_path, FILE_BYTES_MAX, &bytes, &length, why);
	if (!st)
		st = twin_outcome_read(cli_last_part(outcome_path), bytes, length, outcome, why);
	free(bytes);
	if (st)
		return st;
	*after = *before;
	return twin_learn(after, outcome, why);
}

/* What the change does not show. */
static void print_notes(const struct twin *before, const struct twin *after, const struct twin_outcome *outcome)
{
	if (memcmp(before->latent, after->latent, sizeof before->latent) == 0 && before->lessons == after->lessons)
		puts("This twin has taken the outcome in before, or it says nothing; it counts once.");
	else if (!outcome->device_mode[0] && (outcome->endpoint_seen >= 0 || !isnan(outcome->depth_measured_um)))
		puts("No device is named: depth and endpoint move the twin, no prediction will use them (\"device\": "
		     "\"ultrapulse.deepfx\").");
}

int command_twin_learn(const struct cli_options *options)
{
	struct twin_outcome outcome = TWIN_NO_OUTCOME;
	struct twin before, after;
	struct fail why = {.text = ""};
	char *text = NULL;
	enum status st = learn(options->operand[0], options->operand[1], &before, &outcome, &after, &why);
	if (!st)
		st = cli_flag(options, "--json") ? twin_write(&after, &text, &why)
		                                 : twin_changes_text(&before, &after, "the outcome", &text, &why);
	int code = print_or_complain(options, st, &why, text);
	if (!st && !cli_flag(options, "--json"))
		print_notes(&before, &after, &outcome);
	return code;
}

/* ---- forecast ---- */

static enum status read_treatment(const struct cli_options *options, const struct subject_file *s,
                                  const struct library *library, struct forecast_request *r, struct fail *why)
{
	const struct request *plan = s->file ? &s->file->request[0].request : NULL;
	const char *device_mode = cli_value(options, "--device"), *indication = cli_value(options, "--indication");
	const struct device *device;
	const struct device_mode *mode;
	if (!device_mode && plan)
		device_mode = plan->device_mode;
	r->indication = indication ? indication : plan ? plan->indication : "";
	enum status st = r->indication[0] ? library_check_indication(library, r->indication, why) : ST_OK;
	if (st || !device_mode)
		return st;
	if ((st = library_find_mode(library, device_mode, &device, &mode, why)))
		return st;
	r->mode_class = mode->mode_class;
	const struct protocol *protocol = library_protocol(library, r->indication, device_mode);
	r->pih = protocol ? library_pih(library, protocol) : NULL;
	return ST_OK;
}

static enum status forecast_with(const struct cli_options *options, struct library *library, char **text,
                                 struct fail *why)
{
	struct subject_file s = {0};
	struct forecast_request r = {.seed = 0};
	struct forecast forecast;
	uint64_t members = 0;
	enum status st;
	if (!(st = read_either(options->operand[0], &s, why)) && !(st = read_sun(options, &r.sun, why)) &&
	    !(st = read_treatment(options, &s, library, &r, why)) &&
	    !(st = cli_number(options, "--goal", 0.01, 0.99, &r.goal_cleared_frac, why)) &&
	    !(st = cli_whole_number(options, "--seed", 0, 9e15, &r.seed, why)) &&
	    !(st = cli_whole_number(options, "--members", 2, FORECAST_MEMBERS_MAX, &members, why))) {
		r.members = (unsigned)members;
		r.age_y = s.age_y;
		st = cli_number(options, "--age", 0, 120, &r.age_y, why);
	}
	if (!st)
		st = twin_forecast(&s.twin, &r, &forecast, why);
	if (!st)
		st = cli_flag(options, "--json") ? forecast_json(&s.twin, &forecast, text, why)
		                                 : forecast_text(&s.twin, &forecast, text, why);
	subject_file_free(&s);
	return st;
}

int command_twin_forecast(const struct cli_options *options)
{
	struct library *library = NULL;
	struct fail why = {.text = ""};
	char *text = NULL;
	enum status st = cli_library(options, &library, &why);
	if (!st)
		st = forecast_with(options, library, &text, &why);
	library_free(&library);
	return print_or_complain(options, st, &why, text);
}

/* ---- reflectance ---- */

struct spectrum_band {
	size_t count;
	double wavelength_nm[SPECTRUM_STEPS_MAX], median[SPECTRUM_STEPS_MAX];
	double p05[SPECTRUM_STEPS_MAX], p95[SPECTRUM_STEPS_MAX];
	struct twin_colour colour;
};

static enum status read_range(const struct cli_options *options, struct spectrum_band *b, struct fail *why)
{
	double from = 400.0, to = 700.0, every = 10.0;
	enum status st;
	if ((st = cli_number(options, "--from-nm", SPECTRUM_FIRST_NM, SPECTRUM_LAST_NM, &from, why)) ||
	    (st = cli_number(options, "--to-nm", SPECTRUM_FIRST_NM, SPECTRUM_LAST_NM, &to, why)) ||
	    (st = cli_number(options, "--step-nm", 0.1, 500, &every, why)))
		return st;
	if (to < from)
		return fail_set(why, ST_INPUT, "--to-nm", "%g nm lies below --from-nm %g", to, from);
	double steps = floor((to - from) / every + 1e-9) + 1.0;
	if (steps > SPECTRUM_STEPS_MAX)
		return fail_set(why, ST_RANGE, "--step-nm", "%.0f points; at most %d: take a wider step", steps,
		                SPECTRUM_STEPS_MAX);
	for (double i = 0; i < steps; i += 1.0)
		b->wavelength_nm[b->count++] = from + every * i;
	return ST_OK;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static enum status sample_spectrum(const struct twin *t, unsigned index, const struct spectrum_band *b, double *out,
                                   struct fail *why)
{
	double value[TWIN_PROPERTIES];
	struct tissue tissue;
	twin_sample(t, 0, index, value);
	twin_tissue(value, TWIN_NORMAL_SKIN, &tissue);
	return twin_model_spectrum(&tissue, b->wavelength_nm, b->count, out, why);
}

static enum status fill_bands(const struct twin *t, struct spectrum_band *b, struct fail *why)
{
	double *all = malloc(BAND_SAMPLES * b->count * sizeof *all);
	if (!all)
		return fail_set(why, ST_FULL, "reflectance", "no memory");
	enum status st = ST_OK;
	for (unsigned s = 0; !st && s < BAND_SAMPLES; s++)
		st = sample_spectrum(t, s + 1, b, all + s * b->count, why);
	for (size_t i = 0; !st && i < b->count; i++) {
		double column[BAND_SAMPLES];
		for (size_t s = 0; s < BAND_SAMPLES; s++)
			column[s] = all[s * b->count + i];
		qsort(column, BAND_SAMPLES, sizeof column[0], ascending);
		b->p05[i] = column[1];
		b->p95[i] = column[BAND_SAMPLES - 2];
	}
	free(all);
	return st;
}

static enum status reflect(const struct twin *t, bool bands, struct spectrum_band *b, struct fail *why)
{
	double value[TWIN_PROPERTIES];
	struct tissue tissue;
	twin_sample(t, 0, 0, value);
	twin_tissue(value, TWIN_NORMAL_SKIN, &tissue);
	enum status st = twin_model_colour(&tissue, &b->colour, why);
	if (!st)
		st = twin_model_spectrum(&tissue, b->wavelength_nm, b->count, b->median, why);
	return st || !bands ? st : fill_bands(t, b, why);
}

/* A spectrum file, lasertwin-spectrum/1: it can be read back as a reading. */
static void print_spectrum(const struct spectrum_band *b)
{
	printf("# schema: lasertwin-spectrum/1\n# specular: excluded\n# instrument: lasertwin, fitted skin\n");
	printf("# L* %.2f a* %.2f b* %.2f, ITA %.1f deg; Mexameter MI %.0f, EI %.0f; DermaSpectrometer M %.1f; MI680 %.1f\n",
	       b->colour.lab.L, b->colour.lab.a, b->colour.lab.b, b->colour.ita_deg, b->colour.mexameter_mi,
	       b->colour.mexameter_ei, b->colour.dermaspectrometer_mi, b->colour.mi680);
	printf("wavelength_nm,reflectance\n");
	for (size_t i = 0; i < b->count; i++)
		printf("%g,%.6f\n", b->wavelength_nm[i], b->median[i]);
}

static void print_list(const char *name, const double *value, size_t count, const char *end)
{
	printf("\"%s\": [", name);
	for (size_t i = 0; i < count; i++)
		printf("%s%.7g", i ? ", " : "", value[i]);
	printf("]%s", end);
}

static void print_spectrum_json(const struct spectrum_band *b)
{
	printf("{\"schema\": \"lasertwin-reflectance/1\", \"specular\": \"excluded\", \"lab\": {\"L\": %.4f, \"a\": %.4f, "
	       "\"b\": %.4f}, \"ita_deg\": %.3f, ",
	       b->colour.lab.L, b->colour.lab.a, b->colour.lab.b, b->colour.ita_deg);
	printf("\"mexameter_mi\": %.2f, \"mexameter_ei\": %.2f, \"dermaspectrometer_mi\": %.3f, \"mi680\": %.3f, ",
	       b->colour.mexameter_mi, b->colour.mexameter_ei, b->colour.dermaspectrometer_mi, b->colour.mi680);
	print_list("wavelength_nm", b->wavelength_nm, b->count, ", ");
	print_list("reflectance", b->median, b->count, ", ");
	print_list("p05", b->p05, b->count, ", ");
	print_list("p95", b->p95, b->count, "}\n");
}

int command_reflectance(const struct cli_options *options)
{
	struct spectrum_band band = {0};
	struct subject_file s = {0};
	struct fail why = {.text = ""};
	bool json = cli_flag(options, "--json");
	enum status st = read_range(options, &band, &why);
	if (!st)
		st = read_either(options->operand[0], &s, &why);
	if (!st)
		st = reflect(&s.twin, json, &band, &why);
	if (!st)
		(json ? print_spectrum_json : print_spectrum)(&band);
	subject_file_free(&s);
	return st ? cli_complain(options, st, &why) : 0;
}
