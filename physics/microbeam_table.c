/* Lesion against energy: a few simulations per variant, monotone interpolation between them.
 *
 * Nodes are geometric in energy. Depths and widths grow with energy; what the grid of a run takes away is
 * put back by a running maximum, so that Steffen's interpolation (1990, Astron Astrophys 239:443) is
 * monotone as a whole. The spread is simulated for the first variant and carried over in proportion.
 */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_interp.h>

#include "physics/base/units.h"
#include "physics/microbeam_run.h"
#include "physics/montecarlo.h"

#define NODES MICROBEAM_TABLE_NODES
#define SIZES 7
#define GROWING_SIZES 4 /* the first ones */
#define COAGULATION_DEPTH 2 /* place of it among the sizes */
#define AXIS_POINTS 128
#define LOG_OMEGA_LIMIT 30.0

/* One variant: sizes and axis at the nodes, ready to interpolate. */
struct variant {
	double size[SIZES][NODES];
	gsl_interp *curve[SIZES];
	unsigned events[NODES];
	double peak_C[NODES][AXIS_POINTS];
	double log_omega[NODES][AXIS_POINTS];
};

struct microbeam_table {
	size_t variants;
	double energy_mJ[NODES];
	double sd[SIZES][NODES]; /* of the first variant */
	unsigned flags[SIZES][NODES];
	struct estimate histology_factor;
	double depth_um[AXIS_POINTS];
	struct variant *variant;
};

static struct estimate *size_of(struct microbeam_lesion *lesion, size_t k)
{
	struct estimate *list[SIZES] = {
	        &lesion->ablation_depth_um,    &lesion->ablation_width_um,  &lesion->coagulation_depth_um,
	        &lesion->coagulation_width_um, &lesion->coagulation_rim_um, &lesion->peak_C,
	        &lesion->heat_left_mJ,
	};
	return list[k];
}

static enum status check_request(const struct microbeam_table_request *r, struct fail *why)
{
	if (r->variants < 1 || r->variants > MC_VARIANTS_MAX)
		return fail_set(why, ST_RANGE, "variants", "%zu variants; 1 to %d are possible", r->variants,
		                MC_VARIANTS_MAX);
	if (!(r->energy_min_mJ > 0.0) || !(r->energy_max_mJ > r->energy_min_mJ) ||
	    !(r->energy_max_mJ <= MICROBEAM_ENERGY_MAX_MJ))
		return fail_set(why, ST_RANGE, "energy_mJ",
		                "energies must rise from above 0 to at most %g mJ", MICROBEAM_ENERGY_MAX_MJ);
	return ST_OK;
}

static enum status allocate(const struct microbeam_table_request *r, struct microbeam_table **out,
                            struct fail *why)
{
	struct microbeam_table *table = calloc(1, sizeof *table);
	if (!table)
		return fail_set(why, ST_FULL, "table", "no memory for the table of lesions");
	table->variants = r->variants;
	table->variant = calloc(r->variants, sizeof *table->variant);
	bool complete = table->variant != NULL;
	for (size_t v = 0; complete && v < r->variants; v++)
		for (size_t k = 0; k < SIZES; k++) {
			table->variant[v].curve[k] = gsl_interp_alloc(gsl_interp_steffen, NODES);
			complete = complete && table->variant[v].curve[k];
		}
	if (!complete) {
		microbeam_table_free(&table);
		return fail_set(why, ST_FULL, "table", "no memory for the table of lesions");
	}
	double ratio = pow(r->energy_max_mJ / r->energy_min_mJ, 1.0 / (NODES - 1));
	for (size_t i = 0; i < NODES; i++)
		table->energy_mJ[i] = r->energy_min_mJ * pow(ratio, (double)i);
	table->energy_mJ[NODES - 1] = r->energy_max_mJ;
	*out = table;
	return ST_OK;
}

void microbeam_table_free(struct microbeam_table **table)
{
	if (!table || !*table)
		return;
	for (size_t v = 0; (*table)->variant && v < (*table)->variants; v++)
		for (size_t k = 0; k < SIZES; k++)
			if ((*table)->variant[v].curve[k])
				gsl_interp_free((*table)->variant[v].curve[k]);
	free((*table)->variant);
	free(*table);
	*table = NULL;
}

/* Linear in depth between the axis points of one run, held at both ends. */
static double axis_at(const struct microbeam_axis *axis, const double *value, double depth_um)
{
	if (depth_um <= axis->depth_um[0])
		return value[0];
	for (size_t j = 1; j < axis->count; j++)
		if (depth_um <= axis->depth_um[j]) {
			double step = axis->depth_um[j] - axis->depth_um[j - 1];
			double f = (depth_um - axis->depth_um[j - 1]) / step;
			return value[j - 1] + f * (value[j] - value[j - 1]);
		}
	return value[axis->count - 1];
}

