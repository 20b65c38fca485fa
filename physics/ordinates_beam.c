/* Light of a lateral wave in the stack, frequency by frequency.
 *
 * Every layer has its modes (ordinates_beam_layer.c); what lies below its bottom is a reflection,
 *     upward = R downward + s.
 * Going up, each layer and index step turns the reflection below into the one above; then the light is
 * followed down (invariant embedding, Bellman, Kalaba & Prestrud 1963). Only decaying exponentials occur and R
 * takes no energy from nowhere, so neither thickness nor frequency makes it lose digits. The admittances of
 * ordinates.c would not do: a lateral wave in a clear layer has poles.
 *
 * Unscattered light keeps its shape and stands apart (hankel_beam_mean). Frequency 0 needs one azimuth mode
 * and is the broad beam.
 * Accuracy: tests/validation/test_beam.c; energy and limits: tests/physics/test_ordinates_beam.c.
 */
#include "physics/base/general.h"
#include "physics/ordinates_beam_internal.h"

/* Highest frequency times least radius: what a flat-top needs for 0.1 % on its axis. */
#define REACH 20.0

#define NODES_LEAST 2
#define AZIMUTHS_LEAST 2
#define FREQUENCIES_LEAST 6

/* Nodes per panel of the broad beam that anchors the depths: 0.03 % (ordinates.h). */
#define ANCHOR_NODES 8

/* ---- making a solver ---- */

static enum status check_option(int *value, int fallback, int least, int most, const char *name, struct fail *why)
{
	if (*value == 0)
		*value = fallback;
	if (*value < least || *value > most)
		return fail_set(why, ST_RANGE, name, "%s is %d; allowed is %d to %d", name, *value, least, most);
	return ST_OK;
}

static enum status check_options(struct beam_options *o, struct fail *why)
{
	enum status st = check_option(&o->nodes_per_panel, BEAM_NODES_DEFAULT, NODES_LEAST, BEAM_NODES_MAX,
	                              "nodes_per_panel", why);
	if (!st)
		st = check_option(&o->azimuths, BEAM_AZIMUTHS_DEFAULT, AZIMUTHS_LEAST, BEAM_AZIMUTHS_MAX, "azimuths", why);
	if (!st)
		st = check_option(&o->frequencies, BEAM_FREQUENCIES_DEFAULT, FREQUENCIES_LEAST, HANKEL_FREQUENCIES_MAX,
		                  "frequencies", why);
	return st;
}

enum status beam_new(const struct beam_options *options, struct beam_solver **out, struct fail *why)
{
	struct beam_options o = options ? *options : (struct beam_options){0};
	enum status st = check_options(&o, why);
	if (st)
		return st;
	struct beam_solver *s = calloc(1, sizeof *s);
	if (!s)
		return fail_set(why, ST_FULL, "", "no memory for the beam solver");
	s->options = o;
	st = ordinates_new(o.nodes_per_panel, &s->flat, why);
	if (!st)
		st = ordinates_new(o.nodes_per_panel > ANCHOR_NODES ? o.nodes_per_panel : ANCHOR_NODES, &s->anchor, why);
	if (st)
		beam_free(&s);
	else
		*out = s;
	return st;
}

void beam_free(struct beam_solver **solver)
{
	struct beam_solver *s = *solver;
	if (!s)
		return;
	beam_free(&s->companion);
	ordinates_free(&s->flat);
	ordinates_free(&s->anchor);
	free(s->arena);
	free(s->modes);
	free(s);
	*solver = NULL;
}

/* ---- memory ---- */

#define LAYER_MATRICES 7 /* step has a column more; the seventh leaves room for it */
#define LAYER_VECTORS 6
#define SCRATCH (sizeof((struct beam_solver *)0)->scratch / sizeof(double *))
#define VECTORS (sizeof((struct beam_solver *)0)->vector / sizeof(double *))

static int size_max(const struct beam_solver *s)
{
	return s->flat->nodes * s->options.azimuths;
}

static double *take(double **at, size_t count)
{
	double *part = *at;
	*at += count;
	return part;
}

