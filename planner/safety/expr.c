/* Evaluation of rule expressions: Kleene's three-valued logic over the nodes that expr_compile() made. */
#include "planner/safety/expr.h"

#include <strings.h>

#include "planner/safety/expr_node.h"

/* Two numbers this close are the same number that was rounded on different ways. */
#define EXPR_RELATIVE_TOLERANCE 1e-9

struct run {
	const struct expr *expr;
	const struct expr_source *source;
};

const char *expr_type_name(enum expr_type type)
{
	static const char *const name[EXPR_TYPES] = {"number", "bool", "text", "list"};
	BUG_ON((unsigned)type >= EXPR_TYPES);
	return name[type];
}

static struct expr_value unknown_value(enum expr_type type, uint64_t missing)
{
	return (struct expr_value){.type = type, .known = false, .missing = missing};
}

static struct expr_value bool_value(bool truth)
{
	return (struct expr_value){.type = EXPR_BOOL, .known = true, .truth = truth};
}

static struct expr_value number_value(double number)
{
	if (isnan(number))
		return unknown_value(EXPR_NUMBER, EXPR_MISSING_ARITHMETIC);
	return (struct expr_value){.type = EXPR_NUMBER, .known = true, .number = number};
}

static uint64_t missing_of(const struct expr_value *value)
{
	return value->known ? 0 : value->missing;
}

