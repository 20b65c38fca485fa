/* The ordinates' boundary problem: every layer and interface is a step of an electrical ladder.
 *
 * alpha is a potential, beta a current. An index step has alpha_above - alpha_below = (2 R / T) beta per
 * node, a resistance (R, T Fresnel); a node that is totally reflected has beta = 0. The half space below
 * has beta = T / (1 + R) alpha. A layer relates its ends, in its modes, by
 *     alpha_d = sech alpha_0 - (tanh / lambda) beta_d + source,
 *     beta_0  = lambda tanh alpha_0 + sech beta_d + source.
 * Walking up from below, beta = admittance alpha + load is carried through each step; the admittance stays
 * symmetric and non-negative, and every update is a sum of non-negative terms, so no thickness, no albedo
 * and no index step makes it lose digits: there are no growing exponentials and no 1 / lambda. Walking
 * down again gives the field. (The recursion is invariant embedding, Bellman, Kalaba & Prestrud 1963,
 * in the symmetric variables of Nakajima & Tanaka 1986, JQSRT 35:13.)
 *
 * Angular nodes: nodes.h. Phase function: delta-M with as many moments as the nodes of a panel integrate
 * (order = 2 x nodes per panel, half the number of directions; more gives errors of 2 to 10 %). In place
 * of Legendre polynomials stand the polynomials orthogonal on the nodes themselves (Stieltjes), so that
 * all moments, not only the normalisation, are exact in the discrete sense and energy is conserved.
 * The collimated beam is exact: all orders of its reflections between index steps, each layer lit from
 * both sides. Validation: tests/validation/test_light.c.
 */
#include "physics/base/matrix.h"
#include "physics/ordinates_internal.h"

/* Indices closer than this are taken as one: the reflectance between them is below 1e-12, and a panel
 * between them would only add grazing nodes. */
#define INDEX_STEP_MIN 1e-6

#define NODES_PER_PANEL_MIN 2

static enum status new_solver(int per_panel, struct ordinates **out, struct fail *why)
{
	struct ordinates *s = calloc(1, sizeof *s);
	struct gauss_rule *rules = s ? malloc(2 * (size_t)per_panel * sizeof *rules) : NULL;
	if (!rules) {
		free(s);
		return fail_set(why, ST_FULL, "", "no memory for the light solver");
	}
	s->per_panel = per_panel;
	s->rules = rules;
	for (int i = 0; i < 2 * per_panel; i++)
		gauss_rule_init(&rules[i], i + 1);
	*out = s;
	return ST_OK;
}

enum status ordinates_new(int nodes_per_panel, struct ordinates **out, struct fail *why)
{
	if (nodes_per_panel == 0)
		nodes_per_panel = ORDINATES_NODES_DEFAULT;
	if (nodes_per_panel < NODES_PER_PANEL_MIN || nodes_per_panel > ORDINATES_NODES_MAX)
		return fail_set(why, ST_RANGE, "nodes_per_panel", "nodes_per_panel is %d; allowed is %d to %d",
		                nodes_per_panel, NODES_PER_PANEL_MIN, ORDINATES_NODES_MAX);
	return new_solver(nodes_per_panel, out, why);
}

void ordinates_free(struct ordinates **solver)
{
	if (!*solver)
		return;
	ordinates_free(&(*solver)->companion);
	free((*solver)->rules);
	free((*solver)->arena);
	free(*solver);
	*solver = NULL;
}

/* Copies the stack with nearly equal indices made equal. */
static void copy_stack(struct ordinates *s, const struct light_stack *stack)
{
	const double *outside[] = {&stack->n_above, &stack->n_below};
	double *inside[] = {&s->n_above, &s->n_below};
	s->count = stack->count;
	memcpy(s->copy, stack->layer, stack->count * sizeof *s->copy);
	for (size_t i = 1; i < s->count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (fabs(s->copy[i].n - s->copy[j].n) < INDEX_STEP_MIN)
				s->copy[i].n = s->copy[j].n;
		}
	}
	for (size_t o = 0; o < 2; o++) {
		*inside[o] = *outside[o];
		for (size_t j = 0; j < s->count; j++) {
			if (fabs(*inside[o] - s->copy[j].n) < INDEX_STEP_MIN)
				*inside[o] = s->copy[j].n;
		}
	}
	if (fabs(s->n_above - s->n_below) < INDEX_STEP_MIN)
		s->n_below = s->n_above;
}

