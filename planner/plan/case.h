/* Case files, schema lasertwin-case/1: readings, answers, requests and what is expected of them.
 *
 * A case is read strictly: an unknown key, a value outside its plausible range, a wrong unit or a list where
 * a number belongs is refused with file, field, value, range and remedy, and nothing is evaluated.
 */
#ifndef LASERTWIN_CASE_H
#define LASERTWIN_CASE_H

#include "planner/plan/fit.h"

#define CASE_REQUESTS_MAX 32
#define CASE_EXPECTED_MAX 24
#define CASE_TEXT_MAX 200
#define CASE_TOGETHER_MAX 4

struct case_number {
	char key[48];
	double value; /* expected; for a sanity range the lower end */
	double upper; /* sanity ranges; else NAN */
};

/* Expectations of one request; all optional. */
struct case_expectation {
	char verdict[24]; /* "" when none */
	size_t raised, not_raised, starts, numbers, sanity, cites;
	char rule_raised[CASE_EXPECTED_MAX][24];
	char rule_not_raised[CASE_EXPECTED_MAX][24];
	char rule_start[CASE_EXPECTED_MAX][24];
	struct case_number number[CASE_EXPECTED_MAX];
	double tolerance_pct;
	struct case_number range[CASE_EXPECTED_MAX];
	char cite[4][CASE_TEXT_MAX];
	char say[CASE_TEXT_MAX];
};

struct case_request {
	struct subject subject; /* the case's, with this request's overrides */
	struct request request;
	bool fit; /* no settings given: the program finds them */
	size_t with; /* other requests of the same session, by name: "same_session": ["B"] */
	char with_name[CASE_TOGETHER_MAX][PLANNING_TEXT_MAX];
	double gap_min; /* since the one before in that session, on the same skin: "gap_min"; 0: not given */
	struct case_expectation expected;
};

struct case_file {
	char id[64], title[CASE_TEXT_MAX];
	size_t requests;
	struct case_request *request; /* owned; so many */
	bool unfinished; /* readings are not checked against each other */
};

/* Gives a case; free with case_free. */
enum status case_parse(const char *name, const char *bytes, size_t length, struct case_file **out,
                       struct fail *why) MUST_CHECK;
enum status case_read(const char *path, struct case_file **out, struct fail *why) MUST_CHECK;
/* The same of readings still being entered: values that only make sense together may be missing each other. */
enum status case_parse_unfinished(const char *name, const char *bytes, size_t length, struct case_file **out,
                                  struct fail *why) MUST_CHECK;
void case_free(struct case_file **file);

/* Requests of one session know of each other where they share a zone: the rules hear the other modalities
 * (same_day_modalities, so R-COMBO), and coverage counts together. Call once, before evaluation. ST_INPUT: a name that
 * no other request has; a partner whose settings are still to be fitted, so that what it covers is not known. */
enum status case_join_sessions(const struct library *library, struct case_file *file, struct fail *why) MUST_CHECK;

/* The evaluation of one request. */
struct case_check {
	char what[CASE_TEXT_MAX]; /* "verdict BLOCK", "number mean_fluence_J_cm2" */
	char got[CASE_TEXT_MAX];
	bool met;
};
#define CASE_CHECKS_MAX 128

/* What an earlier treatment of the session leaves in the skin of a later one; upper bounds, NAN: not known. */
struct case_joint {
	char with[PLANNING_TEXT_MAX];
	double gap_min;
	bool gap_assumed; /* nobody said: the shortest there is */
	double heat_J_cm2, rise_K; /* put in by the earlier; left of it when the later begins */
	double omega_earlier, omega_alone, omega_joint;  /* basal layer, 95th percentiles */
	double dermis_alone_C, dermis_joint_C;
	const char *not_computed; /* what is not, and why; NULL: nothing */
};

struct case_result {
	struct planning *planning;
	struct assessment assessment;
	bool fitted;
	struct fit_result fit;
	struct fail unfitted; /* why there was nothing to fit to, where settings were to be found; code 0: there was */
	size_t joints; /* with earlier requests of the same session (case_join_heat) */
	struct case_joint joint[CASE_TOGETHER_MAX];
	size_t checks;
	struct case_check check[CASE_CHECKS_MAX];
};

struct case_options {
	uint64_t seed;
	unsigned samples; /* 0: default */
	int (*progress)(void *context, double done_frac);
	void *context;
};

/* Plans or checks one request. result is overwritten; free with case_result_clear. A fit that finds nothing feasible
 * is an answer (fit.feasible false), and so is a mode without a protocol to fit to (unfitted says so): both are
 * assessed at the grid's lowest dose. */
enum status case_evaluate(const struct library *library, const struct case_request *request,
                          const struct case_options *options, struct case_result *out,
                          struct fail *why) MUST_CHECK;
void case_result_clear(struct case_result *result);
/* After every request has been evaluated: later treatments of a session are judged again with what the earlier ones,
 * in the order of the file, leave of their heat and damage in the same zone; findings and verdict become those. */
enum status case_join_heat(const struct case_file *file, struct case_result *results, struct fail *why) MUST_CHECK;
/* The expectations once more, after findings have changed. */
void case_check_again(struct case_result *result, const struct case_expectation *expected);

#endif
