/* What heat in tissue that stays in place cannot say: craters, and plasma at a focus.
 *
 * Both have models of their own (physics/microbeam.h, physics/breakdown.h) that take tissue by composition; a
 * simulation whose layers have properties of their own is refused by name. */
#include "planner/simulate/field.h"

#include "physics/base/units.h"

#define WIDE_UM MICROBEAM_DIAMETER_MAX_UM /* a broad beam's crater: far from its edge */

static enum status tissue_of(const struct simulation *s, struct tissue *tissue, struct fail *why)
{
	if (s->layers > TISSUE_LAYERS_MAX)
		return fail_set(why, ST_RANGE, "layers", "%zu layers; craters and breakdown are computed for at most %d",
		                s->layers, TISSUE_LAYERS_MAX);
	*tissue = (struct tissue){.count = s->layers,
	                          .surface_temperature_C = s->surface_C,
	                          .core_temperature_C = s->core_C};
	for (size_t i = 0; i < s->layers; i++) {
		if (!s->layer[i].composed || s->layer[i].own_optics || s->layer[i].own_thermal)
			return fail_set(why, ST_INPUT, "layers",
			                "layer %zu has properties of its own; craters and breakdown need a \"kind\" alone", i);
		tissue->layer[i] = s->layer[i].tissue;
	}
	return tissue_check(tissue, why);
}

/* Energy of the beam per its radiant exposure: on the axis of a Gaussian, the mean of a disc. */
static double area_cm2(const struct simulation_beam *beam)
{
	double radius_cm = beam->radius_um * CM_PER_UM;
	return PI * radius_cm * radius_cm * (beam->profile == SIMULATION_GAUSSIAN ? 0.5 : 1.0);
}

/* ---- craters ---- */

static struct microbeam crater_beam(const struct simulation *s)
{
	struct simulation_beam beam = s->beam;
	if (beam.profile == SIMULATION_BROAD || 2.0 * beam.radius_um > WIDE_UM)
		beam = (struct simulation_beam){.profile = SIMULATION_FLAT_TOP, .radius_um = 0.5 * WIDE_UM};
	return (struct microbeam){
	        .wavelength_nm = s->wavelength_nm,
	        .energy_mJ = s->fluence_J_cm2 * area_cm2(&beam) / J_PER_MJ,
	        .diameter_um = 2.0 * beam.radius_um,
	        .pulse_s = s->pulses.duration_s,
	        .profile = beam.profile == SIMULATION_GAUSSIAN ? MICROBEAM_GAUSSIAN : MICROBEAM_FLAT};
}

/* One upright square pulse on uncooled skin, at a wavelength that stops at the front. */
static bool can_ablate(const struct simulation *s, const struct tissue *tissue)
{
	enum microbeam_mechanism mechanism;
	return s->wavelength_nm > 0.0 && s->pulses.count == 1 && s->pulses.passes <= 1 && s->stages == 0 &&
	       s->pulse.shape == SIMULATION_SQUARE && !s->beam.diffuse && s->beam.incidence_deg <= 0.0 &&
	       microbeam_mechanism(tissue, s->wavelength_nm, &mechanism, NULL) == ST_OK &&
	       mechanism == MICROBEAM_OPAQUE;
}

enum status destroy_ablate(const struct simulation *s, struct simulation_crater *out, struct fail *why)
{
	struct tissue tissue;
	*out = (struct simulation_crater){.computed = false};
	if (tissue_of(s, &tissue, NULL) != ST_OK || !can_ablate(s, &tissue))
		return ST_OK;
	struct microbeam beam = crater_beam(s);
	if (microbeam_check(&beam, NULL) != ST_OK)
		return ST_OK; /* shorter, longer or stronger than the crater's model knows */
	enum status status = microbeam_ablation_threshold_J_cm2(&tissue, s->wavelength_nm, &out->threshold_J_cm2, why);
	if (status == ST_OK)
		status = microbeam_removal_onset_J_cm2(&tissue, s->wavelength_nm, beam.pulse_s, &out->onset_J_cm2, why);
	if (status == ST_OK)
		status = microbeam_heat_of_ablation_J_cm3(&tissue, s->wavelength_nm, &out->heat_J_cm3, why);
	if (status == ST_OK)
		status = microbeam_simulate(NULL, &tissue, &beam, 0, NULL, &out->lesion, NULL, why);
	out->computed = status == ST_OK;
	out->wide = s->beam.profile == SIMULATION_BROAD || 2.0 * s->beam.radius_um > WIDE_UM;
	return status;
}

