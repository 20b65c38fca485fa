/* Evaluation of the rules: which are raised, with which numbers, and what verdict follows. */
#include "planner/safety/rules.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <strings.h>

#include "planner/safety/ruleset.h"
#include "planner/safety/safety_json.h"

#define NAMES_MAX FACT_ITEMS_MAX
#define DRUG_CLASS_NAMES_MAX (FACT_ITEMS_MAX * DRUG_CLASSES_MAX)

/* One evaluation: the caller's facts with those the engine adds. */
struct judge {
	const struct ruleset *set;
	const struct facts *facts;
	const char *modality, *indication;
	char zone_text[NAMES_MAX][FACT_TEXT_MAX]; /* small letters, blanks */
	const char *zone[NAMES_MAX], *zone_class[NAMES_MAX];
	size_t zones;
	bool zones_mapped; /* every zone has a class */
	size_t at_zone;    /* the zone at hand; SIZE_MAX: none */
	bool drugs_known;
	const char *drug_class[DRUG_CLASS_NAMES_MAX], *unlisted[NAMES_MAX];
	char unlisted_text[NAMES_MAX][FACT_TEXT_MAX]; /* as it was answered */
	size_t drug_classes, unlisted_drugs;
	int recorded_type, effective_type;
	struct limit_query query;
	struct findings *findings;
	size_t capacity;
};

/* --- facts the engine adds -------------------------------------------------------------------------- */

static void get_named(const struct facts *facts, const char *name, struct expr_value *out)
{
	size_t id = 0;
	BUG_ON(!facts_find(name, &id));
	facts_get(facts, id, out);
}

static double number_or_nan(const struct facts *facts, const char *name)
{
	struct expr_value value;
	get_named(facts, name, &value);
	return value.known ? value.number : (double)NAN;
}

static const char *text_or_null(const struct facts *facts, const char *name)
{
	struct expr_value value;
	get_named(facts, name, &value);
	return value.known ? value.text : NULL;
}

static struct expr_value list_value(bool known, const char *const *item, size_t items)
{
	return (struct expr_value){.type = EXPR_LIST, .known = known, .item = item, .items = items};
}

static struct expr_value text_value(const char *text)
{
	return (struct expr_value){.type = EXPR_TEXT, .known = text != NULL, .text = text};
}

static const char *zone_class_at_hand(const struct judge *judge)
{
	return judge->at_zone < judge->zones ? judge->zone_class[judge->at_zone] : NULL;
}

static struct expr_value derived_value(const struct judge *judge, enum derived which)
{
	switch (which) {
	case DERIVED_ZONES:
		return list_value(judge->zones > 0, judge->zone, judge->zones);
	case DERIVED_ZONE:
		return text_value(judge->at_zone < judge->zones ? judge->zone[judge->at_zone] : NULL);
	case DERIVED_ZONE_CLASS:
		return text_value(zone_class_at_hand(judge));
	case DERIVED_ZONE_CLASSES:
		return list_value(judge->zones_mapped, judge->zone_class, judge->zones);
	case DERIVED_EFFECTIVE_FITZ:
		return (struct expr_value){.type = EXPR_NUMBER, .known = judge->effective_type > 0,
		                           .number = judge->effective_type};
	case DERIVED_EFFECTIVE_TYPE:
		return text_value(safety_fitzpatrick_name(judge->effective_type));
	case DERIVED_DRUG_CLASSES:
		return list_value(judge->drugs_known, judge->drug_class, judge->drug_classes);
	case DERIVED_DRUGS_UNLISTED:
		return list_value(judge->drugs_known, judge->unlisted, judge->unlisted_drugs);
	default:
		return (struct expr_value){.type = EXPR_BOOL, .known = judge->query.mode_class != NULL,
		                           .truth = judge->query.mode_class != NULL &&
		                                    limits_mode_class_known(judge->set->limits,
		                                                            judge->query.mode_class)};
	}
}

static void judge_fact(const void *context, int id, struct expr_value *out)
{
	const struct judge *judge = context;
	for (size_t i = 0; i < DERIVEDS; i++)
		if (judge->set->derived_id[i] == id) {
			*out = derived_value(judge, (enum derived)i);
			return;
		}
	facts_get(judge->facts, (size_t)id, out);
}

