/* Names in twenty scripts, and names made to do harm: typed, drawn in every place and printed. What is drawn keeps its
 * columns, a name is cut between characters only, and nothing that moves a cursor, turns a line around or hides gets
 * through; where it stood there is a mark. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "planner/report/sheet.h"
#include "tests/support/temp_folder.h"
#include "tests/ui/fake_clinic.h"
#include "ui/view.h"

struct name {
	const char *script, *text;
};

/* Made-up names of no person, a given name and the word for "example" or the like. */
static const struct name names[] = {
        {"Latin", "Ångström Nuñez-Żółć"},     {"Greek", "Ελένη Δοκιμή"},      {"Cyrillic", "Проба Имя Ёж"},
        {"Armenian", "Փորձ Անուն"},           {"Hebrew", "דוגמה ישראל"},      {"Arabic", "مثال اختبار"},
        {"Devanagari", "उदाहरण नाम"},          {"Bengali", "উদাহরণ নাম"},       {"Gurmukhi", "ਉਦਾਹਰਨ"},
        {"Gujarati", "ઉદાહરણ"},               {"Tamil", "எடுத்துக்காட்டு"},     {"Telugu", "ఉదాహరణ"},
        {"Kannada", "ಉದಾಹರಣೆ"},               {"Malayalam", "ഉദാഹരണം"},        {"Sinhala", "උදාහරණය"},
        {"Thai", "ตัวอย่าง"},                    {"Georgian", "მაგალითი"},         {"Hangul", "보기 이름"},
        {"Han", "範例 王小明"},                {"Kana", "れい ナマエ"},           {"Ethiopic", "ምሳሌ"},
        {"Khmer", "ឧទាហរណ៍"},
};

static const struct name hostile[] = {
        {"escape", "A\033[2JB"},
        {"bell and return", "A\aB\rC\nD\tE\bF"},
        {"direction turned", "A\xE2\x80\xAE" "gpj\xE2\x80\xAC" "B"},
        {"isolates", "A\xE2\x81\xA6" "B\xE2\x81\xA9"},
        {"zero width", "A\xE2\x80\x8B" "B\xEF\xBB\xBF" "C\xE2\x81\xA0"},
        {"joined emoji", "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7"},
        {"flag", "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA X"},
        {"many marks", "e\xCC\x81\xCC\x82\xCC\x83\xCC\x84\xCC\x86\xCC\x87\xCC\x88\xCC\x8A\xCC\x8B\xCC\x8C Z"},
        {"mark first", "\xCC\x81" "A"},
        {"not UTF-8", "A\xC3\x28\xFF\xFE\xED\xA0\x80" "B"},
        {"overlong", "A\xC0\xAF" "B"},
        {"C1 controls", "A\xC2\x9B" "31mB"},
        {"tags", "A\xF3\xA0\x81\x81\xF3\xA0\x81\x82" "B"},
        {"private use", "A\xEE\x80\x80" "B"},
        {"wide at the end", "AAAA\xE7\x8E\x8B\xE7\x8E\x8B"},
        {"line separators", "A\xE2\x80\xA8" "B\xE2\x80\xA9" "C"},
};

enum { NAMES = sizeof names / sizeof *names, HOSTILE = sizeof hostile / sizeof *hostile };

static const struct name *name_at(size_t i)
{
	return i < NAMES ? &names[i] : &hostile[i - NAMES];
}

/* Every code point of a canvas is safe, every wide glyph has its second half, no row is longer or shorter. */
static void assert_sound(const struct canvas *canvas, const char *what)
{
	for (int row = 0; row < canvas->rows; row++)
		for (int col = 0; col < canvas->cols; col++) {
			const struct cell *cell = canvas_cell(canvas, row, col);
			const struct cell *right = canvas_cell(canvas, row, col + 1);
			for (int i = 0; i < GLYPH_POINTS_MAX && cell->point[i] != 0; i++)
				if (text_safe_point(cell->point[i]) != cell->point[i])
					fail_msg("%s: U+%04X at %d, %d", what, cell->point[i], row, col);
			if (cell->point[0] == 0 && (col == 0 || canvas_cell(canvas, row, col - 1)->point[0] == 0))
				fail_msg("%s: half a character at %d, %d", what, row, col);
			char bytes[5] = "";
			bytes[text_encode(cell->point[0], bytes)] = '\0';
			if (cell->point[0] != 0 && text_width(bytes) == 2 && (right == NULL || right->point[0] != 0))
				fail_msg("%s: a wide character is cut at %d, %d", what, row, col);
		}
}

