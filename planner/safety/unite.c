#include "planner/safety/unite.h"

#include <math.h>

/* Yes is what reassures, or a number says nothing of danger: what differs is not known. */
static bool is_unranked(const char *name)
{
	static const char *const names[] = {"tattoo_professional", "tan_accepted", "intraocular_shields",
	                                    "tattoo_age_years"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool names_item(const struct expr_value *list, const char *item)
{
	for (size_t i = 0; i < list->items; i++)
		if (strcmp(list->item[i], item) == 0)
			return true;
	return false;
}

static bool same_value(enum expr_type type, const struct expr_value *a, const struct expr_value *b)
{
	switch (type) {
	case EXPR_NUMBER:
		return a->number == b->number;
	case EXPR_BOOL:
		return a->truth == b->truth;
	case EXPR_TEXT:
		return strcmp(a->text ? a->text : "", b->text ? b->text : "") == 0;
	case EXPR_LIST:
		for (size_t i = 0; i < a->items; i++)
			if (!names_item(b, a->item[i]))
				return false;
		return a->items == b->items;
	case EXPR_TYPES:
		break;
	}
	return false;
}

bool facts_agree(const struct facts *a, const struct facts *b, size_t id)
{
	const enum fact_state first = facts_state(a, id), second = facts_state(b, id);
	struct expr_value one, other;
	if (first == FACT_ABSENT || second == FACT_ABSENT)
		return true;
	if (first != FACT_SET || second != FACT_SET)
		return first == second;
	facts_get(a, id, &one);
	facts_get(b, id, &other);
	return same_value(facts_spec(id)->type, &one, &other);
}

/* ---- one question ---- */

static enum status take(struct facts *into, const struct fact_spec *spec, const struct expr_value *value,
                        struct fail *why)
{
	switch (spec->type) {
	case EXPR_NUMBER: /* never is the answer no */
		return isfinite(value->number) ? facts_set_number(into, spec->name, value->number, why)
		                               : facts_set_bool(into, spec->name, false, why);
	case EXPR_BOOL:
		return facts_set_bool(into, spec->name, value->truth, why);
	case EXPR_TEXT:
		return facts_set_text(into, spec->name, value->text ? value->text : "", why);
	case EXPR_LIST:
		return facts_set_list(into, spec->name, value->item, value->items, why);
	case EXPR_TYPES:
		break;
	}
	return fail_set(why, ST_INPUT, spec->name, "has no type");
}

static enum status join_lists(struct facts *into, const struct fact_spec *spec, const struct expr_value *a,
                              const struct expr_value *b, struct fail *why)
{
	char text[FACT_ITEMS_MAX][FACT_TEXT_MAX];
	const char *item[FACT_ITEMS_MAX];
	size_t n = 0;
	for (int side = 0; side < 2; side++) {
		const struct expr_value *from = side ? b : a;
		for (size_t i = 0; i < from->items; i++) {
			if (side && names_item(a, from->item[i]))
				continue;
			if (n == FACT_ITEMS_MAX)
				return fail_set(why, ST_FULL, spec->name, "more than %d named at several places", FACT_ITEMS_MAX);
			(void)snprintf(text[n], sizeof text[n], "%s", from->item[i]);
			item[n] = text[n];
			n++;
		}
	}
	return facts_set_list(into, spec->name, item, n, why);
}

/* Both answered, differently. */
static enum status rank(struct facts *into, const struct fact_spec *spec, const struct expr_value *a,
                        const struct expr_value *b, struct fail *why)
{
	if (spec->type == EXPR_TEXT || is_unranked(spec->name))
		return facts_set_unanswered(into, spec->name, why);
	if (spec->type == EXPR_LIST)
		return join_lists(into, spec, a, b, why);
	if (spec->type == EXPR_BOOL)
		return facts_set_bool(into, spec->name, true, why);
	const bool least = spec->no == NO_IS_NEVER;
	return take(into, spec, (a->number < b->number) == least ? a : b, why);
}

static enum status unite_one(struct facts *into, const struct facts *other, size_t id, struct fail *why)
{
	const struct fact_spec *spec = facts_spec(id);
	const enum fact_state here = facts_state(into, id), there = facts_state(other, id);
	struct expr_value a = {0}, b = {0};
	if (there == FACT_ABSENT || (here != FACT_ABSENT && facts_agree(into, other, id)))
		return ST_OK;
	facts_get(into, id, &a);
	facts_get(other, id, &b);
	if (here == FACT_ABSENT)
		return there == FACT_SET ? take(into, spec, &b, why) : facts_set_unanswered(into, spec->name, why);
	if (here == FACT_SET && there == FACT_SET)
		return rank(into, spec, &a, &b, why);
	const struct expr_value *answered = here == FACT_SET ? &a : &b;
	return spec->type == EXPR_BOOL && answered->truth && !is_unranked(spec->name)
	               ? facts_set_bool(into, spec->name, true, why)
	               : facts_set_unanswered(into, spec->name, why);
}

enum status facts_unite(struct facts *into, const struct facts *other, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t id = 0; !st && id < facts_spec_count(); id++)
		if (facts_spec(id)->kind == FACT_QUESTION)
			st = unite_one(into, other, id, why);
	return st;
}

/* ---- words ---- */

static void list_words(const struct expr_value *value, char *out, size_t size)
{
	size_t used = 0;
	(void)snprintf(out, size, "none");
	for (size_t i = 0; i < value->items && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", value->item[i]);
}

const char *facts_words(const struct facts *facts, size_t id, char *out, size_t size)
{
	const struct fact_spec *spec = facts_spec(id);
	struct expr_value value;
	const enum fact_state state = facts_state(facts, id);
	if (state != FACT_SET) {
		(void)snprintf(out, size, "%s", state == FACT_ABSENT ? "not asked" : "not answered");
		return out;
	}
	facts_get(facts, id, &value);
	if (spec->type == EXPR_BOOL)
		(void)snprintf(out, size, "%s", value.truth ? "yes" : "no");
	else if (spec->type == EXPR_LIST)
		list_words(&value, out, size);
	else if (spec->type == EXPR_TEXT)
		(void)snprintf(out, size, "%s", value.text && value.text[0] ? value.text : "none");
	else if (isfinite(value.number))
		(void)snprintf(out, size, "%g%s%s", value.number, spec->unit[0] ? " " : "", spec->unit);
	else
		(void)snprintf(out, size, "never");
	return out;
}

static enum status set_items(struct facts *facts, const char *name, const char *words, struct fail *why)
{
	char copy[FACT_ITEMS_MAX * FACT_TEXT_MAX], *rest = copy, *part;
	const char *item[FACT_ITEMS_MAX];
	size_t n = 0;
	if (strlen(words) >= sizeof copy)
		return fail_set(why, ST_RANGE, name, "is longer than %zu bytes", sizeof copy - 1);
	(void)snprintf(copy, sizeof copy, "%s", words);
	while ((part = strsep(&rest, ",")) != NULL) {
		part += strspn(part, " ");
		if (n == FACT_ITEMS_MAX)
			return fail_set(why, ST_FULL, name, "more than %d named", FACT_ITEMS_MAX);
		if (part[0] != '\0')
			item[n++] = part;
	}
	return facts_set_list(facts, name, item, n, why);
}

enum status facts_set_words(struct facts *facts, const char *name, const char *words, struct fail *why)
{
	size_t id;
	char *end;
	if (!facts_find(name, &id) || facts_spec(id)->kind != FACT_QUESTION)
		return fail_set(why, ST_NOT_FOUND, name, "is no safety question");
	if (strcmp(words, "unanswered") == 0)
		return facts_set_unanswered(facts, name, why);
	if (strcmp(words, "yes") == 0 || strcmp(words, "no") == 0)
		return facts_set_bool(facts, name, words[0] == 'y', why);
	if (facts_spec(id)->type == EXPR_LIST)
		return set_items(facts, name, words, why);
	if (facts_spec(id)->type != EXPR_NUMBER)
		return facts_set_text(facts, name, words, why);
	const double value = strtod(words, &end);
	if (end == words || *end != '\0')
		return fail_set(why, ST_INPUT, name, "\"%s\" is no number, yes, no or unanswered", words);
	return facts_set_number(facts, name, value, why);
}
