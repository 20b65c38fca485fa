/* Random walks over the whole model: readings, answers, plans on their way, treatment, for every role and at every size
 * of window. LASERTWIN_WALK_KEYS says how many keys (`make walk`: the long form). What must hold after each key:
 *
 *   - what is written is of the patient whose name stands in the header;
 *   - nothing is moved or delivered that the table of life.h does not give to who does it;
 *   - dialogs are on top only, the selection is inside its list, no program end without a y;
 *   - undo and redo give back what was, and every screen can be left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/rng.h"
#include "tests/ui/fake_clinic.h"
#include "ui/view.h"

#define KEYS_SHORT 6000
#define KEYS_LONG 100000 /* from here on every size of window is drawn, too */
#define PLANS 6
#define BANNER_BYTES 1024

static const char *const names[2] = {"Ada Demo", "Zo\xC3\xAB \xE7\x8E\x8B Demo"};

struct walk {
	struct jobs *jobs;
	struct app *app;
	struct app_source source;
	struct app_course course;
	struct canvas *canvas;
	struct rng rng;
	enum life_role role; /* who is logged in */
	struct workflow_plan plan[PLANS];
	struct delivery session[PLANS];
	char before[BANNER_BYTES]; /* the header when the key was pressed */
	size_t written, moved, delivered, undone, left, together;
	int64_t now_ms;
	uint64_t seen; /* bit per screen */
};

static struct walk walk;

/* --- what stands in the header -------------------------------------------------------------------------- */

static void read_banner(char out[BANNER_BYTES])
{
	struct fail why;
	assert_int_equal(canvas_resize(walk.canvas, 24, 100, &why), ST_OK);
	app_draw(walk.app, walk.canvas);
	char *dump = canvas_dump(walk.canvas);
	assert_non_null(dump);
	(void)snprintf(out, BANNER_BYTES, "%.*s", (int)strcspn(dump, "\n"), dump);
	free(dump);
}

static void assert_banner_names(const char *label, const char *what)
{
	if (strstr(walk.before, label) == NULL)
		fail_msg("%s of %s, while the header said: %s", what, label, walk.before);
}

/* --- writes ------------------------------------------------------------------------------------------------ */

static enum status save_readings(void *context, size_t index, const struct subject *subject,
                                 const struct request *request, struct fail *why)
{
	char now[BANNER_BYTES];
	(void)context, (void)request, (void)why;
	assert_string_equal(subject->label, names[index]);
	assert_ptr_equal(subject, &walk.app->subject);
	/* kept before a plan is shown, from wherever one comes: then the header is about to name the patient */
	read_banner(now);
	if (strstr(now, subject->label) == NULL)
		assert_banner_names(subject->label, "readings");
	walk.written++;
	return ST_OK;
}

static enum status save_plan(void *context, size_t index, const struct app_draft *draft, struct fail *why)
{
	(void)context, (void)why;
	assert_string_equal(draft->subject->label, names[index]);
	assert_banner_names(draft->subject->label, "a plan");
	assert_false(walk.app->stale);
	walk.written++;
	return ST_OK;
}

/* --- plans on their way -------------------------------------------------------------------------------------- */

static enum status list(void *context, struct course_row **rows, size_t *count, struct fail *why)
{
	(void)context, (void)why;
	*rows = calloc(PLANS, sizeof **rows);
	assert_non_null(*rows);
	*count = PLANS;
	for (size_t i = 0; i < PLANS; i++) {
		struct course_row *row = &(*rows)[i];
		(void)snprintf(row->plan, sizeof row->plan, "%s", walk.plan[i].row.uuid);
		(void)snprintf(row->label, sizeof row->label, "%.60s", walk.plan[i].patient.label);
		(void)snprintf(row->state, sizeof row->state, "%s", plan_state_name(walk.plan[i].state));
		row->version = 1;
		row->is_virtual = true;
	}
	return ST_OK;
}

static struct workflow_plan *copy_of(const struct workflow_plan *plan)
{
	struct workflow_plan *copy = malloc(sizeof *copy);
	assert_non_null(copy);
	*copy = *plan;
	return copy;
}

static size_t place_of(const struct workflow_plan *plan)
{
	for (size_t i = 0; i < PLANS; i++)
		if (strcmp(walk.plan[i].row.uuid, plan->row.uuid) == 0)
			return i;
	fail_msg("a plan that is not on the list");
	return 0;
}

