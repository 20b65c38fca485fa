/* Canonical JSON: one meaning, one sequence of bytes. What is signed is written in this form.
 *
 * The form, in full
 *   - UTF-8 without byte order mark; the value is one object; nothing before, after or between the tokens.
 *   - Members stand in ascending order of their keys, compared byte by byte; no key twice. Keys are made of
 *     A-Z, a-z, 0-9 and _.
 *   - Numbers are integers from -(2^53 - 1) to 2^53 - 1, without sign +, leading zeros, fraction or exponent;
 *     zero is 0. Quantities are given in millionths of their unit (micro-units), so that no decimal can be
 *     rewritten on the way.
 *   - In strings only these are escaped: " as \", \ as \\, and U+0000..U+001F except NUL, which is refused,
 *     as \u00xx with lower-case digits. Everything else stands as itself.
 *   - No null, true or false, no empty object: what is not known is left out.
 * Test vectors: tests/planner/test_canonical.c.
 */
#ifndef LASERTWIN_PLAN_CANONICAL_H
#define LASERTWIN_PLAN_CANONICAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "physics/base/status.h"

#define CANONICAL_INT_MAX INT64_C(9007199254740991) /* 2^53 - 1: exact in every reader of JSON */
#define CANONICAL_DEPTH_MAX 8
#define CANONICAL_KEY_MAX 48
#define CANONICAL_MICRO 1000000.0

/* A text being written. Zero it, write, end with canonical_finish or canonical_abandon. A failure is kept and
 * reported at the end. Keys out of order are a fault of the program and stop it. key NULL: in a list. */
struct canonical {
	char *text;
	size_t used, size;
	unsigned depth;
	bool is_list[CANONICAL_DEPTH_MAX], is_empty[CANONICAL_DEPTH_MAX];
	char last_key[CANONICAL_DEPTH_MAX][CANONICAL_KEY_MAX];
	struct fail fail; /* code ST_OK: none */
};

void canonical_object(struct canonical *c, const char *key); /* the first one opens the text: key NULL */
void canonical_list(struct canonical *c, const char *key);
void canonical_close(struct canonical *c); /* the innermost object or list */
void canonical_text(struct canonical *c, const char *key, const char *text);
void canonical_int(struct canonical *c, const char *key, int64_t value);
/* In millionths, rounded to the nearest; not finite or too large fails by name. */
void canonical_micro(struct canonical *c, const char *key, double value);

/* Gives the text, NUL-terminated, to free. ST_INPUT: not UTF-8; ST_RANGE a number; ST_FULL memory. */
enum status canonical_finish(struct canonical *c, char **text, size_t *n, struct fail *why) MUST_CHECK;
void canonical_abandon(struct canonical *c);

/* ST_INPUT with the position of the first byte that is not in this form. */
enum status canonical_check(const char *text, size_t n, struct fail *why) MUST_CHECK;

#endif
