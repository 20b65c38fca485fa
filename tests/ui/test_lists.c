/* The screens that are lists, by keys, on a real demo store: what was recorded is what is shown, whose name stands
 * above it, who may see it, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/ui/desk_fixture.h"

/* --- the course of treatments ------------------------------------------------------------------------------- */

static void a_course_without_visits_says_so(void **state)
{
	struct desk *desk = *state;
	type(desk, "9");
	assert_int_equal(app_screen(desk->app), SCREEN_WORKLIST);
	shows(desk, "open a patient");
	open_plan(desk, "");
	type(desk, "9");
	assert_int_equal(app_screen(desk->app), SCREEN_COURSE);
	shows(desk, "Nothing was delivered here yet.");
	shows(desk, "record VIRTUAL-03");
}

static void what_was_delivered_is_the_course(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	approve(desk);
	deliver_all(desk);
	type(desk, "9");
	shows(desk, "record VIRTUAL-03");
	shows(desk, "picoway.532_zoom");
	shows(desk, "0.3"); /* one pass of 0.3 J/cm2 */
	shows(desk, "Too soon today");
	shows(desk, "28 d (LITERATURE, V36, V37)"); /* solar lentigines, picosecond spot */
	type(desk, "j");
	shows(desk, "cheeks both: pass 1 of 1, 0.3 J/cm2");
	shows(desk, "slight immediate whitening");
	shows(desk, "Nothing is recorded after this visit yet.");
	type(desk, "q");
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
}

/* --- after a delivery ------------------------------------------------------------------------------------------ */

static void follow_up_and_adverse_event_by_keys(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	type(desk, "F");
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
	shows(desk, "once the plan is delivered");
	approve(desk);
	deliver_all(desk);
	type(desk, "9q"); /* the course was looked at before; it must not be shown as it was */
	type(desk, "F");
	shows(desk, "picoway.532_zoom, delivered on 20");
	type(desk, "12,5\r\r\r\r\r\r");
	shows(desk, "comma means different");
	assert_int_equal(desk->app->plans.form.at, 0); /* the line that is to be mended */
	for (int i = 0; i < 4; i++)
		press(desk, UI_KEY_BACKSPACE);
	type(desk, "21\r140\r\rperhaps\r3\r\r");
	shows(desk, "neither yes nor no");
	assert_int_equal(desk->app->plans.form.at, 3);
	for (int i = 0; i < 7; i++)
		press(desk, UI_KEY_BACKSPACE);
	type(desk, "no\r\rhealed well\r");
	shows(desk, "3 is outside 5..5000 um");
	assert_int_equal(desk->app->plans.form.at, 4);
	type(desk, "20\r\r");
	shows(desk, "140 is outside -100..100 %");
	assert_int_equal(desk->app->plans.form.at, 1);
	press(desk, UI_KEY_BACKSPACE);
	type(desk, "\r\r\r\r\r");
	shows(desk, "Recorded: follow-up on day 21");
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
	type(desk, "E");
	shows(desk, "1 blister");
	type(desk, "magic\r1\r3\r\r\r\r");
	shows(desk, "is not in the list");
	for (int i = 0; i < 5; i++)
		press(desk, UI_KEY_BACKSPACE);
	type(desk, "6\r\r\r\r\rleft cheek\r");
	shows(desk, "Recorded: PIH, mild, day 3");
	type(desk, "9j");
	shows(desk, "Follow-up, day 21: clearance 14 %, no PIH, depth 320 um, healed well");
	shows(desk, "ADVERSE EVENT, day 3: PIH, mild, left cheek");
	shows(desk, "1 ADVERSE");
}

/* Back on the course after an entry: what is shown is what is kept now. */
static void the_course_follows_an_entry(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	approve(desk);
	deliver_all(desk);
	type(desk, "9");
	desk->app->stack[desk->app->depth++] = SCREEN_TREAT; /* something above it, where an event is entered */
	type(desk, "E2\r1\r1\r\r\rleft\rq");
	assert_int_equal(app_screen(desk->app), SCREEN_COURSE);
	type(desk, "j");
	shows(desk, "ADVERSE EVENT, day 1: burn, mild, left");
}