/* ---- memory: one block, handed out in order ---- */

#define LAYER_VECTORS 14
#define LAYER_MATRICES 5
#define SHARED_MATRICES 3
#define SHARED_VECTORS 4

static enum status reserve(struct ordinates *s, struct fail *why)
{
	size_t n = (size_t)s->nodes + 1, order = (size_t)s->order;
	size_t need = s->count * (LAYER_MATRICES * n * n + LAYER_VECTORS * n);
	need += s->count * ((order + 2) * n + order) + SHARED_MATRICES * n * n + SHARED_VECTORS * n;
	s->arena_used = 0;
	if (need <= s->arena_size)
		return ST_OK;
	free(s->arena);
	s->arena = malloc(need * sizeof *s->arena);
	s->arena_size = s->arena ? need : 0;
	return s->arena ? ST_OK : fail_set(why, ST_FULL, "", "no memory for %d light directions", s->nodes);
}

static double *take(struct ordinates *s, size_t size)
{
	double *part = s->arena + s->arena_used;
	s->arena_used += size;
	BUG_ON(s->arena_used > s->arena_size);
	return part;
}

static void take_layer(struct ordinates *s, struct layer *layer)
{
	size_t n = (size_t)layer->view->count;
	double **vectors[] = {&layer->lambda, &layer->sech, &layer->tanh_over, &layer->tanh_times,
	                      &layer->response, &layer->response_flux, &layer->source_alpha,
	                      &layer->source_flux, &layer->bottom_load, &layer->top_load};
	double **matrices[] = {&layer->shape, &layer->dual, &layer->bottom, &layer->coupling, &layer->top};
	double **modes[] = {&layer->rate, &layer->down, &layer->up};
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		*vectors[i] = take(s, n);
	for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++)
		*matrices[i] = take(s, n * n);
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		*modes[i] = take(s, n + 1);
}

/* ---- what each refractive index sees ---- */

/* q_k at the nodes by the Stieltjes procedure (Gautschi 2004, Orthogonal Polynomials, section 2.2.3) with
 * <f, g> = sum over both hemispheres of w f g / 2, and at the beam's cosine by the same recurrence
 * mu q_k = a_(k+1) q_(k+1) + a_k q_(k-1). For many nodes q_k tends to sqrt(2 k + 1) P_k. */
static void tabulate_polynomials(const struct ordinates *s, struct view *view, const double *mu,
                                 const double *weight)
{
	int n = view->count;
	double total = 0.0, a = 0.0;
	for (int i = 0; i < n; i++)
		total += weight[i];
	for (int i = 0; i < n; i++)
		view->polynomial[i] = 1.0 / sqrt(total);
	view->at_beam[0] = 1.0 / sqrt(total);
	for (int k = 1; k < s->order; k++) {
		const double *last = view->polynomial + (ptrdiff_t)(k - 1) * n;
		double *q = view->polynomial + (ptrdiff_t)k * n;
		double square = 0.0;
		for (int i = 0; i < n; i++) {
			q[i] = mu[i] * last[i] - (k > 1 ? a * last[i - n] : 0.0);
			square += weight[i] * q[i] * q[i];
		}
		double beam = view->beam_cosine * view->at_beam[k - 1] - (k > 1 ? a * view->at_beam[k - 2] : 0.0);
		a = sqrt(square);
		for (int i = 0; i < n; i++)
			q[i] /= a;
		view->at_beam[k] = beam / a;
	}
}

