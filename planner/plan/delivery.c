/* One treatment session: each event checked against the plan and what went before. */
#include "planner/plan/delivery.h"

#include "planner/plan/life.h"

/* ---- the plan's envelope ---- */

enum relation { NOT_COMPARED, EQUAL, AT_MOST, AT_LEAST };

/* Stronger is never allowed; where geometry or physics would be another, neither is weaker. */
static const enum relation relations[SETTINGS] = {
	[SETTING_ENERGY_MJ] = AT_MOST,       [SETTING_ENERGY_MJ_PIN] = AT_MOST, [SETTING_FLUENCE_J_CM2] = AT_MOST,
	[SETTING_SPOT_MM] = EQUAL,           [SETTING_DENSITY_PCT] = AT_MOST,   [SETTING_COVERAGE_PCT] = AT_MOST,
	[SETTING_TREATMENT_LEVEL] = AT_MOST, [SETTING_DENSITY_PER_CM2] = AT_MOST,
	[SETTING_PASSES] = NOT_COMPARED, /* the pass counter does */
	[SETTING_STACK] = AT_MOST,           [SETTING_REP_HZ] = AT_MOST,        [SETTING_PULSE_MS] = EQUAL,
	[SETTING_PULSE_PS] = EQUAL,          [SETTING_POWER_W] = AT_MOST,       [SETTING_DWELL_US] = AT_MOST,
	[SETTING_PITCH_UM] = AT_LEAST,       [SETTING_DEPTH_MM] = AT_MOST,      [SETTING_DEPTH_UM] = AT_MOST,
	[SETTING_LEVEL] = AT_MOST,           [SETTING_SHOTS] = AT_MOST,
	[SETTING_INTERVAL_DAYS] = NOT_COMPARED, [SETTING_VISITS] = NOT_COMPARED,
};
static const double same_frac = 1e-6; /* settings stand on a grid; this only bridges rounding */

enum status delivery_plan_complete(struct delivery_plan *plan, struct fail *why)
{
	struct setting_issues issues;
	if (plan->fields == 0)
		return fail_set(why, ST_INPUT, "zones", "the plan names no zone");
	if (!settings_complete(plan->mode, &plan->settings, &plan->settings, &issues))
		return fail_set(why, ST_MODEL, "settings", "the plan's settings do not fit the device: %s", issues.issue[0].text);
	return exposure_of(plan->device, plan->mode, &plan->settings, &plan->exposure, why);
}

static enum status compare(enum setting_id id, double planned, double read, bool *lower, struct fail *why)
{
	static const char *const words[] = {[EQUAL] = "must equal", [AT_MOST] = "must not exceed",
	                                    [AT_LEAST] = "must not be below"};
	const struct setting_spec *spec = setting_spec(id);
	const double slack = same_frac * fmax(fabs(planned), 1e-9), over = read - planned;
	const enum relation relation = relations[id];
	const bool wrong = (relation != AT_LEAST && over > slack) || (relation != AT_MOST && over < -slack);
	if (relation == NOT_COMPARED)
		return ST_OK;
	if (wrong)
		return fail_set(why, ST_RANGE, spec->key,
		                "%s %g %s %s the approved %g %s; set the console to the plan, or have a new version approved",
		                spec->label, read, spec->unit, words[relation], planned, spec->unit);
	*lower = *lower || fabs(over) > slack;
	return ST_OK;
}

/* Those whose bit is set in which. */
static enum status compare_all(const struct delivery_plan *plan, const struct settings *full, uint32_t which,
                               bool *below, struct fail *why)
{
	enum status st = ST_OK;
	for (int i = 0; i < SETTINGS && !st; i++) {
		const enum setting_id id = (enum setting_id)i;
		if (!(which >> i & 1u) || !settings_has(&plan->settings, id) || relations[id] == NOT_COMPARED)
			continue;
		st = settings_has(full, id)
		             ? compare(id, plan->settings.value[id], full->value[id], below, why)
		             : fail_set(why, ST_INPUT, setting_spec(id)->key, "is not given; read it from the console");
	}
	return st;
}

