/* What is different between two versions of a plan, in words: settings first, then verdict, findings, prediction,
 * readings, answers and twin. Pure; reads the JSON the store keeps. */
#ifndef LASERTWIN_PLAN_DIFFERENCE_H
#define LASERTWIN_PLAN_DIFFERENCE_H

#include <stddef.h>

#include "physics/base/status.h"

enum difference_section {
	DIFFERENCE_REQUEST, /* device, indication, zones */
	DIFFERENCE_SETTINGS,
	DIFFERENCE_VERDICT,
	DIFFERENCE_FINDINGS,
	DIFFERENCE_PREDICTION,
	DIFFERENCE_NUMBERS,
	DIFFERENCE_READINGS,
	DIFFERENCE_ANSWERS,
	DIFFERENCE_TWIN,
	DIFFERENCE_MODELS, /* models, library and program versions */
	DIFFERENCE_SECTIONS
};
const char *difference_section_name(enum difference_section section);

#define DIFFERENCE_KEY_MAX 96
#define DIFFERENCE_VALUE_MAX 160

struct difference_line {
	enum difference_section section;
	char key[DIFFERENCE_KEY_MAX];
	char before[DIFFERENCE_VALUE_MAX], after[DIFFERENCE_VALUE_MAX]; /* with unit; "": not there */
};

struct difference {
	size_t count;
	struct difference_line *line; /* in the order of the sections, then of the keys */
	size_t same;                  /* values compared and found equal */
};

/* The documents of one version; NULL: not compared. Borrowed. */
struct difference_side {
	const char *plan, *readings, *twin;
	size_t plan_len, readings_len, twin_len;
};

/* Numbers that agree to nine digits are the same. ST_INPUT: a document cannot be read. */
enum status difference_of(const struct difference_side *before, const struct difference_side *after,
                          struct difference *out, struct fail *why) MUST_CHECK;
void difference_free(struct difference *difference);
/* Gives a malloc'ed text. */
enum status difference_json(const struct difference *difference, char **out, struct fail *why) MUST_CHECK;

#endif
