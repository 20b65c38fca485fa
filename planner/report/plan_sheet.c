#include "planner/report/plan_sheet.h"

#include "devices/device.h"
#include "devices/exposure.h"
#include "devices/json.h"
#include "devices/settings.h"
#include "planner/fit/predict.h"
#include "planner/plan/report.h"
#include "planner/safety/rules.h"

#define VALUE_TEXT 160
#define SOURCE_TEXT 700
#define PLOT_FLOOR_C 100.0 /* so that the thresholds of every sheet stand at the same height */

/* A plan's stored content with the sheet being filled from it. */
struct plan_fill {
	const struct plan_sheet *from;
	struct sheet *sheet;
	struct json_at root;
};

static double number_of(const struct json_at *object, const char *key)
{
	struct json_at at;
	double value = NAN;
	struct fail ignored;
	if (!json_find(object, key, &at) || json_kind(&at) != JSON_NUMBER)
		return NAN;
	return json_number_at(&at, -INFINITY, INFINITY, "", &value, &ignored) == ST_OK ? value : NAN;
}

static const char *text_of(const struct json_at *object, const char *key)
{
	struct json_at at;
	const char *text = json_find(object, key, &at) ? json_text(&at) : NULL;
	return text != NULL ? text : "";
}

const char *plan_sheet_band(const struct json_at *band, int decimals, const char *unit, char *out, size_t size)
{
	double value = number_of(band, "value"), low = number_of(band, "p05"), high = number_of(band, "p95");
	struct json_at flag;
	const char *mark = json_find(band, "beyond_model", &flag)   ? "  (model limit)"
	                   : json_find(band, "extrapolated", &flag) ? "  (extrapolated)"
	                   : json_find(band, "assumed", &flag)      ? "  (assumed)"
	                                                            : "";
	char middle[METRIC_NUMBER_SIZE], from[METRIC_NUMBER_SIZE], to[METRIC_NUMBER_SIZE];
	metric_number(value, decimals, middle);
	if (isnan(value))
		(void)snprintf(out, size, "not known");
	else if (isnan(low) || isnan(high))
		(void)snprintf(out, size, "%s%s%s%s", middle, unit[0] ? " " : "", unit, mark);
	else
		(void)snprintf(out, size, "%s [%s .. %s]%s%s%s", middle, metric_number(low, decimals, from),
		               metric_number(high, decimals, to), unit[0] ? " " : "", unit, mark);
	return out;
}

/* --- who and what ------------------------------------------------------------------------------------- */

static void fill_identity(struct plan_fill *fill)
{
	const struct store_patient *p = fill->from->patient;
	struct sheet *s = fill->sheet;
	sheet_heading(s, "Patient");
	if (fill->from->deidentified) {
		sheet_pair(s, "Patient", "de-identified");
		return;
	}
	sheet_pair(s, "Name", "%s%s", p->label, p->is_virtual ? "   VIRTUAL PATIENT, made up for training" : "");
	sheet_pair(s, "Record number", "%s", p->record_number[0] ? p->record_number : "none");
	sheet_pair(s, "Born", "%s", p->birth[0] ? p->birth : "not recorded");
	sheet_pair(s, "Sex", "%c", p->sex);
}

static void join_zones(const struct json_at *root, char *out, size_t size)
{
	struct json_at zones, zone = {0};
	enum side side[PLANNING_ZONES_MAX] = {SIDE_NOT_STATED};
	struct fail ignored; /* a plan that reads otherwise was refused when it was loaded */
	size_t used = 0, i = 0;
	char words[PLANNING_TEXT_MAX + 20];
	out[0] = '\0';
	if (!json_find(root, "zones", &zones) || json_count(&zones) > PLANNING_ZONES_MAX ||
	    sides_read(root, json_count(&zones), side, &ignored) != ST_OK)
		return;
	while (json_array_each(&zones, &zone)) {
		const char *text = json_text(&zone);
		int n = snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "",
		                 side_of_zone(text != NULL ? text : "?", side[i++], words, sizeof words));
		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}

