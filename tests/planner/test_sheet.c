/* Printed sheets: all four writers carry the same numbers, the stored content is what is printed, and what people
 * typed can neither steer a terminal nor a spreadsheet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devices/json.h"
#include "planner/plan/case.h"
#include "planner/plan/report.h"
#include "planner/report/plan_sheet.h"
#include "planner/report/record_sheet.h"
#include "planner/report/session_sheet.h"
#include "tests/support/store_fixture.h"
#include "tests/support/temp_folder.h"

#define MADE_MS INT64_C(1767225600000)

static struct library *library;
static char folder[TEMP_PATH_SIZE];
static char *plan_json; /* of the first request of case S1 */

static char *first_plan(void)
{
	struct case_file *file = NULL;
	struct case_result result;
	struct fail why = {0};
	char *json = NULL;
	const struct case_options options = {.seed = 1, .samples = 2};
	assert_int_equal(case_read("tests/validation/cases/S1.json", &file, &why), ST_OK);
	if (case_evaluate(library, &file->request[0], &options, &result, &why))
		fail_msg("%s: %s", why.field, why.text);
	assert_int_equal(report_plan_json(library, &file->request[0].request, planning_twin(result.planning),
	                                  &result.assessment, &json, &why),
	                 ST_OK);
	case_result_clear(&result);
	case_free(&file);
	return json;
}

static int prepare(void **state)
{
	(void)state;
	temp_folder_make(folder);
	if (library_load("profiles", &library, NULL) != ST_OK)
		return 1;
	plan_json = first_plan();
	return 0;
}

static int finish(void **state)
{
	(void)state;
	free(plan_json);
	library_free(&library);
	temp_folder_remove(folder);
	return 0;
}

static struct store_patient patient_named(const char *name)
{
	struct store_patient patient = {.record_number = "VIRTUAL-1", .birth = "1984-03-02", .sex = 'F', .is_virtual = true};
	(void)snprintf(patient.label, sizeof patient.label, "%s", name);
	return patient;
}

static struct store_plan plan_in_state(const char *state)
{
	struct store_plan plan = {.uuid = "00000000-0000-4000-8000-000000000001", .version = 2, .json = plan_json,
	                          .json_len = strlen(plan_json), .created_at_ms = MADE_MS, .author = "demo technician"};
	(void)snprintf(plan.state, sizeof plan.state, "%s", state);
	digest_bytes(plan_json, strlen(plan_json), &plan.digest);
	return plan;
}