static struct limit_answer judge_ask(const struct judge *judge, const char *quantity, const char *indication)
{
	struct limit_query query = judge->query;
	query.quantity = quantity;
	query.indication = indication != NULL ? indication : judge->indication;
	query.zone_class = zone_class_at_hand(judge);
	query.effective_type = judge->effective_type;
	return limits_lookup(judge->set->limits, &query);
}

static bool judge_limit(const void *context, const char *quantity, const char *indication, double *out)
{
	struct limit_answer answer = judge_ask(context, quantity, indication);
	*out = answer.value;
	return answer.known;
}

static bool judge_has_row(const void *context, const char *quantity, const char *indication)
{
	return judge_ask(context, quantity, indication).row;
}

static struct expr_value evaluate(const struct judge *judge, const struct expr *expr)
{
	const struct expr_source source = {.fact = judge_fact, .limit = judge_limit, .has_row = judge_has_row,
	                                   .context = judge};
	struct expr_value value;
	expr_evaluate(expr, &source, &value);
	return value;
}

/* --- preparing -------------------------------------------------------------------------------------- */

/* "Lower_Face" and "lower face" are one zone: rules compare the plain form. */
static void plain_zone(const char *name, char out[FACT_TEXT_MAX])
{
	size_t i = 0;
	for (; name[i] != '\0' && i + 1 < FACT_TEXT_MAX; i++) {
		char ch = name[i] == '_' || name[i] == '-' ? ' ' : name[i];
		out[i] = ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
	}
	out[i] = '\0';
}

static void prepare_zones(struct judge *judge)
{
	struct expr_value zones;
	get_named(judge->facts, "zones", &zones);
	judge->zones = zones.known ? zones.items : 0;
	judge->zones_mapped = judge->zones > 0;
	judge->at_zone = SIZE_MAX;
	for (size_t i = 0; i < judge->zones; i++) {
		plain_zone(zones.item[i], judge->zone_text[i]);
		judge->zone[i] = judge->zone_text[i];
		judge->zone_class[i] = limits_zone_class(judge->set->limits, judge->zone_text[i]);
		if (judge->zone_class[i] == NULL)
			judge->zones_mapped = false;
	}
}

static void add_class(struct judge *judge, const char *name)
{
	for (size_t i = 0; i < judge->drug_classes; i++)
		if (strcmp(judge->drug_class[i], name) == 0)
			return;
	BUG_ON(judge->drug_classes == DRUG_CLASS_NAMES_MAX);
	judge->drug_class[judge->drug_classes++] = name;
}

static bool of_word(char ch)
{
	return isalnum((unsigned char)ch) || (unsigned char)ch >= 0x80;
}

/* Whether the words of a name stand in the text: "Amiodarone 200 mg" names amiodarone, "isotretinoin" does not name
 * tretinoin. Abbreviations of up to three letters ("ALA 20 %") count as the first word alone. */
static bool names(const char *text, size_t length, const char *name)
{
	size_t letters = strlen(name);
	size_t last = letters <= 3 ? 0 : length;
	for (size_t at = 0; at + letters <= length && at <= last; at++)
		if ((at == 0 || !of_word(text[at - 1])) && (at + letters == length || !of_word(text[at + letters])) &&
		    strncasecmp(text + at, name, letters) == 0)
			return true;
	return false;
}

/* The classes of every drug that a text names; false: it names none of the table. */
static bool add_classes_of(struct judge *judge, const char *text, size_t length)
{
	bool listed = false;
	for (size_t i = 0; i < judge->set->drugs; i++) {
		const struct drug *drug = &judge->set->drug[i];
		if (!names(text, length, drug->name))
			continue;
		listed = true;
		for (size_t c = 0; c < drug->classes; c++)
			add_class(judge, drug->class_name[c]);
	}
	return listed;
}

static void add_unlisted(struct judge *judge, const char *text, size_t length)
{
	if (judge->unlisted_drugs == NAMES_MAX)
		return; /* as many are named: one is enough for the rule */
	char *kept = judge->unlisted_text[judge->unlisted_drugs];
	while (length > 0 && text[length - 1] == ' ')
		length--;
	snprintf(kept, FACT_TEXT_MAX, "%.*s", (int)length, text);
	judge->unlisted[judge->unlisted_drugs++] = kept;
}

