/* Rule expressions: Kleene's tables, arithmetic, comparison, lists, what is missing, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/safety/expr.h"
#include "planner/safety/facts.h"

/* Facts of the test: t/f/u known true, false, unknown question; n=3, m unknown number; s text; l list. */
enum { ID_T, ID_F, ID_U, ID_N, ID_M, ID_S, ID_L, ID_INF, ID_Q, IDS };

static const struct {
	const char *name;
	struct expr_symbol symbol;
} names[IDS] = {
	{"t", {ID_T, EXPR_BOOL, false}}, {"f", {ID_F, EXPR_BOOL, false}}, {"u", {ID_U, EXPR_BOOL, true}},
	{"n", {ID_N, EXPR_NUMBER, false}}, {"m", {ID_M, EXPR_NUMBER, false}}, {"s", {ID_S, EXPR_TEXT, false}},
	{"l", {ID_L, EXPR_LIST, false}}, {"never", {ID_INF, EXPR_NUMBER, true}}, {"q", {ID_Q, EXPR_BOOL, true}},
};

static bool find(const void *context, const char *name, struct expr_symbol *out)
{
	(void)context;
	for (size_t i = 0; i < IDS; i++)
		if (strcmp(names[i].name, name) == 0) {
			*out = names[i].symbol;
			return true;
		}
	return false;
}

static bool limit_known(const void *context, const char *quantity)
{
	(void)context;
	return quantity[0] == 'k' || quantity[0] == 'a';
}

static void fact(const void *context, int id, struct expr_value *out)
{
	static const char *const list[] = {"neck", "chest"};
	(void)context;
	out->known = id != ID_U && id != ID_M && id != ID_Q;
	out->truth = id == ID_T;
	out->number = id == ID_INF ? (double)INFINITY : 3.0;
	out->text = "Melasma";
	out->item = list;
	out->items = 2;
}

static bool limit(const void *context, const char *quantity, const char *indication, double *out)
{
	(void)context;
	*out = indication != NULL ? 20.0 : 10.0;
	return quantity[0] == 'k';
}

static bool has_row(const void *context, const char *quantity, const char *indication)
{
	(void)context;
	(void)indication;
	return quantity[0] == 'k';
}

static const struct expr_symbols symbols = {.find = find, .limit_known = limit_known};
static const struct expr_source source = {.fact = fact, .limit = limit, .has_row = has_row};

static struct expr_value run(const char *text, enum expr_type type)
{
	struct expr *expr = NULL;
	struct expr_value value;
	struct fail why = {0};
	if (expr_compile(text, "test", &symbols, type, &expr, &why) != ST_OK)
		fail_msg("%s: %s", text, why.text);
	expr_evaluate(expr, &source, &value);
	expr_free(&expr);
	assert_null(expr);
	return value;
}

/* 't', 'f' or 'u' */
static char truth(const char *text)
{
	struct expr_value value = run(text, EXPR_BOOL);
	assert_int_equal(value.type, EXPR_BOOL);
	return !value.known ? 'u' : value.truth ? 't' : 'f';
}

/* Kleene 1952, strong tables. */
static void test_kleene_tables(void **state)
{
	static const char value[] = "tfu", and_table[] = "tfufffufu", or_table[] = "ttttfutuu", not_table[] = "ftu";
	(void)state;
	for (size_t a = 0; a < 3; a++) {
		char text[32];
		snprintf(text, sizeof(text), "not %c", value[a]);
		assert_int_equal(truth(text), not_table[a]);
		for (size_t b = 0; b < 3; b++) {
			snprintf(text, sizeof(text), "%c and %c", value[a], value[b]);
			assert_int_equal(truth(text), and_table[3 * a + b]);
			snprintf(text, sizeof(text), "%c or %c", value[a], value[b]);
			assert_int_equal(truth(text), or_table[3 * a + b]);
		}
	}
}