static void fill_plan(struct plan_fill *fill)
{
	const struct store_plan *plan = fill->from->plan;
	const struct device *device = NULL;
	const struct device_mode *mode = NULL;
	char zones[PLANNING_ZONES_MAX * (PLANNING_TEXT_MAX + 20)], digest[DIGEST_TEXT_SIZE];
	struct fail ignored;
	sheet_heading(fill->sheet, "Plan");
	const char *name = text_of(&fill->root, "device");
	bool known = library_find_mode(fill->from->lib, name, &device, &mode, &ignored) == ST_OK;
	sheet_pair(fill->sheet, "Device", "%s%s%s", known ? device->name : "", known ? ", " : "", name);
	sheet_pair(fill->sheet, "Indication", "%s", text_of(&fill->root, "indication"));
	join_zones(&fill->root, zones, sizeof zones);
	sheet_pair(fill->sheet, "Zones (side)", "%s", zones);
	sheet_pair(fill->sheet, "Version, state", "%lld, %s", (long long)plan->version, plan->state);
	if (!fill->from->deidentified)
		sheet_pair(fill->sheet, "Author", "%s", plan->author);
	digest_hex(&plan->digest, digest);
	sheet_pair(fill->sheet, "Content digest", "%s", digest);
}

static void fill_settings(struct plan_fill *fill)
{
	struct json_at settings;
	sheet_heading(fill->sheet, "Settings, as the console shows them");
	if (!json_find(&fill->root, "settings", &settings))
		return;
	static const struct sheet_column columns[] = {{"Setting", .5, false}, {"Value", .25, true}, {"Unit", .25, false}};
	sheet_table(fill->sheet, columns, 3);
	for (int i = 0; i < SETTINGS; i++) {
		const struct setting_spec *spec = setting_spec((enum setting_id)i);
		double value = number_of(&settings, spec->key);
		char text[40];
		if (isnan(value))
			continue;
		(void)snprintf(text, sizeof text, "%.*f", spec->decimals, value);
		sheet_row(fill->sheet, SHEET_STRONG, (const char *const[]){spec->label, text, spec->unit});
	}
}

static void fill_numbers(struct plan_fill *fill)
{
	struct json_at numbers, at = {0};
	static const struct sheet_column columns[] = {{"Quantity", .5, false}, {"Value", .25, true}, {"Unit", .25, false}};
	if (!json_find(&fill->root, "numbers", &numbers))
		return;
	sheet_heading(fill->sheet, "The same in numbers every device has");
	sheet_table(fill->sheet, columns, 3);
	while (json_object_each(&numbers, &at)) {
		struct exposure_number number;
		char text[40];
		double value = number_of(&numbers, at.key);
		if (isnan(value) || !exposure_number_named(at.key, &number))
			continue;
		if (number.decimals > 4) /* pulse durations: picoseconds to milliseconds */
			(void)snprintf(text, sizeof text, "%.4g", value);
		else
			(void)snprintf(text, sizeof text, "%.*f", number.decimals, value);
		sheet_row(fill->sheet, SHEET_PLAIN, (const char *const[]){number.label, text, number.unit});
	}
}

/* --- what it would do --------------------------------------------------------------------------------- */

static void fill_predictions(struct plan_fill *fill)
{
	struct json_at predictions, band;
	static const struct sheet_column columns[] = {{"Prediction", .4, false}, {"Median twin [5 % .. 95 %]", .6, false}};
	sheet_heading(fill->sheet, "What the models say this skin would show");
	if (!json_find(&fill->root, "predictions", &predictions))
		return;
	if (text_of(&predictions, "none")[0] != '\0') {
		sheet_text(fill->sheet, SHEET_CAUTION, "No prediction: %s", text_of(&predictions, "none"));
		return;
	}
	sheet_table(fill->sheet, columns, 2);
	for (int m = 0; m < METRICS; m++) {
		const struct metric_spec *spec = metric_spec((enum metric)m);
		char text[VALUE_TEXT];
		if (!json_find(&predictions, spec->key, &band))
			continue;
		plan_sheet_band(&band, spec->decimals, spec->unit, text, sizeof text);
		sheet_row(fill->sheet, SHEET_PLAIN, (const char *const[]){spec->label, text});
	}
}

