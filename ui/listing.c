#include "ui/listing.h"

#include <ctype.h>
#include <stdarg.h>

#define ROWS_MAX 200000

static void broken(struct listing *listing, const char *what)
{
	if (listing->status == ST_OK)
		listing->status = fail_set(&listing->fail, ST_FULL, "list", "%s", what);
}

static char *copy(struct listing *listing, const char *text)
{
	char *out = strdup(text);
	if (out == NULL)
		broken(listing, "no memory for the list");
	return out;
}

__attribute__((format(printf, 2, 0))) static char *print(struct listing *listing, const char *format, va_list arguments)
{
	char text[1024];
	(void)vsnprintf(text, sizeof text, format, arguments);
	return copy(listing, text);
}

/* --- life ----------------------------------------------------------------------------------------------- */

enum status listing_new(struct listing **out, struct fail *why)
{
	*out = calloc(1, sizeof **out);
	return *out != NULL ? ST_OK : fail_set(why, ST_FULL, "list", "no memory");
}

static void row_free(struct listing_row *row)
{
	for (size_t i = 0; i < LISTING_COLUMNS_MAX; i++)
		free(row->cell[i]);
	free(row->detail);
}

void listing_free(struct listing **owned)
{
	struct listing *listing = *owned;
	if (listing == NULL)
		return;
	for (size_t i = 0; i < listing->notes; i++)
		free(listing->note[i].text);
	for (size_t i = 0; i < listing->sections; i++) {
		free(listing->section[i].heading);
		free(listing->section[i].empty);
	}
	for (size_t i = 0; i < listing->rows; i++)
		row_free(&listing->row[i]);
	free(listing->row);
	free(listing);
	*owned = NULL;
}

enum status listing_finish(struct listing *listing, enum status status, struct listing **out, struct fail *why)
{
	if (status == ST_OK && listing->status != ST_OK) {
		status = listing->status;
		*why = listing->fail;
	}
	if (status != ST_OK)
		listing_free(&listing);
	*out = listing;
	return status;
}

/* --- filling -------------------------------------------------------------------------------------------- */

void listing_patient(struct listing *listing, const struct store_patient *patient)
{
	struct listing_banner *banner = &listing->banner;
	*banner = (struct listing_banner){.is = true, .is_virtual = patient->is_virtual};
	memcpy(banner->uuid, patient->uuid, sizeof banner->uuid);
	(void)snprintf(banner->text, sizeof banner->text, "%s  record %s  %s  %c", patient->label,
	               patient->record_number[0] != '\0' ? patient->record_number : "-",
	               patient->birth[0] != '\0' ? patient->birth : "birth ?", patient->sex);
}

void listing_note(struct listing *listing, enum role role, const char *format, ...)
{
	va_list arguments;
	if (listing->notes == LISTING_NOTES_MAX) {
		broken(listing, "more notes than a list holds");
		return;
	}
	va_start(arguments, format);
	char *text = print(listing, format, arguments);
	va_end(arguments);
	if (text != NULL)
		listing->note[listing->notes++] = (struct listing_note){role, text};
}

void listing_section(struct listing *listing, const char *heading, const struct listing_column *columns, size_t count,
                     const char *empty)
{
	BUG_ON(count > LISTING_COLUMNS_MAX);
	if (listing->sections == LISTING_SECTIONS_MAX) {
		broken(listing, "more sections than a list holds");
		return;
	}
	struct listing_section *section = &listing->section[listing->sections++];
	*section = (struct listing_section){.columns = count};
	memcpy(section->column, columns, count * sizeof *columns);
	for (size_t i = 0; i < count; i++)
		section->width[i] = text_width(columns[i].title);
	section->heading = copy(listing, heading);
	section->empty = copy(listing, empty);
}

