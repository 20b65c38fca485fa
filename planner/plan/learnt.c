/* From lessons to predictions, facts, course and words. */
#include "planner/plan/learnt.h"

#include <stdarg.h>

#include "planner/safety/pih.h"
#include "planner/twin/learn.h"

#define NORMAL_95 1.6448536269514722

/* ---- which lessons bear on a mode ---- */

struct kind {
	const struct library *lib;
	const struct device *device;
	const struct device_mode *mode;
};

static bool same_number(double a, double b)
{
	return fabs(a - b) < 0.5; /* nm */
}

/* The model errs for a kind of beam as a whole: what it missed at 10.6 um says nothing of 1550 nm. */
static bool same_kind(void *context, const struct twin_lesson *lesson)
{
	const struct kind *k = context;
	const struct device *device;
	const struct device_mode *mode;
	struct fail unknown;
	if (!lesson->device_mode[0] || library_find_mode(k->lib, lesson->device_mode, &device, &mode, &unknown))
		return false;
	return device->modality == k->device->modality && mode->pattern == k->mode->pattern &&
	       same_number(mode->wavelength_nm, k->mode->wavelength_nm);
}

static bool predicts_depth(const struct device_mode *mode)
{
	return mode->pattern == PATTERN_MICROBEAMS;
}

static bool predicts_threshold(const struct device_mode *mode)
{
	return mode->pattern == PATTERN_BROAD;
}

static struct predict_evidence evidence_for(const struct kind *k, const struct twin *twin, enum twin_property factor)
{
	struct kind context = *k;
	struct twin_evidence e = twin_evidence(twin, factor, same_kind, &context);
	return e.treatments ? (struct predict_evidence){e.treatments, e.read, e.variance, twin_population_sd(twin, factor)}
	                    : (struct predict_evidence){.treatments = 0};
}

void learnt_options(const struct library *library, const struct device *device, const struct device_mode *mode,
                    const struct twin *twin, struct predict_options *options)
{
	const struct kind kind = {library, device, mode};
	if (!twin->lessons)
		return;
	if (!options->depth.treatments && predicts_depth(mode))
		options->depth = evidence_for(&kind, twin, TWIN_DEPTH_FACTOR);
	if (!options->threshold.treatments && predicts_threshold(mode))
		options->threshold = evidence_for(&kind, twin, TWIN_THRESHOLD_FACTOR);
}

enum status learnt_facts(const struct twin *twin, struct facts *facts, struct fail *why)
{
	return twin_had_pih(twin) ? facts_set_bool(facts, "pih_history", true, why) : ST_OK;
}

/* ---- course ---- */

static unsigned treatments_of(const struct twin *twin, enum twin_property factor)
{
	return twin_evidence(twin, factor, NULL, NULL).treatments;
}

double learnt_interval_factor(const struct twin *twin)
{
	return treatments_of(twin, TWIN_HEALING_FACTOR) ? fmax(1.0, twin->property[TWIN_HEALING_FACTOR].median) : 1.0;
}

double learnt_visits(const struct twin *twin, double visits)
{
	if (!treatments_of(twin, TWIN_CLEARANCE_FACTOR))
		return visits;
	return fmax(1.0, ceil(visits / twin->property[TWIN_CLEARANCE_FACTOR].median - 1e-9));
}

/* ---- words ---- */

__attribute__((format(printf, 2, 3)))
static void say(struct learnt_line *line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(line->text, sizeof line->text, format, arguments);
	va_end(arguments);
}

static struct learnt_line *add(struct learnt *out, enum twin_property factor, unsigned treatments)
{
	struct learnt_line *line = &out->line[out->lines++];
	BUG_ON(out->lines > LEARNT_LINES_MAX);
	(void)snprintf(line->factor, sizeof line->factor, "%s", twin_property_spec(factor)->key);
	line->treatments = treatments;
	line->used = true;
	line->ratio = line->p05 = line->p95 = line->without = line->with = NAN;
	return line;
}

static const char *plural(unsigned count)
{
	return count == 1 ? "" : "s";
}

static void add_effect(const struct learnt_effect *e, const struct prediction *p, struct learnt *out)
{
	const struct metric_spec *m = metric_spec(e->metric);
	if (!e->treatments)
		return;
	struct learnt_line *line = add(out, e->factor, e->treatments);
	line->ratio = e->ratio;
	line->p05 = e->p05;
	line->p95 = e->p95;
	line->without = e->without;
	line->with = p->metric[e->metric].value;
	(void)snprintf(line->changes, sizeof line->changes, "%s", m->key);
	say(line, "%s x%.2f [%.2f..%.2f] of the model's, from %u treatment%s: %s %.*f, was %.*f%s%s",
	    e->factor == TWIN_DEPTH_FACTOR ? "depth" : "threshold dose", e->ratio, e->p05, e->p95, e->treatments,
	    plural(e->treatments), m->label, m->decimals, line->with, m->decimals, e->without, m->unit[0] ? " " : "", m->unit);
}

