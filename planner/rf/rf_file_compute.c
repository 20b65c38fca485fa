/* A radiofrequency file computed by the engine its electrode calls for. */
#include "physics/rf_disc.h"
#include "physics/rf_run.h"
#include "planner/rf/rf_file.h"

static struct rf_stack stack_of(const struct rf_file *f)
{
	return (struct rf_stack){
	        .frequency_Hz = f->frequency_Hz, .layers = f->layers, .layer = f->layer, .back = f->back};
}

/* ---- disc
 * ---------------------------------------------------------------------------------------------------------
 */

static enum status disc_field(const struct rf_file *f, struct rf_file_result *out, struct fail *why)
{
	const struct rf_disc_problem problem = {
	        .stack = stack_of(f), .radius_um = f->radius_um, .contact = f->contact};
	static const double on_axis[] = {0.0};
	struct rf_disc *disc = NULL;
	enum status status = rf_disc_new(&problem, &disc, why);
	if (status != ST_OK)
		return status;
	out->field = *rf_disc_result(disc);
	out->field_model = "round electrode on layers, semi-analytic (Galerkin, Hankel)";
	if (f->depths)
		status = rf_disc_grid(disc, 1, on_axis, f->depths, f->depth_um, out->axis, why);
	if (status == ST_OK && f->radii && f->grid_depths)
		status = rf_disc_grid(disc, f->radii, f->radius_at_um, f->grid_depths, f->grid_depth_um,
		                      out->grid, why);
	rf_disc_free(&disc);
	return status;
}

static struct rf_control control_of(const struct rf_file_drive *d)
{
	return (struct rf_control){.mode = d->mode,
	                           .value = d->value,
	                           .power_W = d->power_W,
	                           .start_s = d->start_s,
	                           .on_s = d->on_s,
	                           .off_s = d->off_s,
	                           .packs = (size_t)d->pulses,
	                           .least_ohm = d->impedance_min_ohm,
	                           .most_ohm = d->impedance_max_ohm};
}

static void disc_layers(const struct rf_file *f, const struct rf_run *run, struct rf_file_heat *heat)
{
	const struct rf_axisym *grid = rf_run_grid(run);
	size_t nr = rf_axisym_nr(grid), nz = rf_axisym_nz(grid);
	for (size_t l = 0; l < f->layers; l++)
		heat->layer_peak_C[l] = heat->layer_cem43_min[l] = -INFINITY;
	heat->surface_peak_C = -INFINITY;
	for (size_t n = 0; n < nr * nz; n++) {
		size_t l = rf_axisym_layer(grid, n % nz);
		heat->layer_peak_C[l] = fmax(heat->layer_peak_C[l], rf_run_peak_C(run)[n]);
		heat->layer_cem43_min[l] = fmax(heat->layer_cem43_min[l], rf_run_cem43_min(run)[n]);
		if (n % nz == 0)
			heat->surface_peak_C = fmax(heat->surface_peak_C, rf_run_peak_C(run)[n]);
	}
}

/* At most RF_FILE_TIMES_MAX moments, evenly among the steps, the last one among them. */
static void disc_history(const struct rf_file *f, const struct rf_run *run, struct rf_file_heat *heat)
{
	size_t steps = rf_run_steps(run);
	heat->times = steps < RF_FILE_TIMES_MAX ? steps : RF_FILE_TIMES_MAX;
	for (size_t i = 0; i < heat->times; i++) {
		size_t step = (i + 1) * steps / heat->times - 1;
		heat->time_s[i] = rf_run_history(run)[step].time_s;
		heat->power_W[i] = rf_run_history(run)[step].output.power_W;
		for (size_t p = 0; p < f->points; p++)
			heat->point_C[i][p] = rf_run_probe_C(run, p)[step + 1];
	}
	heat->impedance_start_ohm = (double)NAN; /* without power there is none to see */
	for (size_t i = 0; i < steps; i++) {
		if (!(rf_run_history(run)[i].output.power_W > 0.0))
			continue;
		heat->impedance_end_ohm = cabs(rf_run_history(run)[i].impedance_ohm);
		if (isnan(heat->impedance_start_ohm))
			heat->impedance_start_ohm = heat->impedance_end_ohm;
	}
}

