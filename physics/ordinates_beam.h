/* Deterministic light of a finite round beam: discrete ordinates for each lateral frequency.
 *
 * Flat-top or Gaussian beams at normal incidence on plane layers with index mismatch. One solve finds the
 * medium's response at a set of lateral frequencies (Liemert, Reitzle & Kienle 2017, Sci Rep 7:3819, the same
 * idea in spherical harmonics); every beam not smaller than the one it was made for is then a weighted sum
 * (hankel.h), a matter of microseconds per ring. Angles, delta-M and interfaces as in ordinates.h, whose
 * broad-beam solution with many nodes also anchors each depth: the frequencies decide what share of it is
 * left at a radius. See ordinates_beam.c for the method.
 * Accuracy on the axis (tests/validation/test_beam.c): with the defaults 0.15 % to 1.5 mm depth for radii of 1 mm
 * and more, 0.3 % to 3 mm; with {5, 5, 24} 0.1 % from 0.5 mm; rings at a spot's edge 1 %. A clear window on top
 * leads light far sideways and wants 7 azimuths; the error that beam_absorption tells shows it.
 * Use: beam_new, beam_solve, then query as often as wanted; one solver per thread.
 */
#ifndef LASERTWIN_ORDINATES_BEAM_H
#define LASERTWIN_ORDINATES_BEAM_H

#include "physics/hankel.h"
#include "physics/light.h"

#define BEAM_NODES_DEFAULT 3
#define BEAM_NODES_MAX 12
#define BEAM_AZIMUTHS_DEFAULT 3
#define BEAM_AZIMUTHS_MAX 16
#define BEAM_FREQUENCIES_DEFAULT 16
#define BEAM_RADIUS_MIN_CM 1e-3 /* a spot of 20 um; below, few photons scatter within it */
#define BEAM_RADIUS_MAX_CM 10.0

struct beam_options { /* 0 in any: the default */
	int nodes_per_panel; /* 2 .. BEAM_NODES_MAX */
	int azimuths;        /* directions around the vertical, one more than the highest mode: 2 .. BEAM_AZIMUTHS_MAX */
	int frequencies;     /* 6 .. HANKEL_FREQUENCIES_MAX */
};

struct beam_solver; /* solver, workspace and last response; gives it, free with beam_free */

/* options NULL: all defaults. ST_RANGE by option name, ST_FULL without memory. */
enum status beam_new(const struct beam_options *options, struct beam_solver **out, struct fail *why) MUST_CHECK;
void beam_free(struct beam_solver **solver);

/* The response for beams of radius_min_cm and more. On failure the previous response is gone and queries are
 * refused. ST_RANGE and ST_INPUT as light_stack_check or "radius_min_cm", ST_FULL, ST_NUMERIC. */
enum status beam_solve(struct beam_solver *solver, const struct light_stack *stack, double radius_min_cm,
                       struct fail *why) MUST_CHECK;

/* Mean absorbed energy density per (energy / pi radius^2) [1/cm] in nr rings x nz depth bins, ring-major,
 * given nr + 1 radii and nz + 1 depths, increasing, radii from >= 0. error_1_cm (same shape, may be NULL)
 * gets the difference to a second, coarser response, which is made when first asked for and mostly
 * overstates the error. ST_MODEL "radius_cm" for a beam smaller than the response was made for or before
 * any solve, ST_RANGE for radii, depths or a shape that make no sense, else as beam_solve. */
enum status beam_absorption(struct beam_solver *solver, const struct beam_shape *shape, size_t nr,
                            const double *r_edges_cm, size_t nz, const double *z_edges_cm,
                            double *absorption_1_cm, double *error_1_cm, struct fail *why) MUST_CHECK;

/* The same on the axis: nz values. */
enum status beam_axis_absorption(struct beam_solver *solver, const struct beam_shape *shape, size_t nz,
                                 const double *z_edges_cm, double *absorption_1_cm, double *error_1_cm,
                                 struct fail *why) MUST_CHECK;

/* Fluence rate per (power / pi radius^2) [-] at one radius and nz depths inside the stack; at an interface
 * just above it. */
enum status beam_fluence(struct beam_solver *solver, const struct beam_shape *shape, double r_cm, size_t nz,
                         const double *z_cm, double *fluence, struct fail *why) MUST_CHECK;

#endif
