/* The frame around every screen:
 *
 *   row 0        VIRTUAL PATIENT  who                                    verdict
 *   row 1        1 Worklist  2 Patient ...
 *   rows 2..     body
 *   last but one progress, or the last message
 *   last         keys
 */
#include "ui/view.h"

#include "ui/plot.h"

#define PROGRESS_COLS 24
#define DIALOG_COLS 62
#define MARK_SELECTED 0x25B8u

/* --- lists and numbers ------------------------------------------------------------------------------ */

bool view_full(const struct canvas *canvas, struct area area)
{
	return !canvas->linear && area.cols >= VIEW_COLS_FULL;
}

bool view_wide(const struct canvas *canvas, struct area area)
{
	return !canvas->linear && area.cols >= VIEW_COLS_WIDE;
}

size_t view_first(size_t selected, size_t rows, size_t count)
{
	if (count <= rows || rows == 0)
		return 0;
	size_t first = selected > rows / 2 ? selected - rows / 2 : 0;
	return first > count - rows ? count - rows : first;
}

void view_select_line(struct canvas *canvas, struct area line)
{
	canvas_point(canvas, line.row, line.col, ROLE_KEY, MARK_SELECTED);
	canvas_select(canvas, (struct area){line.row, line.col, 1, line.cols});
}

void view_scroll_note(struct canvas *canvas, struct area area, size_t first, size_t rows, size_t count)
{
	if (count <= rows)
		return;
	size_t last = first + rows < count ? first + rows : count;
	char text[64];
	(void)snprintf(text, sizeof text, " %zu-%zu of %zu ", first + 1, last, count);
	canvas_text_over(canvas, area.row, area.col, area.cols, ROLE_DIM, text);
}

void view_tags(const struct app *app, struct canvas *canvas, struct area line)
{
	const size_t tagged = app_tags(app);
	char text[48];
	(void)snprintf(text, sizeof text, " *%zu tagged ", tagged);
	if (tagged > 0)
		canvas_text_over(canvas, line.row, line.col, line.cols, ROLE_KEY, text);
}

void view_tag(struct canvas *canvas, struct area line, const struct app_tag *tag)
{
	if (tag->set)
		canvas_text(canvas, line.row, line.col + 1, 1, ROLE_KEY, "*");
}

int view_heading(struct canvas *canvas, struct area area, int row, const char *text)
{
	int used = canvas_format(canvas, row, area.col, area.cols, ROLE_HEADING, "%s ", text);
	canvas_rule(canvas, row, area.col + used, area.cols - used, ROLE_FRAME);
	return row + 1;
}

struct area view_dialog(struct area area, int rows)
{
	int cols = area.cols < DIALOG_COLS ? area.cols : DIALOG_COLS, held = rows < area.rows ? rows : area.rows;
	return (struct area){area.row + (area.rows - held) / 3, area.col + (area.cols - cols) / 2, held, cols};
}

void view_words(char *out, size_t capacity, const char *key)
{
	snprintf(out, capacity, "%s", key);
	for (char *c = out; *c != '\0'; c++)
		*c = *c == '_' ? ' ' : *c;
}

void view_capital(char *out, size_t capacity, const char *word)
{
	snprintf(out, capacity, "%s", word);
	if (out[0] >= 'a' && out[0] <= 'z')
		out[0] = (char)(out[0] - 'a' + 'A');
}

enum role view_verdict_role(enum verdict verdict)
{
	static const enum role roles[VERDICTS] = {
	        [VERDICT_ALLOW] = ROLE_OK,      [VERDICT_ALLOW_AFTER_MD] = ROLE_CAUTION,
	        [VERDICT_DEFER] = ROLE_CAUTION, [VERDICT_BLOCK_MD] = ROLE_STOP,
	        [VERDICT_BLOCK] = ROLE_STOP,
	};
	return roles[verdict];
}

enum role view_outcome_role(enum outcome outcome)
{
	if (outcome <= OUTCOME_BLOCK_MD)
		return ROLE_STOP;
	return outcome <= OUTCOME_CAUTION ? ROLE_CAUTION : ROLE_DIM;
}

