/* A list as data: sections of rows under column titles, each row with particulars of its own.
 *
 * Course, differences, audit, people, devices and the like are all lists. Whoever has the data fills a listing once;
 * one screen draws it at every size, one search goes over it, and what was read stands beside whom it is of, so that
 * the banner above it can never be somebody else's.
 *
 * Adding never fails by itself: the first fault (no memory, too many) is kept and given by listing_finish().
 */
#ifndef LASERTWIN_UI_LISTING_H
#define LASERTWIN_UI_LISTING_H

#include "planner/store/store.h"
#include "ui/canvas.h"

#define LISTING_COLUMNS_MAX 10
#define LISTING_SECTIONS_MAX 16
#define LISTING_KEY_MAX 96
#define LISTING_NOTES_MAX 6

struct listing_column {
	const char *title; /* static */
	bool right;        /* a number */
	int drop;          /* left out where the window is narrow, the highest first; 0: never */
};

struct listing_section {
	char *heading, *empty; /* empty: what is said when there is no row */
	size_t columns;
	struct listing_column column[LISTING_COLUMNS_MAX];
	int width[LISTING_COLUMNS_MAX]; /* of the widest cell, title included */
	size_t rows;
};

struct listing_row {
	size_t section;
	char key[LISTING_KEY_MAX]; /* what it is, for whoever acts on it */
	char *cell[LISTING_COLUMNS_MAX];
	enum role role[LISTING_COLUMNS_MAX];
	char *detail; /* lines; NULL: none */
};

struct listing_note {
	enum role role;
	char *text;
};

/* Whom it is of. */
struct listing_banner {
	bool is; /* false: nobody */
	bool is_virtual;
	char uuid[UUID_TEXT_SIZE];
	char text[STORE_LABEL_MAX + STORE_RECORD_NUMBER_MAX + STORE_BIRTH_MAX + 32];
};

/* Which of how many, where not all of them are in the list; total 0: all are. */
struct listing_span {
	int64_t first, last, total;
};

struct listing {
	struct listing_banner banner;
	struct listing_span span;
	size_t notes; /* above the rows */
	struct listing_note note[LISTING_NOTES_MAX];
	size_t sections;
	struct listing_section section[LISTING_SECTIONS_MAX];
	char select[LISTING_KEY_MAX]; /* key of the row to begin at; "": the first */
	size_t rows, room;
	struct listing_row *row;
	enum status status;
	struct fail fail;
};

enum status listing_new(struct listing **out, struct fail *why) MUST_CHECK;
void listing_free(struct listing **listing);
/* The status so far and, when it is ST_OK, the listing as *out; else it is freed. */
enum status listing_finish(struct listing *listing, enum status status, struct listing **out,
                           struct fail *why) MUST_CHECK;

void listing_patient(struct listing *listing, const struct store_patient *patient);
void listing_note(struct listing *listing, enum role role, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* Columns are copied, their titles borrowed. empty: what stands there without rows. */
void listing_section(struct listing *listing, const char *heading, const struct listing_column *columns, size_t count,
                     const char *empty);
/* As many cells as the section has columns. */
void listing_row(struct listing *listing, const char *key, enum role role, const char *const *cells);
/* Of the last row: another role for one cell; one more line of its particulars. */
void listing_cell_role(struct listing *listing, size_t column, enum role role);
void listing_detail(struct listing *listing, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether every word stands somewhere in the row: its cells, its key, its particulars. */
bool listing_row_matches(const struct listing_row *row, const char *words);

/* "2026-03-01 14:05" and "2026-03-01", UTC. */
#define LISTING_TIME_SIZE 20
const char *listing_time(int64_t ms, char out[LISTING_TIME_SIZE]);
const char *listing_day(int64_t ms, char out[LISTING_TIME_SIZE]);

#endif
