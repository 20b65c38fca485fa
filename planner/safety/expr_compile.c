/* Compiler of rule expressions: scanner, recursive descent, type check. Errors name origin and column.
 *
 *   or    = and { "or" and }                     primary = number | text | "true" | "false" | list | name
 *   and   = not { "and" not }                            | name "(" or { "," or } ")" | "(" or ")"
 *   not   = "not" not | compare
 *   compare = sum [ ( "<" | "<=" | ">" | ">=" | "==" | "!=" | "in" ) sum ]
 *   sum   = product { ("+" | "-") product }      product = unary { ("*" | "/") unary }
 *   unary = "-" unary | primary                  list = "[" [ text { "," text } ] "]"
 */
#include "planner/safety/expr.h"

#include <stdarg.h>

#include "planner/safety/expr_node.h"

#define TOKEN_TEXT_MAX 64
#define NUMBER_DIGITS_MAX 15  /* below 2^53: the integer is exact */
#define NUMBER_EXPONENT_MAX 22 /* 10^22 is the largest exact power of ten in a double */

enum token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_NAME, TOKEN_SIGN };

struct token {
	enum token_kind kind;
	size_t column;
	double number;
	char text[TOKEN_TEXT_MAX];
};

struct compiler {
	const char *text, *origin;
	size_t at;
	struct token token;
	struct expr *expr;
	const struct expr_symbols *symbols;
	unsigned depth;
	enum status status;
	struct fail *why;
};

#define NO_NODE SIZE_MAX

__attribute__((format(printf, 4, 5)))
static void refuse(struct compiler *c, enum status code, size_t column, const char *format, ...)
{
	char text[256];
	va_list arguments;
	if (c->status != ST_OK)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	c->status = fail_set(c->why, code, c->origin, "%s, column %zu: %s", c->origin, column + 1, text);
}

/* --- scanner ---------------------------------------------------------------------------------------- */

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static bool is_name(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' || is_digit(ch);
}

struct decimal {
	double integer;
	int digits, exponent;
};

static void scan_digits(struct compiler *c, struct decimal *decimal, bool fraction)
{
	for (; is_digit(c->text[c->at]); c->at++) {
		decimal->integer = 10.0 * decimal->integer + (c->text[c->at] - '0');
		decimal->digits += decimal->integer > 0.0;
		decimal->exponent -= fraction;
	}
}

static int scan_exponent(struct compiler *c)
{
	int exponent = 0, sign = 1;
	c->at++;
	if (c->text[c->at] == '-' || c->text[c->at] == '+')
		sign = c->text[c->at++] == '-' ? -1 : 1;
	if (!is_digit(c->text[c->at]))
		refuse(c, ST_INPUT, c->at, "a digit is missing after e");
	for (; is_digit(c->text[c->at]); c->at++)
		exponent = exponent < 100 ? 10 * exponent + (c->text[c->at] - '0') : exponent;
	return sign * exponent;
}

/* Free of the locale, and correctly rounded: an exact integer times or over an exact power of ten. */
static void scan_number(struct compiler *c)
{
	struct decimal decimal = {0};
	scan_digits(c, &decimal, false);
	if (c->text[c->at] == '.') {
		c->at++;
		if (!is_digit(c->text[c->at]))
			refuse(c, ST_INPUT, c->at, "a digit is missing after the decimal point");
		scan_digits(c, &decimal, true);
	}
	if (c->text[c->at] == 'e' || c->text[c->at] == 'E')
		decimal.exponent += scan_exponent(c);
	if (decimal.digits > NUMBER_DIGITS_MAX || abs(decimal.exponent) > NUMBER_EXPONENT_MAX)
		refuse(c, ST_INPUT, c->token.column, "number with more than %d digits or beyond 1e%d", NUMBER_DIGITS_MAX,
		       NUMBER_EXPONENT_MAX);
	if (is_name(c->text[c->at]))
		refuse(c, ST_INPUT, c->at, "a number runs into a name");
	c->token.kind = TOKEN_NUMBER;
	c->token.number = decimal.exponent < 0 ? decimal.integer / pow(10.0, -decimal.exponent)
	                                       : decimal.integer * pow(10.0, decimal.exponent);
}