void view_band(char *out, size_t capacity, const struct band *band, int decimals)
{
	char value[METRIC_NUMBER_SIZE], low[METRIC_NUMBER_SIZE], high[METRIC_NUMBER_SIZE];
	metric_number(band->value, decimals, value);
	if ((band->flags & VALIDITY_ABSENT) != 0)
		snprintf(out, capacity, "-");
	else if (fabs(band->p95 - band->p05) < 0.5 * pow(10.0, -decimals))
		snprintf(out, capacity, "%s", value);
	else
		snprintf(out, capacity, "%s [%s..%s]", value, metric_number(band->p05, decimals, low),
		         metric_number(band->p95, decimals, high));
}

const char *view_flags(unsigned flags, char out[4])
{
	size_t used = 0;
	if ((flags & VALIDITY_EXTRAPOLATED) != 0)
		out[used++] = 'e';
	if ((flags & VALIDITY_ASSUMED) != 0)
		out[used++] = 'a';
	if ((flags & VALIDITY_MODEL_LIMIT) != 0)
		out[used++] = 'm';
	out[used] = '\0';
	return out;
}

void view_finding_line(struct canvas *canvas, struct area line, const struct finding *finding)
{
	enum role role = finding->phase == PHASE_START ? ROLE_DIM : view_outcome_role(finding->outcome);
	const char *word = finding->phase == PHASE_START ? "AT START" : outcome_name(finding->outcome);
	char why[80] = "";
	if (finding->has_value && finding->has_limit)
		snprintf(why, sizeof why, "%.4g / limit %.4g %s", finding->value, finding->limit, finding->unit);
	else if (finding->unknown)
		snprintf(why, sizeof why, "not known");
	int used = canvas_format(canvas, line.row, line.col, line.cols, role, "%-11s ", word);
	used += canvas_format(canvas, line.row, line.col + used, line.cols - used, ROLE_STRONG, "%-*s ",
	                      VIEW_RULE_COLS, finding->rule);
	int room = line.cols - used - (why[0] != '\0' ? text_width(why) + 2 : 0);
	canvas_format(canvas, line.row, line.col + used, room, ROLE_TEXT, "%s%s%s", finding->zone,
	              finding->zone[0] != '\0' ? ": " : "", finding->name);
	canvas_text_right(canvas, line.row, line.col + used, line.cols - used, role, why);
}

/* --- no plan ---------------------------------------------------------------------------------------- */

static void draw_preparing(const struct app *app, struct canvas *canvas, struct area area)
{
	int row = area.row + area.rows / 2 - 2;
	canvas_format(canvas, row, area.col + 4, area.cols - 8, ROLE_STRONG, "Preparing %s",
	              app->request.device_mode);
	canvas_text(canvas, row + 1, area.col + 4, area.cols - 8, ROLE_DIM, app_task_text(app));
	canvas_bar(canvas, row + 3, area.col + 4, area.cols - 16, app->job.done_frac, ROLE_KEY);
	canvas_format(canvas, row + 3, area.col + area.cols - 10, 8, ROLE_TEXT, "%3.0f %%",
	              100.0 * app->job.done_frac);
	canvas_text(canvas, row + 4, area.col + 4, area.cols - 8, ROLE_DIM,
	            app->job.cancelling ? "stopping" : "Esc cancels; other screens stay usable");
}

bool view_no_plan(const struct app *app, struct canvas *canvas, struct area area)
{
	struct area text = {area.row + area.rows / 2 - 2, area.col + 4, 6, area.cols - 8};
	if (app->plan != NULL)
		return false;
	if (app->task != NULL || app->prepare_wanted) {
		draw_preparing(app, canvas, area);
	} else if (app->failed) {
		canvas_text(canvas, text.row, text.col, text.cols, ROLE_STOP, "No plan is prepared");
		text.row++;
		int rows = canvas_wrap(canvas, text, ROLE_TEXT,
		                       app->failure.code == ST_CANCELLED ? "The preparation was cancelled."
		                                                         : app->failure.text);
		canvas_text(canvas, text.row + rows + 1, text.col, text.cols, ROLE_DIM,
		            "2 changes the readings, 4 chooses a device and starts again");
	} else {
		canvas_text(canvas, text.row, text.col, text.cols, ROLE_STRONG, "No device is chosen yet");
		canvas_text(canvas, text.row + 1, text.col, text.cols, ROLE_DIM,
		            "4 shows the devices for this indication");
	}
	return true;
}

/* --- the depth plot --------------------------------------------------------------------------------- */