static void a_viewer_enters_nothing(void **state)
{
	struct desk *desk = *state;
	struct fail why = {.text = ""};
	open_plan(desk, "");
	approve(desk);
	deliver_all(desk);
	must(clinic_login(desk->clinic, CLINIC_DEMO_VIEWER, (struct secret){CLINIC_DEMO_SECRET, strlen(CLINIC_DEMO_SECRET)},
	                  &why), &why);
	type(desk, "E");
	shows(desk, "READ ONLY: a viewer looks and records nothing");
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
}

/* --- what differs -------------------------------------------------------------------------------------------------- */

/* The next version of the open plan, with another fluence. */
static void add_version(struct desk *desk, const char *fluence)
{
	static const char form[] = "{\"name\":\"plan\",\"device\":\"picoway.532_zoom\",\"indication\":\"solar_lentigines\","
	                           "\"zones\":[\"cheeks\"],\"settings\":{\"fluence_J_cm2\":%s,\"spot_mm\":4},\"verdict\":\"ALLOW\","
	                           "\"rules\":[],\"models\":{},\"versions\":{\"lasertwin\":\"%s\",\"library\":\"%s\"}}";
	const struct store_stamp stamp = {NOW_MS, CLINIC_DEMO_TECHNICIAN};
	struct store *store = clinic_store(desk->clinic);
	struct store_plan plan;
	struct fail why = {0};
	char json[4096];
	must(store_plan_latest(store, desk->app->plans.open->row.uuid, &plan, &why), &why);
	struct store_plan next = plan;
	next.version++;
	(void)snprintf(next.state, sizeof next.state, "draft");
	next.json_len = (size_t)snprintf(json, sizeof json, form, fluence, LASERTWIN_VERSION, library_digest(library));
	next.json = json;
	must(store_plan_add_version(store, &next, &stamp, &why), &why);
	store_plan_clear(&plan);
}

static void versions_are_compared(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	type(desk, "=");
	shows(desk, "there is nothing to compare");
	add_version(desk, "0.4");
	add_version(desk, "0.2");
	type(desk, "8\r=");
	assert_int_equal(app_screen(desk->app), SCREEN_DIFFERENCES);
	shows(desk, "version 2, picoway.532_zoom");
	shows(desk, "version 3, picoway.532_zoom");
	shows(desk, "-0.2 (-50 %)");
	shows(desk, "record VIRTUAL-03");
	press(desk, UI_KEY_LEFT);
	shows(desk, "version 1, picoway.532_zoom");
	shows(desk, "+0.1 (+33.3 %)");
	press(desk, UI_KEY_LEFT);
	shows(desk, "Version 1 is the first.");
	press(desk, UI_KEY_RIGHT);
	press(desk, UI_KEY_RIGHT);
	shows(desk, "there is no such version of a plan");
	shows(desk, "version 3, picoway.532_zoom"); /* what was there stays */
	type(desk, "q");
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
}

static void two_plans_are_compared(void **state)
{
	struct desk *desk = *state;
	open_plan(desk, "");
	type(desk, "8=");
	shows(desk, "there is nothing to compare");
	add_draft(desk, "{\"id\":\"R-TEST\",\"outcome\":\"REQUIRE\",\"phase\":\"plan\",\"message\":\"Test spot first.\"}");
	type(desk, "8=");
	shows(desk, "= on another plan of the same patient");
	type(desk, "=");
	shows(desk, "is no longer marked");
	type(desk, "=j=");
	assert_int_equal(app_screen(desk->app), SCREEN_DIFFERENCES);
	shows(desk, "R-TEST");
	press(desk, UI_KEY_LEFT);
	shows(desk, "where two versions of one plan are compared");
}

/* --- the station ---------------------------------------------------------------------------------------------------- */

static void log_in(struct desk *desk, const char *login)
{
	struct fail why = {.text = ""};
	must(clinic_login(desk->clinic, login, (struct secret){CLINIC_DEMO_SECRET, strlen(CLINIC_DEMO_SECRET)}, &why), &why);
}

