/* A clinic's records: the demo comes whole or not at all, nothing saved is lost or changed, and what cannot be
 * opened or written is refused by name with nothing half-written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "planner/plan/case.h"
#include "planner/plan/clinic.h"
#include "planner/store/record.h"
#include "planner/twin/time.h"
#include "tests/support/profile_folder.h"

#define NOW_MS INT64_C(1767225600000) /* 2026-01-01 */
#define DAY_MS INT64_C(86400000)
#define DEMOS 8

static struct library *library;
static char home[TEMP_PATH_SIZE];

static int load_library(void **state)
{
	(void)state;
	return library_load("profiles", &library, NULL) != ST_OK;
}

static int free_library(void **state)
{
	(void)state;
	library_free(&library);
	return 0;
}

static int make_home(void **state)
{
	(void)state;
	temp_folder_make(home);
	return 0;
}

static int remove_home(void **state)
{
	(void)state;
	temp_folder_remove(home);
	return 0;
}

static const struct secret demo_secret = {CLINIC_DEMO_SECRET, sizeof CLINIC_DEMO_SECRET - 1};
static const struct secret tester_secret = {"walnut harbour sextant", 22};

static enum status enter(struct clinic *c, struct fail *why)
{
	const struct store_person_new first = {
	        .login = "tester", .name = "Tester", .roles = ROLE_ADMINISTRATOR | ROLE_TECHNICIAN, .secret = tester_secret};
	if (clinic_access(c) == STORE_UNLOCKED)
		return ST_OK;
	return clinic_access(c) == STORE_NEW ? clinic_setup(c, &first, NULL, NOW_MS, why)
	                                     : clinic_login(c, "tester", tester_secret, why);
}

static enum status try_open(enum store_kind kind, const char *profiles, struct clinic **out, struct fail *why)
{
	const struct clinic_options options = {
	        .home = home, .profiles = profiles, .kind = kind, .now_ms = NOW_MS, .kdf = store_kdf_least};
	*why = (struct fail){0};
	enum status st = clinic_open(&options, out, why);
	if (!st)
		st = enter(*out, why);
	if (st)
		clinic_close(out);
	return st;
}

static struct clinic *must_open(enum store_kind kind)
{
	struct clinic *c = NULL;
	struct fail why;
	if (try_open(kind, "profiles", &c, &why))
		fail_msg("%s: %s", why.field, why.text);
	return c;
}

static struct store *must_open_store(enum store_kind kind)
{
	char path[2 * TEMP_PATH_SIZE];
	const struct store_options options = {.kind = kind, .now_ms = NOW_MS};
	struct store *store = NULL;
	struct fail why = {0};
	(void)snprintf(path, sizeof path, "%s/%s.db", home, store_kind_name(kind));
	struct session *session = NULL;
	struct store_moment moment;
	if (store_open(path, &options, &store, &why) || store_moment_now(&moment, &why))
		fail_msg("%s: %s", why.field, why.text);
	const char *login = kind == STORE_DEMO ? CLINIC_DEMO_VIEWER : "tester";
	if (store_login(store, login, kind == STORE_DEMO ? demo_secret : tester_secret, &moment, &session, &why))
		fail_msg("%s: %s", why.field, why.text);
	if (store_check(store, NULL, &why))
		fail_msg("%s: %s", why.field, why.text);
	return store;
}

static void must(enum status st, const struct fail *why)
{
	if (st)
		fail_msg("%s: %s", why->field, why->text);
}

/* ---- the demo ---------------------------------------------------------------------------------------------- */

static void the_demo_is_seeded_once_with_virtual_patients(void **state)
{
	(void)state;
	for (int opening = 0; opening < 2; opening++) {
		struct clinic *c = must_open(STORE_DEMO);
		struct fail why = {0};
		assert_int_equal(clinic_count(c), DEMOS);
		for (size_t i = 0; i < DEMOS; i++) {
			struct clinic_patient row;
			char label[32];
			must(clinic_patient(c, i, &row, &why), &why);
			(void)snprintf(label, sizeof label, "VIRTUAL %02zu", i + 1);
			assert_int_equal(strncmp(row.label, label, strlen(label)), 0);
			assert_true(row.is_virtual);
			assert_true(row.device_mode[0] && row.indication[0]);
			assert_string_equal(row.state, "");
		}
		clinic_close(&c);
		assert_null(c);
	}
	struct stat about;
	char path[2 * TEMP_PATH_SIZE];
	(void)snprintf(path, sizeof path, "%s/demo.db", home);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 077, 0); /* nobody else's to read */
	struct store *store = must_open_store(STORE_DEMO);
	store_close(&store);
}