enum status delivery_within(const struct delivery_plan *plan, const struct settings *read, struct settings *completed,
                            bool *lower, struct fail *why)
{
	struct settings full = *read;
	struct setting_issues issues;
	bool below = false;
	for (int i = 0; i < SETTINGS; i++)
		if (relations[i] == NOT_COMPARED && settings_has(&plan->settings, (enum setting_id)i))
			settings_set(&full, (enum setting_id)i, plan->settings.value[i]);
	if (!settings_complete(plan->mode, &full, &full, &issues))
		return fail_set(why, ST_RANGE, setting_spec(issues.issue[0].id)->key, "%s; %s", issues.issue[0].text,
		                issues.issue[0].remedy);
	enum status st = compare_all(plan, &full, read->present, &below, why); /* what was read names the culprit */
	if (!st)
		st = compare_all(plan, &full, ~read->present, &below, why);
	if (st)
		return st;
	if (completed)
		*completed = full;
	if (lower)
		*lower = below;
	return ST_OK;
}

unsigned delivery_passes_planned(const struct delivery_plan *plan)
{
	return plan->exposure.passes;
}

/* ---- helpers ---- */

static bool is_reason(const char *text)
{
	size_t visible = 0;
	for (const char *c = text; *c; c++)
		visible += (unsigned char)*c > ' ';
	return visible >= LIFE_REASON_MIN;
}

static enum status need_reason(const char *text, const char *what, struct fail *why)
{
	return is_reason(text) ? ST_OK
	                       : fail_set(why, ST_INPUT, "text", "%s needs a reason of at least %d characters", what,
	                                  LIFE_REASON_MIN);
}

static enum status find_field(const struct delivery_plan *plan, const char *name, size_t *index, struct fail *why)
{
	char known[256];
	size_t used = 0;
	known[0] = '\0';
	for (size_t i = 0; i < plan->fields; i++) {
		if (strcmp(plan->field[i], name) == 0) {
			*index = i;
			return ST_OK;
		}
		if (used < sizeof known)
			used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", plan->field[i]);
	}
	return fail_set(why, ST_DENIED, "field", "\"%s\" is not in the approved plan, which has %s", name, known);
}

static bool sided(const struct delivery *d, const struct delivery_plan *plan)
{
	for (size_t i = 0; i < plan->fields; i++)
		if (!d->field[i].side[0])
			return false;
	return true;
}

static bool all_photographed(const struct delivery *d, const struct delivery_plan *plan)
{
	for (size_t i = 0; i < plan->fields; i++)
		if (!d->field[i].photographed)
			return false;
	return true;
}

bool delivery_complete(const struct delivery *d, const struct delivery_plan *plan)
{
	for (size_t i = 0; i < plan->fields; i++)
		if (d->field[i].passes < delivery_passes_planned(plan))
			return false;
	return true;
}

/* ---- the checklist ---- */

static enum status take_open(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                             struct fail *why)
{
	(void)why;
	d->phase = DELIVERY_CHECKING;
	d->opened_at_ms = e->at_ms;
	for (size_t i = 0; i < plan->fields; i++)
		if (isnan(plan->exposure.coverage_pass_frac))
			d->field[i].coverage_frac = (double)NAN;
	return ST_OK;
}

static enum status take_identity(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                                 struct fail *why)
{
	enum status st = identity_confirm(&plan->identity, e->identifier_1, e->identifier_2, why);
	if (st)
		return st;
	d->identified = true;
	d->timed_out = false;
	return ST_OK;
}

static enum status take_site(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                             struct fail *why)
{
	size_t field = 0;
	enum side side = SIDE_NOT_STATED;
	enum status st = find_field(plan, e->field, &field, why);
	if (!st && (!side_parse(e->side, &side) || side == SIDE_NOT_STATED))
		st = fail_set(why, ST_INPUT, "side", "\"%s\" is not left, right, both or midline", e->side);
	if (!st && plan->side[field] != SIDE_NOT_STATED && plan->side[field] != side)
		st = fail_set(why, ST_DENIED, "side", "of %s is %s in the approved plan, not %s: wrong side; look at patient and "
		                                      "plan again, or have a new version approved",
		              plan->field[field], side_name(plan->side[field]), side_name(side));
	if (st)
		return st;
	memcpy(d->field[field].side, e->side, sizeof d->field[field].side);
	d->timed_out = false;
	return ST_OK;
}

static enum status take_consent(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                                struct fail *why)
{
	(void)plan;
	(void)e;
	(void)why;
	d->consented = true;
	return ST_OK;
}

static enum status take_photograph(struct delivery *d, const struct delivery_plan *plan,
                                   const struct delivery_event *e, struct fail *why)
{
	size_t field;
	enum status st = find_field(plan, e->field, &field, why);
	if (!st && strspn(e->digest, "0123456789abcdef") != DIGEST_TEXT_SIZE - 1)
		st = fail_set(why, ST_INPUT, "digest", "give the 64 lower-case hexadecimal digits of the file's 256-bit digest");
	if (st)
		return st;
	d->field[field].photographed = true;
	d->photographed = all_photographed(d, plan);
	return ST_OK;
}