static void what_is_for_administrators_is_refused_to_others(void **state)
{
	struct desk *desk = *state;
	static const char keys[] = "ZW";
	type(desk, ".");
	assert_int_equal(app_screen(desk->app), SCREEN_STATION);
	shows(desk, "Not now: for administrators");
	for (const char *key = keys; *key != '\0'; key++) {
		press(desk, *key);
		shows(desk, "log in as one");
		assert_int_equal(app_screen(desk->app), SCREEN_STATION);
	}
	struct listing *list = NULL;
	struct fail why = {.text = ""}; /* nor by any other way than the keys */
	const struct list_request nothing = {.patient_index = LIST_NOBODY};
	assert_int_equal(desk->lists.read(desk->lists.context, SCREEN_AUDIT, &nothing, &list, &why), ST_DENIED);
	assert_int_equal(desk->lists.read(desk->lists.context, SCREEN_PEOPLE, &nothing, &list, &why), ST_DENIED);
	const struct people_input input = {.move = PEOPLE_DISABLE, .login = CLINIC_DEMO_VIEWER, .own = CLINIC_DEMO_SECRET};
	assert_int_equal(desk->lists.people(desk->lists.context, &input, &why), ST_DENIED);
}

static void the_audit_is_shown_searched_and_verified(void **state)
{
	struct desk *desk = *state;
	log_in(desk, CLINIC_DEMO_ADMINISTRATOR);
	type(desk, ".\r");
	assert_int_equal(app_screen(desk->app), SCREEN_AUDIT);
	shows(desk, "Head, as printed on every sheet: entry");
	shows(desk, "login");
	type(desk, "/no such words");
	shows(desk, "0 of ");
	press(desk, UI_KEY_ESCAPE);
	type(desk, "Y");
	shows(desk, "VERIFIED: ");
}

static void add_entries(struct desk *desk, int count)
{
	struct store *store = clinic_store(desk->clinic);
	struct fail why = {.text = ""};
	must(store_group_begin(store, &why), &why);
	for (int i = 0; i < count; i++) {
		const struct store_stamp stamp = {NOW_MS, CLINIC_DEMO_TECHNICIAN};
		char object[32];
		(void)snprintf(object, sizeof object, "page %d", i);
		must(store_audit_add(store, "report.print", object, NULL, &stamp, &why), &why);
	}
	must(store_group_commit(store, &why), &why);
}

/* Every entry is come to by moving down, and by moving up again; nothing is shown twice. */
static void a_long_audit_is_gone_through_in_parts(void **state)
{
	struct desk *desk = *state;
	struct store_audit_head head;
	struct fail why = {.text = ""};
	add_entries(desk, 2 * LIST_AUDIT_PART);
	log_in(desk, CLINIC_DEMO_ADMINISTRATOR);
	must(store_audit_head(clinic_store(desk->clinic), &head, &why), &why);
	type(desk, ".\r");
	for (int64_t seq = head.seq; seq > 0; seq--) {
		const struct listing_row *row = app_listing_selected(desk->app, SCREEN_AUDIT);
		assert_non_null(row);
		assert_int_equal(strtoll(row->key, NULL, 10), seq);
		press(desk, UI_KEY_DOWN);
	}
	for (int64_t seq = 1; seq <= head.seq; seq++) {
		const struct listing_row *row = app_listing_selected(desk->app, SCREEN_AUDIT);
		assert_int_equal(strtoll(row->key, NULL, 10), seq);
		press(desk, UI_KEY_UP);
	}
	type(desk, "/page 7\r"); /* words stay while going on */
	const size_t first = desk->app->listings[SCREEN_AUDIT].shown_count;
	press(desk, UI_KEY_END);
	press(desk, UI_KEY_DOWN);
	shows(desk, "/ page 7");
	assert_in_range(first, 1, LIST_AUDIT_PART - 1);
}