/* A broken file among them: nobody comes in, and once it is mended all do. */
static void half_a_demo_is_none(void **state)
{
	(void)state;
	char profiles[TEMP_PATH_SIZE];
	struct clinic *c = NULL;
	struct fail why;
	size_t length;
	profile_folder_make(profiles);
	unsigned char *bytes = read_file(profile_folder_file(profiles, "demo/05.json"), &length);
	write_file(profile_folder_file(profiles, "demo/05.json"), bytes, length / 2);
	assert_int_not_equal(try_open(STORE_DEMO, profiles, &c, &why), ST_OK);
	assert_null(c);
	assert_non_null(strstr(why.field, "05.json"));
	struct store *store = must_open_store(STORE_DEMO);
	struct store_patient_list list = {0};
	const struct store_patient_query everybody = {.sort = STORE_SORT_LABEL};
	must(store_patient_list(store, &everybody, &list, &why), &why);
	assert_int_equal(list.count, 0);
	store_patient_list_free(&list);
	store_close(&store);
	write_file(profile_folder_file(profiles, "demo/05.json"), bytes, length);
	free(bytes);
	must(try_open(STORE_DEMO, profiles, &c, &why), &why);
	assert_int_equal(clinic_count(c), DEMOS);
	clinic_close(&c);
	temp_folder_remove(profiles);
}

/* ---- readings ------------------------------------------------------------------------------------------------ */

static void same_subject(const struct subject *a, const struct subject *b)
{
	assert_string_equal(a->label, b->label);
	assert_string_equal(a->readings.site, b->readings.site);
	assert_int_equal(a->readings.fitzpatrick, b->readings.fitzpatrick);
	assert_int_equal(a->readings.sex, b->readings.sex);
	assert_int_equal(a->readings.mi_scale, b->readings.mi_scale);
	for (int r = 0; r < READINGS; r++) {
		assert_int_equal(a->readings.present[r], b->readings.present[r]);
		if (a->readings.present[r])
			assert_true(a->readings.value[r] == b->readings.value[r]);
	}
	for (size_t id = 0; id < facts_spec_count(); id++)
		if (facts_spec(id)->kind == FACT_QUESTION)
			assert_int_equal(facts_state(a->answers, id), facts_state(b->answers, id));
}

static void saved_readings_come_back(void **state)
{
	(void)state;
	struct clinic *c = must_open(STORE_DEMO);
	struct subject subject, again;
	struct request request, kept;
	struct fail why = {0};
	must(clinic_load(c, 2, &subject, &request, &why), &why);
	must(readings_set(&subject.readings, READING_ITA_DEG, 31.4, &why), &why);
	must(readings_set(&subject.readings, READING_TEWL_G_M2_H, 0.1 + 0.2, &why), &why); /* all 17 digits */
	readings_clear(&subject.readings, READING_EI);
	must(facts_set_bool(subject.answers, "pregnant", true, &why), &why);
	must(facts_set_unanswered(subject.answers, "keloid", &why), &why);
	must(clinic_save_readings(c, 2, &subject, &request, NOW_MS + DAY_MS, &why), &why);
	for (int opening = 0; opening < 2; opening++) {
		must(clinic_load(c, 2, &again, &kept, &why), &why);
		same_subject(&subject, &again);
		assert_string_equal(kept.device_mode, request.device_mode);
		assert_string_equal(kept.indication, request.indication);
		assert_int_equal(kept.zones, request.zones);
		assert_string_equal(kept.zone[0], request.zone[0]);
		subject_free(&again);
		clinic_close(&c);
		c = must_open(STORE_DEMO);
	}
	must(clinic_load(c, 3, &again, &kept, &why), &why); /* the neighbour is as before */
	assert_false(again.readings.value[READING_ITA_DEG] == 31.4);
	subject_free(&again);
	subject_free(&subject);
	clinic_close(&c);
}