/* Another console or handpiece has not been calibrated yet, whatever the one before was. */
static enum status take_device(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                               struct fail *why)
{
	if (strcmp(e->handpiece, plan->device_mode) != 0)
		return fail_set(why, ST_DENIED, "handpiece", "is %s, the plan is for %s; fit the planned one, or have a new "
		                                             "version approved", e->handpiece, plan->device_mode);
	if (strcmp(d->serial, e->serial) != 0 || strcmp(d->handpiece_serial, e->handpiece_serial) != 0)
		d->calibrated = false;
	memcpy(d->serial, e->serial, sizeof d->serial);
	memcpy(d->handpiece_serial, e->handpiece_serial, sizeof d->handpiece_serial);
	d->device_known = true;
	return ST_OK;
}

enum status delivery_output_check(double measured, double set, struct fail *why)
{
	if (!(set > 0.0 && measured > 0.0))
		return fail_set(why, ST_RANGE, "measured", "set and measured output must be above 0");
	const double off = fabs(measured - set) / set;
	if (off > DELIVERY_OUTPUT_TOLERANCE_FRAC)
		return fail_set(why, ST_RANGE, "measured", "%g is %.0f %% from the %g that was set; more than %.0f %% (IEC "
		                                           "60601-2-22): do not treat, have the device serviced",
		                measured, 100.0 * off, set, 100.0 * DELIVERY_OUTPUT_TOLERANCE_FRAC);
	return ST_OK;
}

static enum status take_calibration(struct delivery *d, const struct delivery_plan *plan,
                                    const struct delivery_event *e, struct fail *why)
{
	(void)plan;
	if (!d->device_known)
		return fail_set(why, ST_DENIED, "calibration", "enter console and handpiece first: the output is theirs");
	enum status st = delivery_output_check(e->measured, e->set, why);
	if (st)
		return st;
	(void)snprintf(d->output_check, sizeof d->output_check, "%g of %g %.64s", e->measured, e->set, e->text);
	d->calibrated = true;
	return ST_OK;
}

static enum status take_eyewear(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                                struct fail *why)
{
	const double most = 20.0, lesser = fmin(e->od_operator, e->od_patient);
	const struct eyewear needed = eyewear_for(plan->mode);
	if (!(lesser >= 0.0 && fmax(e->od_operator, e->od_patient) <= most))
		return fail_set(why, ST_RANGE, "od_operator", "an optical density is 0..%g", most);
	if (lesser < needed.required_od)
		return fail_set(why, ST_RANGE, e->od_operator < e->od_patient ? "od_operator" : "od_patient",
		                "OD %g is below the %g needed at %g nm; put on the right eyewear", lesser, needed.required_od,
		                plan->mode->wavelength_nm);
	d->od = lesser;
	d->eyewear_known = true;
	return ST_OK;
}

static enum status take_cooling(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                                struct fail *why)
{
	(void)plan;
	(void)e;
	(void)why;
	d->cooled = true;
	return ST_OK;
}

/* What the checklist establishes by its own steps is not to be answered with a yes. */
static bool is_established(const char *fact)
{
	static const char *const own[] = {"identity_confirmed", "consent_signed",   "photographs_taken", "output_verified",
	                                  "handpiece_matches",  "approval_valid",   "hours_since_sync",  "eyewear_od",
	                                  "cooling_confirmed"};
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (strcmp(own[i], fact) == 0)
			return true;
	return false;
}

bool delivery_is_question(const char *fact)
{
	size_t id;
	return facts_find(fact, &id) && facts_spec(id)->kind == FACT_START && facts_spec(id)->type == EXPR_BOOL &&
	       !is_established(fact);
}

static enum status take_answer(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                               struct fail *why)
{
	size_t i = 0;
	(void)plan;
	if (!delivery_is_question(e->fact))
		return fail_set(why, ST_INPUT, "fact", "\"%s\" is not a question of the start", e->fact);
	if (fabs(e->value) > 0.0 && fabs(e->value - 1.0) > 0.0)
		return fail_set(why, ST_INPUT, "value", "answer yes or no");
	while (i < d->answers && strcmp(d->answer[i].fact, e->fact) != 0)
		i++;
	if (i == FACT_ITEMS_MAX)
		return fail_set(why, ST_FULL, "fact", "more than %d answers", FACT_ITEMS_MAX);
	memcpy(d->answer[i].fact, e->fact, sizeof d->answer[i].fact);
	d->answer[i].value = e->value;
	d->answers += i == d->answers;
	return ST_OK;
}

