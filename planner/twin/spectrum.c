/* Reading spectra. Everything a row can have wrong is refused with its line. */
#include "planner/twin/spectrum.h"

#include <stdbool.h>

#include "planner/twin/import_private.h"

#define REFLECTANCE_MIN 0.0005
#define REFLECTANCE_MAX 1.2 /* glossy skin against a matt white passes 1 a little */
#define LINE_MAX_BYTES 256

static const char *const surface_names[] = {"unknown", "included", "excluded"};

const char *spectrum_surface_name(enum spectrum_surface surface)
{
	return (unsigned)surface < 3 ? surface_names[surface] : surface_names[0];
}

struct reader {
	const char *name;
	size_t line;
	double unit; /* of the reflectance column as a fraction */
	bool started;
	size_t rows, room;
	double *wavelength_nm, *reflectance; /* all rows of the file */
	struct spectrum head;
};

static enum status refuse(const struct reader *r, enum status code, struct fail *why, const char *text)
{
	char field[FAIL_FIELD_MAX];
	(void)snprintf(field, sizeof field, "%.80s: line %zu", r->name, r->line);
	return fail_set(why, code, field, "%s", text);
}

static void trim(char *text)
{
	size_t n = strlen(text), lead = strspn(text, " \t\r\"");
	while (n > lead && strchr(" \t\r\"", text[n - 1]))
		n--;
	memmove(text, text + lead, n - lead);
	text[n - lead] = '\0';
}

/* "# key: value" */
static enum status read_note(struct reader *r, char *line, struct fail *why)
{
	char *colon = strchr(line, ':');
	if (!colon)
		return ST_OK;
	*colon = '\0';
	char *key = line + 1, *value = colon + 1;
	trim(key);
	trim(value);
	if (strcmp(key, "schema") == 0 && strcmp(value, "lasertwin-spectrum/1") != 0)
		return refuse(r, ST_INPUT, why, "another schema than lasertwin-spectrum/1; export it in that form");
	if (strcmp(key, "instrument") == 0)
		(void)snprintf(r->head.instrument, sizeof r->head.instrument, "%s", value);
	if (strcmp(key, "specular") != 0)
		return ST_OK;
	if (strcmp(value, "included") == 0)
		r->head.surface = SPECTRUM_SURFACE_INCLUDED;
	else if (strcmp(value, "excluded") == 0)
		r->head.surface = SPECTRUM_SURFACE_EXCLUDED;
	else
		return refuse(r, ST_INPUT, why, "specular is \"included\" or \"excluded\"; leave the line out when not known");
	return ST_OK;
}

static enum status read_header(struct reader *r, const char *first, const char *second, struct fail *why)
{
	bool percent = strcmp(second, "reflectance_pct") == 0;
	if (r->started)
		return refuse(r, ST_INPUT, why, "two numbers belong here: wavelength in nm and reflectance");
	r->started = true;
	if (strcmp(first, "wavelength_nm") != 0 || (!percent && strcmp(second, "reflectance") != 0))
		return refuse(r, ST_INPUT, why,
		              "the columns are named wavelength_nm and reflectance (a fraction) or reflectance_pct");
	r->unit = percent ? 0.01 : 1.0;
	return ST_OK;
}

static enum status check_point(const struct reader *r, double nm, double value, struct fail *why)
{
	char text[FAIL_TEXT_MAX];
	if (!(nm >= SPECTRUM_FIRST_NM && nm <= SPECTRUM_LAST_NM)) {
		(void)snprintf(text, sizeof text, "wavelength %g lies outside %g to %g nm%s; cut the spectrum to what skin "
		               "optics cover", nm, SPECTRUM_FIRST_NM, SPECTRUM_LAST_NM,
		               nm > 0.3 && nm < 2.6 ? " (is it in um?)" : "");
		return refuse(r, ST_RANGE, why, text);
	}
	if (!(value >= REFLECTANCE_MIN && value <= REFLECTANCE_MAX)) {
		(void)snprintf(text, sizeof text, "reflectance %g lies outside %g to %g of a white diffuser%s", value,
		               REFLECTANCE_MIN, REFLECTANCE_MAX,
		               value > REFLECTANCE_MAX ? "; if it is in percent name the column reflectance_pct" : "");
		return refuse(r, ST_RANGE, why, text);
	}
	if (r->rows && nm <= r->wavelength_nm[r->rows - 1])
		return refuse(r, ST_INPUT, why, "wavelengths must rise from line to line");
	return ST_OK;
}

