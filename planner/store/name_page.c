/* Pages of names. The list of patients needs every name before its first line can be shown, and ten thousand names
 * sealed one by one take ten thousand keys and openings. So the names of NAMES_PER_PAGE patients at a time stand once
 * more together, in one row sealed with the store's key. The patients' own rows stay what counts: a page says nothing
 * else than they do (store_check compares), and those who came after the last page are read from their rows.
 *
 * A correction writes the patient's page anew.
 *
 * Erasing: the page is written anew without the patient in the transaction that drops their key, and SQLite overwrites
 * what it frees (secure_delete). Whoever still gets at the name must have a copy of the file from before and the
 * store's key; with these the patient's key, which the store's key wraps, opens as well. So a page gives nothing away
 * that the dropped key did not.
 *
 * Page n holds the patients after page n-1's last row in the table of patients up to its own: that table only grows. */
#include "planner/store/internal.h"

enum { NUMBER, LAST_ROW, PACKED, CELLS };
enum { ROW_COLUMN = 8 };

/* A name: the patient's cells, then how many corrections they had. */
enum { VERSION = PATIENT_CELLS, NAME_CELLS };

/* ---- one page ---- */

static enum status damaged(struct fail *why)
{
	return fail_set(why, ST_IO, "patient_page",
	                "the pages of names do not say what the patients' rows say: restore the last backup");
}

/* Adds the page's names; *last_row is where it ends. */
static enum status unpack_page(const struct row *page, struct names *names, size_t room, struct fail *why)
{
	const unsigned char *bytes = page->cell[PACKED].bytes;
	size_t left = page->cell[PACKED].n;
	while (left > 0) {
		struct row row = {.table = TABLE_PATIENT};
		for (int i = 0; i < NAME_CELLS; i++)
			if (!cell_unpack(&bytes, &left, &row.cell[i]))
				return row_misfit(page, why);
		if (names->count == room)
			return damaged(why);
		enum status st = patient_of_row(&row, &names->item[names->count], why);
		if (st != ST_OK)
			return st;
		names->item[names->count++].version = row_int(&row, VERSION);
	}
	return ST_OK;
}

/* Of the row on which the statement stands. */
static enum status read_page(struct store *store, sqlite3_stmt *statement, struct names *names, size_t room,
                             int64_t *number, int64_t *last_row, struct fail *why)
{
	struct row row;
	enum status st = row_read(store, statement, 0, TABLE_PATIENT_PAGE, &row, why);
	if (st == ST_OK)
		st = unpack_page(&row, names, room, why);
	if (st == ST_OK) {
		*number = row_int(&row, NUMBER);
		*last_row = row_int(&row, LAST_ROW);
	}
	row_clear(&row);
	return st;
}

static const struct cell *name_cells(const struct store_patient *patient, struct cell cells[NAME_CELLS])
{
	cells[VERSION] = cell_int(patient->version);
	return patient_cells(patient, cells);
}

static enum status write_page(struct store *store, int64_t number, int64_t last_row, const struct names *names,
                              struct fail *why)
{
	struct cell cells[NAME_CELLS];
	size_t n = 0;
	for (size_t i = 0; i < names->count; i++)
		n += cells_packed_size(name_cells(&names->item[i], cells), NAME_CELLS);
	unsigned char *packed = malloc(n + 1), *end = packed;
	if (!packed)
		return fail_set(why, ST_FULL, "", "memory is exhausted");
	for (size_t i = 0; i < names->count; i++) {
		(void)name_cells(&names->item[i], cells);
		for (int c = 0; c < NAME_CELLS; c++)
			end = cell_pack(end, &cells[c]);
	}
	const struct cell page[CELLS] = {
	        [NUMBER] = cell_int(number), [LAST_ROW] = cell_int(last_row), [PACKED] = cell_blob(packed, n)};
	enum status st = row_insert(store, SQL_PATIENT_PAGE_PUT, TABLE_PATIENT_PAGE, page, "the names were not saved", why);
	secret_wipe(packed, n);
	free(packed);
	return st;
}

