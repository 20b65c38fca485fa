/* The patient screen: its lines, what is chosen from a list, and the ten questions for the skin type. All of it
 * enters the twin, so every change gives the prepared plan up. */
#include "ui/app.h"

#define NOT_RECORDED "not recorded"

/* --- lines -------------------------------------------------------------------------------------------- */

/* Who it is first; the scale stands before the indices read on it. Days since sun exposure are asked among
 * the questions. */
static const struct patient_row rows[] = {
        {CHOICE_NONE, READING_AGE_Y, 0},
        {CHOICE_SEX, READINGS, 0},
        {CHOICE_TYPE, READINGS, 0},
        {CHOICE_SITE, READINGS, 0},
        {CHOICE_NONE, READING_MEASURED_DAYS_AGO, 0},
        {CHOICE_NONE, READING_ITA_DEG, 0},
        {CHOICE_NONE, READING_ITA_UNEXPOSED_DEG, 0},
        {CHOICE_NONE, READING_LAB_L, 0},
        {CHOICE_NONE, READING_LAB_A, 0},
        {CHOICE_NONE, READING_LAB_B, 0},
        {CHOICE_SCALE, READINGS, 0},
        {CHOICE_NONE, READING_MI_FIELD, 0},
        {CHOICE_NONE, READING_MI_ADJACENT_NORMAL, 0},
        {CHOICE_NONE, READING_MI_UNEXPOSED, 0},
        {CHOICE_NONE, READING_EI, 0},
        {CHOICE_NONE, READING_EPIDERMIS_UM, 0},
        {CHOICE_NONE, READING_DERMIS_MM, 0},
        {CHOICE_NONE, READING_SUBCUTIS_MM, 0},
        {CHOICE_NONE, READING_TEWL_G_M2_H, 0},
        {CHOICE_NONE, READING_HYDRATION_AU, 0},
        {CHOICE_NONE, READING_ELASTICITY_R2, 0},
        {CHOICE_NONE, READING_SKIN_TEMP_C, 0},
        {CHOICE_NONE, READING_MASI, 0},
};

/* The zones' sides come last: a line for each. */
size_t app_patient_rows(const struct app *app)
{
	return sizeof rows / sizeof *rows + app->request.zones;
}

struct patient_row app_patient_row(size_t index)
{
	const size_t fixed = sizeof rows / sizeof *rows;
	return index < fixed ? rows[index] : (struct patient_row){CHOICE_SIDE, READINGS, index - fixed};
}

static void twin_input_changed(struct app *app)
{
	app->edits.serial++;
	app->readings_changed = true;
	app_work_note(app, WORK_DUE);
	app_plan_forget(app);
}

void app_reading_clear(struct app *app)
{
	struct patient_row row = app_patient_row(app->selected[SCREEN_PATIENT]);
	char label[APP_NAME_MAX];
	if (row.choice != CHOICE_NONE) {
		app_say(app, ROLE_CAUTION, "%s: Enter shows the choices; \"%s\" is one of them.",
		        app_choice_label(app, row, label, sizeof label),
		        row.choice == CHOICE_SIDE ? side_name(SIDE_NOT_STATED) : NOT_RECORDED);
		return;
	}
	if (!app->subject.readings.present[row.reading])
		return;
	readings_clear(&app->subject.readings, row.reading);
	twin_input_changed(app);
	app_say(app, ROLE_OK, "%s: marked as not taken; the twin falls back to its prior.",
	        readings_spec(row.reading)->label);
}

/* --- choices ------------------------------------------------------------------------------------------ */

static const char *const choice_labels[CHOICES] = {
        [CHOICE_NONE] = "",
        [CHOICE_SEX] = "Sex",
        [CHOICE_TYPE] = "Skin type",
        [CHOICE_SITE] = "Site",
        [CHOICE_SCALE] = "Melanin scale",
        [CHOICE_SIDE] = "Side of ",
};

static const char *const sex_words[] = {[SEX_UNKNOWN] = NOT_RECORDED,
                                        [SEX_FEMALE] = "female",
                                        [SEX_MALE] = "male",
                                        [SEX_OTHER] = "other"};

const char *app_choice_label(const struct app *app, struct patient_row row, char *out, size_t size)
{
	const bool zone = row.choice == CHOICE_SIDE && row.zone < app->request.zones;
	(void)snprintf(out, size, "%s%s", choice_labels[row.choice], zone ? app->request.zone[row.zone] : "");
	return out;
}

