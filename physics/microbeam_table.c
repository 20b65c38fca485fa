/* Lesion against energy: a few simulations per variant, monotone interpolation between them.
 *
 * The first two variants are simulated at every node, the others at every other one: between them a variant follows
 * the first in proportion. What that misses is measured on the second, and part of every size's error.
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
#define AXIS_POINTS MICROBEAM_OUTLINE_POINTS
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
	double follow_frac[SIZES]; /* relative error of what follows the first variant, as measured on the second */
	struct estimate histology_factor;
	double depth_um[AXIS_POINTS];
	double killed_um[NODES][AXIS_POINTS], removed_um[NODES][AXIS_POINTS]; /* radii, of the first variant */
	struct variant *variant;
};

/* Nodes at which every variant is simulated, and the first one's spread. */
static const size_t sparse[] = {0, 2, 5, NODES - 1};
#define SPARSE (sizeof sparse / sizeof sparse[0])
_Static_assert(NODES == 8, "sparse nodes are those of eight");
#define COMPLETE_VARIANTS 2

static bool is_sparse(size_t node)
{
	for (size_t k = 0; k < SPARSE; k++)
		if (sparse[k] == node)
			return true;
	return false;
}

static bool is_simulated(size_t v, size_t node)
{
	return v < COMPLETE_VARIANTS || is_sparse(node);
}

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
	const struct microbeam_options options = {.without_spread = v > 0 || !is_sparse(node)};
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
	for (size_t p = 0; v == 0 && p < AXIS_POINTS; p++) {
		table->killed_um[node][p] = axis_at(&axis, axis.killed_um, table->depth_um[p]);
		table->removed_um[node][p] = axis_at(&axis, axis.removed_um, table->depth_um[p]);
	}
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

/* A node's values at a depth, linear between the table's points and held at both ends. */
static double node_at(const struct microbeam_table *t, const double value[AXIS_POINTS], double depth_um)
{
	size_t p = gsl_interp_bsearch(t->depth_um, depth_um, 0, AXIS_POINTS - 1);
	double f = (depth_um - t->depth_um[p]) / (t->depth_um[p + 1] - t->depth_um[p]);
	return value[p] + fmin(fmax(f, 0.0), 1.0) * (value[p + 1] - value[p]);
}

/* ---- variants that follow the first ---- */

/* A node between two others: theirs, and how far from the first to the second, in the logarithm of energy. */
struct gap {
	size_t low, node, high;
	double f;
};

static struct gap gap_of(size_t node)
{
	struct gap gap = {.node = node};
	for (size_t k = 0; k + 1 < SPARSE; k++)
		if (sparse[k] < node) {
			gap.low = sparse[k];
			gap.high = sparse[k + 1];
		}
	gap.f = (double)(node - gap.low) / (double)(gap.high - gap.low);
	return gap;
}

static double mix(double low, double high, double f)
{
	return low + f * (high - low);
}

/* In proportion to the first variant's size, or where there is none at one end by the same difference. */
static double follow_size(const double *first, const double *own, struct gap g)
{
	if (first[g.low] > 0.0 && first[g.high] > 0.0)
		return first[g.node] * mix(own[g.low] / first[g.low], own[g.high] / first[g.high], g.f);
	return fmax(first[g.node] + mix(own[g.low] - first[g.low], own[g.high] - first[g.high], g.f), 0.0);
}

/* The first variant's axis and, mixed from both ends of the gap, what this one's differs from it: all at equal shares
 * of the killed depth. */