static const char *shown_name; /* whose the fake clinic's first patient is */

static enum status named_patient(void *context, size_t index, struct app_patient *out, struct fail *why)
{
	enum status status = fake_patient(context, index, out, why);
	if (index == 0)
		text_fit(out->label, sizeof out->label, shown_name, APP_NAME_MAX - 1);
	return status;
}

static enum status named_load(void *context, size_t index, struct subject *subject, struct request *request,
                              struct fail *why)
{
	enum status status = fake_load(context, index, subject, request, why);
	if (status == ST_OK && index == 0)
		(void)snprintf(subject->label, sizeof subject->label, "%s", shown_name);
	return status;
}

static void draw_at_sizes(struct app *app, const char *what)
{
	static const int sizes[][2] = {{24, 80}, {40, 120}, {20, 60}, {20, 61}, {24, 77}, {60, 200}};
	struct canvas *canvas = NULL;
	struct fail why;
	assert_int_equal(canvas_new(1, 1, false, &canvas, &why), ST_OK);
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
		for (int ascii = 0; ascii < 2; ascii++) {
			canvas->ascii = ascii == 1;
			assert_int_equal(canvas_resize(canvas, sizes[s][0], sizes[s][1], &why), ST_OK);
			app_draw(app, canvas);
			assert_sound(canvas, what);
		}
	canvas_free(&canvas);
}

static void names_are_drawn_in_their_columns(void **state)
{
	struct app_source source = fake_source;
	(void)state;
	source.patient = named_patient;
	source.load = named_load;
	for (size_t i = 0; i < NAMES + HOSTILE; i++) {
		struct jobs *jobs = NULL;
		struct app *app = NULL;
		struct fail why;
		struct app *maker = fake_open(false, &jobs);
		fake_close(&maker, &jobs);
		shown_name = name_at(i)->text;
		assert_int_equal(jobs_new(true, &jobs, &why), ST_OK);
		assert_int_equal(app_new(&source, &fake_engine, jobs, &app, &why), ST_OK);
		for (const char *way = "1\r25"; *way != '\0'; way++) {
			fake_press(app, *way == '\r' ? UI_KEY_ENTER : *way);
			draw_at_sizes(app, name_at(i)->script);
		}
		fake_close(&app, &jobs);
	}
}

static bool was_said(const struct app *app, const char *text)
{
	for (size_t i = 0; i < app->messages && i < APP_MESSAGES_MAX; i++)
		if (strstr(app->message[i].text, text) != NULL)
			return true;
	return false;
}

static enum status same_patient(void *context, size_t index, struct app_patient *out, struct fail *why)
{
	return fake_patient(context, 0, out, why) == ST_OK && index < 2 ? ST_OK : ST_NOT_FOUND;
}

static void same_names_are_warned_of(void **state)
{
	struct app_source source = fake_source;
	struct jobs *jobs = NULL;
	struct app *app = fake_open(false, &jobs);
	struct fail why;
	(void)state;
	fake_press(app, UI_KEY_ENTER);
	assert_false(was_said(app, "SAME NAME"));
	fake_close(&app, &jobs);
	source.patient = same_patient;
	assert_int_equal(jobs_new(true, &jobs, &why), ST_OK);
	assert_int_equal(app_new(&source, &fake_engine, jobs, &app, &why), ST_OK);
	fake_press(app, UI_KEY_ENTER);
	assert_true(was_said(app, "SAME NAME: 2 patients are called Ada Demo."));
	fake_close(&app, &jobs);
}

/* The header names another patient than before: it is said, whichever way it came about. */
static void another_patient_is_said(void **state)
{
	struct jobs *jobs = NULL;
	struct app *app = fake_open(false, &jobs);
	(void)state;
	fake_press(app, UI_KEY_ENTER);
	assert_false(was_said(app, "ANOTHER PATIENT"));
	fake_press(app, '1');
	fake_press(app, UI_KEY_DOWN);
	fake_press(app, UI_KEY_ENTER);
	assert_true(was_said(app, "ANOTHER PATIENT: Zo\xC3\xAB"));
	fake_close(&app, &jobs);
}

