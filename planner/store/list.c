/* From rows to records: one row, or all of them up to a limit. */
#include "planner/store/internal.h"

enum { ROWS_FIRST_ROOM = 16 };

size_t rows_limit(size_t asked)
{
	return asked == 0 || asked > STORE_LIST_MAX ? STORE_LIST_MAX : asked;
}

void rows_free(const struct reader *reader, void *items, size_t count)
{
	for (size_t i = 0; i < count && reader->clear; i++)
		reader->clear((char *)items + i * reader->item_size);
	free(items);
}

static enum status read_row(struct store *store, sqlite3_stmt *statement, const struct reader *reader,
                            void *item, struct fail *why)
{
	struct row row;
	memset(item, 0, reader->item_size);
	enum status st = row_read(store, statement, 0, reader->table, &row, why);
	if (st == ST_OK)
		st = reader->load(store, statement, &row, item, why);
	row_clear(&row);
	return st;
}

enum status read_one(struct store *store, sqlite3_stmt *statement, const struct reader *reader, void *out,
                     const char *missing, struct fail *why)
{
	bool got = false;
	enum status st = row_step(store, statement, &got, why);
	if (st == ST_OK && !got)
		st = fail_set(why, ST_NOT_FOUND, table_spec(reader->table)->name, "%s", missing);
	if (st == ST_OK)
		st = read_row(store, statement, reader, out, why);
	statement_done(statement);
	return st;
}

/* Room for one item more; NULL: memory exhausted. */
static void *rows_add(struct rows *rows, size_t *room, size_t item_size, struct fail *why)
{
	if (rows->count == *room) {
		size_t more = *room ? 2 * *room : ROWS_FIRST_ROOM;
		void *items = realloc(rows->items, more * item_size);
		if (!items) {
			(void)fail_set(why, ST_FULL, "", "memory is exhausted");
			return NULL;
		}
		rows->items = items;
		*room = more;
	}
	return (char *)rows->items + rows->count * item_size;
}

enum status read_list(struct store *store, sqlite3_stmt *statement, const struct reader *reader, size_t limit,
                      struct rows *rows, struct fail *why)
{
	size_t room = 0;
	enum status st;
	*rows = (struct rows){0};
	for (;;) {
		bool got = false;
		st = row_step(store, statement, &got, why);
		rows->more = got && rows->count == limit;
		if (st != ST_OK || !got || rows->more)
			break;
		void *item = rows_add(rows, &room, reader->item_size, why);
		st = item ? read_row(store, statement, reader, item, why) : ST_FULL;
		if (st != ST_OK)
			break;
		rows->count++;
	}
	statement_done(statement);
	if (st != ST_OK) {
		rows_free(reader, rows->items, rows->count);
		*rows = (struct rows){0};
	}
	return st;
}