static void token_append(struct compiler *c, size_t *length, char ch)
{
	if (*length + 1 >= TOKEN_TEXT_MAX) {
		refuse(c, ST_FULL, c->token.column, "name or text of more than %d characters", TOKEN_TEXT_MAX - 1);
		return;
	}
	c->token.text[(*length)++] = ch;
	c->token.text[*length] = '\0';
}

static void scan_name(struct compiler *c)
{
	size_t length = 0;
	c->token.kind = TOKEN_NAME;
	while (is_name(c->text[c->at]))
		token_append(c, &length, c->text[c->at++]);
}

static void scan_text(struct compiler *c)
{
	size_t length = 0;
	char quote = c->text[c->at++];
	c->token.kind = TOKEN_TEXT;
	c->token.text[0] = '\0';
	while (c->text[c->at] != quote) {
		unsigned char ch = (unsigned char)c->text[c->at];
		if (ch < ' ' || ch == 0x7f) {
			refuse(c, ST_INPUT, c->token.column, "text without closing quote, or with a control character");
			return;
		}
		token_append(c, &length, c->text[c->at++]);
	}
	c->at++;
}

static void scan_sign(struct compiler *c)
{
	static const char *const sign[] = {"<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/",
	                                   "(", ")", "[", "]", ","};
	for (size_t i = 0; i < sizeof(sign) / sizeof(sign[0]); i++) {
		size_t length = strlen(sign[i]);
		if (strncmp(c->text + c->at, sign[i], length) != 0)
			continue;
		c->token.kind = TOKEN_SIGN;
		memcpy(c->token.text, sign[i], length + 1);
		c->at += length;
		return;
	}
	refuse(c, ST_INPUT, c->at, "character '%.1s' has no meaning here", c->text + c->at);
}

static void next(struct compiler *c)
{
	while (c->text[c->at] == ' ')
		c->at++;
	c->token = (struct token){.kind = TOKEN_END, .column = c->at};
	char ch = c->text[c->at];
	if (c->status != ST_OK || ch == '\0')
		return;
	if (is_digit(ch))
		scan_number(c);
	else if (is_name(ch))
		scan_name(c);
	else if (ch == '"' || ch == '\'')
		scan_text(c);
	else
		scan_sign(c);
	if (c->status != ST_OK)
		c->token.kind = TOKEN_END;
}

static bool at_sign(const struct compiler *c, const char *sign)
{
	return c->token.kind == TOKEN_SIGN && strcmp(c->token.text, sign) == 0;
}

static bool at_word(const struct compiler *c, const char *word)
{
	return c->token.kind == TOKEN_NAME && strcmp(c->token.text, word) == 0;
}

static bool accept_sign(struct compiler *c, const char *sign)
{
	if (!at_sign(c, sign))
		return false;
	next(c);
	return true;
}

static void expect_sign(struct compiler *c, const char *sign)
{
	if (!accept_sign(c, sign))
		refuse(c, ST_INPUT, c->token.column, "'%s' expected", sign);
}

/* --- nodes ------------------------------------------------------------------------------------------ */

static size_t add_node(struct compiler *c, struct expr_node node)
{
	struct expr *expr = c->expr;
	if (c->status != ST_OK)
		return NO_NODE;
	if (expr->nodes == EXPR_NODES_MAX) {
		refuse(c, ST_FULL, c->token.column, "more than %d terms", EXPR_NODES_MAX);
		return NO_NODE;
	}
	for (size_t i = 0; i < node.children; i++)
		node.asks = node.asks || expr->node[node.child[i]].asks;
	expr->node[expr->nodes] = node;
	return expr->nodes++;
}

