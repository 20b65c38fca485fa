/* The axisymmetric solver's grid and arrays, shared with the heat that flows on the same cells. Private. */
#ifndef LASERTWIN_RF_AXISYM_PRIVATE_H
#define LASERTWIN_RF_AXISYM_PRIVATE_H

#include "physics/rf_axisym.h"

/* Built without the multiplication 0 * im that I * im would cost in an inner loop. */
#define RF_COMPLEX(re, im) __builtin_complex((double)(re), (double)(im))

struct rf_axisym {
	struct rf_axisym_problem problem; /* stack points at layer below */
	struct rf_layer layer[RF_LAYERS_MAX];
	double complex admittivity_S_m[RF_LAYERS_MAX];
	size_t nr, nz, cells, electrode_cells; /* top cells 0 .. electrode_cells - 1 touch the electrode */
	double *r_edge_um, *z_edge_um;
	size_t *row_layer; /* nz */
	double *square, *contact_W;
	double complex *product, *potential;
	/* The matrix is symmetric: diagonal, and the links of a cell to the one above (n - 1) and inside (n -
	 * nz). */
	double complex *diagonal, *above, *inside, *electrode, *outlet_side, *outlet_deep;
	double complex *resistivity_ohm_m;                               /* 1 / y of each cell */
	double complex *down_axial, *down_radial, *up_axial, *up_radial; /* links over pivots */
	double complex *source, *inverse_pivot, *residual, *search, *image, *work;
	double *factor;
	double outside_W[RF_LAYERS_MAX]; /* beyond the grid at 1 V */
	size_t iterations;
	struct rf_result result;
};

/* Areas and volumes in m. */
double rf_axisym_ring_m2(const struct rf_axisym *s, size_t ir);
double rf_axisym_side_m2(const struct rf_axisym *s, size_t face, size_t iz); /* of the face at edge r[face] */
double rf_axisym_width_m(const struct rf_axisym *s, size_t ir);
double rf_axisym_height_m(const struct rf_axisym *s, size_t iz);

/* Grid: fills nr, nz, edges and rows; allocates them. */
enum status rf_axisym_grid(struct rf_axisym *s, struct fail *why) MUST_CHECK;

/* x = inverse(matrix) source from the x given; ST_NUMERIC with the residual. */
enum status rf_axisym_iterate(struct rf_axisym *s, double tolerance, struct fail *why) MUST_CHECK;

#endif