/* One answer may hold several medicines: "aspirin, doxycycline 100 mg". */
static void add_medicines(struct judge *judge, const char *text)
{
	while (*text != '\0') {
		text += strspn(text, " ,;+");
		size_t length = strcspn(text, ",;+");
		if (length > 0 && !add_classes_of(judge, text, length))
			add_unlisted(judge, text, length);
		text += length;
	}
}

static void prepare_drugs(struct judge *judge)
{
	struct expr_value drugs;
	get_named(judge->facts, "drugs", &drugs);
	judge->drugs_known = drugs.known;
	for (size_t i = 0; drugs.known && i < drugs.items; i++)
		add_medicines(judge, drugs.item[i]);
}

static bool rule_concerns(const struct judge *judge, const struct rule *rule)
{
	int index = judge->modality != NULL ? modality_index(judge->modality) : -1;
	if (index >= 0 && (rule->modalities & (1u << index)) == 0)
		return false;
	if (rule->applies == NULL)
		return true;
	struct expr_value applies = evaluate(judge, rule->applies);
	return !applies.known || applies.truth;
}

/* Unknown raises: that is the whole point of three values. */
static bool raised(const struct expr_value *when)
{
	return !when->known || when->truth;
}

static int shifted_type(const struct judge *judge)
{
	int type = judge->recorded_type;
	for (size_t i = 0; type > 0 && i < judge->set->rules; i++) {
		const struct rule *rule = &judge->set->rule[i];
		if (rule->type_shift == 0 || !rule_concerns(judge, rule))
			continue;
		struct expr_value when = evaluate(judge, rule->branch[0].when);
		type += raised(&when) ? rule->type_shift : 0;
	}
	return type > FITZPATRICK_TYPES ? FITZPATRICK_TYPES : type;
}

static void judge_prepare(struct judge *judge, const struct ruleset *set, const struct facts *facts)
{
	*judge = (struct judge){.set = set, .facts = facts, .at_zone = SIZE_MAX};
	judge->modality = text_or_null(facts, "modality");
	judge->indication = text_or_null(facts, "indication");
	/* A mode that the limits table names itself has the class given there, whatever its profile says. */
	const char *named = limits_mode_class_of(set->limits, text_or_null(facts, "device_mode"));
	judge->query = (struct limit_query){
		.mode_class = named != NULL ? named : text_or_null(facts, "mode_class"),
		.wavelength_nm = number_or_nan(facts, "wavelength_nm"),
		.spot_mm = number_or_nan(facts, "spot_mm"),
	};
	prepare_zones(judge);
	prepare_drugs(judge);
	double type = number_or_nan(facts, "fitz");
	judge->recorded_type = isnan(type) ? 0 : (int)(type + 0.5);
	judge->effective_type = judge->recorded_type;
	judge->effective_type = shifted_type(judge);
}

/* --- findings --------------------------------------------------------------------------------------- */

static const struct fact_spec *asked_fact(int id)
{
	const struct fact_spec *spec = facts_spec((size_t)id);
	size_t asked = 0;
	return spec->asked_as != NULL && facts_find(spec->asked_as, &asked) ? facts_spec(asked) : spec;
}

static void add_missing(struct finding *finding, const struct fact_spec *spec)
{
	for (size_t i = 0; i < finding->missing; i++)
		if (finding->missing_fact[i] == spec)
			return;
	if (finding->missing < FINDING_MISSING_MAX)
		finding->missing_fact[finding->missing++] = spec;
}

static void note_missing(struct finding *finding, const struct expr *expr, const struct expr_value *when)
{
	finding->unknown = !when->known;
	if (when->known)
		return;
	finding->limit_missing = (when->missing & EXPR_MISSING_LIMIT) != 0;
	for (size_t i = 0; i < expr_fact_count(expr); i++)
		if (when->missing & (UINT64_C(1) << i))
			add_missing(finding, asked_fact(expr_fact_id(expr, i)));
}

