/* Status codes and the reason a call failed.
 *
 * Every function that can fail returns an enum status (ST_OK is 0) and takes, last, a struct fail that
 * it fills on failure and leaves untouched on success, so calls may be chained. The text is written for
 * the person at the terminal: what was wrong, the allowed range, and what to do. It is one line and
 * holds no control characters; whoever prints it still cleans it, because it can quote input.
 */
#ifndef LASERTWIN_STATUS_H
#define LASERTWIN_STATUS_H

enum status {
	ST_OK = 0,
	ST_INPUT,     /* a value or document is malformed, unknown or inconsistent */
	ST_RANGE,     /* a value lies outside its allowed or plausible range */
	ST_MODEL,     /* the request lies outside what the model can answer */
	ST_NUMERIC,   /* a computation did not converge */
	ST_CANCELLED, /* the caller's cancel flag was raised */
	ST_NOT_FOUND, /* the thing named does not exist */
	ST_CONFLICT,  /* the thing exists already, or somebody else changed it */
	ST_DENIED,    /* not allowed in this state or for this role */
	ST_IO,        /* file, database or terminal failed */
	ST_FULL,      /* a named maximum, the disk, or memory is exhausted */
	ST_CODES
};

#define FAIL_FIELD_MAX 128
#define FAIL_TEXT_MAX 512

struct fail {
	enum status code;
	char field[FAIL_FIELD_MAX]; /* which input: "case.json: patient.ita_deg"; may be empty */
	char text[FAIL_TEXT_MAX];   /* what, the limit, the remedy */
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* Fills *why (which may be NULL) and returns code, so that callers can write
 * `return fail_set(why, ST_RANGE, "g", "...", ...);`. Long texts are cut, never overrun. */
enum status fail_set(struct fail *why, enum status code, const char *field, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* "range error" and the like: a noun phrase for a code, never NULL. */
const char *status_name(enum status code);

/* Stops the program where continuing would compute nonsense: for what cannot happen, never for input. */
#define BUG_ON(condition) ((condition) ? bug_stop(__FILE__, __LINE__, #condition) : (void)0)
void bug_stop(const char *file, int line, const char *condition) __attribute__((noreturn));

#endif
