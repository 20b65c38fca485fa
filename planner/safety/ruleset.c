/* Loading of the safety data: rules, limits, drugs and sources, checked against each other. */
#include "planner/safety/ruleset.h"

#include <stdint.h>

#include "planner/safety/safety_json.h"

#define RULE_FILE_MAX ((size_t)1 << 20)
#define DEFER_DAYS_MAX 3650.0
#define TYPE_SHIFT_MAX 5
#define ORIGIN_MAX 96

static const char *const modalities[MODALITIES_MAX] = {"pico", "nafl", "afl", "rf_mono", "rf_mn", "longpulse"};

static const char *const outcomes[OUTCOMES] = {
	[OUTCOME_BLOCK] = "BLOCK", [OUTCOME_BLOCK_MD] = "BLOCK_MD", [OUTCOME_MD_DECISION] = "MD_DECISION",
	[OUTCOME_DEFER] = "DEFER", [OUTCOME_REQUIRE] = "REQUIRE", [OUTCOME_MODIFY] = "MODIFY",
	[OUTCOME_CAUTION] = "CAUTION", [OUTCOME_INFO] = "INFO",
};

/* What to do when a rule does not say it itself. */
static const char *const next_steps[OUTCOMES] = {
	[OUTCOME_BLOCK] = "Do not treat; this cannot be overridden at the station.",
	[OUTCOME_BLOCK_MD] = ("Change the plan, or the dermatologist overrides with a written reason and a second "
	                     "signature."),
	[OUTCOME_MD_DECISION] = "The dermatologist decides and records the reason.",
	[OUTCOME_DEFER] = "Postpone to the date shown.",
	[OUTCOME_REQUIRE] = "Confirm this item before the start.",
	[OUTCOME_MODIFY] = "The limits shown are already changed.",
	[OUTCOME_CAUTION] = "Acknowledge.",
	[OUTCOME_INFO] = "Nothing to do.",
};

int modality_index(const char *name)
{
	for (int i = 0; i < MODALITIES_MAX; i++)
		if (strcmp(modalities[i], name) == 0)
			return i;
	return -1;
}

const char *outcome_name(enum outcome outcome)
{
	BUG_ON((unsigned)outcome >= OUTCOMES);
	return outcomes[outcome];
}

bool outcome_parse(const char *name, enum outcome *out)
{
	for (unsigned i = 0; i < OUTCOMES; i++)
		if (strcmp(outcomes[i], name) == 0) {
			*out = (enum outcome)i;
			return true;
		}
	return false;
}

/* --- names in expressions --------------------------------------------------------------------------- */

static bool find_symbol(const void *context, const char *name, struct expr_symbol *out)
{
	size_t id = 0;
	(void)context;
	if (!facts_find(name, &id))
		return false;
	*out = (struct expr_symbol){.id = (int)id, .type = facts_spec(id)->type,
	                            .question = facts_spec(id)->kind == FACT_QUESTION};
	return true;
}

static bool limit_known(const void *context, const char *quantity)
{
	return limits_quantity_known(context, quantity);
}

/* Compiles the optional member key of a rule; "rules.json: rules[3] R-ISO-1.when" opens its errors. */
static enum status read_expr(const struct ruleset *set, const struct json_at *at, const char *id, const char *key,
                             enum expr_type type, struct expr **out, struct fail *why)
{
	const struct expr_symbols symbols = {.find = find_symbol, .limit_known = limit_known, .context = set->limits};
	char text[EXPR_TEXT_MAX + 1], origin[ORIGIN_MAX];
	bool present = false;
	enum status status = json_string(at, key, text, sizeof(text), &present, why);
	if (status != ST_OK || !present)
		return status;
	snprintf(origin, sizeof(origin), "rules.json: %s.%s", id, key);
	return expr_compile(text, origin, &symbols, type, out, why);
}

static enum status read_text(const struct json_at *at, const char *key, const char *otherwise, char *out,
                             size_t size, struct fail *why)
{
	bool present = false;
	enum status status = json_string(at, key, out, size, &present, why);
	if (status == ST_OK && !present)
		snprintf(out, size, "%s", otherwise);
	return status;
}

/* --- rules ------------------------------------------------------------------------------------------ */

