/* Who the patient is, as far as two people at a bedside can check it: name, record number, birth. */
#ifndef LASERTWIN_PLAN_IDENTITY_H
#define LASERTWIN_PLAN_IDENTITY_H

#include "planner/store/store.h"

struct identity {
	char name[STORE_LABEL_MAX + 1];
	char record_number[STORE_RECORD_NUMBER_MAX + 1];
	char birth[STORE_BIRTH_MAX + 1];
	char sex;
};

void identity_of(const struct store_patient *patient, struct identity *out);
/* What an approval is bound to: another name, number, birth or sex is another digest. */
void identity_digest(const struct identity *identity, char hex[DIGEST_TEXT_SIZE]);

/* Two identifiers entered again: each must be one of name, record number and birth as they are on record (blanks
 * at the ends and the case of ASCII letters do not count), and they must be two different ones. ST_DENIED says
 * which was wrong, and never what would have been right. */
enum status identity_confirm(const struct identity *identity, const char *first, const char *second,
                             struct fail *why) MUST_CHECK;
/* Whether that text is one of them. */
bool identity_is(const struct identity *identity, const char *text);
/* Which of them this patient has: "name, record number". Returns out. */
const char *identity_kinds(const struct identity *identity, char *out, size_t size);

#endif
