/* The worklist as it is shown: which patients, in which order. The records stay as they are. */
#include <ctype.h>
#include <strings.h>

#include "ui/app.h"

static const char *const sort_names[WORKLIST_SORTS] = {"as kept", "name", "state of the plan", "verdict", "device",
                                                        "opened last"};

static const char *app_sort_name(enum worklist_sort sort)
{
	return sort_names[sort];
}

/* --- which --------------------------------------------------------------------------------------------- */

/* ASCII letters in either case; other letters as they are. */
static bool holds(const char *text, const char *part, size_t length)
{
	for (; *text != '\0'; text++) {
		size_t i = 0;
		while (i < length && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
			i++;
		if (i == length)
			return true;
	}
	return length == 0;
}

bool app_name_contains(const char *name, const char *part)
{
	return holds(name, part, strlen(part));
}

static bool is_word_start(const char *name, const char *at)
{
	return at == name || !isalnum((unsigned char)at[-1]);
}

/* The typed letters in their order: with words_only each goes on behind the one before or begins a later word. */
static bool skips_to(const char *name, const char *at, const char *typed, bool words_only)
{
	if (*typed == '\0')
		return true;
	for (const char *c = at; *c != '\0'; c++) {
		const bool here = tolower((unsigned char)*c) == tolower((unsigned char)*typed);
		if (here && (!words_only || c == at || is_word_start(name, c)) && skips_to(name, c + 1, typed + 1, words_only))
			return true;
		if (here && !words_only)
			return false; /* the first place is as good as any */
	}
	return false;
}

static bool begins_a_word(const char *name, const char *typed)
{
	for (const char *c = name; *c != '\0'; c++)
		if (is_word_start(name, c) && strncasecmp(c, typed, strlen(typed)) == 0)
			return true;
	return false;
}

unsigned app_name_rank(const char *name, const char *typed)
{
	if (begins_a_word(name, typed))
		return 4;
	if (app_name_contains(name, typed))
		return 3;
	return skips_to(name, name, typed, true) ? 2 : skips_to(name, name, typed, false) ? 1 : 0;
}

static bool line_holds(const struct app_patient *patient, const char *word, size_t length)
{
	if (holds(patient->label, word, length) || patient->unread)
		return holds(patient->label, word, length);
	return holds(patient->device_mode, word, length) || holds(patient->indication, word, length) ||
	       holds(patient->state[0] != '\0' ? patient->state : "no plan", word, length) ||
	       holds(patient->verdict, word, length);
}

/* Every word must stand somewhere in the line. */
static bool matches(const struct app_patient *patient, const char *words)
{
	while (*words != '\0') {
		size_t length = strcspn(words, " _");
		if (!line_holds(patient, words, length))
			return false;
		words += length + (words[length] != '\0');
	}
	return true;
}

/* --- in which order ------------------------------------------------------------------------------------ */

static const char *sort_key(const struct app_patient *patient, enum worklist_sort sort)
{
	switch (sort) {
	case WORKLIST_BY_STATE:
		return patient->state;
	case WORKLIST_BY_VERDICT:
		return patient->verdict;
	case WORKLIST_BY_DEVICE:
		return patient->device_mode;
	default:
		return patient->label;
	}
}

static int compare(const struct app *app, size_t a, size_t b)
{
	const struct app_patient *first = &app->patient[a], *second = &app->patient[b];
	if (app->sort == WORKLIST_BY_OPENED)
		return (second->opened > first->opened) - (second->opened < first->opened);
	return strcasecmp(sort_key(first, app->sort), sort_key(second, app->sort));
}

/* Merges two sorted halves: equal lines keep their order, so that sorting twice sorts by both. */
static void merge(const struct app *app, const size_t *from, size_t middle, size_t count, size_t *to)
{
	size_t a = 0, b = middle;
	for (size_t i = 0; i < count; i++) {
		bool first = a < middle &&
		             (b >= count || compare(app, from[a], from[b]) <= 0);
		to[i] = first ? from[a++] : from[b++];
	}
}

static void sort_shown(struct app *app, size_t *lines, size_t *room, size_t count)
{
	size_t middle = count / 2;
	if (count < 2)
		return;
	sort_shown(app, lines, room, middle);
	sort_shown(app, lines + middle, room, count - middle);
	memcpy(room, lines, count * sizeof *lines);
	merge(app, room, middle, count, lines);
}

/* --- reading a long list --------------------------------------------------------------------------------- */

#define NEAR_LINES 60 /* on either side of the selected one: what a window shows */

enum status app_worklist_reread(struct app *app, size_t index, struct fail *why)
{
	struct app_patient *line = &app->patient[index];
	struct app_patient whole;
	enum status status = app->source->patient(app->source->context, index, &whole, why);
	if (status == ST_OK) {
		whole.tag = line->tag;
		whole.opened = line->opened;
		*line = whole;
	}
	return status;
}

/* What cannot be read is said once and stays as its name. */
static void read_line(struct app *app, size_t patient)
{
	struct app_patient *line = &app->patient[patient];
	struct fail why;
	if (!line->unread)
		return;
	if (app_worklist_reread(app, patient, &why) != ST_OK)
		app_say(app, ROLE_STOP, "%s cannot be read: %s", line->label, why.text);
	line->unread = false;
	app->unread--;
}

bool app_worklist_read(struct app *app, size_t limit)
{
	const size_t wanted = app->unread > limit ? app->unread - limit : 0, at = app->selected[SCREEN_WORKLIST];
	const size_t first = at > NEAR_LINES ? at - NEAR_LINES : 0;
	if (app->unread == 0)
		return false;
	for (size_t i = at; i < app->shown_count && i < at + NEAR_LINES && app->unread > wanted; i++)
		read_line(app, app->shown[i]);
	for (size_t i = first; i < app->shown_count && i < at && app->unread > wanted; i++)
		read_line(app, app->shown[i]);
	for (; app->read_next < app->patients && app->unread > wanted; app->read_next++)
		read_line(app, app->read_next);
	if (app->unread == 0 && (app->find[0] != '\0' || app->sort != WORKLIST_AS_KEPT))
		app_worklist_refresh(app); /* words and order now count for all of them */
	return app->unread > 0;
}

enum status app_list_patients(struct app *app, struct fail *why)
{
	enum status status = ST_OK;
	app->patients = app->source->count(app->source->context);
	app->patient = calloc(app->patients + 1, sizeof *app->patient);
	app->shown = calloc(2 * (app->patients + 1), sizeof *app->shown);
	if (app->patient == NULL || app->shown == NULL)
		return fail_set(why, ST_FULL, "worklist", "no memory for %zu patients", app->patients);
	app->unread = app->read_next = 0;
	app->opened[0] = app->opened[1] = SIZE_MAX;
	for (size_t i = 0; i < app->patients && status == ST_OK; i++) {
		app->patient[i].unread = app->source->label != NULL &&
		                         app->source->label(app->source->context, i, &app->patient[i]);
		app->unread += app->patient[i].unread;
		if (!app->patient[i].unread)
			status = app->source->patient(app->source->context, i, &app->patient[i], why);
	}
	if (status == ST_OK)
		app_worklist_refresh(app);
	return status;
}

/* --- for the model ------------------------------------------------------------------------------------- */

void app_worklist_refresh(struct app *app)
{
	size_t at = app->selected[SCREEN_WORKLIST];
	size_t patient = at < app->shown_count ? app->shown[at] : 0;
	app->shown_count = 0;
	for (size_t i = 0; i < app->patients; i++)
		if (matches(&app->patient[i], app->find))
			app->shown[app->shown_count++] = i;
	if (app->sort != WORKLIST_AS_KEPT) /* the second half of the list is room to sort in */
		sort_shown(app, app->shown, app->shown + app->patients + 1, app->shown_count);
	app->selected[SCREEN_WORKLIST] = 0;
	for (size_t i = 0; i < app->shown_count; i++) /* the cursor stays with its patient */
		if (app->shown[i] == patient)
			app->selected[SCREEN_WORKLIST] = i;
}

void app_worklist_sort(struct app *app)
{
	app->sort = (enum worklist_sort)((app->sort + 1) % WORKLIST_SORTS);
	app_worklist_refresh(app);
	if (app->unread > 0)
		app_say(app, ROLE_CAUTION, "Sorted: %s; %zu of %zu lines are still being read, then they are sorted in.",
		        app_sort_name(app->sort), app->unread, app->patients);
	else
		app_say(app, ROLE_TEXT, "Sorted: %s.", app_sort_name(app->sort));
}

void app_patient_opened(struct app *app, size_t index)
{
	app->patient[index].opened = ++app->openings;
	if (app->opened[0] != index)
		app->opened[1] = app->opened[0];
	app->opened[0] = index;
}

size_t app_patient_before(const struct app *app)
{
	return app->open && app->open_index == app->opened[0] ? app->opened[1] : app->opened[0];
}

void app_find_begin(struct app *app)
{
	app->finding = true;
}

/* The words sought on this screen; NULL: nothing is sought here. */
static char *words_of(struct app *app)
{
	if (app_screen(app) == SCREEN_WORKLIST)
		return app->find;
	return app_is_listing(app_screen(app)) ? app->listings[app_screen(app)].find : NULL;
}

static void refresh(struct app *app)
{
	if (app_screen(app) == SCREEN_WORKLIST)
		app_worklist_refresh(app);
	else
		app_listing_refresh(app, app_screen(app));
}

static void erase_last(char *words)
{
	size_t length = strlen(words);
	while (length > 0 && ((unsigned char)words[length - 1] & 0xC0) == 0x80)
		words[--length] = '\0';
	if (length > 0)
		words[length - 1] = '\0';
}

static void append(char *words, int key)
{
	char bytes[4];
	const size_t n = text_encode((uint32_t)key, bytes), length = strlen(words);
	if (length + n < APP_FIND_MAX) {
		memcpy(words + length, bytes, n);
		words[length + n] = '\0';
	}
}

/* True when the key belonged to the search. */
bool app_find_key(struct app *app, int key)
{
	char *words = words_of(app);
	if (!app->finding || words == NULL)
		return false;
	const bool is_text = key == UI_KEY_BACKSPACE || (key >= ' ' && key < 0x110000);
	app->finding = is_text; /* an arrow takes the words as they are, and moves */
	if (key == UI_KEY_ESCAPE)
		words[0] = '\0';
	else if (key == UI_KEY_BACKSPACE)
		erase_last(words);
	else if (is_text)
		append(words, key);
	else
		return key == UI_KEY_ENTER;
	refresh(app);
	return true;
}

/* --- when the records' list changed --------------------------------------------------------------------------- */

/* Places in the list move when patients arrive or are called otherwise: the open one is found again by name. */
bool app_worklist_hold(const struct app *app, char name[APP_NAME_MAX])
{
	const struct app_source *source = app->source;
	const char *open = app->open && source->name != NULL ? source->name(source->context, app->open_index) : NULL;
	(void)snprintf(name, APP_NAME_MAX, "%s", open != NULL ? open : "");
	return !app->open || (open != NULL && source->find != NULL);
}

enum status app_worklist_again(struct app *app, const char *name, struct fail *why)
{
	const struct app_source *source = app->source;
	if (app->open) {
		enum status status = source->find(source->context, name, &app->open_index, why);
		if (status != ST_OK)
			return status;
	}
	free(app->patient);
	free(app->shown);
	app->patient = NULL;
	app->shown = NULL;
	app->patients = app->shown_count = 0;
	enum status status = app_list_patients(app, why);
	if (status == ST_OK && app->open) /* the header says who it is now */
		app_plan_rename(app, app->patient[app->open_index].label);
	return status;
}