/* ---- plasma ---- */

static struct breakdown_beam focused(const struct simulation *s, double fluence_J_cm2)
{
	return (struct breakdown_beam){.wavelength_nm = s->wavelength_nm,
	                               .pulse_s = s->pulses.duration_s,
	                               .energy_mJ = fluence_J_cm2 * area_cm2(&s->beam) / J_PER_MJ,
	                               .half_angle = s->focus.half_angle,
	                               .waist_um = s->focus.waist_um,
	                               .focus_um = s->focus.depth_um};
}

static enum status check_focus(const struct simulation *s, struct fail *why)
{
	if (!s->focus.given)
		return fail_set(why, ST_INPUT, "focus", "is missing; say how the beam converges");
	if (s->beam.profile == SIMULATION_BROAD)
		return fail_set(why, ST_INPUT, "beam", "a focus needs a beam of finite size");
	if (!(s->wavelength_nm > 0.0))
		return fail_set(why, ST_INPUT, "wavelength_nm", "is missing; needed for breakdown");
	return ST_OK;
}

enum status destroy_break(const struct simulation *s, struct breakdown *out, struct fail *why)
{
	struct tissue tissue;
	struct breakdown_beam beam = focused(s, s->fluence_J_cm2);
	enum status status = check_focus(s, why);
	if (status == ST_OK)
		status = tissue_of(s, &tissue, why);
	return status == ST_OK ? breakdown_find(&tissue, &beam, out, why) : status;
}

/* ---- thresholds ---- */

static enum status ablation_threshold(const struct simulation *s, const struct tissue *tissue, struct estimate *out,
                                      struct fail *why)
{
	if (!can_ablate(s, tissue))
		return fail_set(why, ST_MODEL, "criterion",
		                "ablation needs one upright square pulse on uncooled skin at a wavelength that stops at its "
		                "surface (2.9 or 10.6 um)");
	return microbeam_ablation_threshold_J_cm2(tissue, s->wavelength_nm, out, why);
}

static enum status breakdown_threshold(const struct simulation *s, const struct tissue *tissue,
                                       struct simulation_threshold *out, struct estimate *fluence, struct fail *why)
{
	struct breakdown_beam beam = focused(s, 1.0);
	struct breakdown found;
	enum status status = check_focus(s, why);
	if (status == ST_OK)
		status = breakdown_find(tissue, &beam, &found, why);
	if (status != ST_OK)
		return status;
	*fluence = estimate_scale(found.energy_mJ, J_PER_MJ / area_cm2(&s->beam));
	out->peak.depth_um = found.depth_um;
	(void)snprintf(out->models.heat, sizeof out->models.heat,
	               "breakdown at %.0f um, %s: %.3g mJ of a microbeam, %.3g W/cm2 there", found.depth_um,
	               found.seeded ? "seeded by melanin" : "in clear tissue", found.energy_mJ.value,
	               found.threshold_W_cm2.value);
	return ST_OK;
}

enum status destroy_threshold(const struct simulation *s, struct simulation_threshold *out, struct fail *why)
{
	struct tissue tissue;
	struct estimate fluence = {0};
	enum status status = tissue_of(s, &tissue, why);
	*out = (struct simulation_threshold){
	        .less_J_cm2 = NAN, .more_J_cm2 = NAN, .mesh_error_frac = NAN, .sensitivity = NAN,
	        .peak = {.temperature_C = NAN, .time_s = NAN}};
	(void)snprintf(out->models.light, sizeof out->models.light, "%s",
	               s->criterion.kind == CRITERION_ABLATION ? "Beer's law behind the front"
	                                                       : "converging beam, small angles of scattering");
	if (status == ST_OK && s->criterion.kind == CRITERION_ABLATION) {
		(void)snprintf(out->models.heat, sizeof out->models.heat, "heat of ablation of the first layer of the front");
		status = ablation_threshold(s, &tissue, &fluence, why);
	} else if (status == ST_OK) {
		status = breakdown_threshold(s, &tissue, out, &fluence, why);
	}
	out->models.flags = fluence.flags;
	out->fluence_J_cm2 = fluence.value;
	out->low_J_cm2 = fmax(fluence.value - fluence.sd, 0.0);
	out->high_J_cm2 = fluence.value + fluence.sd;
	out->irradiance_W_cm2 = fluence.value / s->pulses.duration_s;
	return status;
}
