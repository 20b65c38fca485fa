/* Facts: everything a safety rule may ask about, with type, kind, unit and the words of the question.
 *
 * One table (facts_spec) is the vocabulary of rules.json: a condition that names anything else, or uses it
 * with another type, is refused when the rules are loaded.
 *
 * Kinds, and what silence means
 *   question  asked to the patient. Not answered evaluates to unknown, and an unknown condition raises its
 *             rule: "unanswered" is never "no". A "no" to "how many days ago ..." means never (+infinity),
 *             to "how many ..." zero, to "which ..." none.
 *   reading, setting, device, model   missing is unknown too; rules that can do without test known() first.
 *   zone      set by the rule engine for the zone at hand; the caller sets `zones`.
 *   derived   computed by the engine (effective type, drug classes) or by the planner from its records.
 *   start     confirmed at the treatment station before the first pulse; rules of phase start use them.
 *
 * What the planner sets before rules_evaluate() (everything else comes from the answers):
 *   device    modality ("pico", "nafl", "afl", "rf_mono", "rf_mn", "longpulse"; required), mode_class (of
 *             the limits table; an unknown one raises R-LIMITS), device_mode ("ultrapulse.deepfx"; the limits
 *             table may give this very mode another class), wavelength_nm, pulse_s, passes_max,
 *             stack_allowed, needs_cooling, cleared_listed, cleared_use, cleared_fitz,
 *             clearance_sources,
 *             label_excludes_isotretinoin, profile_locked, eyewear_od_required; and, of the maker's tables for
 *             the type of rules_effective_type(): fluence_label_max_J_cm2, energy_label_max_mJ_pin
 *   setting   zones (required), indication (required), energy_mJ, energy_mJ_pin, energy_J_cm3,
 *             fluence_J_cm2, spot_mm, coverage_sum_pct (all passes added: what limits are judged on),
 *             coverage_union_pct, passes, stack, overlap_pct, depth_um, interval_days, visits, level,
 *             full_field (true: not fractional), setting_issues (number of values outside range, step or
 *             coupling; 0 when all is well; required)
 *   reading   age_y, sex ("F", "M", "X"), fitz (1..6), ita_drop_deg (unexposed - field), tan_mi_rel
 *             (adjacent normal over unexposed melanin index - 1; never the lesion), mi_measured_days_ago,
 *             readings_age_max_days
 *   model     dermis_um_p05, dermis_margin_um_p05, dermis_peak_C_p95, omega_basal_p95, melanosome_ratio_p95,
 *             second_check_pct, second_check_se_pct, thermal_penumbra_um (absent: the limits table's bound is
 *             used), lesion_change_flag
 *   derived   dose_ratio_to_last_tolerated, tolerated_visits, new_wavelength
 *
 * History keys of a case file are fact names. Its two records are flattened with their key in front:
 * last_treatment {device, days_ago, response} -> last_treatment_device, last_treatment_days_ago,
 * last_treatment_response; tattoo {colours, ...} -> tattoo_colours, ... A record answered with a single
 * no (or null) is that answer to each of them: facts_question_in_record() lists them.
 */
#ifndef LASERTWIN_FACTS_H
#define LASERTWIN_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "physics/base/status.h"
#include "planner/safety/expr.h"

#define FACT_TEXT_MAX 64
#define FACT_ITEMS_MAX 24

enum fact_kind {
	FACT_QUESTION,
	FACT_READING,
	FACT_SETTING,
	FACT_DEVICE,
	FACT_ZONE,
	FACT_DERIVED,
	FACT_MODEL,
	FACT_START,
	FACT_KINDS
};

/* What "no" means as the answer to a question. */
enum fact_no { NO_IS_NOT_AN_ANSWER, NO_IS_FALSE, NO_IS_NEVER, NO_IS_ZERO, NO_IS_NONE };

struct fact_spec {
	const char *name;
	enum expr_type type;
	enum fact_kind kind;
	enum fact_no no;
	const char *unit;   /* "" for what has none */
	double min, max;    /* numbers only: outside is refused */
	const char *wording; /* the question, or what the fact is; one line */
	const char *asked_as; /* derived from this question: what to ask when it is missing; NULL: itself */
	const char *not_asked_of_sex; /* "M": unanswered means no for this recorded sex; NULL: asked of all */
};

enum fact_state { FACT_ABSENT, FACT_UNANSWERED, FACT_SET };

struct facts;

size_t facts_spec_count(void);
const struct fact_spec *facts_spec(size_t id);
bool facts_find(const char *name, size_t *id);
/* What a question is about, to ask those together: "Medicines and health"; NULL for other kinds. */
const char *facts_question_group(size_t id);
/* The index-th question of a record ("last_treatment", "tattoo"); NULL past the end. */
const struct fact_spec *facts_question_in_record(const char *record, size_t index);

/* Gives a store in which every fact is absent; ST_FULL without memory. */
enum status facts_new(struct facts **out, struct fail *why) MUST_CHECK;
enum status facts_clone(const struct facts *facts, struct facts **out, struct fail *why) MUST_CHECK;
void facts_free(struct facts **facts);

/* Each refuses unknown names (ST_NOT_FOUND), other types (ST_INPUT) and numbers outside the plausible range
 * (ST_RANGE); the store is unchanged then. Answers to questions are taken generously: yes/no for a bool,
 * a single text for a list, no for a number or a list. "Yes" where a number is asked leaves the question
 * unanswered: the number is still missing. */
enum status facts_set_number(struct facts *facts, const char *name, double value, struct fail *why) MUST_CHECK;
enum status facts_set_bool(struct facts *facts, const char *name, bool value, struct fail *why) MUST_CHECK;
enum status facts_set_text(struct facts *facts, const char *name, const char *value,
                           struct fail *why) MUST_CHECK;
enum status facts_set_list(struct facts *facts, const char *name, const char *const *item, size_t items,
                           struct fail *why) MUST_CHECK;
/* Asked, not answered. Questions only. */
enum status facts_set_unanswered(struct facts *facts, const char *name, struct fail *why) MUST_CHECK;
enum status facts_set_absent(struct facts *facts, const char *name, struct fail *why) MUST_CHECK;

/* "others": "no" of a case file: every question neither answered nor marked unanswered becomes no. */
void facts_answer_all_other_questions_no(struct facts *facts);

enum fact_state facts_state(const struct facts *facts, size_t id);
/* The value for an expression; texts and lists point into the store. */
void facts_get(const struct facts *facts, size_t id, struct expr_value *out);

#endif