/* ---- reading ---- */

static struct names *names_new(size_t room, struct fail *why)
{
	struct names *names = vault_alloc(sizeof *names + room * sizeof *names->item);
	if (names)
		names->count = 0;
	else
		(void)fail_set(why, ST_FULL, "", "memory is exhausted");
	return names;
}

static enum status read_pages(struct store *store, struct names *names, size_t room, int64_t *last_row,
                              struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_ALL_ROWS + TABLE_PATIENT_PAGE);
	int64_t number = 0, expected = 1;
	bool got = false;
	*last_row = 0;
	enum status st = row_step(store, statement, &got, why);
	for (; st == ST_OK && got; expected++) {
		st = read_page(store, statement, names, room, &number, last_row, why);
		if (st == ST_OK && number != expected)
			st = damaged(why);
		if (st == ST_OK)
			st = row_step(store, statement, &got, why);
	}
	statement_done(statement);
	return st;
}

/* At most `limit` patients from their own rows, those after row *last_row, which moves on to the last one read. */
static enum status read_rows(struct store *store, struct names *names, size_t room, size_t limit, int64_t *last_row,
                             struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_PATIENT_AFTER);
	bool got = false;
	bind_int(statement, 1, *last_row);
	bind_int(statement, 2, (int64_t)limit);
	enum status st = row_step(store, statement, &got, why);
	while (st == ST_OK && got) {
		if (names->count == room)
			st = damaged(why);
		if (st == ST_OK)
			st = patient_key_take(store, statement, why);
		if (st == ST_OK)
			st = patient_load_row(store, statement, row_width(TABLE_PATIENT_KEY), &names->item[names->count], why);
		if (st == ST_OK) {
			names->count++;
			*last_row = column_int(statement, ROW_COLUMN);
			st = row_step(store, statement, &got, why);
		}
	}
	statement_done(statement);
	return st;
}

/* What all names together must come to. */
struct total {
	size_t patients;
	int64_t corrections;
};

static enum status count_patients(struct store *store, struct total *total, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_PATIENT_COUNT);
	bool got = false;
	enum status st = row_step(store, statement, &got, why);
	*total = (struct total){0};
	if (got)
		*total = (struct total){(size_t)column_int(statement, 0), column_int(statement, 1)};
	statement_done(statement);
	return st;
}

/* An older page put in, or a row taken out, leaves something over. */
static bool adds_up(const struct names *names, const struct total *total)
{
	int64_t corrections = 0;
	for (size_t i = 0; i < names->count; i++)
		corrections += names->item[i].version;
	return names->count == total->patients && corrections == total->corrections;
}

enum status names_read(struct store *store, struct names **out, struct fail *why)
{
	struct total total;
	int64_t last_row = 0;
	*out = NULL;
	enum status st = count_patients(store, &total, why);
	struct names *names = st == ST_OK ? names_new(total.patients, why) : NULL;
	if (!names)
		return st == ST_OK ? ST_FULL : st;
	st = read_pages(store, names, total.patients, &last_row, why);
	if (st == ST_OK)
		st = read_rows(store, names, total.patients, total.patients + 1, &last_row, why);
	if (st == ST_OK && !adds_up(names, &total))
		st = damaged(why);
	if (st == ST_OK)
		*out = names;
	else
		vault_free(names);
	return st;
}

/* ---- writing ---- */

/* Where the pages end, and the table of patients. */
struct extent {
	int64_t pages, last_row, rows;
};

static enum status extent_get(struct store *store, struct extent *extent, struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_PATIENT_PAGE_EXTENT);
	bool got = false;
	enum status st = row_step(store, statement, &got, why);
	*extent = (struct extent){0};
	if (got)
		*extent = (struct extent){column_int(statement, 0), column_int(statement, 1), column_int(statement, 2)};
	statement_done(statement);
	return st;
}

