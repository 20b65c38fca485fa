/* Plane-layered media and the light that meets them: what every transport engine takes in.
 *
 * Lengths in cm, coefficients in 1/cm, as in the transport literature (Wang & Jacques 1995, MCML).
 * z = 0 is the surface, z grows into the tissue. Scattering is Henyey-Greenstein (1941).
 * Plain data; the caller owns the arrays; nothing here allocates.
 */
#ifndef LASERTWIN_LIGHT_H
#define LASERTWIN_LIGHT_H

#include <stddef.h>

#include "physics/base/status.h"

#define LIGHT_LAYERS_MAX 64

struct light_layer {
	double n;            /* refractive index [-], 1 .. 4 */
	double mua_1_cm;     /* absorption, >= 0 */
	double mus_1_cm;     /* scattering, >= 0 */
	double g;            /* anisotropy, -0.99 .. 0.99 */
	double thickness_cm; /* > 0 */
};

struct light_stack {
	double n_above, n_below; /* indices of the half spaces outside */
	size_t count;            /* 1 .. LIGHT_LAYERS_MAX */
	const struct light_layer *layer;
};

enum light_kind {
	LIGHT_COLLIMATED = 0, /* a broad beam at cos_incidence (zero means 1: normal) */
	LIGHT_DIFFUSE         /* Lambertian: equal radiance from the whole upper hemisphere */
};

struct light_source {
	enum light_kind kind;
	double cos_incidence; /* outside the tissue; 0 means normal incidence */
};

/* Refuses, by layer and field, what no engine can answer: non-finite or negative optics, |g| > 0.99,
 * thickness <= 0, index outside 1..4, no layers or too many. ST_OK when the stack may be solved. */
enum status light_stack_check(const struct light_stack *stack, struct fail *why) MUST_CHECK;

/* Refuses an unknown kind and a cos_incidence that is not a number from 0 (meaning 1) to 1. */
enum status light_source_check(const struct light_source *source, struct fail *why) MUST_CHECK;

/* Unpolarised Fresnel reflectance for light going from n_from to n_to at cosine mu (in n_from);
 * 1 beyond the critical angle. Born & Wolf, Principles of Optics, 7th ed., 1.5.2, eqs 32-33. */
double light_fresnel(double n_from, double n_to, double mu);

#endif
