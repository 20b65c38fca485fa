/* Who answers for a file the clinic wrote itself: {"signed": {"name", "role": "dermatologist", "date": "2026-11-27",
 * "reason"}}. A name under a statement, not a cryptographic seal: the files enter the library's digest, and approvals
 * are bound to that. */
#ifndef LASERTWIN_SIGNATURE_H
#define LASERTWIN_SIGNATURE_H

#include "devices/json.h"

#define SIGNATURE_TEXT_MAX 240

/* "Dr A B, dermatologist, 2026-11-27: reason". Refused by name: another role, no reason, a date that is none. */
enum status signature_read(const struct json_at *root, char out[SIGNATURE_TEXT_MAX], struct fail *why) MUST_CHECK;

#endif
