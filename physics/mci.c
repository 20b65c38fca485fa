/* Reading line by line: each record is one line of numbers with names, so that an error can say which. */
#include "physics/mci.h"

#include <stdarg.h>

#include "physics/base/units.h"

#define LINE_MAX_BYTES 1024
#define WORDS_MAX 8
#define VERSION 1.0
#define LAST_COUNT 9007199254740992.0 /* 2^53: whole numbers are exact up to here */

struct reader {
	const char *at, *end;
	size_t line;
	char text[LINE_MAX_BYTES];
	char *word[WORDS_MAX];
	size_t words;
	struct fail *why;
};

/* One value of a record; whole: a count. */
struct mci_field {
	const char *name;
	double low, high;
	bool whole, open; /* open: low itself is refused */
};

static enum status refuse(struct reader *r, enum status code, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static enum status refuse(struct reader *r, enum status code, const char *name, const char *format, ...)
{
	char field[FAIL_FIELD_MAX], text[FAIL_TEXT_MAX];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	snprintf(field, sizeof field, "line %zu: %s", r->line, name);
	return fail_set(r->why, code, field, "%s", text);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static void split(struct reader *r)
{
	char *c = r->text;
	r->words = 0;
	while (*c) {
		while (is_space(*c))
			*c++ = '\0';
		if (!*c)
			return;
		if (r->words < WORDS_MAX)
			r->word[r->words] = c;
		r->words++;
		while (*c && !is_space(*c))
			c++;
	}
}

/* The next line of the text without its comment; false at the end. Lines too long are cut: none that means
 * something is. */
static bool next_line(struct reader *r)
{
	size_t length = 0;
	if (r->at >= r->end)
		return false;
	r->line++;
	while (r->at < r->end && *r->at != '\n') {
		if (length + 1 < sizeof r->text)
			r->text[length++] = *r->at ? *r->at : '?';
		r->at++;
	}
	r->at += r->at < r->end;
	r->text[length] = '\0';
	r->text[strcspn(r->text, "#")] = '\0';
	return true;
}

/* The next line with words on it. */
static enum status next_record(struct reader *r, const char *name)
{
	while (next_line(r)) {
		split(r);
		if (r->words)
			return ST_OK;
	}
	r->line++;
	return refuse(r, ST_INPUT, name, "the file ends where this is expected");
}

static enum status read_value(struct reader *r, const struct mci_field *f, const char *word, double *out)
{
	char *end;
	double value = strtod(word, &end);
	if (end == word || *end || !isfinite(value))
		return refuse(r, ST_INPUT, f->name, "\"%.40s\" is not a number", word);
	if (f->whole && value != floor(value))
		return refuse(r, ST_INPUT, f->name, "%g is not a whole number", value);
	if (value < f->low || value > f->high || (f->open && value == f->low))
		return refuse(r, ST_RANGE, f->name, "%g; allowed is %s%g to %g", value, f->open ? "above " : "", f->low,
		              f->high);
	*out = value;
	return ST_OK;
}

/* Exactly count values on one line. */
static enum status read_values(struct reader *r, const struct mci_field *f, size_t count, double *out)
{
	enum status st = next_record(r, f[0].name);
	for (size_t i = 0; st == ST_OK && i < count; i++) {
		if (i >= r->words)
			return refuse(r, ST_INPUT, f[i].name, "missing: %zu of %zu values stand here", r->words, count);
		st = read_value(r, &f[i], r->word[i], &out[i]);
	}
	if (st == ST_OK && r->words > count)
		return refuse(r, ST_INPUT, f[count - 1].name, "followed by \"%.40s\": %zu values belong here",
		              r->word[count], count);
	return st;
}

static enum status read_version(struct reader *r)
{
	static const struct mci_field field = {"file version", 0.0, 1e3, false, false};
	double value;
	enum status st = read_values(r, &field, 1, &value);
	if (st == ST_OK && value != VERSION)
		return refuse(r, ST_INPUT, field.name, "%g; readable is 1.0", value);
	return st;
}

static enum status read_output(struct reader *r, struct mci_run *run)
{
	enum status st = next_record(r, "output file");
	if (st != ST_OK)
		return st;
	if (r->words != 2)
		return refuse(r, ST_INPUT, "output file", "a name and A or B belong here, not %zu words", r->words);
	for (const char *c = r->word[0]; *c; c++)
		if (*c <= ' ' || *c > '~')
			return refuse(r, ST_INPUT, "output file", "the name holds more than printable ASCII");
	if (strlen(r->word[0]) >= sizeof run->output)
		return refuse(r, ST_INPUT, "output file", "the name is longer than %d bytes", MCI_NAME_MAX - 1);
	if (strcmp(r->word[1], "A") != 0 && strcmp(r->word[1], "B") != 0)
		return refuse(r, ST_INPUT, "output format", "\"%.40s\"; allowed are A and B", r->word[1]);
	snprintf(run->output, sizeof run->output, "%s", r->word[0]);
	return ST_OK;
}

static enum status read_grid(struct reader *r, struct mci_run *run)
{
	static const struct mci_field photons = {"photons", 1.0, 1e12, true, false};
	static const struct mci_field steps[] = {{"dz", 0.0, 1e4, false, true}, {"dr", 0.0, 1e4, false, true}};
	static const struct mci_field counts[] = {{"nz", 1.0, MCI_BINS_MAX, true, false},
	                                          {"nr", 1.0, MCI_BINS_MAX, true, false},
	                                          {"na", 1.0, MCI_BINS_MAX, true, false}};
	double count, step[2], bins[3];
	enum status st = read_values(r, &photons, 1, &count);
	if (st == ST_OK)
		st = read_values(r, steps, 2, step);
	if (st == ST_OK)
		st = read_values(r, counts, 3, bins);
	if (st != ST_OK)
		return st;
	run->photons = (uint64_t)count;
	run->dz_cm = step[0];
	run->dr_cm = step[1];
	run->nz = (size_t)bins[0];
	run->nr = (size_t)bins[1];
	run->na = (size_t)bins[2];
	if ((run->nz + 2) * (run->nr + 1) > MC_CELLS_MAX)
		return refuse(r, ST_RANGE, "nz", "%zu x %zu bins; allowed are %u in all", run->nz, run->nr, MC_CELLS_MAX);
	return ST_OK;
}

static enum status read_layer(struct reader *r, struct light_layer *layer)
{
	/* light_stack_check has the same limits; here they get a line number */
	static const struct mci_field fields[] = {{"n", 1.0, 4.0, false, false},
	                                          {"mua", 0.0, 1e8, false, false},
	                                          {"mus", 0.0, 1e8, false, false},
	                                          {"g", -0.99, 0.99, false, false},
	                                          {"d", 0.0, 1e6, false, true}};
	double v[5];
	enum status st = read_values(r, fields, 5, v);
	if (st == ST_OK)
		*layer = (struct light_layer){v[0], v[1], v[2], v[3], v[4]};
	return st;
}

static enum status read_stack(struct reader *r, struct mci_run *run)
{
	static const struct mci_field layers = {"layers", 1.0, LIGHT_LAYERS_MAX, true, false};
	static const struct mci_field above = {"n above", 1.0, 4.0, false, false};
	static const struct mci_field below = {"n below", 1.0, 4.0, false, false};
	double count = 0.0;
	enum status st = read_values(r, &layers, 1, &count);
	run->layers = (size_t)count;
	if (st == ST_OK)
		st = read_values(r, &above, 1, &run->n_above);
	for (size_t i = 0; st == ST_OK && i < run->layers; i++)
		st = read_layer(r, &run->layer[i]);
	return st == ST_OK ? read_values(r, &below, 1, &run->n_below) : st;
}

static enum status read_run(struct reader *r, struct mci_run *run)
{
	enum status st = read_output(r, run);
	if (st == ST_OK)
		st = read_grid(r, run);
	return st == ST_OK ? read_stack(r, run) : st;
}

/* MCML stops after its last run; what follows would be a run nobody counted. */
static enum status expect_end(struct reader *r)
{
	while (next_line(r)) {
		split(r);
		if (r->words)
			return refuse(r, ST_INPUT, "end of file", "\"%.40s\" stands after the last run", r->word[0]);
	}
	return ST_OK;
}

static enum status read_runs(struct reader *r, struct mci_file *file)
{
	static const struct mci_field runs = {"number of runs", 1.0, MCI_RUNS_MAX, true, false};
	double count;
	enum status st = read_version(r);
	if (st == ST_OK)
		st = read_values(r, &runs, 1, &count);
	if (st != ST_OK)
		return st;
	file->runs = (size_t)count;
	file->run = calloc(file->runs, sizeof *file->run);
	if (!file->run)
		return fail_set(r->why, ST_FULL, "", "no memory for %zu runs", file->runs);
	for (size_t i = 0; st == ST_OK && i < file->runs; i++)
		st = read_run(r, &file->run[i]);
	return st == ST_OK ? expect_end(r) : st;
}

enum status mci_read(const char *text, size_t length, struct mci_file **out, struct fail *why)
{
	struct reader reader = {.at = text, .end = text + length, .why = why};
	struct mci_file *file = NULL;
	enum status st = ST_OK;
	*out = NULL;
	if (length > MCI_BYTES_MAX)
		return fail_set(why, ST_RANGE, "", "%zu bytes; allowed are %u", length, MCI_BYTES_MAX);
	file = calloc(1, sizeof *file);
	if (!file)
		return fail_set(why, ST_FULL, "", "no memory for the file");
	st = read_runs(&reader, file);
	if (st == ST_OK)
		*out = file;
	else
		mci_free(&file);
	return st;
}

void mci_free(struct mci_file **file)
{
	if (!file || !*file)
		return;
	free((*file)->run);
	free(*file);
	*file = NULL;
}

struct light_stack mci_stack(const struct mci_run *run)
{
	return (struct light_stack){run->n_above, run->n_below, run->layers, run->layer};
}

void mci_request(const struct mci_run *run, double *r_edge_cm, double *z_edge_cm, struct mc_request *out)
{
	for (size_t i = 0; i <= run->nr; i++)
		r_edge_cm[i] = run->dr_cm * (double)i;
	for (size_t i = 0; i <= run->nz; i++)
		z_edge_cm[i] = run->dz_cm * (double)i;
	*out = (struct mc_request){.stack = mci_stack(run),
	                           .grid = {run->nr, run->nz, r_edge_cm, z_edge_cm},
	                           .angles = run->na,
	                           .photons = run->photons};
}

/* ---- output ---- */

struct writer {
	char *text;
	size_t used, size;
};

static void put(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct writer *w, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(w->text + w->used, w->size - w->used, format, arguments);
	va_end(arguments);
	BUG_ON(n < 0 || (size_t)n >= w->size - w->used);
	w->used += (size_t)n;
}

static void put_input(struct writer *w, const struct mci_run *run, const struct mc_result *r)
{
	put(w, "A1 \t# Version number of the file format.\n\n# lasertwin, %s; lengths in cm, standard errors at the end\n\n",
	    mc_engine_name(mc_engine_used(r)));
	put(w, "InParm \t\t\t# Input parameters. cm is used.\n%s \tA\t\t# output file name, ASCII.\n"
	       "%llu \t\t\t# No. of photons\n",
	    run->output, (unsigned long long)mc_photons(r));
	put(w, "%G\t%G\t\t# dz, dr [cm]\n%zu\t%zu\t%zu\t# No. of dz, dr, da.\n\n%zu\t\t\t\t\t# Number of layers\n", run->dz_cm,
	    run->dr_cm, run->nz, run->nr, run->na, run->layers);
	put(w, "#n\tmua\tmus\tg\td\t# One line for each layer\n%G\t\t\t\t\t# n for medium above\n", run->n_above);
	for (size_t i = 0; i < run->layers; i++) {
		const struct light_layer *l = &run->layer[i];
		put(w, "%G\t%G\t%G\t%G\t%G\t# layer %zu\n", l->n, l->mua_1_cm, l->mus_1_cm, l->g, l->thickness_cm, i + 1);
	}
	put(w, "%G\t\t\t\t\t# n for medium below\n\n", run->n_below);
}

static double absorbed_of(const struct mci_run *run, const struct mc_result *r, double *se)
{
	double layer_se, absorbed = 0.0, variance = 0.0;
	for (size_t i = 0; i < run->layers; i++) {
		absorbed += mc_layer_absorbed(r, 0, i, &layer_se);
		variance += layer_se * layer_se;
	}
	*se = sqrt(variance);
	return absorbed;
}

static void put_balance(struct writer *w, const struct mci_run *run, const struct mc_result *r)
{
	double se;
	put(w, "RAT #Reflectance, absorption, transmission. \n%.6G \t #Specular reflectance [-]\n", mc_specular(r));
	put(w, "%.6G \t #Diffuse reflectance [-]\n", mc_reflectance(r, 0, NULL));
	put(w, "%.6G \t #Absorbed fraction [-]\n", absorbed_of(run, r, &se));
	put(w, "%.6G \t #Transmittance [-]\n\nA_l #Absorption as a function of layer. [-]\n", mc_transmittance(r, 0, NULL));
	for (size_t i = 0; i < run->layers; i++)
		put(w, "%12.4G\n", mc_layer_absorbed(r, 0, i, NULL));
	put(w, "\nA_z #A[0], [1],..A[nz-1]. [1/cm]\n");
	for (size_t i = 0; i < run->nz; i++)
		put(w, "%12.4E\n", mc_absorbed_z(r, 0, i, NULL));
}

/* MCML books what leaves beyond the last ring in it. */
static double left_at(const struct mci_run *run, const struct mc_result *r, bool up, size_t ring, size_t angle)
{
	double value = mc_left(r, up, ring, angle, NULL);
	return ring + 1 == run->nr ? value + mc_left(r, up, run->nr, angle, NULL) : value;
}

static double ring_area_cm2(const struct mci_run *run, size_t ring)
{
	return PI * run->dr_cm * run->dr_cm * (2.0 * (double)ring + 1.0);
}

/* Solid angle of a ring of directions: 4 pi sin(middle) sin(half of its width). */
static double solid_angle_sr(const struct mci_run *run, size_t angle)
{
	double width = 0.5 * PI / (double)run->na;
	return 4.0 * PI * sin(((double)angle + 0.5) * width) * sin(0.5 * width);
}

static void put_left(struct writer *w, const struct mci_run *run, const struct mc_result *r, bool up)
{
	const char *name = up ? "Rd" : "Tt";
	put(w, "\n%s_r #%s[0], [1],..%s[nr-1]. [1/cm2]\n", name, name, name);
	for (size_t i = 0; i < run->nr; i++) {
		double sum = 0.0;
		for (size_t a = 0; a < run->na; a++)
			sum += left_at(run, r, up, i, a);
		put(w, "%12.4E\n", sum / ring_area_cm2(run, i));
	}
	put(w, "\n%s_a #%s[0], [1],..%s[na-1]. [sr-1]\n", name, name, name);
	for (size_t a = 0; a < run->na; a++) {
		double sum = 0.0;
		for (size_t i = 0; i < run->nr; i++)
			sum += left_at(run, r, up, i, a);
		put(w, "%12.4E\n", sum / solid_angle_sr(run, a));
	}
}

#define PER_LINE 5

static void put_grid_value(struct writer *w, size_t index, double value)
{
	put(w, "%12.4E%s", value, index % PER_LINE == PER_LINE - 1 ? "\n" : " ");
}

static void put_absorbed_rz(struct writer *w, const struct mci_run *run, const struct mc_result *r)
{
	put(w, "\n# A[r][z]. [1/cm3]\n# A[0][0], [0][1],..[0][nz-1]\n# A[1][0], [1][1],..[1][nz-1]\n# ...\nA_rz\n");
	for (size_t i = 0; i < run->nr; i++)
		for (size_t k = 0; k < run->nz; k++)
			put_grid_value(w, i * run->nz + k, mc_absorbed(r, 0, i, k, NULL));
	put(w, "\n");
}

/* Radiance per area of the surface and solid angle, across the path: divided by the cosine, as MCML does. */
static void put_left_ra(struct writer *w, const struct mci_run *run, const struct mc_result *r, bool up)
{
	const char *name = up ? "Rd" : "Tt";
	put(w, "\n# %s[r][angle]. [1/(cm2sr)].\n# ...\n%s_ra\n", name, name);
	for (size_t i = 0; i < run->nr; i++)
		for (size_t a = 0; a < run->na; a++) {
			double cosine = cos(((double)a + 0.5) * 0.5 * PI / (double)run->na);
			double scale = ring_area_cm2(run, i) * solid_angle_sr(run, a) * cosine;
			put_grid_value(w, i * run->na + a, left_at(run, r, up, i, a) / scale);
		}
	put(w, "\n");
}

/* What MCML does not give: after its tables, where its readers have stopped. */
static void put_errors(struct writer *w, const struct mci_run *run, const struct mc_result *r)
{
	double se;
	put(w, "\n# Standard errors\nRAT_se # specular, diffuse reflectance, absorbed fraction, transmittance\n0\n");
	(void)mc_reflectance(r, 0, &se);
	put(w, "%.2G\n", se);
	(void)absorbed_of(run, r, &se);
	put(w, "%.2G\n", se);
	(void)mc_transmittance(r, 0, &se);
	put(w, "%.2G\n\nA_l_se\n", se);
	for (size_t i = 0; i < run->layers; i++) {
		(void)mc_layer_absorbed(r, 0, i, &se);
		put(w, "%.2G\n", se);
	}
	put(w, "\nA_z_se\n");
	for (size_t i = 0; i < run->nz; i++) {
		(void)mc_absorbed_z(r, 0, i, &se);
		put(w, "%.2G\n", se);
	}
}

enum status mci_write(const struct mci_run *run, const struct mc_result *r, char **text, struct fail *why)
{
	enum { LINE = 128, VALUE = 16, HEAD = 4096 };
	size_t lines = 2 * LIGHT_LAYERS_MAX + 2 * (run->nz + run->nr + run->na);
	struct writer w = {.size = HEAD + LINE * lines + VALUE * run->nr * (run->nz + 2 * run->na)};
	w.text = malloc(w.size);
	*text = w.text;
	if (!w.text)
		return fail_set(why, ST_FULL, "", "no memory for the tables");
	put_input(&w, run, r);
	put_balance(&w, run, r);
	put_left(&w, run, r, true);
	put_left(&w, run, r, false);
	put_absorbed_rz(&w, run, r);
	put_left_ra(&w, run, r, true);
	put_left_ra(&w, run, r, false);
	put_errors(&w, run, r);
	return ST_OK;
}