static enum status read_conditions(const struct ruleset *set, const struct json_at *at, const struct rule *rule,
                                   struct rule_branch *branch, struct fail *why)
{
	enum status status = read_expr(set, at, rule->id, "when", EXPR_BOOL, &branch->when, why);
	if (status == ST_OK && branch->when == NULL)
		return json_refuse(at, ST_INPUT, why, "has no condition 'when'");
	if (status == ST_OK)
		status = read_expr(set, at, rule->id, "value", EXPR_NUMBER, &branch->value, why);
	if (status == ST_OK)
		status = read_expr(set, at, rule->id, "limit", EXPR_NUMBER, &branch->limit, why);
	return status;
}

/* "{drugs_unlisted}" in a message stands for what that list of facts holds. */
static enum status check_placeholders(const struct json_at *at, const char *message, struct fail *why)
{
	char name[FACT_TEXT_MAX];
	const char *open = strchr(message, '{');
	size_t length = open != NULL ? strcspn(open + 1, "}") : 0, id = 0;
	if (open == NULL)
		return ST_OK;
	snprintf(name, sizeof(name), "%.*s", (int)length, open + 1);
	if (open[1 + length] != '}' || !facts_find(name, &id) || facts_spec(id)->type != EXPR_LIST)
		return json_refuse(at, ST_INPUT, why, "has a message with '{%s': there must stand a list of facts", name);
	return strchr(open + 1, '{') == NULL ? ST_OK
	                                     : json_refuse(at, ST_INPUT, why, "has a message with more than one '{'");
}

static enum status read_words(const struct json_at *at, struct rule_branch *branch, struct fail *why)
{
	enum status status = json_string(at, "message", branch->message, sizeof(branch->message), NULL, why);
	if (status == ST_OK && branch->message[0] == '\0')
		return json_refuse(at, ST_INPUT, why, "has an empty message");
	if (status == ST_OK)
		status = check_placeholders(at, branch->message, why);
	if (status == ST_OK)
		status = read_text(at, "unit", "", branch->unit, sizeof(branch->unit), why);
	if (status == ST_OK)
		status = read_text(at, "next_step", next_steps[branch->outcome], branch->next_step,
		                   sizeof(branch->next_step), why);
	return status;
}

static enum status read_outcome(const struct json_at *at, const enum outcome *otherwise, enum outcome *out,
                                struct fail *why)
{
	size_t index = 0;
	bool present = false;
	enum status status = json_choice(at, "outcome", outcomes, OUTCOMES, &index,
	                                 otherwise != NULL ? &present : NULL, why);
	if (status == ST_OK)
		*out = otherwise != NULL && !present ? *otherwise : (enum outcome)index;
	return status;
}

static enum status read_variant(const struct ruleset *set, const struct json_at *at, struct rule *rule,
                                struct fail *why)
{
	static const char *const keys[] = {"when", "outcome", "value", "limit", "unit", "message", "next_step",
	                                   "once", NULL};
	bool present = false;
	if (rule->branches == RULE_BRANCHES_MAX)
		return json_refuse(at, ST_FULL, why, "is one variant more than the %d there may be",
		                   RULE_BRANCHES_MAX - 1);
	struct rule_branch *branch = &rule->branch[rule->branches++];
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = read_outcome(at, &rule->branch[0].outcome, &branch->outcome, why);
	if (status == ST_OK)
		status = read_conditions(set, at, rule, branch, why);
	if (status == ST_OK)
		status = read_words(at, branch, why);
	if (status == ST_OK)
		status = json_bool(at, "once", &branch->once, &present, why);
	return status;
}

static enum status read_variants(const struct ruleset *set, const struct json_at *at, struct rule *rule,
                                 struct fail *why)
{
	struct json_at list, item = {0};
	bool present = false;
	enum status status = json_member(at, "variants", JSON_ARRAY, &list, &present, why);
	while (status == ST_OK && present && json_array_each(&list, &item))
		status = read_variant(set, &item, rule, why);
	return status;
}

static enum status read_modalities(const struct json_at *at, struct rule *rule, struct fail *why)
{
	struct json_at list, item = {0};
	enum status status = json_member(at, "modalities", JSON_ARRAY, &list, NULL, why);
	while (status == ST_OK && json_array_each(&list, &item)) {
		size_t index = 0;
		status = json_choice_at(&item, modalities, MODALITIES_MAX, &index, why);
		rule->modalities |= 1u << index;
	}
	if (status == ST_OK && rule->modalities == 0)
		return json_refuse(&list, ST_INPUT, why, "names no modality: the rule would never be judged");
	return status;
}