/* A good name stands on the screen as it was written (in normal form), without a mark. */
static void good_names_pass_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < NAMES; i++) {
		char clean[256];
		struct canvas *canvas = NULL;
		struct fail why;
		if (text_clean(clean, sizeof clean, names[i].text, strlen(names[i].text)) != 0)
			fail_msg("%s: something of the name is marked: %s", names[i].script, clean);
		assert_int_equal(canvas_new(1, 80, false, &canvas, &why), ST_OK);
		const int used = canvas_text(canvas, 0, 0, 80, ROLE_TEXT, names[i].text);
		assert_int_equal(used, text_width(names[i].text));
		char *dump = canvas_dump(canvas);
		if (strncmp(dump, clean, strlen(clean)) != 0)
			fail_msg("%s: \"%s\" is drawn as \"%s\"", names[i].script, clean, dump);
		free(dump);
		canvas_free(&canvas);
	}
}

static void harm_is_marked_where_it_stood(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTILE; i++) {
		char clean[256];
		(void)text_clean(clean, sizeof clean, hostile[i].text, strlen(hostile[i].text));
		for (const char *at = clean; *at != '\0';) {
			struct glyph glyph;
			at += text_next(at, &glyph);
			assert_false(glyph.point[0] < ' ');
			for (int p = 0; p < GLYPH_POINTS_MAX && glyph.point[p] != 0; p++)
				assert_int_equal(text_safe_point(glyph.point[p]), glyph.point[p]);
		}
		assert_true(strlen(clean) > 0);
	}
}

/* Typed as an answer, key by key: what was typed is what stands there, and erasing never leaves half a character. */
static void names_are_typed_and_erased(void **state)
{
	struct jobs *jobs = NULL;
	struct app *app = fake_open(false, &jobs);
	(void)state;
	fake_press(app, UI_KEY_ENTER);
	fake_press(app, 'w');
	for (size_t i = 0; i < NAMES + HOSTILE; i++) {
		app->selected[SCREEN_QUESTIONS] = 2;
		app_entry_open(app);
		app->entry.kind = ENTRY_ANSWER;
		while (app->entry.typed[0] != '\0')
			fake_press(app, UI_KEY_BACKSPACE);
		for (const char *at = name_at(i)->text; *at != '\0';) {
			struct glyph glyph;
			at += text_next(at, &glyph);
			for (int p = 0; p < GLYPH_POINTS_MAX && glyph.point[p] != 0; p++)
				app_key(app, (struct key_event){.key = (int)glyph.point[p], .pasted = true});
		}
		for (const char *at = app->entry.typed; *at != '\0';) {
			struct glyph glyph;
			at += text_next(at, &glyph);
			assert_true(glyph.point[0] != TEXT_MARK || i >= NAMES);
		}
		if (i < NAMES)
			assert_true(text_width(app->entry.typed) == text_width(name_at(i)->text));
		draw_at_sizes(app, name_at(i)->script);
		for (int guard = 0; guard < 400 && app->entry.typed[0] != '\0'; guard++) {
			char clean[1024];
			fake_press(app, UI_KEY_BACKSPACE);
			if (i < NAMES && text_clean(clean, sizeof clean, app->entry.typed, strlen(app->entry.typed)) != 0)
				fail_msg("%s: erased to \"%s\"", name_at(i)->script, clean);
		}
		assert_string_equal(app->entry.typed, "");
		fake_press(app, UI_KEY_ESCAPE);
	}
	fake_close(&app, &jobs);
}

/* --- on paper ------------------------------------------------------------------------------------------------ */

