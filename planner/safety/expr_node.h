/* The compiled form shared by expr_compile.c and expr.c: a flat array of typed nodes, children by index. */
#ifndef LASERTWIN_EXPR_NODE_H
#define LASERTWIN_EXPR_NODE_H

#include "planner/safety/expr.h"

#define EXPR_ITEMS_MAX 128   /* texts in list literals of one expression */
#define EXPR_CHILDREN_MAX 3

enum expr_op {
	OP_NUMBER, OP_BOOL, OP_TEXT, OP_LIST, OP_FACT,
	OP_NOT, OP_NEGATE, OP_AND, OP_OR,
	OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL, OP_EQUAL, OP_NOT_EQUAL, OP_IN,
	OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE,
	OP_KNOWN, OP_CONTAINS, OP_OVERLAPS, OP_ANY_EXCEPT, OP_COUNT, OP_MIN, OP_MAX, OP_IF, OP_LIMIT, OP_HAS_ROW,
	OPS
};

struct expr_node {
	enum expr_op op;
	enum expr_type type;
	bool asks; /* it or something below it is a question to the patient */
	size_t child[EXPR_CHILDREN_MAX];
	size_t children;
	double number;
	bool truth;
	const char *text;       /* text literal */
	size_t first, items;    /* list literal: item[first .. first + items) */
	size_t fact;            /* index into fact_id */
};

struct expr {
	char source[EXPR_TEXT_MAX + 1];
	char pool[EXPR_TEXT_MAX + 1]; /* text literals, each ended by 0: never longer than the source */
	size_t pool_used;
	const char *item[EXPR_ITEMS_MAX];
	size_t items;
	struct expr_node node[EXPR_NODES_MAX];
	size_t nodes, root;
	int fact_id[EXPR_FACTS_MAX];
	size_t facts;
};

#endif