static void note_number(const struct judge *judge, const struct expr *expr, bool *has, double *out)
{
	*out = (double)NAN;
	*has = false;
	if (expr == NULL)
		return;
	struct expr_value value = evaluate(judge, expr);
	*has = value.known && isfinite(value.number);
	if (*has)
		*out = value.number;
}

/* What a list of facts holds, "a, b"; what does not fit ends in " ...". False: not known, or nothing. */
static bool say_list(const struct judge *judge, int id, char *out, size_t size)
{
	struct expr_value value;
	size_t used = 0;
	judge_fact(judge, id, &value);
	out[0] = '\0';
	for (size_t i = 0; value.known && i < value.items && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "", value.item[i]);
	if (used >= size)
		memcpy(out + size - sizeof(" ..."), " ...", sizeof(" ..."));
	return used > 0;
}

/* The rule's message with the facts that it repeats. */
static void say_message(const struct judge *judge, const char *message, char out[FINDING_MESSAGE_MAX])
{
	char name[FACT_TEXT_MAX], words[FINDING_MESSAGE_MAX - RULE_TEXT_MAX];
	const char *open = strchr(message, '{');
	size_t id = 0;
	snprintf(out, FINDING_MESSAGE_MAX, "%s", message);
	if (open == NULL)
		return;
	size_t length = strcspn(open, "}");
	snprintf(name, sizeof(name), "%.*s", (int)length - 1, open + 1);
	BUG_ON(!facts_find(name, &id));
	if (!say_list(judge, (int)id, words, sizeof(words)))
		snprintf(words, sizeof(words), "not answered");
	snprintf(out, FINDING_MESSAGE_MAX, "%.*s%s%s", (int)(open - message), message, words, open + length + 1);
}

static void say_source(const struct judge *judge, const struct rule *rule, char out[FINDING_SOURCE_MAX])
{
	if (rule->source_fact < 0 || !say_list(judge, rule->source_fact, out, FINDING_SOURCE_MAX))
		snprintf(out, FINDING_SOURCE_MAX, "%s", rule->source);
}

static enum status findings_grow(struct judge *judge, struct fail *why)
{
	if (judge->findings->count < judge->capacity)
		return ST_OK;
	size_t capacity = judge->capacity == 0 ? 32 : 2 * judge->capacity;
	struct finding *grown = realloc(judge->findings->finding, capacity * sizeof(*grown));
	if (grown == NULL)
		return fail_set(why, ST_FULL, "", "no memory for the findings");
	judge->findings->finding = grown;
	judge->capacity = capacity;
	return ST_OK;
}

static enum status add_finding(struct judge *judge, const struct rule *rule, const struct rule_branch *branch,
                               const struct expr_value *when, struct fail *why)
{
	enum status status = findings_grow(judge, why);
	if (status != ST_OK)
		return status;
	struct finding *finding = &judge->findings->finding[judge->findings->count++];
	*finding = (struct finding){
		.rule = rule->id, .name = rule->name, .outcome = branch->outcome, .phase = rule->phase,
		.origin = rule->origin, .confidence = rule->confidence,
		.next_step = branch->next_step, .unit = branch->unit,
		.defer_days = branch->outcome == OUTCOME_DEFER ? rule->defer_days : 0.0,
	};
	say_message(judge, branch->message, finding->message);
	say_source(judge, rule, finding->source);
	if (judge->at_zone < judge->zones && !branch->once)
		snprintf(finding->zone, sizeof(finding->zone), "%s", judge->zone[judge->at_zone]);
	if (when != NULL)
		note_missing(finding, branch->when, when);
	note_number(judge, branch->value, &finding->has_value, &finding->value);
	note_number(judge, branch->limit, &finding->has_limit, &finding->limit);
	if (rule->done != NULL) {
		struct expr_value done = evaluate(judge, rule->done);
		finding->done = done.known && done.truth;
	}
	return ST_OK;
}

