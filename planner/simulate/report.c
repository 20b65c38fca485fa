/* A simulation's answers as text and as JSON. */
#include <cjson/cJSON.h>

#include "physics/base/units.h"
#include "planner/simulate/simulation.h"

#define PERCENT 100.0
#define FLAG_NAMES 4

static const struct {
	unsigned flag;
	const char *name;
} flag_names[FLAG_NAMES] = {{VALIDITY_EXTRAPOLATED, "extrapolated"},
                            {VALIDITY_ASSUMED, "assumed"},
                            {VALIDITY_MODEL_LIMIT, "model limit"},
                            {VALIDITY_ABSENT, "absent"}};

/* ---- text ---- */

static void write_beam(FILE *f, const struct simulation *s)
{
	double diameter_mm = 2.0 * s->beam.radius_um * MM_PER_UM;
	if (s->beam.profile == SIMULATION_BROAD)
		fprintf(f, "broad beam%s", s->beam.diffuse ? ", diffuse" : "");
	else
		fprintf(f, "%s beam, %.4g mm diameter%s",
		        s->beam.profile == SIMULATION_GAUSSIAN ? "Gaussian" : "flat-top", diameter_mm,
		        s->beam.profile == SIMULATION_GAUSSIAN ? " (1/e2)" : "");
}

static void write_exposure(FILE *f, const struct simulation *s)
{
	fprintf(f, "Exposure    ");
	if (s->wavelength_nm > 0.0)
		fprintf(f, "%g nm, ", s->wavelength_nm);
	write_beam(f, s);
	if (s->beam.incidence_deg > 0.0)
		fprintf(f, " at %g degrees", s->beam.incidence_deg);
	fprintf(f, ", %g s", s->pulse.width_s);
	if (s->pulse.shape != SIMULATION_SQUARE)
		fprintf(f, " %s", simulation_shape_name(s->pulse.shape));
	if (s->pulses.count > 1)
		fprintf(f, " x %zu at %g Hz", s->pulses.count, s->pulses.rate_Hz);
	if (s->pulses.passes > 1)
		fprintf(f, ", %zu passes every %g s", s->pulses.passes, s->pulses.pass_interval_s);
	fprintf(f, "\nTissue      %zu layer%s, surface %.1f C, core %.1f C, %zu stage%s of cooling\n", s->layers,
	        s->layers == 1 ? "" : "s", s->surface_C, s->core_C, s->stages, s->stages == 1 ? "" : "s");
}

static void write_validity(FILE *f, const struct simulation_models *m)
{
	fprintf(f, "Validity    ");
	if (m->flags == VALID)
		fprintf(f, "within the models' range");
	for (size_t i = 0, written = 0; i < FLAG_NAMES; i++)
		if (m->flags & flag_names[i].flag)
			fprintf(f, "%s%s", written++ > 0 ? ", " : "", flag_names[i].name);
	fprintf(f, "%s%s\n", m->caution[0] ? ": " : "", m->caution);
}

static void write_models(FILE *f, const struct simulation_models *m)
{
	fprintf(f, "Light       %s", m->light);
	if (m->cells == 0) {
		fprintf(f, "\nHeat        %s\n", m->heat);
		write_validity(f, m);
		return;
	}
	fprintf(f, "; error %.2g %%\n", PERCENT * m->light_error_frac);
	fprintf(f, "            reflected %.1f %%, through %.1f %% (broad beam)\n",
	        PERCENT * m->reflected_frac, PERCENT * m->transmitted_frac);
	fprintf(f, "Heat        %s; %zu cells, %zu times\n", m->heat, m->cells, m->time_nodes);
	write_validity(f, m);
}

static void write_heading(FILE *f, const char *what, const struct simulation *s)
{
	fprintf(f, "%s  %s%s%s\n", what, s->name, s->title[0] ? ": " : "", s->title);
	write_exposure(f, s);
}