enum status delivery_sides_read_back(const struct delivery *d, const struct delivery_plan *plan, const char *sides,
                                     struct fail *why)
{
	const char *at = sides + strspn(sides, " ,");
	for (size_t i = 0; i < plan->fields; i++) {
		const size_t n = strcspn(at, " ,");
		if (n == 0)
			return fail_set(why, ST_INPUT, "side", "read back the side of %s, too (left, right, both or midline, in the "
			                                       "order of the fields)", plan->field[i]);
		if (strncmp(at, d->field[i].side, n) != 0)
			return fail_set(why, ST_DENIED, "side", "of %s is %s by the mark on the skin, and \"%.*s\" was read back: "
			                                        "stop and look again", plan->field[i], d->field[i].side, (int)n, at);
		at += n;
		at += strspn(at, " ,");
	}
	return *at ? fail_set(why, ST_INPUT, "side", "names more sides than the plan has fields (%zu)", plan->fields) : ST_OK;
}

static enum status take_time_out(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                                 struct fail *why)
{
	if (!d->identified || !sided(d, plan))
		return fail_set(why, ST_DENIED, "time_out", "the time-out reads back patient, site and side: enter them first");
	enum status st = e->side[0] ? delivery_sides_read_back(d, plan, e->side, why) : ST_OK;
	d->timed_out = d->timed_out || st == ST_OK;
	return st;
}

/* ---- treating ---- */

static enum status take_start(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                              struct fail *why)
{
	char missing[96];
	if (delivery_missing(d, plan, missing, sizeof missing))
		return fail_set(why, ST_DENIED, "start", "still missing: %s", missing);
	d->phase = DELIVERY_RUNNING;
	d->started_at_ms = e->at_ms;
	return ST_OK;
}

static enum status check_totals(const struct delivery_field *field, const struct delivery_plan *plan,
                                const struct exposure *pass, const char *name, struct fail *why)
{
	const unsigned planned = delivery_passes_planned(plan);
	const double total = field->coverage_frac + pass->coverage_pass_frac;
	if (field->passes >= planned)
		return fail_set(why, ST_DENIED, "field", "%s has had its %u of %u approved passes; stop there", name,
		                field->passes, planned);
	if (total > plan->exposure.coverage_sum_frac * (1.0 + same_frac))
		return fail_set(why, ST_DENIED, "field", "%s would have %.3g %% of its surface covered, approved are %.3g %%", name,
		                100.0 * total, 100.0 * plan->exposure.coverage_sum_frac);
	return ST_OK;
}

static enum status take_pass(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                             struct fail *why)
{
	struct settings settings;
	struct exposure pass;
	size_t index;
	bool lower;
	enum status st = find_field(plan, e->field, &index, why);
	if (st || (st = delivery_within(plan, &e->settings, &settings, &lower, why)) ||
	    (st = exposure_of(plan->device, plan->mode, &settings, &pass, why)))
		return st;
	struct delivery_field *field = &d->field[index];
	if (field->stop_seen)
		return fail_set(why, ST_DENIED, "field", "%s showed \"%s\": no further pass there", e->field, field->endpoint);
	if (!isnan(e->pulses) && !(e->pulses >= 1.0 && e->pulses <= 1e6))
		return fail_set(why, ST_RANGE, "pulses", "%g is outside 1..1000000", e->pulses);
	if ((st = check_totals(field, plan, &pass, e->field, why)))
		return st;
	field->passes++;
	field->coverage_frac += pass.coverage_pass_frac;
	field->dose_J_cm2 += pass.fluence_J_cm2;
	field->pulses += isnan(e->pulses) ? 0.0 : e->pulses;
	field->lowered = field->lowered || lower;
	field->last = settings;
	return ST_OK;
}

static void pause_at(struct delivery *d, int64_t at_ms)
{
	d->phase = DELIVERY_PAUSED;
	d->paused_at_ms = at_ms;
	d->pauses++;
}