static void hand_out(struct beam_solver *s, size_t n)
{
	double *at = s->arena;
	for (size_t i = 0; i < SCRATCH; i++)
		s->scratch[i] = take(&at, n * (n + 4));
	for (size_t i = 0; i < VECTORS; i++)
		s->vector[i] = take(&at, n + 1);
	for (size_t l = 0; l < s->flat->count; l++) {
		struct beam_layer *layer = &s->layer[l];
		double **matrices[] = {&layer->wave, &layer->flux, &layer->echo, &layer->entry, &layer->back};
		double **vectors[] = {&layer->response, &layer->response_flux, &layer->load, &layer->source};
		for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++)
			*matrices[i] = take(&at, n * n);
		for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
			*vectors[i] = take(&at, n);
		layer->step = take(&at, n * (n + 1));
		layer->rate = (double complex *)take(&at, 2 * n);
	}
	for (int v = 0; v < s->flat->views; v++) {
		size_t order = (size_t)s->flat->order;
		s->view[v].polynomial = take(&at, order * (size_t)s->options.azimuths * (size_t)s->flat->nodes);
		s->view[v].slope = take(&at, (size_t)s->flat->nodes);
	}
}

static enum status reserve(struct beam_solver *s, struct fail *why)
{
	size_t n = (size_t)size_max(s), layers = s->flat->count, frequencies = (size_t)s->options.frequencies;
	size_t need = SCRATCH * n * (n + 4) + VECTORS * (n + 1);
	need += layers * (LAYER_MATRICES * n * (n + 1) + LAYER_VECTORS * n);
	need += (size_t)s->flat->views * (n * (size_t)s->flat->order + n);
	free(s->arena);
	free(s->modes);
	s->arena = malloc(need * sizeof *s->arena);
	s->modes = malloc(layers * frequencies * (n + 1) * sizeof *s->modes);
	if (!s->arena || !s->modes)
		return fail_set(why, ST_FULL, "", "no memory for a beam of %zu directions", n);
	hand_out(s, n);
	for (size_t j = 0; j < frequencies; j++) {
		for (size_t l = 0; l < layers; l++)
			s->response[j].mode[l] = s->modes + (j * layers + l) * (n + 1);
	}
	return ST_OK;
}

/* ---- tables of each refractive index ---- */

/* Polynomials of mode m, sin^m(theta) times a polynomial in mu, orthonormal on the nodes with <f, g> = sum of
 * w f g over a hemisphere (f g even), by the Stieltjes recurrence of ordinates.c; they tend to
 * sqrt((2 l + 1) (l - m)! / (l + m)!) P_l^m. Stored times root. */
static void tabulate_mode(const struct view *view, int m, int count, const double *sine, double *out)
{
	int n = view->count;
	double a = 0.0;
	for (int k = 0; k < count; k++) {
		double *q = out + (ptrdiff_t)k * n, *last = q - n, square = 0.0;
		for (int i = 0; i < n; i++) {
			double mu = 1.0 / view->inverse_mu[i];
			if (k == 0)
				q[i] = pow(sine[i], m) * view->root[i];
			else
				q[i] = mu * last[i] - (k > 1 ? a * last[i - n] : 0.0);
			square += mu * q[i] * q[i];
		}
		a = sqrt(square);
		for (int i = 0; i < n; i++)
			q[i] /= a;
	}
}

static void tabulate_view(const struct beam_solver *s, struct beam_view *out, const struct view *view)
{
	int order = s->flat->order, row = 0;
	double *sine = s->vector[0];
	out->view = view;
	for (int i = 0; i < view->count; i++) {
		double mu = 1.0 / view->inverse_mu[i];
		sine[i] = sqrt((1.0 - mu) * (1.0 + mu));
		out->slope[i] = sine[i] * view->inverse_mu[i];
	}
	for (int m = 0; m < s->options.azimuths && m < order; m++) {
		out->first[m] = row;
		tabulate_mode(view, m, order - m, sine, out->polynomial + (ptrdiff_t)row * view->count);
		row += order - m;
	}
}

static void lay_out(struct beam_solver *s)
{
	for (int v = 0; v < s->flat->views; v++)
		tabulate_view(s, &s->view[v], &s->flat->view[v]);
	for (size_t l = 0; l < s->flat->count; l++) {
		s->layer[l].flat = &s->flat->layer[l];
		s->layer[l].view = &s->view[s->flat->layer[l].view - s->flat->view];
	}
}

/* ---- reflections, upwards ---- */

/* Fresnel reflectance of node i from index n to outside; 1 where it is totally reflected. */
static double node_reflectance(const struct beam_solver *s, int i, double n, double outside)
{
	const struct node *node = &s->flat->node[i];
	return node->index > outside ? 1.0 : light_fresnel(n, outside, node_cosine(node, n));
}

static void start_below(const struct beam_solver *s, double *back, double *source)
{
	const struct beam_layer *last = &s->layer[s->flat->count - 1];
	int n = last->size;
	memset(back, 0, (size_t)(n * n) * sizeof *back);
	for (int p = 0; p < n; p++) {
		back[(ptrdiff_t)p * (n + 1)] = node_reflectance(s, p / s->azimuths, last->view->view->n, s->flat->n_below);
		source[p] = 0.0;
	}
}

