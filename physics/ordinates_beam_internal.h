/* Inside of the finite-beam solver: shared by ordinates_beam.c (frequencies, boundary problem),
 * ordinates_beam_layer.c (one layer at one frequency) and ordinates_beam_field.c (queries). Not for others.
 *
 * Notation as in ordinates_internal.h, with azimuth: I(phi) = sum over m of J_m e^(i m phi), and for a
 * lateral wave e^(i k x) the streaming term i k sin(theta) cos(phi) couples m to m - 1 and m + 1. With
 * J_m = (-i)^m G_m, H_0 = G_0 and H_m = sqrt(2) G_m it is real:
 *     mu H_m' = -extinction H_m - k sin(theta) (c_m H_(m+1) - c_(m-1) H_(m-1)) + scattering,
 * c_0 = 1 / sqrt(2), else 1 / 2. The coupling is antisymmetric, so it moves light between modes and loses
 * none. The same term stands in both A and B:
 *     beta' = -A alpha + q_s,  alpha' = -B beta + q_d,  alpha'' = B A alpha + ..,
 * A and B no longer symmetric, their eigenvalues real or in conjugate pairs.
 * Element p = node x azimuths + m. Downward and upward waves are (alpha +- beta) / 2.
 */
#ifndef LASERTWIN_ORDINATES_BEAM_INTERNAL_H
#define LASERTWIN_ORDINATES_BEAM_INTERNAL_H

#include <complex.h>

#include "physics/ordinates_beam.h"
#include "physics/ordinates_internal.h"

/* The polynomials of every azimuth mode on the nodes of one refractive index, times root: mode m has
 * order - m rows of count, from row first[m]. */
struct beam_view {
	const struct view *view;
	double *polynomial;
	int first[BEAM_AZIMUTHS_MAX];
	double *slope; /* tan(theta) at the nodes */
};

/* One exponential of the scattered fluence in a layer: Re(down e^(-rate z) + up e^(-rate (d - z))). */
struct beam_mode {
	double complex rate, down, up;
};

/* A layer at one frequency. A solution is W (E(z) a + E(d - z) b) for alpha, V (E(z) a - E(d - z) b) for
 * beta; columns of a conjugate pair are real and imaginary part, its two coefficients c = a1 - i a2. */
struct beam_layer {
	const struct layer *flat; /* optics, scaled coefficients, the beam */
	const struct beam_view *view;
	int size;                  /* nodes x azimuths */
	double complex *rate;      /* by mode; im > 0 first of a pair, < 0 second */
	double *wave, *flux;       /* W, V: size x size */
	double *response, *response_flux; /* of the beam: alpha and beta per unit beam */
	/* from below: b = echo a + load; a from the downward wave at the top by entry / 2 */
	double *echo, *load, *entry;
	double *back, *source;     /* at the top: upward = back downward + source */
	double *step;              /* through the index step above: upward below it from downward above it */
};

struct beam_response {
	int modes[LIGHT_LAYERS_MAX]; /* used, of capacity */
	struct beam_mode *mode[LIGHT_LAYERS_MAX];
};

struct beam_solver {
	struct beam_options options;
	struct ordinates *flat;   /* frequency 0 with the same nodes */
	struct ordinates *anchor; /* frequency 0 with many */
	struct beam_solver *companion;
	double radius_min_cm; /* 0: no response */
	struct hankel hankel;
	int azimuths;         /* in use at the frequency at hand */
	struct beam_view view[LIGHT_LAYERS_MAX];
	struct beam_layer layer[LIGHT_LAYERS_MAX];
	double *arena, *scratch[6], *vector[8];
	struct beam_response response[HANKEL_FREQUENCIES_MAX];
	struct beam_mode *modes;
};

/* Least rate of a mode [1/cm]: one of 0 would make its two solutions one. Its square is far below any
 * absorption that matters, its inverse far above rounding. */
#define RATE_MIN_1_CM 1e-5

/* Modes and particular solution of a layer at frequency k. ST_NUMERIC when the eigenproblem fails. */
enum status beam_layer_modes(const struct beam_solver *s, struct beam_layer *layer, double k_1_cm,
                             struct fail *why) MUST_CHECK;

/* alpha and beta of the particular solution at top (0) or bottom (1), as waves. */
void beam_layer_source(const struct beam_layer *layer, int bottom, double *downward, double *upward);

/* matrix := E matrix, matrix := matrix E and x := E x with E = e^(-rate d). */
void beam_layer_decay_rows(const struct beam_layer *layer, int columns, double *matrix);
void beam_layer_decay_columns(const struct beam_layer *layer, double *matrix);

/* The scattered fluence of a layer with coefficients a and b; returns the count of modes, at most size + 1. */
int beam_layer_field(const struct beam_layer *layer, int azimuths, const double *a, const double *b,
                     struct beam_mode *mode);

/* The response at one frequency: fills s->response[slot]. Needs beam_solve's tables. */
enum status beam_solve_frequency(struct beam_solver *s, int slot, double k_1_cm, struct fail *why) MUST_CHECK;

/* Absorbed energy density of the light scattered at a frequency [1/cm], or of the unscattered light (slot
 * -1), in each of nz bins. work holds 3 nz + 2. */
void beam_response_absorption(const struct beam_solver *s, int slot, size_t nz, const double *edges_cm,
                              double *work, double *out);

/* The second response, for the error. */
enum status beam_solve_companion(struct beam_solver *s, struct fail *why) MUST_CHECK;

#endif