/* What no reader would take is not stored: today's slip would lock the patient away for good. */
static void unreadable_readings_are_not_stored(void **state)
{
	(void)state;
	struct clinic *c = must_open(STORE_DEMO);
	struct subject subject, again;
	struct request request;
	struct fail why = {0};
	must(clinic_load(c, 0, &subject, &request, &why), &why);
	must(readings_set(&subject.readings, READING_LAB_L, 60, &why), &why); /* a* and b* are missing */
	assert_int_not_equal(clinic_save_readings(c, 0, &subject, &request, NOW_MS + DAY_MS, &why), ST_OK);
	assert_true(why.text[0]);
	must(clinic_load(c, 0, &again, &request, &why), &why);
	assert_false(again.readings.present[READING_LAB_L]);
	subject_free(&again);
	subject_free(&subject);
	clinic_close(&c);
}

static void same_settings(const struct settings *a, const struct settings *b, const char *what)
{
	for (int id = 0; id < SETTINGS; id++) {
		double x = settings_get(a, (enum setting_id)id), y = settings_get(b, (enum setting_id)id);
		if (!(x == y || (isnan(x) && isnan(y))))
			fail_msg("%s: %s %.17g came back as %.17g", what, setting_spec((enum setting_id)id)->key, x, y);
	}
}

/* Completed settings of every mode of every device survive the store to the last bit. */
static void settings_of_every_mode_survive(void **state)
{
	(void)state;
	struct clinic *c = must_open(STORE_DEMO);
	struct subject subject, again;
	struct request request, kept;
	struct fail why = {0};
	int64_t now_ms = NOW_MS;
	size_t modes = 0;
	must(clinic_load(c, 0, &subject, &request, &why), &why);
	for (size_t d = 0; d < library_device_count(library); d++) {
		const struct device *device = library_device(library, d);
		for (size_t m = 0; m < device->modes; m++) {
			struct device_grid grid;
			(void)snprintf(request.device_mode, sizeof request.device_mode, "%s.%s", device->id, device->mode[m].id);
			if (device_grid_init(&grid, &device->mode[m], NULL, &why) ||
			    !device_grid_at(&grid, grid.count / 2, &request.settings) || !request.settings.present)
				continue; /* locked examples without steps */
			now_ms += 1000;
			if (clinic_save_readings(c, 0, &subject, &request, now_ms, &why) ||
			    clinic_load(c, 0, &again, &kept, &why))
				fail_msg("%s: %s: %s", request.device_mode, why.field, why.text);
			assert_string_equal(kept.device_mode, request.device_mode);
			same_settings(&request.settings, &kept.settings, request.device_mode);
			subject_free(&again);
			modes++;
		}
	}
	assert_true(modes >= 20);
	subject_free(&subject);
	clinic_close(&c);
}

/* ---- plans --------------------------------------------------------------------------------------------------- */

static void save_versions(struct clinic *c, size_t index, int versions)
{
	static const double fluence_J_cm2[] = {0.2, 0.3, 0.4};
	const struct predict_options options = {.samples = 1, .seed = 1};
	struct subject subject;
	struct request request;
	struct planning *p = NULL;
	struct fail why = {0};
	must(clinic_load(c, index, &subject, &request, &why), &why);
	must(planning_new(library, &subject, &request, &options, &p, &why), &why);
	for (int v = 0; v < versions; v++) {
		struct settings settings = {0};
		struct assessment a;
		settings_set(&settings, SETTING_SPOT_MM, 4);
		settings_set(&settings, SETTING_FLUENCE_J_CM2, fluence_J_cm2[v]);
		must(planning_assess(p, &settings, &a, &why), &why);
		must(clinic_save_plan(c, index, library, &subject, planning_twin(p), &request, &a,
		                      NOW_MS + (v + 1) * DAY_MS, &why),
		     &why);
		assessment_clear(&a);
	}
	planning_free(&p);
	subject_free(&subject);
}

/* ---- earlier visits ------------------------------------------------------------------------------------------- */

