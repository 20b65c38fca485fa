/* Writes JSON text, byte for byte as it will be sent and kept.
 *
 * A tree would print doubles; a request that is repeated must be the same bytes, and a decimal on the wire is
 * what was measured ("12.5", never "12.499999999999998"), so numbers come in as scaled integers. The first
 * failure (out of memory, longer than max, nested too deep) sticks: the writer swallows the rest and
 * json_out_take says so. Keys are trusted, texts are not: invalid UTF-8 fails the document.
 */
#ifndef LASERTWIN_SYNC_JSON_OUT_H
#define LASERTWIN_SYNC_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "physics/base/status.h"

#define JSON_OUT_DEPTH_MAX 24
#define MICRO_PER_UNIT 1000000

struct json_out {
	char *bytes;
	size_t len, room, max;
	int depth;
	bool more[JSON_OUT_DEPTH_MAX + 1]; /* something stands before the next item of this level */
	const char *failed;                /* NULL: all well */
};

/* All zero but max is an empty writer too. */
void json_out_begin(struct json_out *out, size_t max);
/* Gives the NUL-terminated text; the writer is empty afterwards, failed or not. */
enum status json_out_take(struct json_out *out, char **bytes, size_t *len, struct fail *why) MUST_CHECK;
void json_out_drop(struct json_out *out);

/* key NULL: an item of a list (or the root). */
void json_out_object(struct json_out *out, const char *key);
void json_out_end_object(struct json_out *out);
void json_out_array(struct json_out *out, const char *key);
void json_out_end_array(struct json_out *out);
void json_out_text(struct json_out *out, const char *key, const char *text);
/* Left out when text is NULL or empty: FHIR knows no empty strings. */
void json_out_text_if(struct json_out *out, const char *key, const char *text);
void json_out_bool(struct json_out *out, const char *key, bool value);
void json_out_int(struct json_out *out, const char *key, int64_t value);
/* A decimal in millionths: 12500000 is written 12.5. */
void json_out_micro(struct json_out *out, const char *key, int64_t micro);
/* JSON text that stands already. */
void json_out_raw(struct json_out *out, const char *key, const char *json, size_t len);
void json_out_base64(struct json_out *out, const char *key, const void *bytes, size_t len);

#endif