static enum expr_type type_of(const struct compiler *c, size_t node)
{
	return c->expr->node[node].type;
}

static bool want_type(struct compiler *c, size_t node, enum expr_type type, size_t column, const char *where)
{
	if (c->status != ST_OK)
		return false;
	if (type_of(c, node) == type)
		return true;
	refuse(c, ST_INPUT, column, "%s wants a %s, not a %s", where, expr_type_name(type),
	       expr_type_name(type_of(c, node)));
	return false;
}

static const char *pool_text(struct compiler *c, const char *text)
{
	size_t length = strlen(text);
	BUG_ON(c->expr->pool_used + length >= sizeof(c->expr->pool)); /* two quotes are longer than one 0 */
	char *copy = c->expr->pool + c->expr->pool_used;
	memcpy(copy, text, length + 1);
	c->expr->pool_used += length + 1;
	return copy;
}

static size_t binary(struct compiler *c, enum expr_op op, enum expr_type type, size_t a, size_t b)
{
	return add_node(c, (struct expr_node){.op = op, .type = type, .child = {a, b}, .children = 2});
}

/* --- parser ----------------------------------------------------------------------------------------- */

static size_t parse_or(struct compiler *c);

static bool enter(struct compiler *c)
{
	if (++c->depth > EXPR_DEPTH_MAX)
		refuse(c, ST_FULL, c->token.column, "nested deeper than %d", EXPR_DEPTH_MAX);
	return c->status == ST_OK;
}

static size_t parse_list(struct compiler *c)
{
	struct expr_node node = {.op = OP_LIST, .type = EXPR_LIST, .first = c->expr->items};
	next(c);
	while (c->status == ST_OK && !at_sign(c, "]")) {
		if (node.items > 0)
			expect_sign(c, ",");
		if (c->status == ST_OK && c->token.kind != TOKEN_TEXT)
			refuse(c, ST_INPUT, c->token.column, "a list holds texts in quotes");
		if (c->status == ST_OK && c->expr->items == EXPR_ITEMS_MAX)
			refuse(c, ST_FULL, c->token.column, "more than %d list items", EXPR_ITEMS_MAX);
		if (c->status != ST_OK)
			return NO_NODE;
		c->expr->item[c->expr->items++] = pool_text(c, c->token.text);
		node.items++;
		next(c);
	}
	expect_sign(c, "]");
	return add_node(c, node);
}

static bool fact_slot(struct compiler *c, int id, size_t column, size_t *slot)
{
	struct expr *expr = c->expr;
	for (*slot = 0; *slot < expr->facts; (*slot)++)
		if (expr->fact_id[*slot] == id)
			return true;
	if (expr->facts == EXPR_FACTS_MAX) {
		refuse(c, ST_FULL, column, "more than %d different facts", EXPR_FACTS_MAX);
		return false;
	}
	expr->fact_id[expr->facts++] = id;
	return true;
}

static size_t parse_fact(struct compiler *c, const struct token *name)
{
	struct expr_symbol symbol;
	struct expr_node node = {.op = OP_FACT};
	if (!c->symbols->find(c->symbols->context, name->text, &symbol)) {
		refuse(c, ST_INPUT, name->column, "there is no fact '%s'", name->text);
		return NO_NODE;
	}
	if (!fact_slot(c, symbol.id, name->column, &node.fact))
		return NO_NODE;
	node.type = symbol.type;
	node.asks = symbol.question;
	return add_node(c, node);
}

/* Functions by name: argument types, result; EXPR_TYPES stands for "any" (known) or "as the second" (if). */
struct function {
	const char *name;
	enum expr_op op;
	size_t min, max;
	enum expr_type argument[EXPR_CHILDREN_MAX], result;
};