static bool same_text(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

static bool list_has(const struct expr_value *list, const char *text)
{
	for (size_t i = 0; i < list->items; i++)
		if (same_text(list->item[i], text))
			return true;
	return false;
}

static struct expr_value evaluate(const struct run *run, size_t index);

static struct expr_value child(const struct run *run, const struct expr_node *node, size_t which)
{
	return evaluate(run, node->child[which]);
}

static struct expr_value eval_literal(const struct run *run, const struct expr_node *node)
{
	return (struct expr_value){
		.type = node->type, .known = true, .number = node->number, .truth = node->truth,
		.text = node->text, .item = run->expr->item + node->first, .items = node->items,
	};
}

static struct expr_value eval_fact(const struct run *run, const struct expr_node *node)
{
	struct expr_value value = {.type = node->type};
	run->source->fact(run->source->context, run->expr->fact_id[node->fact], &value);
	BUG_ON(value.known && value.type != node->type);
	if (!value.known || (value.type == EXPR_NUMBER && isnan(value.number)))
		return unknown_value(node->type, UINT64_C(1) << node->fact);
	return value;
}

static struct expr_value eval_not(const struct run *run, const struct expr_node *node)
{
	struct expr_value value = child(run, node, 0);
	value.truth = !value.truth;
	return value;
}

static struct expr_value eval_negate(const struct run *run, const struct expr_node *node)
{
	struct expr_value value = child(run, node, 0);
	value.number = -value.number;
	return value;
}

/* Kleene: the dominant value (false for and, true for or) wins whatever the other is. */
static struct expr_value eval_junction(const struct run *run, const struct expr_node *node, bool dominant)
{
	struct expr_value a = child(run, node, 0);
	if (a.known && a.truth == dominant)
		return a;
	struct expr_value b = child(run, node, 1);
	if (b.known && b.truth == dominant)
		return b;
	if (a.known && b.known)
		return bool_value(!dominant);
	return unknown_value(EXPR_BOOL, missing_of(&a) | missing_of(&b));
}

static struct expr_value eval_and(const struct run *run, const struct expr_node *node)
{
	return eval_junction(run, node, false);
}

static struct expr_value eval_or(const struct run *run, const struct expr_node *node)
{
	return eval_junction(run, node, true);
}

static bool same_number(double a, double b)
{
	if (a == b)
		return true;
	if (!isfinite(a) || !isfinite(b))
		return false;
	return fabs(a - b) <= EXPR_RELATIVE_TOLERANCE * fmax(fabs(a), fabs(b));
}

static bool compare_numbers(enum expr_op op, double a, double b)
{
	bool same = same_number(a, b);
	switch (op) {
	case OP_LESS:
		return !same && a < b;
	case OP_LESS_EQUAL:
		return same || a < b;
	case OP_GREATER:
		return !same && a > b;
	case OP_GREATER_EQUAL:
		return same || a > b;
	case OP_EQUAL:
		return same;
	default:
		return !same;
	}
}

static bool compare_equal(const struct expr_value *a, const struct expr_value *b)
{
	return a->type == EXPR_TEXT ? same_text(a->text, b->text) : a->truth == b->truth;
}

static struct expr_value eval_compare(const struct run *run, const struct expr_node *node)
{
	struct expr_value a = child(run, node, 0), b = child(run, node, 1);
	if (!a.known || !b.known)
		return unknown_value(EXPR_BOOL, missing_of(&a) | missing_of(&b));
	if (a.type == EXPR_NUMBER)
		return bool_value(compare_numbers(node->op, a.number, b.number));
	return bool_value(compare_equal(&a, &b) == (node->op == OP_EQUAL));
}

static double arithmetic(enum expr_op op, double a, double b)
{
	switch (op) {
	case OP_ADD:
		return a + b;
	case OP_SUBTRACT:
		return a - b;
	case OP_MULTIPLY:
		return a * b;
	case OP_DIVIDE:
		return b == 0.0 ? NAN : a / b;
	case OP_MIN:
		return fmin(a, b);
	default:
		return fmax(a, b);
	}
}

static struct expr_value eval_arithmetic(const struct run *run, const struct expr_node *node)
{
	struct expr_value a = child(run, node, 0), b = child(run, node, 1);
	if (!a.known || !b.known)
		return unknown_value(EXPR_NUMBER, missing_of(&a) | missing_of(&b));
	return number_value(arithmetic(node->op, a.number, b.number));
}

static struct expr_value eval_known(const struct run *run, const struct expr_node *node)
{
	return bool_value(child(run, node, 0).known);
}

static struct expr_value eval_member(const struct run *run, const struct expr_node *node)
{
	struct expr_value a = child(run, node, 0), b = child(run, node, 1);
	if (!a.known || !b.known)
		return unknown_value(EXPR_BOOL, missing_of(&a) | missing_of(&b));
	return bool_value(node->op == OP_IN ? list_has(&b, a.text) : list_has(&a, b.text));
}

/* overlaps: an item of a is in b; any_except: an item of a is not in b. */
static struct expr_value eval_lists(const struct run *run, const struct expr_node *node)
{
	struct expr_value a = child(run, node, 0), b = child(run, node, 1);
	if (!a.known || !b.known)
		return unknown_value(EXPR_BOOL, missing_of(&a) | missing_of(&b));
	for (size_t i = 0; i < a.items; i++)
		if (list_has(&b, a.item[i]) == (node->op == OP_OVERLAPS))
			return bool_value(true);
	return bool_value(false);
}

static struct expr_value eval_count(const struct run *run, const struct expr_node *node)
{
	struct expr_value list = child(run, node, 0);
	return list.known ? number_value((double)list.items) : unknown_value(EXPR_NUMBER, list.missing);
}

/* if(unknown, a, b) is unknown even where a and b agree: simpler to explain, and it can only raise. */
static struct expr_value eval_if(const struct run *run, const struct expr_node *node)
{
	struct expr_value condition = child(run, node, 0);
	if (!condition.known)
		return unknown_value(node->type, condition.missing);
	return child(run, node, condition.truth ? 1 : 2);
}

static const char *literal_text(const struct run *run, const struct expr_node *node, size_t which)
{
	return which < node->children ? run->expr->node[node->child[which]].text : NULL;
}

static struct expr_value eval_limit(const struct run *run, const struct expr_node *node)
{
	double limit = NAN;
	bool found = run->source->limit(run->source->context, literal_text(run, node, 0),
	                                literal_text(run, node, 1), &limit);
	return found && !isnan(limit) ? number_value(limit) : unknown_value(EXPR_NUMBER, EXPR_MISSING_LIMIT);
}

static struct expr_value eval_has_row(const struct run *run, const struct expr_node *node)
{
	return bool_value(run->source->has_row(run->source->context, literal_text(run, node, 0),
	                                       literal_text(run, node, 1)));
}

static struct expr_value evaluate(const struct run *run, size_t index)
{
	static struct expr_value (*const by_op[OPS])(const struct run *, const struct expr_node *) = {
		[OP_NUMBER] = eval_literal, [OP_BOOL] = eval_literal, [OP_TEXT] = eval_literal,
		[OP_LIST] = eval_literal, [OP_FACT] = eval_fact, [OP_NOT] = eval_not, [OP_NEGATE] = eval_negate,
		[OP_AND] = eval_and, [OP_OR] = eval_or, [OP_LESS] = eval_compare, [OP_LESS_EQUAL] = eval_compare,
		[OP_GREATER] = eval_compare, [OP_GREATER_EQUAL] = eval_compare, [OP_EQUAL] = eval_compare,
		[OP_NOT_EQUAL] = eval_compare, [OP_IN] = eval_member, [OP_ADD] = eval_arithmetic,
		[OP_SUBTRACT] = eval_arithmetic, [OP_MULTIPLY] = eval_arithmetic, [OP_DIVIDE] = eval_arithmetic,
		[OP_KNOWN] = eval_known, [OP_CONTAINS] = eval_member, [OP_OVERLAPS] = eval_lists,
		[OP_ANY_EXCEPT] = eval_lists, [OP_COUNT] = eval_count, [OP_MIN] = eval_arithmetic,
		[OP_MAX] = eval_arithmetic, [OP_IF] = eval_if, [OP_LIMIT] = eval_limit, [OP_HAS_ROW] = eval_has_row,
	};
	const struct expr_node *node = &run->expr->node[index];
	return by_op[node->op](run, node);
}

void expr_evaluate(const struct expr *expr, const struct expr_source *source, struct expr_value *out)
{
	const struct run run = {.expr = expr, .source = source};
	*out = evaluate(&run, expr->root);
}

const char *expr_text(const struct expr *expr)
{
	return expr->source;
}

size_t expr_fact_count(const struct expr *expr)
{
	return expr->facts;
}

int expr_fact_id(const struct expr *expr, size_t index)
{
	BUG_ON(index >= expr->facts);
	return expr->fact_id[index];
}