static struct clinic *open_at(int64_t now_ms)
{
	const struct clinic_options options = {
	        .home = home, .profiles = "profiles", .kind = STORE_DEMO, .now_ms = now_ms, .kdf = store_kdf_least};
	struct clinic *c = NULL;
	struct fail why = {0};
	must(clinic_open(&options, &c, &why), &why);
	return c;
}

static double spread(const struct twin *t, enum twin_property p)
{
	return sqrt(t->covariance[p][p]);
}

static void load_and_fit(struct clinic *c, size_t index, struct subject *subject, struct twin *twin)
{
	struct request request;
	struct fail why = {0};
	must(clinic_load(c, index, subject, &request, &why), &why);
	if (subject->follows)
		must(twin_from_readings_after(&subject->readings, &subject->before, twin, &why), &why);
	else
		must(twin_from_readings(&subject->readings, twin, &why), &why);
}

/* A month later the kept twin is the prior: nothing read twice counts twice, what is read anew narrows it. */
static void add_outcome(struct clinic *c, size_t index)
{
	static const char json[] = "{\"schema\":\"lasertwin-outcome/1\",\"plan\":\"p\",\"version\":1,\"device\":"
				   "\"ultrapulse.deepfx\",\"depth_measured_um\":390,\"depth_predicted_um\":300}";
	const struct store_patient_query everybody = {.sort = STORE_SORT_LABEL};
	const struct store_stamp stamp = {NOW_MS, CLINIC_DEMO_TECHNICIAN};
	struct store_patient_list list = {0};
	struct store_record record = {.kind = "response", .json = json, .json_len = sizeof json - 1};
	struct fail why = {0};
	must(store_patient_list(clinic_store(c), &everybody, &list, &why), &why);
	memcpy(record.patient, list.items[index].uuid, sizeof record.patient);
	store_patient_list_free(&list);
	must(uuid_new(record.uuid, &why), &why);
	must(store_record_add(clinic_store(c), &record, &stamp, &why), &why);
}

static void a_later_visit_goes_on_from_the_kept_twin(void **state)
{
	(void)state;
	struct subject subject;
	struct twin first, later, fresh;
	struct clinic_history history;
	struct fail why = {0};
	size_t index = 0;
	struct clinic *c = open_at(NOW_MS);
	must(clinic_find(c, "VIRTUAL 03 (III)", &index, &why), &why);
	load_and_fit(c, index, &subject, &first);
	assert_false(subject.follows);
	subject_free(&subject);
	save_versions(c, index, 1); /* on NOW_MS + DAY_MS */
	load_and_fit(c, index, &subject, &later);
	assert_false(subject.follows); /* the same day's twin is made of these very readings */
	subject_free(&subject);
	clinic_close(&c);

	c = open_at(NOW_MS + 31 * DAY_MS);
	load_and_fit(c, index, &subject, &later);
	assert_true(subject.follows);
	assert_true(fabs(subject.before_days - 30.0) < 1e-9);
	assert_true(subject.readings.carried[READING_ITA_DEG]);
	for (int p = 0; p < TWIN_PROPERTIES; p++) { /* no reading is new: the state as it was brought forward */
		assert_true(fabs(later.latent[p] - subject.before.latent[p]) < 1e-12);
		if (isinf(twin_process((enum twin_property)p)->half_life_days) && p != TWIN_LESION_MELANOSOME_FRAC)
			assert_true(spread(&later, (enum twin_property)p) >= spread(&first, (enum twin_property)p));
	}
	must(readings_set(&subject.readings, READING_DERMIS_MM, 1.31, &why), &why);
	assert_false(subject.readings.carried[READING_DERMIS_MM]);
	must(twin_from_readings_after(&subject.readings, &subject.before, &fresh, &why), &why);
	assert_true(spread(&fresh, TWIN_DERMIS_UM) < spread(&later, TWIN_DERMIS_UM));
	subject_free(&subject);

	/* an outcome that came from another station meanwhile is taken in without anybody asking */
	add_outcome(c, index);
	load_and_fit(c, index, &subject, &later);
	assert_int_equal(later.lessons, 1);
	assert_true(later.property[TWIN_DEPTH_FACTOR].median > 1.1);
	subject_free(&subject);

	must(clinic_twin_history(c, index, &history, &why), &why);
	assert_int_equal(history.count, 1);
	assert_int_equal(history.unreadable, 0);
	assert_int_equal(history.item[0].version, 1);
	assert_memory_equal(history.item[0].twin.latent, first.latent, sizeof first.latent);
	clinic_history_free(&history);
	clinic_close(&c);
}

