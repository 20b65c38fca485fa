/* What the photon loops share: the plan of a run, read-only while batches run, and the layout of a tally.
 *
 * A batch is a pure function of plan, batch number and photon count, so batches may run on any threads in
 * any order. An engine is one such function: montecarlo_scalar.c follows one packet at a time in double
 * precision; montecarlo_lanes.h sixteen at a time in single, compiled for each instruction set.
 */
#ifndef LASERTWIN_MONTECARLO_PRIVATE_H
#define LASERTWIN_MONTECARLO_PRIVATE_H

#include <stdbool.h>

#include "physics/base/rng.h"
#include "physics/base/units.h"
#include "physics/montecarlo.h"

#define MC_ROULETTE_BELOW 1e-3 /* least weights of plain runs; others play earlier: montecarlo_tables.c */
#define MC_ROULETTE_SURVIVAL 0.1
#define MC_STEPS_MAX 10000000 /* of one packet; the rest of it is booked with the roulette */

#define MC_LINE 64 /* bytes of a cache line */
#define MC_CONTROLS 20 /* sums of known mean that a batch keeps beside its tally: montecarlo_lanes_control.h */

struct mc_shape {
	size_t variants, nr, nz, layers, na;
	size_t rows; /* nz + 2: bins above and below the grid, too */
	size_t controls; /* MC_CONTROLS, or 0 */
	bool leads;      /* the last variant is a companion of the others: montecarlo_share.c */
};

#define MC_CARRIED_MAX (MC_VARIANTS_MAX + 8) /* variants, one more, and up to a whole group */

struct mc_medium {
	double n, mus, g;
	double hg_a, hg_b, hg_c; /* 1 + g^2, 1 - g^2, 1 - g */
	double top, bottom;
};

/* A unit cell of a periodic array: the points nearer to its beam than to any other, bounded by pairs of
 * lines at a distance of half the pitch, across unit normals. */
struct mc_cell {
	int pairs; /* 0: a single beam, no cell */
	double half, nx[3], ny[3];
};

/* A packet just inside the surface. */
struct mc_ray {
	double x, y, ux, uy, uz;
	double weight, specular; /* what entered and what was reflected: 1 together */
	size_t ring, row;
};

struct mc_lanes; /* tables of the engine with lanes */

struct mc_plan {
	const struct mc_request *request;
	struct mc_shape shape;
	struct mc_medium medium[LIGHT_LAYERS_MAX];
	struct mc_cell cell;
	double *mua;        /* layer-major, variants inside */
	double *row_edge;   /* rows + 1, from -inf to inf */
	double *ring_edge2; /* squares: nr + 2, from -1 (never crossed) to inf */
	struct mc_ray ray;  /* the one every packet is, where they are all alike */
	bool alike;
	struct mc_lanes *lanes; /* NULL for the scalar engine */
};

/* Where one batch books: as many tallies as it has parts, one behind the other, each with its controls, all zeroed
 * by the caller; and room for the engine. The first parts have one photon more than the others. */
struct mc_work {
	size_t parts;
	double *tally, *control, *room;
};

static inline uint64_t mc_photons_of_part(uint64_t photons, size_t parts, size_t part)
{
	return photons / parts + (part < photons % parts ? 1 : 0);
}

/* Follows the photons of one batch; engines without controls have one part. */
typedef void mc_batch(const struct mc_plan *plan, uint64_t number, uint64_t photons, struct mc_work *work);

mc_batch mc_batch_scalar;
mc_batch mc_batch_neon;
mc_batch mc_batch_avx2;
mc_batch mc_batch_avx512;

/* ---- places in a tally: cells, depth rows, layers, up, down, roulette (variants innermost), specular ---- */

static inline size_t mc_cells(const struct mc_shape *s)
{
	return (s->nr + 1) * s->rows;
}

static inline size_t mc_place_cell(const struct mc_shape *s, size_t ring, size_t row)
{
	return (ring * s->rows + row) * s->variants;
}

/* Without rings the cells are the rows. */
static inline size_t mc_place_depth(const struct mc_shape *s, size_t row)
{
	return ((s->nr ? mc_cells(s) : 0) + row) * s->variants;
}

static inline size_t mc_place_layer(const struct mc_shape *s, size_t layer)
{
	return mc_place_depth(s, s->rows) + layer * s->variants;
}