static void test_truth_of_expressions(void **state)
{
	static const struct {
		const char *text;
		char truth;
	} row[] = {
		{"true", 't'}, {"false", 'f'}, {"1 < 2", 't'}, {"2 < 1", 'f'}, {"2 <= 2", 't'}, {"3 >= 4", 'f'},
		{"2 != 2", 'f'}, {"n == 3", 't'}, {"n > m", 'u'}, {"m == m", 'u'}, {"never < 180", 'f'},
		{"never == never", 't'}, {"never > 1e22", 't'}, {"never < never", 'f'}, {"s == 'melasma'", 't'},
		{"s != \"MELASMA\"", 'f'}, {"s in ['pores', 'melasma']", 't'}, {"s in []", 'f'}, {"'neck' in l", 't'},
		{"contains(l, 'NECK')", 't'}, {"contains(l, 'hand')", 'f'}, {"overlaps(l, ['hand', 'chest'])", 't'},
		{"overlaps(l, ['hand'])", 'f'}, {"any_except(l, ['neck', 'chest'])", 'f'},
		{"any_except(l, ['neck'])", 't'}, {"any_except([], ['neck'])", 'f'}, {"count(l) == 2", 't'},
		{"known(m)", 'f'}, {"known(n)", 't'}, {"known(m) and m > 1", 'f'}, {"known(1 / 0)", 'f'},
		{"1 / 0 > 1", 'u'}, {"never - never == 0", 'u'}, {"t == f", 'f'}, {"t == t", 't'}, {"u == t", 'u'},
		{"not t or t", 't'}, {"not (t or t)", 'f'}, {"f and f or t", 't'}, {"t or f and f", 't'},
		{"not 1 > 2", 't'}, {"limit('k') == 10", 't'}, {"limit('k', 'melasma') == 20", 't'},
		{"n > limit('absent')", 'u'}, {"has_row('k') and n > limit('k')", 'f'}, {"has_row('absent')", 'f'},
		{"if(t, n, m) == 3", 't'}, {"if(f, n, m) == 3", 'u'}, {"if(u, n, n) == 3", 'u'}, {"if(t, t, u)", 't'},
		/* rounding is not exceeding: 0.1 + 0.2 = 0.30000000000000004 in binary */
		{"0.1 + 0.2 > 0.3", 'f'}, {"0.1 + 0.2 <= 0.3", 't'}, {"0.300001 > 0.3", 't'},
		{"1e-7 <= 100e-9", 't'}, {"1.0000001e-7 <= 100e-9", 'f'},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (truth(row[i].text) != row[i].truth)
			fail_msg("%s is not %c", row[i].text, row[i].truth);
}

static void test_arithmetic(void **state)
{
	static const struct {
		const char *text;
		double value;
	} row[] = {
		{"1 + 2 * 3", 7.0}, {"(1 + 2) * 3", 9.0}, {"10 - 4 - 3", 3.0}, {"16 / 4 / 2", 2.0}, {"-n + 1", -2.0},
		{"--n", 3.0}, {"min(n, 5) + max(n, 5)", 8.0}, {"2.50", 2.5}, {"62", 62.0}, {"1e3", 1000.0},
		{"0.1", 0.1}, {"1e-7", 1e-7}, {"355e-3", 0.355}, {"n*-2", -6.0}, {"if(n > 2, 14, 28)", 14.0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct expr_value value = run(row[i].text, EXPR_NUMBER);
		assert_true(value.known);
		if (value.number != row[i].value)
			fail_msg("%s is %.17g, not %.17g", row[i].text, value.number, row[i].value);
	}
}

/* Only what keeps the result open is named: in "f and u" nothing is missing, in "q or u" both are. */
static void test_missing_names_what_matters(void **state)
{
	struct expr *expr = NULL;
	struct expr_value value;
	(void)state;
	assert_int_equal(expr_compile("(n > 5 and q) or (n < 5 and u)", "test", &symbols, EXPR_BOOL, &expr, NULL), ST_OK);
	expr_evaluate(expr, &source, &value);
	assert_false(value.known);
	assert_int_equal(expr_fact_count(expr), 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal((value.missing >> i) & 1, expr_fact_id(expr, i) == ID_U);
	expr_free(&expr);
	assert_true(run("n > limit('absent')", EXPR_BOOL).missing & EXPR_MISSING_LIMIT);
	assert_true(run("n / 0", EXPR_NUMBER).missing & EXPR_MISSING_ARITHMETIC);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *text, *says;
	} row[] = {
		{"", "value is missing"}, {"t and", "value is missing"}, {"(t", "')' expected"}, {"t)", "does not belong"},
		{"t t", "does not belong"}, {"nobody", "no fact 'nobody'"}, {"foo(t)", "no function 'foo'"},
		{"n", "wants a bool, not a number"}, {"t and n", "wants a bool"}, {"n + s > 1", "wants a number"},
		{"n == s", "compared with"}, {"s < s", "have an order"}, {"l == l", "lists are compared"},
		{"1 < 2 < 3", "do not chain"}, {"n in l", "wants a text"}, {"s in s", "wants a list"},
		{"known(u)", "must raise"}, {"known(never)", "must raise"}, {"known(n > 1 and u)", "must raise"},
		{"if(t, n, t)", "one type"}, {"limit(s) > 1", "in quotes"}, {"limit('typo') > 1", "no quantity 'typo'"},
		{"has_row('typo')", "no quantity"}, {"max(1) > 0", "wants 2 arguments"}, {"known(n, n)", "too many"},
		{"count() > 0", "value is missing"}, {"s == 'open", "closing quote"}, {"t # f", "no meaning"},
		{"t & f", "no meaning"}, {"n = 3", "no meaning"}, {"1. > 0", "decimal point"}, {"1e > 0", "after e"},
		{"1e99 > 0", "beyond"}, {"1234567890123456 > 0", "digits"}, {"3n > 0", "runs into"},
		{"and", "where a value is expected"}, {"t or or t", "where a value is expected"}, {"[n] == l", "in quotes"},
		{"contains(['a' 'b'], s)", "',' expected"}, {"-t", "wants a number"}, {"not n", "wants a bool"},
		{"t\nor t", "no meaning"}, {"s == '\x01'", "control character"}, {"\xc3\xa4", "no meaning"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct expr *expr = NULL;
		struct fail why = {0};
		if (expr_compile(row[i].text, "rules.json: R-X.when", &symbols, EXPR_BOOL, &expr, &why) == ST_OK)
			fail_msg("'%s' was taken", row[i].text);
		assert_null(expr);
		if (strstr(why.text, row[i].says) == NULL || strstr(why.text, "R-X.when, column ") == NULL)
			fail_msg("'%s': '%s' does not say '%s'", row[i].text, why.text, row[i].says);
	}
}

static void test_column_of_an_error(void **state)
{
	struct expr *expr = NULL;
	struct fail why = {0};
	(void)state;
	assert_int_equal(expr_compile("t and nobody", "r", &symbols, EXPR_BOOL, &expr, &why), ST_INPUT);
	assert_string_equal(why.text, "r, column 7: there is no fact 'nobody'");
	assert_int_equal(expr_compile("n + 's' > 1", "r", &symbols, EXPR_BOOL, &expr, &why), ST_INPUT);
	assert_non_null(strstr(why.text, "column 5:"));
}

static enum status compile_repeated(const char *before, const char *middle, const char *after, size_t times)
{
	static char text[8192];
	struct expr *expr = NULL;
	size_t at = 0;
	for (size_t i = 0; i < times; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s", before);
	at += (size_t)snprintf(text + at, sizeof(text) - at, "%s", middle);
	for (size_t i = 0; i < times; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s", after);
	enum status status = expr_compile(text, "hostile", &symbols, EXPR_BOOL, &expr, NULL);
	expr_free(&expr);
	return status;
}

/* Depth, size and number of terms end in a status, not in the stack. */
static void test_hostile_sizes(void **state)
{
	(void)state;
	assert_int_equal(compile_repeated("(", "t", ")", 10), ST_OK);
	assert_int_equal(compile_repeated("(", "t", ")", 500), ST_FULL);
	assert_int_equal(compile_repeated("not ", "t", "", 200), ST_FULL);
	assert_int_equal(compile_repeated("", "1 > ", "-", 300), ST_FULL);
	assert_int_equal(compile_repeated("t or ", "t", "", 60), ST_OK);
	assert_int_equal(compile_repeated("t or ", "t", "", 150), ST_FULL);
	assert_int_equal(compile_repeated("t and t or ", "t", "", 600), ST_FULL);
	assert_int_equal(compile_repeated("known(", "n", ")", 300), ST_FULL);
	assert_int_equal(compile_repeated("", "s in ['a'", ",'b'", 100), ST_INPUT); /* no closing bracket */
	assert_int_equal(compile_repeated("", "s in ['a'", ",'b'", 200), ST_FULL);
}

/* Random bytes and random tokens: refused or taken, never a crash (run under the sanitisers). */
static void test_random_texts(void **state)
{
	static const char *const token[] = {"t", "u", "n", "s", "l", "(", ")", "[", "]", ",", "and", "or", "not", "<",
	                                    "==", "in", "+", "-", "/", "1", "0", "'a'", "known", "if", "limit", "count"};
	uint64_t random = 88172645463325252u;
	unsigned taken = 0;
	(void)state;
	for (unsigned round = 0; round < 40000; round++) {
		char text[128] = "";
		size_t at = 0;
		for (unsigned i = 0; i < 1 + round % 9; i++) {
			random ^= random << 13, random ^= random >> 7, random ^= random << 17;
			const char *word = token[random % (sizeof(token) / sizeof(token[0]))];
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s ", word);
		}
		struct expr *expr = NULL;
		struct expr_value value;
		if (expr_compile(text, "random", &symbols, EXPR_BOOL, &expr, NULL) == ST_OK) {
			expr_evaluate(expr, &source, &value);
			taken++;
		}
		expr_free(&expr);
	}
	assert_true(taken > 200);
}

/* --- facts ------------------------------------------------------------------------------------------ */

static struct expr_value get(const struct facts *facts, const char *name)
{
	struct expr_value value;
	size_t id;
	assert_true(facts_find(name, &id));
	facts_get(facts, id, &value);
	return value;
}

static void test_fact_table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < facts_spec_count(); i++) {
		const struct fact_spec *spec = facts_spec(i);
		size_t id;
		assert_true(facts_find(spec->name, &id));
		assert_int_equal(id, i); /* no name twice */
		assert_true(strlen(spec->wording) > 2);
		assert_true((spec->kind == FACT_QUESTION) == (spec->no != NO_IS_NOT_AN_ANSWER));
		assert_true(spec->type != EXPR_NUMBER || spec->max > spec->min);
		if (spec->kind == FACT_QUESTION)
			assert_non_null(strchr(spec->wording, '?'));
		if (spec->asked_as != NULL)
			assert_true(facts_find(spec->asked_as, &id));
	}
}

static void test_silence_is_not_no(void **state)
{
	struct facts *facts = NULL;
	(void)state;
	assert_int_equal(facts_new(&facts, NULL), ST_OK);
	assert_false(get(facts, "keloid").known);
	assert_int_equal(facts_set_unanswered(facts, "keloid", NULL), ST_OK);
	facts_answer_all_other_questions_no(facts);
	assert_false(get(facts, "keloid").known); /* asked and not answered stays so */
	assert_true(get(facts, "pih_history").known && !get(facts, "pih_history").truth);
	assert_true(isinf(get(facts, "isotretinoin_stopped_days_ago").number));
	assert_true(get(facts, "low_fluence_1064_visits").number == 0.0);
	assert_int_equal(get(facts, "drugs").items, 0);
	assert_false(get(facts, "age_y").known); /* a reading is no question */
	assert_false(get(facts, "consent_signed").known);
	facts_free(&facts);
	assert_null(facts);
}

static void test_answers_of_many_shapes(void **state)
{
	static const char *const implants[] = {"dual-chamber pacemaker", "cochlear"};
	static const char *const none[] = {"none"};
	struct facts *facts = NULL, *copy = NULL;
	(void)state;
	assert_int_equal(facts_new(&facts, NULL), ST_OK);
	assert_int_equal(facts_set_list(facts, "active_implants", implants, 2, NULL), ST_OK);
	assert_int_equal(facts_clone(facts, &copy, NULL), ST_OK);
	assert_int_equal(facts_set_list(facts, "active_implants", none, 1, NULL), ST_OK);
	assert_int_equal(get(facts, "active_implants").items, 0);
	assert_int_equal(get(copy, "active_implants").items, 2);
	assert_string_equal(get(copy, "active_implants").item[1], "cochlear");
	assert_int_equal(facts_set_bool(facts, "gold_therapy", true, NULL), ST_OK);
	assert_int_equal(get(facts, "gold_therapy").items, 1);
	assert_int_equal(facts_set_text(facts, "gold_therapy", "edible", NULL), ST_OK);
	assert_string_equal(get(facts, "gold_therapy").item[0], "edible");
	assert_int_equal(facts_set_text(facts, "keloid", "yes", NULL), ST_OK);
	assert_true(get(facts, "keloid").truth);
	/* yes to "how many days ago": the number is still missing */
	assert_int_equal(facts_set_bool(facts, "isotretinoin_stopped_days_ago", true, NULL), ST_OK);
	assert_false(get(facts, "isotretinoin_stopped_days_ago").known);
	/* the pregnancy question is not asked of a man, but a given answer stands */
	assert_false(get(facts, "pregnant").known);
	assert_int_equal(facts_set_text(facts, "sex", "M", NULL), ST_OK);
	assert_true(get(facts, "pregnant").known && !get(facts, "pregnant").truth);
	assert_int_equal(facts_set_bool(facts, "pregnant", true, NULL), ST_OK);
	assert_true(get(facts, "pregnant").truth);
	facts_free(&facts);
	facts_free(&copy);
}

static void test_wrong_answers_are_refused(void **state)
{
	struct facts *facts = NULL;
	struct fail why = {0};
	(void)state;
	assert_int_equal(facts_new(&facts, NULL), ST_OK);
	assert_int_equal(facts_set_number(facts, "nonsense", 1.0, &why), ST_NOT_FOUND);
	assert_non_null(strstr(why.text, "nonsense"));
	assert_int_equal(facts_set_number(facts, "age_y", 121.0, &why), ST_RANGE);
	assert_non_null(strstr(why.text, "0..120"));
	assert_int_equal(facts_set_number(facts, "age_y", NAN, &why), ST_RANGE);
	assert_int_equal(facts_set_number(facts, "age_y", (double)INFINITY, &why), ST_RANGE);
	assert_int_equal(facts_set_number(facts, "uv_last_days", -1.0, &why), ST_RANGE);
	assert_int_equal(facts_set_number(facts, "keloid", 1.0, &why), ST_INPUT);
	assert_int_equal(facts_set_text(facts, "keloid", "perhaps", &why), ST_INPUT);
	assert_int_equal(facts_set_bool(facts, "energy_mJ", true, &why), ST_INPUT);
	assert_int_equal(facts_set_bool(facts, "energy_mJ", false, &why), ST_INPUT);
	assert_int_equal(facts_set_unanswered(facts, "energy_mJ", &why), ST_INPUT);
	assert_false(get(facts, "age_y").known || get(facts, "keloid").known || get(facts, "energy_mJ").known);
	facts_free(&facts);
}

static void test_records_are_flattened(void **state)
{
	(void)state;
	assert_string_equal(facts_question_in_record("last_treatment", 0)->name, "last_treatment_days_ago");
	assert_string_equal(facts_question_in_record("last_treatment", 2)->name, "last_treatment_response");
	assert_null(facts_question_in_record("last_treatment", 3));
	assert_string_equal(facts_question_in_record("tattoo", 1)->name, "tattoo_colours");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kleene_tables),
		cmocka_unit_test(test_truth_of_expressions),
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_missing_names_what_matters),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_column_of_an_error),
		cmocka_unit_test(test_hostile_sizes),
		cmocka_unit_test(test_random_texts),
		cmocka_unit_test(test_fact_table_is_sound),
		cmocka_unit_test(test_silence_is_not_no),
		cmocka_unit_test(test_answers_of_many_shapes),
		cmocka_unit_test(test_wrong_answers_are_refused),
		cmocka_unit_test(test_records_are_flattened),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