static struct sheet *approval_of(const char *name, bool deidentified)
{
	struct store_patient patient = patient_named(name);
	struct store_plan plan = plan_in_state("approved");
	const struct plan_sheet from = {library, .patient = &patient, .plan = &plan, .audit_head = "0123abcd",
	                                .made_at_ms = MADE_MS, .deidentified = deidentified};
	struct sheet *sheet = NULL;
	struct fail why = {0};
	if (plan_approval_sheet(&from, &sheet, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return sheet;
}

/* What the program prints to standard output. */
static char *output_of(const char *const *argv)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	(void)close(ends[1]);
	char *text = calloc(1, 1 << 20);
	size_t used = 0;
	assert_non_null(text);
	for (ssize_t n; (n = read(ends[0], text + used, (1 << 20) - 1 - used)) > 0;)
		used += (size_t)n;
	(void)close(ends[0]);
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s ended with %d", argv[0], status);
	return text;
}

/* Every number the models gave stands on the sheet as the screen writes it. */
static void all_predictions_are_printed(void **state)
{
	(void)state;
	struct sheet *sheet = approval_of("VIRTUAL 01", false);
	struct json_doc *doc = NULL;
	struct json_at root, predictions, band = {0};
	struct fail why = {0};
	char *text = NULL;
	size_t found = 0;
	assert_int_equal(sheet_write_text(sheet, &text, &why), ST_OK);
	assert_int_equal(json_parse("plan", plan_json, strlen(plan_json), &doc, &why), ST_OK);
	root = json_root(doc);
	assert_true(json_find(&root, "predictions", &predictions));
	while (json_object_each(&predictions, &band)) {
		enum metric metric;
		char expected[160];
		assert_true(metric_find(band.key, &metric));
		plan_sheet_band(&band, metric_spec(metric)->decimals, metric_spec(metric)->unit, expected, sizeof expected);
		if (strstr(text, expected) == NULL)
			fail_msg("%s: %s is not on the sheet", band.key, expected);
		found++;
	}
	assert_true(found >= 10);
	assert_non_null(strstr(text, "0123abcd"));
	assert_non_null(strstr(text, "never controls a device"));
	json_free(&doc);
	free(text);
	sheet_free(&sheet);
}

/* Blanks and line ends are the writer's; the words must be the same. */
static void squeeze(char *text)
{
	char *out = text;
	for (const char *in = text; *in != '\0'; in++)
		if (*in != ' ' && *in != '\n' && *in != '\f' && *in != '\r')
			*out++ = *in;
	*out = '\0';
}

static void pdf_says_what_the_blocks_say(void **state)
{
	(void)state;
	char path[TEMP_PATH_SIZE + 16];
	struct sheet *sheet = approval_of("VIRTUAL 01", false);
	struct fail why = {0};
	(void)snprintf(path, sizeof path, "%s/a.pdf", folder);
	assert_int_equal(sheet_write_pdf(sheet, path, false, &why), ST_OK);
	char *text = output_of((const char *const[]){"pdftotext", "-raw", path, "-", NULL});
	squeeze(text);
	for (size_t i = 0; i < sheet->blocks; i++)
		for (size_t c = 0; c < sheet->block[i].cells; c++) {
			char cell[2048];
			(void)snprintf(cell, sizeof cell, "%.40s", sheet->block[i].cell[c]);
			squeeze(cell);
			if (strstr(text, cell) == NULL)
				fail_msg("\"%s\" is not in the PDF", sheet->block[i].cell[c]);
		}
	assert_non_null(strstr(text, "page1of"));
	free(text);
	sheet_free(&sheet);
}

static void pdf_is_reproducible_private_and_not_overwritten(void **state)
{
	(void)state;
	char path[2][TEMP_PATH_SIZE + 32];
	unsigned char *bytes[2];
	size_t n[2];
	struct fail why = {0};
	struct stat info;
	for (int i = 0; i < 2; i++) {
		struct sheet *sheet = approval_of("VIRTUAL 01", false);
		(void)snprintf(path[i], sizeof path[i], "%s/r%d.pdf", folder, i);
		assert_int_equal(sheet_write_pdf(sheet, path[i], false, &why), ST_OK);
		bytes[i] = read_file(path[i], &n[i]);
		sheet_free(&sheet);
	}
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(bytes[0], bytes[1], n[0]);
	assert_int_equal(stat(path[0], &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	struct sheet *sheet = approval_of("VIRTUAL 02", false);
	assert_int_equal(sheet_write_pdf(sheet, path[0], false, &why), ST_CONFLICT);
	assert_int_equal(sheet_write_pdf(sheet, path[0], true, &why), ST_OK);
	assert_int_equal(sheet_write_pdf(sheet, "/nonexistent/folder/x.pdf", false, &why), ST_IO);
	sheet_free(&sheet);
	free(bytes[0]);
	free(bytes[1]);
}

#define RENDER_DPI "36"
#define MARGIN_DOTS 14 /* 10 mm at that */
#define WHITE 250
#define DARK 140

/* One rendered page: ink at the top, in the footer, and none in the margins. */
static void check_page(const char *path, const char *what)
{
	size_t n, cols, rows, top = 0, foot = 0;
	unsigned char *image = read_file(path, &n);
	int head = 0;
	if (sscanf((const char *)image, "P5 %zu %zu 255%n", &cols, &rows, &head) != 2 || head == 0)
		fail_msg("%s: no picture", what);
	const unsigned char *dot = image + head + 1;
	assert_true(n >= (size_t)head + 1 + cols * rows);
	for (size_t y = 0; y < rows; y++)
		for (size_t x = 0; x < cols; x++) {
			const bool edge = x < MARGIN_DOTS || y < MARGIN_DOTS || x + MARGIN_DOTS >= cols || y + MARGIN_DOTS >= rows;
			if (edge && dot[y * cols + x] < WHITE)
				fail_msg("%s: ink in the margin, at %zu, %zu of %zu, %zu", what, x, y, cols, rows);
			top += y < rows / 4 && dot[y * cols + x] < DARK;
			foot += y > rows * 7 / 8 && dot[y * cols + x] < DARK;
		}
	free(image);
	if (top < 100 || foot < 50)
		fail_msg("%s: %zu dark dots at the top, %zu in the footer", what, top, foot);
}

/* Every page of the sheet as it comes out of a printer. */
static void check_pages(const struct sheet *sheet, const char *name)
{
	char path[TEMP_PATH_SIZE + 32], prefix[TEMP_PATH_SIZE + 32], page[TEMP_PATH_SIZE + 48];
	struct fail why = {0};
	int count = 0;
	(void)snprintf(path, sizeof path, "%s/%s.pdf", folder, name);
	(void)snprintf(prefix, sizeof prefix, "%s/%s", folder, name);
	if (sheet_write_pdf(sheet, path, true, &why) != ST_OK)
		fail_msg("%s: %s", name, why.text);
	free(output_of((const char *const[]){"pdftoppm", "-gray", "-r", RENDER_DPI, path, prefix, NULL}));
	for (;; count++) {
		(void)snprintf(page, sizeof page, "%s-%d.pgm", prefix, count + 1);
		if (access(page, R_OK) != 0)
			break;
		check_page(page, page + strlen(folder) + 1);
	}
	assert_in_range(count, 1, 9);
}

/* The curves are vectors that a renderer turns into ink of their colours. */
/* A table that lies over the end of a page, line by line further down. */
static struct sheet *sheet_with_table(int lines_before, bool with_plot)
{
	static const struct sheet_column columns[] = {{"Pass", .2, false}, {"Seen", .8, false}};
	struct sheet *sheet = NULL;
	struct fail why = {0};
	assert_int_equal(sheet_new("Title", "", MADE_MS, &sheet, &why), ST_OK);
	for (int i = 0; i < lines_before; i++)
		sheet_text(sheet, SHEET_PLAIN, "before");
	sheet_heading(sheet, "Delivered here");
	if (with_plot) {
		const struct sheet_plot plot = {.x_label = "depth um", .left_label = "peak C", .x_max = 100, .left_max = 100};
		sheet_plot(sheet, &plot);
	}
	sheet_table(sheet, columns, 2);
	for (int i = 0; i < 6; i++)
		sheet_row(sheet, SHEET_PLAIN, (const char *const[]){"row", ""});
	return sheet;
}

/* On every rendered page that has rows stand the heading and the titles before them; the heading is never alone. */
static unsigned check_split(const struct sheet *sheet, const char *body)
{
	char path[TEMP_PATH_SIZE + 16];
	struct fail why = {0};
	unsigned split = 0;
	(void)snprintf(path, sizeof path, "%s/split.pdf", folder);
	assert_int_equal(sheet_write_pdf(sheet, path, true, &why), ST_OK);
	char *text = output_of((const char *const[]){"pdftotext", "-raw", path, "-", NULL});
	char *rest = NULL;
	for (char *page = strtok_r(text, "\f", &rest); page != NULL; page = strtok_r(NULL, "\f", &rest)) {
		const char *heading = strstr(page, "Delivered here"), *titles = strstr(page, "Pass"), *row = strstr(page, body);
		assert_true((heading != NULL) == (row != NULL));
		assert_true(row == NULL || body[0] == 'd' || (titles != NULL && heading < titles && titles < row));
		split += heading != NULL && strstr(heading, ", continued") != NULL;
	}
	free(text);
	return split;
}

static void a_table_over_the_end_of_a_page_has_its_heading_on_both(void **state)
{
	(void)state;
	unsigned split = 0;
	for (int lines = 38; lines <= 60; lines += 2) {
		struct sheet *sheet = sheet_with_table(lines, false);
		split += check_split(sheet, "row");
		sheet_free(&sheet);
	}
	assert_in_range(split, 2, 8); /* some lay over the end */
	for (int lines = 30; lines <= 60; lines += 5) {
		struct sheet *sheet = sheet_with_table(lines, true);
		sheet->blocks -= 7; /* the heading and its plot alone */
		(void)check_split(sheet, "depth um");
		sheet->blocks += 7;
		sheet_free(&sheet);
	}
}

static void plot_is_drawn(void **state)
{
	(void)state;
	char path[TEMP_PATH_SIZE + 16];
	struct sheet *sheet = approval_of("VIRTUAL 01", false);
	struct fail why = {0};
	size_t n, red = 0, blue = 0;
	int page;
	(void)snprintf(path, sizeof path, "%s/p.pdf", folder);
	assert_int_equal(sheet_write_pdf(sheet, path, false, &why), ST_OK);
	check_pages(sheet, "approval");
	sheet_free(&sheet);
	char prefix[TEMP_PATH_SIZE + 16];
	(void)snprintf(prefix, sizeof prefix, "%s/page", folder);
	free(output_of((const char *const[]){"pdftoppm", "-r", "60", path, prefix, NULL}));
	for (page = 1; page < 10; page++) {
		char ppm[TEMP_PATH_SIZE + 64];
		(void)snprintf(ppm, sizeof ppm, "%s-%d.ppm", prefix, page);
		if (access(ppm, R_OK) != 0)
			break;
		unsigned char *image = read_file(ppm, &n);
		for (size_t i = 64; i + 2 < n; i += 1) {
			red += image[i] > 150 && image[i + 1] < 90 && image[i + 2] < 80 && (i % 3) == (n % 3);
			blue += image[i] < 100 && image[i + 1] < 130 && image[i + 2] > 130 && (i % 3) == (n % 3);
		}
		free(image);
	}
	assert_true(page > 1);
	assert_true(red > 30);
	assert_true(blue > 10);
}

static void names_cannot_steer(void **state)
{
	(void)state;
	struct sheet *sheet = approval_of("=cmd|' /C calc'!A0\x1b[2J\xE2\x80\xAE" "evil\r\nforged line", false);
	struct fail why = {0};
	char *text = NULL, *csv = NULL, *json = NULL;
	assert_int_equal(sheet_write_text(sheet, &text, &why), ST_OK);
	assert_int_equal(sheet_write_csv(sheet, &csv, &why), ST_OK);
	assert_int_equal(sheet_write_json(sheet, &json, &why), ST_OK);
	assert_null(strchr(text, '\x1b'));
	assert_null(strstr(text, "\xE2\x80\xAE"));
	assert_null(strstr(text, "\nforged"));
	assert_null(strstr(csv, "\"=cmd"));
	assert_non_null(strstr(csv, "\"'=cmd"));
	assert_null(strchr(json, '\x1b'));
	free(text);
	free(csv);
	free(json);
	sheet_free(&sheet);
}

static void json_is_strict_and_complete(void **state)
{
	(void)state;
	struct sheet *sheet = approval_of("VIRTUAL 01", false);
	struct json_doc *doc = NULL;
	struct json_at root, blocks;
	struct fail why = {0};
	char *json = NULL;
	assert_int_equal(sheet_write_json(sheet, &json, &why), ST_OK);
	assert_int_equal(json_parse("sheet", json, strlen(json), &doc, &why), ST_OK);
	root = json_root(doc);
	assert_int_equal(json_schema(&root, "lasertwin-sheet/1", &why), ST_OK);
	assert_true(json_find(&root, "blocks", &blocks));
	assert_int_equal(json_count(&blocks), sheet->blocks);
	json_free(&doc);
	free(json);
	sheet_free(&sheet);
}

static void deidentified_names_nobody(void **state)
{
	(void)state;
	struct sheet *sheet = approval_of("VIRTUAL NAME", true);
	struct fail why = {0};
	char *text = NULL;
	assert_int_equal(sheet_write_text(sheet, &text, &why), ST_OK);
	assert_null(strstr(text, "VIRTUAL NAME"));
	assert_null(strstr(text, "VIRTUAL-1"));
	assert_null(strstr(text, "1984"));
	assert_null(strstr(text, "demo technician"));
	free(text);
	sheet_free(&sheet);
}

/* A version that nobody approved says so on the page and across it. */
static void drafts_say_so(void **state)
{
	(void)state;
	struct store_patient patient = patient_named("VIRTUAL 01");
	struct store_plan plan = plan_in_state("draft");
	const struct plan_sheet from = {library, .patient = &patient, .plan = &plan, .made_at_ms = MADE_MS};
	struct sheet *sheet = NULL;
	struct fail why = {0};
	char *text = NULL;
	patient.is_virtual = false;
	assert_int_equal(plan_treatment_sheet(&from, &sheet, &why), ST_OK);
	assert_string_equal(sheet->frame, "NOT APPROVED");
	assert_int_equal(sheet_write_text(sheet, &text, &why), ST_OK);
	assert_non_null(strstr(text, "must not be treated from"));
	free(text);
	check_pages(sheet, "treatment");
	sheet_free(&sheet);
	plan.json = "{\"not\": \"finished";
	plan.json_len = strlen(plan.json);
	assert_int_equal(plan_treatment_sheet(&from, &sheet, &why), ST_INPUT);
	assert_null(sheet);
}

static struct store *small_clinic(char *patient_uuid)
{
	char path[TEMP_PATH_SIZE + 16], readings[UUID_TEXT_SIZE], twin[UUID_TEXT_SIZE];
	struct store_patient patient;
	struct fail why = {0};
	static const char visit[] = "{\"patient\":{\"fitz\":\"IV\",\"lab\":{\"L\":55.5}},\"history\":{\"pregnant\":null}}";
	static int number;
	(void)snprintf(path, sizeof path, "%s/clinic%d.db", folder, number++);
	struct store *store = fixture_open(path, STORE_DEMO, NULL);
	fixture_patient(store, "VIRTUAL RECORD", &patient);
	fixture_readings(store, patient.uuid, visit, readings);
	fixture_twin(store, patient.uuid, readings, twin);
	struct store_plan plan = fixture_plan(patient.uuid, twin);
	plan.json = plan_json;
	plan.json_len = strlen(plan_json);
	if (store_plan_add_version(store, &plan, &fixture_stamp, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	memcpy(patient_uuid, patient.uuid, UUID_TEXT_SIZE);
	return store;
}

static char *record_text(const struct record_sheet *from, const char *patient)
{
	struct sheet *sheet = NULL;
	struct fail why = {0};
	char *text = NULL;
	if (record_patient_sheet(from, patient, &sheet, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	assert_int_equal(sheet_write_text(sheet, &text, &why), ST_OK);
	check_pages(sheet, "record");
	sheet_free(&sheet);
	return text;
}

static void a_record_is_printed_whole_or_without_names(void **state)
{
	(void)state;
	char patient[UUID_TEXT_SIZE];
	struct store *store = small_clinic(patient);
	struct record_sheet from = {.store = store, .made_at_ms = MADE_MS};
	struct sheet *sheet = NULL;
	struct fail why = {0};
	char *text = record_text(&from, patient);
	assert_non_null(strstr(text, "VIRTUAL RECORD"));
	assert_non_null(strstr(text, "55.5"));
	assert_non_null(strstr(text, "Pregnant, or pregnancy not excluded?")); /* as it is asked */
	assert_non_null(strstr(text, "pregnant"));                             /* and kept */
	assert_non_null(strstr(text, "draft"));
	free(text);
	from.deidentified = true;
	from.made_at_ms = 2 * MADE_MS; /* 2081: no date of the record */
	assert_int_equal(record_patient_sheet(&from, patient, &sheet, &why), ST_INPUT);
	assert_string_equal(why.field, "salt");
	from.salt = "only this export";
	text = record_text(&from, patient);
	assert_null(strstr(text, "VIRTUAL RECORD"));
	assert_null(strstr(text, "2026-01"));
	assert_non_null(strstr(text, "day 0"));
	assert_non_null(strstr(text, "55.5"));
	free(text);
	store_close(&store);
}

/* A session that treated one of two cheeks: planned against delivered, and who did what. */
static void a_session_is_printed_against_its_plan(void **state)
{
	(void)state;
	struct store_patient patient = patient_named("VIRTUAL 01");
	struct store_plan plan = plan_in_state("delivered");
	struct delivery_plan *planned = calloc(1, sizeof *planned);
	struct delivery *session = calloc(1, sizeof *session);
	struct delivery_event event;
	struct store_record record = {.actor = "demo technician"};
	struct sheet *sheet = NULL;
	struct fail why = {0};
	char *json = NULL, *text = NULL;
	assert_non_null(planned);
	assert_non_null(session);
	(void)snprintf(planned->device_mode, sizeof planned->device_mode, "ultrapulse.deepfx");
	assert_int_equal(library_find_mode(library, planned->device_mode, &planned->device, &planned->mode, &why), ST_OK);
	planned->fields = 1;
	(void)snprintf(planned->field[0], sizeof planned->field[0], "cheeks");
	settings_set(&planned->settings, SETTING_ENERGY_MJ, 15);
	settings_set(&planned->settings, SETTING_DENSITY_PCT, 10);
	settings_set(&planned->settings, SETTING_PASSES, 2);
	assert_int_equal(delivery_plan_complete(planned, &why), ST_OK);
	delivery_event_init(&event, DELIVERY_PASS, MADE_MS, "00000000-0000-4000-8000-000000000009");
	(void)snprintf(event.field, sizeof event.field, "cheeks");
	settings_set(&event.settings, SETTING_ENERGY_MJ, 12.5);
	size_t n = 0;
	assert_int_equal(delivery_event_encode(&event, &json, &n, &why), ST_OK);
	record.json = json;
	record.json_len = n;
	const struct store_record_list records = {.items = &record, .count = 1};
	const struct session_sheet from = {.plan = {library, .patient = &patient, .plan = &plan,
	                                            .made_at_ms = MADE_MS},
	                                   .delivery_plan = planned, .session = session, .records = &records};
	assert_int_equal(session_sheet(&from, &sheet, &why), ST_NOT_FOUND); /* nothing was opened */
	session->phase = DELIVERY_FINISHED;
	session->identified = true;
	session->field[0].passes = 1;
	session->field[0].coverage_frac = 0.1;
	session->field[0].dose_J_cm2 = NAN;
	assert_int_equal(session_sheet(&from, &sheet, &why), ST_OK);
	assert_int_equal(sheet_write_text(sheet, &text, &why), ST_OK);
	assert_non_null(strstr(text, "1 of 2"));
	assert_non_null(strstr(text, "10.0 of 20.0 %"));
	assert_non_null(strstr(text, "12.5"));
	assert_non_null(strstr(text, "[x] two identifiers"));
	assert_non_null(strstr(text, "[ ] time-out"));
	assert_non_null(strstr(text, "demo technician"));
	check_pages(sheet, "session");
	free(text);
	free(json);
	free(planned);
	free(session);
	sheet_free(&sheet);
}

static void files_are_known_by_their_suffix(void **state)
{
	(void)state;
	char path[TEMP_PATH_SIZE + 32];
	struct sheet *sheet = approval_of("VIRTUAL 01", false);
	struct fail why = {0};
	static const char *const first[][2] = {{"pdf", "%PDF"}, {"txt", "*** "}, {"csv", "\"tit"}, {"json", "{\n\t\""}};
	for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
		size_t n = 0;
		(void)snprintf(path, sizeof path, "%s/s.%s", folder, first[i][0]);
		assert_int_equal(sheet_save(sheet, path, false, &why), ST_OK);
		assert_int_equal(sheet_save(sheet, path, false, &why), ST_CONFLICT);
		assert_int_equal(sheet_save(sheet, path, true, &why), ST_OK);
		unsigned char *bytes = read_file(path, &n);
		assert_memory_equal(bytes, first[i][1], 4);
		free(bytes);
	}
	assert_int_equal(sheet_save(sheet, "somewhere.doc", false, &why), ST_INPUT);
	(void)snprintf(path, sizeof path, "%s/full.txt", folder); /* a full disk */
	assert_int_equal(symlink("/dev/full", path), 0);
	assert_int_equal(sheet_save(sheet, path, true, &why), ST_FULL);
	assert_int_not_equal(access(path, F_OK), 0); /* no half sheet is left */
	sheet_free(&sheet);
}

static void statistics_count_what_is_there(void **state)
{
	(void)state;
	char patient[UUID_TEXT_SIZE];
	struct store *store = small_clinic(patient);
	const struct record_sheet from = {.store = store, .made_at_ms = MADE_MS};
	struct sheet *sheet = NULL;
	struct fail why = {0};
	char *csv = NULL;
	assert_int_equal(record_statistics_sheet(&from, MADE_MS, MADE_MS, &sheet, &why), ST_RANGE);
	assert_int_equal(record_statistics_sheet(&from, 0, MADE_MS * 2, &sheet, &why), ST_OK);
	assert_int_equal(sheet_write_csv(sheet, &csv, &why), ST_OK);
	assert_non_null(strstr(csv, "\"Plans in the span\",\"1\""));
	assert_non_null(strstr(csv, "\"draft\",\"1\",\"100.0\""));
	free(csv);
	check_pages(sheet, "statistics");
	sheet_free(&sheet);
	store_close(&store);
}

static void move(struct store *store, const struct store_plan *plan, const char *to)
{
	struct store_plan now;
	struct store_plan_event event = {.version = plan->version};
	struct fail why = {0};
	assert_int_equal(store_plan_get(store, plan->uuid, plan->version, &now, &why), ST_OK);
	memcpy(event.plan, plan->uuid, sizeof event.plan);
	(void)snprintf(event.from_state, sizeof event.from_state, "%s", now.state);
	(void)snprintf(event.to_state, sizeof event.to_state, "%s", to);
	event.digest = now.digest;
	if (store_plan_event_add(store, &event, &fixture_stamp, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	store_plan_clear(&now);
}

/* The first version was refused, the second one delivered, the third is a draft. */
static void statistics_count_the_steps_of_every_version(void **state)
{
	(void)state;
	char patient[UUID_TEXT_SIZE];
	struct store *store = small_clinic(patient);
	const struct record_sheet from = {.store = store, .made_at_ms = MADE_MS};
	struct store_plan_list plans;
	struct store_plan_event_list page;
	struct store_plan_event last = {.json = NULL};
	struct sheet *sheet = NULL;
	struct fail why = {0};
	char *csv = NULL;
	size_t steps = 0;
	assert_int_equal(store_plan_list(store, &(struct store_plan_query){.patient = patient}, &plans, &why), ST_OK);
	struct store_plan plan = plans.items[0];
	plan.json = plan_json;
	(void)snprintf(plan.state, sizeof plan.state, "draft");
	move(store, &plan, "proposed");
	move(store, &plan, "rejected");
	plan.version = 2;
	assert_int_equal(store_plan_add_version(store, &plan, &fixture_stamp, &why), ST_OK);
	move(store, &plan, "proposed");
	move(store, &plan, "approved");
	move(store, &plan, "delivered");
	plan.version = 3;
	assert_int_equal(store_plan_add_version(store, &plan, &fixture_stamp, &why), ST_OK);
	store_plan_list_free(&plans);
	assert_int_equal(record_statistics_sheet(&from, 0, MADE_MS * 2, &sheet, &why), ST_OK);
	assert_int_equal(sheet_write_csv(sheet, &csv, &why), ST_OK);
	assert_non_null(strstr(csv, "\"Plans in the span\",\"1\""));
	assert_non_null(strstr(csv, "\"Steps in the span\",\"8\""));
	assert_non_null(strstr(csv, "\"rejected\",\"1\",\"12.5\""));
	assert_non_null(strstr(csv, "\"approved\",\"1\",\"12.5\""));
	assert_non_null(strstr(csv, "\"delivered\",\"1\",\"12.5\""));
	assert_non_null(strstr(csv, "\"proposed\",\"2\",\"25.0\""));
	free(csv);
	sheet_free(&sheet);
	assert_int_equal(record_statistics_sheet(&from, MADE_MS * 2, MADE_MS * 3, &sheet, &why), ST_OK); /* another span */
	assert_int_equal(sheet_write_csv(sheet, &csv, &why), ST_OK);
	assert_non_null(strstr(csv, "\"Steps in the span\",\"0\""));
	free(csv);
	sheet_free(&sheet);
	for (bool more = true; more; more = page.more, store_plan_event_list_free(&page)) { /* by pages of three */
		assert_int_equal(store_plan_event_all(store, steps > 0 ? &last : NULL, 3, &page, &why), ST_OK);
		assert_true(page.count > 0 && page.count <= 3);
		steps += page.count;
		last = page.items[page.count - 1];
	}
	assert_int_equal(steps, 8);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(all_predictions_are_printed),
	        cmocka_unit_test(pdf_says_what_the_blocks_say),
	        cmocka_unit_test(pdf_is_reproducible_private_and_not_overwritten),
	        cmocka_unit_test(a_table_over_the_end_of_a_page_has_its_heading_on_both),
	        cmocka_unit_test(plot_is_drawn),
	        cmocka_unit_test(names_cannot_steer),
	        cmocka_unit_test(json_is_strict_and_complete),
	        cmocka_unit_test(deidentified_names_nobody),
	        cmocka_unit_test(drafts_say_so),
	        cmocka_unit_test(a_record_is_printed_whole_or_without_names),
	        cmocka_unit_test(a_session_is_printed_against_its_plan),
	        cmocka_unit_test(files_are_known_by_their_suffix),
	        cmocka_unit_test(statistics_count_what_is_there),
	        cmocka_unit_test(statistics_count_the_steps_of_every_version),
	};
	return cmocka_run_group_tests(tests, prepare, finish);
}
