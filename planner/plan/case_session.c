/* Treatments of one session: what the requests of a case must know of each other. */
#include "planner/plan/case.h"

static struct case_request *find_request(struct case_file *file, const char *name)
{
	for (size_t i = 0; i < file->requests; i++)
		if (strcmp(file->request[i].request.name, name) == 0)
			return &file->request[i];
	return NULL;
}

static bool share_a_zone(const struct request *a, const struct request *b)
{
	for (size_t i = 0; i < a->zones; i++)
		for (size_t k = 0; k < b->zones; k++)
			if (strcmp(a->zone[i], b->zone[k]) == 0)
				return true;
	return false;
}

/* The answer stays what it was, and the partner's modality with it; an unanswered question is answered by the plan. */
static enum status add_modality(struct facts *answers, const char *modality, struct fail *why)
{
	static const char name[] = "same_day_modalities";
	const char *item[FACT_ITEMS_MAX];
	char copy[FACT_ITEMS_MAX][FACT_TEXT_MAX];
	struct expr_value before = {.known = false};
	size_t id = 0, items = 0;
	if (facts_find(name, &id))
		facts_get(answers, id, &before);
	for (size_t i = 0; before.known && i < before.items && items + 1 < FACT_ITEMS_MAX; i++) {
		(void)snprintf(copy[items], sizeof copy[items], "%s", before.item[i]);
		item[items] = copy[items];
		items++;
	}
	item[items++] = modality;
	return facts_set_list(answers, name, item, items, why);
}

static enum status covered_pct(const struct library *library, const struct case_request *r, double *out,
                               struct fail *why)
{
	const struct device *device;
	const struct device_mode *mode;
	struct settings settings;
	struct exposure exposure;
	enum status st = library_find_mode(library, r->request.device_mode, &device, &mode, why);
	if (st)
		return st;
	(void)settings_complete(mode, &r->request.settings, &settings, NULL);
	st = exposure_of(device, mode, &settings, &exposure, why);
	*out = st || isnan(exposure.coverage_sum_frac) ? 0.0 : 100.0 * exposure.coverage_sum_frac;
	return st == ST_MODEL ? ST_OK : st; /* unsound settings are the rules' to say, at that request */
}

static enum status join(const struct library *library, struct case_request *r, const struct case_request *partner,
                        struct fail *why)
{
	const struct device *device;
	const struct device_mode *mode;
	double pct = 0;
	enum status st = library_find_mode(library, partner->request.device_mode, &device, &mode, why);
	if (st || !share_a_zone(&r->request, &partner->request))
		return st;
	if (partner->fit)
		return fail_set(why, ST_INPUT, r->request.name, "is planned in one session with %s, whose settings are still to be "
		                "found; fit that first and enter what was chosen", partner->request.name);
	if ((st = covered_pct(library, partner, &pct, why)))
		return st;
	r->request.other_coverage_pct += pct;
	return add_modality(r->subject.answers, modality_name(device->modality), why);
}

enum status case_join_sessions(const struct library *library, struct case_file *file, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < file->requests; i++) {
		struct case_request *r = &file->request[i];
		for (size_t k = 0; !st && k < r->with; k++) {
			const struct case_request *partner = find_request(file, r->with_name[k]);
			if (!partner || partner == r)
				return fail_set(why, ST_INPUT, r->request.name, "names \"%s\" in same_session, which is no other request",
				                r->with_name[k]);
			st = join(library, r, partner, why);
		}
	}
	return st;
}