#define PROTEIN_DENATURATION_C                                                                               \
	60.0 /* where tissue coagulates within seconds; the label of the guide line                          \
	      */
#define WATER_BOILS_C 100.0
#define NAME_COLS_MIN 62  /* and for where the profile was taken */
#define LABEL_COLS_MIN 48 /* plots from this width on have room for words at the guide lines */
#define DEPTH_SHOWN_MIN_UM 400.0
#define TEMPERATURE_RISE_SHOWN_C 2.0
#define DAMAGE_SHOWN_FRAC 0.01

/* The depth below which nothing happens, with some air: what the x axis should reach. */
static double depth_shown_um(const struct depth_profile *profile)
{
	double deep = DEPTH_SHOWN_MIN_UM, base = profile->peak_C[profile->count - 1].value;
	for (size_t i = 0; i < profile->count; i++)
		if (profile->peak_C[i].p95 > base + TEMPERATURE_RISE_SHOWN_C ||
		    profile->damage_frac[i].p95 > DAMAGE_SHOWN_FRAC)
			deep = profile->depth_um[i] * 1.25;
	deep = deep < DEPTH_SHOWN_MIN_UM ? DEPTH_SHOWN_MIN_UM : deep;
	double last = profile->depth_um[profile->count - 1];
	return deep < last ? deep : last;
}

static void temperature_axis(const struct depth_profile *profile, struct plot_axis *axis)
{
	double top = WATER_BOILS_C + 5.0, bottom = 30.0;
	for (size_t i = 0; i < profile->count; i++) {
		top = profile->peak_C[i].p95 > top ? profile->peak_C[i].p95 : top;
		bottom = profile->peak_C[i].p05 < bottom ? profile->peak_C[i].p05 : bottom;
	}
	double step = plot_step(top - bottom, 5);
	*axis = (struct plot_axis){floor(bottom / step) * step, ceil(top / step) * step, "°C"};
}

struct zone_name {
	const char *label, *brief;
	unsigned kinds;
};

#define KIND(kind) (1u << (kind))

/* Neighbouring layers that share a name are one zone. */
static const struct zone_name zone_names[] = {
        {"epidermis", "epi", KIND(TISSUE_STRATUM_CORNEUM) | KIND(TISSUE_EPIDERMIS) | KIND(TISSUE_BASAL)},
        {"papillary", "pap", KIND(TISSUE_PAPILLARY) | KIND(TISSUE_PLEXUS)},
        {"reticular dermis", "dermis", KIND(TISSUE_RETICULAR)},
        {"fat", "fat", KIND(TISSUE_SUBCUTIS)},
};

static void skin_zones(const struct tissue *tissue, struct plot *plot)
{
	double top = 0.0;
	const struct zone_name *before = NULL;
	for (size_t i = 0; i < tissue->count; i++) {
		double bottom = top + tissue->layer[i].thickness_um;
		for (size_t z = 0; z < sizeof zone_names / sizeof *zone_names; z++) {
			if ((zone_names[z].kinds & KIND(tissue->layer[i].kind)) == 0)
				continue;
			if (before == &zone_names[z] && plot->zones > 0)
				plot->zone[plot->zones - 1].to = bottom;
			else if (plot->zones < PLOT_ZONES_MAX)
				plot->zone[plot->zones++] = (struct plot_zone){
				        top, bottom, zone_names[z].label, zone_names[z].brief};
			before = &zone_names[z];
		}
		top = bottom;
	}
}

struct profile_columns {
	double peak[PREDICT_DEPTHS_MAX], low[PREDICT_DEPTHS_MAX], high[PREDICT_DEPTHS_MAX];
	double damage[PREDICT_DEPTHS_MAX];
};

static void split_profile(const struct depth_profile *profile, struct profile_columns *columns)
{
	for (size_t i = 0; i < profile->count; i++) {
		columns->peak[i] = profile->peak_C[i].value;
		columns->low[i] = profile->peak_C[i].p05;
		columns->high[i] = profile->peak_C[i].p95;
		columns->damage[i] = 100.0 * profile->damage_frac[i].value;
	}
}

