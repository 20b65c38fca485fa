/* Treatments of one session, one after the other on the same skin: what the earlier leaves in it is judged with the
 * later. The earlier one's heat is bounded in closed form (physics/afterheat.h), added to the later one's temperatures;
 * damage of both adds up, the later one's quickened by the warmer start. In the order of the case file. */
#include "physics/afterheat.h"
#include "planner/plan/case.h"
#include "planner/plan/planning_facts.h"

#define HENRIQUES_ACTIVATION_K 75000.0 /* of the epidermis; under milliseconds it is less steep: an upper bound */
#define GAP_UNKNOWN_MIN 1.0            /* nobody changes a handpiece faster */
#define S_PER_MIN 60.0

static bool share_a_zone(const struct request *a, const struct request *b)
{
	for (size_t i = 0; i < a->zones; i++)
		for (size_t k = 0; k < b->zones; k++)
			if (strcmp(a->zone[i], b->zone[k]) == 0)
				return true;
	return false;
}

/* Everything a treatment brings into the skin, per area; NAN: the console's numbers do not say. */
static double heat_of(const struct exposure *e)
{
	double passes = e->passes ? e->passes : 1, stack = e->stack ? e->stack : 1;
	if (e->kind == EXPOSURE_RF)
		return passes * (e->pins > 0.0 ? e->pins : 1.0) * e->energy_mJ * 1e-3 / e->tip_cm2;
	return passes * (e->kind == EXPOSURE_MICROBEAMS ? 1.0 : stack) * e->fluence_J_cm2;
}

static double p95(const struct assessment *a, enum metric metric)
{
	const struct band *b = &a->prediction.metric[metric];
	return a->predicted && !(b->flags & VALIDITY_ABSENT) ? b->p95 : (double)NAN;
}

static void join(const struct case_result *earlier, const struct case_result *later, struct case_joint *out)
{
	const struct assessment *a = &earlier->assessment, *b = &later->assessment;
	out->heat_J_cm2 = heat_of(&a->exposure);
	out->rise_K = afterheat_K(out->heat_J_cm2, S_PER_MIN * out->gap_min);
	out->omega_earlier = p95(a, METRIC_OMEGA_BASAL);
	out->omega_alone = p95(b, METRIC_OMEGA_BASAL);
	out->omega_joint = out->omega_earlier +
	                   out->omega_alone * afterheat_damage_factor(HENRIQUES_ACTIVATION_K, out->rise_K);
	out->dermis_alone_C = p95(b, METRIC_DERMIS_PEAK_C);
	out->dermis_joint_C = out->dermis_alone_C + out->rise_K;
	if (isnan(out->rise_K))
		out->not_computed = "heat and damage: the earlier one's settings do not say what energy falls on an area";
	else if (isnan(out->omega_joint))
		out->not_computed = isnan(out->omega_earlier) ? "damage: the earlier one has no prediction of bulk heat"
		                                              : "damage: this one has no prediction of bulk heat";
}

/* Several earlier ones leave their heat one on the other. */
static enum status judge(struct case_result *r, struct fail *why)
{
	struct facts *over = NULL;
	double rise_K = 0.0, omega = 0.0, alone = (double)NAN, dermis_C = (double)NAN;
	for (size_t i = 0; i < r->joints; i++) {
		rise_K += r->joint[i].rise_K;
		omega += r->joint[i].omega_earlier;
		alone = r->joint[i].omega_alone;
		dermis_C = r->joint[i].dermis_alone_C;
	}
	omega += alone * afterheat_damage_factor(HENRIQUES_ACTIVATION_K, rise_K);
	dermis_C += rise_K;
	enum status st = facts_new(&over, why);
	if (!st && !isnan(omega))
		st = facts_set_number(over, "omega_basal_p95", fmin(omega, 1e300), why);
	if (!st && !isnan(dermis_C))
		st = facts_set_number(over, "dermis_peak_C_p95", dermis_C, why);
	if (!st)
		st = planning_judge_again(r->planning, &r->assessment, over, why);
	facts_free(&over);
	return st;
}

static void find_joints(const struct case_file *file, size_t later, struct case_result *results)
{
	const struct case_request *q = &file->request[later];
	struct case_result *r = &results[later];
	for (size_t i = 0; i < later; i++) {
		bool named = false;
		for (size_t k = 0; k < q->with; k++)
			named = named || strcmp(q->with_name[k], file->request[i].request.name) == 0;
		for (size_t k = 0; k < file->request[i].with; k++)
			named = named || strcmp(file->request[i].with_name[k], q->request.name) == 0;
		if (!named || !share_a_zone(&q->request, &file->request[i].request) || r->joints == CASE_TOGETHER_MAX)
			continue;
		struct case_joint *joint = &r->joint[r->joints++];
		joint->gap_assumed = !(q->gap_min > 0.0);
		joint->gap_min = joint->gap_assumed ? GAP_UNKNOWN_MIN : q->gap_min;
		(void)snprintf(joint->with, sizeof joint->with, "%s", file->request[i].request.name);
		join(&results[i], r, joint);
	}
}

enum status case_join_heat(const struct case_file *file, struct case_result *results, struct fail *why)
{
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < file->requests; i++) {
		find_joints(file, i, results);
		if (!results[i].joints)
			continue;
		st = judge(&results[i], why);
		if (!st)
			case_check_again(&results[i], &file->request[i].expected);
	}
	return st;
}