/* sum := W + V, difference := W - V. */
static void split(const struct beam_layer *layer, double *sum, double *difference)
{
	for (int i = 0; i < layer->size * layer->size; i++) {
		sum[i] = layer->wave[i] + layer->flux[i];
		difference[i] = layer->wave[i] - layer->flux[i];
	}
}

static enum status not_independent(struct fail *why)
{
	return fail_set(why, ST_NUMERIC, "layer", "the light between two layers is not determined");
}

/* upward = back downward + source at the bottom gives b = echo a + load:
 * ((W + V) - R (W - V)) b = (R (W + V) - (W - V)) E a + 2 (R p+ + s - p-). */
static enum status reflect_bottom(const struct beam_solver *s, struct beam_layer *layer, const double *back,
                                  const double *source, const double *sum, const double *difference,
                                  struct fail *why)
{
	int n = layer->size, columns = n + 1;
	double *left = s->scratch[2], *right = s->scratch[3], *product = s->scratch[4];
	double *down = s->vector[0], *up = s->vector[1], *returned = s->vector[2];
	beam_layer_source(layer, 1, down, up);
	general_multiply(n, n, 1, back, down, returned);
	general_multiply(n, n, n, back, difference, left);
	general_multiply(n, n, n, back, sum, product);
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++) {
			ptrdiff_t at = (ptrdiff_t)i * n + j;
			left[at] = sum[at] - left[at];
			right[(ptrdiff_t)i * columns + j] = product[at] - difference[at];
		}
		right[(ptrdiff_t)i * columns + n] = 2.0 * (returned[i] + source[i] - up[i]);
	}
	if (general_divide(n, left, columns, right))
		return not_independent(why);
	for (int i = 0; i < n; i++) {
		memcpy(layer->echo + (ptrdiff_t)i * n, right + (ptrdiff_t)i * columns, (size_t)n * sizeof *right);
		layer->load[i] = right[(ptrdiff_t)i * columns + n];
	}
	beam_layer_decay_columns(layer, layer->echo);
	return ST_OK;
}

/* With Q = E echo: entry = (W + V) + (W - V) Q, back = ((W - V) + (W + V) Q) inverse(entry), source from load. */
static enum status reflect_top(const struct beam_solver *s, struct beam_layer *layer, const double *sum,
                               const double *difference, struct fail *why)
{
	int n = layer->size;
	double *q = s->scratch[2], *turned = s->scratch[3], *turned_back = s->scratch[4];
	double *load = s->vector[0], *down = s->vector[1], *up = s->vector[2], *part = s->vector[3];
	memcpy(q, layer->echo, (size_t)(n * n) * sizeof *q);
	beam_layer_decay_rows(layer, n, q);
	general_multiply(n, n, n, difference, q, layer->entry);
	general_multiply(n, n, n, sum, q, layer->back);
	for (int i = 0; i < n * n; i++) {
		layer->entry[i] += sum[i];
		layer->back[i] += difference[i];
	}
	general_transpose(n, layer->entry, turned);
	general_transpose(n, layer->back, turned_back);
	if (general_divide(n, turned, n, turned_back))
		return not_independent(why);
	general_transpose(n, turned_back, layer->back);
	memcpy(load, layer->load, (size_t)n * sizeof *load);
	beam_layer_decay_rows(layer, 1, load);
	beam_layer_source(layer, 0, down, up);
	general_multiply(n, n, 1, difference, load, part);
	for (int i = 0; i < n; i++)
		down[i] += 0.5 * part[i];
	general_multiply(n, n, 1, sum, load, part);
	for (int i = 0; i < n; i++)
		up[i] += 0.5 * part[i];
	general_multiply(n, n, 1, layer->back, down, layer->source);
	for (int i = 0; i < n; i++)
		layer->source[i] = up[i] - layer->source[i];
	return ST_OK;
}

/* Through the surface above layer below, into index above (columns common nodes seen there):
 * step = inverse(1 - R r) (R T, s). */
static enum status cross_step(const struct beam_solver *s, struct beam_layer *below, double above, int common,
                              struct fail *why)
{
	int n = below->size, columns = common + 1;
	double *left = s->scratch[2];
	for (int q = 0; q < n; q++) {
		double r = node_reflectance(s, q / s->azimuths, below->view->view->n, above);
		for (int p = 0; p < n; p++) {
			double back = below->back[(ptrdiff_t)p * n + q];
			left[(ptrdiff_t)p * n + q] = (p == q ? 1.0 : 0.0) - back * r;
			if (q < common)
				below->step[(ptrdiff_t)p * columns + q] = back * (1.0 - r);
		}
	}
	for (int p = 0; p < n; p++)
		below->step[(ptrdiff_t)p * columns + common] = below->source[p];
	return general_divide(n, left, columns, below->step) ? not_independent(why) : ST_OK;
}

