/* Entry of one number: what is typed, its unit and range, and why it was refused.
 *
 * Numbers are read without regard to the locale: digits, one point, a leading minus. A comma is explained,
 * not guessed, because 1,250 and 1,25 are different numbers in different countries.
 */
#ifndef LASERTWIN_UI_ENTRY_H
#define LASERTWIN_UI_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/status.h"

#define ENTRY_DIGITS_MAX 16
#define ENTRY_TEXT_MAX 160

enum entry_kind { ENTRY_READING, ENTRY_SETTING };

struct entry {
	enum entry_kind kind;
	int id; /* enum reading or enum setting_id */
	char title[ENTRY_TEXT_MAX], unit[24], range[ENTRY_TEXT_MAX], before[48];
	char typed[ENTRY_DIGITS_MAX + 1];
	struct fail refusal; /* text empty: none */
};

/* Takes a typed character if it can be part of a number (a comma too, to be explained); clears the refusal. */
bool entry_type(struct entry *entry, int key);
void entry_erase(struct entry *entry);

/* ST_INPUT for what is not a number, with the way to write it. */
enum status entry_number(const char *typed, double *out, struct fail *why) MUST_CHECK;

#endif