static void check_version(const struct store_plan *plan, int64_t version, double fluence_J_cm2)
{
	struct digest digest;
	char expected[64];
	assert_int_equal(plan->version, version);
	assert_int_equal(plan->twin_version, version);
	assert_string_equal(plan->device, "picoway.532_zoom");
	assert_string_equal(plan->author, CLINIC_DEMO_TECHNICIAN);
	assert_string_equal(plan->state, version == 3 ? "draft" : "superseded"); /* of three */
	assert_int_equal(plan->created_at_ms, NOW_MS + version * DAY_MS);
	digest_bytes(plan->json, plan->json_len, &digest);
	assert_true(digest_equal(&digest, &plan->digest));
	(void)snprintf(expected, sizeof expected, "\"fluence_J_cm2\":%g", fluence_J_cm2);
	assert_non_null(strstr(plan->json, expected));
	assert_non_null(strstr(plan->json, library_digest(library))); /* bound to the rules it was made by */
}

static void plan_versions_are_kept_with_their_digests(void **state)
{
	(void)state;
	struct clinic *c = must_open(STORE_DEMO);
	struct clinic_patient row;
	struct subject subject;
	struct request request;
	struct fail why = {0};
	save_versions(c, 2, 3);
	must(clinic_patient(c, 2, &row, &why), &why);
	assert_string_equal(row.state, "draft");
	assert_true(row.verdict[0]);
	must(clinic_load(c, 2, &subject, &request, &why), &why); /* the plan's settings are where the knobs stand */
	assert_true(settings_get(&request.settings, SETTING_FLUENCE_J_CM2) == 0.4);
	subject_free(&subject);
	clinic_close(&c);
	struct store *store = must_open_store(STORE_DEMO);
	struct store_plan_list plans = {0}, versions = {0};
	const struct store_plan_query all = {.limit = 0};
	must(store_plan_list(store, &all, &plans, &why), &why);
	assert_int_equal(plans.count, 1); /* one plan in three versions, nobody else's */
	must(store_plan_list_versions(store, plans.items[0].uuid, &versions, &why), &why);
	assert_int_equal(versions.count, 3);
	static const double fluence_J_cm2[] = {0.4, 0.3, 0.2};
	for (size_t i = 0; i < 3; i++)
		check_version(&versions.items[i], (int64_t)(3 - i), fluence_J_cm2[i]);
	assert_false(digest_equal(&versions.items[0].digest, &versions.items[1].digest));
	struct store_readings_list readings = {0};
	must(store_readings_list(store, versions.items[0].patient, 0, &readings, &why), &why);
	assert_int_equal(readings.count, 4); /* the first and one per plan */
	struct store_record_list devices = {0};
	const struct store_record_query query = {.kind = "device"};
	must(store_record_list(store, &query, &devices, &why), &why);
	assert_int_equal(devices.count, 2); /* the laser and its handpiece, once for all versions */
	store_record_list_free(&devices);
	store_readings_list_free(&readings);
	store_plan_list_free(&versions);
	store_plan_list_free(&plans);
	store_close(&store);
}

/* ---- refusals ------------------------------------------------------------------------------------------------ */

static void a_clinic_is_not_a_demo(void **state)
{
	(void)state;
	char clinic_path[2 * TEMP_PATH_SIZE], demo_path[2 * TEMP_PATH_SIZE];
	struct clinic *c = must_open(STORE_CLINIC);
	struct clinic_patient row;
	struct fail why = {0};
	assert_int_equal(clinic_count(c), 0); /* nobody is made up in a clinic */
	must(clinic_add(c, "profiles/demo/01.json", NOW_MS, &why), &why);
	must(clinic_patient(c, 0, &row, &why), &why);
	assert_false(row.is_virtual);
	clinic_close(&c);
	(void)snprintf(clinic_path, sizeof clinic_path, "%s/clinic.db", home);
	(void)snprintf(demo_path, sizeof demo_path, "%s/demo.db", home);
	assert_int_equal(rename(clinic_path, demo_path), 0);
	assert_int_equal(try_open(STORE_DEMO, "profiles", &c, &why), ST_DENIED);
	assert_null(c);
	assert_non_null(strstr(why.text, "clinic"));
	assert_int_equal(rename(demo_path, clinic_path), 0);
	c = must_open(STORE_CLINIC);
	assert_int_equal(clinic_count(c), 1); /* and nothing was added to it */
	clinic_close(&c);
}