/* What is sought in a part further on is come to by one key, over a part that has none of it. */
static void words_are_sought_in_older_parts(void **state)
{
	struct desk *desk = *state;
	const struct store_stamp stamp = {NOW_MS, CLINIC_DEMO_TECHNICIAN};
	struct fail why = {.text = ""};
	must(store_audit_add(clinic_store(desk->clinic), "report.print", "needle", NULL, &stamp, &why), &why);
	add_entries(desk, 2 * LIST_AUDIT_PART);
	log_in(desk, CLINIC_DEMO_ADMINISTRATOR);
	type(desk, ".\r/needle\r");
	shows(desk, "older ones");
	assert_int_equal(desk->app->listings[SCREEN_AUDIT].shown_count, 0);
	press(desk, UI_KEY_DOWN);
	const struct listing_row *row = app_listing_selected(desk->app, SCREEN_AUDIT);
	assert_non_null(row);
	shows(desk, "report.print");
	shows(desk, "1 of ");
	type(desk, "/");
	press(desk, UI_KEY_ESCAPE);
	assert_in_range(desk->app->listings[SCREEN_AUDIT].shown_count, 2, LIST_AUDIT_PART); /* of this part, all */
}

/* In pieces: keys are answered between, Esc stops it, what was not looked at is not called verified. */
static void verifying_goes_on_between_keys_and_stops(void **state)
{
	struct desk *desk = *state;
	int pieces = 0;
	add_entries(desk, 2000);
	log_in(desk, CLINIC_DEMO_ADMINISTRATOR);
	type(desk, ".\rY");
	assert_true(app_verifying(desk->app));
	shows(desk, "verifying the audit");
	assert_true(app_audit_go_on(desk->app));
	press(desk, UI_KEY_ESCAPE);
	assert_false(app_verifying(desk->app));
	assert_int_equal(app_screen(desk->app), SCREEN_AUDIT);
	shows(desk, "STOPPED, NOT VERIFIED: entries 1 to 400");
	type(desk, "Y");
	press(desk, UI_KEY_DOWN);
	type(desk, "."); /* elsewhere it goes on, too */
	while (app_audit_go_on(desk->app))
		assert_in_range(++pieces, 1, 20);
	shows(desk, "The audit has been verified");
	type(desk, "ZY");
	while (app_audit_go_on(desk->app))
		;
	shows(desk, "VERIFIED: ");
	type(desk, "Y");
	app_lock(desk->app);
	assert_false(app_verifying(desk->app));
}

static void the_first_bad_entry_is_gone_to(void **state)
{
	(void)state;
	struct fail why;
	struct listing *list = NULL;
	struct store_audit entry[80];
	struct list_audit audit = {.head = {80, {{0}}}, .count = 80, .entry = entry, .verified = true};
	memset(entry, 0, sizeof entry);
	for (int i = 0; i < 80; i++)
		entry[i].seq = i + 1;
	fail_set(&audit.fault, ST_IO, "audit 57", "is not as it was written");
	assert_int_equal(listing_new(&list, &why), ST_OK);
	list_audit(list, &audit);
	assert_string_equal(list->select, "57");
	assert_string_equal(list->row[80 - 57].key, "57");
	listing_free(&list);
}

static const struct store_person *person_of(const struct store_person_list *list, const char *login)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].login, login) == 0)
			return &list->items[i];
	return NULL;
}

static struct store_person kept(struct desk *desk, const char *login)
{
	struct store_person_list list;
	struct fail why = {.text = ""};
	must(store_person_list(clinic_store(desk->clinic), &list, &why), &why);
	const struct store_person *found = person_of(&list, login);
	const struct store_person person = found != NULL ? *found : (struct store_person){.login = ""};
	store_person_list_free(&list);
	return person;
}

static void people_are_let_in_and_shut_out(void **state)
{
	struct desk *desk = *state;
	log_in(desk, CLINIC_DEMO_ADMINISTRATOR);
	type(desk, "WInew.person\rNew Person\rtechnician\rone long secret\ranother secret\rvirtual\r");
	shows(desk, "is not the same as the new secret");
	hides(desk, "one long secret");
	type(desk, "one long secret\rvirtual\r"); /* at the line that was refused; what was typed before is wiped */
	shows(desk, "new secret: nothing was typed");
	assert_string_equal(kept(desk, "new.person").login, "");
	press(desk, UI_KEY_ESCAPE);
	type(desk, "Inew.person\rNew Person\rtechnician\rone long secret\rone long secret\rvirtual\r");
	shows(desk, "new.person is let in");
	assert_int_equal(kept(desk, "new.person").roles, ROLE_TECHNICIAN);
	type(desk, "/new.person\r");
	type(desk, "Jviewer,janitor\rvirtual\r");
	shows(desk, "janitor");
	press(desk, UI_KEY_ESCAPE);
	type(desk, "Jviewer\rvirtual\r");
	assert_int_equal(kept(desk, "new.person").roles, ROLE_VIEWER);
	type(desk, "Bvirtual\r");

	assert_true(kept(desk, "new.person").is_disabled);
	shows(desk, "DISABLED");
	type(desk, "B");
	shows(desk, "is shut out already");
	type(desk, "Kother long secret\rother long secret\rvirtual\r");
	assert_int_equal(kept(desk, "new.person").key_number, 2);
	assert_false(kept(desk, "new.person").is_disabled);
	type(desk, "Bwrong\r");
	shows(desk, "unknown login or wrong secret");
	assert_false(kept(desk, "new.person").is_disabled);
}