static inline size_t mc_place_up(const struct mc_shape *s)
{
	return mc_place_layer(s, s->layers);
}

static inline size_t mc_place_down(const struct mc_shape *s)
{
	return mc_place_up(s) + s->variants;
}

static inline size_t mc_place_roulette(const struct mc_shape *s)
{
	return mc_place_down(s) + s->variants;
}

static inline size_t mc_place_specular(const struct mc_shape *s)
{
	return mc_place_roulette(s) + s->variants;
}

/* What leaves, by side (0 up, 1 down), ring and angle; first variant only. */
static inline size_t mc_place_left(const struct mc_shape *s, size_t side, size_t ring, size_t angle)
{
	return mc_place_specular(s) + 1 + (side * (s->nr + 1) + ring) * s->na + angle;
}

static inline size_t mc_tally_size(const struct mc_shape *s)
{
	return mc_place_left(s, 2, 0, 0);
}

/* cosine: of the path inside, next to the wall, in index n; the angle is that outside, in index beyond. */
static inline size_t mc_angle_of(const struct mc_shape *s, double cosine, double n, double beyond)
{
	double ratio = n / beyond, outside = 1.0 - ratio * ratio * (1.0 - cosine * cosine);
	size_t angle = (size_t)((double)s->na * acos(sqrt(fmax(outside, 0.0))) / (0.5 * PI));
	return angle < s->na ? angle : s->na - 1;
}

/* ---- sources (montecarlo_source.c) ---- */

enum status mc_check_source(const struct mc_source *source, struct fail *why) MUST_CHECK;
void mc_set_cell(const struct mc_source *source, struct mc_cell *cell);
void mc_launch(const struct mc_plan *plan, struct rng *rng, struct mc_ray *ray);
/* Sets plan->ray where no chance is in it: a pencil that is not turned. */
void mc_set_ray(struct mc_plan *plan);
/* Reflectance of the surface for every packet alike; NAN for a focused beam, where it differs. */
double mc_source_specular(const struct mc_request *request);
/* Area of the part of a disc about the beam that lies in its cell. */
double mc_cell_area(const struct mc_cell *cell, double radius);

/* ---- sums over batches (montecarlo_sums.c) ---- */

struct mc_sums; /* of tallies and controls */

enum status mc_sums_new(const struct mc_shape *shape, size_t size, struct mc_sums **out, struct fail *why) MUST_CHECK;
void mc_sums_free(struct mc_sums **sums);
/* One part: sums of its photons. */
void mc_sums_add(struct mc_sums *sums, const double *tally, const double *control, uint64_t photons);
/* Finds the coefficients of the controls from what was added so far. */
void mc_sums_settle(struct mc_sums *sums);
/* Mean per photon at a place of the tally; of what was there at the last settling. */
double mc_sums_mean(const struct mc_sums *sums, size_t place, double *se);
/* The same of variant v of a tally whose last variant leads, with the leader's mean from a larger run of its own. */
double mc_sums_led_mean(const struct mc_sums *few, const struct mc_sums *leader, size_t row, size_t v, double *se);
uint64_t mc_sums_photons(const struct mc_sums *sums);
uint64_t mc_sums_parts(const struct mc_sums *sums);

/* ---- variants that share a run (montecarlo_share.c) ---- */

bool mc_is_shared(const struct mc_request *request, enum mc_engine engine);
/* Absorption of the leader, one value for each layer: the mean of the variants. */
void mc_share_leader(const struct mc_request *request, struct light_layer *layer);
/* Variants with the leader behind them, for the photons that carry all of them. */
void mc_share_carried(const struct mc_request *request, const struct light_layer *leader, double *mua);
uint64_t mc_share_photons(uint64_t photons);

/* ---- lanes (montecarlo_tables.c) ---- */

enum status mc_lanes_new(struct mc_plan *plan, struct fail *why) MUST_CHECK;
void mc_lanes_free(struct mc_lanes **lanes);
/* Doubles that begin on a cache line, so that no vector of them lies across two; free with free. NULL: no memory. */
double *mc_new_lines(size_t doubles);
/* Doubles of room that a batch needs; zeroed by the engine itself. */
size_t mc_lanes_room(const struct mc_shape *shape);

#endif
