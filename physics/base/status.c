/* Status codes and failure texts. */
#include "physics/base/status.h"

#include <stdarg.h>

static const char *const names[ST_CODES] = {
	[ST_OK] = "ok",
	[ST_INPUT] = "input error",
	[ST_RANGE] = "out of range",
	[ST_MODEL] = "outside the model",
	[ST_NUMERIC] = "no convergence",
	[ST_CANCELLED] = "cancelled",
	[ST_NOT_FOUND] = "not found",
	[ST_CONFLICT] = "conflict",
	[ST_DENIED] = "not allowed",
	[ST_IO] = "input/output error",
	[ST_FULL] = "limit reached",
};

enum status fail_set(struct fail *why, enum status code, const char *field, const char *format, ...)
{
	if (!why)
		return code;
	va_list args;
	va_start(args, format);
	why->code = code;
	(void)snprintf(why->field, sizeof why->field, "%s", field ? field : "");
	(void)vsnprintf(why->text, sizeof why->text, format, args);
	va_end(args);
	return code;
}

const char *status_name(enum status code)
{
	return (unsigned)code < ST_CODES ? names[code] : "unknown status";
}

void bug_stop(const char *file, int line, const char *condition)
{
	(void)fprintf(stderr, "lasertwin: internal error at %s:%d: %s\n", file, line, condition);
	abort();
}