static bool page_is_full(const struct store *store, const struct extent *extent)
{
	return extent->rows - extent->last_row >= store->names_per_page;
}

static enum status add_page(struct store *store, struct extent *extent, struct fail *why)
{
	const size_t room = (size_t)store->names_per_page;
	struct names *names = names_new(room, why);
	if (!names)
		return ST_FULL;
	enum status st = read_rows(store, names, room, room, &extent->last_row, why);
	if (st == ST_OK && names->count < room)
		extent->last_row = extent->rows; /* those between were erased */
	if (st == ST_OK)
		st = write_page(store, ++extent->pages, extent->last_row, names, why);
	vault_free(names);
	return st;
}

enum status name_pages_fill(struct store *store, struct fail *why)
{
	struct extent extent;
	enum status st = extent_get(store, &extent, why);
	while (st == ST_OK && page_is_full(store, &extent))
		st = add_page(store, &extent, why);
	return st;
}

void name_pages_settle(struct store *store, const struct store_stamp *stamp)
{
	struct extent extent;
	struct fail why;
	if (store->in_group || extent_get(store, &extent, &why) != ST_OK || !page_is_full(store, &extent))
		return;
	enum status st = store_write_begin(store, stamp, &why);
	if (st == ST_OK)
		st = store_write_end(store, name_pages_fill(store, &why), &why);
	if (st != ST_OK)
		names_forget(store);
}

/* NULL: without them. */
static void exchange(struct names *names, const char *patient, const struct store_patient *corrected)
{
	size_t kept = 0;
	for (size_t i = 0; i < names->count; i++) {
		const bool is_theirs = strcmp(names->item[i].uuid, patient) == 0;
		if (!is_theirs || corrected)
			names->item[kept++] = is_theirs ? *corrected : names->item[i];
	}
	names->count = kept;
}

enum status name_page_renew(struct store *store, const char *patient, const struct store_patient *corrected,
                            struct fail *why)
{
	sqlite3_stmt *statement = statement_use(store, SQL_PATIENT_PAGE_OF);
	const size_t room = (size_t)store->names_per_page;
	int64_t number = 0, last_row = 0;
	bool got = false;
	struct names *names = names_new(room, why);
	if (!names)
		return ST_FULL;
	bind_text(statement, 1, patient);
	enum status st = row_step(store, statement, &got, why);
	if (st == ST_OK && got)
		st = read_page(store, statement, names, room, &number, &last_row, why);
	statement_done(statement);
	if (st == ST_OK && got) {
		exchange(names, patient, corrected);
		st = write_page(store, number, last_row, names, why);
	}
	vault_free(names);
	return st;
}

/* ---- verifying ---- */

static bool same(const struct store_patient *a, const struct store_patient *b)
{
	return strcmp(a->uuid, b->uuid) == 0 && strcmp(a->label, b->label) == 0 &&
	       strcmp(a->record_number, b->record_number) == 0 && strcmp(a->birth, b->birth) == 0 && a->sex == b->sex &&
	       a->is_virtual == b->is_virtual && a->created_at_ms == b->created_at_ms &&
	       a->version == b->version;
}

enum status name_pages_check(struct store *store, struct fail *why)
{
	struct names *paged = NULL;
	int64_t last_row = 0;
	enum status st = names_read(store, &paged, why);
	if (st != ST_OK)
		return st;
	struct names *rows = names_new(paged->count, why);
	st = rows ? read_rows(store, rows, paged->count, paged->count + 1, &last_row, why) : ST_FULL;
	if (st == ST_OK && rows->count != paged->count)
		st = damaged(why);
	for (size_t i = 0; st == ST_OK && i < rows->count; i++) /* both stand in the order in which they came */
		if (!same(&paged->item[i], &rows->item[i]))
			st = damaged(why);
	vault_free(rows);
	vault_free(paged);
	return st;
}