/* Cosine of the beam in index n, 0 where it cannot go. */
static double beam_cosine(const struct ordinates *s, double n)
{
	if (s->source.kind != LIGHT_COLLIMATED)
		return 0.0;
	double mu = s->source.cos_incidence, ratio = s->n_above / n;
	return sqrt(fmax(0.0, 1.0 - ratio * ratio * (1.0 - mu * mu)));
}

static void build_view(struct ordinates *s, struct view *view, double n)
{
	view->n = n;
	view->count = nodes_visible(s->node, s->nodes, n);
	size_t count = (size_t)view->count, order = (size_t)s->order;
	view->root = take(s, count);
	view->inverse_mu = take(s, count);
	view->polynomial = take(s, order * count);
	view->at_beam = take(s, order);
	view->beam_cosine = beam_cosine(s, n);
	double *mu = s->vector[0], *weight = s->vector[1];
	for (int i = 0; i < view->count; i++) {
		mu[i] = node_cosine(&s->node[i], n);
		weight[i] = s->node[i].flux / (n * n * mu[i]);
		view->root[i] = sqrt(weight[i] / mu[i]);
		view->inverse_mu[i] = 1.0 / mu[i];
	}
	tabulate_polynomials(s, view, mu, weight);
}

static const struct view *view_of(struct ordinates *s, double n)
{
	for (int i = 0; i < s->views; i++) {
		if (s->view[i].n == n)
			return &s->view[i];
	}
	build_view(s, &s->view[s->views], n);
	return &s->view[s->views++];
}

static void lay_out(struct ordinates *s)
{
	size_t n = (size_t)s->nodes;
	double top = 0.0;
	s->views = 0;
	for (size_t i = 0; i < SHARED_MATRICES; i++)
		s->scratch[i] = take(s, (n + 1) * (n + 1));
	for (size_t i = 0; i < SHARED_VECTORS; i++)
		s->vector[i] = take(s, n);
	for (size_t i = 0; i < s->count; i++) {
		struct layer *layer = &s->layer[i];
		layer->optics = s->copy[i];
		layer->top_cm = top;
		top += layer->optics.thickness_cm;
		layer->depth_cm = top;
		layer->view = view_of(s, layer->optics.n);
		take_layer(s, layer);
		ordinates_layer_scale(layer, s->order);
	}
}

/* ---- the collimated beam ---- */

static double index_of(const struct ordinates *s, size_t medium)
{
	if (medium == 0)
		return s->n_above;
	return medium > s->count ? s->n_below : s->copy[medium - 1].n;
}

/* Reflectance of the beam at interface i, between media i and i + 1 (0 is above). */
static double beam_reflectance(const struct ordinates *s, size_t i)
{
	double n = index_of(s, i);
	return light_fresnel(n, index_of(s, i + 1), i ? beam_cosine(s, n) : s->source.cos_incidence);
}

static void dim_beams(struct ordinates *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct layer *layer = &s->layer[i];
		double mu = layer->view->beam_cosine;
		layer->beam = (struct beam){.rate = layer->extinction_1_cm / (mu > 0.0 ? mu : 1.0)};
		layer->beam.end = exp(-layer->beam.rate * layer->optics.thickness_cm);
	}
	s->beam_up_frac = s->beam_down_frac = 0.0;
}

/* All orders of reflection: below[i] is what the stack under interface i sends back of what falls on it. */
static void trace_beam(struct ordinates *s)
{
	double below[LIGHT_LAYERS_MAX + 1], r[LIGHT_LAYERS_MAX + 1];
	size_t count = s->count;
	for (size_t i = 0; i <= count; i++)
		r[i] = beam_reflectance(s, i);
	below[count] = r[count];
	for (size_t i = count; i-- > 0;) {
		double back = s->layer[i].beam.end * s->layer[i].beam.end * below[i + 1];
		below[i] = r[i] < 1.0 ? r[i] + (1.0 - r[i]) * (1.0 - r[i]) * back / (1.0 - r[i] * back) : 1.0;
	}
	double arriving = 1.0;
	for (size_t i = 0; i < count && r[i] < 1.0; i++) {
		struct beam *b = &s->layer[i].beam;
		b->down = arriving * (1.0 - r[i]) / (1.0 - r[i] * b->end * b->end * below[i + 1]);
		arriving = b->down * b->end;
		b->up = arriving * below[i + 1];
	}
	s->beam_down_frac = s->layer[count - 1].beam.down > 0.0 ? arriving * (1.0 - r[count]) : 0.0;
	s->beam_up_frac = below[0] - r[0];
	s->balance.specular_frac = r[0];
}

