/* Checks of a layered medium, and the Fresnel formula every transport engine shares. */
#include "physics/light.h"

#define INDEX_MIN 1.0
#define INDEX_MAX 4.0 /* germanium, the highest of any window material */
#define ANISOTROPY_MAX 0.99
#define COEFFICIENT_MAX_1_CM 1e8 /* above any metal's; keeps squares finite */
#define THICKNESS_MAX_CM 1e9 /* what MCML files mean by endless */

struct layer_rule {
	const char *name;
	size_t offset;
	double low, high;
	int low_is_open;
	const char *allowed;
};

static const struct layer_rule layer_rules[] = {
	{"n", offsetof(struct light_layer, n), INDEX_MIN, INDEX_MAX, 0, "1 to 4"},
	{"mua_1_cm", offsetof(struct light_layer, mua_1_cm), 0.0, COEFFICIENT_MAX_1_CM, 0, "0 to 1e8"},
	{"mus_1_cm", offsetof(struct light_layer, mus_1_cm), 0.0, COEFFICIENT_MAX_1_CM, 0, "0 to 1e8"},
	{"g", offsetof(struct light_layer, g), -ANISOTROPY_MAX, ANISOTROPY_MAX, 0, "-0.99 to 0.99"},
	{"thickness_cm", offsetof(struct light_layer, thickness_cm), 0.0, THICKNESS_MAX_CM, 1, "above 0, to 1e9"},
};

static int obeys(const struct layer_rule *rule, double value)
{
	if (!isfinite(value) || value < rule->low || value > rule->high)
		return 0;
	return !(rule->low_is_open && value == rule->low);
}

static enum status check_layer(const struct light_layer *layer, size_t number, struct fail *why)
{
	for (size_t i = 0; i < sizeof layer_rules / sizeof layer_rules[0]; i++) {
		const struct layer_rule *rule = &layer_rules[i];
		double value;
		memcpy(&value, (const char *)layer + rule->offset, sizeof value);
		if (obeys(rule, value))
			continue;
		char field[FAIL_FIELD_MAX];
		snprintf(field, sizeof field, "layer %zu: %s", number, rule->name);
		return fail_set(why, ST_RANGE, field, "%s is %g; allowed is %s", rule->name, value, rule->allowed);
	}
	return ST_OK;
}

static enum status check_outside(double n, const char *field, struct fail *why)
{
	if (isfinite(n) && n >= INDEX_MIN && n <= INDEX_MAX)
		return ST_OK;
	return fail_set(why, ST_RANGE, field, "%s is %g; allowed is 1 to 4", field, n);
}

enum status light_stack_check(const struct light_stack *stack, struct fail *why)
{
	if (stack->count < 1 || stack->count > LIGHT_LAYERS_MAX || !stack->layer)
		return fail_set(why, ST_RANGE, "layers", "%zu layers; allowed are 1 to %d", stack->count,
		                LIGHT_LAYERS_MAX);
	enum status st = check_outside(stack->n_above, "n_above", why);
	if (st == ST_OK)
		st = check_outside(stack->n_below, "n_below", why);
	for (size_t i = 0; i < stack->count && st == ST_OK; i++)
		st = check_layer(&stack->layer[i], i + 1, why);
	return st;
}

enum status light_source_check(const struct light_source *source, struct fail *why)
{
	if (source->kind != LIGHT_COLLIMATED && source->kind != LIGHT_DIFFUSE)
		return fail_set(why, ST_INPUT, "kind", "source kind %d is unknown", (int)source->kind);
	if (!(source->cos_incidence >= 0.0 && source->cos_incidence <= 1.0))
		return fail_set(why, ST_RANGE, "cos_incidence", "cos_incidence is %g; allowed is above 0 to 1",
		                source->cos_incidence);
	return ST_OK;
}

/* With mu_t = sqrt(1 - (n_from/n_to)^2 (1 - mu^2)):
 *   r_s = (n_from mu - n_to mu_t) / (n_from mu + n_to mu_t)
 *   r_p = (n_to mu - n_from mu_t) / (n_to mu + n_from mu_t),   R = (r_s^2 + r_p^2) / 2.
 * Born & Wolf, 7th ed., 1.5.2, eqs 32-33. Exact for plane interfaces without absorption; the absorption
 * of tissue changes R by (mua lambda / 4 pi n)^2, below 1e-6 everywhere but in water at 3 um.
 * Pinned by test_light: normal incidence, Brewster's angle, reciprocity, the critical angle. */
double light_fresnel(double n_from, double n_to, double mu)
{
	if (n_from == n_to)
		return 0.0;
	double ratio = n_from / n_to;
	double mu_t_squared = 1.0 - ratio * ratio * (1.0 - mu * mu);
	if (mu_t_squared <= 0.0 || mu <= 0.0)
		return 1.0;
	double mu_t = sqrt(mu_t_squared);
	double s = (n_from * mu - n_to * mu_t) / (n_from * mu + n_to * mu_t);
	double p = (n_to * mu - n_from * mu_t) / (n_to * mu + n_from * mu_t);
	return 0.5 * (s * s + p * p);
}
