/* Screens that are lists: read when they are opened, searched, their particulars one key away. */
#include "ui/app.h"

bool app_is_listing(enum screen screen)
{
	return (ON(screen) & SCREENS_LISTINGS) != 0;
}

static struct app_listing *listing_at(struct app *app, enum screen screen)
{
	return app_is_listing(screen) ? &app->listings[screen] : NULL;
}

/* Of the topmost listing that fills the window; NULL: there is none. */
const struct app_listing *app_listing_shown(const struct app *app)
{
	const enum screen below = app_screen_below(app);
	return app_is_listing(below) ? &app->listings[below] : NULL;
}

/* --- which rows ----------------------------------------------------------------------------------------- */

void app_listing_refresh(struct app *app, enum screen screen)
{
	struct app_listing *l = listing_at(app, screen);
	l->shown_count = 0;
	memset(l->shown_of, 0, sizeof l->shown_of);
	for (size_t i = 0; l->list != NULL && i < l->list->rows; i++)
		if (listing_row_matches(&l->list->row[i], l->find)) {
			l->shown[l->shown_count++] = i;
			l->shown_of[l->list->row[i].section]++;
		}
	if (app->selected[screen] >= l->shown_count)
		app->selected[screen] = l->shown_count > 0 ? l->shown_count - 1 : 0;
}

static void drop(struct app_listing *l)
{
	listing_free(&l->list);
	free(l->shown);
	*l = (struct app_listing){.list = NULL};
}

/* What was read may not be for the next person's eyes: everything goes, and the screens with it. */
void app_listing_forget(struct app *app)
{
	app_audit_forget(app);
	for (int screen = 0; screen < SCREENS; screen++)
		drop(&app->listings[screen]);
	for (size_t at = 1; at < app->depth; at++)
		if (app_is_listing(app->stack[at]))
			app->depth = at;
}

/* --- reading -------------------------------------------------------------------------------------------- */

/* A plan's screens speak of the plan's patient, whoever else is open. */
static const struct workflow_plan *plan_meant(const struct app *app)
{
	const enum screen below = app_screen_below(app);
	const bool on_plan = below == SCREEN_APPROVE || below == SCREEN_TREAT;
	return on_plan ? app->plans.open : NULL;
}

bool app_listing_has_patient(const struct app *app)
{
	return app->source->lists != NULL && (app->open || plan_meant(app) != NULL);
}

static struct list_request what_is_meant(const struct app *app)
{
	const struct workflow_plan *plan = plan_meant(app);
	struct list_request asked = {.patient_index = plan == NULL && app->open ? app->open_index : LIST_NOBODY};
	if (plan != NULL)
		memcpy(asked.patient, plan->row.patient, sizeof asked.patient);
	return asked;
}

static enum status read(const struct app *app, enum screen screen, struct list_request *asked, struct listing **out,
                        struct fail *why)
{
	const struct app_lists *lists = app->source->lists;
	const struct app_sync *sync = app->source->sync;
	if (screen == SCREEN_SYNC || screen == SCREEN_CONFLICT)
		return sync->read(sync->context, screen, app->sync_entry, out, why);
	const bool of_open = app->open && asked->patient_index == app->open_index;
	asked->request = of_open ? &app->request : NULL;
	enum status status = lists->read(lists->context, screen, asked, out, why);
	asked->request = NULL; /* not borrowed for longer */
	return status;
}

/* From here on it is what the screen shows; takes the list. */
static enum status put(struct app_listing *l, struct listing *list, struct fail *why)
{
	size_t *shown = calloc(list->rows + 1, sizeof *shown);
	if (shown == NULL) {
		listing_free(&list);
		return fail_set(why, ST_FULL, "list", "no memory");
	}
	listing_free(&l->list);
	free(l->shown);
	l->list = list;
	l->shown = shown;
	return ST_OK;
}

/* True when the list was read; else it is as before and the message says why. */
static bool take(struct app *app, enum screen screen, struct list_request asked)
{
	struct app_listing *l = listing_at(app, screen);
	struct listing *list = NULL;
	struct fail why = {.text = ""};
	enum status status = read(app, screen, &asked, &list, &why);
	if (status == ST_OK)
		status = put(l, list, &why);
	if (status == ST_OK)
		l->asked = asked;
	else
		app_say(app, ROLE_STOP, "%s: %s", screen_title(screen), why.text);
	return status == ST_OK;
}

static void show_anew(struct app *app, enum screen screen, bool made_here)
{
	struct app_listing *l = listing_at(app, screen);
	l->find[0] = '\0';
	l->whole = false;
	l->made_here = made_here;
	app->selected[screen] = 0;
	app_listing_refresh(app, screen);
	for (size_t i = 0; l->list->select[0] != '\0' && i < l->shown_count; i++)
		if (strcmp(l->list->row[l->shown[i]].key, l->list->select) == 0)
			app->selected[screen] = i;
	app_push(app, screen);
}

/* A list that cannot be read is not shown. */
void app_listing_open(struct app *app, enum screen screen, struct list_request asked)
{
	if (take(app, screen, asked))
		show_anew(app, screen, false);
}

void app_listing_show(struct app *app, enum screen screen)
{
	app_listing_open(app, screen, what_is_meant(app));
}

unsigned app_roles(const struct app *app)
{
	const struct app_lists *lists = app->source->lists;
	return lists != NULL && lists->roles != NULL ? lists->roles(lists->context) : 0;
}