static enum status judge_rule(struct judge *judge, const struct rule *rule, struct fail *why)
{
	enum status status = ST_OK;
	if (!rule_concerns(judge, rule))
		return ST_OK;
	for (size_t i = 0; status == ST_OK && i < rule->branches; i++) {
		const struct rule_branch *branch = &rule->branch[i];
		if (branch->once && judge->at_zone != 0)
			continue;
		struct expr_value when = evaluate(judge, branch->when);
		if (raised(&when))
			status = add_finding(judge, rule, branch, &when, why);
	}
	return status;
}

static enum status judge_zones(struct judge *judge, const struct rule *rule, struct fail *why)
{
	enum status status = ST_OK;
	for (judge->at_zone = 0; status == ST_OK && judge->at_zone < judge->zones; judge->at_zone++)
		status = judge_rule(judge, rule, why);
	judge->at_zone = SIZE_MAX;
	return status;
}

static enum status list_condition(struct judge *judge, const struct rule *rule, struct fail *why)
{
	return rule_concerns(judge, rule) ? add_finding(judge, rule, &rule->branch[0], NULL, why) : ST_OK;
}

static enum status check_required(const struct judge *judge, struct fail *why)
{
	if (judge->modality == NULL || modality_index(judge->modality) < 0)
		return fail_set(why, ST_INPUT, "modality",
		                "the rules need a modality: pico, nafl, afl, rf_mono, rf_mn or longpulse");
	if (judge->indication == NULL)
		return fail_set(why, ST_INPUT, "indication", "the rules need an indication");
	if (judge->zones == 0)
		return fail_set(why, ST_INPUT, "zones", "the rules need at least one zone");
	return ST_OK;
}

enum status rules_evaluate(const struct ruleset *ruleset, const struct facts *facts, enum rule_phase phase,
                           struct findings *out, struct fail *why)
{
	struct judge judge;
	struct findings findings = {0};
	judge_prepare(&judge, ruleset, facts);
	enum status status = check_required(&judge, why);
	judge.findings = &findings;
	findings.recorded_type = judge.recorded_type;
	findings.effective_type = judge.effective_type;
	for (size_t i = 0; status == ST_OK && i < ruleset->rules; i++) {
		const struct rule *rule = &ruleset->rule[i];
		if (phase == PHASE_PLAN && rule->phase == PHASE_START)
			status = list_condition(&judge, rule, why);
		else
			status = rule->per_zone ? judge_zones(&judge, rule, why) : judge_rule(&judge, rule, why);
	}
	if (status != ST_OK) {
		findings_clear(&findings);
		return status;
	}
	*out = findings;
	return ST_OK;
}

void findings_clear(struct findings *findings)
{
	if (findings == NULL)
		return;
	free(findings->finding);
	*findings = (struct findings){0};
}

int rules_effective_type(const struct ruleset *ruleset, const struct facts *facts)
{
	struct judge judge;
	judge_prepare(&judge, ruleset, facts);
	return judge.effective_type;
}

struct limit_answer rules_limit(const struct ruleset *ruleset, const struct facts *facts, const char *zone,
                                const char *quantity)
{
	struct judge judge;
	judge_prepare(&judge, ruleset, facts);
	if (zone != NULL) {
		plain_zone(zone, judge.zone_text[0]);
		judge.zone[0] = judge.zone_text[0];
		judge.zone_class[0] = limits_zone_class(ruleset->limits, judge.zone_text[0]);
		judge.zones = 1;
		judge.at_zone = 0;
	}
	return judge_ask(&judge, quantity, NULL);
}

/* --- verdict ---------------------------------------------------------------------------------------- */

enum verdict verdict_of_outcome(enum outcome outcome)
{
	static const enum verdict verdict[OUTCOMES] = {
		[OUTCOME_BLOCK] = VERDICT_BLOCK, [OUTCOME_BLOCK_MD] = VERDICT_BLOCK_MD,
		[OUTCOME_DEFER] = VERDICT_DEFER, [OUTCOME_MD_DECISION] = VERDICT_ALLOW_AFTER_MD,
		[OUTCOME_REQUIRE] = VERDICT_ALLOW, [OUTCOME_MODIFY] = VERDICT_ALLOW, [OUTCOME_CAUTION] = VERDICT_ALLOW,
		[OUTCOME_INFO] = VERDICT_ALLOW,
	};
	BUG_ON((unsigned)outcome >= OUTCOMES);
	return verdict[outcome];
}