static void draw_profile(const struct app *app, struct canvas *canvas, struct area area, bool numbers)
{
	const struct depth_profile *profile = &app->assessment.prediction.profile;
	struct profile_columns columns;
	struct fail why;
	char name[96] = "peak";
	bool roomy = area.cols >= LABEL_COLS_MIN;
	struct plot plot = {
	        .x_label = "depth µm",
	        .x_scale = PLOT_SQRT,
	        .x_max = depth_shown_um(profile),
	        .curves = 2,
	        .lines = 2,
	        .line = {{PROTEIN_DENATURATION_C, PLOT_LEFT, roomy ? "60 °C coagulates" : "60 °C"},
	                 {WATER_BOILS_C, PLOT_LEFT, roomy ? "100 °C boils" : "100 °C"}},
	};
	if (!numbers && area.cols >= NAME_COLS_MIN && profile->where != NULL) {
		snprintf(name, sizeof name, "peak %s", profile->where);
	} else if (!numbers && profile->where != NULL && area.rows > PLOT_ROWS_MIN) {
		area.rows--;
		canvas_format(canvas, area.row + area.rows, area.col + 1, area.cols - 1, ROLE_DIM, "taken %s",
		              profile->where);
	}
	split_profile(profile, &columns);
	temperature_axis(profile, &plot.axis[PLOT_LEFT]);
	plot.axis[PLOT_RIGHT] = (struct plot_axis){0.0, 100.0, "damage %"};
	plot.curve[0] = (struct plot_curve){name,         profile->count, profile->depth_um,
	                                    columns.peak, columns.low,    columns.high,
	                                    PLOT_LEFT,    ROLE_CURVE_1,   false};
	plot.curve[1] = (struct plot_curve){"damage",       profile->count, profile->depth_um,
	                                    columns.damage, NULL,           NULL,
	                                    PLOT_RIGHT,     ROLE_CURVE_2,   true};
	skin_zones(&app->plan->tissue, &plot);
	if (numbers)
		plot_table(canvas, area, &plot);
	else if (plot_draw(canvas, area, &plot, &why) != ST_OK)
		canvas_wrap(canvas, area, ROLE_CAUTION, why.text);
}

/* What to do about it. */
static const char *way_out(const struct app *app)
{
	if (app->engine->mode(app->plan->planning)->locked)
		return "4 chooses another device; 7 shows R-LOCK and what else the rules say";
	if (app->assessment.issues.count > 0)
		return "5 changes the settings; 7 shows what the rules say";
	return "7 shows what the rules say";
}

void view_no_prediction(const struct app *app, struct canvas *canvas, struct area area)
{
	struct area text = area_inside(area, 1, 1);
	canvas_text(canvas, text.row, text.col, text.cols, ROLE_STOP,
	            app->assessed ? "No prediction" : "These settings are not judged yet.");
	if (!app->assessed)
		return;
	text.row++;
	text.rows--;
	int rows = canvas_wrap(canvas, text, ROLE_CAUTION, app->assessment.unpredicted.text);
	text.row += rows + 1;
	text.rows -= rows + 1;
	if (text.rows > 0)
		canvas_wrap(canvas, text, ROLE_DIM, way_out(app));
}

void view_depth_numbers(const struct app *app, struct canvas *canvas, struct area area)
{
	const char *where = app->assessment.prediction.profile.where;
	char heading[120];
	(void)snprintf(heading, sizeof heading, "Against depth%s%s", where != NULL ? ", " : "", where != NULL ? where : "");
	const int row = view_heading(canvas, area, area.row, heading);
	draw_profile(app, canvas, (struct area){row, area.col, area.row + area.rows - row, area.cols}, true);
}

void view_depth_plot(const struct app *app, struct canvas *canvas, struct area area)
{
	if (!app->assessed || !app->assessment.predicted)
		view_no_prediction(app, canvas, area);
	else if (app->assessment.prediction.profile.count < 2)
		canvas_text(canvas, area.row + area.rows / 2, area.col + 2, area.cols - 4, ROLE_DIM,
		            "no depth profile");
	else
		draw_profile(app, canvas, area, false);
	if (app->stale)
		canvas_role(canvas, area, ROLE_DIM);
}

/* --- the frame -------------------------------------------------------------------------------------- */

static bool is_virtual(const struct app *app)
{
	if (app->open)
		return app->patient[app->open_index].is_virtual;
	for (size_t i = 0; i < app->patients; i++)
		if (app->patient[i].is_virtual)
			return true;
	return false;
}