const char *app_choice_option(enum patient_choice choice, size_t option)
{
	switch (choice) {
	case CHOICE_SEX:
		return option < sizeof sex_words / sizeof *sex_words ? sex_words[option] : NULL;
	case CHOICE_TYPE:
		return option == FITZPATRICK_UNKNOWN ? NOT_RECORDED : fitzpatrick_name((int)option);
	case CHOICE_SITE:
		return option == 0 ? NOT_RECORDED : site_name(option - 1);
	case CHOICE_SCALE:
		return option < MI_SCALES ? melanin_scale_name((enum melanin_scale)option) : NULL;
	case CHOICE_SIDE:
		return option < SIDES ? side_name((enum side)option) : NULL;
	default:
		return NULL;
	}
}

size_t app_choice_count(enum patient_choice choice)
{
	size_t count = 0;
	while (app_choice_option(choice, count) != NULL)
		count++;
	return count;
}

static size_t current_site(const struct readings *readings)
{
	size_t option = 1;
	if (readings->site[0] == '\0')
		return 0;
	while (site_name(option - 1) != NULL && strcmp(site_name(option - 1), readings->site) != 0)
		option++;
	return option;
}

size_t app_choice_current(const struct app *app, struct patient_row row)
{
	const struct readings *readings = &app->subject.readings;
	switch (row.choice) {
	case CHOICE_SEX:
		return (size_t)readings->sex;
	case CHOICE_TYPE:
		return (size_t)readings->fitzpatrick;
	case CHOICE_SITE:
		return current_site(readings);
	case CHOICE_SCALE:
		return (size_t)readings->mi_scale;
	case CHOICE_SIDE:
		return row.zone < PLANNING_ZONES_MAX ? (size_t)app->request.side[row.zone] : 0;
	default:
		return 0;
	}
}

void app_choice_open(struct app *app, struct patient_row row)
{
	app->choosing = row;
	app->selected[SCREEN_CHOICE] = app_choice_current(app, row);
	app->entry.refusal.text[0] = '\0';
	app_push(app, SCREEN_CHOICE);
}

/* An index is a number on its instrument's scale: one that does not fit the new scale was read on another. */
static enum status set_scale(struct readings *readings, enum melanin_scale scale, struct fail *why)
{
	static const enum reading indices[] = {READING_MI_FIELD, READING_MI_ADJACENT_NORMAL,
	                                       READING_MI_UNEXPOSED, READING_EI};
	struct readings changed = *readings;
	changed.mi_scale = scale;
	for (size_t i = 0; i < sizeof indices / sizeof *indices; i++) {
		double min, max, value = readings->value[indices[i]];
		readings_range(&changed, indices[i], &min, &max);
		if (readings->present[indices[i]] && (value < min || value > max))
			return fail_set(why, ST_RANGE, readings_spec(indices[i])->key,
			                "%s %g is outside the scale of %s, %g to %g; mark it as not taken (x) first",
			                readings_spec(indices[i])->label, value, melanin_scale_name(scale), min,
			                max);
	}
	*readings = changed;
	return ST_OK;
}

static enum status set_choice(struct readings *readings, enum patient_choice choice, size_t option,
                              struct fail *why)
{
	switch (choice) {
	case CHOICE_SEX:
		readings->sex = (enum sex)option;
		return ST_OK;
	case CHOICE_TYPE:
		readings->fitzpatrick = (int)option;
		return ST_OK;
	case CHOICE_SITE:
		snprintf(readings->site, sizeof readings->site, "%s", option == 0 ? "" : site_name(option - 1));
		return ST_OK;
	default:
		return set_scale(readings, (enum melanin_scale)option, why);
	}
}

/* No model or rule depends on the side: prediction and findings stand. */
static void set_side(struct app *app, size_t zone, enum side side)
{
	app->request.side[zone] = side;
	app->edits.serial++;
	app->readings_changed = true;
	app_work_note(app, WORK_DUE);
}