static enum status read_phase(const struct json_at *at, struct rule *rule, struct fail *why)
{
	static const char *const phases[] = {"plan", "start"};
	size_t index = 0;
	enum status status = json_choice(at, "phase", phases, 2, &index, NULL, why);
	rule->phase = index == 0 ? PHASE_PLAN : PHASE_START;
	return status;
}

static enum status read_effects(const struct json_at *at, struct rule *rule, struct fail *why)
{
	bool present = false;
	enum status status = json_bool(at, "per_zone", &rule->per_zone, &present, why);
	if (status == ST_OK)
		status = json_number_in(at, "defer_days", 0.0, DEFER_DAYS_MAX, "d", &rule->defer_days, &present, why);
	if (status == ST_OK)
		status = json_integer_in(at, "limits_type_shift", 1, TYPE_SHIFT_MAX, "types", &rule->type_shift, &present,
		                         why);
	if (status == ST_OK && rule->type_shift > 0 && rule->branch[0].outcome != OUTCOME_MODIFY)
		return json_refuse(at, ST_INPUT, why, "shifts the skin type; its outcome must be MODIFY");
	return status;
}

static enum status read_source_fact(const struct json_at *at, int *out, struct fail *why)
{
	char name[FACT_TEXT_MAX];
	bool present = false;
	size_t id = 0;
	enum status status = json_string(at, "source_from", name, sizeof(name), &present, why);
	*out = -1;
	if (status != ST_OK || !present)
		return status;
	if (!facts_find(name, &id) || facts_spec(id)->type != EXPR_LIST)
		return json_refuse(at, ST_INPUT, why, "takes its source from '%s', which is no list of facts", name);
	*out = (int)id;
	return ST_OK;
}

static enum status read_provenance(const struct ruleset *set, const struct json_at *at, struct rule *rule,
                                   struct fail *why)
{
	struct json_at root = json_root(set->source_doc), sources;
	enum status status = safety_origin(at, rule->origin, sizeof(rule->origin), why);
	if (status == ST_OK)
		status = safety_confidence(at, rule->confidence, sizeof(rule->confidence), why);
	if (status == ST_OK)
		status = safety_sources(at, rule->source, sizeof(rule->source), why);
	if (status == ST_OK)
		status = read_source_fact(at, &rule->source_fact, why);
	if (status == ST_OK)
		status = json_member(&root, "sources", JSON_OBJECT, &sources, NULL, why);
	return status == ST_OK ? safety_sources_exist(rule->source, &sources, rule->id, why) : status;
}

static enum status read_identity(const struct ruleset *set, const struct json_at *at, struct rule *rule,
                                 struct fail *why)
{
	size_t other = 0;
	enum status status = json_string(at, "id", rule->id, sizeof(rule->id), NULL, why);
	if (status == ST_OK && (rule->id[0] == '\0' || ruleset_find(set, rule->id, &other)))
		return json_refuse(at, ST_INPUT, why, "has no id, or repeats '%s'", rule->id);
	if (status == ST_OK)
		status = json_string(at, "name", rule->name, sizeof(rule->name), NULL, why);
	return status;
}

static enum status read_rule_members(struct ruleset *set, const struct json_at *at, struct rule *rule,
                                     struct fail *why)
{
	struct rule_branch *main_branch = &rule->branch[0];
	rule->branches = 1;
	enum status status = read_modalities(at, rule, why);
	if (status == ST_OK)
		status = read_phase(at, rule, why);
	if (status == ST_OK)
		status = read_outcome(at, NULL, &main_branch->outcome, why);
	if (status == ST_OK)
		status = read_conditions(set, at, rule, main_branch, why);
	if (status == ST_OK)
		status = read_words(at, main_branch, why);
	if (status == ST_OK)
		status = read_expr(set, at, rule->id, "applies", EXPR_BOOL, &rule->applies, why);
	if (status == ST_OK)
		status = read_expr(set, at, rule->id, "done", EXPR_BOOL, &rule->done, why);
	if (status == ST_OK)
		status = read_effects(at, rule, why);
	if (status == ST_OK)
		status = read_provenance(set, at, rule, why);
	return status == ST_OK ? read_variants(set, at, rule, why) : status;
}

