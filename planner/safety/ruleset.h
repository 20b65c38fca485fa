/* The loaded rules as rules.c evaluates them; only for the files of planner/safety. */
#ifndef LASERTWIN_RULESET_H
#define LASERTWIN_RULESET_H

#include "devices/json.h"
#include "planner/safety/rules.h"

#define RULES_MAX 160
#define RULE_BRANCHES_MAX 5
#define RULE_ID_MAX 24
#define RULE_TEXT_MAX 400
#define RULE_UNIT_MAX 16
#define DRUGS_MAX 512
#define DRUG_CLASSES_MAX 4
#define MODALITIES_MAX 6

/* A rule's main condition, or a variant with an outcome of its own. */
struct rule_branch {
	struct expr *when, *value, *limit; /* value and limit may be NULL */
	enum outcome outcome;
	char message[RULE_TEXT_MAX], next_step[RULE_TEXT_MAX], unit[RULE_UNIT_MAX];
	bool once; /* of a rule judged by zone: only for the first, without naming it */
};

struct rule {
	char id[RULE_ID_MAX], name[96], origin[16], source[FINDING_SOURCE_MAX], confidence[16];
	int source_fact; /* list of sources that take the place of source when known; -1: none */
	unsigned modalities; /* bit of the modality's index */
	enum rule_phase phase;
	bool per_zone;
	double defer_days;
	int type_shift;
	struct expr *applies, *done; /* may be NULL */
	struct rule_branch branch[RULE_BRANCHES_MAX];
	size_t branches;
};

/* One name a medicine goes by. */
struct drug {
	char name[FACT_TEXT_MAX];
	size_t classes;
	const char *class_name[DRUG_CLASSES_MAX]; /* point into the document */
};

/* Facts the engine computes itself. */
enum derived {
	DERIVED_ZONES,
	DERIVED_ZONE,
	DERIVED_ZONE_CLASS,
	DERIVED_ZONE_CLASSES,
	DERIVED_EFFECTIVE_FITZ,
	DERIVED_EFFECTIVE_TYPE,
	DERIVED_DRUG_CLASSES,
	DERIVED_DRUGS_UNLISTED,
	DERIVED_MODE_CLASS_KNOWN,
	DERIVEDS
};

struct ruleset {
	struct limits *limits;
	struct rule rule[RULES_MAX];
	size_t rules;
	struct drug drug[DRUGS_MAX];
	size_t drugs;
	struct json_doc *drug_doc, *source_doc;
	int derived_id[DERIVEDS];
};

/* -1: no such modality. */
int modality_index(const char *name);

#endif