/* ---- steps of the ladder ---- */

/* Fresnel transmittance of node i from a medium of index n to one of index outside; 0 where it is
 * totally reflected. */
static double node_transmittance(const struct ordinates *s, int i, double n, double outside)
{
	if (s->node[i].index > outside)
		return 0.0;
	return 1.0 - light_fresnel(n, outside, node_cosine(&s->node[i], n));
}

/* T / (1 + R): what a half space draws. */
static double half_space(double transmittance)
{
	return transmittance / (2.0 - transmittance);
}

static void start_below(const struct ordinates *s, double *admittance, double *load)
{
	const struct view *view = s->layer[s->count - 1].view;
	int n = view->count;
	memset(admittance, 0, (size_t)(n * n) * sizeof *admittance);
	for (int i = 0; i < n; i++) {
		admittance[(ptrdiff_t)i * n + i] = half_space(node_transmittance(s, i, view->n, s->n_below));
		load[i] = 0.0;
	}
}

/* Admittance and load seen at the bottom of a layer become those at its top; scratch 2 and vectors 2, 3. */
static void climb_layer(struct ordinates *s, struct layer *layer, const double *admittance,
                        const double *load)
{
	int n = layer->view->count;
	double *modal = s->scratch[2], *pushed = s->vector[2], *total = s->vector[3];
	matrix_congruence(n, layer->shape, admittance, layer->coupling, layer->bottom);
	matrix_times_vector(n, layer->shape, load, layer->bottom_load);
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++)
			layer->coupling[i * n + j] = layer->tanh_over[i] * layer->bottom[i * n + j];
		layer->coupling[i * n + i] += 1.0;
		pushed[i] = layer->source_alpha[i] - layer->tanh_over[i] * layer->bottom_load[i];
	}
	matrix_lu(n, layer->coupling);
	matrix_lu_solve(n, layer->coupling, pushed);
	matrix_times_vector(n, layer->bottom, pushed, total);
	for (int i = 0; i < n; i++) {
		double *row = modal + (ptrdiff_t)i * n;
		memcpy(row, layer->bottom + (ptrdiff_t)i * n, (size_t)n * sizeof *row);
		matrix_lu_solve_transposed(n, layer->coupling, row);
		for (int j = 0; j < n; j++)
			row[j] *= layer->sech[i] * layer->sech[j];
		row[i] += layer->tanh_times[i];
		total[i] = layer->sech[i] * (total[i] + layer->bottom_load[i]) + layer->source_flux[i];
	}
	matrix_congruence_transposed(n, layer->dual, modal, s->scratch[0], layer->top);
	matrix_transposed_times_vector(n, layer->dual, total, layer->top_load);
}

/* Solves trapped nodes (common .. n - 1, whose beta is 0) of y = (Y, load) for given or unknown common
 * ones: returns LU of their block in block. */
static void factor_trapped(int n, int common, const double *y, double *block)
{
	int m = n - common;
	for (int i = 0; i < m; i++)
		memcpy(block + (ptrdiff_t)i * m, y + (ptrdiff_t)(common + i) * n + common, (size_t)m * sizeof *y);
	matrix_lu(m, block);
}