static void disc_outcome(const struct rf_file *f, const struct rf_run *run, struct rf_file_heat *heat)
{
	struct rf_run_summary s = rf_run_summary(run);
	heat->stop = rf_stop_name(s.stop);
	heat->energy_J = s.energy_J;
	heat->on_s = (double)f->drive.pulses * f->drive.on_s;
	heat->peak_C = s.hottest_C;
	heat->peak_depth_um = s.hottest.z_um;
	heat->balance_frac = s.balance_frac;
	heat->flags = s.flags;
	disc_layers(f, run, heat);
	disc_history(f, run, heat);
	for (size_t k = 0; k < f->sets; k++) {
		struct rf_zone zone = rf_run_zone(run, rf_run_omega(run, k), 1.0, RF_MATTERS);
		heat->zone[k].top_um = zone.top_um;
		heat->zone[k].bottom_um = zone.bottom_um;
		heat->zone[k].width_um = 2.0 * zone.radius_um;
	}
}

static enum status disc_heat(const struct rf_file *f, rf_cancel *cancelled, void *context,
                             struct rf_file_heat *heat, struct fail *why)
{
	const struct rf_cell_cooling *c = &f->cooling;
	const struct heat_stage stage = {.start_s = 0.0,
	                                 .end_s = c->contact_end_s,
	                                 .h_W_m2K = c->contact_W_m2K,
	                                 .medium_C = c->contact_C};
	struct rf_place probe[RF_FILE_POINTS_MAX];
	for (size_t i = 0; i < f->points; i++)
		probe[i] = (struct rf_place){hypot(f->point[i].x_um, f->point[i].y_um), f->point[i].depth_um};
	double pulses = f->drive.pulses;
	const struct rf_run_problem problem = {
	        .electrode = {.stack = stack_of(f), .radius_um = f->radius_um, .contact = f->contact},
	        .control = control_of(&f->drive),
	        .surface_C = c->surface_C,
	        .core_C = c->core_C,
	        .under = {.ambient_h_W_m2K = c->ambient_W_m2K,
	                  .ambient_C = NAN,
	                  .stages = c->contact_end_s > 0.0,
	                  .stage = &stage},
	        .beside = {.ambient_h_W_m2K = c->ambient_W_m2K, .ambient_C = NAN},
	        .probes = f->points,
	        .probe = probe,
	        .sets = f->sets,
	        .set = f->set,
	        .end_s = f->drive.start_s + pulses * f->drive.on_s + (pulses - 1.0) * f->drive.off_s +
	                 f->drive.after_s};
	struct rf_run *run = NULL;
	enum status status = rf_run_new(&problem, cancelled, context, &run, why);
	if (status == ST_OK)
		disc_outcome(f, run, heat);
	rf_run_free(&run);
	return status;
}

/* ---- patches
 * ---------------------------------------------------------------------------------------------------------
 */

static enum status patch_field(const struct rf_file *f, struct rf_file_result *out, struct fail *why)
{
	const struct rf_patch_problem problem = {
	        .stack = stack_of(f), .electrodes = f->patches, .electrode = f->patch, .contact = f->contact};
	double zero[RF_FILE_GRID_MAX] = {0.0};
	struct rf_patch *patch = NULL;
	enum status status = rf_patch_new(&problem, &patch, why);
	if (status != ST_OK)
		return status;
	out->field = *rf_patch_result(patch);
	out->field_model = "flat electrodes on layers, integral equation on panels";
	for (size_t i = 0; status == ST_OK && i < f->depths; i++)
		status = rf_patch_plane(patch, f->depth_um[i], 1, &f->axis_x_um, zero, &out->axis[i], why);
	for (size_t i = 0; status == ST_OK && f->radii && i < f->grid_depths; i++)
		status = rf_patch_plane(patch, f->grid_depth_um[i], f->radii, f->radius_at_um, zero,
		                        &out->grid[i * f->radii], why);
	rf_patch_free(&patch);
	return status;
}