void app_choice_commit(struct app *app)
{
	const struct patient_row row = app->choosing;
	size_t option = app->selected[SCREEN_CHOICE], before = app_choice_current(app, row);
	const char *was = app_choice_option(row.choice, before);
	char label[APP_NAME_MAX];
	if (option >= app_choice_count(row.choice) ||
	    (row.choice != CHOICE_SIDE &&
	     set_choice(&app->subject.readings, row.choice, option, &app->entry.refusal) != ST_OK))
		return;
	app->depth--;
	if (option == before)
		return;
	if (row.choice == CHOICE_SIDE && row.zone < app->request.zones)
		set_side(app, row.zone, (enum side)option);
	else
		twin_input_changed(app);
	app_say(app, ROLE_OK, "%s: %s, was %s.%s", app_choice_label(app, row, label, sizeof label),
	        app_choice_option(row.choice, option), was != NULL ? was : "unknown",
	        row.choice == CHOICE_SIDE ? " It becomes part of the plan." : " The plan is made anew from it.");
}

/* --- the ten questions --------------------------------------------------------------------------------- */

#define POINTS_MAX 4 /* of one question */

void app_skin_form_open(struct app *app)
{
	app->skin_form.refused = false;
	for (size_t i = 0; i < FITZPATRICK_QUESTIONS; i++)
		app->skin_form.answer[i] = SKIN_FORM_OPEN;
	app->selected[SCREEN_SKIN_TYPE] = 0;
	app_push(app, SCREEN_SKIN_TYPE);
}

static int *selected_points(struct app *app)
{
	return &app->skin_form.answer[app->selected[SCREEN_SKIN_TYPE] % FITZPATRICK_QUESTIONS];
}

void app_skin_form_set(struct app *app, int points)
{
	*selected_points(app) = points;
	app->skin_form.refused = false;
	if (app->selected[SCREEN_SKIN_TYPE] + 1 < FITZPATRICK_QUESTIONS)
		app->selected[SCREEN_SKIN_TYPE]++;
}

void app_skin_form_step(struct app *app, int steps)
{
	int *points = selected_points(app), next = *points + steps;
	if (*points == SKIN_FORM_OPEN)
		next = steps > 0 ? 0 : POINTS_MAX; /* from the near end */
	*points = next < 0 ? 0 : next > POINTS_MAX ? POINTS_MAX : next;
	app->skin_form.refused = false;
}

static int type_when_open(const struct skin_form *form, int points_if_open)
{
	int answer[FITZPATRICK_QUESTIONS], type = FITZPATRICK_UNKNOWN, points;
	struct fail ignored;
	for (size_t i = 0; i < FITZPATRICK_QUESTIONS; i++)
		answer[i] = form->answer[i] == SKIN_FORM_OPEN ? points_if_open : form->answer[i];
	enum status status = fitzpatrick_from_answers(answer, &type, &points, &ignored);
	BUG_ON(status != ST_OK); /* every answer is 0 to 4 here */
	return type;
}

struct skin_points app_skin_points(const struct skin_form *form)
{
	struct skin_points sum = {.type_min = type_when_open(form, 0),
	                          .type_max = type_when_open(form, POINTS_MAX)};
	for (size_t i = 0; i < FITZPATRICK_QUESTIONS; i++)
		if (form->answer[i] != SKIN_FORM_OPEN) {
			sum.answered++;
			sum.points += form->answer[i];
		}
	return sum;
}

static size_t first_open(const struct skin_form *form)
{
	size_t i = 0;
	while (i < FITZPATRICK_QUESTIONS && form->answer[i] != SKIN_FORM_OPEN)
		i++;
	return i;
}

void app_skin_form_commit(struct app *app)
{
	struct skin_points sum = app_skin_points(&app->skin_form);
	const char *was = app_choice_option(CHOICE_TYPE, (size_t)app->subject.readings.fitzpatrick);
	app->skin_form.refused = sum.answered < FITZPATRICK_QUESTIONS;
	if (app->skin_form.refused) {
		app->selected[SCREEN_SKIN_TYPE] = first_open(&app->skin_form);
		return;
	}
	app->depth--;
	bool same = app->subject.readings.fitzpatrick == sum.type_min;
	if (!same) {
		app->subject.readings.fitzpatrick = sum.type_min;
		twin_input_changed(app);
	}
	app_say(app, ROLE_OK, "Skin type %s by %d points, was %s.%s", fitzpatrick_name(sum.type_min), sum.points,
	        was, same ? "" : " The plan is made anew from it.");
}
