#include "planner/report/sheet.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* --- what others wrote -------------------------------------------------------------------------------- */

/* Code points that a terminal or a printer would obey or that would disguise a text: C0, DEL, C1, Arabic letter mark,
 * zero-width and direction marks, line and paragraph separators, invisible operators, byte order mark, tags. */
static bool unsafe_point(uint32_t p)
{
	static const struct {
		uint32_t first, last;
	} unsafe[] = {{0x0, 0x1f},       {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},     {0x180e, 0x180e},
	              {0x200b, 0x200f},  {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
	              {0xfff0, 0xfffb},  {0xd800, 0xdfff}, {0xe0000, 0xe0fff}};
	for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++)
		if (p >= unsafe[i].first && p <= unsafe[i].last)
			return true;
	return false;
}

/* Length of the well-formed sequence at s (RFC 3629) with its code point; 0: malformed. */
static size_t decode(const unsigned char *s, uint32_t *point)
{
	static const struct {
		unsigned char mask, lead;
		size_t n;
		uint32_t least;
	} forms[] = {{0x80, 0x00, 1, 0}, {0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};
	for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
		if ((s[0] & forms[f].mask) != forms[f].lead)
			continue;
		*point = s[0] & (unsigned char)~forms[f].mask;
		for (size_t i = 1; i < forms[f].n; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
			*point = *point << 6 | (s[i] & 0x3fu);
		}
		return *point >= forms[f].least && *point <= 0x10ffff ? forms[f].n : 0;
	}
	return 0;
}

static char *clean_copy(const char *text)
{
	char *out = malloc(3 * strlen(text) + 1); /* a bad byte becomes three */
	size_t used = 0;
	if (out == NULL)
		return NULL;
	for (const unsigned char *s = (const unsigned char *)text; *s != '\0';) {
		uint32_t point = 0;
		size_t n = decode(s, &point);
		bool good = n > 0 && !unsafe_point(point);
		memcpy(out + used, good ? (const char *)s : REPLACEMENT, good ? n : 3);
		used += good ? n : 3;
		s += n > 0 ? n : 1;
	}
	out[used] = '\0';
	return out;
}

/* --- building ----------------------------------------------------------------------------------------- */

static void no_memory(struct sheet *sheet)
{
	if (sheet->status == ST_OK)
		sheet->status = fail_set(&sheet->fail, ST_FULL, "sheet", "out of memory");
}

static void set_text(struct sheet *sheet, char **place, const char *text)
{
	free(*place);
	*place = clean_copy(text);
	if (*place == NULL)
		no_memory(sheet);
}

enum status sheet_new(const char *title, const char *subtitle, int64_t made_at_ms, struct sheet **out,
                      struct fail *why)
{
	struct sheet *sheet = calloc(1, sizeof *sheet);
	*out = NULL;
	if (sheet == NULL)
		return fail_set(why, ST_FULL, "sheet", "out of memory");
	sheet->made_at_ms = made_at_ms;
	set_text(sheet, &sheet->title, title);
	set_text(sheet, &sheet->subtitle, subtitle);
	set_text(sheet, &sheet->frame, "");
	set_text(sheet, &sheet->footer, "");
	if (sheet->status != ST_OK) {
		enum status status = fail_set(why, ST_FULL, "sheet", "out of memory");
		sheet_free(&sheet);
		return status;
	}
	*out = sheet;
	return ST_OK;
}

void sheet_free(struct sheet **sheet)
{
	struct sheet *s = *sheet;
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->blocks; i++) {
		for (size_t c = 0; c < s->block[i].cells; c++)
			free(s->block[i].cell[c]);
		free(s->block[i].plot);
	}
	free(s->block);
	free(s->title);
	free(s->subtitle);
	free(s->frame);
	free(s->footer);
	free(s);
	*sheet = NULL;
}

static bool grow(struct sheet *sheet)
{
	size_t room = sheet->room > 0 ? 2 * sheet->room : 64;
	struct sheet_block *block = realloc(sheet->block, room * sizeof *block);
	if (block == NULL)
		return false;
	sheet->block = block;
	sheet->room = room;
	return true;
}

static struct sheet_block *add(struct sheet *sheet, enum sheet_kind kind, enum sheet_tone tone)
{
	if (sheet->status != ST_OK)
		return NULL;
	if (sheet->blocks == SHEET_BLOCKS_MAX) {
		sheet->status = fail_set(&sheet->fail, ST_FULL, "sheet", "longer than %d lines; narrow what is printed",
		                         SHEET_BLOCKS_MAX);
		return NULL;
	}
	if (sheet->blocks == sheet->room && !grow(sheet)) {
		no_memory(sheet);
		return NULL;
	}
	struct sheet_block *block = &sheet->block[sheet->blocks++];
	*block = (struct sheet_block){.kind = kind, .tone = tone};
	return block;
}

