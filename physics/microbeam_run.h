/* Inside the microbeam model: what its parts (light, opaque, lesion, table) share. Not for others. */
#ifndef LASERTWIN_MICROBEAM_RUN_H
#define LASERTWIN_MICROBEAM_RUN_H

#include "physics/damage.h"
#include "physics/heat_rz.h"
#include "physics/microbeam.h"

#define MICROBEAM_RINGS_MAX 96
#define MICROBEAM_ROWS_MAX MICROBEAM_AXIS_MAX

struct microbeam_grid {
	size_t nr, nz;
	double r_edge_um[MICROBEAM_RINGS_MAX + 1];
	double z_edge_um[MICROBEAM_ROWS_MAX + 1];
};

/* The constants a run rests on, each scaled so that 1 (or 0 for a shift) is the reference. */
struct microbeam_constants {
	double light_scale;  /* absorbed energy (turbid), absorption coefficient (opaque) */
	double matrix_scale; /* heat to remove the dry matrix */
	double conductivity_scale;
	double boiling_shift_K;
	enum damage_set_id damage;
};

/* One run's lesion, bare numbers. */
struct microbeam_sizes {
	double ablation_depth_um, ablation_width_um, coagulation_depth_um, coagulation_width_um;
	double coagulation_rim_um, peak_C;
	double heat_left_mJ;
	double cell_um; /* error of a size by its grid, and by the chance of photons */
	unsigned events;
};

/* Equal cells of step_um to equal_um, then each wider by growth, to at least end_um. Returns the number
 * of cells, at most max (the last cells are stretched to reach the end). edge has max + 1 places. */
size_t microbeam_edges(double step_um, double equal_um, double growth, double end_um, double *edge,
                       size_t max);

/* Mean of property over [from_um, to_um]; value[i] belongs to layer i; the last layer goes on below. */
double microbeam_layer_mean(const struct tissue *tissue, const double *value, double from_um, double to_um);

/* burnt_frac: how the dry matrix goes: 1 it is burnt away, 0 it is torn out with the steam. open: steam
 * leaves the tissue (a crater); otherwise it condenses in it. */
enum status microbeam_heat_new(const struct tissue *tissue, const struct microbeam_grid *grid,
                               const struct microbeam_constants *constants, double burnt_frac, bool open,
                               struct heat_rz **out, struct fail *why) MUST_CHECK;

double microbeam_boiling_C(const struct microbeam_constants *constants);
/* Latent heat of the water in the topmost depth_um. */
double microbeam_latent_J_cm3(const struct tissue *tissue, double depth_um);

bool microbeam_cancelled(const struct microbeam_options *options);

/* Lets the heat spread until no more damage can come. */
enum status microbeam_relax(struct heat_rz *heat, const struct microbeam_constants *constants,
                            const struct microbeam_options *options, struct fail *why) MUST_CHECK;

void microbeam_measure(const struct heat_rz *heat, const struct microbeam_grid *grid,
                       struct microbeam_sizes *sizes, struct microbeam_axis *axis);

enum status microbeam_run_opaque(const struct tissue *tissue, const struct microbeam *beam,
                                 const struct microbeam_constants *constants,
                                 const struct microbeam_options *options, struct microbeam_sizes *sizes,
                                 struct microbeam_axis *axis, struct fail *why) MUST_CHECK;

enum status microbeam_run_turbid(const struct microbeam_light *light, const struct tissue *tissue,
                                 const struct microbeam *beam, size_t variant,
                                 const struct microbeam_constants *constants,
                                 const struct microbeam_options *options, struct microbeam_sizes *sizes,
                                 struct microbeam_axis *axis, struct fail *why) MUST_CHECK;

/* Does this light serve this beam, tissue and variant? */
enum status microbeam_light_fits(const struct microbeam_light *light, const struct tissue *tissue,
                                 const struct microbeam *beam, size_t variant, struct fail *why) MUST_CHECK;

#endif