static void write_lesions(FILE *f, const struct simulation *s, const struct simulation_result *r)
{
	for (size_t k = 0; k < s->sets; k++) {
		const struct simulation_lesion *lesion = &r->lesion[k];
		fprintf(f, "Omega >= 1  %-22s ", simulation_set(s, s->set[k]).id);
		if (isnan(lesion->top_um))
			fprintf(f, "nowhere\n");
		else if (isinf(lesion->diameter_um))
			fprintf(f, "%.0f to %.0f um deep\n", lesion->top_um, lesion->bottom_um);
		else
			fprintf(f, "%.0f to %.0f um deep, at most %.2f mm across\n", lesion->top_um,
			        lesion->bottom_um, lesion->diameter_um * MM_PER_UM);
	}
}

static void write_point(FILE *f, const struct simulation *s, size_t i, const struct simulation_at_point *p)
{
	fprintf(f, "At depth %g um, radius %g um: ", s->point[i].depth_um, s->point[i].radius_um);
	if (isnan(p->peak_C)) {
		fprintf(f, "removed\n");
		return;
	}
	fprintf(f, "peak %.2f C (mesh %.2g K), CEM43 %.3g min", p->peak_C, p->peak_error_K, p->cem43_min);
	if (p->peak_C > SIMULATION_CEM43_MAX_C)
		fprintf(f, " (not meaningful above %g C)", SIMULATION_CEM43_MAX_C);
	for (size_t k = 0; k < s->sets; k++)
		fprintf(f, ", Omega %s %.3g", simulation_set(s, s->set[k]).id, p->omega[k]);
	fprintf(f, "\n");
	for (size_t t = 0; t < s->times; t++)
		if (!isnan(p->time_C[t]))
			fprintf(f, "  %10g s  %8.2f C\n", s->time_s[t], p->time_C[t]);
}

static void write_size(FILE *f, const char *what, struct estimate size_um)
{
	if (!(size_um.flags & VALIDITY_ABSENT))
		fprintf(f, ", %s %.0f +- %.0f um", what, size_um.value, size_um.sd);
}

static void write_crater(FILE *f, const struct simulation_crater *c)
{
	if (!c->computed)
		return;
	fprintf(f, "Ablation    first ejection at %.2g, dry from %.3g +- %.2g J/cm2, %.3g kJ per cm3 removed",
	        c->onset_J_cm2.value, c->threshold_J_cm2.value, c->threshold_J_cm2.sd, c->heat_J_cm3.value / 1e3);
	if (c->lesion.events & MICROBEAM_ABLATED) {
		write_size(f, "crater", c->lesion.ablation_depth_um);
		if (!c->wide)
			write_size(f, "width", c->lesion.ablation_width_um);
		write_size(f, "coagulated to", c->lesion.coagulation_depth_um);
	} else {
		fprintf(f, ": nothing is removed");
	}
	fprintf(f, "\n");
}

static void write_breakdown(FILE *f, const struct breakdown *b)
{
	fprintf(f, "Breakdown   %s, from %.3g +- %.2g mJ; %.3g of %.3g W/cm2 at %.0f um%s", b->formed ? "yes" : "no",
	        b->energy_mJ.value, b->energy_mJ.sd, b->irradiance_W_cm2.value, b->threshold_W_cm2.value, b->depth_um,
	        b->seeded ? ", seeded by melanin" : "");
	write_size(f, "top", b->top_um);
	write_size(f, "bottom", b->bottom_um);
	write_size(f, "bubble", b->bubble_um);
	fprintf(f, "\n");
}

static void write_run(FILE *f, const struct simulation *s, const struct simulation_result *r)
{
	write_heading(f, "Simulation", s);
	fprintf(f, "Dose        %g J/cm2 per pulse (%s)\n", s->fluence_J_cm2,
	        s->beam.profile == SIMULATION_GAUSSIAN ? "on the axis" : "mean of the beam");
	write_models(f, &r->models);
	fprintf(f, "Hottest     %.2f C", r->peak.temperature_C);
	if (!isnan(r->peak_error_K))
		fprintf(f, " (mesh %.2g K)", r->peak_error_K);
	fprintf(f, " at depth %.1f um, radius %.0f um, %.4g s", r->peak.depth_um, r->peak_radius_um, r->peak.time_s);
	if (r->boiled_frac > 0.0)
		fprintf(f, "; up to %.0f %% of a cell's water boiled", PERCENT * r->boiled_frac);
	fprintf(f, "\n");
	write_crater(f, &r->crater);
	if (r->focused)
		write_breakdown(f, &r->breakdown);
	write_lesions(f, s, r);
	for (size_t i = 0; i < s->points; i++)
		write_point(f, s, i, &r->point[i]);
}