static int common_size(const struct beam_layer *above, const struct beam_layer *below)
{
	return above->size < below->size ? above->size : below->size;
}

/* The reflection seen at the bottom of above: r + T step. */
static enum status climb_step(const struct beam_solver *s, const struct beam_layer *above, struct beam_layer *below,
                              double *back, double *source, struct fail *why)
{
	int n = above->size, common = common_size(above, below);
	enum status st = cross_step(s, below, above->view->view->n, common, why);
	if (st)
		return st;
	memset(back, 0, (size_t)(n * n) * sizeof *back);
	for (int p = 0; p < n; p++) {
		double r = node_reflectance(s, p / s->azimuths, above->view->view->n, below->view->view->n);
		const double *row = below->step + (ptrdiff_t)p * (common + 1);
		for (int q = 0; q < common && p < common; q++)
			back[(ptrdiff_t)p * n + q] = (1.0 - r) * row[q];
		back[(ptrdiff_t)p * (n + 1)] += r;
		source[p] = p < common ? (1.0 - r) * row[common] : 0.0;
	}
	return ST_OK;
}

static enum status climb(struct beam_solver *s, struct fail *why)
{
	double *stepped = s->scratch[5], *stepped_source = s->vector[7];
	const double *back = stepped, *source = stepped_source;
	enum status st = ST_OK;
	start_below(s, stepped, stepped_source);
	for (size_t l = s->flat->count; l-- > 0 && !st;) {
		struct beam_layer *layer = &s->layer[l];
		split(layer, s->scratch[0], s->scratch[1]);
		st = reflect_bottom(s, layer, back, source, s->scratch[0], s->scratch[1], why);
		if (!st)
			st = reflect_top(s, layer, s->scratch[0], s->scratch[1], why);
		back = layer->back;
		source = layer->source;
		if (!st && l > 0 && s->layer[l - 1].view != layer->view) {
			st = climb_step(s, &s->layer[l - 1], layer, stepped, stepped_source, why);
			back = stepped;
			source = stepped_source;
		}
	}
	return st;
}

/* ---- the light, downwards ---- */

/* downward in index above (common elements; NULL: none) becomes downward below the step. */
static void descend_step(const struct beam_solver *s, const struct beam_layer *below, double above, int common,
                         const double *arriving, double *downward)
{
	for (int p = 0; p < below->size; p++) {
		double r = node_reflectance(s, p / s->azimuths, below->view->view->n, above);
		const double *row = below->step + (ptrdiff_t)p * (common + 1);
		double upward = row[common];
		for (int q = 0; q < common; q++)
			upward += row[q] * arriving[q];
		downward[p] = r * upward + (p < common ? (1.0 - r) * arriving[p] : 0.0);
	}
}

/* From the downward wave at the top: coefficients, field, and the downward wave at the bottom. */
static enum status descend_layer(const struct beam_solver *s, struct beam_layer *layer, double *downward,
                                 struct beam_mode *mode, int *modes, struct fail *why)
{
	int n = layer->size;
	double *a = s->vector[0], *b = s->vector[1], *down = s->vector[2], *up = s->vector[3], *load = s->vector[4];
	double *entry = s->scratch[2];
	memcpy(load, layer->load, (size_t)n * sizeof *load);
	beam_layer_decay_rows(layer, 1, load);
	beam_layer_source(layer, 0, down, up);
	for (int i = 0; i < n; i++) {
		a[i] = 2.0 * (downward[i] - down[i]);
		for (int k = 0; k < n; k++)
			a[i] -= (layer->wave[(ptrdiff_t)i * n + k] - layer->flux[(ptrdiff_t)i * n + k]) * load[k];
	}
	memcpy(entry, layer->entry, (size_t)(n * n) * sizeof *entry);
	if (general_divide(n, entry, 1, a))
		return not_independent(why);
	general_multiply(n, n, 1, layer->echo, a, b);
	for (int i = 0; i < n; i++)
		b[i] += layer->load[i];
	*modes = beam_layer_field(layer, s->azimuths, a, b, mode);
	beam_layer_decay_rows(layer, 1, a);
	beam_layer_source(layer, 1, down, up);
	for (int i = 0; i < n; i++) {
		downward[i] = down[i];
		for (int k = 0; k < n; k++) {
			double wave = layer->wave[(ptrdiff_t)i * n + k], flux = layer->flux[(ptrdiff_t)i * n + k];
			downward[i] += 0.5 * ((wave + flux) * a[k] + (wave - flux) * b[k]);
		}
	}
	return ST_OK;
}

