/* Rule conditions as text: a small, safe, three-valued expression language.
 *
 *   isotretinoin_stopped_days_ago < 180 and not full_face
 *   known(tan_mi_rel) and tan_mi_rel > limit("tan_mi_rel")
 *
 * Types: number, bool, text, list (of texts). Literals: 28, 1e-7, "melasma", ["neck", "chest"], true, false.
 * Operators, weakest first: or; and; not; < <= > >= == != in (one per term, no chains); + -; * /; unary -.
 * Functions:
 *   known(e)              bool: e has a value. Refused where e asks the patient a question, so that no rule
 *                         can read "not answered" as "no".
 *   contains(list, text)  overlaps(list, list)  any_except(list, list): an item of the first not in the second
 *   count(list)  min(a, b)  max(a, b)  if(condition, a, b)
 *   limit("q")  limit("q", "indication")  the limit of the zone, mode and skin type at hand
 *   has_row("q")  has_row("q", "indication")  bool, always known: the limits table speaks of it
 * Texts compare without regard to ASCII case. Numbers compare with a relative tolerance of 1e-9, so that a
 * sum such as 0.1 + 0.2 does not exceed a limit of 0.3 by rounding.
 *
 * Unknown follows Kleene's strong logic (1952): false and unknown = false, true or unknown = true, else
 * unknown. Arithmetic and comparison with an unknown are unknown; so is division by zero. An unknown result
 * carries which facts it lacks.
 *
 * An expression is compiled once (checked for syntax and types) and evaluated any number of times, without
 * allocation. No recursion deeper than EXPR_DEPTH_MAX, no loop but over the items of a list.
 */
#ifndef LASERTWIN_EXPR_H
#define LASERTWIN_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "physics/base/status.h"

#define EXPR_TEXT_MAX 1200  /* characters of source */
#define EXPR_NODES_MAX 128
#define EXPR_DEPTH_MAX 24
#define EXPR_FACTS_MAX 60   /* different facts in one expression */

enum expr_type { EXPR_NUMBER, EXPR_BOOL, EXPR_TEXT, EXPR_LIST, EXPR_TYPES };

const char *expr_type_name(enum expr_type type);

struct expr_value {
	enum expr_type type;
	bool known;
	double number;
	bool truth;
	const char *text;
	const char *const *item; /* list */
	size_t items;
	uint64_t missing; /* when unknown: bit i: the expression's i-th fact; or EXPR_MISSING_... */
};

#define EXPR_MISSING_LIMIT (UINT64_C(1) << 62)      /* no row, or no value for this skin type */
#define EXPR_MISSING_ARITHMETIC (UINT64_C(1) << 63) /* division by zero, infinity minus infinity */

/* What names mean: asked while compiling. */
struct expr_symbol {
	int id;
	enum expr_type type;
	bool question;
};
struct expr_symbols {
	bool (*find)(const void *context, const char *name, struct expr_symbol *out);
	bool (*limit_known)(const void *context, const char *quantity); /* NULL: any name is taken */
	const void *context;
};

/* What names stand for: asked while evaluating. fact fills type and value, or known = false; texts and
 * lists must stay valid until the evaluation is over. indication is NULL when the expression names none. */
struct expr_source {
	void (*fact)(const void *context, int id, struct expr_value *out);
	bool (*limit)(const void *context, const char *quantity, const char *indication, double *out);
	bool (*has_row)(const void *context, const char *quantity, const char *indication);
	const void *context;
};

struct expr;

/* text is copied. origin ("rules.json: R-ISO-1.when") opens every error, which ends with the column.
 * ST_INPUT: syntax, unknown name, wrong type, question inside known(); ST_FULL: too long or too deep. */
enum status expr_compile(const char *text, const char *origin, const struct expr_symbols *symbols,
                         enum expr_type wanted, struct expr **out, struct fail *why) MUST_CHECK;
void expr_free(struct expr **expr);

void expr_evaluate(const struct expr *expr, const struct expr_source *source, struct expr_value *out);

const char *expr_text(const struct expr *expr);
/* The facts used: index is the bit of expr_value.missing. */
size_t expr_fact_count(const struct expr *expr);
int expr_fact_id(const struct expr *expr, size_t index);

#endif
