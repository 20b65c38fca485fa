/* Entry of one value: what is typed, its unit and range, and why it was refused.
 *
 * Readings and settings are numbers. Answers to questions are free text: a number, names with commas between,
 * or no. Numbers are read without regard to the locale: digits, one point, a leading minus. A comma is explained,
 * not guessed, because 1,250 and 1,25 are different numbers in different countries.
 */
#ifndef LASERTWIN_UI_ENTRY_H
#define LASERTWIN_UI_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/status.h"

#define ENTRY_DIGITS_MAX 16
#define ENTRY_TEXT_MAX 160
#define ENTRY_TYPED_MAX 400 /* bytes of an answer */

enum entry_kind { ENTRY_READING, ENTRY_SETTING, ENTRY_ANSWER };

struct entry {
	enum entry_kind kind;
	int id; /* enum reading, enum setting_id, or the question's fact */
	char title[ENTRY_TEXT_MAX], unit[24], range[ENTRY_TEXT_MAX], before[48];
	char typed[ENTRY_TYPED_MAX + 1];
	struct fail refusal; /* text empty: none */
};

/* Takes a typed character if it can be part of a number (a comma too, to be explained) or of an answer;
 * clears the refusal. */
bool entry_type(struct entry *entry, int key);
void entry_erase(struct entry *entry); /* the last character */

/* ST_INPUT for what is not a number, with the way to write it. */
enum status entry_number(const char *typed, double *out, struct fail *why) MUST_CHECK;

/* Splits at commas, trims blanks, leaves out what is empty. item points into text, which is changed; returns
 * the number of items, at most capacity + 1 (then there are more). */
size_t entry_split(char *text, const char **item, size_t capacity);

#endif