static const struct function functions[] = {
	{"known", OP_KNOWN, 1, 1, {EXPR_TYPES}, EXPR_BOOL},
	{"contains", OP_CONTAINS, 2, 2, {EXPR_LIST, EXPR_TEXT}, EXPR_BOOL},
	{"overlaps", OP_OVERLAPS, 2, 2, {EXPR_LIST, EXPR_LIST}, EXPR_BOOL},
	{"any_except", OP_ANY_EXCEPT, 2, 2, {EXPR_LIST, EXPR_LIST}, EXPR_BOOL},
	{"count", OP_COUNT, 1, 1, {EXPR_LIST}, EXPR_NUMBER},
	{"min", OP_MIN, 2, 2, {EXPR_NUMBER, EXPR_NUMBER}, EXPR_NUMBER},
	{"max", OP_MAX, 2, 2, {EXPR_NUMBER, EXPR_NUMBER}, EXPR_NUMBER},
	{"if", OP_IF, 3, 3, {EXPR_BOOL, EXPR_TYPES, EXPR_TYPES}, EXPR_TYPES},
	{"limit", OP_LIMIT, 1, 2, {EXPR_TEXT, EXPR_TEXT}, EXPR_NUMBER},
	{"has_row", OP_HAS_ROW, 1, 2, {EXPR_TEXT, EXPR_TEXT}, EXPR_BOOL},
};

static const struct function *find_function(const char *name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strcmp(functions[i].name, name) == 0)
			return &functions[i];
	return NULL;
}

/* What types alone do not say. */
static void check_call(struct compiler *c, const struct expr_node *node, size_t column)
{
	const struct expr_node *nodes = c->expr->node;
	if (node->op == OP_KNOWN && nodes[node->child[0]].asks)
		refuse(c, ST_INPUT, column, "known() of a question: an unanswered question must raise its rule");
	if (node->op == OP_IF && nodes[node->child[1]].type != nodes[node->child[2]].type)
		refuse(c, ST_INPUT, column, "if() wants two values of one type");
	if (node->op != OP_LIMIT && node->op != OP_HAS_ROW)
		return;
	for (size_t i = 0; i < node->children; i++)
		if (nodes[node->child[i]].op != OP_TEXT)
			refuse(c, ST_INPUT, column, "limit names are written in quotes");
	const char *quantity = nodes[node->child[0]].text;
	if (c->status == ST_OK && c->symbols->limit_known != NULL &&
	    !c->symbols->limit_known(c->symbols->context, quantity))
		refuse(c, ST_INPUT, column, "the limits table has no quantity '%s'", quantity);
}

static bool parse_arguments(struct compiler *c, const struct function *function, struct expr_node *node)
{
	do {
		size_t column = c->token.column;
		if (node->children == function->max) {
			refuse(c, ST_INPUT, column, "too many arguments for %s()", function->name);
			return false;
		}
		size_t argument = parse_or(c);
		enum expr_type wanted = function->argument[node->children];
		if (c->status != ST_OK ||
		    (wanted != EXPR_TYPES && !want_type(c, argument, wanted, column, function->name)))
			return false;
		node->child[node->children++] = argument;
	} while (accept_sign(c, ","));
	return true;
}

static size_t parse_call(struct compiler *c, const struct token *name)
{
	const struct function *function = find_function(name->text);
	if (function == NULL) {
		refuse(c, ST_INPUT, name->column, "there is no function '%s'", name->text);
		return NO_NODE;
	}
	struct expr_node node = {.op = function->op, .type = function->result};
	next(c);
	if (!parse_arguments(c, function, &node))
		return NO_NODE;
	expect_sign(c, ")");
	if (c->status == ST_OK && node.children < function->min)
		refuse(c, ST_INPUT, name->column, "%s() wants %zu arguments", function->name, function->min);
	if (c->status == ST_OK)
		check_call(c, &node, name->column);
	if (c->status != ST_OK)
		return NO_NODE;
	if (node.op == OP_IF)
		node.type = type_of(c, node.child[1]);
	return add_node(c, node);
}