/* ---- needles
 * -----------------------------------------------------------------------------------------------------------
 */

static enum status needle_fields(const struct rf_file *f, const struct rf_cell *cell,
                                 struct rf_file_result *out, struct fail *why)
{
	enum status status = ST_OK;
	for (size_t i = 0; status == ST_OK && i < f->depths; i++)
		status = rf_cell_field(cell, f->axis_x_um, 0.0, f->depth_um[i], &out->axis[i], why);
	for (size_t d = 0; status == ST_OK && d < f->grid_depths; d++)
		for (size_t r = 0; status == ST_OK && r < f->radii; r++)
			status = rf_cell_field(cell, f->radius_at_um[r], 0.0, f->grid_depth_um[d],
			                       &out->grid[d * f->radii + r], why);
	return status;
}

/* The cell's pulses are those of one needle; energy and temperature are limits on constant power. */
static enum status pulsing_of(const struct rf_file *f, struct rf_pulsing *out, struct fail *why)
{
	static const enum rf_drive_mode mode[RF_CONTROL_MODES] = {[RF_CONTROL_VOLTAGE] = RF_DRIVE_VOLTAGE,
	                                                          [RF_CONTROL_CURRENT] = RF_DRIVE_CURRENT,
	                                                          [RF_CONTROL_POWER] = RF_DRIVE_POWER,
	                                                          [RF_CONTROL_ENERGY] = RF_DRIVE_POWER,
	                                                          [RF_CONTROL_TEMPERATURE] = RF_DRIVE_POWER};
	const struct rf_file_drive *d = &f->drive;
	bool limit = d->mode == RF_CONTROL_ENERGY || d->mode == RF_CONTROL_TEMPERATURE;
	if (d->start_s > 0.0)
		return fail_set(why, ST_MODEL, "drive.start_s",
		                "%g s; needles are heated from the first moment: leave it out", d->start_s);
	*out = (struct rf_pulsing){.drive = {mode[d->mode], limit ? d->power_W : d->value},
	                           .on_s = d->on_s,
	                           .off_s = d->off_s,
	                           .pulses = (unsigned)d->pulses,
	                           .after_s = d->after_s,
	                           .energy_J = d->mode == RF_CONTROL_ENERGY ? d->value : 0.0,
	                           .target_C = d->mode == RF_CONTROL_TEMPERATURE ? d->value : 0.0,
	                           .impedance_min_ohm = d->impedance_min_ohm,
	                           .impedance_max_ohm = d->impedance_max_ohm};
	return ST_OK;
}

static void needle_outcome(const struct rf_file *f, const struct rf_cell_outcome *o,
                           struct rf_file_heat *heat)
{
	static const char *const stop[RF_CELL_STOPS] = {
	        [RF_CELL_STOP_TIME] = "the programme ran to its end",
	        [RF_CELL_STOP_ENERGY] = "energy delivered",
	        [RF_CELL_STOP_IMPEDANCE_LOW] = "impedance below its window",
	        [RF_CELL_STOP_IMPEDANCE_HIGH] = "impedance above its window"};
	heat->stop = stop[o->stop];
	heat->energy_J = o->energy_J;
	heat->on_s = o->on_s;
	heat->peak_C = o->peak_C;
	heat->peak_depth_um = o->peak_depth_um;
	heat->surface_peak_C = o->surface_peak_C;
	memcpy(heat->layer_peak_C, o->layer_peak_C, sizeof heat->layer_peak_C);
	memcpy(heat->layer_cem43_min, o->layer_cem43_min, sizeof heat->layer_cem43_min);
	heat->impedance_start_ohm = o->impedance_start_ohm;
	heat->impedance_end_ohm = o->impedance_end_ohm;
	heat->boiled_frac = o->boiled_frac;
	heat->balance_frac = o->balance_frac;
	heat->flags = o->flags;
	for (size_t k = 0; k < f->sets; k++) {
		heat->zone[k].top_um = o->zone[k].top_um;
		heat->zone[k].bottom_um = o->zone[k].bottom_um;
		heat->zone[k].width_um = o->zone[k].width_um;
	}
	heat->times = o->times < RF_FILE_TIMES_MAX ? o->times : RF_FILE_TIMES_MAX;
	for (size_t i = 0; i < heat->times; i++) {
		size_t step = (i + 1) * o->times / heat->times - 1;
		heat->time_s[i] = o->time_s[step];
		heat->power_W[i] = o->power_W[step];
		memcpy(heat->point_C[i], o->point_C[step], sizeof heat->point_C[i]);
	}
}