static size_t fill_curve(const struct json_at *profile, const char *key, double *out)
{
	struct json_at list, item = {0};
	size_t count = 0;
	if (!json_find(profile, key, &list))
		return 0;
	while (json_array_each(&list, &item) && count < SHEET_POINTS_MAX) {
		struct fail ignored;
		if (json_number_at(&item, -INFINITY, INFINITY, "", &out[count], &ignored) != ST_OK)
			out[count] = NAN;
		count++;
	}
	return count;
}

static void scale_damage(struct sheet_curve *curve)
{
	for (size_t i = 0; i < curve->count; i++) {
		curve->y[i] *= 100.0;
		curve->low[i] = curve->high[i] = NAN;
	}
}

static void fill_profile(struct plan_fill *fill)
{
	struct json_at profile;
	struct sheet_plot *plot = calloc(1, sizeof *plot);
	if (plot == NULL || !json_find(&fill->root, "profile", &profile)) {
		free(plot);
		return;
	}
	struct sheet_curve *heat = &plot->curve[0], *damage = &plot->curve[1];
	(void)snprintf(plot->x_label, sizeof plot->x_label, "depth um, %.40s", text_of(&profile, "where"));
	(void)snprintf(plot->left_label, sizeof plot->left_label, "peak temperature C");
	(void)snprintf(plot->right_label, sizeof plot->right_label, "damage %%");
	(void)snprintf(heat->name, sizeof heat->name, "peak temperature, 5-95 %% band");
	(void)snprintf(damage->name, sizeof damage->name, "damage 1 - exp(-Omega)");
	heat->count = damage->count = fill_curve(&profile, "depth_um", heat->x);
	(void)fill_curve(&profile, "depth_um", damage->x);
	size_t complete = fill_curve(&profile, "peak_C", heat->y);
	(void)fill_curve(&profile, "peak_p05_C", heat->low);
	(void)fill_curve(&profile, "peak_p95_C", heat->high);
	size_t damaged = fill_curve(&profile, "damage_frac", damage->y);
	scale_damage(damage);
	damage->right = damage->dashed = true;
	plot->right_max = 100.0;
	plot->left_max = PLOT_FLOOR_C;
	for (size_t i = 0; i < heat->count; i++)
		plot->left_max = fmax(plot->left_max, 1.05 * heat->high[i]);
	plot->x_max = heat->count > 0 ? heat->x[heat->count - 1] : 0.0;
	plot->curves = 2;
	plot->thresholds = 2;
	plot->threshold[0] = (struct sheet_threshold){60.0, "60 C"};
	plot->threshold[1] = (struct sheet_threshold){100.0, "100 C"};
	if (heat->count > 1 && complete == heat->count && damaged == heat->count)
		sheet_plot(fill->sheet, plot);
	free(plot);
}

static void fill_models(struct plan_fill *fill)
{
	struct json_at models;
	if (!json_find(&fill->root, "models", &models) || text_of(&models, "light")[0] == '\0')
		return;
	sheet_pair(fill->sheet, "Light", "%s", text_of(&models, "light"));
	sheet_pair(fill->sheet, "Heat", "%s", text_of(&models, "heat"));
	sheet_pair(fill->sheet, "Damage", "%s", text_of(&models, "damage"));
	sheet_pair(fill->sheet, "Samples of the twin", "%.0f", number_of(&models, "samples"));
	double difference = number_of(&models, "second_calculation_difference_pct");
	if (isnan(difference))
		sheet_pair(fill->sheet, "Second calculation", "none needed, the light does not scatter here");
	else
		sheet_pair(fill->sheet, "Second calculation", "Monte Carlo, epidermis: %+.1f +- %.1f %%", difference,
		           number_of(&models, "second_calculation_se_pct"));
	if (text_of(&fill->root, "evidence")[0] != '\0')
		sheet_pair(fill->sheet, "Evidence", "%s", text_of(&fill->root, "evidence"));
	if (text_of(&fill->root, "pih_published")[0] != '\0')
		sheet_pair(fill->sheet, "Published PIH", "%s", text_of(&fill->root, "pih_published"));
}

/* --- rules -------------------------------------------------------------------------------------------- */

static bool start_phase(const struct json_at *rule)
{
	return strcmp(text_of(rule, "phase"), "start") == 0;
}

static enum sheet_tone finding_tone(const char *name)
{
	enum outcome outcome;
	if (!outcome_parse(name, &outcome))
		return SHEET_STOP;
	return outcome <= OUTCOME_DEFER ? SHEET_STOP : outcome <= OUTCOME_CAUTION ? SHEET_CAUTION : SHEET_PLAIN;
}