static enum status read_row(struct reader *r, char *line, struct fail *why)
{
	char separator = strchr(line, ';') ? ';' : strchr(line, '\t') ? '\t' : ',';
	char *second = strchr(line, separator);
	double nm, value;
	if (!second)
		return refuse(r, ST_INPUT, why, "two columns belong here, wavelength in nm and reflectance");
	*second++ = '\0';
	char *more = strchr(second, separator);
	if (more && more[1 + strspn(more + 1, " \t\r;,")] != '\0')
		return refuse(r, ST_INPUT, why, "more than two columns; which is the reflectance? leave the others out");
	if (more)
		*more = '\0';
	trim(line);
	trim(second);
	if (!import_number(line, separator != ',', &nm) || !import_number(second, separator != ',', &value))
		return read_header(r, line, second, why);
	r->started = true;
	value *= r->unit;
	enum status st = check_point(r, nm, value, why);
	if (st)
		return st;
	if (r->rows == r->room)
		return refuse(r, ST_FULL, why, "more than 20000 rows");
	r->wavelength_nm[r->rows] = nm;
	r->reflectance[r->rows++] = value;
	return ST_OK;
}

static enum status read_lines(struct reader *r, const char *text, size_t length, struct fail *why)
{
	enum status st = ST_OK;
	const char *end = text + length;
	if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		text += 3;
	while (!st && text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop ? stop : end) - text);
		char line[LINE_MAX_BYTES];
		r->line++;
		if (n >= sizeof line || memchr(text, '\0', n))
			return refuse(r, ST_INPUT, why, "not a line of a spectrum: too long or not text");
		memcpy(line, text, n);
		line[n] = '\0';
		text += n + 1;
		if (line[0] == '#')
			st = read_note(r, line, why);
		else if (line[strspn(line, " \t\r;,")] != '\0')
			st = read_row(r, line, why);
	}
	return st;
}

/* All rows, or means of so many neighbours that they fit. */
static void keep(const struct reader *r, struct spectrum *out)
{
	size_t group = (r->rows + SPECTRUM_POINTS_MAX - 1) / SPECTRUM_POINTS_MAX;
	*out = r->head;
	for (size_t from = 0; from < r->rows; from += group) {
		size_t n = r->rows - from < group ? r->rows - from : group;
		double nm = 0.0, value = 0.0;
		for (size_t i = from; i < from + n; i++) {
			nm += r->wavelength_nm[i];
			value += r->reflectance[i];
		}
		out->wavelength_nm[out->count] = nm / (double)n;
		out->reflectance[out->count++] = value / (double)n;
	}
}

enum status spectrum_parse(const char *name, const char *text, size_t length, struct spectrum *out, struct fail *why)
{
	double *rows = malloc(2 * SPECTRUM_ROWS_MAX * sizeof *rows);
	struct reader r = {.name = name, .unit = 1.0, .room = SPECTRUM_ROWS_MAX};
	if (!rows)
		return fail_set(why, ST_FULL, name, "no memory for a spectrum");
	r.wavelength_nm = rows;
	r.reflectance = rows + SPECTRUM_ROWS_MAX;
	enum status st = read_lines(&r, text, length, why);
	if (!st && r.rows < SPECTRUM_POINTS_MIN)
		st = fail_set(why, ST_INPUT, name, "%zu points; a spectrum has at least %d", r.rows, SPECTRUM_POINTS_MIN);
	if (!st)
		keep(&r, out);
	free(rows);
	return st;
}

enum status spectrum_check(const struct spectrum *spectrum, struct fail *why)
{
	struct reader r = {.name = "spectrum"};
	double nm[SPECTRUM_POINTS_MAX];
	if (spectrum->count < SPECTRUM_POINTS_MIN || spectrum->count > SPECTRUM_POINTS_MAX)
		return fail_set(why, ST_INPUT, "spectrum", "%zu points; a spectrum has %d to %d", spectrum->count,
		                SPECTRUM_POINTS_MIN, SPECTRUM_POINTS_MAX);
	r.wavelength_nm = nm;
	for (size_t i = 0; i < spectrum->count; i++) {
		r.line = i + 1;
		enum status st = check_point(&r, spectrum->wavelength_nm[i], spectrum->reflectance[i], why);
		if (st)
			return st;
		nm[r.rows++] = spectrum->wavelength_nm[i];
	}
	return ST_OK;
}