static void keep_axis(const struct microbeam_table *table, struct microbeam_axis *axis,
                      struct variant *variant, size_t node)
{
	for (size_t j = 0; j < axis->count; j++) {
		double log_omega = axis->omega[j] > 0.0 ? log(axis->omega[j]) : -LOG_OMEGA_LIMIT;
		axis->omega[j] = fmin(fmax(log_omega, -LOG_OMEGA_LIMIT), LOG_OMEGA_LIMIT);
	}
	for (size_t p = 0; p < AXIS_POINTS; p++) {
		variant->peak_C[node][p] = axis_at(axis, axis->peak_C, table->depth_um[p]);
		variant->log_omega[node][p] = axis_at(axis, axis->omega, table->depth_um[p]);
	}
}

/* The depths of the table: those of the strongest beam's lesion and a margin, finer at the top. */
static void choose_depths(struct microbeam_table *table, const struct microbeam_lesion *strongest,
                          const struct microbeam_axis *axis)
{
	const double margin = 1.5, least_um = 300.0, bend = 1.5;
	double deepest = fmax(margin * strongest->coagulation_depth_um.value, least_um);
	deepest = fmin(deepest, axis->depth_um[axis->count - 1]);
	for (size_t p = 0; p < AXIS_POINTS; p++)
		table->depth_um[p] = deepest * pow((double)p / (AXIS_POINTS - 1), bend);
}

static enum status build_node(struct microbeam_table *table, const struct microbeam_table_request *r,
                              size_t v, size_t node, struct fail *why)
{
	struct microbeam beam = r->beam;
	struct microbeam_lesion lesion;
	struct microbeam_axis axis;
	const struct microbeam_options options = {.without_spread = v > 0};
	beam.energy_mJ = table->energy_mJ[node];
	enum status st = microbeam_simulate(r->light, &r->tissue[v], &beam, v, &options, &lesion, &axis, why);
	if (st != ST_OK)
		return st;
	if (v == 0 && node + 1 == NODES) { /* the first of all runs, before any other thread */
		choose_depths(table, &lesion, &axis);
		table->histology_factor = lesion.histology_factor;
	}
	struct variant *variant = &table->variant[v];
	for (size_t k = 0; k < SIZES; k++) {
		variant->size[k][node] = size_of(&lesion, k)->value;
		if (v == 0) {
			table->sd[k][node] = size_of(&lesion, k)->sd;
			table->flags[k][node] = size_of(&lesion, k)->flags & ~(unsigned)VALIDITY_ABSENT;
		}
	}
	variant->events[node] = lesion.events;
	keep_axis(table, &axis, variant, node);
	return ST_OK;
}

static void finish_variant(const struct microbeam_table *table, struct variant *variant)
{
	for (size_t k = 0; k < SIZES; k++) {
		for (size_t i = 1; k < GROWING_SIZES && i < NODES; i++)
			variant->size[k][i] = fmax(variant->size[k][i], variant->size[k][i - 1]);
		BUG_ON(gsl_interp_init(variant->curve[k], table->energy_mJ, variant->size[k], NODES) !=
		       GSL_SUCCESS);
	}
}

/* The runs after the first one are independent: variant and node from the index, a verdict for each. */
struct work {
	struct microbeam_table *table;
	const struct microbeam_table_request *request;
	struct outcome {
		enum status status;
		struct fail why;
	} *outcome;
};

static void work_item(void *state, size_t index)
{
	struct work *w = state;
	size_t run = index + 1; /* run 0 was the strongest beam of the first variant */
	struct outcome *o = &w->outcome[index];
	o->status = build_node(w->table, w->request, run / NODES, NODES - 1 - run % NODES, &o->why);
}

static bool one_by_one(const struct microbeam_table_request *r, size_t count, struct work *work)
{
	for (size_t i = 0; i < count; i++) {
		work_item(work, i);
		if (work->outcome[i].status != ST_OK)
			return true;
		if (r->progress && r->progress(r->context, (double)(i + 2) / (double)(count + 1)))
			return false;
	}
	return true;
}

static enum status first_failure(const struct work *work, size_t count, struct fail *why)
{
	for (size_t i = 0; i < count; i++)
		if (work->outcome[i].status != ST_OK)
			return fail_set(why, work->outcome[i].status, work->outcome[i].why.field, "%s",
			                work->outcome[i].why.text);
	return ST_OK;
}

static enum status build(struct microbeam_table *table, const struct microbeam_table_request *r,
                         struct fail *why)
{
	size_t count = NODES * r->variants - 1;
	struct work work = {table, r, calloc(count, sizeof *work.outcome)};
	if (!work.outcome)
		return fail_set(why, ST_FULL, "table", "no memory for the table of lesions");
	/* the strongest beam of the first variant sets the depths of all */
	enum status st = build_node(table, r, 0, NODES - 1, why);
	if (st == ST_OK) {
		bool whole = r->run ? r->run(r->context, count, work_item, &work) : one_by_one(r, count, &work);
		st = whole ? first_failure(&work, count, why) : fail_set(why, ST_CANCELLED, "table", "cancelled");
	}
	free(work.outcome);
	for (size_t v = 0; st == ST_OK && v < r->variants; v++)
		finish_variant(table, &table->variant[v]);
	return st;
}