static void value_against_limit(const struct json_at *rule, char *out, size_t size)
{
	double value = number_of(rule, "value"), limit = number_of(rule, "limit");
	const char *unit = text_of(rule, "unit");
	if (isnan(value) || isnan(limit))
		(void)snprintf(out, size, "%s", "");
	else
		(void)snprintf(out, size, "%.4g against %.4g %s", value, limit, unit);
}

static void finding_row(struct plan_fill *fill, const struct json_at *rule)
{
	char what[SHEET_CELL_MAX * 2], values[80], source[SOURCE_TEXT];
	const char *zone = text_of(rule, "zone");
	(void)snprintf(what, sizeof what, "%s%s%s: %s Next: %s", text_of(rule, "name"), zone[0] ? ", " : "", zone,
	               text_of(rule, "message"), text_of(rule, "next_step"));
	value_against_limit(rule, values, sizeof values);
	char origin[SOURCE_TEXT + 40];
	(void)snprintf(origin, sizeof origin, "%s; %s", text_of(rule, "origin"),
	               rules_source_text(library_rules(fill->from->lib), text_of(rule, "source"), source,
	                                 sizeof source));
	sheet_row(fill->sheet, finding_tone(text_of(rule, "outcome")),
	          (const char *const[]){text_of(rule, "outcome"), text_of(rule, "id"), what, values, origin});
}

static void fill_findings(struct plan_fill *fill)
{
	struct json_at rules, rule = {0};
	static const struct sheet_column columns[] = {{"Outcome", .11, false},
	                                              {"Rule", .10, false},
	                                              {"What and what next", .37, false},
	                                              {"Value, limit", .14, false},
	                                              {"Origin, source", .28, false}};
	sheet_heading(fill->sheet, "Rules raised");
	sheet_pair(fill->sheet, "Verdict", "%s", text_of(&fill->root, "verdict"));
	if (!json_find(&fill->root, "rules", &rules))
		return;
	sheet_table(fill->sheet, columns, 5);
	while (json_array_each(&rules, &rule))
		if (!start_phase(&rule))
			finding_row(fill, &rule);
}

static void fill_conditions(struct plan_fill *fill)
{
	struct json_at rules, rule = {0};
	sheet_heading(fill->sheet, "Before the first pulse");
	if (!json_find(&fill->root, "rules", &rules))
		return;
	while (json_array_each(&rules, &rule)) {
		const char *outcome = text_of(&rule, "outcome");
		if (start_phase(&rule))
			sheet_tick(fill->sheet, false, "%s  %s  %s", text_of(&rule, "id"), text_of(&rule, "message"),
			           text_of(&rule, "next_step"));
		else if (strcmp(outcome, "REQUIRE") == 0 || strcmp(outcome, "MD_DECISION") == 0)
			sheet_tick(fill->sheet, false, "%s  %s: %s", text_of(&rule, "id"), outcome,
			           text_of(&rule, "next_step"));
	}
}

/* --- states, delivered values, signatures ------------------------------------------------------------- */

static void fill_events(struct plan_fill *fill)
{
	const struct store_plan_event_list *events = fill->from->events;
	static const struct sheet_column columns[] = {
	        {"When", .22, false}, {"From", .14, false}, {"To", .14, false}, {"Who", .2, false}, {"Reason", .3, false}};
	if (events == NULL || events->count == 0)
		return;
	sheet_heading(fill->sheet, "History of this version");
	sheet_table(fill->sheet, columns, 5);
	for (size_t i = 0; i < events->count; i++) {
		const struct store_plan_event *e = &events->items[i];
		char when[SHEET_TIME_SIZE];
		sheet_row(fill->sheet, SHEET_PLAIN,
		          (const char *const[]){sheet_time(e->at_ms, when), e->from_state, e->to_state,
		                                fill->from->deidentified ? "staff" : e->actor, e->reason});
	}
}