static const char *sex_letter(enum sex sex)
{
	static const char *const letters[] = {
	        [SEX_UNKNOWN] = "sex ?", [SEX_FEMALE] = "F", [SEX_MALE] = "M", [SEX_OTHER] = "X"};
	return letters[sex];
}

/* What does not fit is left out whole, the site first: never a part of a number. */
static void describe_patient(const struct app *app, int room, char *out, size_t capacity)
{
	const struct readings *readings = &app->subject.readings;
	const char *type = fitzpatrick_name(readings->fitzpatrick);
	char age[16] = "age ?";
	if (readings->present[READING_AGE_Y])
		snprintf(age, sizeof age, "%.0f y", readings->value[READING_AGE_Y]);
	for (int parts = 3; parts >= 0; parts--) {
		size_t used = (size_t)snprintf(out, capacity, "%s", app->subject.label);
		if (parts > 0)
			used += (size_t)snprintf(out + used, capacity - used, "  %s %s", sex_letter(readings->sex), age);
		if (parts > 1)
			used += (size_t)snprintf(out + used, capacity - used, "  type %s", type != NULL ? type : "?");
		if (parts > 2)
			(void)snprintf(out + used, capacity - used, "  %s", readings->site);
		if (text_width(out) <= room)
			return;
	}
}

static int draw_verdict(const struct app *app, struct canvas *canvas)
{
	char text[48], words[32];
	if (!app->open || !app->assessed)
		return 0;
	view_words(words, sizeof words, verdict_name(app->assessment.verdict));
	snprintf(text, sizeof text, " %s%s ", words, app->stale ? " (old)" : "");
	canvas_text_right(canvas, 0, 0, canvas->cols,
	                  app->stale ? ROLE_DIM : view_verdict_role(app->assessment.verdict), text);
	return text_width(text);
}

/* Where a plan is moved or delivered the header is that plan's patient, whoever else is open. */
static const struct workflow_plan *plan_shown(const struct app *app)
{
	const enum screen below = app_screen_below(app);
	return below == SCREEN_APPROVE || below == SCREEN_TREAT ? app->plans.open : NULL;
}

/* Where one is, before whose screen it is: nothing there is real, or nothing here can be recorded. */
static int draw_marks(const struct app *app, struct canvas *canvas, int room, bool is_virtual, bool several)
{
	const bool training = app->source->training, brief = training && canvas->cols < VIEW_COLS_FULL;
	int used = 0;
	if (is_virtual && brief) /* the name beside it must stay whole */
		used = canvas_text(canvas, 0, 0, room, ROLE_VIRTUAL, " TRAINING: VIRTUAL ");
	else if (is_virtual)
		used = canvas_format(canvas, 0, 0, room, ROLE_VIRTUAL, " %sVIRTUAL PATIENT%s ", training ? "TRAINING: " : "",
		                     several ? "S" : "");
	else if (training)
		used = canvas_text(canvas, 0, 0, room, ROLE_VIRTUAL, " TRAINING ");
	if (app_read_only(app)) {
		const int more = canvas_text(canvas, 0, used, room - used, ROLE_CAUTION, " READ ONLY ");
		canvas_select(canvas, (struct area){0, used, 1, more});
		used += more;
	}
	return used;
}

static void draw_plan_header(const struct app *app, const struct workflow_plan *plan, struct canvas *canvas)
{
	char state[48];
	(void)snprintf(state, sizeof state, " %s ", plan_state_name(plan->state));
	canvas_text_right(canvas, 0, 0, canvas->cols, ROLE_STRONG, state);
	const int room = canvas->cols - text_width(state) - 1;
	const int used = draw_marks(app, canvas, room, plan->patient.is_virtual, false);
	char text[sizeof plan->patient.label + sizeof plan->patient.record_number + sizeof plan->patient.birth + 32];
	for (int words = 1; words >= 0; words--) { /* the words go before any of the facts does */
		(void)snprintf(text, sizeof text, " %s  %s%s  %s  %c", plan->patient.label, words > 0 ? "record " : "",
		               plan->patient.record_number[0] != '\0' ? plan->patient.record_number : "-",
		               plan->patient.birth[0] != '\0' ? plan->patient.birth : "birth ?", plan->patient.sex);
		if (text_width(text) <= room - used)
			break;
	}
	canvas_text(canvas, 0, used, room - used, ROLE_BAR, text);
}

