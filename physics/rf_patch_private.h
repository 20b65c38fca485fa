/* Panels, symmetry and kernels of the patch solver. Private to physics/. */
#ifndef LASERTWIN_RF_PATCH_PRIVATE_H
#define LASERTWIN_RF_PATCH_PRIVATE_H

#include "physics/rf_layers.h"
#include "physics/rf_patch.h"

struct rf_panel {
	double x, y, width, length; /* in units of the solver's length */
	size_t electrode;
};

/* What the geometry repeats: a panel stands for its images at (+-x, +-y). An odd mirror changes the sign of
 * the current. */
struct rf_mirrors {
	bool x, y;
	double sign_x; /* -1 or 1 */
};

/* A first layer thinner than the panels: its own reflections (the second layer taken as endless) are the
 * series sum c_m e^(-2 k m h_1), images of the panels at depths 2 m h_1, whose integrals are in closed form.
 * What remains varies over the depth of the second layer. */
#define RF_PATCH_IMAGES_MAX 24
struct rf_patch_images {
	size_t count;                                  /* 0: not needed */
	double depth;                                  /* 2 h_1 */
	double complex reflected[RF_PATCH_IMAGES_MAX]; /* of K - 1 */
	double complex share[2][RF_PATCH_IMAGES_MAX];  /* of the first two layers' power */
};

/* A smooth function of distance, tabulated evenly in asinh(d / scale). */
#define RF_KERNEL_NODES 224
struct rf_kernel {
	double scale, reach; /* reach: largest asinh */
	size_t functions;
	double complex *value; /* functions x RF_KERNEL_NODES */
};

struct rf_patch {
	struct rf_layer layer[RF_LAYERS_MAX];
	struct rf_stack stack, kept;
	size_t folded;
	double folded_um, fold_error_frac, unit_um;
	double complex contact_ohm_m2, series_ohm_m2;
	struct rf_layers layers;
	size_t electrodes;
	struct rf_patch_electrode electrode[RF_PATCH_ELECTRODES_MAX];
	struct rf_mirrors mirrors;
	double reach; /* largest distance between two points of electrodes */
	struct rf_patch_images images;
	double smooth; /* scale over which the tabulated kernels vary */
	size_t panels;
	struct rf_panel *panel;
	double complex *density; /* of each panel at 1 V, A/m2 */
	double complex current_A[RF_PATCH_ELECTRODES_MAX];
	double complex active_V; /* potential of the active electrodes against the far tissue */
	struct rf_result result;
};

/* Number of images of a panel, with place and sign. */
size_t rf_patch_images(const struct rf_mirrors *mirrors, const struct rf_panel *panel,
                       struct rf_panel image[4], double sign[4]);

enum status rf_patch_mesh(struct rf_patch *patch, double refine, struct fail *why) MUST_CHECK;

/* integral over both rectangles, one of them depth below the other, of 1/d. */
double rf_panels_coulomb(const struct rf_panel *a, const struct rf_panel *b, double depth);

/* Coefficients for the patch's layers; count stays 0 where the panels are not larger than the first layer
 * asks. */
void rf_patch_images_init(struct rf_patch *patch);
double rf_patch_largest_side(const struct rf_patch *patch);

/* Tables of the functions filled by f at each wavenumber (times J0 of the distance): out[functions]. */
typedef void rf_kernel_fill(const struct rf_layers *layers, const struct rf_response *response, double k,
                            void *context, double complex *out);
bool rf_kernel_new(struct rf_kernel *kernel, const struct rf_layers *layers, double scale, double reach,
                   size_t functions, rf_kernel_fill *fill, void *context, const bool *first_order);
void rf_kernel_free(struct rf_kernel *kernel);
void rf_kernel_at(const struct rf_kernel *kernel, double distance, double complex *out);

#endif
