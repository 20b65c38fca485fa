#include "planner/sync/span.h"

#include <string.h>

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* Past the closing quote, or NULL. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end; p++)
		if (*p == '\\')
			p++;
		else if (*p == '"')
			return p + 1;
	return NULL;
}

static const char *skip_container(const char *p, const char *end)
{
	size_t depth = 0;
	while (p && p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
		p++;
	}
	return NULL;
}

/* Past the value at p, or NULL when it does not end. Whether it is well-formed inside is not asked. */
static const char *skip_value(const char *p, const char *end)
{
	if (p >= end)
		return NULL;
	if (*p == '"')
		return skip_string(p, end);
	if (*p == '{' || *p == '[')
		return skip_container(p, end);
	const char *from = p;
	while (p < end && !strchr(",]} \t\r\n", *p))
		p++;
	return p > from ? p : NULL;
}

bool span_object(const char *bytes, size_t len, struct span *out)
{
	const char *end = bytes + len, *p = skip_space(bytes, end);
	if (p == end || *p != '{')
		return false;
	const char *close = skip_value(p, end);
	if (!close || close[-1] != '}' || skip_space(close, end) != end)
		return false;
	*out = (struct span){p, (size_t)(close - p)};
	return true;
}

/* One member from p on: its key's text between the quotes, and its value. NULL at the end or on nonsense. */
static const char *read_member(const char *p, const char *end, struct span *key, struct span *value)
{
	p = skip_space(p, end);
	if (p < end && *p == ',')
		p = skip_space(p + 1, end);
	if (p >= end || *p != '"')
		return NULL;
	const char *close = skip_string(p, end);
	if (!close)
		return NULL;
	*key = (struct span){p + 1, (size_t)(close - p) - 2};
	p = skip_space(close, end);
	if (p >= end || *p != ':')
		return NULL;
	p = skip_space(p + 1, end);
	close = skip_value(p, end);
	if (close)
		*value = (struct span){p, (size_t)(close - p)};
	return close;
}

bool span_member(struct span object, const char *key, struct span *out)
{
	struct span name, value;
	if (!object.at || object.len < 2 || object.at[0] != '{')
		return false;
	const char *p = object.at + 1, *end = object.at + object.len - 1;
	while ((p = read_member(p, end, &name, &value)) != NULL)
		if (name.len == strlen(key) && memcmp(name.at, key, name.len) == 0) {
			*out = value;
			return true;
		}
	return false;
}

bool span_each_member(struct span object, struct span *key, struct span *value)
{
	if (!object.at || object.len < 2 || object.at[0] != '{')
		return false;
	const char *from = key->at ? value->at + value->len : object.at + 1;
	return read_member(from, object.at + object.len - 1, key, value) != NULL;
}

bool span_each(struct span array, struct span *item)
{
	if (!array.at || array.len < 2 || array.at[0] != '[')
		return false;
	const char *end = array.at + array.len - 1;
	const char *p = skip_space(item->at ? item->at + item->len : array.at + 1, end);
	if (item->at && (p >= end || *p != ','))
		return false;
	if (item->at)
		p = skip_space(p + 1, end);
	const char *close = skip_value(p, end);
	if (!close)
		return false;
	*item = (struct span){p, (size_t)(close - p)};
	return true;
}

bool span_text(struct span value, char *out, size_t size)
{
	if (!value.at || value.len < 2 || value.at[0] != '"' || value.len - 2 >= size)
		return false;
	if (memchr(value.at + 1, '\\', value.len - 2) || memchr(value.at, '\0', value.len))
		return false;
	memcpy(out, value.at + 1, value.len - 2);
	out[value.len - 2] = '\0';
	return true;
}