/* A list of one patient's says whose it is by itself. */
static void draw_listing_header(const struct app *app, const struct listing_banner *banner, struct canvas *canvas)
{
	const int used = draw_marks(app, canvas, canvas->cols, banner->is_virtual, false);
	canvas_format(canvas, 0, used, canvas->cols - used, ROLE_BAR, " %s", banner->text);
}

enum { STEPS_COLS = 80 };

/* Whether the message line has this much room at its right end. */
static bool message_leaves(const struct app *app, const struct canvas *canvas, int cols)
{
	const struct app_message *message = app_last_message(app);
	const bool busy = app->task != NULL && app->task->kind != TASK_ASSESS;
	return !busy && (message == NULL || text_width(message->text) + cols + 4 <= canvas->cols);
}

/* The exchange with the clinic's server: beside the steps where there is room, else beside the message, which goes
 * before it. */
static void draw_sync(const struct app *app, struct canvas *canvas)
{
	char text[80];
	enum role role = ROLE_DIM;
	const bool wide = canvas->cols >= VIEW_COLS_WIDE;
	if (!app_sync_frame(app, wide, text, sizeof text, &role))
		return;
	if (wide && text_width(text) > canvas->cols - STEPS_COLS)
		(void)app_sync_frame(app, false, text, sizeof text, &role);
	if (wide)
		canvas_text_over(canvas, 1, 0, canvas->cols - 1, role, text);
	else if (message_leaves(app, canvas, text_width(text)))
		canvas_text_right(canvas, canvas->rows - 2, 0, canvas->cols - 1, role, text);
}

static void draw_header(const struct app *app, struct canvas *canvas)
{
	const struct app_listing *listing = app_listing_shown(app);
	if (listing != NULL && listing->list != NULL && listing->list->banner.is) {
		draw_listing_header(app, &listing->list->banner, canvas);
		return;
	}
	if (plan_shown(app) != NULL) {
		draw_plan_header(app, plan_shown(app), canvas);
		return;
	}
	char who[512];
	const int room = canvas->cols - draw_verdict(app, canvas) - 1;
	const int used = draw_marks(app, canvas, room, is_virtual(app), !app->open);
	if (app->open)
		describe_patient(app, room - used - 1, who, sizeof who);
	else
		snprintf(who, sizeof who, "lasertwin " LASERTWIN_VERSION "  %s", app->source->place);
	canvas_format(canvas, 0, used, room - used, ROLE_BAR, " %s", who);
}

/* Side screens belong to the step they are reached from. */
static enum screen step_of(enum screen screen)
{
	static const struct {
		enum screen side, step;
	} sides[] = {{SCREEN_QUESTIONS, SCREEN_PATIENT},
	             {SCREEN_ALTERNATIVES, SCREEN_PARAMETERS},
	             {SCREEN_EXPLORE, SCREEN_PARAMETERS},
	             {SCREEN_GOALS, SCREEN_PARAMETERS},
	             {SCREEN_HISTOGRAM, SCREEN_PARAMETERS},
	             {SCREEN_APPROVE, SCREEN_PLANS},
	             {SCREEN_TREAT, SCREEN_PLANS}};
	for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
		if (sides[i].side == screen)
			return sides[i].step;
	return screen;
}

/* Where the whole titles do not fit beside each other. */
static const char *brief_title(enum screen screen)
{
	static const char *const brief[] = {"List", "Patient", "Twin", "Device", "Param", "Predict", "Checks"};
	return brief[screen];
}

static void draw_steps(const struct app *app, struct canvas *canvas)
{
	int col = 1;
	enum screen below = step_of(app_screen_below(app));
	bool roomy = canvas->cols >= VIEW_COLS_FULL;
	int gap = canvas->cols >= 80 ? 2 : 1;
	for (int screen = SCREEN_WORKLIST; screen <= SCREEN_CHECKS; screen++) {
		bool here = screen == (int)below;
		const char *title = roomy ? screen_title((enum screen)screen) : brief_title((enum screen)screen);
		canvas_format(canvas, 1, col, 1, here ? ROLE_KEY : ROLE_DIM, "%d", screen + 1);
		int used = canvas_text(canvas, 1, col + 2, canvas->cols - col - 2,
		                       here ? ROLE_STRONG : ROLE_DIM, title);
		if (here)
			canvas_select(canvas, (struct area){1, col - 1, 1, used + 4});
		col += used + 2 + gap;
	}
}