static enum status open_plan(void *context, const char *plan, struct workflow_plan **out, struct fail *why)
{
	(void)context;
	*out = NULL;
	for (size_t i = 0; i < PLANS; i++)
		if (strcmp(walk.plan[i].row.uuid, plan) == 0)
			*out = copy_of(&walk.plan[i]);
	return *out != NULL ? ST_OK : fail_set(why, ST_NOT_FOUND, "plan", "no such plan");
}

static bool at_the_station(enum life_action action)
{
	return (life_needs(action) & LIFE_NEEDS_SECRET) != 0 || action == LIFE_REJECT || action == LIFE_CLOSE;
}

static bool may(void *context, enum life_action action, enum plan_state state)
{
	(void)context;
	return life_allowed(action, at_the_station(action) ? LIFE_DERMATOLOGIST : walk.role, state);
}

static bool role_of(const char *login, enum life_role *role)
{
	*role = login != NULL && login[0] == 'd' ? LIFE_DERMATOLOGIST : login != NULL && login[0] == 't' ? LIFE_TECHNICIAN
	                                                                                                  : LIFE_VIEWER;
	return login != NULL && login[0] != '\0';
}

/* Of a plan on its own the header has the name; of many, the list before had this very plan and name. */
static void assert_announced(const struct workflow_plan *plan, enum life_action action)
{
	const struct app_tagged *t = &walk.app->tagged;
	if (!t->running) {
		assert_banner_names(plan->patient.label, life_action_name(action));
		return;
	}
	assert_int_equal(action, LIFE_PROPOSE); /* never approving, never treating */
	assert_true(t->plans && t->at < t->will);
	assert_int_equal(t->item[t->at].fate, TAGGED_WILL);
	assert_string_equal(t->item[t->at].plan, plan->row.uuid);
	assert_string_equal(t->item[t->at].label, plan->patient.label);
	walk.together++;
}

/* As the workflow does it: the table decides, whatever the screens asked for. */
static enum status move_plan(void *context, enum life_action action, const struct course_input *input,
                             struct workflow_plan **plan, struct fail *why)
{
	struct workflow_plan *kept = &walk.plan[place_of(*plan)];
	struct life_request request = {.action = action,
	                               .state = kept->state,
	                               .role = walk.role,
	                               .actor = "who",
	                               .reason = input->reason,
	                               .secret_given = input->secret != NULL && input->secret[0] != '\0',
	                               .identifiers_confirmed = input->identifier_1 != NULL && input->identifier_2 != NULL,
	                               .second = input->second_login,
	                               .second_role = LIFE_TECHNICIAN};
	enum plan_state to;
	assert_true(may(context, action, kept->state)); /* the screens offer nothing else */
	if (at_the_station(action) && !role_of(input->login, &request.role))
		return fail_set(why, ST_DENIED, "login", "nobody");
	assert_announced(kept, action);
	enum status status = life_move(&request, &to, why);
	if (status != ST_OK)
		return status;
	assert_true(life_allowed(action, request.role, kept->state));
	kept->state = to;
	walk.moved++;
	workflow_plan_free(plan);
	*plan = copy_of(kept);
	return ST_OK;
}

static enum status session(void *context, const struct workflow_plan *plan, struct delivery_plan *delivery_plan,
                           struct delivery *out, struct fail *why)
{
	(void)context;
	*delivery_plan = (struct delivery_plan){.version = 1,
	                                        .identity = plan->identity,
	                                        .device_mode = "testlaser.deep",
	                                        .device = &fake_device,
	                                        .mode = &fake_device.mode[0],
	                                        .fields = 1,
	                                        .field = {"cheeks"},
	                                        .settings = plan->settings};
	*out = walk.session[place_of(plan)];
	return delivery_plan_complete(delivery_plan, why);
}

static enum status start(void *context, const struct workflow_plan *plan, const struct delivery *delivery,
                         struct workflow_start **out, struct fail *why)
{
	(void)context, (void)plan, (void)delivery, (void)why;
	*out = NULL;
	return ST_OK;
}

static enum status judge(const struct workflow_start *begin, const struct predict_options *options,
                         struct findings *out, struct fail *why)
{
	(void)begin, (void)options, (void)why;
	*out = (struct findings){.count = 0};
	return ST_OK;
}

