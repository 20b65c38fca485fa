/* Emergency access on the screens: breaking the glass, the banner while it lasts, reviews that wait. */
#include "ui/app.h"

static const struct app_emergency *emergency_of_app(const struct app *app)
{
	return app->source->emergency;
}

/* Read anew after every key: it ends by itself. */
void app_emergency_refresh(struct app *app)
{
	const struct app_emergency *emergency = emergency_of_app(app);
	app->banner[0] = '\0';
	if (emergency != NULL && !app->locked)
		emergency->banner(emergency->context, app->banner, sizeof app->banner);
}

void app_emergency_remind(struct app *app)
{
	const struct app_emergency *emergency = emergency_of_app(app);
	const size_t open = emergency != NULL ? emergency->open_reviews(emergency->context) : 0;
	app_emergency_refresh(app);
	if (open > 0)
		app_say(app, ROLE_CAUTION, "Emergency access waits for review (%zu): lasertwin emergency list", open);
}

static void end(struct app *app)
{
	const struct app_emergency *emergency = emergency_of_app(app);
	struct fail why;
	if (emergency->end(emergency->context, &why) != ST_OK)
		app_say(app, ROLE_STOP, "Emergency access goes on: %s", why.text);
	else
		app_say(app, ROLE_OK, "Emergency access has ended; it waits for review.");
}

static enum status submit(struct app *app, const struct form *form, struct fail *why)
{
	const struct app_emergency *emergency = emergency_of_app(app);
	double minutes = NAN;
	enum status status = ST_OK;
	if (form->field[1].typed[0] != '\0')
		status = entry_number(form->field[1].typed, &minutes, why);
	if (status == ST_OK)
		status = emergency->begin(emergency->context, form->field[0].typed, minutes, why);
	if (status == ST_OK)
		app_say(app, ROLE_STOP, "Emergency access has begun; ! ends it.");
	return status;
}

void app_emergency(struct app *app)
{
	struct form *form = &app->plans.form;
	if (emergency_of_app(app) == NULL) {
		app_say(app, ROLE_CAUTION, "Emergency access: there are no records to open.");
		return;
	}
	app_emergency_refresh(app);
	if (app->banner[0] != '\0') {
		end(app);
		return;
	}
	*form = (struct form){.submit = submit, .fields = 2};
	(void)snprintf(form->title, sizeof form->title, "Break the glass: emergency access");
	(void)snprintf(form->text, sizeof form->text,
	               "Records and stops; never plans, starts or signs. Every screen and sheet says so; it is reviewed.");
	form->field[0] = (struct form_field){.label = "reason", .hint = "kept and reviewed; at least ten characters"};
	form->field[1] =
	        (struct form_field){.label = "minutes", .hint = "1 to 60; 30 where nothing is typed", .optional = true};
	app_push(app, SCREEN_FORM);
}