static void nobody_comes_in_twice(void **state)
{
	(void)state;
	struct clinic *c = must_open(STORE_CLINIC);
	struct clinic_patient row;
	struct subject subject;
	struct request request;
	struct fail why = {0};
	must(clinic_add(c, "profiles/demo/01.json", NOW_MS, &why), &why);
	assert_int_equal(clinic_add(c, "profiles/demo/01.json", NOW_MS, &why), ST_CONFLICT);
	assert_int_equal(clinic_add(c, "profiles/demo/99.json", NOW_MS, &why), ST_NOT_FOUND);
	assert_non_null(strstr(why.field, "99.json"));
	assert_int_not_equal(clinic_add(c, "profiles/devices/ultrapulse.json", NOW_MS, &why), ST_OK);
	assert_int_equal(clinic_count(c), 1);
	must(clinic_add(c, "profiles/demo/02.json", NOW_MS, &why), &why); /* a refusal leaves no group open */
	assert_int_equal(clinic_count(c), 2);
	assert_int_equal(clinic_patient(c, 2, &row, &why), ST_NOT_FOUND);
	assert_int_equal(clinic_load(c, 99, &subject, &request, &why), ST_NOT_FOUND);
	clinic_close(&c);
}

static void one_planner_at_a_time(void **state)
{
	(void)state;
	struct clinic *c = must_open(STORE_DEMO), *second = NULL;
	struct fail why;
	assert_int_not_equal(try_open(STORE_DEMO, "profiles", &second, &why), ST_OK);
	assert_null(second);
	clinic_close(&c);
}

static void refused_home(const char *path, const char *says)
{
	const struct clinic_options options = {.home = path, .profiles = "profiles", .kind = STORE_DEMO, .now_ms = NOW_MS};
	struct clinic *c = NULL;
	struct fail why = {0};
	if (clinic_open(&options, &c, &why) == ST_OK)
		fail_msg("%s was accepted", path);
	assert_null(c);
	if (!strstr(why.field, says) && !strstr(why.text, says))
		fail_msg("\"%s\" is not named: %s: %s", says, why.field, why.text);
	assert_true(why.text[0]);
}

static void a_home_that_cannot_be_made_is_named(void **state)
{
	(void)state;
	char file[2 * TEMP_PATH_SIZE], below[3 * TEMP_PATH_SIZE], deep[3 * TEMP_PATH_SIZE];
	(void)snprintf(file, sizeof file, "%s/file", home);
	(void)snprintf(below, sizeof below, "%s/below/it", file);
	(void)snprintf(deep, sizeof deep, "%s/a/b/c/", home);
	write_file(file, "x", 1);
	refused_home(below, file);
	refused_home(below, "--home");
	refused_home(file, file);
	refused_home("", "folder");
	char *endless = malloc(8001);
	assert_non_null(endless);
	memset(endless, 'a', 8000);
	endless[8000] = '\0';
	refused_home(endless, "path");
	free(endless);
	struct clinic *c = NULL;
	const struct clinic_options options = {.home = deep, .profiles = "profiles", .kind = STORE_DEMO, .now_ms = NOW_MS};
	assert_int_equal(clinic_open(&options, &c, NULL), ST_OK); /* what can be made is made */
	clinic_close(&c);
}

/* ---- a disk that fills up ---------------------------------------------------------------------------------- */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static rlim_t file_limit(void)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	return limit.rlim_cur;
}