static bool delivers(enum life_role role)
{
	return role == LIFE_TECHNICIAN || role == LIFE_DERMATOLOGIST;
}

static enum status afterwards(const struct workflow_plan *plan, enum life_action action, struct fail *why)
{
	assert_banner_names(plan->patient.label, "what was seen afterwards");
	if (!life_allowed(action, walk.role, plan->state))
		return fail_set(why, ST_DENIED, "role", "a %s may not", life_role_name(walk.role));
	walk.moved++;
	return ST_OK;
}

static enum status follow_up(void *context, const struct follow_up *seen, struct workflow_plan **plan, struct fail *why)
{
	(void)context, (void)seen;
	return afterwards(*plan, LIFE_FOLLOW_UP, why);
}

static enum status adverse(void *context, const struct adverse_event *event, struct workflow_plan **plan,
                           struct fail *why)
{
	(void)context, (void)event;
	return afterwards(*plan, LIFE_ADVERSE, why);
}

static enum status deliver(void *context, const struct delivery_event *event, const struct findings *findings,
                           struct workflow_plan **plan, struct delivery *delivery, struct fail *why)
{
	size_t at = place_of(*plan);
	struct workflow_plan *kept = &walk.plan[at];
	struct delivery_plan approved;
	const struct delivery_permits nothing = {.count = 0};
	struct delivery_event signed_event = *event;
	signed_event.at_ms = ++walk.now_ms;
	(void)snprintf(signed_event.actor, sizeof signed_event.actor, "%s", kept->row.uuid);
	assert_banner_names(kept->patient.label, "a delivery");
	if (!delivers(walk.role))
		return fail_set(why, ST_DENIED, "role", "a %s may not treat", life_role_name(walk.role));
	if (kept->state != PLAN_APPROVED && kept->state != PLAN_TREATING)
		return fail_set(why, ST_DENIED, "state", "not approved");
	enum status status = session(context, kept, &approved, delivery, why);
	if (status == ST_OK && event->kind == DELIVERY_START)
		status = delivery_may_start(delivery, &approved, findings, &nothing, why);
	if (status == ST_OK)
		status = delivery_apply(delivery, &approved, &signed_event, why);
	if (status != ST_OK)
		return status;
	walk.session[at] = *delivery;
	walk.delivered++;
	if (delivery->phase == DELIVERY_RUNNING)
		kept->state = PLAN_TREATING;
	if (delivery->phase == DELIVERY_FINISHED || (delivery->phase == DELIVERY_ABORTED && delivery->started_at_ms != 0))
		kept->state = PLAN_DELIVERED;
	workflow_plan_free(plan);
	*plan = copy_of(kept);
	return ST_OK;
}

/* --- a clinic for the walk ------------------------------------------------------------------------------------ */

static void make_plans(void)
{
	static const enum plan_state states[PLANS] = {PLAN_DRAFT,    PLAN_DRAFT,     PLAN_PROPOSED,
	                                              PLAN_APPROVED, PLAN_DELIVERED, PLAN_APPROVED};
	for (size_t i = 0; i < PLANS; i++) {
		struct workflow_plan *plan = &walk.plan[i];
		*plan = (struct workflow_plan){.state = states[i], .newest_version = 1, .findings = 2, .zones = 1};
		plan->row.version = 1;
		plan->patient.is_virtual = true;
		plan->patient.sex = 'F';
		(void)snprintf(plan->row.uuid, sizeof plan->row.uuid, "%08zu-0000-4000-8000-000000000000", i);
		(void)snprintf(plan->patient.label, sizeof plan->patient.label, "%s", names[i % 2]);
		(void)snprintf(plan->patient.record_number, sizeof plan->patient.record_number, "R-%zu", i % 2);
		(void)snprintf(plan->finding[0].rule, sizeof plan->finding[0].rule, "R-COV");
		plan->finding[0].outcome = OUTCOME_BLOCK_MD;
		plan->finding[1].outcome = OUTCOME_REQUIRE;
		identity_of(&plan->patient, &plan->identity);
		settings_set(&plan->settings, SETTING_ENERGY_MJ, 15);
		settings_set(&plan->settings, SETTING_DENSITY_PCT, 10);
		settings_set(&plan->settings, SETTING_PASSES, 2);
		settings_set(&plan->settings, SETTING_REP_HZ, 300);
		settings_set(&plan->settings, SETTING_SPOT_MM, 0.12);
		settings_set(&plan->settings, SETTING_DENSITY_PER_CM2, 884); /* 10 % in beams of 0.12 mm */
		walk.session[i] = (struct delivery){.phase = DELIVERY_NONE};
	}
}

