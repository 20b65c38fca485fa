/* Inside of the ordinates solver: shared by ordinates.c (boundary problem), ordinates_layer.c (one layer's
 * modes), ordinates_field.c (queries) and the finite beam on top of them (ordinates_beam*.c). Not for others.
 *
 * Notation. For node i of a hemisphere with cosine mu, weight w and n^2 mu w = flux W (see nodes.h), the
 * azimuthally integrated radiances I+ (down) and I- (up) are carried as
 *     alpha = sqrt(W) (I+ + I-) / n^2,     beta = sqrt(W) (I+ - I-) / n^2.
 * Net flux is sum sqrt(W) beta, fluence n sum sqrt(w / mu) alpha. Both scalings are the same in every
 * layer, so beta is continuous everywhere and alpha jumps only by Fresnel reflection. Then
 *     beta' = -A alpha + q_s,   alpha' = -B beta + q_d,   A, B symmetric, B positive definite,
 * (A from the even, B from the odd phase moments; Nakajima & Tanaka 1986, JQSRT 35:13, reduce the same
 * way). With B = L L' and L' A L = V' diag(lambda^2) V (rows of V), alpha = shape' y decouples into
 * y'' = lambda^2 y, where shape = V L' and dual = V inverse(L) invert each other's transpose.
 */
#ifndef LASERTWIN_ORDINATES_INTERNAL_H
#define LASERTWIN_ORDINATES_INTERNAL_H

#include "physics/nodes.h"
#include "physics/ordinates.h"

/* The nodes as one refractive index sees them, and the polynomials orthogonal on them. */
struct view {
	double n;
	int count;
	double *root;        /* sqrt(w / mu) */
	double *inverse_mu;
	double *polynomial;  /* order rows of count: q_k at the nodes */
	double *at_beam;     /* order: q_k at the beam's cosine */
	double beam_cosine;  /* 0: the beam does not get into this index */
};

/* Collimated light in one layer: down e^(-rate z) + up e^(-rate (d - z)), z from the layer's top. */
struct beam {
	double rate, down, up; /* fluxes per unit incident flux */
	double end;            /* e^(-rate d) */
};

struct layer {
	struct light_layer optics;
	const struct view *view;
	double top_cm, depth_cm;
	double scattering_1_cm, extinction_1_cm; /* delta-M scaled */
	struct beam beam;
	/* modes: count each, or count x count */
	double *lambda, *sech, *tanh_over, *tanh_times; /* of lambda d: tanh / lambda, lambda tanh */
	double *shape, *dual;
	double *response, *response_flux; /* particular solution per unit beam: y and its flux partner */
	double *source_alpha, *source_flux;
	/* boundary problem, filled from below: beta = admittance alpha + load */
	double *bottom, *bottom_load; /* at the bottom, modal */
	double *coupling;             /* LU of 1 + (tanh / lambda) bottom */
	double *top, *top_load;       /* at the top, in node space */
	/* fluence = sum rate-modes down e^(-rate z) + up e^(-rate (d - z)); the last is the beam */
	double *rate, *down, *up;
};

struct ordinates {
	int per_panel;
	struct gauss_rule *rules;
	struct ordinates *companion; /* fewer nodes, for the error; made when first asked for */
	size_t count;
	struct layer layer[LIGHT_LAYERS_MAX];
	struct view view[LIGHT_LAYERS_MAX];
	int views;
	struct node node[NODES_MAX];
	int nodes, order;
	double n_above, n_below;
	struct light_layer copy[LIGHT_LAYERS_MAX];
	struct light_source source;
	double beam_up_frac, beam_down_frac; /* collimated light leaving at the top (after entering) and below */
	double *arena;
	size_t arena_size, arena_used;
	double *scratch[3]; /* nodes x nodes each */
	double *vector[4];  /* nodes each */
	struct light_balance balance;
};

/* Delta-M scaled coefficients of a layer whose optics are set. */
void ordinates_layer_scale(struct layer *layer, int order);

/* Fills the modes and the particular solution of a scaled layer whose beam is set. ST_NUMERIC when the
 * eigenproblem fails. */
enum status ordinates_layer_modes(struct layer *layer, int order, double *const scratch[3],
                                  struct fail *why) MUST_CHECK;

/* Sets the layer's fluence modes from its modal alpha at the top and modal beta at the bottom. */
void ordinates_layer_field(struct layer *layer, const double *top_modal, const double *bottom_flux);

/* Whether down and up of mode k are its value at the top and slope at the bottom. */
int ordinates_mode_is_slow(const struct layer *layer, int k);

/* Integral of the fluence between two depths below the layer's top [cm]. */
double ordinates_layer_integral(const struct layer *layer, double from_cm, double to_cm);

#endif