static char *pdf_text(const char *path)
{
	int ends[2], status = 0;
	assert_int_equal(pipe(ends), 0);
	const pid_t child = fork();
	if (child == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		execlp("pdftotext", "pdftotext", "-raw", path, "-", (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	char *text = calloc(1, 1 << 18);
	size_t used = 0;
	assert_non_null(text);
	for (ssize_t n; (n = read(ends[0], text + used, (1 << 18) - 1 - used)) > 0;)
		used += (size_t)n;
	(void)close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return text;
}

static struct sheet *sheet_of_names(void)
{
	struct sheet *sheet = NULL;
	struct fail why;
	assert_int_equal(sheet_new("Names", "", INT64_C(1767225600000), &sheet, &why), ST_OK);
	for (size_t i = 0; i < NAMES + HOSTILE; i++)
		sheet_pair(sheet, name_at(i)->script, "%s", name_at(i)->text);
	return sheet;
}

/* Text, CSV and JSON carry the names as they are; the PDF carries the scripts that the font and pdftotext can give
 * back one to one. Of harm nothing is left in any of them. */
static void names_are_printed(void **state)
{
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	struct sheet *sheet = sheet_of_names();
	struct fail why;
	char *text = NULL;
	static const char *const in_pdf[] = {"Latin", "Greek", "Cyrillic", "Armenian", "Georgian"};
	(void)state;
	temp_folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/n.pdf", folder);
	assert_int_equal(sheet_write_text(sheet, &text, &why), ST_OK);
	for (size_t i = 0; i < NAMES; i++)
		if (strstr(text, names[i].text) == NULL)
			fail_msg("%s is not in the text", names[i].script);
	assert_null(strchr(text, 0x1B));
	assert_null(strstr(text, "\xE2\x80\xAE"));
	assert_null(strstr(text, "\xE2\x80\x8B"));
	free(text);
	assert_int_equal(sheet_write_pdf(sheet, path, false, &why), ST_OK);
	text = pdf_text(path);
	for (size_t i = 0; i < NAMES; i++)
		for (size_t k = 0; k < sizeof in_pdf / sizeof *in_pdf; k++)
			if (strcmp(in_pdf[k], names[i].script) == 0 && strstr(text, names[i].text) == NULL)
				fail_msg("%s is not in the PDF", names[i].script);
	for (size_t i = 0; i < NAMES + HOSTILE; i++)
		assert_non_null(strstr(text, name_at(i)->script)); /* every line is there, whatever stood beside */
	assert_null(strchr(text, 0x1B));
	assert_null(strstr(text, "\xE2\x80\xAE"));
	free(text);
	sheet_free(&sheet);
	temp_folder_remove(folder);
}

/* Of every script each letter is on the paper, or it is said that no font here has it: never silently left out. */
static void no_letter_is_lost_on_paper(void **state)
{
	char folder[TEMP_PATH_SIZE], path[TEMP_PATH_SIZE + 16];
	struct fail why;
	(void)state;
	temp_folder_make(folder);
	(void)snprintf(path, sizeof path, "%s/n.pdf", folder);
	for (size_t i = 0; i < NAMES; i++) {
		struct sheet *sheet = NULL;
		assert_int_equal(sheet_new("Name", "", INT64_C(1767225600000), &sheet, &why), ST_OK);
		sheet_pair(sheet, "name", "%s", names[i].text);
		assert_int_equal(sheet_write_pdf(sheet, path, true, &why), ST_OK);
		sheet_free(&sheet);
		char *text = pdf_text(path);
		struct glyph glyph;
		for (const char *at = names[i].text; *at != '\0';) {
			char letter[5] = "", code[16];
			at += text_next(at, &glyph);
			letter[text_encode(glyph.point[0], letter)] = '\0';
			(void)snprintf(code, sizeof code, "U+%04X", (unsigned)glyph.point[0]);
			if (strstr(text, letter) == NULL && strstr(text, code) == NULL)
				fail_msg("%s: %s (%s) is neither on the paper nor said to be missing", names[i].script, letter, code);
		}
		free(text);
	}
	temp_folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_are_drawn_in_their_columns), cmocka_unit_test(good_names_pass_whole),
	        cmocka_unit_test(harm_is_marked_where_it_stood),    cmocka_unit_test(names_are_typed_and_erased),
	        cmocka_unit_test(names_are_printed),                cmocka_unit_test(no_letter_is_lost_on_paper),
	        cmocka_unit_test(same_names_are_warned_of),
	        cmocka_unit_test(another_patient_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
