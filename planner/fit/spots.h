/* Finite spots: the share of the broad beam's light that is left on the axis of a round flat-top spot.
 *
 * The share is found by discrete ordinates of finite beams (physics/ordinates_beam.h), without noise. A Monte
 * Carlo run beside it is the second calculation of the broad beam's light. Include from planner/fit only.
 */
#ifndef LASERTWIN_SPOTS_H
#define LASERTWIN_SPOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "physics/light.h"

#define SPOT_RINGS 17
#define SPOT_SLABS 21

/* Plain data; all zero: light that keeps its spot (every share is 1). */
struct spot_table {
	bool ready;
	double share[SPOT_SLABS][SPOT_RINGS + 1]; /* by depth and radius: 0 on the axis, never falling, at most 1 */
	/* Absorbed of a unit of light by the first layers of the stack, with its standard error. */
	double absorbed_frac, absorbed_se_frac;
};

struct spot_request {
	struct light_stack stack;
	size_t check_layers; /* how many from the surface count into absorbed_frac */
	bool broad; /* no finite spot will be asked for: every share is 1, and only the second calculation is made */
	uint64_t seed;
};

/* Leaves *out all zero where nothing scatters. On the calling thread alone; ST_FULL, or what the engine refuses. */
enum status spots_measure(const struct spot_request *request, struct spot_table *out,
                          struct fail *why) MUST_CHECK;

/* 0..1, linear in radius and depth between the table's; 1 for an infinite spot and beyond the table's
 * last radius (0.75 cm: a pico spot is smaller, a long-pulse one is broad to within 3 % at 1.5 mm). */
double spot_share(const struct spot_table *table, double radius_cm, double depth_cm);

#endif