enum status microbeam_table_new(const struct microbeam_table_request *request, struct microbeam_table **out,
                                struct fail *why)
{
	struct microbeam_table *table = NULL;
	enum status st = check_request(request, why);
	if (st == ST_OK)
		st = allocate(request, &table, why);
	if (st == ST_OK)
		st = build(table, request, why);
	if (st != ST_OK) {
		microbeam_table_free(&table);
		return st;
	}
	*out = table;
	return ST_OK;
}

static double between(const double *node_value, size_t i, double f)
{
	return node_value[i] + f * (node_value[i + 1] - node_value[i]);
}

/* Spread of a size: that of the first variant at this energy, in proportion to the sizes. */
static double scaled_sd(const struct microbeam_table *t, size_t v, size_t k, size_t i, double f)
{
	double first = between(t->variant[0].size[k], i, f), own = between(t->variant[v].size[k], i, f);
	double sd = between(t->sd[k], i, f);
	return first > 0.0 && own > 0.0 ? sd * own / first : sd;
}

/* A node's values at a depth, linear between the table's points and held at both ends. */
static double node_at(const struct microbeam_table *t, const double value[AXIS_POINTS], double depth_um)
{
	size_t p = gsl_interp_bsearch(t->depth_um, depth_um, 0, AXIS_POINTS - 1);
	double f = (depth_um - t->depth_um[p]) / (t->depth_um[p + 1] - t->depth_um[p]);
	return value[p] + fmin(fmax(f, 0.0), 1.0) * (value[p + 1] - value[p]);
}

/* Between two energies the fronts lie at different depths: a mean at equal depth would show a shelf between them that
 * no column has. So the mean is taken at equal shares of the killed depth. */
static void fill_axis(const struct microbeam_table *t, const struct variant *variant,
                      const struct microbeam_lesion *lesion, size_t i, double f, struct microbeam_axis *axis)
{
	double own = lesion->coagulation_depth_um.value, stretch[2];
	for (size_t n = 0; n < 2; n++) {
		double node = variant->size[COAGULATION_DEPTH][i + n];
		stretch[n] = own > 0.0 && node > 0.0 ? node / own : 1.0;
	}
	axis->count = AXIS_POINTS;
	for (size_t p = 0; p < AXIS_POINTS; p++) {
		double z = t->depth_um[p], low = node_at(t, variant->log_omega[i], z * stretch[0]);
		double high = node_at(t, variant->log_omega[i + 1], z * stretch[1]);
		axis->depth_um[p] = z;
		axis->peak_C[p] = (1.0 - f) * node_at(t, variant->peak_C[i], z * stretch[0]) +
		                  f * node_at(t, variant->peak_C[i + 1], z * stretch[1]);
		axis->omega[p] = z < lesion->ablation_depth_um.value ? INFINITY : exp(low + f * (high - low));
	}
}

enum status microbeam_table_at(const struct microbeam_table *table, double energy_mJ, size_t variant,
                               struct microbeam_lesion *lesion, struct microbeam_axis *axis, struct fail *why)
{
	const double *e = table->energy_mJ;
	if (!(energy_mJ >= e[0] && energy_mJ <= e[NODES - 1]))
		return fail_set(why, ST_RANGE, "energy_mJ", "%g mJ is outside the table, %g to %g mJ",
		                energy_mJ, e[0], e[NODES - 1]);
	if (variant >= table->variants)
		return fail_set(why, ST_RANGE, "variant", "variant %zu of %zu", variant, table->variants);
	size_t i = gsl_interp_bsearch(e, energy_mJ, 0, NODES - 1);
	double f = (energy_mJ - e[i]) / (e[i + 1] - e[i]);
	const struct variant *v = &table->variant[variant];
	*lesion = (struct microbeam_lesion){.histology_factor = table->histology_factor,
	                                    .events = v->events[i] | (f > 0.0 ? v->events[i + 1] : 0u)};
	for (size_t k = 0; k < SIZES; k++)
		*size_of(lesion, k) = (struct estimate){
		        .value = gsl_interp_eval(v->curve[k], e, v->size[k], energy_mJ, NULL),
		        .sd = scaled_sd(table, variant, k, i, f),
		        .flags = table->flags[k][i] | table->flags[k][i + 1],
		};
	if (!(lesion->events & MICROBEAM_ABLATED))
		lesion->coagulation_rim_um.flags |= VALIDITY_ABSENT;
	if (axis)
		fill_axis(table, v, lesion, i, f, axis);
	return ST_OK;
}