static size_t parse_named(struct compiler *c)
{
	static const char *const reserved[] = {"and", "or", "not", "in"};
	struct token name = c->token;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(name.text, reserved[i]) == 0)
			refuse(c, ST_INPUT, name.column, "'%s' stands where a value is expected", name.text);
	next(c);
	if (at_sign(c, "("))
		return parse_call(c, &name);
	if (strcmp(name.text, "true") == 0 || strcmp(name.text, "false") == 0)
		return add_node(c, (struct expr_node){.op = OP_BOOL, .type = EXPR_BOOL,
		                                      .truth = strcmp(name.text, "true") == 0});
	return c->status == ST_OK ? parse_fact(c, &name) : NO_NODE;
}

static size_t parse_parentheses(struct compiler *c)
{
	next(c);
	size_t inner = parse_or(c);
	expect_sign(c, ")");
	return inner;
}

static size_t parse_primary(struct compiler *c)
{
	struct expr_node node = {0};
	if (c->token.kind == TOKEN_NAME)
		return parse_named(c);
	if (at_sign(c, "("))
		return parse_parentheses(c);
	if (at_sign(c, "["))
		return parse_list(c);
	if (c->token.kind == TOKEN_NUMBER) {
		node = (struct expr_node){.op = OP_NUMBER, .type = EXPR_NUMBER, .number = c->token.number};
	} else if (c->token.kind == TOKEN_TEXT) {
		node = (struct expr_node){.op = OP_TEXT, .type = EXPR_TEXT, .text = pool_text(c, c->token.text)};
	} else {
		refuse(c, ST_INPUT, c->token.column, "a value is missing");
		return NO_NODE;
	}
	next(c);
	return add_node(c, node);
}

static size_t parse_unary(struct compiler *c)
{
	size_t column = c->token.column;
	if (!at_sign(c, "-"))
		return parse_primary(c);
	next(c);
	if (!enter(c))
		return NO_NODE;
	size_t operand = parse_unary(c);
	c->depth--;
	if (!want_type(c, operand, EXPR_NUMBER, column, "'-'"))
		return NO_NODE;
	return add_node(c, (struct expr_node){.op = OP_NEGATE, .type = EXPR_NUMBER, .child = {operand},
	                                      .children = 1});
}

struct operator {
	const char *sign;
	enum expr_op op;
};

static const struct operator *find_operator(const struct compiler *c, const struct operator *table, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (at_sign(c, table[i].sign) || at_word(c, table[i].sign))
			return &table[i];
	return NULL;
}

/* One level of left-associative operators of one type. */
static size_t parse_chain(struct compiler *c, const struct operator *table, size_t count, enum expr_type type,
                          size_t (*operand)(struct compiler *))
{
	size_t column = c->token.column;
	size_t left = operand(c);
	const struct operator *found;
	while (c->status == ST_OK && (found = find_operator(c, table, count)) != NULL) {
		if (!want_type(c, left, type, column, found->sign))
			return NO_NODE;
		next(c);
		size_t right_column = c->token.column;
		size_t right = operand(c);
		if (!want_type(c, right, type, right_column, found->sign))
			return NO_NODE;
		left = binary(c, found->op, type, left, right);
	}
	return left;
}

static size_t parse_product(struct compiler *c)
{
	static const struct operator table[] = {{"*", OP_MULTIPLY}, {"/", OP_DIVIDE}};
	return parse_chain(c, table, 2, EXPR_NUMBER, parse_unary);
}

static size_t parse_sum(struct compiler *c)
{
	static const struct operator table[] = {{"+", OP_ADD}, {"-", OP_SUBTRACT}};
	return parse_chain(c, table, 2, EXPR_NUMBER, parse_product);
}

