/* A sheet: what is printed or exported, as data.
 *
 * A builder (plan_sheet.h, record_sheet.h) fills it once; text, PDF, CSV and JSON are written from the same blocks, so
 * that they cannot carry different numbers. Text may hold what people typed: it is cleaned when it is added (control,
 * zero-width and direction characters become U+FFFD), so no writer has to.
 *
 * Adding never fails by itself: the first fault (no memory, too large) is kept and given by every writer.
 */
#ifndef LASERTWIN_SHEET_H
#define LASERTWIN_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "physics/base/status.h"

#define SHEET_COLUMNS_MAX 8
#define SHEET_CELL_MAX 400
#define SHEET_BLOCKS_MAX 20000
#define SHEET_CURVES_MAX 3
#define SHEET_POINTS_MAX 160

enum sheet_tone { SHEET_PLAIN, SHEET_STRONG, SHEET_DIM, SHEET_OK, SHEET_CAUTION, SHEET_STOP };

enum sheet_kind {
	SHEET_HEADING,
	SHEET_TEXT,
	SHEET_PAIR,  /* label and value */
	SHEET_TABLE, /* begins a table: its column titles */
	SHEET_ROW,
	SHEET_TICK,  /* an empty or ticked box with its text */
	SHEET_LINE,  /* a line to write on by hand */
	SHEET_PLOT
};

struct sheet_column {
	const char *title;
	double share; /* of the width; all of a table add up to 1 */
	bool number;  /* right-aligned */
};

struct sheet_curve {
	char name[64];
	bool right;  /* on the right axis */
	bool dashed;
	size_t count;
	double x[SHEET_POINTS_MAX], y[SHEET_POINTS_MAX];
	double low[SHEET_POINTS_MAX], high[SHEET_POINTS_MAX]; /* band; both NAN: none */
};

struct sheet_threshold {
	double value;
	char label[48];
};

struct sheet_plot {
	char x_label[64], left_label[64], right_label[64]; /* with units */
	double x_max, left_max, right_max; /* all axes begin at 0 */
	size_t curves, thresholds;         /* thresholds on the left axis */
	struct sheet_curve curve[SHEET_CURVES_MAX];
	struct sheet_threshold threshold[4];
};

struct sheet_block {
	enum sheet_kind kind;
	enum sheet_tone tone;
	bool ticked;
	size_t cells;
	char *cell[SHEET_COLUMNS_MAX];  /* heading, text, tick, line: cell[0]; pair: label, value */
	double share[SHEET_COLUMNS_MAX]; /* of a table */
	bool number[SHEET_COLUMNS_MAX];
	struct sheet_plot *plot;
};

struct sheet {
	char *title, *subtitle;
	char *frame;  /* large mark over the whole page ("VIRTUAL PATIENT", "NOT APPROVED"); "" none */
	char *footer; /* on every page: digests, versions, audit head */
	int64_t made_at_ms;
	size_t blocks, room;
	struct sheet_block *block;
	enum status status;
	struct fail fail;
};

/* made_at_ms: milliseconds UTC since 1970, printed on the sheet. */
enum status sheet_new(const char *title, const char *subtitle, int64_t made_at_ms, struct sheet **out,
                      struct fail *why) MUST_CHECK;
void sheet_free(struct sheet **sheet);
void sheet_frame(struct sheet *sheet, const char *mark);
void sheet_footer(struct sheet *sheet, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Said before anything else and again on every page: under which circumstances the sheet was made. After the footer. */
void sheet_notice(struct sheet *sheet, const char *text);

void sheet_heading(struct sheet *sheet, const char *text);
void sheet_text(struct sheet *sheet, enum sheet_tone tone, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void sheet_pair(struct sheet *sheet, const char *label, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void sheet_table(struct sheet *sheet, const struct sheet_column *columns, size_t count);
/* As many cells as the table before it has columns. */
void sheet_row(struct sheet *sheet, enum sheet_tone tone, const char *const *cells);
void sheet_tick(struct sheet *sheet, bool ticked, const char *format, ...) __attribute__((format(printf, 3, 4)));
void sheet_line(struct sheet *sheet, const char *label);
void sheet_plot(struct sheet *sheet, const struct sheet_plot *plot); /* copied */

/* "2026-03-01 14:05 UTC" */
#define SHEET_TIME_SIZE 32
const char *sheet_time(int64_t ms, char out[SHEET_TIME_SIZE]);

/* --- writers. A malloc'ed NUL-terminated text the caller frees; ST_FULL when memory is out. */
enum status sheet_write_text(const struct sheet *sheet, char **out, struct fail *why) MUST_CHECK;
/* RFC 4180; a cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection).
 * One row a block: kind, section, then the cells. */
enum status sheet_write_csv(const struct sheet *sheet, char **out, struct fail *why) MUST_CHECK;
enum status sheet_write_json(const struct sheet *sheet, char **out, struct fail *why) MUST_CHECK;
/* A4, vectors and text only; the bytes depend on the sheet alone. Written beside path and renamed when complete, for
 * its owner only; a file that is there is replaced only with replace. ST_CONFLICT: path exists. */
enum status sheet_write_pdf(const struct sheet *sheet, const char *path, bool replace, struct fail *why) MUST_CHECK;
/* By the suffix: .pdf, .txt, .csv, .json; for its owner only. ST_INPUT: another suffix. */
enum status sheet_save(const struct sheet *sheet, const char *path, bool replace, struct fail *why) MUST_CHECK;

const char *sheet_drawing_version(void); /* of cairo and of pango, at run time */
const char *sheet_text_version(void);

#endif