/* Eliminates the nodes of the layer below that the index step reflects totally: the Schur complement. */
static void drop_trapped(struct ordinates *s, int n, int common, const double *y, const double *load,
                         double *out, double *out_load)
{
	int m = n - common;
	double *block = s->scratch[2], *x = s->vector[3];
	factor_trapped(n, common, y, block);
	memcpy(x, load + common, (size_t)m * sizeof *x);
	matrix_lu_solve(m, block, x);
	for (int i = 0; i < common; i++) {
		out_load[i] = load[i];
		for (int k = 0; k < m; k++)
			out_load[i] -= y[(ptrdiff_t)i * n + common + k] * x[k];
	}
	for (int i = 0; i < common; i++) {
		memcpy(x, y + (ptrdiff_t)i * n + common, (size_t)m * sizeof *x);
		matrix_lu_solve(m, block, x);
		for (int j = 0; j < common; j++) {
			double sum = y[(ptrdiff_t)i * n + j];
			for (int k = 0; k < m; k++)
				sum -= x[k] * y[(ptrdiff_t)j * n + common + k];
			out[(ptrdiff_t)i * common + j] = sum;
		}
	}
}

/* 2 R / T of the common nodes at the step from index n to below, and LU of 1 + resistance Y. */
static void factor_step(const struct ordinates *s, int common, double n, double below, const double *y,
                        double *lu, double *resistance)
{
	for (int i = 0; i < common; i++) {
		double t = node_transmittance(s, i, n, below);
		resistance[i] = 2.0 * (1.0 - t) / t;
		for (int j = 0; j < common; j++)
			lu[(ptrdiff_t)i * common + j] = resistance[i] * y[(ptrdiff_t)i * common + j];
		lu[(ptrdiff_t)i * common + i] += 1.0;
	}
	matrix_lu(common, lu);
}

static int common_nodes(const struct layer *above, const struct layer *below)
{
	return above->view->count < below->view->count ? above->view->count : below->view->count;
}

/* Through the interface under layer above: out, out_load in above's nodes. Y (1 + rho Y)^-1 and
 * (1 + Y rho)^-1 load. */
static void climb_step(struct ordinates *s, const struct layer *above, const struct layer *below, double *out,
                       double *out_load)
{
	int n = above->view->count, common = common_nodes(above, below);
	double *y = s->scratch[0], *lu = s->scratch[2], *load = s->vector[2], *resistance = s->vector[3];
	drop_trapped(s, below->view->count, common, below->top, below->top_load, y, load);
	factor_step(s, common, above->view->n, below->view->n, y, lu, resistance);
	memset(out, 0, (size_t)(n * n) * sizeof *out);
	memset(out_load, 0, (size_t)n * sizeof *out_load);
	for (int i = 0; i < common; i++) {
		double *row = out + (ptrdiff_t)i * n;
		memcpy(row, y + (ptrdiff_t)i * common, (size_t)common * sizeof *row);
		matrix_lu_solve_transposed(common, lu, row);
	}
	memcpy(out_load, load, (size_t)common * sizeof *load);
	matrix_lu_solve_transposed(common, lu, out_load);
}

/* alpha at the bottom of above becomes alpha at the top of below. */
static void descend_step(struct ordinates *s, const struct layer *above, const struct layer *below,
                         double *alpha)
{
	int n = below->view->count, common = common_nodes(above, below), m = n - common;
	double *y = s->scratch[0], *lu = s->scratch[2], *load = s->vector[2], *resistance = s->vector[3];
	drop_trapped(s, n, common, below->top, below->top_load, y, load);
	factor_step(s, common, above->view->n, below->view->n, y, lu, resistance);
	for (int i = 0; i < common; i++)
		alpha[i] -= resistance[i] * load[i];
	matrix_lu_solve(common, lu, alpha);
	factor_trapped(n, common, below->top, lu);
	for (int i = common; i < n; i++) {
		const double *row = below->top + (ptrdiff_t)i * n;
		alpha[i] = -below->top_load[i];
		for (int j = 0; j < common; j++)
			alpha[i] -= row[j] * alpha[j];
	}
	matrix_lu_solve(m, lu, alpha + common);
}