static void the_last_administrator_stays(void **state)
{
	struct desk *desk = *state;
	log_in(desk, CLINIC_DEMO_ADMINISTRATOR);
	type(desk, "W/demo-administrator\rBvirtual\r");
	assert_int_equal(app_screen(desk->app), SCREEN_FORM);
	assert_false(kept(desk, CLINIC_DEMO_ADMINISTRATOR).is_disabled);
}

static void profiles_and_their_output_checks(void **state)
{
	struct desk *desk = *state;
	type(desk, "H");
	shows(desk, "27 profiles");
	shows(desk, "LOCKED");
	type(desk, "/picoway.532_zoom\r");
	shows(desk, "No output check of this handpiece is on record");
	type(desk, "q");
	open_plan(desk, "");
	approve(desk);
	deliver_all(desk);
	type(desk, "H/picoway.532_zoom\r");
	shows(desk, "set 0.3, measured 0.31 J/cm2 (+3.3 %)");
	type(desk, "\r");
	shows(desk, "On the console:");
	shows(desk, "In common terms:");
	shows(desk, "wavelength: 532 nm");
	type(desk, "qq");
	assert_int_equal(app_screen(desk->app), SCREEN_APPROVE);
}

static void about_names_versions_digests_and_sources(void **state)
{
	struct desk *desk = *state;
	type(desk, "@");
	shows(desk, "GPL-3.0-or-later");
	shows(desk, "GPL-3.0-or-later                      numerics");
	shows(desk, "utf8proc");
	type(desk, "/all files");
	shows(desk, library_digest(library));
	press(desk, UI_KEY_ESCAPE);
	type(desk, "/K142372\r");
	shows(desk, "PicoWay, 510(k) K142372");
	type(desk, "q");
	type(desk, ",");
	assert_int_equal(app_screen(desk->app), SCREEN_SETTINGS);
}

/* Ada is open in the planner; the plan is VIRTUAL 03's, and so is the course that is asked for from it. */
static void the_header_is_whose_course_it_is(void **state)
{
	struct desk *desk = *state;
	type(desk, "\r");
	open_plan(desk, "");
	type(desk, "9");
	char *dump = screen_text(desk, 30, 110);
	assert_non_null(strstr(dump, "VIRTUAL 03 (III)"));
	assert_null(strstr(dump, desk->app->subject.label));
	free(dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        DESK(a_course_without_visits_says_so),
	        DESK(what_was_delivered_is_the_course),
	        DESK(the_header_is_whose_course_it_is),
	        DESK(follow_up_and_adverse_event_by_keys),
	        DESK(the_course_follows_an_entry),
	        DESK(a_viewer_enters_nothing),
	        DESK(versions_are_compared),
	        DESK(two_plans_are_compared),
	        DESK(what_is_for_administrators_is_refused_to_others),
	        DESK(the_audit_is_shown_searched_and_verified),
	        DESK(a_long_audit_is_gone_through_in_parts),
	        DESK(words_are_sought_in_older_parts),
	        DESK(verifying_goes_on_between_keys_and_stops),
	        cmocka_unit_test(the_first_bad_entry_is_gone_to),
	        DESK(people_are_let_in_and_shut_out),
	        DESK(the_last_administrator_stays),
	        DESK(profiles_and_their_output_checks),
	        DESK(about_names_versions_digests_and_sources),
	};
	return cmocka_run_group_tests(tests, load_library, free_library);
}