/* Loud: over whatever else stands there, on every screen. */
static void draw_banner(const struct app *app, struct canvas *canvas)
{
	char text[sizeof app->banner + 2];
	if (app->banner[0] == '\0')
		return;
	(void)snprintf(text, sizeof text, " %s ", app->banner);
	canvas_clear_area(canvas, (struct area){1, 0, 1, canvas->cols});
	canvas_text(canvas, 1, 0, canvas->cols, ROLE_STOP, text);
	canvas_select(canvas, (struct area){1, 0, 1, canvas->cols});
}

static void draw_message(const struct app *app, struct canvas *canvas, int row)
{
	const struct app_message *message = app_last_message(app);
	bool in_body = app->plan == NULL && app_screen_below(app) >= SCREEN_TWIN &&
	               app_screen_below(app) <= SCREEN_CHECKS && app_screen_below(app) != SCREEN_DEVICE;
	if (app->task != NULL && app->task->kind != TASK_ASSESS && !in_body) {
		int used = canvas_format(canvas, row, 1, canvas->cols - PROGRESS_COLS - 10, ROLE_TEXT, "%s ",
		                         app_task_text(app));
		canvas_bar(canvas, row, 1 + used, PROGRESS_COLS, app->job.done_frac, ROLE_KEY);
		canvas_format(canvas, row, 2 + used + PROGRESS_COLS, canvas->cols, ROLE_DIM, "Esc cancels");
	} else if (app_verifying(app)) {
		int used = canvas_text(canvas, row, 1, canvas->cols - PROGRESS_COLS - 10, ROLE_TEXT, "verifying the audit ");
		canvas_bar(canvas, row, 1 + used, PROGRESS_COLS, app->verified_frac, ROLE_KEY);
		canvas_text(canvas, row, 2 + used + PROGRESS_COLS, canvas->cols, ROLE_DIM, "Esc stops");
	} else if (message != NULL) {
		canvas_text(canvas, row, 1, canvas->cols - 2, message->role, message->text);
	}
}

/* The key to name: the first; where letters are text, the first that is none. */
static int key_shown(const struct action_spec *spec, enum screen screen)
{
	bool letters_are_text = screen == SCREEN_PALETTE || screen == SCREEN_ENTRY || screen == SCREEN_FORM;
	for (int i = 0; i < ACTION_KEYS_MAX && letters_are_text; i++)
		if (spec->key[i] >= UI_KEY_NONE)
			return spec->key[i];
	return spec->key[0];
}

/* Draws one key and its word at col unless it would pass end; returns the columns used. */
static int draw_footer_key(const struct app *app, struct canvas *canvas, int row, int col, int end,
                           const struct action_spec *spec)
{
	char buffer[8];
	bool enabled = action_enabled(spec, app_available(app), NULL);
	const char *key = key_label(key_shown(spec, app_screen(app)), buffer);
	int key_cols = text_width(key), width = key_cols + 1 + text_width(spec->label);
	if (col + width > end)
		return 0;
	canvas_text(canvas, row, col, key_cols, enabled ? ROLE_KEY : ROLE_DIM, key);
	canvas_text(canvas, row, col + key_cols + 1, width, enabled ? ROLE_TEXT : ROLE_DIM, spec->label);
	return width + 2;
}

static bool always_in_footer(enum action action)
{
	return action == ACTION_BACK || action == ACTION_HELP;
}

/* Back and help keep their place at the right; the rest fills from the left as far as it goes. */
static void draw_footer(const struct app *app, struct canvas *canvas, int row)
{
	static const enum action fixed[] = {ACTION_HELP, ACTION_BACK};
	enum screen screen = app_screen(app);
	const uint64_t available = app_available(app);
	int col = 1, end = canvas->cols - 1;
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
		const struct action_spec *spec = action_spec(fixed[i]);
		if (!action_on_screen(spec, screen))
			continue;
		char buffer[8];
		end -= text_width(key_label(key_shown(spec, screen), buffer)) + 1 + text_width(spec->label);
		draw_footer_key(app, canvas, row, end, canvas->cols, spec);
		end -= 2;
	}
	const bool by_state = screen == SCREEN_APPROVE; /* more moves than room: those of this state go first */
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < action_count(); i++) {
			const struct action_spec *spec = action_at(i);
			const bool idle = (spec->id == ACTION_CANCEL_JOB && !app_busy(app)) ||
			                  (spec->id == ACTION_TAGGED && app_tags(app) == 0) ||
			                  (spec->id == ACTION_UNDO && app_can_tag(app) && !app_tags_undoable(app));
			const bool here = spec->label != NULL && action_on_screen(spec, screen) && !always_in_footer(spec->id);
			if (here && !idle && (!by_state || action_enabled(spec, available, NULL)) == (pass == 0))
				col += draw_footer_key(app, canvas, row, col, end, spec);
		}
}