/* Lessons of depth or threshold that this mode's prediction does not take. */
static void add_unused(const struct kind *k, const struct twin *twin, enum twin_property factor, bool predicted,
                       struct learnt *out)
{
	struct kind context = *k;
	unsigned all = treatments_of(twin, factor);
	unsigned used = predicted ? twin_evidence(twin, factor, same_kind, &context).treatments : 0;
	if (all == used)
		return;
	struct learnt_line *line = add(out, factor, all - used);
	line->used = false;
	say(line, "%u %s lesson%s of another kind of beam, or of no named device: not in this prediction", all - used,
	    factor == TWIN_DEPTH_FACTOR ? "depth" : "threshold", plural(all - used));
}

static void add_own(const struct twin *twin, enum twin_property factor, const char *changes, struct learnt *out,
                    struct learnt_line **line)
{
	const struct twin_value *v = &twin->property[factor];
	unsigned treatments = treatments_of(twin, factor);
	*line = treatments ? add(out, factor, treatments) : NULL;
	if (!*line)
		return;
	(*line)->ratio = v->median;
	(*line)->p05 = v->p05;
	(*line)->p95 = v->p95;
	(void)snprintf((*line)->changes, sizeof (*line)->changes, "%s", changes);
}

static void add_healing(const struct twin *twin, const struct protocol *protocol, struct learnt *out)
{
	struct learnt_line *line;
	add_own(twin, TWIN_HEALING_FACTOR, "interval_days", out, &line);
	if (!line)
		return;
	double by = learnt_interval_factor(twin);
	if (protocol && protocol->interval_days > 0.0) {
		line->without = protocol->interval_days;
		line->with = by * protocol->interval_days;
		say(line,
		    "redness x%.2f [%.2f..%.2f] of the published, from %u treatment%s: %.0f d between visits, was %.0f (DESIGN)",
		    line->ratio, line->p05, line->p95, line->treatments, plural(line->treatments), ceil(line->with), line->without);
	} else {
		say(line, "redness x%.2f [%.2f..%.2f] of the published, from %u treatment%s: no interval on file to lengthen",
		    line->ratio, line->p05, line->p95, line->treatments, plural(line->treatments));
	}
}

static void add_clearance(const struct twin *twin, const struct protocol *protocol, struct learnt *out)
{
	struct learnt_line *line;
	add_own(twin, TWIN_CLEARANCE_FACTOR, "visits", out, &line);
	if (!line)
		return;
	if (protocol && protocol->visits >= 1.0) {
		line->without = protocol->visits;
		line->with = learnt_visits(twin, protocol->visits);
	}
	if (isnan(line->with))
		say(line, "clearance per session x%.2f [%.2f..%.2f] of the published, from %u treatment%s", line->ratio, line->p05,
		    line->p95, line->treatments, plural(line->treatments));
	else
		say(line,
		    "clearance per session x%.2f [%.2f..%.2f] of the published, from %u treatment%s: %g visits, was %g (DESIGN)",
		    line->ratio, line->p05, line->p95, line->treatments, plural(line->treatments), line->with, line->without);
}

static void add_pih(const struct library *library, const struct twin *twin, const struct protocol *protocol,
                    struct learnt *out)
{
	const struct pih_series *series = protocol ? library_pih(library, protocol) : NULL;
	struct learnt_line *line;
	add_own(twin, TWIN_PIH_OFFSET, "pih_frac", out, &line);
	if (!line)
		return;
	const char *seen = twin_had_pih(twin) ? "; earlier PIH counts as answered yes" : "";
	if (series && series->events > 0 && series->events < series->n) {
		line->without = (double)series->events / series->n;
		line->with = twin_pih_frac(twin, line->without);
		say(line, "PIH liability %+.2f probit [%+.2f..%+.2f], from %u treatment%s: %.1f %%, the published is %.1f %%%s",
		    line->ratio, line->p05, line->p95, line->treatments, plural(line->treatments), 100.0 * line->with,
		    100.0 * line->without, seen);
	} else {
		say(line, "PIH liability %+.2f probit [%+.2f..%+.2f], from %u treatment%s: no published series to move%s",
		    line->ratio, line->p05, line->p95, line->treatments, plural(line->treatments), seen);
	}
}

void learnt_of(const struct library *library, const struct request *request, const struct twin *twin,
               const struct assessment *assessment, struct learnt *out)
{
	const struct protocol *protocol = library_protocol(library, request->indication, request->device_mode);
	struct kind kind = {library, NULL, NULL};
	struct fail unknown;
	memset(out, 0, sizeof *out);
	if (!twin->lessons)
		return;
	if (assessment && assessment->predicted) {
		add_effect(&assessment->prediction.depth_learnt, &assessment->prediction, out);
		add_effect(&assessment->prediction.threshold_learnt, &assessment->prediction, out);
	}
	if (!library_find_mode(library, request->device_mode, &kind.device, &kind.mode, &unknown)) {
		add_unused(&kind, twin, TWIN_DEPTH_FACTOR, predicts_depth(kind.mode), out);
		add_unused(&kind, twin, TWIN_THRESHOLD_FACTOR, predicts_threshold(kind.mode), out);
	}
	add_healing(twin, protocol, out);
	add_clearance(twin, protocol, out);
	add_pih(library, twin, protocol, out);
}