static void write_criterion(FILE *f, const struct simulation *s)
{
	const struct simulation_criterion *c = &s->criterion;
	fprintf(f, "Criterion   ");
	if (c->kind == CRITERION_OMEGA)
		fprintf(f, "Omega >= %g (%s)", c->value, simulation_set(s, c->set).id);
	else if (c->kind == CRITERION_TEMPERATURE)
		fprintf(f, "temperature >= %g C", c->value);
	else if (c->kind == CRITERION_CEM43)
		fprintf(f, "CEM43 >= %g min", c->value);
	else if (c->kind == CRITERION_RUPTURE)
		fprintf(f, "rupture of a melanosome");
	else
		fprintf(f, c->kind == CRITERION_ABLATION ? "the surface is removed" : "a plasma forms");
	if (c->kind <= CRITERION_RUPTURE)
		fprintf(f, " at depth %g um", c->depth_um);
	if (c->lesion_diameter_um > 0.0)
		fprintf(f, ", out to a diameter of %g mm", c->lesion_diameter_um * MM_PER_UM);
	fprintf(f, "\n");
}

static void write_threshold(FILE *f, const struct simulation *s, const struct simulation_threshold *r)
{
	write_heading(f, "Threshold ", s);
	write_criterion(f, s);
	write_models(f, &r->models);
	fprintf(f, "Threshold   %.4g J/cm2 per pulse, %.4g W/cm2\n", r->fluence_J_cm2, r->irradiance_W_cm2);
	fprintf(f, "            %s %.5g to %.5g J/cm2",
	        s->criterion.kind >= CRITERION_RUPTURE ? "one standard error:" : "bracket", r->low_J_cm2, r->high_J_cm2);
	if (!isnan(r->mesh_error_frac))
		fprintf(f, "; mesh %.2g %%", PERCENT * r->mesh_error_frac);
	fprintf(f, "\n");
	if (s->criterion.kind > CRITERION_RUPTURE)
		return;
	fprintf(f, "Then        hottest %.1f C at depth %.1f um, %.4g s\n", r->peak.temperature_C,
	        r->peak.depth_um, r->peak.time_s);
	fprintf(f,
	        "Sensitivity absorption -%.0f %%: %.4g J/cm2; +%.0f %%: %.4g J/cm2; d ln F / d ln mua = "
	        "%.2f\n",
	        PERCENT * r->absorption_change_frac, r->less_J_cm2, PERCENT * r->absorption_change_frac,
	        r->more_J_cm2, r->sensitivity);
}

static enum status finish(FILE *f, char **text, struct fail *why)
{
	bool bad = ferror(f) != 0;
	if (fclose(f) != 0 || bad || !*text)
		return fail_set(why, ST_FULL, "report", "out of memory");
	return ST_OK;
}

enum status simulation_run_text(const struct simulation *s, const struct simulation_result *r, char **text,
                                struct fail *why)
{
	size_t size = 0;
	FILE *f = open_memstream(text, &size);
	if (!f)
		return fail_set(why, ST_FULL, "report", "out of memory");
	write_run(f, s, r);
	return finish(f, text, why);
}

enum status simulation_threshold_text(const struct simulation *s, const struct simulation_threshold *r,
                                      char **text, struct fail *why)
{
	size_t size = 0;
	FILE *f = open_memstream(text, &size);
	if (!f)
		return fail_set(why, ST_FULL, "report", "out of memory");
	write_threshold(f, s, r);
	return finish(f, text, why);
}

/* ---- JSON ---- */

/* JSON has no NaN and no infinity: a number that does not exist is left out. */
static void add_number(cJSON *object, const char *key, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, key, value);
}

