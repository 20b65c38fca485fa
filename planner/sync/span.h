/* Parts of a JSON text found without building a tree.
 *
 * A reply may hold a thousand resources, one of them broken. The text is cut into its parts first, and every
 * part goes through the strict reader (devices/json.h) by itself: one bad record costs one record, and each
 * keeps the very bytes the server sent. Nothing here recurses; a text that does not close is refused whole.
 */
#ifndef LASERTWIN_SYNC_SPAN_H
#define LASERTWIN_SYNC_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *at; /* NULL: nothing */
	size_t len;
};

/* The whole text as one object; false unless it is one, closed, with nothing after it. */
bool span_object(const char *bytes, size_t len, struct span *out);
/* Value of the first member of that name; false when absent. */
bool span_member(struct span object, const char *key, struct span *out);
/* Next member; start with *key = {0}. key is the text between the quotes. */
bool span_each_member(struct span object, struct span *key, struct span *value);
/* Next item of a list; start with *item = {0}. */
bool span_each(struct span array, struct span *item);
/* A string without escapes, at most size - 1 bytes. */
bool span_text(struct span value, char *out, size_t size);

#endif