enum verdict rules_verdict(const struct findings *findings, enum rule_phase phase)
{
	enum verdict strongest = VERDICT_ALLOW;
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->finding[i];
		enum verdict verdict = verdict_of_outcome(finding->outcome);
		if (phase == PHASE_PLAN && finding->phase == PHASE_START)
			continue;
		if (verdict > strongest)
			strongest = verdict;
	}
	return strongest;
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const name[VERDICTS] = {
		[VERDICT_ALLOW] = "ALLOW", [VERDICT_ALLOW_AFTER_MD] = "ALLOW_AFTER_MD", [VERDICT_DEFER] = "DEFER",
		[VERDICT_BLOCK_MD] = "BLOCK_MD", [VERDICT_BLOCK] = "BLOCK",
	};
	BUG_ON((unsigned)verdict >= VERDICTS);
	return name[verdict];
}

const char *rule_phase_name(enum rule_phase phase)
{
	return phase == PHASE_PLAN ? "plan" : "start";
}

const char *outcome_meaning(enum outcome outcome)
{
	static const char *const meaning[OUTCOMES] = {
		[OUTCOME_BLOCK] = "no override at the station",
		[OUTCOME_BLOCK_MD] = "dermatologist may override with a written reason; a second person signs",
		[OUTCOME_MD_DECISION] = "dermatologist must choose and record",
		[OUTCOME_DEFER] = "not before a date", [OUTCOME_REQUIRE] = "to be confirmed before the start",
		[OUTCOME_MODIFY] = "the plan's limits are changed", [OUTCOME_CAUTION] = "to be acknowledged",
		[OUTCOME_INFO] = "for information",
	};
	BUG_ON((unsigned)outcome >= OUTCOMES);
	return meaning[outcome];
}

/* --- words ------------------------------------------------------------------------------------------ */

struct writer {
	char *out;
	size_t size, at;
};

__attribute__((format(printf, 2, 3)))
static void put(struct writer *writer, const char *format, ...)
{
	va_list arguments;
	if (writer->at + 1 >= writer->size)
		return;
	va_start(arguments, format);
	int length = vsnprintf(writer->out + writer->at, writer->size - writer->at, format, arguments);
	va_end(arguments);
	if (length > 0)
		writer->at += (size_t)length;
	if (writer->at >= writer->size)
		writer->at = writer->size - 1;
}

static void put_number(struct writer *writer, const struct finding *finding, double number)
{
	put(writer, "%.4g%s%s", number, finding->unit[0] != '\0' ? " " : "", finding->unit);
}

static void put_missing(struct writer *writer, const struct finding *finding)
{
	for (size_t i = 0; i < finding->missing; i++) {
		const struct fact_spec *spec = finding->missing_fact[i];
		put(writer, " %s: %s", spec->kind == FACT_QUESTION ? "Not answered" : "Not known", spec->wording);
		put(writer, "%s", spec->kind == FACT_QUESTION ? "" : ".");
	}
	if (finding->limit_missing)
		put(writer, " The limit for this skin type is not on file.");
}

const char *finding_text(const struct finding *finding, char *out, size_t size)
{
	struct writer writer = {.out = out, .size = size};
	if (size > 0)
		out[0] = '\0';
	put(&writer, "%s %s", finding->rule, outcome_name(finding->outcome));
	if (finding->zone[0] != '\0')
		put(&writer, " %s", finding->zone);
	put(&writer, ": ");
	if (finding->has_value)
		put_number(&writer, finding, finding->value);
	if (finding->has_value && finding->has_limit)
		put(&writer, ", limit ");
	else if (finding->has_limit)
		put(&writer, "limit ");
	if (finding->has_limit)
		put_number(&writer, finding, finding->limit);
	put(&writer, "%s%s", finding->has_value || finding->has_limit ? ". " : "", finding->message);
	put_missing(&writer, finding);
	put(&writer, " [%s; %s]", finding->origin, finding->source);
	if (finding->defer_days > 0.0)
		put(&writer, " Not before %.0f days.", finding->defer_days);
	put(&writer, " Next: %s", finding->next_step);
	return out;
}