static enum status take_endpoint(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                                 struct fail *why)
{
	size_t index, count;
	const struct endpoint *list = delivery_endpoints(plan->device, plan->mode, &count);
	enum status st = find_field(plan, e->field, &index, why);
	if (st)
		return st;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, e->endpoint) != 0)
			continue;
		memcpy(d->field[index].endpoint, e->endpoint, sizeof d->field[index].endpoint);
		d->field[index].stop_seen = d->field[index].stop_seen || list[i].stop;
		if (list[i].stop && d->phase == DELIVERY_RUNNING)
			pause_at(d, e->at_ms);
		return ST_OK;
	}
	char known[256];
	size_t used = 0;
	for (size_t i = 0; i < count && used < sizeof known; i++)
		used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? "; " : "", list[i].name);
	return fail_set(why, ST_INPUT, "endpoint", "\"%s\" is not in the list of this mode: %s", e->endpoint, known);
}

static enum status take_error(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                              struct fail *why)
{
	(void)plan;
	(void)why;
	d->errors++;
	d->error_open = true;
	if (d->phase == DELIVERY_RUNNING)
		pause_at(d, e->at_ms);
	return ST_OK;
}

static enum status take_pause(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                              struct fail *why)
{
	(void)plan;
	(void)why;
	pause_at(d, e->at_ms);
	return ST_OK;
}

/* After the console's error: what was done about it. After a long time: who lies there now. */
static enum status take_resume(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                               struct fail *why)
{
	enum status st = d->error_open ? need_reason(e->text, "going on after a device error", why) : ST_OK;
	if (!st && e->at_ms - d->paused_at_ms > DELIVERY_LONG_PAUSE_MS)
		st = identity_confirm(&plan->identity, e->identifier_1, e->identifier_2, why);
	if (st)
		return st;
	d->error_open = false;
	d->phase = DELIVERY_RUNNING;
	return ST_OK;
}

static enum status take_finish(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                               struct fail *why)
{
	for (size_t i = 0; i < plan->fields; i++)
		if (d->field[i].passes && !d->field[i].endpoint[0])
			return fail_set(why, ST_DENIED, "endpoint", "what was seen on %s is not recorded; choose from the list",
			                plan->field[i]);
	enum status st = delivery_complete(d, plan) ? ST_OK : need_reason(e->text, "an end before all passes", why);
	if (st)
		return st;
	d->phase = DELIVERY_FINISHED;
	d->ended_at_ms = e->at_ms;
	memcpy(d->reason, e->text, sizeof d->reason);
	return ST_OK;
}

static enum status take_abort(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
                              struct fail *why)
{
	(void)plan;
	enum status st = need_reason(e->text, "an abort", why);
	if (st)
		return st;
	d->phase = DELIVERY_ABORTED;
	d->ended_at_ms = e->at_ms;
	memcpy(d->reason, e->text, sizeof d->reason);
	return ST_OK;
}

/* ---- the machine ---- */

#define IN(phase) (1u << DELIVERY_##phase)
static const struct {
	unsigned phases;
	enum status (*take)(struct delivery *d, const struct delivery_plan *plan, const struct delivery_event *e,
	                    struct fail *why);
} machine[DELIVERY_KINDS] = {
	[DELIVERY_OPEN] = {IN(NONE), take_open},
	[DELIVERY_IDENTITY] = {IN(CHECKING), take_identity},
	[DELIVERY_SITE] = {IN(CHECKING), take_site},
	[DELIVERY_CONSENT] = {IN(CHECKING), take_consent},
	[DELIVERY_PHOTOGRAPH] = {IN(CHECKING), take_photograph},
	[DELIVERY_DEVICE] = {IN(CHECKING), take_device},
	[DELIVERY_CALIBRATION] = {IN(CHECKING), take_calibration},
	[DELIVERY_EYEWEAR] = {IN(CHECKING), take_eyewear},
	[DELIVERY_COOLING] = {IN(CHECKING), take_cooling},
	[DELIVERY_ANSWER] = {IN(CHECKING), take_answer},
	[DELIVERY_TIME_OUT] = {IN(CHECKING), take_time_out},
	[DELIVERY_START] = {IN(CHECKING), take_start},
	[DELIVERY_PASS] = {IN(RUNNING), take_pass},
	[DELIVERY_ENDPOINT] = {IN(RUNNING) | IN(PAUSED), take_endpoint},
	[DELIVERY_ERROR] = {IN(CHECKING) | IN(RUNNING) | IN(PAUSED), take_error},
	[DELIVERY_PAUSE] = {IN(RUNNING), take_pause},
	[DELIVERY_RESUME] = {IN(PAUSED), take_resume},
	[DELIVERY_FINISH] = {IN(RUNNING) | IN(PAUSED), take_finish},
	[DELIVERY_ABORT] = {IN(CHECKING) | IN(RUNNING) | IN(PAUSED), take_abort},
};

