#include "planner/plan/versions.h"

enum status plan_version_load(struct store *store, const char *uuid, int64_t number, struct plan_version *out,
                              struct fail *why)
{
	memset(out, 0, sizeof *out);
	enum status st = number > 0 ? store_plan_get(store, uuid, number, &out->plan, why)
	                            : store_plan_latest(store, uuid, &out->plan, why);
	if (!st)
		st = store_twin_get(store, out->plan.twin, out->plan.twin_version, &out->twin, why);
	if (!st && out->twin.readings_count)
		st = store_readings_get(store, out->twin.readings[0], &out->readings, why);
	return st;
}

void plan_version_clear(struct plan_version *v)
{
	store_plan_clear(&v->plan);
	store_twin_clear(&v->twin);
	store_readings_clear(&v->readings);
}

static struct difference_side side(const struct plan_version *v)
{
	return (struct difference_side){.plan = v->plan.json,
	                                .plan_len = v->plan.json_len,
	                                .readings = v->readings.json,
	                                .readings_len = v->readings.json_len,
	                                .twin = v->twin.json,
	                                .twin_len = v->twin.json_len};
}

enum status plan_versions_difference(const struct plan_version *before, const struct plan_version *after,
                                     struct difference *out, struct fail *why)
{
	const struct difference_side a = side(before), b = side(after);
	*out = (struct difference){.count = 0};
	if (strcmp(before->plan.patient, after->plan.patient) != 0)
		return fail_set(why, ST_INPUT, "plans", "are of two patients; plans of one patient are compared");
	return difference_of(&a, &b, out, why);
}
