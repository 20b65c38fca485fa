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
	const char *remedy; /* after the range; may be NULL */
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

/* The next line of the text without its comment; false at the end. Lines end as on Unix, Windows or old Macs. Lines
 * too long are cut: none that means something is. */
static bool next_line(struct reader *r)
{
	size_t length = 0;
	if (r->at >= r->end)
		return false;
	r->line++;
	while (r->at < r->end && *r->at != '\n' && *r->at != '\r') {
		if (length + 1 < sizeof r->text)
			r->text[length++] = *r->at ? *r->at : '?';
		r->at++;
	}
	r->at += r->at + 1 < r->end && r->at[0] == '\r' && r->at[1] == '\n'; /* a pair is one end */
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
	if (end != word && strchr("dD", *end) && *end)
		return refuse(r, ST_INPUT, f->name, "\"%.40s\" is not a number: exponents are written with E here", word);
	if (end == word || *end || !isfinite(value))
		return refuse(r, ST_INPUT, f->name, "\"%.40s\" is not a number", word);
	if (f->whole && value != floor(value))
		return refuse(r, ST_INPUT, f->name, "%g is not a whole number", value);
	if (value < f->low || value > f->high || (f->open && value == f->low))
		return refuse(r, ST_RANGE, f->name, "%g; allowed is %s%g to %g%s", value, f->open ? "above " : "", f->low,
		              f->high, f->remedy ? f->remedy : "");
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
		return refuse(r, ST_INPUT, f[count - 1].name, "followed by \"%.40s\": %zu value%s here; remarks begin with #",
		              r->word[count], count, count == 1 ? " belongs" : "s belong");
	return st;
}

static enum status read_version(struct reader *r)
{
	static const struct mci_field field = {"file version", 0.0, 1e3, false, false, NULL};
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
		return refuse(r, ST_INPUT, "output file", "a name without blanks and A or B belong here, not %zu word%s",
		              r->words, r->words == 1 ? "" : "s");
	for (const char *c = r->word[0]; *c; c++)
		if (*c <= ' ' || *c > '~')
			return refuse(r, ST_INPUT, "output file", "the name holds more than printable ASCII");
	if (strlen(r->word[0]) >= sizeof run->output)
		return refuse(r, ST_INPUT, "output file", "the name is longer than %d bytes", MCI_NAME_MAX - 1);
	if (strlen(r->word[1]) != 1 || !strchr("AaBb", r->word[1][0]))
		return refuse(r, ST_INPUT, "output format", "\"%.40s\"; allowed are A and B (both are written as text)",
		              r->word[1]);
	snprintf(run->output, sizeof run->output, "%s", r->word[0]);
	return ST_OK;
}

static enum status read_grid(struct reader *r, struct mci_run *run)
{
	static const struct mci_field photons = {"photons", 1.0, 1e12, true, false, NULL};
	static const struct mci_field steps[] = {{"dz", 0.0, 1e4, false, true, NULL}, {"dr", 0.0, 1e4, false, true, NULL}};
	static const struct mci_field counts[] = {{"nz", 1.0, MCI_BINS_MAX, true, false, NULL},
	                                          {"nr", 1.0, MCI_BINS_MAX, true, false, NULL},
	                                          {"na", 1.0, MCI_BINS_MAX, true, false, NULL}};
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
	static const struct mci_field fields[] = {
		{"n", 1.0, 4.0, false, false, NULL},
		{"mua", 0.0, 1e8, false, false, NULL},
		{"mus", 0.0, 1e8, false, false, NULL},
		{"g", -0.99, 0.99, false, false, "; nearer to 1 keep mus (1 - g): g 0.99 with a smaller mus"},
		{"d", 0.0, 1e9, false, true, NULL}};
	double v[5];
	enum status st = read_values(r, fields, 5, v);
	if (st == ST_OK)
		*layer = (struct light_layer){v[0], v[1], v[2], v[3], v[4]};
	return st;
}

static enum status read_stack(struct reader *r, struct mci_run *run)
{
	static const struct mci_field layers = {"layers", 1.0, LIGHT_LAYERS_MAX, true, false, NULL};
	static const struct mci_field above = {"n above", 1.0, 4.0, false, false, NULL};
	static const struct mci_field below = {"n below", 1.0, 4.0, false, false, NULL};
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
	static const struct mci_field runs = {"number of runs", 1.0, MCI_RUNS_MAX, true, false, NULL};
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
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		reader.at += 3; /* the mark that Windows editors put before UTF-8 */
	if (length > MCI_BYTES_MAX)
		return fail_set(why, ST_RANGE, "", "%zu bytes; allowed are %u: split the runs over files", length, MCI_BYTES_MAX);
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
