/* Plans as text and as JSON: what a case evaluation, the demo and the store write down.
 *
 * The text is for people: every number with unit, spread and origin. It may quote input; what was quoted
 * never breaks a line, but whoever prints it still cleans it. The JSON is the stable interface (docs in
 * the README); control, format and direction characters stand in it as escapes only.
 */
#ifndef LASERTWIN_REPORT_H
#define LASERTWIN_REPORT_H

#include "planner/plan/case.h"

/* Each gives a malloc'ed NUL-terminated text the caller frees. results has file->requests entries. */
enum status report_case_text(const struct library *library, const struct case_file *file,
                             const struct case_result *results, char **out, struct fail *why) MUST_CHECK;
enum status report_case_json(const struct library *library, const struct case_file *file,
                             const struct case_result *results, char **out, struct fail *why) MUST_CHECK;

/* One plan, canonical JSON: what the store keeps as a plan version. */
enum status report_plan_json(const struct library *library, const struct request *request, const struct twin *twin,
                             const struct assessment *assessment, char **out, struct fail *why) MUST_CHECK;
/* A subject and its request as a case file of one request, without expectations: case_parse reads it back. */
enum status report_subject_json(const char *id, const struct subject *subject, const struct request *request,
                                char **out, struct fail *why) MUST_CHECK;
enum status report_twin_json(const struct twin *twin, char **out, struct fail *why) MUST_CHECK;

/* The sentence that stands on every sheet and on the first screen. */
extern const char report_intended_use[];

#endif
