/* Every patient's identity, unsealed once after login and kept in locked memory, so that names are found
 * without an index that could be read from the file. */
#include "planner/store/internal.h"

static int lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static int compare_texts(const char *a, const char *b)
{
	while (*a && lower((unsigned char)*a) == lower((unsigned char)*b)) {
		a++;
		b++;
	}
	return lower((unsigned char)*a) - lower((unsigned char)*b);
}

static int by_label(const void *a, const void *b)
{
	const struct store_patient *x = a, *y = b;
	int order = compare_texts(x->label, y->label);
	return order ? order : strcmp(x->uuid, y->uuid);
}

static int by_record_number(const void *a, const void *b)
{
	const struct store_patient *x = *(const struct store_patient *const *)a;
	const struct store_patient *y = *(const struct store_patient *const *)b;
	int order = strcmp(x->record_number, y->record_number);
	return order ? order : by_label(x, y);
}

static int newest_first(const void *a, const void *b)
{
	const struct store_patient *x = *(const struct store_patient *const *)a;
	const struct store_patient *y = *(const struct store_patient *const *)b;
	if (x->created_at_ms != y->created_at_ms)
		return x->created_at_ms > y->created_at_ms ? -1 : 1;
	return by_label(x, y);
}

static enum status names_get(struct store *store, const struct names **out, struct fail *why)
{
	if (!store->vault)
		return writable_check(store, why);
	enum status st = ST_OK;
	if (!store->names) {
		st = names_read(store, &store->names, why);
		if (st == ST_OK)
			qsort(store->names->item, store->names->count, sizeof *store->names->item, by_label);
	}
	*out = store->names;
	return st;
}

void names_forget(struct store *store)
{
	vault_free(store->names);
	store->names = NULL;
}

/* ---- the list ---- */

static bool holds(const char *text, const char *part)
{
	for (; *text; text++) {
		size_t i = 0;
		while (part[i] && lower((unsigned char)text[i]) == lower((unsigned char)part[i]))
			i++;
		if (!part[i])
			return true;
	}
	return false;
}

static bool matches(const struct store_patient *patient, const char *part)
{
	return !part || !*part || holds(patient->label, part) || holds(patient->record_number, part);
}

static enum status give(const struct store_patient *const *found, size_t count,
                        const struct store_patient_query *query, struct store_patient_list *list, struct fail *why)
{
	size_t limit = rows_limit(query->limit), first = query->offset < count ? query->offset : count;
	list->count = count - first < limit ? count - first : limit;
	list->more = first + list->count < count;
	list->items = calloc(list->count + 1, sizeof *list->items);
	if (!list->items) {
		*list = (struct store_patient_list){0};
		return fail_set(why, ST_FULL, "", "memory is exhausted");
	}
	for (size_t i = 0; i < list->count; i++)
		list->items[i] = *found[first + i];
	return ST_OK;
}

enum status store_patient_list(struct store *store, const struct store_patient_query *query,
                               struct store_patient_list *list, struct fail *why)
{
	static int (*const orders[STORE_SORTS])(const void *, const void *) = {
	        [STORE_SORT_RECORD_NUMBER] = by_record_number, [STORE_SORT_NEWEST] = newest_first};
	const struct names *names = NULL;
	size_t count = 0;
	*list = (struct store_patient_list){0};
	enum status st = text_check("filter", query->text, STORE_FILTER_MAX, false, why);
	if (st == ST_OK && ((unsigned)query->sort >= STORE_SORTS || query->offset > INT_MAX))
		st = fail_set(why, ST_RANGE, "filter", "no such order or page of the list");
	if (st == ST_OK)
		st = names_get(store, &names, why);
	if (st != ST_OK)
		return st;
	const struct store_patient **found = malloc((names->count + 1) * sizeof *found);
	if (!found)
		return fail_set(why, ST_FULL, "", "memory is exhausted");
	for (size_t i = 0; i < names->count; i++)
		if (matches(&names->item[i], query->text))
			found[count++] = &names->item[i];
	if (orders[query->sort])
		qsort(found, count, sizeof *found, orders[query->sort]);
	st = give(found, count, query, list, why);
	free(found);
	return st;
}

/* Names leave memory with the list. */
void store_patient_list_free(struct store_patient_list *list)
{
	if (list->items)
		secret_wipe(list->items, list->count * sizeof *list->items);
	free(list->items);
	*list = (struct store_patient_list){0};
}
