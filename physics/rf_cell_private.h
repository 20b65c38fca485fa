/* Inside the needle cell: its grid and what its files share. Include from physics/rf_cell*.c only. */
#ifndef LASERTWIN_RF_CELL_PRIVATE_H
#define LASERTWIN_RF_CELL_PRIVATE_H

#include "physics/rf_cell.h"

#define RF_CELL_AXIS_MAX 400

enum rf_node { NODE_TISSUE, NODE_METAL, NODE_ZERO /* volts */ };

/* What a round insulated shaft leaves open of the links of a grid cell, in the order of struct brick_links:
 * quarter faces across x (two), across y (two), and quarter areas along z (four). */
#define BRICK_APERTURES 8

/* A seven-point system of links between nodes: (row sums + extra) on the diagonal, minus the link elsewhere.
 * Arrays are padded by one plane in front and behind, so that a neighbour outside reads a link of zero. */
struct mesh {
	size_t nx, ny, nz, count, pad;
};

struct rf_cell {
	struct rf_needles needles;
	struct rf_cell_options options;
	struct rf_layer layer[RF_LAYERS_MAX];
	struct rf_stack stack; /* layer above */
	struct mesh mesh;
	double *x_m, *y_m, *z_m;
	double symmetry;       /* needles' worth of current per part computed: 4 or 2 */
	double across_V;       /* 1 V between terminals is this much on the metal */
	size_t bare_k, tip_k;  /* node planes of the ends of the bare part */
	unsigned char *inside; /* per node of a plane: within the needle */
	double *stretch_x,
	        *stretch_y;        /* per link of a plane: 1, or 1 / part in tissue where it enters metal */
	double *open_frac;         /* per grid cell of a plane: share outside the needle */
	double *aperture;          /* per grid cell of a plane: BRICK_APERTURES */
	unsigned char *slab_layer; /* per slab of depth */
	unsigned char *node;       /* enum rf_node per node */
	double *scale;             /* per grid cell: sigma over its value at 37 C */
	/* electric system, padded */
	double complex *gx, *gy, *gz, *diagonal, *potential, *work;
	struct rf_result result;
	double power_W;  /* of the part computed, at 1 V */
	double *joule_W; /* per node, at 1 V */
	double layer_W[RF_LAYERS_MAX];
	double residual, tolerance; /* of the field; tolerance 0: the usual */
	unsigned iterations;
	bool solved;
	/* left by the last heating */
	double *peak_C, *omega, *cem43_min;
	size_t sets;
	bool heated;
};

enum status rf_cell_grid(struct rf_cell *cell, struct fail *why) MUST_CHECK;
/* Conductances and potential from cell->scale; warm start from the potential that is there. Fills result. */
enum status rf_cell_electric(struct rf_cell *cell, struct fail *why) MUST_CHECK;

/* Padded array of count + 2 pad zeros; NULL when out of memory. The pointer returned is past the pad. */
void *mesh_alloc(const struct mesh *mesh, size_t size);
void mesh_free(const struct mesh *mesh, void *array, size_t size);

/* Solve by preconditioned conjugate gradients; x holds the start and the answer. work: 5 padded arrays in a
 * row of stride count + 2 pad. Returns the residual over that of b, or NAN; *iterations in: most, out: used.
 */
double mesh_solve_complex(const struct mesh *mesh, const double complex *gx, const double complex *gy,
                          const double complex *gz, const double complex *diagonal, const double complex *b,
                          double complex *x, double complex *work, double tolerance, unsigned *iterations);
double mesh_solve_real(const struct mesh *mesh, const double *gx, const double *gy, const double *gz,
                       const double *diagonal, const double *b, double *x, double *work, double tolerance,
                       unsigned *iterations);

#define MESH_WORK_ARRAYS 5

/* A complex number from its parts: C11's CMPLX, which clang 14 lacks; the layout is the standard's (6.2.5).
 */
static inline double complex complex_of(double re, double im)
{
	const union {
		double part[2];
		double complex value;
	} number = {.part = {re, im}};
	return number.value;
}

static inline double complex cmul(double complex a, double complex b)
{
	return complex_of(creal(a) * creal(b) - cimag(a) * cimag(b),
	                  creal(a) * cimag(b) + cimag(a) * creal(b));
}

static inline double square_abs(double complex a)
{
	return creal(a) * creal(a) + cimag(a) * cimag(a);
}

#endif