static void follow_axis(const struct microbeam_table *t, struct variant *own, struct gap g)
{
	const struct variant *first = &t->variant[0];
	const size_t node[] = {g.low, g.node, g.high};
	double share[3], own_share[3], own_um = own->size[COAGULATION_DEPTH][g.node];
	for (size_t n = 0; n < 3; n++) {
		double killed_um = own_um > 0.0 ? first->size[COAGULATION_DEPTH][node[n]] / own_um : 0.0;
		double own_killed = own_um > 0.0 ? own->size[COAGULATION_DEPTH][node[n]] / own_um : 0.0;
		share[n] = killed_um > 0.0 && own_killed > 0.0 ? killed_um : 1.0;
		own_share[n] = killed_um > 0.0 && own_killed > 0.0 ? own_killed : 1.0;
	}
	for (size_t p = 0; p < AXIS_POINTS; p++) {
		double z = t->depth_um[p], peak[2], omega[2];
		for (size_t n = 0; n < 2; n++) {
			size_t at = node[2 * n];
			peak[n] = node_at(t, own->peak_C[at], z * own_share[2 * n]) - node_at(t, first->peak_C[at], z * share[2 * n]);
			omega[n] = node_at(t, own->log_omega[at], z * own_share[2 * n]) -
			           node_at(t, first->log_omega[at], z * share[2 * n]);
		}
		own->peak_C[g.node][p] = node_at(t, first->peak_C[g.node], z * share[1]) + mix(peak[0], peak[1], g.f);
		own->log_omega[g.node][p] = node_at(t, first->log_omega[g.node], z * share[1]) + mix(omega[0], omega[1], g.f);
	}
}

static void follow_first(const struct microbeam_table *t, struct variant *own)
{
	const struct variant *first = &t->variant[0];
	for (size_t node = 0; node < NODES; node++) {
		if (is_sparse(node))
			continue;
		struct gap g = gap_of(node);
		for (size_t k = 0; k < SIZES; k++)
			own->size[k][node] = follow_size(first->size[k], own->size[k], g);
		own->events[node] = first->events[node] | (own->events[g.low] & own->events[g.high]);
		follow_axis(t, own, g);
	}
}

/* The first variant's spread between the nodes where it is simulated: the same share of the size. */
static void fill_spread(struct microbeam_table *t)
{
	for (size_t node = 0; node < NODES; node++) {
		if (is_sparse(node))
			continue;
		struct gap g = gap_of(node);
		for (size_t k = 0; k < SIZES; k++) {
			const double *size = t->variant[0].size[k];
			bool shares = size[g.low] > 0.0 && size[g.high] > 0.0;
			t->sd[k][node] = shares ? size[node] * mix(t->sd[k][g.low] / size[g.low], t->sd[k][g.high] / size[g.high], g.f)
			                        : mix(t->sd[k][g.low], t->sd[k][g.high], g.f);
		}
	}
}

/* What following misses: root mean square over the nodes of the second variant, which is simulated at all. */
static void measure_following(struct microbeam_table *t)
{
	for (size_t k = 0; k < SIZES; k++) {
		const double *first = t->variant[0].size[k], *own = t->variant[1].size[k];
		double square = 0.0;
		for (size_t node = 0; node < NODES; node++) {
			double miss = is_sparse(node) || own[node] <= 0.0 ? 0.0 : follow_size(first, own, gap_of(node)) / own[node] - 1.0;
			square += miss * miss;
		}
		t->follow_frac[k] = sqrt(square / (double)(NODES - SPARSE));
	}
}

static void finish(struct microbeam_table *t)
{
	fill_spread(t);
	if (t->variants > COMPLETE_VARIANTS)
		measure_following(t);
	for (size_t v = COMPLETE_VARIANTS; v < t->variants; v++)
		follow_first(t, &t->variant[v]);
	for (size_t v = 0; v < t->variants; v++)
		finish_variant(t, &t->variant[v]);
}

/* ---- the runs ---- */

/* The runs after the first one are independent: a variant and a node each, and a verdict. Strong beams run longest and
 * come first. */
struct work {
	struct microbeam_table *table;
	const struct microbeam_table_request *request;
	struct outcome {
		size_t variant, node;
		enum status status;
		struct fail why;
	} *outcome;
};

