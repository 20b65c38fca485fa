/* Made-up plans on their way for the golden screens: one delivered plan of one person. Nothing is kept. */
#ifndef LASERTWIN_TEST_FAKE_COURSE_H
#define LASERTWIN_TEST_FAKE_COURSE_H

#include "tests/ui/fake_lists.h"
#include "ui/course.h"

#define FAKE_PLAN "01c0ffee-0000-4000-8000-000000000001"

static enum status fake_plan_list(void *context, struct course_row **rows, size_t *count, struct fail *why)
{
	(void)context;
	(void)why;
	*count = 1;
	*rows = calloc(1, sizeof **rows);
	BUG_ON(*rows == NULL);
	**rows = (struct course_row){.plan = FAKE_PLAN, .version = 2, .label = "Ada Demo", .device = "testlaser.deep",
	                             .is_virtual = true, .state = "delivered", .verdict = "ALLOW", .when = "2025-10-23 00:00"};
	return ST_OK;
}

static enum status fake_plan_open(void *context, const char *plan, struct workflow_plan **out, struct fail *why)
{
	(void)context;
	(void)why;
	struct workflow_plan *p = calloc(1, sizeof *p);
	BUG_ON(p == NULL);
	(void)snprintf(p->row.uuid, sizeof p->row.uuid, "%s", plan);
	(void)snprintf(p->row.device, sizeof p->row.device, "testlaser.deep");
	(void)snprintf(p->indication, sizeof p->indication, "acne_scars_atrophic");
	(void)snprintf(p->zone[0], sizeof p->zone[0], "cheeks");
	p->zones = 1;
	p->row.version = p->newest_version = 2;
	p->state = PLAN_DELIVERED;
	p->patient = (struct store_patient){.label = "Ada Demo", .record_number = "VIRTUAL-99", .sex = 'F', .is_virtual = true};
	fake_settings(&p->settings, 10);
	*out = p;
	return ST_OK;
}

static bool fake_may(void *context, enum life_action action, enum plan_state state)
{
	(void)context;
	return life_allowed(action, LIFE_TECHNICIAN, state) || life_allowed(action, LIFE_DERMATOLOGIST, state);
}

static enum status fake_session(void *context, const struct workflow_plan *plan, struct delivery_plan *delivery_plan,
                                struct delivery *session, struct fail *why)
{
	(void)context;
	(void)plan;
	(void)delivery_plan;
	(void)session;
	return fail_set(why, ST_MODEL, "session", "made up: there is none");
}

static const struct app_course fake_course_source = {
        .list = fake_plan_list, .open = fake_plan_open, .may = fake_may, .session = fake_session};

#endif
