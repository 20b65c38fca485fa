/* Panels from the refractive indices, Gauss-Legendre nodes within them. */
#include "physics/nodes.h"

#include "physics/base/units.h"

#define NEWTON_STEPS 100

/* A panel this wide (in its own cosine) gets all its nodes, a narrower one its share, but at least the
 * minimum: the panel between air and skin has 0.7, one between two layers of skin about 0.1. */
#define WIDE_PANEL 0.6
#define NARROW_NODES_MIN 1

/* P_n(x) and its derivative by the three-term recurrence (Abramowitz & Stegun 8.5.3, 8.5.4). */
static double legendre(int n, double x, double *derivative)
{
	double before = 1.0, p = x;
	for (int k = 2; k <= n; k++) {
		double next = ((2.0 * k - 1.0) * x * p - (k - 1.0) * before) / k;
		before = p;
		p = next;
	}
	*derivative = n * (x * p - before) / (x * x - 1.0);
	return p;
}

/* Nodes: zeros of P_n by Newton from Tricomi's estimate; weights 2 / ((1 - x^2) P_n'^2) (Abramowitz &
 * Stegun 25.4.29). Pinned by test_ordinates: exact for polynomials up to degree 2 n - 1. */
void gauss_rule_init(struct gauss_rule *rule, int count)
{
	rule->count = count;
	for (int i = 0; i < count; i++) {
		double x = count == 1 ? 0.0 : cos(PI * (i + 0.75) / (count + 0.5));
		double slope = 1.0;
		for (int step = 0; step < NEWTON_STEPS && count > 1; step++) {
			double change = legendre(count, x, &slope) / slope;
			x -= change;
			if (fabs(change) < 1e-15)
				break;
		}
		if (count > 1)
			legendre(count, x, &slope);
		rule->x[i] = 0.5 * (1.0 + x);
		rule->weight[i] = 1.0 / ((1.0 - x * x) * slope * slope);
	}
}

static double highest_layer_index(const struct light_stack *stack)
{
	double highest = 0.0;
	for (size_t i = 0; i < stack->count; i++)
		highest = fmax(highest, stack->layer[i].n);
	return highest;
}

/* Keeps ends sorted and distinct. */
static int insert_end(double *ends, int count, double n)
{
	int at = 0;
	while (at < count && ends[at] < n)
		at++;
	if (at < count && ends[at] == n)
		return count;
	memmove(ends + at + 1, ends + at, (size_t)(count - at) * sizeof *ends);
	ends[at] = n;
	return count + 1;
}

static int panel_ends(const struct light_stack *stack, double *ends)
{
	double highest = highest_layer_index(stack);
	int count = 0;
	for (size_t i = 0; i < stack->count; i++)
		count = insert_end(ends, count, stack->layer[i].n);
	if (stack->n_above < highest)
		count = insert_end(ends, count, stack->n_above);
	if (stack->n_below < highest)
		count = insert_end(ends, count, stack->n_below);
	return count;
}

static int nodes_of_width(double width, int per_panel)
{
	int share = (int)ceil(per_panel * width / WIDE_PANEL);
	share = share < NARROW_NODES_MIN ? NARROW_NODES_MIN : share;
	return share > per_panel ? per_panel : share;
}

/* Whether some layer sees only the first panel, which then must resolve its scattering alone. */
static int first_panel_stands_alone(const struct light_stack *stack, double end)
{
	for (size_t i = 0; i < stack->count; i++) {
		if (stack->layer[i].n == end)
			return 1;
	}
	return 0;
}

int nodes_build(const struct light_stack *stack, int per_panel, const struct gauss_rule *rules,
                struct node *node)
{
	double ends[NODES_PANELS_MAX];
	int panels = panel_ends(stack, ends), count = 0;
	for (int p = 0; p < panels; p++) {
		double ratio = p ? ends[p - 1] / ends[p] : 0.0;
		double width = sqrt((1.0 - ratio) * (1.0 + ratio));
		int wanted = p ? nodes_of_width(width, per_panel) : per_panel;
		if (p == 0 && first_panel_stands_alone(stack, ends[0]))
			wanted = 2 * per_panel;
		const struct gauss_rule *rule = &rules[wanted - 1];
		for (int i = 0; i < rule->count; i++) {
			double nu = width * rule->x[i];
			double flux = ends[p] * ends[p] * nu * width * rule->weight[i];
			node[count++] = (struct node){.index = ends[p], .cosine = nu, .flux = flux};
		}
	}
	return count;
}

int nodes_visible(const struct node *node, int count, double n)
{
	while (count > 0 && node[count - 1].index > n)
		count--;
	return count;
}

/* mu^2 = 1 - (b/n)^2 (1 - nu^2), written without the cancellation at grazing angles. */
double node_cosine(const struct node *node, double n)
{
	double ratio = node->index / n;
	return sqrt((1.0 - ratio) * (1.0 + ratio) + ratio * ratio * node->cosine * node->cosine);
}