static size_t list_runs(struct work *work)
{
	size_t count = 0;
	for (size_t node = NODES; node-- > 0;)
		for (size_t v = 0; v < work->table->variants; v++)
			if (is_simulated(v, node) && !(v == 0 && node + 1 == NODES)) /* which was the first */
				work->outcome[count++] = (struct outcome){.variant = v, .node = node};
	return count;
}

static void work_item(void *state, size_t index)
{
	struct work *w = state;
	struct outcome *o = &w->outcome[index];
	o->status = build_node(w->table, w->request, o->variant, o->node, &o->why);
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
	struct work work = {table, r, calloc(NODES * r->variants, sizeof *work.outcome)};
	if (!work.outcome)
		return fail_set(why, ST_FULL, "table", "no memory for the table of lesions");
	size_t count = list_runs(&work);
	/* the strongest beam of the first variant sets the depths of all */
	enum status st = build_node(table, r, 0, NODES - 1, why);
	if (st == ST_OK) {
		bool whole = r->run ? r->run(r->context, count, work_item, &work) : one_by_one(r, count, &work);
		st = whole ? first_failure(&work, count, why) : fail_set(why, ST_CANCELLED, "table", "cancelled");
	}
	free(work.outcome);
	if (st == ST_OK)
		finish(table);
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

/* Spread of a size: that of the first variant at this energy, in proportion to the sizes, and what following misses. */
static double scaled_sd(const struct microbeam_table *t, size_t v, size_t k, size_t i, double f)
{
	double first = between(t->variant[0].size[k], i, f), own = between(t->variant[v].size[k], i, f);
	double sd = between(t->sd[k], i, f);
	if (first > 0.0 && own > 0.0)
		sd *= own / first;
	return v < COMPLETE_VARIANTS ? sd : hypot(sd, t->follow_frac[k] * own);
}

/* Between two energies the fronts lie at different depths: a mean at equal depth would show a shelf between them that
 * no column has. So the mean is taken at equal shares of the killed depth. */
static void stretches(const struct variant *variant, double own_um, size_t i, double stretch[2])
{
	for (size_t n = 0; n < 2; n++) {
		double node = variant->size[COAGULATION_DEPTH][i + n];
		stretch[n] = own_um > 0.0 && node > 0.0 ? node / own_um : 1.0;
	}
}

static void fill_axis(const struct microbeam_table *t, const struct variant *variant,
                      const struct microbeam_lesion *lesion, size_t i, double f, struct microbeam_axis *axis)
{
	double stretch[2];
	stretches(variant, lesion->coagulation_depth_um.value, i, stretch);
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

enum status microbeam_table_outline(const struct microbeam_table *table, double energy_mJ,
                                    struct microbeam_outline *out, struct fail *why)
{
	struct microbeam_lesion lesion;
	enum status st = microbeam_table_at(table, energy_mJ, 0, &lesion, NULL, why);
	if (st)
		return st;
	const double *e = table->energy_mJ, killed_um = lesion.coagulation_depth_um.value;
	size_t i = gsl_interp_bsearch(e, energy_mJ, 0, NODES - 1);
	double f = (energy_mJ - e[i]) / (e[i + 1] - e[i]), stretch[2];
	stretches(&table->variant[0], killed_um, i, stretch);
	for (size_t p = 0; p < AXIS_POINTS; p++) {
		double z = table->depth_um[p], low = z * stretch[0], high = z * stretch[1];
		bool inside = z <= killed_um, open = z < lesion.ablation_depth_um.value;
		double killed = mix(node_at(table, table->killed_um[i], low), node_at(table, table->killed_um[i + 1], high), f);
		double removed = mix(node_at(table, table->removed_um[i], low), node_at(table, table->removed_um[i + 1], high), f);
		out->depth_um[p] = z;
		out->removed_um[p] = open ? removed : 0.0;
		out->killed_um[p] = inside ? fmax(killed, out->removed_um[p]) : 0.0;
	}
	return ST_OK;
}
