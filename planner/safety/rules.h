/* Safety rules: data (profiles/safety/rules.json, schema lasertwin-rules/1) evaluated over facts.
 *
 * Evaluation: rules with outcome MODIFY first, in file order; the raised ones shift the skin type that the
 * limits are looked up for (R-PIHX, R-TAN-3). Then every rule whose modalities include the request's, in file
 * order, once, or once per zone where the rule says so. All raised findings are returned, not the first.
 * A condition that evaluates to unknown raises its rule and the finding says what is not known. Rules of
 * phase start are listed as conditions while planning and evaluated at the station before the first pulse.
 *
 * Nothing here does arithmetic on clinical numbers: conditions, values and limits are expressions in the
 * data (expr.h) over facts (facts.h) and limits (limits.h).
 */
#ifndef LASERTWIN_RULES_H
#define LASERTWIN_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/status.h"
#include "planner/safety/facts.h"
#include "planner/safety/limits.h"

/* Strongest first. */
enum outcome {
	OUTCOME_BLOCK,       /* no override at the station */
	OUTCOME_BLOCK_MD,    /* dermatologist overrides with a written reason, second person signs */
	OUTCOME_MD_DECISION, /* dermatologist must choose and record */
	OUTCOME_DEFER,       /* not before a date */
	OUTCOME_REQUIRE,     /* checklist item before start */
	OUTCOME_MODIFY,      /* the plan's limits change */
	OUTCOME_CAUTION,     /* acknowledge */
	OUTCOME_INFO,        /* shown only */
	OUTCOMES
};

enum verdict {
	VERDICT_ALLOW,
	VERDICT_ALLOW_AFTER_MD,
	VERDICT_DEFER,
	VERDICT_BLOCK_MD,
	VERDICT_BLOCK,
	VERDICTS
};

enum rule_phase { PHASE_PLAN, PHASE_START };

#define FINDING_MISSING_MAX 8
#define FINDING_MESSAGE_MAX 640
#define FINDING_SOURCE_MAX 160

/* Pointers are borrowed from the ruleset (and the fact table), which must outlive the finding. */
struct finding {
	const char *rule;    /* "R-COV" */
	const char *name;    /* "Total coverage" */
	enum outcome outcome;
	enum rule_phase phase;
	const char *origin;  /* LABEL, CONSENSUS, LITERATURE, STANDARD, DESIGN, KNOWLEDGE */
	/* "V41, V42", or the device's own where the rule says so; in words: rules_source_text() */
	char source[FINDING_SOURCE_MAX];
	const char *confidence;
	char message[FINDING_MESSAGE_MAX]; /* with the words that were answered where the rule repeats them */
	const char *next_step;
	char zone[FACT_TEXT_MAX]; /* "" unless judged zone by zone */
	bool has_value, has_limit;
	double value, limit;
	const char *unit;    /* of value and limit */
	bool unknown;        /* raised because something is not known */
	size_t missing;
	const struct fact_spec *missing_fact[FINDING_MISSING_MAX];
	bool limit_missing;  /* the limit itself is not on file */
	double defer_days;   /* 0: none */
	bool done;           /* REQUIRE: already confirmed */
};

struct findings {
	size_t count;
	struct finding *finding; /* owned */
	int recorded_type, effective_type; /* 1..6; 0 unknown */
};

struct ruleset;

/* The files as texts; names are used in errors. All borrowed for the call. */
struct ruleset_text {
	const char *file, *text;
	size_t length;
};
struct ruleset_files {
	struct ruleset_text rules, limits, drugs, sources;
};

/* Any fault refuses the whole set: a planner with half its rules is more dangerous than none. */
enum status ruleset_parse(const struct ruleset_files *files, struct ruleset **out, struct fail *why) MUST_CHECK;
/* Reads rules.json, limits.json, drugs.json and sources.json of a folder. */
enum status ruleset_load(const char *folder, struct ruleset **out, struct fail *why) MUST_CHECK;
void ruleset_free(struct ruleset **ruleset);
/* Lays a clinic's own limits over those on file: limits_overlay(). */
enum status ruleset_overlay_limits(struct ruleset *ruleset, const struct ruleset_text *file,
                                   struct fail *why) MUST_CHECK;

const struct limits *ruleset_limits(const struct ruleset *ruleset);
size_t ruleset_count(const struct ruleset *ruleset);

/* A rule as it stands in the file, for screens and reports. */
struct rule_info {
	const char *id, *name, *origin, *source, *confidence, *message, *when;
	enum outcome outcome;
	enum rule_phase phase;
	bool per_zone;
};
struct rule_info ruleset_info(const struct ruleset *ruleset, size_t index);
bool ruleset_find(const struct ruleset *ruleset, const char *id, size_t *index);
/* "V74, V75" -> "V74: Waldman 2017 ...; V75: ...". Returns out. */
/* The index-th source on file and its words; false past the end. Borrowed. */
bool ruleset_source(const struct ruleset *ruleset, size_t index, const char **key, const char **text);
const char *rules_source_text(const struct ruleset *ruleset, const char *source, char *out, size_t size);

/* phase PHASE_PLAN: plan rules are judged, start rules listed (phase PHASE_START in the finding).
 * phase PHASE_START: plan rules are judged again and start rules with the facts of the day; a finding of
 * phase start then means: not in order. out is overwritten; free with findings_clear.
 * ST_INPUT: modality, indication or zones not set. */
enum status rules_evaluate(const struct ruleset *ruleset, const struct facts *facts, enum rule_phase phase,
                           struct findings *out, struct fail *why) MUST_CHECK;
void findings_clear(struct findings *findings);

/* The type the limits are looked up for: recorded type shifted by the raised MODIFY rules, at most VI. */
int rules_effective_type(const struct ruleset *ruleset, const struct facts *facts);
/* The limit as the rules would see it for these facts and zone. */
struct limit_answer rules_limit(const struct ruleset *ruleset, const struct facts *facts, const char *zone,
                                const char *quantity);

/* The strongest outcome among findings of the phases that decide: for PHASE_PLAN those of plan rules only. */
enum verdict rules_verdict(const struct findings *findings, enum rule_phase phase);
enum verdict verdict_of_outcome(enum outcome outcome);

const char *outcome_name(enum outcome outcome);
const char *outcome_meaning(enum outcome outcome);
bool outcome_parse(const char *name, enum outcome *out);
const char *verdict_name(enum verdict verdict);
const char *rule_phase_name(enum rule_phase phase);

/* One line: "R-COV BLOCK_MD neck: total coverage 50 % > 10 %: ... ". Returns out. */
const char *finding_text(const struct finding *finding, char *out, size_t size);

#endif