static enum status needle_heat(const struct rf_file *f, struct rf_cell *cell,
                               bool (*cancelled)(void *context), void *context, struct rf_file_heat *heat,
                               struct fail *why)
{
	struct rf_cell_heating heating = {.cooling = f->cooling,
	                                  .sets = f->sets,
	                                  .points = f->points,
	                                  .cancelled = cancelled,
	                                  .context = context};
	struct rf_cell_outcome *outcome = malloc(sizeof *outcome);
	if (!outcome)
		return fail_set(why, ST_FULL, "drive", "out of memory");
	memcpy(heating.set, f->set, sizeof f->set);
	memcpy(heating.point, f->point, sizeof f->point);
	enum status status = pulsing_of(f, &heating.pulsing, why);
	if (status == ST_OK)
		status = rf_cell_heat(cell, &heating, outcome, why);
	if (status == ST_OK)
		needle_outcome(f, outcome, heat);
	free(outcome);
	return status;
}

static enum status compute_needles(const struct rf_file *f, bool (*cancelled)(void *context), void *context,
                                   struct rf_file_result *out, struct fail *why)
{
	const struct rf_stack stack = stack_of(f);
	const struct rf_cell_options options = {.refine = f->refine, .estimate_error = true};
	struct rf_cell *cell = NULL;
	enum status status = rf_cell_new(&stack, &f->array.needles, &options, &cell, why);
	if (status == ST_OK)
		status = rf_cell_solve(cell, &out->field, why);
	if (status == ST_OK)
		status = needle_fields(f, cell, out, why);
	if (status == ST_OK && f->drive.given)
		status = needle_heat(f, cell, cancelled, context, &out->heat, why);
	if (status == ST_OK && f->array.columns > 0) {
		status = rf_array_solve(&stack, &f->array, &out->array, why);
		out->has_array = status == ST_OK;
	}
	out->field_model = "one needle of an endless array, finite volumes in three dimensions";
	out->heat_model = f->drive.given ? "the same grid; conductivity by temperature, boiling" : NULL;
	rf_cell_free(&cell);
	return status;
}

enum status rf_file_compute(const struct rf_file *f, bool (*cancelled)(void *context), void *context,
                            struct rf_file_result *out, struct fail *why)
{
	memset(out, 0, sizeof *out);
	if (f->kind == RF_FILE_NEEDLES)
		return compute_needles(f, cancelled, context, out, why);
	if (f->kind == RF_FILE_PATCHES && f->drive.given)
		return fail_set(why, ST_MODEL, "drive",
		                "the heat of patches is not computed: leave it out, or take a disc of "
		                "the same area");
	enum status status = f->kind == RF_FILE_DISC ? disc_field(f, out, why) : patch_field(f, out, why);
	if (status != ST_OK || !f->drive.given)
		return status;
	out->heat_model = "finite volumes in r and z; conductivity and perfusion by temperature";
	return disc_heat(f, cancelled, context, &out->heat, why);
}
