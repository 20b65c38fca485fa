/* Signatures of other stations: whose key is believed here.
 *
 * Every station makes its people's keys itself. A dermatologist who signs at one station and whose plans are
 * treated at another is believed there only after an administrator has entered the public key, read from the
 * paper or file that the first station printed (`lasertwin export key`). The server has no say in this.
 */
#ifndef LASERTWIN_PLAN_TRUST_H
#define LASERTWIN_PLAN_TRUST_H

#include "planner/store/person.h"

/* key NULL: trusted no more. by: an administrator. */
enum status trust_add(struct store *store, const struct session *by, const char *login, int64_t number,
                      const struct sign_public *key, const struct store_stamp *stamp,
                      struct fail *why) MUST_CHECK;
/* The key entered for that person of another station; ST_NOT_FOUND: none. */
enum status trust_elsewhere(struct store *store, const char *login, int64_t number, struct sign_public *out,
                            struct fail *why) MUST_CHECK;
/* That one, else the one of this store's own person. */
enum status trust_key_of(struct store *store, const char *login, int64_t number, struct sign_public *out,
                         struct fail *why) MUST_CHECK;

#endif