static enum status read_rule(struct ruleset *set, const struct json_at *at, struct fail *why)
{
	static const char *const keys[] = {
		"id", "name", "modalities", "phase", "outcome", "origin", "source", "source_from", "conf", "per_zone",
		"limits_type_shift", "defer_days", "applies", "when", "value", "limit", "unit", "done", "message",
		"next_step", "variants", NULL,
	};
	if (set->rules == RULES_MAX)
		return json_refuse(at, ST_FULL, why, "is one rule more than the %d there may be", RULES_MAX);
	struct rule *rule = &set->rule[set->rules];
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = read_identity(set, at, rule, why);
	set->rules++; /* counted before its expressions are read, so that they are freed */
	return status == ST_OK ? read_rule_members(set, at, rule, why) : status;
}

static enum status read_rules(struct ruleset *set, const struct ruleset_text *file, struct fail *why)
{
	static const char *const keys[] = {"schema", "note", "rules", NULL};
	struct json_doc *doc = NULL;
	struct json_at list, item = {0};
	enum status status = json_parse(file->file, file->text, file->length, &doc, why);
	if (status != ST_OK)
		return status;
	struct json_at root = json_root(doc);
	status = json_schema(&root, "lasertwin-rules/1", why);
	if (status == ST_OK)
		status = json_known_keys(&root, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_member(&root, "rules", JSON_ARRAY, &list, NULL, why);
	while (status == ST_OK && json_array_each(&list, &item))
		status = read_rule(set, &item, why);
	if (status == ST_OK && set->rules == 0)
		status = json_refuse(&list, ST_INPUT, why, "holds no rule");
	json_free(&doc);
	return status;
}

/* --- drugs ------------------------------------------------------------------------------------------ */

static enum status read_drug_classes(const struct json_at *at, const struct json_at *known, struct drug *drug,
                                     struct fail *why)
{
	struct json_at list, item = {0}, found;
	enum status status = json_member(at, "classes", JSON_ARRAY, &list, NULL, why);
	while (status == ST_OK && json_array_each(&list, &item)) {
		const char *name = json_text(&item);
		if (name == NULL || !json_find(known, name, &found))
			return json_refuse(&item, ST_INPUT, why, "is not a drug class of the list");
		if (drug->classes == DRUG_CLASSES_MAX)
			return json_refuse(&item, ST_FULL, why, "is one class more than the %d there may be",
			                   DRUG_CLASSES_MAX);
		drug->class_name[drug->classes++] = name;
	}
	return status;
}

static enum status add_drug_name(struct ruleset *set, const struct json_at *name, const struct drug *model,
                                 struct fail *why)
{
	if (set->drugs == DRUGS_MAX)
		return json_refuse(name, ST_FULL, why, "is one name more than the %d there may be", DRUGS_MAX);
	struct drug *drug = &set->drug[set->drugs++];
	*drug = *model;
	return json_string_at(name, drug->name, sizeof(drug->name), why);
}

static enum status read_drug(struct ruleset *set, const struct json_at *at, const struct json_at *classes,
                             struct fail *why)
{
	static const char *const keys[] = {"name", "aliases", "classes", "source", "conf", NULL};
	struct json_at name, aliases, item = {0};
	struct drug drug = {0};
	char source[160], confidence[16];
	bool present = false;
	enum status status = json_known_keys(at, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = safety_sources(at, source, sizeof(source), why);
	if (status == ST_OK)
		status = safety_confidence(at, confidence, sizeof(confidence), why);
	if (status == ST_OK)
		status = read_drug_classes(at, classes, &drug, why);
	if (status == ST_OK)
		status = json_member(at, "name", JSON_STRING, &name, NULL, why);
	if (status == ST_OK)
		status = add_drug_name(set, &name, &drug, why);
	if (status == ST_OK)
		status = json_member(at, "aliases", JSON_ARRAY, &aliases, &present, why);
	while (status == ST_OK && present && json_array_each(&aliases, &item))
		status = add_drug_name(set, &item, &drug, why);
	return status;
}

static enum status read_drugs(struct ruleset *set, struct fail *why)
{
	static const char *const keys[] = {"schema", "note", "classes", "drugs", NULL};
	struct json_at root = json_root(set->drug_doc), classes, list, item = {0};
	enum status status = json_schema(&root, "lasertwin-drugs/1", why);
	if (status == ST_OK)
		status = json_known_keys(&root, keys, JSON_X_EXTRA, why);
	if (status == ST_OK)
		status = json_member(&root, "classes", JSON_OBJECT, &classes, NULL, why);
	if (status == ST_OK)
		status = json_member(&root, "drugs", JSON_ARRAY, &list, NULL, why);
	while (status == ST_OK && json_array_each(&list, &item))
		status = read_drug(set, &item, &classes, why);
	return status;
}

/* --- the set ---------------------------------------------------------------------------------------- */

static void find_derived(struct ruleset *set)
{
	static const char *const name[DERIVEDS] = {
		[DERIVED_ZONES] = "zones", [DERIVED_ZONE] = "zone", [DERIVED_ZONE_CLASS] = "zone_class",
		[DERIVED_ZONE_CLASSES] = "zone_classes", [DERIVED_EFFECTIVE_FITZ] = "effective_fitz",
		[DERIVED_EFFECTIVE_TYPE] = "effective_type", [DERIVED_DRUG_CLASSES] = "drug_classes",
		[DERIVED_DRUGS_UNLISTED] = "drugs_unlisted", [DERIVED_MODE_CLASS_KNOWN] = "mode_class_known",
	};
	for (size_t i = 0; i < DERIVEDS; i++) {
		size_t id = 0;
		BUG_ON(!facts_find(name[i], &id));
		set->derived_id[i] = (int)id;
	}
}

static enum status read_sources(struct ruleset *set, const struct ruleset_text *file, struct fail *why)
{
	static const char *const keys[] = {"schema", "note", "sources", NULL};
	enum status status = json_parse(file->file, file->text, file->length, &set->source_doc, why);
	if (status != ST_OK)
		return status;
	struct json_at root = json_root(set->source_doc);
	status = json_schema(&root, "lasertwin-sources/1", why);
	return status == ST_OK ? json_known_keys(&root, keys, JSON_X_EXTRA, why) : status;
}

static enum status read_all(struct ruleset *set, const struct ruleset_files *files, struct fail *why)
{
	const struct ruleset_text *limits = &files->limits, *drugs = &files->drugs;
	enum status status = read_sources(set, &files->sources, why);
	if (status == ST_OK)
		status = limits_parse(limits->text, limits->length, limits->file, &set->limits, why);
	if (status == ST_OK)
		status = json_parse(drugs->file, drugs->text, drugs->length, &set->drug_doc, why);
	if (status == ST_OK)
		status = read_drugs(set, why);
	return status == ST_OK ? read_rules(set, &files->rules, why) : status;
}

enum status ruleset_parse(const struct ruleset_files *files, struct ruleset **out, struct fail *why)
{
	struct ruleset *set = calloc(1, sizeof(*set));
	if (set == NULL)
		return fail_set(why, ST_FULL, "", "no memory for the safety rules");
	find_derived(set);
	enum status status = read_all(set, files, why);
	if (status != ST_OK)
		ruleset_free(&set);
	else
		*out = set;
	return status;
}

enum status ruleset_overlay_limits(struct ruleset *ruleset, const struct ruleset_text *file, struct fail *why)
{
	return limits_overlay(ruleset->limits, file->text, file->length, file->file, why);
}

static void free_rule(struct rule *rule)
{
	expr_free(&rule->applies);
	expr_free(&rule->done);
	for (size_t i = 0; i < RULE_BRANCHES_MAX; i++) {
		expr_free(&rule->branch[i].when);
		expr_free(&rule->branch[i].value);
		expr_free(&rule->branch[i].limit);
	}
}

void ruleset_free(struct ruleset **ruleset)
{
	if (ruleset == NULL || *ruleset == NULL)
		return;
	struct ruleset *set = *ruleset;
	for (size_t i = 0; i < set->rules; i++)
		free_rule(&set->rule[i]);
	limits_free(&set->limits);
	json_free(&set->drug_doc);
	json_free(&set->source_doc);
	free(set);
	*ruleset = NULL;
}

static enum status read_file(const char *folder, const char *name, struct ruleset_text *out, struct fail *why)
{
	char path[4096];
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return fail_set(why, ST_INPUT, name, "the folder's name is too long");
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return fail_set(why, ST_IO, path, "cannot be opened; the safety rules must be installed");
	/* A block as large as the file, not as the limit: what is freed is wiped. */
	const long end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
	const size_t room = end >= 0 && (size_t)end < RULE_FILE_MAX ? (size_t)end + 1 : RULE_FILE_MAX + 1;
	rewind(file);
	char *text = end >= 0 ? malloc(room) : NULL;
	size_t length = text != NULL ? fread(text, 1, room, file) : 0;
	bool bad = text == NULL || ferror(file) != 0;
	fclose(file);
	*out = (struct ruleset_text){.file = name, .text = text, .length = length};
	return bad ? fail_set(why, ST_IO, path, "cannot be read") : ST_OK;
}

enum status ruleset_load(const char *folder, struct ruleset **out, struct fail *why)
{
	struct ruleset_files files = {0};
	enum status status = read_file(folder, "rules.json", &files.rules, why);
	if (status == ST_OK)
		status = read_file(folder, "limits.json", &files.limits, why);
	if (status == ST_OK)
		status = read_file(folder, "drugs.json", &files.drugs, why);
	if (status == ST_OK)
		status = read_file(folder, "sources.json", &files.sources, why);
	if (status == ST_OK)
		status = ruleset_parse(&files, out, why);
	free((void *)(uintptr_t)files.rules.text);
	free((void *)(uintptr_t)files.limits.text);
	free((void *)(uintptr_t)files.drugs.text);
	free((void *)(uintptr_t)files.sources.text);
	return status;
}

/* --- what is loaded --------------------------------------------------------------------------------- */

const struct limits *ruleset_limits(const struct ruleset *ruleset)
{
	return ruleset->limits;
}

size_t ruleset_count(const struct ruleset *ruleset)
{
	return ruleset->rules;
}

struct rule_info ruleset_info(const struct ruleset *ruleset, size_t index)
{
	BUG_ON(index >= ruleset->rules);
	const struct rule *rule = &ruleset->rule[index];
	return (struct rule_info){
		.id = rule->id, .name = rule->name, .origin = rule->origin, .source = rule->source,
		.confidence = rule->confidence, .message = rule->branch[0].message,
		.when = expr_text(rule->branch[0].when), .outcome = rule->branch[0].outcome, .phase = rule->phase,
		.per_zone = rule->per_zone,
	};
}

bool ruleset_find(const struct ruleset *ruleset, const char *id, size_t *index)
{
	for (size_t i = 0; i < ruleset->rules; i++)
		if (strcmp(ruleset->rule[i].id, id) == 0) {
			*index = i;
			return true;
		}
	return false;
}

static size_t append(char *out, size_t size, size_t at, const char *text, size_t length)
{
	for (size_t i = 0; i < length && at + 1 < size; i++)
		out[at++] = text[i];
	out[at] = '\0';
	return at;
}

bool ruleset_source(const struct ruleset *ruleset, size_t index, const char **key, const char **text)
{
	struct json_at root = json_root(ruleset->source_doc), sources, item = {0};
	if (!json_find(&root, "sources", &sources))
		return false;
	for (size_t i = 0; json_object_each(&sources, &item); i++)
		if (i == index) {
			*key = item.key;
			*text = json_text(&item);
			return *text != NULL;
		}
	return false;
}

const char *rules_source_text(const struct ruleset *ruleset, const char *source, char *out, size_t size)
{
	struct json_at root = json_root(ruleset->source_doc), sources, found;
	char key[96];
	size_t at = append(out, size, 0, "", 0);
	bool table = json_find(&root, "sources", &sources);
	while (*source != '\0') {
		size_t length = strcspn(source, ",");
		snprintf(key, sizeof(key), "%.*s", (int)length, source);
		at = append(out, size, at, at > 0 ? "; " : "", at > 0 ? 2 : 0);
		at = append(out, size, at, key, strlen(key));
		const char *words = table && json_find(&sources, key, &found) ? json_text(&found) : NULL;
		if (words != NULL) {
			at = append(out, size, at, ": ", 2);
			at = append(out, size, at, words, strlen(words));
		}
		source += length;
		source += strspn(source, ", ");
	}
	return out;
}