static cJSON *models_json(const struct simulation_models *m)
{
	cJSON *object = cJSON_CreateObject(), *flags = NULL;
	cJSON_AddStringToObject(object, "light", m->light);
	cJSON_AddStringToObject(object, "heat", m->heat);
	flags = cJSON_AddArrayToObject(object, "flags");
	for (size_t i = 0; i < FLAG_NAMES; i++)
		if (m->flags & flag_names[i].flag)
			cJSON_AddItemToArray(flags, cJSON_CreateString(flag_names[i].name));
	if (m->caution[0])
		cJSON_AddStringToObject(object, "caution", m->caution);
	add_number(object, "light_error_frac", m->light_error_frac);
	add_number(object, "reflected_frac", m->reflected_frac);
	add_number(object, "transmitted_frac", m->transmitted_frac);
	add_number(object, "cells", (double)m->cells);
	add_number(object, "time_nodes", (double)m->time_nodes);
	return object;
}

static cJSON *peak_json(const struct heat_peak *peak)
{
	cJSON *object = cJSON_CreateObject();
	add_number(object, "temperature_C", peak->temperature_C);
	add_number(object, "depth_um", peak->depth_um);
	add_number(object, "time_s", peak->time_s);
	return object;
}

static void add_estimate(cJSON *object, const char *key, struct estimate e)
{
	if (e.flags & VALIDITY_ABSENT)
		return;
	cJSON *item = cJSON_AddObjectToObject(object, key);
	add_number(item, "value", e.value);
	add_number(item, "sd", e.sd);
}

static cJSON *crater_json(const struct simulation_crater *c)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddBoolToObject(object, "removed", (c->lesion.events & MICROBEAM_ABLATED) != 0);
	add_estimate(object, "onset_J_cm2", c->onset_J_cm2);
	add_estimate(object, "threshold_J_cm2", c->threshold_J_cm2);
	add_estimate(object, "heat_J_cm3", c->heat_J_cm3);
	add_estimate(object, "depth_um", c->lesion.ablation_depth_um);
	if (!c->wide)
		add_estimate(object, "width_um", c->lesion.ablation_width_um);
	add_estimate(object, "coagulation_depth_um", c->lesion.coagulation_depth_um);
	return object;
}

static cJSON *breakdown_json(const struct breakdown *b)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddBoolToObject(object, "formed", b->formed);
	cJSON_AddBoolToObject(object, "seeded_by_melanin", b->seeded);
	add_estimate(object, "threshold_mJ", b->energy_mJ);
	add_estimate(object, "irradiance_W_cm2", b->irradiance_W_cm2);
	add_estimate(object, "threshold_W_cm2", b->threshold_W_cm2);
	add_number(object, "depth_um", b->depth_um);
	add_estimate(object, "top_um", b->top_um);
	add_estimate(object, "bottom_um", b->bottom_um);
	add_estimate(object, "bubble_um", b->bubble_um);
	return object;
}

static cJSON *point_json(const struct simulation *s, size_t i, const struct simulation_at_point *p)
{
	cJSON *object = cJSON_CreateObject(), *omega = NULL, *history = NULL;
	add_number(object, "depth_um", s->point[i].depth_um);
	add_number(object, "radius_um", s->point[i].radius_um);
	add_number(object, "peak_C", p->peak_C);
	add_number(object, "peak_error_K", p->peak_error_K);
	add_number(object, "cem43_min", p->cem43_min);
	cJSON_AddBoolToObject(object, "cem43_meaningful", p->peak_C <= SIMULATION_CEM43_MAX_C);
	omega = cJSON_AddObjectToObject(object, "omega");
	for (size_t k = 0; k < s->sets; k++)
		add_number(omega, simulation_set(s, s->set[k]).id, p->omega[k]);
	history = cJSON_AddArrayToObject(object, "history");
	for (size_t t = 0; t < s->times; t++) {
		cJSON *item = cJSON_CreateObject();
		add_number(item, "time_s", s->time_s[t]);
		add_number(item, "temperature_C", p->time_C[t]);
		cJSON_AddItemToArray(history, item);
	}
	return object;
}