static struct listing_row *new_row(struct listing *listing)
{
	if (listing->rows == listing->room) {
		size_t room = listing->room == 0 ? 64 : 2 * listing->room;
		struct listing_row *row = room <= ROWS_MAX ? realloc(listing->row, room * sizeof *row) : NULL;
		if (row == NULL) {
			broken(listing, room <= ROWS_MAX ? "no memory for the list" : "more rows than a list holds");
			return NULL;
		}
		listing->row = row;
		listing->room = room;
	}
	listing->row[listing->rows] = (struct listing_row){.section = listing->sections - 1};
	return &listing->row[listing->rows++];
}

void listing_row(struct listing *listing, const char *key, enum role role, const char *const *cells)
{
	BUG_ON(listing->sections == 0);
	struct listing_row *row = listing->status == ST_OK ? new_row(listing) : NULL;
	if (row == NULL)
		return;
	(void)snprintf(row->key, sizeof row->key, "%s", key);
	struct listing_section *section = &listing->section[row->section];
	for (size_t i = 0; i < section->columns; i++) {
		const int width = text_width(cells[i]);
		section->width[i] = width > section->width[i] ? width : section->width[i];
		row->cell[i] = copy(listing, cells[i]);
		row->role[i] = role;
	}
	section->rows++;
}

static struct listing_row *last_row(struct listing *listing)
{
	return listing->status == ST_OK && listing->rows > 0 ? &listing->row[listing->rows - 1] : NULL;
}

void listing_cell_role(struct listing *listing, size_t column, enum role role)
{
	struct listing_row *row = last_row(listing);
	if (row != NULL)
		row->role[column] = role;
}

void listing_detail(struct listing *listing, const char *format, ...)
{
	struct listing_row *row = last_row(listing);
	va_list arguments;
	if (row == NULL)
		return;
	va_start(arguments, format);
	char *line = print(listing, format, arguments);
	va_end(arguments);
	if (line == NULL || row->detail == NULL) {
		row->detail = line != NULL ? line : row->detail;
		return;
	}
	size_t before = strlen(row->detail), more = strlen(line);
	char *joined = realloc(row->detail, before + more + 2);
	if (joined == NULL) {
		broken(listing, "no memory for the list");
	} else {
		joined[before] = '\n';
		memcpy(joined + before + 1, line, more + 1);
		row->detail = joined;
	}
	free(line);
}

/* --- searching ------------------------------------------------------------------------------------------ */

/* ASCII letters in either case; other letters as they are. */
static bool holds(const char *text, const char *part, size_t length)
{
	for (; text != NULL && *text != '\0'; text++) {
		size_t i = 0;
		while (i < length && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
			i++;
		if (i == length)
			return true;
	}
	return length == 0;
}

bool listing_row_matches(const struct listing_row *row, const char *words)
{
	while (*words != '\0') {
		size_t length = strcspn(words, " ");
		bool found = holds(row->key, words, length) || holds(row->detail, words, length);
		for (size_t i = 0; i < LISTING_COLUMNS_MAX && !found; i++)
			found = row->cell[i] != NULL && holds(row->cell[i], words, length);
		if (!found)
			return false;
		words += length + (words[length] != '\0');
	}
	return true;
}

/* --- times ---------------------------------------------------------------------------------------------- */

static const char *format_time(int64_t ms, const char *format, char out[LISTING_TIME_SIZE])
{
	const time_t seconds = (time_t)(ms / 1000);
	struct tm utc;
	if (gmtime_r(&seconds, &utc) == NULL || strftime(out, LISTING_TIME_SIZE, format, &utc) == 0)
		(void)snprintf(out, LISTING_TIME_SIZE, "time unknown");
	return out;
}

const char *listing_time(int64_t ms, char out[LISTING_TIME_SIZE])
{
	return format_time(ms, "%Y-%m-%d %H:%M", out);
}

const char *listing_day(int64_t ms, char out[LISTING_TIME_SIZE])
{
	return format_time(ms, "%Y-%m-%d", out);
}
