#include "planner/sync/json_out.h"

#include <inttypes.h>

#include "planner/sync/base64.h"

#define ROOM_MIN 1024

void json_out_begin(struct json_out *out, size_t max)
{
	*out = (struct json_out){.max = max};
}

void json_out_drop(struct json_out *out)
{
	free(out->bytes);
	*out = (struct json_out){.max = out->max};
}

static void fail(struct json_out *out, const char *reason)
{
	if (!out->failed)
		out->failed = reason;
}

enum status json_out_take(struct json_out *out, char **bytes, size_t *len, struct fail *why)
{
	const char *failed = out->failed;
	if (!failed && (out->depth != 0 || !out->bytes))
		failed = "is not a whole document";
	if (failed) {
		json_out_drop(out);
		return fail_set(why, ST_FULL, "JSON", "%s", failed);
	}
	*bytes = out->bytes;
	*len = out->len;
	out->bytes = NULL;
	json_out_drop(out);
	return ST_OK;
}

/* Room for n more bytes and the closing NUL. */
static char *reserve(struct json_out *out, size_t n)
{
	if (out->failed)
		return NULL;
	if (n > out->max || out->len > out->max - n) {
		fail(out, "is larger than allowed");
		return NULL;
	}
	if (out->len + n + 1 > out->room) {
		size_t room = out->room ? out->room : ROOM_MIN;
		while (room < out->len + n + 1)
			room *= 2;
		char *bytes = realloc(out->bytes, room);
		if (!bytes) {
			fail(out, "does not fit into memory");
			return NULL;
		}
		out->bytes = bytes;
		out->room = room;
	}
	return out->bytes + out->len;
}

static void put(struct json_out *out, const char *bytes, size_t n)
{
	char *to = reserve(out, n);
	if (!to)
		return;
	memcpy(to, bytes, n);
	to[n] = '\0';
	out->len += n;
}

static void put_text(struct json_out *out, const char *text)
{
	put(out, text, strlen(text));
}

static void start(struct json_out *out, const char *key)
{
	if (out->more[out->depth])
		put(out, ",", 1);
	out->more[out->depth] = true;
	if (!key)
		return;
	put(out, "\"", 1);
	put_text(out, key);
	put(out, "\":", 2);
}

static void open_level(struct json_out *out, const char *key, const char *bracket)
{
	start(out, key);
	put(out, bracket, 1);
	if (out->depth == JSON_OUT_DEPTH_MAX)
		fail(out, "is nested too deep");
	else
		out->more[++out->depth] = false;
}

static void close_level(struct json_out *out, const char *bracket)
{
	put(out, bracket, 1);
	if (out->depth == 0)
		fail(out, "closes more than it opened");
	else
		out->depth--;
}

void json_out_object(struct json_out *out, const char *key)
{
	open_level(out, key, "{");
}

void json_out_end_object(struct json_out *out)
{
	close_level(out, "}");
}

void json_out_array(struct json_out *out, const char *key)
{
	open_level(out, key, "[");
}

void json_out_end_array(struct json_out *out)
{
	close_level(out, "]");
}

/* RFC 8259, section 7: quote, backslash and control characters are escaped. */
static void put_escaped(struct json_out *out, const char *text)
{
	const char *from = text;
	char code[8];
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		put(out, from, (size_t)(text - from));
		if (c < 0x20)
			(void)snprintf(code, sizeof code, "\\u%04x", c);
		else
			(void)snprintf(code, sizeof code, "\\%c", c);
		put_text(out, code);
		from = text + 1;
	}
	put(out, from, (size_t)(text - from));
}

void json_out_text(struct json_out *out, const char *key, const char *text)
{
	start(out, key);
	put(out, "\"", 1);
	put_escaped(out, text);
	put(out, "\"", 1);
}

void json_out_text_if(struct json_out *out, const char *key, const char *text)
{
	if (text && text[0])
		json_out_text(out, key, text);
}

void json_out_bool(struct json_out *out, const char *key, bool value)
{
	start(out, key);
	put_text(out, value ? "true" : "false");
}

void json_out_int(struct json_out *out, const char *key, int64_t value)
{
	char digits[32];
	start(out, key);
	(void)snprintf(digits, sizeof digits, "%" PRId64, value);
	put_text(out, digits);
}

void json_out_micro(struct json_out *out, const char *key, int64_t micro)
{
	char digits[40];
	uint64_t size = micro < 0 ? 0 - (uint64_t)micro : (uint64_t)micro;
	start(out, key);
	(void)snprintf(digits, sizeof digits, "%s%" PRIu64 ".%06" PRIu64, micro < 0 ? "-" : "",
	               size / MICRO_PER_UNIT, size % MICRO_PER_UNIT);
	size_t n = strlen(digits);
	while (digits[n - 1] == '0')
		n--;
	put(out, digits, digits[n - 1] == '.' ? n - 1 : n);
}

void json_out_raw(struct json_out *out, const char *key, const char *json, size_t len)
{
	start(out, key);
	put(out, json, len);
}

void json_out_base64(struct json_out *out, const char *key, const void *bytes, size_t len)
{
	start(out, key);
	put(out, "\"", 1);
	char *to = reserve(out, BASE64_SIZE(len));
	if (to) {
		base64_write(bytes, len, BASE64_PLAIN, to);
		out->len += strlen(to);
	}
	put(out, "\"", 1);
}
