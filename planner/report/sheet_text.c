/* Sheets as text, CSV and JSON. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "planner/report/sheet.h"

#define TEXT_COLUMNS 100
#define LABEL_COLUMNS 30

static enum status closed(FILE *f, char **out, struct fail *why)
{
	bool failed = ferror(f) != 0;
	if (fclose(f) == 0 && !failed)
		return ST_OK;
	free(*out);
	*out = NULL;
	return fail_set(why, ST_FULL, "sheet", "out of memory");
}

static enum status opened(const struct sheet *sheet, char **out, size_t *size, FILE **f, struct fail *why)
{
	*out = NULL;
	if (sheet->status != ST_OK) {
		*why = sheet->fail;
		return sheet->status;
	}
	*f = open_memstream(out, size);
	return *f != NULL ? ST_OK : fail_set(why, ST_FULL, "sheet", "out of memory");
}

/* --- text --------------------------------------------------------------------------------------------- */

/* Code points, good enough for columns of a text file; the screen has its own measure. */
static int points(const char *text, int bytes)
{
	int n = 0;
	for (int i = 0; i < bytes; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* Folds text at blanks from the current column on; continuation lines begin at the indent. */
static void fold(FILE *f, const char *text, int column, int indent)
{
	int at = column;
	while (*text != '\0') {
		int bytes = (int)strcspn(text, " "), width = points(text, bytes);
		if (at > indent && at + 1 + width > TEXT_COLUMNS) {
			fprintf(f, "\n%*s", indent, "");
			at = indent;
		}
		fprintf(f, "%s%.*s", at > column || (at > indent && at != column) ? " " : "", bytes, text);
		at += width + (at > column);
		text += bytes + (text[bytes] == ' ');
	}
	putc('\n', f);
}

static void text_cells(FILE *f, const struct sheet_block *b)
{
	fputs("  ", f);
	for (size_t c = 0; c < b->cells; c++) {
		int width = (int)(b->share[c] * (TEXT_COLUMNS - 2)) - 2;
		int pad = width - points(b->cell[c], (int)strlen(b->cell[c]));
		bool last = c + 1 == b->cells;
		if (b->number[c] && pad > 0)
			fprintf(f, "%*s", pad, "");
		fputs(b->cell[c], f);
		if (!last)
			fprintf(f, "%*s", (b->number[c] || pad < 0 ? 0 : pad) + 2, "");
	}
	putc('\n', f);
}

static void text_plot(FILE *f, const struct sheet_plot *plot)
{
	for (size_t k = 0; k < plot->curves; k++) {
		const struct sheet_curve *curve = &plot->curve[k];
		fprintf(f, "  %s: %s against %s\n   ", curve->name, curve->right ? plot->right_label : plot->left_label,
		        plot->x_label);
		for (size_t i = 0; i < curve->count; i++)
			fprintf(f, " %.4g:%.4g%s", curve->x[i], curve->y[i], i % 8 == 7 && i + 1 < curve->count ? "\n   " : "");
		putc('\n', f);
	}
}

static void text_block(FILE *f, const struct sheet_block *b)
{
	static const char *const tone[] = {"", "", "", "", "! ", "STOP "};
	switch (b->kind) {
	case SHEET_HEADING:
		fprintf(f, "\n%s\n", b->cell[0]);
		return;
	case SHEET_TEXT:
		fprintf(f, "  %s", tone[b->tone]);
		fold(f, b->cell[0], 2 + (int)strlen(tone[b->tone]), 2);
		return;
	case SHEET_PAIR:
		fprintf(f, "  %s%*s ", b->cell[0],
		        LABEL_COLUMNS > points(b->cell[0], (int)strlen(b->cell[0]))
		                ? LABEL_COLUMNS - points(b->cell[0], (int)strlen(b->cell[0]))
		                : 0,
		        "");
		fold(f, b->cell[1], LABEL_COLUMNS + 3, LABEL_COLUMNS + 3);
		return;
	case SHEET_TABLE:
	case SHEET_ROW:
		text_cells(f, b);
		return;
	case SHEET_TICK:
		fprintf(f, "  [%c] ", b->ticked ? 'x' : ' ');
		fold(f, b->cell[0], 6, 6);
		return;
	case SHEET_LINE:
		fprintf(f, "\n  %-*s ____________________________________\n", LABEL_COLUMNS, b->cell[0]);
		return;
	case SHEET_PLOT:
		text_plot(f, b->plot);
		return;
	}
}

enum status sheet_write_text(const struct sheet *sheet, char **out, struct fail *why)
{
	FILE *f = NULL;
	size_t size = 0;
	char made[SHEET_TIME_SIZE];
	enum status status = opened(sheet, out, &size, &f, why);
	if (status != ST_OK)
		return status;
	if (sheet->frame[0] != '\0')
		fprintf(f, "*** %s ***\n", sheet->frame);
	fprintf(f, "%s\n%s\nmade %s\n", sheet->title, sheet->subtitle, sheet_time(sheet->made_at_ms, made));
	for (size_t i = 0; i < sheet->blocks; i++)
		text_block(f, &sheet->block[i]);
	if (sheet->footer[0] != '\0')
		fprintf(f, "\n%s\n", sheet->footer);
	return closed(f, out, why);
}

/* --- CSV ---------------------------------------------------------------------------------------------- */

static const char *const kind_name[] = {"heading", "text", "value", "table", "row", "check", "line", "curve"};

static bool formula(const char *text)
{
	if (strchr("=+-@\t\r", text[0]) == NULL || text[0] == '\0')
		return false;
	char *end;
	(void)strtod(text, &end); /* -12.5 is a number, not a formula */
	return end == text || *end != '\0';
}

static void csv_cell(FILE *f, const char *text, bool first)
{
	fputs(first ? "\"" : ",\"", f);
	if (formula(text))
		putc('\'', f);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putc('"', f);
		putc(*text, f);
	}
	putc('"', f);
}

static void csv_row(FILE *f, const char *kind, const char *section, const char *const *cell, size_t cells)
{
	csv_cell(f, kind, true);
	csv_cell(f, section, false);
	for (size_t c = 0; c < cells; c++)
		csv_cell(f, cell[c], false);
	fputs("\r\n", f);
}

static void csv_plot(FILE *f, const char *section, const struct sheet_plot *plot)
{
	for (size_t k = 0; k < plot->curves; k++)
		for (size_t i = 0; i < plot->curve[k].count; i++) {
			char x[32], y[32];
			(void)snprintf(x, sizeof x, "%.6g", plot->curve[k].x[i]);
			(void)snprintf(y, sizeof y, "%.6g", plot->curve[k].y[i]);
			csv_row(f, kind_name[SHEET_PLOT], section, (const char *const[]){plot->curve[k].name, x, y}, 3);
		}
}

enum status sheet_write_csv(const struct sheet *sheet, char **out, struct fail *why)
{
	FILE *f = NULL;
	size_t size = 0;
	const char *section = "";
	enum status status = opened(sheet, out, &size, &f, why);
	if (status != ST_OK)
		return status;
	csv_row(f, "title", "", (const char *const[]){sheet->title, sheet->subtitle, sheet->frame}, 3);
	for (size_t i = 0; i < sheet->blocks; i++) {
		const struct sheet_block *b = &sheet->block[i];
		if (b->kind == SHEET_HEADING)
			section = b->cell[0];
		if (b->kind == SHEET_PLOT)
			csv_plot(f, section, b->plot);
		else
			csv_row(f, kind_name[b->kind], section, (const char *const *)b->cell, b->cells);
	}
	csv_row(f, "footer", "", (const char *const[]){sheet->footer}, 1);
	return closed(f, out, why);
}

/* --- JSON --------------------------------------------------------------------------------------------- */

static void json_points(cJSON *object, const char *key, const double *value, size_t count)
{
	cJSON *array = cJSON_AddArrayToObject(object, key);
	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToArray(array, isfinite(value[i]) ? cJSON_CreateNumber(value[i]) : cJSON_CreateNull());
}

static void json_plot(cJSON *object, const struct sheet_plot *plot)
{
	cJSON_AddStringToObject(object, "x", plot->x_label);
	cJSON *curves = cJSON_AddArrayToObject(object, "curves");
	for (size_t k = 0; k < plot->curves; k++) {
		cJSON *curve = cJSON_CreateObject();
		cJSON_AddStringToObject(curve, "name", plot->curve[k].name);
		cJSON_AddStringToObject(curve, "y", plot->curve[k].right ? plot->right_label : plot->left_label);
		json_points(curve, "x", plot->curve[k].x, plot->curve[k].count);
		json_points(curve, "value", plot->curve[k].y, plot->curve[k].count);
		json_points(curve, "p05", plot->curve[k].low, plot->curve[k].count);
		json_points(curve, "p95", plot->curve[k].high, plot->curve[k].count);
		cJSON_AddItemToArray(curves, curve);
	}
}

static cJSON *json_block(const struct sheet_block *b)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "kind", kind_name[b->kind]);
	if (b->kind == SHEET_TICK)
		cJSON_AddBoolToObject(object, "ticked", b->ticked);
	if (b->plot != NULL)
		json_plot(object, b->plot);
	cJSON *cells = cJSON_AddArrayToObject(object, "cells");
	for (size_t c = 0; c < b->cells; c++)
		cJSON_AddItemToArray(cells, cJSON_CreateString(b->cell[c]));
	return object;
}

enum status sheet_write_json(const struct sheet *sheet, char **out, struct fail *why)
{
	char made[SHEET_TIME_SIZE];
	*out = NULL;
	if (sheet->status != ST_OK) {
		*why = sheet->fail;
		return sheet->status;
	}
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "schema", "lasertwin-sheet/1");
	cJSON_AddStringToObject(root, "title", sheet->title);
	cJSON_AddStringToObject(root, "subtitle", sheet->subtitle);
	cJSON_AddStringToObject(root, "mark", sheet->frame);
	cJSON_AddStringToObject(root, "made", sheet_time(sheet->made_at_ms, made));
	cJSON *blocks = cJSON_AddArrayToObject(root, "blocks");
	for (size_t i = 0; i < sheet->blocks; i++)
		cJSON_AddItemToArray(blocks, json_block(&sheet->block[i]));
	cJSON_AddStringToObject(root, "footer", sheet->footer);
	char *text = cJSON_Print(root);
	cJSON_Delete(root);
	*out = text != NULL ? strdup(text) : NULL;
	cJSON_free(text);
	return *out != NULL ? ST_OK : fail_set(why, ST_FULL, "sheet", "out of memory");
}