void app_listing_put(struct app *app, enum screen screen, struct listing *list)
{
	struct fail why;
	if (put(listing_at(app, screen), list, &why) == ST_OK)
		show_anew(app, screen, true);
	else
		app_say(app, ROLE_STOP, "%s: %s", screen_title(screen), why.text);
}

void app_listing_again(struct app *app, enum screen screen)
{
	if (app_is_listing(screen) && !app->listings[screen].made_here && take(app, screen, app->listings[screen].asked))
		app_listing_refresh(app, screen);
}

/* --- keys ----------------------------------------------------------------------------------------------- */

const struct listing_row *app_listing_selected(const struct app *app, enum screen screen)
{
	const struct app_listing *l = app_is_listing(screen) ? &app->listings[screen] : NULL;
	const bool any = l != NULL && l->list != NULL && app->selected[screen] < l->shown_count;
	return any ? &l->list->row[l->shown[app->selected[screen]]] : NULL;
}

/* The station's list leads to the screens it names. */
static void enter_station(struct app *app)
{
	const struct listing_row *row = app_listing_selected(app, SCREEN_STATION);
	for (size_t i = 0; row != NULL && i < action_count(); i++)
		if (strcmp(action_at(i)->name, row->key) == 0) {
			app_do(app, action_at(i)->id);
			return;
		}
}

/* Enter shows all particulars of the line, and the list again. */
void app_listing_enter(struct app *app)
{
	if (app_screen(app) == SCREEN_STATION) {
		enter_station(app);
		return;
	}
	struct app_listing *l = listing_at(app, app_screen(app));
	const struct listing_row *row = app_listing_selected(app, app_screen(app));
	l->whole = !l->whole && row != NULL && row->detail != NULL;
	l->first_line = 0;
}

bool app_listing_back(struct app *app)
{
	struct app_listing *l = listing_at(app, app_screen(app));
	const bool was_whole = l != NULL && l->whole;
	if (was_whole)
		l->whole = false;
	return was_whole;
}

/* The particulars scroll where they fill the window; how far down they go the screen knows. */
bool app_listing_scroll(struct app *app, long lines)
{
	struct app_listing *l = listing_at(app, app_screen(app));
	if (l == NULL || !l->whole)
		return false;
	const struct listing_row *row = app_listing_selected(app, app_screen(app));
	long most = 0, at = (long)l->first_line + lines;
	for (const char *c = row != NULL ? row->detail : ""; *c != '\0'; c++)
		most += *c == '\n';
	l->first_line = (size_t)(at < 0 ? 0 : at > most ? most : at);
	return true;
}

/* The next part of a long list in this direction, words stay; false: there is none. */
static bool turn_once(struct app *app, enum screen screen, long lines)
{
	struct app_listing *l = listing_at(app, screen);
	const struct listing_span span = l->list->span;
	struct list_request asked = l->asked;
	if (lines > 0 && span.first > 1)
		asked.before = span.first;
	else if (lines < 0 && span.last < span.total)
		asked.before = span.last + LIST_AUDIT_PART + 1;
	else
		return false;
	if (!take(app, screen, asked))
		return false;
	app_listing_refresh(app, screen);
	return true;
}

#define PARTS_SEARCHED 10 /* at one key: it answers in time */

/* A long list is read in parts: moving past the last line goes on to the next part that has the words sought. */
bool app_listing_turn(struct app *app, long lines)
{
	const enum screen screen = app_screen(app);
	struct app_listing *l = listing_at(app, screen);
	if (l == NULL || l->list == NULL || l->made_here)
		return false;
	const size_t at = app->selected[screen];
	if (lines > 0 ? at + 1 < l->shown_count : at > 0)
		return false;
	bool turned = turn_once(app, screen, lines);
	for (int part = 1; turned && l->shown_count == 0 && part < PARTS_SEARCHED && turn_once(app, screen, lines); part++)
		;
	if (turned)
		app->selected[screen] = lines > 0 || l->shown_count == 0 ? 0 : l->shown_count - 1;
	return turned;
}

/* --- actions -------------------------------------------------------------------------------------------- */

/* What leads to a list, or is done on one. */
bool app_listing_do(struct app *app, enum action action)
{
	static const struct {
		enum action action;
		enum screen screen;
	} lists[] = {{ACTION_COURSE, SCREEN_COURSE},     {ACTION_STATION, SCREEN_STATION},
	             {ACTION_AUDIT, SCREEN_AUDIT},       {ACTION_PEOPLE, SCREEN_PEOPLE},
	             {ACTION_PROFILES, SCREEN_PROFILES}, {ACTION_SETTINGS, SCREEN_SETTINGS},
	             {ACTION_ABOUT, SCREEN_ABOUT}};
	static const struct {
		enum action action;
		void (*does)(struct app *app);
	} deeds[] = {{ACTION_COMPARE, app_compare},
	             {ACTION_VERIFY, app_audit_verify},
	             {ACTION_PEOPLE_ADD, app_people_add},
	             {ACTION_PEOPLE_ROLES, app_people_roles},
	             {ACTION_PEOPLE_DISABLE, app_people_disable},
	             {ACTION_PEOPLE_SECRET, app_people_secret},
	             {ACTION_OWN_SECRET, app_own_secret}};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (lists[i].action == action) {
			app_close_dialogs(app);
			app_listing_show(app, lists[i].screen);
			return true;
		}
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
		if (deeds[i].action == action) {
			deeds[i].does(app);
			return true;
		}
	return false;
}