static void a_disk_that_fills_up_while_seeding_leaves_no_half_demo(void **state)
{
	(void)state;
	rlim_t usual = file_limit();
	int failed = 0;
	for (rlim_t limit = 4096; limit <= 256 * 1024; limit *= 2) {
		char path[2 * TEMP_PATH_SIZE];
		struct clinic *c = NULL;
		struct fail why;
		limit_files(limit);
		enum status st = try_open(STORE_DEMO, "profiles", &c, &why);
		limit_files(usual);
		if (st) {
			assert_null(c);
			assert_true(why.text[0]);
			failed++;
			c = must_open(STORE_DEMO); /* with room again, all of them */
		}
		assert_int_equal(clinic_count(c), DEMOS);
		clinic_close(&c);
		struct store *store = must_open_store(STORE_DEMO);
		store_close(&store);
		(void)snprintf(path, sizeof path, "%s/demo.db", home);
		assert_int_equal(unlink(path), 0);
	}
	assert_true(failed >= 3);
}

static size_t readings_of(size_t index)
{
	struct store *store = must_open_store(STORE_DEMO);
	struct store_patient_list list = {0};
	struct store_readings_list readings = {0};
	const struct store_patient_query everybody = {.sort = STORE_SORT_LABEL};
	struct fail why = {0};
	must(store_patient_list(store, &everybody, &list, &why), &why);
	must(store_readings_list(store, list.items[index].uuid, 0, &readings, &why), &why);
	size_t count = readings.count;
	store_readings_list_free(&readings);
	store_patient_list_free(&list);
	store_close(&store);
	return count;
}

/* A plan is readings, twin and plan together: when the disk is full none of the three is there. */
static void a_disk_that_fills_up_leaves_no_half_plan(void **state)
{
	(void)state;
	const struct predict_options options = {.samples = 1, .seed = 1};
	rlim_t usual = file_limit();
	struct clinic *c = must_open(STORE_DEMO);
	struct subject subject;
	struct request request;
	struct planning *p = NULL;
	struct assessment a;
	struct settings settings = {0};
	struct stat about;
	char path[2 * TEMP_PATH_SIZE];
	struct fail why = {0};
	int saved = 0, refused = 0;
	must(clinic_load(c, 2, &subject, &request, &why), &why);
	must(planning_new(library, &subject, &request, &options, &p, &why), &why);
	planning_default_settings(p, &settings);
	must(planning_assess(p, &settings, &a, &why), &why);
	(void)snprintf(path, sizeof path, "%s/demo.db", home);
	assert_int_equal(stat(path, &about), 0);
	for (int room = 0; room < 6; room++) {
		limit_files((rlim_t)about.st_size + 8192 * (rlim_t)room);
		enum status st = clinic_save_plan(c, 2, library, &subject, planning_twin(p), &request, &a,
		                                  NOW_MS + room, &why);
		limit_files(usual);
		saved += st == ST_OK;
		refused += st != ST_OK;
		clinic_close(&c);
		assert_int_equal(readings_of(2), 1 + saved); /* store_check is part of it */
		c = must_open(STORE_DEMO);
	}
	assert_true(refused > 0 && saved > 0);
	assessment_clear(&a);
	planning_free(&p);
	subject_free(&subject);
	clinic_close(&c);
}

int main(void)
{
	(void)signal(SIGXFSZ, SIG_IGN);
#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, make_home, remove_home)
	const struct CMUnitTest tests[] = {
		WITH_HOME(the_demo_is_seeded_once_with_virtual_patients),
		WITH_HOME(half_a_demo_is_none),
		WITH_HOME(saved_readings_come_back),
		WITH_HOME(unreadable_readings_are_not_stored),
		WITH_HOME(settings_of_every_mode_survive),
		WITH_HOME(plan_versions_are_kept_with_their_digests),
		WITH_HOME(a_later_visit_goes_on_from_the_kept_twin),
		WITH_HOME(a_clinic_is_not_a_demo),
		WITH_HOME(nobody_comes_in_twice),
		WITH_HOME(one_planner_at_a_time),
		WITH_HOME(a_home_that_cannot_be_made_is_named),
		WITH_HOME(a_disk_that_fills_up_while_seeding_leaves_no_half_demo),
		WITH_HOME(a_disk_that_fills_up_leaves_no_half_plan),
	};
	return cmocka_run_group_tests(tests, load_library, free_library);
}