enum status delivery_apply(struct delivery *delivery, const struct delivery_plan *plan,
                           const struct delivery_event *event, struct fail *why)
{
	struct delivery next = *delivery;
	if ((unsigned)event->kind >= DELIVERY_KINDS || !event->actor[0])
		return fail_set(why, ST_INPUT, "delivery", "no such event, or nobody is signed in");
	if (!(machine[event->kind].phases >> delivery->phase & 1u))
		return fail_set(why, ST_DENIED, delivery_kind_name(event->kind), "not while the session is %s",
		                delivery_phase_name(delivery->phase));
	if (event->at_ms < delivery->last_at_ms)
		return fail_set(why, ST_DENIED, "time", "earlier than the event before; check the station's clock");
	enum status st = machine[event->kind].take(&next, plan, event, why);
	if (st)
		return st;
	next.events++;
	next.last_at_ms = event->at_ms;
	*delivery = next;
	return ST_OK;
}

/* ---- before the first pulse ---- */

const char *delivery_missing(const struct delivery *d, const struct delivery_plan *plan, char *out, size_t size)
{
	const bool needs_cooling = plan->device->cooling_required;
	const bool is_light = !modality_is_rf(plan->device->modality);
	const struct {
		bool done;
		const char *what;
	} items[] = {
		{d->identified, "two identifiers of the patient"},
		{sided(d, plan), "the side of every field"},
		{d->consented, "the signed consent"},
		{d->photographed, "a photograph of every field"},
		{d->device_known, "console and handpiece"},
		{d->calibrated, "today's output check with this handpiece"},
		{d->eyewear_known || !is_light, "the eyewear's optical density"},
		{d->cooled || !needs_cooling, "the cooling"},
		{!d->error_open, "an answer to the device's error: abort, or have it cleared"},
		{d->timed_out, "the time-out"},
	};
	for (size_t i = 0; i < sizeof items / sizeof items[0]; i++)
		if (!items[i].done) {
			(void)snprintf(out, size, "%s", items[i].what);
			return out;
		}
	return NULL;
}

enum status delivery_facts(const struct delivery *d, struct facts *facts, struct fail *why)
{
	const struct {
		const char *name;
		bool value, known;
	} rows[] = {
		{"identity_confirmed", d->timed_out, true}, /* identifiers, site, side, all read back */
		{"consent_signed", d->consented, true},
		{"photographs_taken", d->photographed, true},
		{"output_verified", d->calibrated, true},
		{"handpiece_matches", d->device_known, d->device_known},
		{"cooling_confirmed", d->cooled, d->cooled},
	};
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].known)
			st = facts_set_bool(facts, rows[i].name, rows[i].value, why);
	if (!st && d->eyewear_known)
		st = facts_set_number(facts, "eyewear_od", d->od, why);
	for (size_t i = 0; !st && i < d->answers; i++)
		st = facts_set_bool(facts, d->answer[i].fact, d->answer[i].value > 0.5, why);
	return st;
}

static bool permitted(const struct delivery_permits *permits, const char *rule)
{
	for (size_t i = 0; permits && i < permits->count; i++)
		if (strcmp(permits->rule[i], rule) == 0)
			return true;
	return false;
}

static bool stands_against(const struct finding *f, const struct delivery_permits *permits)
{
	if (f->outcome == OUTCOME_BLOCK || f->outcome == OUTCOME_DEFER)
		return true;
	if (f->outcome == OUTCOME_BLOCK_MD)
		return !permitted(permits, f->rule);
	return f->outcome == OUTCOME_REQUIRE && !f->done;
}

enum status delivery_may_start(const struct delivery *d, const struct delivery_plan *plan,
                               const struct findings *findings, const struct delivery_permits *permits,
                               struct fail *why)
{
	char text[FAIL_TEXT_MAX];
	if (d->phase != DELIVERY_CHECKING)
		return fail_set(why, ST_DENIED, "start", "not while the session is %s", delivery_phase_name(d->phase));
	if (delivery_missing(d, plan, text, sizeof text))
		return fail_set(why, ST_DENIED, "start", "still missing: %s", text);
	for (size_t i = 0; i < findings->count; i++)
		if (stands_against(&findings->finding[i], permits))
			return fail_set(why, ST_DENIED, findings->finding[i].rule, "%s %s",
			                finding_text(&findings->finding[i], text, sizeof text),
			                findings->finding[i].next_step ? findings->finding[i].next_step : "");
	return ST_OK;
}