static void begin(uint64_t seed, enum life_role role)
{
	struct fail why;
	walk = (struct walk){.role = role};
	rng_seed(&walk.rng, seed, 1);
	make_plans();
	walk.course = (struct app_course){.list = list,
	                                  .open = open_plan,
	                                  .may = may,
	                                  .move = move_plan,
	                                  .session = session,
	                                  .start = start,
	                                  .judge = judge,
	                                  .deliver = deliver,
	                                  .follow_up = follow_up,
	                                  .adverse = adverse};
	walk.source = fake_source;
	walk.source.course = &walk.course;
	walk.source.save_readings = save_readings;
	walk.source.save_plan = save_plan;
	walk.app = fake_open(false, &walk.jobs);
	walk.app->source = &walk.source;
	fake_device.mode[0].setting[SETTING_DENSITY_PER_CM2] =
	        (struct setting_domain){.kind = DOMAIN_DERIVED, .min = 0, .max = 1e4, .usual = NAN};
	assert_int_equal(canvas_new(24, 100, false, &walk.canvas, &why), ST_OK);
}

static void end(void)
{
	fake_close(&walk.app, &walk.jobs);
	canvas_free(&walk.canvas);
}

/* --- keys ---------------------------------------------------------------------------------------------------------- */

static size_t below(size_t count)
{
	return (size_t)(rng_next(&walk.rng) % count);
}

static int random_key(void)
{
	static const int special[] = {UI_KEY_UP,      UI_KEY_DOWN,      UI_KEY_LEFT,   UI_KEY_RIGHT,
	                              UI_KEY_PAGE_UP, UI_KEY_PAGE_DOWN, UI_KEY_HOME,   UI_KEY_END,
	                              UI_KEY_ENTER,   UI_KEY_ENTER,     UI_KEY_ESCAPE, UI_KEY_BACKSPACE,
	                              UI_KEY_TAB,     UI_KEY_BACKTAB,   UI_KEY_F1};
	size_t draw = below(300);
	if (draw < 100)
		return special[below(sizeof special / sizeof *special)];
	if (draw < 106)
		return (int)below(0x110000);
	if (draw < 160 && app_screen(walk.app) < SCREEN_PALETTE) /* a screen: digits are rare otherwise */
		return '1' + (int)below(9);
	int key = ' ' + (int)below(95);
	return key == 'y' && app_screen(walk.app) == SCREEN_QUIT ? 'n' : key;
}