static void draw_too_small(const struct app *app, struct canvas *canvas)
{
	char text[160];
	snprintf(text, sizeof text, "%slasertwin needs a window of %d x %d or more; this one is %d x %d.",
	         is_virtual(app) ? "VIRTUAL PATIENTS: " : "", VIEW_COLS_MIN, VIEW_ROWS_MIN, canvas->cols,
	         canvas->rows);
	canvas_wrap(canvas, (struct area){0, 0, canvas->rows, canvas->cols}, ROLE_TEXT, text);
}

typedef void screen_draw(const struct app *app, struct canvas *canvas, struct area area);

static screen_draw *const draw_screen[SCREENS] = {
        [SCREEN_WORKLIST] = screen_worklist,
        [SCREEN_PATIENT] = screen_patient,
        [SCREEN_TWIN] = screen_twin,
        [SCREEN_DEVICE] = screen_device,
        [SCREEN_PARAMETERS] = screen_parameters,
        [SCREEN_PREDICTION] = screen_prediction,
        [SCREEN_CHECKS] = screen_checks,
        [SCREEN_ALTERNATIVES] = screen_alternatives,
        [SCREEN_QUESTIONS] = screen_questions,
        [SCREEN_EXPLORE] = screen_explore,
        [SCREEN_GOALS] = screen_goals,
        [SCREEN_PLANS] = screen_plans,
        [SCREEN_APPROVE] = screen_approve,
        [SCREEN_TREAT] = screen_treat,
        [SCREEN_HISTOGRAM] = screen_histogram,
        [SCREEN_COURSE] = screen_listing,
        [SCREEN_DIFFERENCES] = screen_listing,
        [SCREEN_SYNC] = screen_listing,
        [SCREEN_CONFLICT] = screen_listing,
        [SCREEN_STATION] = screen_listing,
        [SCREEN_AUDIT] = screen_listing,
        [SCREEN_PEOPLE] = screen_listing,
        [SCREEN_PROFILES] = screen_listing,
        [SCREEN_SETTINGS] = screen_listing,
        [SCREEN_ABOUT] = screen_listing,
        [SCREEN_HELP] = screen_help,
        [SCREEN_TOUR] = screen_tour,
        [SCREEN_MESSAGES] = screen_messages,
        [SCREEN_PALETTE] = screen_palette,
        [SCREEN_ENTRY] = screen_entry,
        [SCREEN_FORM] = screen_form,
        [SCREEN_CHOICE] = screen_choice,
        [SCREEN_SKIN_TYPE] = screen_skin_type,
        [SCREEN_UNFINISHED] = screen_unfinished,
        [SCREEN_ALL_NO] = screen_all_no,
        [SCREEN_KEYS] = screen_keys,
        [SCREEN_TAGGED] = screen_tagged,
        [SCREEN_QUIT] = screen_quit,
};

void app_draw(const struct app *app, struct canvas *canvas)
{
	canvas_clear(canvas);
	if (canvas->linear) {
		draw_header(app, canvas);
		draw_screen[app_screen(app)](app, canvas, (struct area){1, 0, canvas->rows - 1, canvas->cols});
		return;
	}
	if (canvas->cols < VIEW_COLS_MIN || canvas->rows < VIEW_ROWS_MIN) {
		draw_too_small(app, canvas);
		return;
	}
	struct area body = {2, 1, canvas->rows - 4, canvas->cols - 2};
	draw_header(app, canvas);
	draw_steps(app, canvas);
	draw_banner(app, canvas);
	draw_screen[app_screen_below(app)](app, canvas, body);
	draw_sync(app, canvas);
	draw_message(app, canvas, canvas->rows - 2);
	draw_footer(app, canvas, canvas->rows - 1);
	if (app_screen(app) >= SCREEN_PALETTE)
		draw_screen[app_screen(app)](app, canvas, body);
}