static void climb(struct ordinates *s)
{
	double *stepped = s->scratch[1], *stepped_load = s->vector[1];
	const double *admittance = stepped, *load = stepped_load;
	start_below(s, stepped, stepped_load);
	for (size_t i = s->count; i-- > 0;) {
		struct layer *layer = &s->layer[i];
		climb_layer(s, layer, admittance, load);
		admittance = layer->top;
		load = layer->top_load;
		if (i > 0 && s->layer[i - 1].view != layer->view) {
			climb_step(s, &s->layer[i - 1], layer, stepped, stepped_load);
			admittance = stepped;
			load = stepped_load;
		}
	}
}

/* ---- the surface and the way down ---- */

/* Lambertian radiance 1 / pi in the half space above, as sqrt(W) I / n^2 with I = 2 pi radiance. */
static double incident_of(const struct ordinates *s, int i)
{
	if (s->source.kind != LIGHT_DIFFUSE)
		return 0.0;
	return 2.0 * sqrt(s->node[i].flux) / (s->n_above * s->n_above);
}

/* At the surface beta = (2 T incident - T alpha) / (1 + R), so (top + T / (1 + R)) alpha = the rest. */
static void solve_surface(struct ordinates *s, double *alpha)
{
	const struct layer *first = &s->layer[0];
	int n = first->view->count;
	double *matrix = s->scratch[0];
	memcpy(matrix, first->top, (size_t)(n * n) * sizeof *matrix);
	for (int i = 0; i < n; i++) {
		double draw = half_space(node_transmittance(s, i, first->view->n, s->n_above));
		matrix[(ptrdiff_t)i * n + i] += draw;
		alpha[i] = 2.0 * draw * incident_of(s, i) - first->top_load[i];
	}
	matrix_lu(n, matrix);
	matrix_lu_solve(n, matrix, alpha);
}

/* Diffuse light leaving upwards: sum sqrt(W) T up, up = (alpha - T incident) / (1 + R). */
static void balance_surface(struct ordinates *s, const double *alpha)
{
	const struct view *view = s->layer[0].view;
	double leaving = 0.0, entering = 0.0;
	for (int i = 0; i < view->count; i++) {
		double t = node_transmittance(s, i, view->n, s->n_above), root = sqrt(s->node[i].flux);
		leaving += root * half_space(t) * (alpha[i] - t * incident_of(s, i));
		entering += root * t * incident_of(s, i);
	}
	s->balance.diffuse_reflectance_frac = leaving + s->beam_up_frac;
	if (s->source.kind == LIGHT_DIFFUSE)
		s->balance.specular_frac = 1.0 - entering;
}

static void balance_bottom(struct ordinates *s, const double *alpha)
{
	const struct view *view = s->layer[s->count - 1].view;
	double leaving = 0.0;
	for (int i = 0; i < view->count; i++)
		leaving += sqrt(s->node[i].flux) * half_space(node_transmittance(s, i, view->n, s->n_below)) * alpha[i];
	s->balance.transmittance_frac = leaving + s->beam_down_frac;
}

/* alpha at a layer's top becomes alpha at its bottom; sets the layer's field on the way. */
static void descend_layer(struct ordinates *s, struct layer *layer, double *alpha)
{
	int n = layer->view->count;
	double *top = s->vector[1], *bottom = s->vector[2], *flux = s->vector[3];
	matrix_times_vector(n, layer->dual, alpha, top);
	for (int i = 0; i < n; i++)
		bottom[i] = layer->sech[i] * top[i] + layer->source_alpha[i] -
		            layer->tanh_over[i] * layer->bottom_load[i];
	matrix_lu_solve(n, layer->coupling, bottom);
	matrix_times_vector(n, layer->bottom, bottom, flux);
	for (int i = 0; i < n; i++)
		flux[i] += layer->bottom_load[i];
	ordinates_layer_field(layer, top, flux);
	matrix_transposed_times_vector(n, layer->shape, bottom, alpha);
}