/* What somebody would type into the line that is asked for. */
static const char *sensible_text(void)
{
	static const struct {
		const char *member, *text;
	} fitting[] = {{"login", "doctor"},
	               {"second_login", "technician"},
	               {"reason", "seen today with the patient"},
	               {"side", "left"},
	               {"reference", "paper 7"},
	               {"digest", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	               {"serial", "S-1"},
	               {"handpiece", "testlaser.deep"},
	               {"handpiece_serial", "H-1"},
	               {"set", "10"},
	               {"measured", "10.5"},
	               {"text", "mJ"},
	               {"od_operator", "7"},
	               {"od_patient", "7"},
	               {"endpoint", "1"},
	               {"energy_mJ", "15"},
	               {"density_pct", "10"},
	               {"pulses", "40"}};
	static const char *const texts[] = {"12", "15", "2", "yes", "no", "12,5", "aspirin, ibuprofen", "\xE7\x8E\x8B"};
	const struct form *form = &walk.app->plans.form;
	const char *member = app_screen(walk.app) == SCREEN_FORM ? form->field[form->at].member : "";
	if (strcmp(member, "identifier_1") == 0)
		return walk.app->plans.open->patient.label;
	if (strcmp(member, "identifier_2") == 0)
		return walk.app->plans.open->patient.record_number;
	for (size_t i = 0; i < sizeof fitting / sizeof *fitting && below(30) > 0; i++)
		if (strcmp(member, fitting[i].member) == 0)
			return fitting[i].text;
	return texts[below(sizeof texts / sizeof *texts)];
}

static void press(int key);

static void type_sensibly(void)
{
	struct glyph glyph;
	for (const char *text = sensible_text(); *text != '\0';) {
		text += text_next(text, &glyph);
		press((int)glyph.point[0]);
	}
	press(UI_KEY_ENTER);
}

/* --- what must hold ------------------------------------------------------------------------------------------------ */

static void assert_invariants(void)
{
	const struct app *app = walk.app;
	assert_in_range(app->depth, 1, APP_STACK_MAX);
	assert_int_equal(app->stack[0], SCREEN_WORKLIST);
	for (size_t i = 0; i + 1 < app->depth; i++)
		assert_true(app->stack[i] < SCREEN_PALETTE); /* dialogs only on top */
	assert_false(app->leaving);
	const size_t lines = app_line_count(app, app_screen(app)), at = app->selected[app_screen(app)];
	if (lines > 0 && at >= lines)
		fail_msg("%s: line %zu of %zu is selected", screen_title(app_screen(app)), at, lines);
	if (app->assessed && !app->stale)
		assert_true(fabs(settings_get(&app->assessment.settings, SETTING_ENERGY_MJ) -
		                 settings_get(&app->settings, SETTING_ENERGY_MJ)) < 1e-9);
	if (app->plan != NULL)
		assert_string_equal(app->plan->subject.label, app->subject.label);
	if (app->open)
		assert_string_equal(app->subject.label, names[app->open_index]);
}

static void press(int key)
{
	struct fail why;
	read_banner(walk.before);
	fake_press(walk.app, key);
	if (below(2) == 0)
		(void)app_tagged_step(walk.app); /* what the shell does between keys */
	walk.seen |= UINT64_C(1) << app_screen(walk.app);
	assert_invariants();
	/* any size of window */
	assert_int_equal(canvas_resize(walk.canvas, 1 + (int)below(60), 1 + (int)below(200), &why), ST_OK);
	app_draw(walk.app, walk.canvas);
}

static bool same_settings(const struct settings *a, const struct settings *b)
{
	bool same = a->present == b->present;
	for (int id = 0; id < SETTINGS; id++)
		same = same && (!settings_has(a, (enum setting_id)id) ||
		                fabs(a->value[id] - b->value[id]) < 1e-9);
	return same;
}

/* undo(change(x)) = x and redo(undo(y)) = y, where the walk has led to the settings of a plan. */
static void undo_gives_back(void)
{
	static const int changes[] = {UI_KEY_RIGHT, UI_KEY_LEFT, ']', '[', 'r', 'f'};
	if (app_screen(walk.app) != SCREEN_PARAMETERS || walk.app->plan == NULL)
		return;
	const struct settings before = walk.app->settings;
	press(changes[below(sizeof changes / sizeof *changes)]);
	const struct settings after = walk.app->settings;
	if (same_settings(&before, &after))
		return;
	press('u');
	assert_true(same_settings(&walk.app->settings, &before));
	press('U');
	assert_true(same_settings(&walk.app->settings, &after));
	walk.undone++;
}

static void every_screen_can_be_left(void)
{
	for (size_t i = 0; i < 2 * APP_STACK_MAX && (walk.app->depth > 1 || walk.app->finding); i++)
		press(UI_KEY_ESCAPE);
	assert_int_equal(app_screen(walk.app), SCREEN_WORKLIST);
	walk.left++;
}

static size_t keys_wanted(void)
{
	const char *text = getenv("LASERTWIN_WALK_KEYS");
	long keys = text != NULL ? strtol(text, NULL, 10) : 0;
	return keys > 0 ? (size_t)keys : KEYS_SHORT;
}

/* The long ways that chance alone seldom goes to the end: v is Down, F fills the form. */
static void fill_the_form(void)
{
	for (int i = 0; i < FORM_FIELDS_MAX && app_screen(walk.app) == SCREEN_FORM; i++)
		type_sensibly();
}

static void press_all(const char *keys)
{
	for (; *keys != '\0'; keys++) {
		if (*keys == 'F')
			fill_the_form();
		else
			press(*keys == '\r' ? UI_KEY_ENTER : *keys == 'v' ? UI_KEY_DOWN : *keys);
	}
}

static void go_a_long_way(void)
{
	static const char *const ways[] = {"8g\rp", "8gv\rp", "8gvv\rPF", "8gvv\rRF", "8gvv\rOF", "8gvvv\rXF", "8gvvvv\rCF",
	                                   "1\r5fs", "1v\r5s", "1\r6s", "1g\rw", "8g&a&py", "1g&a&x"};
	every_screen_can_be_left();
	press_all(ways[below(sizeof ways / sizeof *ways)]);
}

/* The session of an approved plan, from the checklist on: the line selected is the next that is open. */
static void treat(void)
{
	every_screen_can_be_left();
	press_all(below(2) == 0 ? "8gvvv\rd\r" : "8gvvvvv\rd\r");
	for (int i = 0; i < 24; i++)
		press_all("\rF");
	press_all("GkkF\rF\rF"); /* start, or the passes */
}

/* Tagged lines of the plan list together: drafts are proposed, the others left out. */
static void propose_many(void)
{
	every_screen_can_be_left();
	make_plans();
	press_all("8g*****&py");
	while (app_tagged_step(walk.app))
		;
	every_screen_can_be_left();
	press_all("8&x");
}

static bool takes_text(enum screen screen)
{
	return screen == SCREEN_FORM || screen == SCREEN_ENTRY;
}

static void walk_as(enum life_role role)
{
	const size_t keys = keys_wanted() / 4;
	begin(20261 + (uint64_t)role, role);
	for (size_t i = 0; i < keys; i++) {
		if (takes_text(app_screen(walk.app)) && below(3) == 0)
			type_sensibly();
		else
			press(random_key());
		undo_gives_back();
		if (i % 97 == 96)
			every_screen_can_be_left();
		if (i % 120 == 60)
			go_a_long_way();
		if (i % 700 == 180)
			propose_many();
		if (i % 700 == 350)
			treat();
		if (i % 1500 == 1499) /* plans end up closed or revoked: begin again */
			make_plans();
	}
	printf("%s: %zu keys, %zu saved, %zu moves (%zu of many), %zu events delivered, %zu changes undone, left %zu times, screens %#llx\n",
	       life_role_name(role), keys, walk.written, walk.moved, walk.together, walk.delivered, walk.undone, walk.left,
	       (unsigned long long)walk.seen);
	assert_true(walk.undone > 0 && walk.left > 0);
	assert_true(walk.written > 0);
	assert_true(walk.moved > 0); /* who signs comes to the station, whoever is logged in */
	if (life_allowed(LIFE_PROPOSE, role, PLAN_DRAFT))
		assert_true(walk.together > 0);
	else
		assert_int_equal(walk.together, 0);
	if (role == LIFE_VIEWER || role == LIFE_ADMINISTRATOR)
		assert_int_equal(walk.delivered, 0);
	else
		assert_true(walk.delivered > 0);
	end();
}

/* Screens and dialogs at every size from 1 x 1 to 200 x 60 (in the short form, at every eleventh). */
static void no_size_is_too_small_or_too_large(void **state)
{
	static const char *const ways[] = {"", "\r", "\rw", "\r3", "\r4", "\r5", "\r5:", "\r5e", "\r6", "\r7", "8g\r", "8gvvv\rd\r",
	                                   "8gvv\rP", "\r5o", "?", "\rt", "\r2\r", "Q"};
	const int step = keys_wanted() >= KEYS_LONG ? 1 : 11;
	struct fail why;
	(void)state;
	begin(1, LIFE_TECHNICIAN);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		every_screen_can_be_left();
		press_all(ways[i]);
		for (int rows = 1; rows <= 60; rows += step)
			for (int cols = 1; cols <= 200; cols += step) {
				assert_int_equal(canvas_resize(walk.canvas, rows, cols, &why), ST_OK);
				app_draw(walk.app, walk.canvas);
			}
	}
	end();
}

static void a_technician_walks(void **state)
{
	(void)state;
	walk_as(LIFE_TECHNICIAN);
}

static void a_dermatologist_walks(void **state)
{
	(void)state;
	walk_as(LIFE_DERMATOLOGIST);
}

static void an_administrator_walks(void **state)
{
	(void)state;
	walk_as(LIFE_ADMINISTRATOR);
}

static void a_viewer_walks(void **state)
{
	(void)state;
	walk_as(LIFE_VIEWER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_size_is_too_small_or_too_large),
	        cmocka_unit_test(a_technician_walks),
	        cmocka_unit_test(a_dermatologist_walks),
	        cmocka_unit_test(an_administrator_walks),
	        cmocka_unit_test(a_viewer_walks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