static void fill_delivered(struct plan_fill *fill)
{
	static const struct sheet_column columns[] = {{"Pass", .1, false},     {"Zone", .2, false},
	                                              {"Delivered", .3, false}, {"Endpoint seen", .25, false},
	                                              {"By", .15, false}};
	static const char *const lines[] = {"1", "2", "3", "4", "5", "6"};
	sheet_heading(fill->sheet, "Delivered (read back from the console, never assumed)");
	sheet_table(fill->sheet, columns, 5);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		sheet_row(fill->sheet, SHEET_PLAIN, (const char *const[]){lines[i], "", "", "", ""});
	sheet_line(fill->sheet, "Operator, date, time");
	sheet_line(fill->sheet, "Adverse events, remarks");
}

/* --- the two sheets ----------------------------------------------------------------------------------- */

static bool approved(const struct store_plan *plan)
{
	return strcmp(plan->state, "approved") == 0 || strcmp(plan->state, "delivered") == 0 ||
	       strcmp(plan->state, "closed") == 0;
}

static enum status begin(const struct plan_sheet *from, const char *title, struct json_doc **doc,
                         struct plan_fill *fill, struct fail *why)
{
	char subtitle[STORE_LABEL_MAX + STORE_RECORD_NUMBER_MAX + 64], digest[DIGEST_TEXT_SIZE];
	*fill = (struct plan_fill){.from = from};
	enum status status = json_parse("plan", from->plan->json, from->plan->json_len, doc, why);
	if (status != ST_OK)
		return status;
	fill->root = json_root(*doc);
	(void)snprintf(subtitle, sizeof subtitle, "%s   %s   born %s",
	               from->deidentified ? "de-identified" : from->patient->label,
	               from->deidentified ? "" : from->patient->record_number,
	               from->deidentified || from->patient->birth[0] == '\0' ? "-" : from->patient->birth);
	status = sheet_new(title, subtitle, from->made_at_ms, &fill->sheet, why);
	if (status != ST_OK)
		return status;
	sheet_frame(fill->sheet, from->patient->is_virtual ? "VIRTUAL PATIENT" : approved(from->plan) ? "" : "NOT APPROVED");
	digest_hex(&from->plan->digest, digest);
	sheet_footer(fill->sheet,
	             "%s lasertwin %s, devices, protocols and rules %.16s, plan %s version %lld, content %.16s, audit head %s",
	             report_intended_use, LASERTWIN_VERSION, library_digest(from->lib), from->plan->uuid,
	             (long long)from->plan->version, digest,
	             from->audit_head != NULL && from->audit_head[0] ? from->audit_head : "none");
	return ST_OK;
}

static enum status end(struct plan_fill *fill, struct json_doc **doc, enum status status, struct sheet **out,
                       struct fail *why)
{
	json_free(doc);
	if (status == ST_OK && fill->sheet->status != ST_OK) {
		status = fill->sheet->status;
		*why = fill->sheet->fail;
	}
	if (status != ST_OK)
		sheet_free(&fill->sheet);
	*out = fill->sheet;
	return status;
}

enum status plan_treatment_sheet(const struct plan_sheet *from, struct sheet **out, struct fail *why)
{
	struct json_doc *doc = NULL;
	struct plan_fill fill;
	enum status status = begin(from, "Treatment sheet", &doc, &fill, why);
	if (status == ST_OK) {
		if (!approved(from->plan))
			sheet_text(fill.sheet, SHEET_STOP, "This version is %s, not approved: it must not be treated from.",
			           from->plan->state);
		fill_identity(&fill);
		fill_plan(&fill);
		fill_settings(&fill);
		fill_numbers(&fill);
		fill_conditions(&fill);
		fill_delivered(&fill);
	}
	return end(&fill, &doc, status, out, why);
}

enum status plan_approval_sheet(const struct plan_sheet *from, struct sheet **out, struct fail *why)
{
	struct json_doc *doc = NULL;
	struct plan_fill fill;
	enum status status = begin(from, "Approval sheet", &doc, &fill, why);
	if (status == ST_OK) {
		fill_identity(&fill);
		fill_plan(&fill);
		fill_findings(&fill);
		fill_settings(&fill);
		fill_numbers(&fill);
		fill_predictions(&fill);
		fill_profile(&fill);
		fill_models(&fill);
		fill_conditions(&fill);
		fill_events(&fill);
		sheet_line(fill.sheet, "Dermatologist, date");
	}
	return end(&fill, &doc, status, out, why);
}