static cJSON *heading_json(const char *what, const struct simulation *s)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "kind", what);
	cJSON_AddStringToObject(root, "file", s->name);
	cJSON_AddStringToObject(root, "title", s->title);
	cJSON_AddStringToObject(root, "beam", simulation_profile_name(s->beam.profile));
	if (s->beam.profile != SIMULATION_BROAD)
		add_number(root, "diameter_mm", 2.0 * s->beam.radius_um * MM_PER_UM);
	add_number(root, "wavelength_nm", s->wavelength_nm > 0.0 ? s->wavelength_nm : NAN);
	add_number(root, "incidence_deg", s->beam.diffuse ? NAN : s->beam.incidence_deg);
	cJSON_AddBoolToObject(root, "diffuse", s->beam.diffuse);
	cJSON_AddStringToObject(root, "pulse_shape", simulation_shape_name(s->pulse.shape));
	add_number(root, "pulse_duration_s", s->pulse.width_s);
	return root;
}

static enum status print_json(cJSON *root, char **text, struct fail *why)
{
	*text = root ? cJSON_Print(root) : NULL;
	cJSON_Delete(root);
	return *text ? ST_OK : fail_set(why, ST_FULL, "report", "out of memory");
}

enum status simulation_run_json(const struct simulation *s, const struct simulation_result *r, char **text,
                                struct fail *why)
{
	cJSON *root = heading_json("simulation", s), *list = NULL;
	add_number(root, "fluence_J_cm2", s->fluence_J_cm2);
	cJSON_AddItemToObject(root, "models", models_json(&r->models));
	cJSON *hottest = peak_json(&r->peak);
	add_number(hottest, "radius_um", r->peak_radius_um);
	add_number(hottest, "error_K", r->peak_error_K);
	cJSON_AddItemToObject(root, "hottest", hottest);
	if (r->crater.computed)
		cJSON_AddItemToObject(root, "ablation", crater_json(&r->crater));
	if (r->focused)
		cJSON_AddItemToObject(root, "breakdown", breakdown_json(&r->breakdown));
	add_number(root, "boiled_frac", r->boiled_frac);
	add_number(root, "end_s", r->end_s);
	list = cJSON_AddArrayToObject(root, "points");
	for (size_t i = 0; i < s->points; i++)
		cJSON_AddItemToArray(list, point_json(s, i, &r->point[i]));
	list = cJSON_AddObjectToObject(root, "lesions");
	for (size_t k = 0; k < s->sets; k++) {
		cJSON *lesion = cJSON_AddObjectToObject(list, simulation_set(s, s->set[k]).id);
		add_number(lesion, "top_um", r->lesion[k].top_um);
		add_number(lesion, "bottom_um", r->lesion[k].bottom_um);
		add_number(lesion, "diameter_um", r->lesion[k].diameter_um);
	}
	return print_json(root, text, why);
}

enum status simulation_threshold_json(const struct simulation *s, const struct simulation_threshold *r,
                                      char **text, struct fail *why)
{
	cJSON *root = heading_json("threshold", s), *criterion = cJSON_AddObjectToObject(root, "criterion");
	cJSON_AddStringToObject(criterion, "type", simulation_criterion_name(s->criterion.kind));
	if (s->criterion.kind == CRITERION_OMEGA)
		cJSON_AddStringToObject(criterion, "set", simulation_set(s, s->criterion.set).id);
	add_number(criterion, "value", s->criterion.value);
	add_number(criterion, "depth_um", s->criterion.depth_um);
	add_number(criterion, "lesion_diameter_um", s->criterion.lesion_diameter_um);
	cJSON_AddItemToObject(root, "models", models_json(&r->models));
	add_number(root, "threshold_J_cm2", r->fluence_J_cm2);
	add_number(root, "low_J_cm2", r->low_J_cm2);
	add_number(root, "high_J_cm2", r->high_J_cm2);
	add_number(root, "irradiance_W_cm2", r->irradiance_W_cm2);
	add_number(root, "mesh_error_frac", r->mesh_error_frac);
	cJSON_AddItemToObject(root, "hottest", peak_json(&r->peak));
	cJSON *sensitivity = cJSON_AddObjectToObject(root, "sensitivity");
	add_number(sensitivity, "absorption_change_frac", r->absorption_change_frac);
	add_number(sensitivity, "less_absorption_J_cm2", r->less_J_cm2);
	add_number(sensitivity, "more_absorption_J_cm2", r->more_J_cm2);
	add_number(sensitivity, "dln_threshold_dln_absorption", r->sensitivity);
	return print_json(root, text, why);
}