static enum status descend(struct beam_solver *s, struct beam_response *out, struct fail *why)
{
	double *downward = s->vector[6], *arriving = s->vector[7];
	enum status st = cross_step(s, &s->layer[0], s->flat->n_above, 0, why);
	if (!st)
		descend_step(s, &s->layer[0], s->flat->n_above, 0, NULL, downward);
	for (size_t l = 0; l < s->flat->count && !st; l++) {
		struct beam_layer *layer = &s->layer[l];
		if (l > 0 && s->layer[l - 1].view != layer->view) {
			const struct beam_layer *above = &s->layer[l - 1];
			memcpy(arriving, downward, (size_t)above->size * sizeof *arriving);
			descend_step(s, layer, above->view->view->n, common_size(above, layer), arriving, downward);
		}
		st = descend_layer(s, layer, downward, out->mode[l], &out->modes[l], why);
	}
	return st;
}

/* ---- all frequencies ---- */

static int azimuths_at(const struct beam_solver *s, double k_1_cm)
{
	return k_1_cm == 0.0 ? 1 : s->options.azimuths;
}

enum status beam_solve_frequency(struct beam_solver *s, int slot, double k_1_cm, struct fail *why)
{
	enum status st = ST_OK;
	s->azimuths = azimuths_at(s, k_1_cm);
	for (size_t l = 0; l < s->flat->count && !st; l++) {
		s->layer[l].size = s->layer[l].view->view->count * s->azimuths;
		st = beam_layer_modes(s, &s->layer[l], k_1_cm, why);
	}
	if (!st)
		st = climb(s, why);
	return st ? st : descend(s, &s->response[slot], why);
}

static enum status solve_all(struct beam_solver *s, const struct light_stack *stack, double radius_min_cm,
                             struct fail *why)
{
	const struct light_source normal = {.kind = LIGHT_COLLIMATED};
	enum status st = ordinates_solve(s->flat, stack, &normal, why);
	if (!st)
		st = ordinates_solve(s->anchor, stack, &normal, why);
	if (!st)
		st = reserve(s, why);
	if (st)
		return st;
	lay_out(s);
	hankel_init(&s->hankel, s->options.frequencies, REACH / radius_min_cm);
	for (int j = 0; j < s->hankel.count && !st; j++)
		st = beam_solve_frequency(s, j, s->hankel.k_1_cm[j], why);
	return st;
}

enum status beam_solve(struct beam_solver *solver, const struct light_stack *stack, double radius_min_cm,
                       struct fail *why)
{
	solver->radius_min_cm = 0.0;
	if (solver->companion)
		solver->companion->radius_min_cm = 0.0;
	if (!(radius_min_cm >= BEAM_RADIUS_MIN_CM && radius_min_cm <= BEAM_RADIUS_MAX_CM))
		return fail_set(why, ST_RANGE, "radius_min_cm", "radius_min_cm is %g; allowed is %g to %g", radius_min_cm,
		                BEAM_RADIUS_MIN_CM, BEAM_RADIUS_MAX_CM);
	enum status st = solve_all(solver, stack, radius_min_cm, why);
	if (!st)
		solver->radius_min_cm = radius_min_cm;
	return st;
}

/* One fewer of everything; where that is not allowed, one more tells as much. */
static int neighbour(int value, int least, int fewer)
{
	return value - fewer >= least ? value - fewer : value + 1;
}

enum status beam_solve_companion(struct beam_solver *s, struct fail *why)
{
	const struct beam_options *o = &s->options;
	struct beam_options coarse = {
		.nodes_per_panel = neighbour(o->nodes_per_panel, NODES_LEAST, 1),
		.azimuths = neighbour(o->azimuths, AZIMUTHS_LEAST, 1),
		.frequencies = neighbour(o->frequencies, FREQUENCIES_LEAST, o->frequencies / 4),
	};
	enum status st = s->companion ? ST_OK : beam_new(&coarse, &s->companion, why);
	if (st || s->companion->radius_min_cm > 0.0)
		return st;
	struct light_stack stack = {s->flat->n_above, s->flat->n_below, s->flat->count, s->flat->copy};
	return beam_solve(s->companion, &stack, s->radius_min_cm, why);
}
