#include "planner/plan/histogram.h"

#define DECADES_FROM 50.0 /* spans from this factor on are shown by their logarithm */
#define MARGIN_FRAC 0.05

/* Limits on predicted quantities, as the rules of these names ask them; the rules themselves judge (rules.json). */
static const struct harm {
	const char *rule, *quantity; /* quantity NULL: the limit is the number */
	enum metric metric;
	double limit;
	bool below;          /* harm lies under the limit */
	unsigned modalities; /* bit per enum modality */
	int type_min;        /* effective skin type from which it counts */
} harms[] = {
#define M(modality) (1u << MODALITY_##modality)
        {"R-BURN", "omega_basal", METRIC_OMEGA_BASAL, 0, false, (1u << MODALITIES) - 1, 0},
        {"R-DERM", "dermis_peak_C", METRIC_DERMIS_PEAK_C, 0, false, M(NAFL) | M(AFL), 0},
        {"R-DEPTH", "dermis_margin_min_um", METRIC_DERMIS_MARGIN_UM, 0, true, M(NAFL) | M(AFL), 0},
        {"R-PIGMENT", NULL, METRIC_MELANOSOME_RATIO, 1.0, false, M(PICO), 4},
        {"R-RF-4", NULL, METRIC_RF_REACH_UM, 0.0, false, M(RF_MN), 0},
        {"R-RF-6", "fat_cem43_min", METRIC_RF_FAT_CEM43_MIN, 0, false, M(RF_MONO) | M(RF_MN), 0},
#undef M
};

/* Fat is what these treat: R-RF-4 and R-RF-6 leave them out. */
static bool aims_at_fat(const char *indication)
{
	static const char *const fat[] = {"submental_fat", "fat_reduction", "cellulite"};
	for (size_t i = 0; i < sizeof fat / sizeof *fat; i++)
		if (strcmp(indication, fat[i]) == 0)
			return true;
	return false;
}

static bool within(const struct histogram_row *row, double value)
{
	return value >= row->min && value <= row->max;
}

/* False where the prediction has no samples of it. */
static bool take_samples(const struct prediction *prediction, struct histogram_row *row)
{
	row->samples = prediction->samples_of[row->metric];
	row->value = prediction->sample[row->metric];
	row->flags = prediction->metric[row->metric].flags;
	row->within = 0;
	for (unsigned i = 0; i < row->samples; i++)
		row->within += within(row, (double)row->value[i]);
	return row->samples > 0 && (row->flags & VALIDITY_ABSENT) == 0;
}

static void add_goal(const struct protocol_goal *goal, const struct prediction *prediction, struct histogram *out)
{
	struct histogram_row *row = &out->row[out->rows];
	*row = (struct histogram_row){
	        .is_goal = true, .metric = goal->metric, .min = goal->min, .max = goal->max, .rule = goal->at};
	(void)snprintf(row->origin, sizeof row->origin, "%s", goal->origin);
	(void)snprintf(row->source, sizeof row->source, "%s", goal->source);
	out->rows += take_samples(prediction, row);
}

/* The strictest over the zones; false: none is on file. */
static bool limit_of(const struct planning *planning, const struct harm *harm, struct histogram_row *row, double *limit)
{
	const struct request *request = planning_request(planning);
	bool known = false;
	for (size_t z = 0; z < request->zones; z++) {
		const struct limit_answer answer = planning_limit(planning, request->zone[z], harm->quantity);
		if (!answer.known || (known && (harm->below ? answer.value <= *limit : answer.value >= *limit)))
			continue;
		*limit = answer.value;
		(void)snprintf(row->origin, sizeof row->origin, "%s", answer.origin);
		(void)snprintf(row->source, sizeof row->source, "%s", answer.source);
		known = true;
	}
	return known;
}

static void add_harm(const struct planning *planning, const struct harm *harm, const struct prediction *prediction,
                     struct histogram *out)
{
	struct histogram_row *row = &out->row[out->rows];
	const bool is_fat = harm->metric == METRIC_RF_REACH_UM || harm->metric == METRIC_RF_FAT_CEM43_MIN;
	double limit = harm->limit;
	*row = (struct histogram_row){.metric = harm->metric, .rule = harm->rule, .min = -INFINITY, .max = INFINITY};
	if ((harm->modalities & 1u << planning_device(planning)->modality) == 0 ||
	    planning_twin(planning)->effective_type < harm->type_min ||
	    (is_fat && aims_at_fat(planning_request(planning)->indication)) ||
	    (harm->quantity != NULL && !limit_of(planning, harm, row, &limit)))
		return;
	if (harm->below)
		row->min = limit;
	else
		row->max = limit;
	out->rows += take_samples(prediction, row);
}

void planning_histogram(const struct planning *planning, const struct assessment *assessment, struct histogram *out)
{
	const struct protocol *protocol = planning_protocol(planning);
	*out = (struct histogram){.rows = 0};
	if (!assessment->predicted)
		return;
	for (size_t i = 0; protocol != NULL && i < protocol->goals; i++)
		add_goal(&protocol->goal[i], &assessment->prediction, out);
	for (size_t i = 0; i < sizeof harms / sizeof *harms; i++)
		add_harm(planning, &harms[i], &assessment->prediction, out);
}

/* --- bins ------------------------------------------------------------------------------------------------- */

static void widen(struct histogram_axis *axis, double value)
{
	if (!isfinite(value))
		return;
	axis->lo = value < axis->lo ? value : axis->lo;
	axis->hi = value > axis->hi ? value : axis->hi;
}

struct histogram_axis histogram_axis(const struct histogram_row *row)
{
	struct histogram_axis axis = {.lo = INFINITY, .hi = -INFINITY};
	for (unsigned i = 0; i < row->samples; i++)
		widen(&axis, (double)row->value[i]);
	widen(&axis, row->min);
	widen(&axis, row->max);
	axis.is_log = axis.lo > 0.0 && axis.hi > DECADES_FROM * axis.lo;
	if (axis.is_log) {
		axis.lo = pow(10.0, floor(log10(axis.lo)));
		axis.hi = pow(10.0, ceil(log10(axis.hi * (1.0 + 1e-9))));
		return axis;
	}
	double margin = MARGIN_FRAC * (axis.hi - axis.lo);
	margin = margin > 0.0 ? margin : fmax(fabs(axis.lo), 1.0) * MARGIN_FRAC;
	axis.lo = axis.lo >= 0.0 ? fmax(axis.lo - margin, 0.0) : axis.lo - margin; /* no depth or dose below nothing */
	axis.hi += margin;
	return axis;
}

size_t histogram_bin(const struct histogram_axis *axis, double value, size_t bins)
{
	double at = axis->is_log ? log(fmax(value, axis->lo) / axis->lo) / log(axis->hi / axis->lo)
	                         : (value - axis->lo) / (axis->hi - axis->lo);
	at = at > 0.0 ? at * (double)bins : 0.0; /* what is not a number counts as the least */
	return at < (double)bins ? (size_t)at : bins - 1;
}

void histogram_count(const struct histogram_row *row, const struct histogram_axis *axis, size_t bins, unsigned *count)
{
	memset(count, 0, bins * sizeof *count);
	for (unsigned i = 0; i < row->samples; i++)
		count[histogram_bin(axis, (double)row->value[i], bins)]++;
}
