/* Angular nodes of the discrete ordinates: shared by all layers of a stack, whatever their index.
 *
 * A direction is named by its Snell invariant s = n sin(theta), which refraction keeps. The distinct
 * refractive indices of the stack cut 0 .. n_max into panels; a layer of index n sees the panels up to n,
 * and a node sits at the same s in each of them, so a node couples only to itself across an interface.
 * Panel (a, b) has Gauss-Legendre nodes in the cosine nu that its rays would have in a medium of index b:
 * s^2 = b^2 (1 - nu^2). For the escape panel that is the cosine outside, in which the Fresnel
 * transmittance is smooth; for the panel that ends at a layer's own index it is the layer's own cosine.
 * Nodes are sorted by growing s (steepest first), so the nodes of a lower index are a prefix.
 */
#ifndef LASERTWIN_NODES_H
#define LASERTWIN_NODES_H

#include "physics/light.h"

#define NODES_PANELS_MAX (LIGHT_LAYERS_MAX + 2)
#define NODES_PER_PANEL_MAX 48
#define NODES_MAX (2 * NODES_PER_PANEL_MAX + NODES_PANELS_MAX * NODES_PER_PANEL_MAX)

struct gauss_rule {
	int count;
	double x[2 * NODES_PER_PANEL_MAX]; /* on (0, 1), falling */
	double weight[2 * NODES_PER_PANEL_MAX];
};

/* Gauss-Legendre rule with count nodes on (0, 1). */
void gauss_rule_init(struct gauss_rule *rule, int count);

struct node {
	double index;  /* upper end b of the panel */
	double cosine; /* nu: cosine in a medium of that index */
	double flux;   /* b^2 nu dnu = n^2 mu dmu: the same in every layer; sums to n^2 / 2 over the panels */
};

/* The nodes of a stack: per_panel in each wide panel, fewer in narrow ones, twice as many in the first
 * where a layer sees no other. rules[k] has k + 1 nodes, for k below 2 * per_panel. node holds NODES_MAX;
 * returns how many are used. */
int nodes_build(const struct light_stack *stack, int per_panel, const struct gauss_rule *rules,
                struct node *node);

/* How many nodes a medium of index n sees. */
int nodes_visible(const struct node *node, int count, double n);

/* Cosine of a node in a medium of index n >= its panel's. */
double node_cosine(const struct node *node, double n);

#endif
