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

/* integral over both rectangles of 1/d. */
double rf_panels_coulomb(const struct rf_panel *a, const struct rf_panel *b);

/* Tables of the functions filled by f at each wavenumber (times J0 of the distance): out[functions]. */
typedef void rf_kernel_fill(const struct rf_layers *layers, const struct rf_response *response, double k,
                            void *context, double complex *out);
bool rf_kernel_new(struct rf_kernel *kernel, const struct rf_layers *layers, double reach, size_t functions,
                   rf_kernel_fill *fill, void *context, const bool *first_order);
void rf_kernel_free(struct rf_kernel *kernel);
void rf_kernel_at(const struct rf_kernel *kernel, double distance, double complex *out);

#endif