static void add_cell(struct sheet *sheet, struct sheet_block *block, const char *text)
{
	if (block == NULL)
		return;
	block->cell[block->cells] = clean_copy(text);
	if (block->cell[block->cells] == NULL)
		no_memory(sheet);
	else
		block->cells++;
}

static void add_formatted(struct sheet *sheet, struct sheet_block *block, const char *format, va_list list)
{
	va_list again;
	if (block == NULL)
		return;
	va_copy(again, list);
	int length = vsnprintf(NULL, 0, format, list);
	char *text = length >= 0 ? malloc((size_t)length + 1) : NULL;
	if (text == NULL)
		no_memory(sheet);
	else {
		(void)vsnprintf(text, (size_t)length + 1, format, again);
		add_cell(sheet, block, text);
	}
	va_end(again);
	free(text);
}

void sheet_frame(struct sheet *sheet, const char *mark)
{
	set_text(sheet, &sheet->frame, mark);
}

void sheet_footer(struct sheet *sheet, const char *format, ...)
{
	char text[1024];
	va_list list;
	va_start(list, format);
	(void)vsnprintf(text, sizeof text, format, list);
	va_end(list);
	set_text(sheet, &sheet->footer, text);
}

void sheet_notice(struct sheet *sheet, const char *notice)
{
	char text[2048];
	(void)snprintf(text, sizeof text, "%s%s%s", notice, sheet->subtitle && sheet->subtitle[0] ? "; " : "",
	               sheet->subtitle ? sheet->subtitle : "");
	set_text(sheet, &sheet->subtitle, text);
	(void)snprintf(text, sizeof text, "%s. %s", notice, sheet->footer ? sheet->footer : "");
	set_text(sheet, &sheet->footer, text);
}

void sheet_heading(struct sheet *sheet, const char *text)
{
	add_cell(sheet, add(sheet, SHEET_HEADING, SHEET_STRONG), text);
}

void sheet_text(struct sheet *sheet, enum sheet_tone tone, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	add_formatted(sheet, add(sheet, SHEET_TEXT, tone), format, list);
	va_end(list);
}

void sheet_pair(struct sheet *sheet, const char *label, const char *format, ...)
{
	struct sheet_block *block = add(sheet, SHEET_PAIR, SHEET_PLAIN);
	va_list list;
	va_start(list, format);
	add_cell(sheet, block, label);
	add_formatted(sheet, block, format, list);
	va_end(list);
}

void sheet_table(struct sheet *sheet, const struct sheet_column *columns, size_t count)
{
	struct sheet_block *block = add(sheet, SHEET_TABLE, SHEET_STRONG);
	for (size_t c = 0; block != NULL && c < count && c < SHEET_COLUMNS_MAX; c++) {
		add_cell(sheet, block, columns[c].title);
		block->share[c] = columns[c].share;
		block->number[c] = columns[c].number;
	}
}

static const struct sheet_block *table_before(const struct sheet *sheet, size_t index)
{
	while (index > 0 && sheet->block[index].kind == SHEET_ROW)
		index--;
	return sheet->block[index].kind == SHEET_TABLE ? &sheet->block[index] : NULL;
}

void sheet_row(struct sheet *sheet, enum sheet_tone tone, const char *const *cells)
{
	struct sheet_block *block = add(sheet, SHEET_ROW, tone);
	const struct sheet_block *table = block != NULL ? table_before(sheet, sheet->blocks - 1) : NULL;
	for (size_t c = 0; table != NULL && c < table->cells; c++) {
		add_cell(sheet, block, cells[c] != NULL ? cells[c] : "");
		block->share[c] = table->share[c];
		block->number[c] = table->number[c];
	}
}

void sheet_tick(struct sheet *sheet, bool ticked, const char *format, ...)
{
	struct sheet_block *block = add(sheet, SHEET_TICK, SHEET_PLAIN);
	va_list list;
	if (block != NULL)
		block->ticked = ticked;
	va_start(list, format);
	add_formatted(sheet, block, format, list);
	va_end(list);
}

void sheet_line(struct sheet *sheet, const char *label)
{
	add_cell(sheet, add(sheet, SHEET_LINE, SHEET_PLAIN), label);
}

void sheet_plot(struct sheet *sheet, const struct sheet_plot *plot)
{
	struct sheet_block *block = add(sheet, SHEET_PLOT, SHEET_PLAIN);
	if (block == NULL)
		return;
	block->plot = malloc(sizeof *plot);
	if (block->plot == NULL)
		no_memory(sheet);
	else
		*block->plot = *plot;
}

const char *sheet_time(int64_t ms, char out[SHEET_TIME_SIZE])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm parts;
	if (gmtime_r(&seconds, &parts) == NULL || strftime(out, SHEET_TIME_SIZE, "%Y-%m-%d %H:%M UTC", &parts) == 0)
		(void)snprintf(out, SHEET_TIME_SIZE, "time unknown");
	return out;
}