static void check_comparison(struct compiler *c, enum expr_op op, size_t left, size_t right, size_t column)
{
	enum expr_type a = type_of(c, left), b = type_of(c, right);
	if (op == OP_IN) {
		want_type(c, left, EXPR_TEXT, column, "the left of in");
		want_type(c, right, EXPR_LIST, column, "the right of in");
	} else if (a != b) {
		refuse(c, ST_INPUT, column, "a %s is compared with a %s", expr_type_name(a), expr_type_name(b));
	} else if (a == EXPR_LIST) {
		refuse(c, ST_INPUT, column, "lists are compared with contains(), overlaps() or any_except()");
	} else if (a != EXPR_NUMBER && op != OP_EQUAL && op != OP_NOT_EQUAL) {
		refuse(c, ST_INPUT, column, "only numbers have an order");
	}
}

static size_t parse_compare(struct compiler *c)
{
	static const struct operator table[] = {
		{"<", OP_LESS}, {"<=", OP_LESS_EQUAL}, {">", OP_GREATER}, {">=", OP_GREATER_EQUAL},
		{"==", OP_EQUAL}, {"!=", OP_NOT_EQUAL}, {"in", OP_IN},
	};
	const size_t count = sizeof(table) / sizeof(table[0]);
	size_t left = parse_sum(c);
	const struct operator *found = c->status == ST_OK ? find_operator(c, table, count) : NULL;
	if (found == NULL)
		return left;
	size_t column = c->token.column;
	next(c);
	size_t right = parse_sum(c);
	if (c->status == ST_OK)
		check_comparison(c, found->op, left, right, column);
	if (c->status == ST_OK && find_operator(c, table, count) != NULL)
		refuse(c, ST_INPUT, c->token.column, "comparisons do not chain; join them with and");
	return binary(c, found->op, EXPR_BOOL, left, right);
}

static size_t parse_not(struct compiler *c)
{
	if (!at_word(c, "not"))
		return parse_compare(c);
	next(c);
	size_t column = c->token.column;
	if (!enter(c))
		return NO_NODE;
	size_t operand = parse_not(c);
	c->depth--;
	if (!want_type(c, operand, EXPR_BOOL, column, "not"))
		return NO_NODE;
	return add_node(c, (struct expr_node){.op = OP_NOT, .type = EXPR_BOOL, .child = {operand},
	                                      .children = 1});
}

static size_t parse_and(struct compiler *c)
{
	static const struct operator table[] = {{"and", OP_AND}};
	return parse_chain(c, table, 1, EXPR_BOOL, parse_not);
}

static size_t parse_or(struct compiler *c)
{
	static const struct operator table[] = {{"or", OP_OR}};
	if (!enter(c))
		return NO_NODE;
	size_t node = parse_chain(c, table, 1, EXPR_BOOL, parse_and);
	c->depth--;
	return node;
}

enum status expr_compile(const char *text, const char *origin, const struct expr_symbols *symbols,
                         enum expr_type wanted, struct expr **out, struct fail *why)
{
	size_t length = strlen(text);
	if (length > EXPR_TEXT_MAX)
		return fail_set(why, ST_FULL, origin, "%s: expression of %zu characters (at most %d)", origin, length,
		                EXPR_TEXT_MAX);
	struct expr *expr = calloc(1, sizeof(*expr));
	if (expr == NULL)
		return fail_set(why, ST_FULL, origin, "no memory for a rule's condition");
	memcpy(expr->source, text, length + 1);
	struct compiler c = {.text = expr->source, .origin = origin, .expr = expr, .symbols = symbols, .why = why};
	next(&c);
	expr->root = parse_or(&c);
	if (c.status == ST_OK && c.token.kind != TOKEN_END)
		refuse(&c, ST_INPUT, c.token.column, "'%s' does not belong here", c.token.text);
	if (c.status == ST_OK)
		want_type(&c, expr->root, wanted, 0, "the expression");
	if (c.status != ST_OK) {
		expr_free(&expr);
		return c.status;
	}
	*out = expr;
	return ST_OK;
}

void expr_free(struct expr **expr)
{
	if (expr == NULL)
		return;
	free(*expr);
	*expr = NULL;
}