static void descend(struct ordinates *s)
{
	double *alpha = s->vector[0];
	solve_surface(s, alpha);
	balance_surface(s, alpha);
	for (size_t i = 0; i < s->count; i++) {
		if (i > 0 && s->layer[i].view != s->layer[i - 1].view)
			descend_step(s, &s->layer[i - 1], &s->layer[i], alpha);
		descend_layer(s, &s->layer[i], alpha);
	}
	balance_bottom(s, alpha);
}

static void close_balance(struct ordinates *s)
{
	struct light_balance *b = &s->balance;
	b->residual_frac = 1.0 - b->specular_frac - b->diffuse_reflectance_frac - b->transmittance_frac;
	for (size_t i = 0; i < s->count; i++) {
		const struct layer *layer = &s->layer[i];
		b->absorbed_frac[i] = layer->optics.mua_1_cm *
		                      ordinates_layer_integral(layer, 0.0, layer->optics.thickness_cm);
		b->residual_frac -= b->absorbed_frac[i];
	}
}

static enum status solve_copy(struct ordinates *s, struct fail *why)
{
	struct light_stack stack = {s->n_above, s->n_below, s->count, s->copy};
	s->nodes = nodes_build(&stack, s->per_panel, s->rules, s->node);
	s->order = 2 * s->per_panel;
	enum status st = reserve(s, why);
	if (st != ST_OK)
		return st;
	memset(&s->balance, 0, sizeof s->balance);
	lay_out(s);
	dim_beams(s);
	if (s->source.kind == LIGHT_COLLIMATED)
		trace_beam(s);
	for (size_t i = 0; i < s->count && st == ST_OK; i++)
		st = ordinates_layer_modes(&s->layer[i], s->order, s->scratch, why);
	if (st != ST_OK)
		return st;
	climb(s);
	descend(s);
	close_balance(s);
	if (!isfinite(s->balance.residual_frac))
		return fail_set(why, ST_NUMERIC, "", "the light field is not finite");
	return ST_OK;
}

enum status ordinates_solve(struct ordinates *solver, const struct light_stack *stack,
                            const struct light_source *source, struct fail *why)
{
	solver->count = 0;
	enum status st = light_stack_check(stack, why);
	if (st == ST_OK)
		st = light_source_check(source, why);
	if (st != ST_OK)
		return st;
	copy_stack(solver, stack);
	solver->source = *source;
	if (source->cos_incidence == 0.0)
		solver->source.cos_incidence = 1.0;
	return solve_copy(solver, why);
}

void ordinates_balance(const struct ordinates *solver, struct light_balance *out)
{
	*out = solver->balance;
}

/* ---- the error from a coarser solve ---- */

static enum status solve_companion(struct ordinates *s, struct fail *why)
{
	int fewer = s->per_panel > NODES_PER_PANEL_MIN ? s->per_panel - 1 : s->per_panel + 1;
	enum status st = s->companion ? ST_OK : new_solver(fewer, &s->companion, why);
	if (st != ST_OK)
		return st;
	struct light_stack stack = {s->n_above, s->n_below, s->count, s->copy};
	copy_stack(s->companion, &stack);
	s->companion->source = s->source;
	return solve_copy(s->companion, why);
}

enum status ordinates_absorption_with_error(struct ordinates *solver, const double *edges_cm, size_t count,
                                            double *absorption_1_cm, double *error_frac, struct fail *why)
{
	ordinates_absorption(solver, edges_cm, count, absorption_1_cm);
	if (!error_frac)
		return ST_OK;
	enum status st = solve_companion(solver, why);
	if (st != ST_OK)
		return st;
	ordinates_absorption(solver->companion, edges_cm, count, error_frac);
	for (size_t i = 0; i < count; i++) {
		double fine = absorption_1_cm[i];
		error_frac[i] = fine > 0.0 ? fabs(error_frac[i] - fine) / fine : 0.0;
	}
	return ST_OK;
}
