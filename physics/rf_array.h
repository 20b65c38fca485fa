/* Finite needle arrays: how the current divides between needles at the rim and in the middle.
 *
 * Thin wires by the method of moments in two layers under an insulating surface. Each bare part is cut into
 * segments of even current; the potential each gives to the others is the closed form of a line source and
 * its images: in the surface, and for the interface of admittivities y1 over y2 the series in k = (y1 - y2) /
 * (y1 + y2) (Maxwell 1873, art. 315). Thin-wire: the radius enters only where a segment meets itself, ends
 * are not closed, so the ratio of bare length to radius should be 4 or more (flagged below that); the
 * division of current between equal needles is far less sensitive than the impedance.
 */
#ifndef LASERTWIN_RF_ARRAY_H
#define LASERTWIN_RF_ARRAY_H

#include "physics/rf_cell.h"

#define RF_ARRAY_NEEDLES_MAX 128
#define RF_ARRAY_SEGMENTS_MAX 24 /* per needle */

struct rf_array {
	struct rf_needles
	        needles; /* pattern, pitches, radius, bare part: as for the cell; square is not looked at */
	unsigned columns, rows; /* across x, along y; a pair: 2, 1 */
};

struct rf_array_result {
	double complex impedance_ohm; /* between the two polarities, or from all needles to far away */
	size_t needles;
	double complex
	        current_A[RF_ARRAY_NEEDLES_MAX]; /* out of each needle at 1 V; index row * columns + column */
	double power_frac[RF_ARRAY_NEEDLES_MAX]; /* of the mean: 1 everywhere in an endless array */
	double centre_frac, highest_frac, lowest_frac;
	unsigned flags;
};

/* The interface is taken at the first fat or muscle, else below the first layer; layers above it count by
 * their thickness. Refuses what the cell refuses, and arrays larger than the maximum. */
enum status rf_array_solve(const struct rf_stack *stack, const struct rf_array *array,
                           struct rf_array_result *out, struct fail *why) MUST_CHECK;

/* Columns and rows for a number of pins, as near to a square as the number allows. */
void rf_array_shape(unsigned pins, unsigned *columns, unsigned *rows);

/* Endless thin needles, resistance of a pair times length [ohm m], exact by elliptic functions: rows
 * ln(p / 1.3110288 a) / (pi sigma), checkerboard ln(p / 1.8540747 a) / (pi sigma), both on square pitch p;
 * two cylinders acosh(D / 2a) / (pi sigma), any radius. NAN for needles alike. */
double rf_lattice_ohm_m(enum rf_pattern pattern, double pitch_um, double radius_um, double conductivity_S_m);

#endif
