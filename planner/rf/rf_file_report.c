/* What a radiofrequency file gave, as text and as JSON. */
#include <cjson/cJSON.h>

#include "physics/base/units.h"
#include "planner/rf/rf_file.h"

#define PERCENT 100.0
#define FLAG_NAMES 3

static const struct {
	unsigned flag;
	const char *name;
} flag_names[FLAG_NAMES] = {{VALIDITY_EXTRAPOLATED, "extrapolated"},
                            {VALIDITY_ASSUMED, "assumed"},
                            {VALIDITY_MODEL_LIMIT, "model limit"}};

/* ---- text
 * -----------------------------------------------------------------------------------------------------------
 */

static void write_flags(FILE *f, unsigned flags)
{
	fprintf(f, "Validity    ");
	if (flags == VALID)
		fprintf(f, "within the models' range");
	for (size_t i = 0, written = 0; i < FLAG_NAMES; i++)
		if (flags & flag_names[i].flag)
			fprintf(f, "%s%s", written++ > 0 ? ", " : "", flag_names[i].name);
	fprintf(f, "\n");
}

static void write_medium(FILE *f, const struct rf_file *file)
{
	fprintf(f, "Tissue      %g MHz, %zu layers\n", file->frequency_Hz / 1e6, file->layers);
	for (size_t i = 0; i < file->layers; i++)
		fprintf(f, "  %-24s %10.4g um  %8.4g S/m  er %.5g\n", file->layer_name[i],
		        file->layer[i].thickness_um, file->layer[i].conductivity_S_m,
		        file->layer[i].permittivity);
}

static void write_array(FILE *f, const struct rf_file *file, const struct rf_array_result *a)
{
	fprintf(f,
	        "Array       %u x %u needles by moments: |Z| %.5g ohm; power of a needle %.0f to %.0f %% of "
	        "the mean, "
	        "in the middle %.0f %%\n",
	        file->array.columns, file->array.rows, cabs(a->impedance_ohm), PERCENT * a->lowest_frac,
	        PERCENT * a->highest_frac, PERCENT * a->centre_frac);
}

static double magnitude(const struct rf_field *at)
{
	double sum = 0.0;
	for (int i = 0; i < 3; i++)
		sum += pow(cabs(at->field_V_m[i]), 2);
	return sqrt(sum);
}

static void write_field(FILE *f, const struct rf_file *file, const struct rf_file_result *r)
{
	const struct rf_result *e = &r->field;
	fprintf(f, "Field       %s\n", r->field_model);
	fprintf(f, "Impedance   %.6g %+.6gj ohm", creal(e->impedance_ohm), cimag(e->impedance_ohm));
	if (isfinite(e->impedance_error_ohm) && e->impedance_error_ohm > 0.0)
		fprintf(f, " +- %.2g", e->impedance_error_ohm);
	fprintf(f, "%s\nPower      ",
	        file->kind == RF_FILE_NEEDLES
	                ? (file->array.needles.pattern == RF_PATTERN_ALIKE ? " per needle" : " per pair")
	                : "");
	for (size_t i = 0; i < e->layers; i++)
		fprintf(f, " %s %.2f %%%s", file->layer_name[i], PERCENT * e->layer_frac[i],
		        i + 1 < e->layers ? "," : "");
	if (e->contact_frac > 0.0)
		fprintf(f, ", contact %.2f %%", PERCENT * e->contact_frac);
	fprintf(f, "; sum off by %.1e\n", e->balance_frac);
	if (r->has_array)
		write_array(f, file, &r->array);
	for (size_t i = 0; i < file->depths; i++)
		fprintf(f, "  depth %8g um  V %.6f  |E| %.5g V/m  q %.5g W/m3  SAR %.4g W/kg   (at 1 V)\n",
		        file->depth_um[i], cabs(r->axis[i].potential_V), magnitude(&r->axis[i]),
		        r->axis[i].power_W_m3, r->axis[i].sar_W_kg);
}

static void write_zones(FILE *f, const struct rf_file *file, const struct rf_file_heat *h)
{
	for (size_t k = 0; k < file->sets; k++) {
		fprintf(f, "Omega >= 1  %-22s ", damage_set(file->set[k])->id);
		if (h->zone[k].width_um <= 0.0 && isnan(h->zone[k].top_um))
			fprintf(f, "nowhere\n");
		else if (isnan(h->zone[k].top_um))
			fprintf(f, "not on the axis, at most %.0f um across\n", h->zone[k].width_um);
		else
			fprintf(f, "%.0f to %.0f um deep, at most %.0f um across\n", h->zone[k].top_um,
			        h->zone[k].bottom_um, h->zone[k].width_um);
	}
}

static void write_heat(FILE *f, const struct rf_file *file, const struct rf_file_result *r)
{
	const struct rf_file_heat *h = &r->heat;
	fprintf(f, "Heat        %s; energy off by %.1e\n", r->heat_model, h->balance_frac);
	fprintf(f, "Delivered   %.5g J%s; %s; |Z| %.5g ohm at first, %.5g at last\n", h->energy_J,
	        file->kind == RF_FILE_NEEDLES ? " by one needle" : "", h->stop, h->impedance_start_ohm,
	        h->impedance_end_ohm);
	fprintf(f, "Hottest     %.2f C at depth %.0f um; surface %.2f C", h->peak_C, h->peak_depth_um,
	        h->surface_peak_C);
	if (h->boiled_frac > 0.0)
		fprintf(f, "; up to %.0f %% of the water boiled", PERCENT * h->boiled_frac);
	fprintf(f, "\n");
	for (size_t i = 0; i < file->layers; i++)
		fprintf(f, "  %-24s peak %6.2f C, CEM43 %.3g min\n", file->layer_name[i], h->layer_peak_C[i],
		        h->layer_cem43_min[i]);
	write_zones(f, file, h);
	for (size_t p = 0; p < file->points; p++) {
		double peak_C = -INFINITY, last_C = h->times ? h->point_C[h->times - 1][p] : (double)NAN;
		for (size_t t = 0; t < h->times; t++)
			peak_C = fmax(peak_C, h->point_C[t][p]);
		fprintf(f, "At x %g, y %g, depth %g um: highest %.3f C, at the end (%.4g s) %.3f C\n",
		        file->point[p].x_um, file->point[p].y_um, file->point[p].depth_um, peak_C,
		        h->times ? h->time_s[h->times - 1] : 0.0, last_C);
	}
}

enum status rf_file_text(const struct rf_file *file, const struct rf_file_result *r, char **text,
                         struct fail *why)
{
	size_t length = 0;
	*text = NULL;
	FILE *f = open_memstream(text, &length);
	if (!f)
		return fail_set(why, ST_FULL, "report", "out of memory");
	fprintf(f, "Radiofrequency  %s%s%s\n", file->name, file->title[0] ? ": " : "", file->title);
	write_medium(f, file);
	write_field(f, file, r);
	if (r->heat_model)
		write_heat(f, file, r);
	write_flags(f, r->field.flags | r->heat.flags | (r->has_array ? r->array.flags : VALID));
	return fclose(f) == 0 ? ST_OK : fail_set(why, ST_FULL, "report", "out of memory");
}

/* ---- JSON
 * ------------------------------------------------------------------------------------------------------------
 */

/* A number that is none becomes null: JSON has neither NaN nor infinity. */
static void add_number(cJSON *object, const char *key, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, key, value);
	else
		cJSON_AddNullToObject(object, key);
}

static cJSON *complex_json(double complex value)
{
	const double parts[2] = {creal(value), cimag(value)};
	return cJSON_CreateDoubleArray(parts, 2);
}

static cJSON *place_json(const struct rf_field *at, double x_um, double depth_um)
{
	cJSON *object = cJSON_CreateObject();
	add_number(object, "x_um", x_um);
	add_number(object, "depth_um", depth_um);
	cJSON_AddItemToObject(object, "potential_V", complex_json(at->potential_V));
	cJSON *field = cJSON_AddArrayToObject(object, "field_V_m");
	for (int i = 0; i < 3; i++)
		cJSON_AddItemToArray(field, complex_json(at->field_V_m[i]));
	add_number(object, "power_W_m3", at->power_W_m3);
	add_number(object, "sar_W_kg", at->sar_W_kg);
	return object;
}

static cJSON *layers_json(const struct rf_file *file, const struct rf_file_result *r)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t i = 0; i < file->layers; i++) {
		const struct rf_layer *layer = &file->layer[i];
		cJSON *object = cJSON_CreateObject();
		cJSON_AddStringToObject(object, "name", file->layer_name[i]);
		add_number(object, "thickness_um", layer->thickness_um);
		add_number(object, "conductivity_S_m", layer->conductivity_S_m);
		add_number(object, "permittivity", layer->permittivity);
		add_number(object, "power_frac", r->field.layer_frac[i]);
		if (r->heat_model) {
			add_number(object, "peak_C", r->heat.layer_peak_C[i]);
			add_number(object, "cem43_min", r->heat.layer_cem43_min[i]);
		}
		cJSON_AddItemToArray(list, object);
	}
	return list;
}

static cJSON *array_json(const struct rf_array_result *a)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddItemToObject(object, "impedance_ohm", complex_json(a->impedance_ohm));
	cJSON_AddItemToObject(object, "power_frac_of_mean",
	                      cJSON_CreateDoubleArray(a->power_frac, (int)a->needles));
	return object;
}

static cJSON *fields_json(const struct rf_file *file, const struct rf_file_result *r)
{
	cJSON *list = cJSON_CreateArray();
	for (size_t d = 0; d < file->grid_depths; d++)
		for (size_t i = 0; i < file->radii; i++)
			cJSON_AddItemToArray(list, place_json(&r->grid[d * file->radii + i],
			                                      file->radius_at_um[i], file->grid_depth_um[d]));
	return list;
}

static cJSON *history_json(const struct rf_file *file, const struct rf_file_heat *h)
{
	cJSON *object = cJSON_CreateObject();
	cJSON_AddItemToObject(object, "time_s", cJSON_CreateDoubleArray(h->time_s, (int)h->times));
	cJSON_AddItemToObject(object, "power_W", cJSON_CreateDoubleArray(h->power_W, (int)h->times));
	cJSON *points = cJSON_AddArrayToObject(object, "points");
	for (size_t p = 0; p < file->points; p++) {
		double column_C[RF_FILE_TIMES_MAX];
		cJSON *point = cJSON_CreateObject();
		for (size_t t = 0; t < h->times; t++)
			column_C[t] = h->point_C[t][p];
		add_number(point, "x_um", file->point[p].x_um);
		add_number(point, "y_um", file->point[p].y_um);
		add_number(point, "depth_um", file->point[p].depth_um);
		cJSON_AddItemToObject(point, "temperature_C",
		                      cJSON_CreateDoubleArray(column_C, (int)h->times));
		cJSON_AddItemToArray(points, point);
	}
	return object;
}

static cJSON *heat_json(const struct rf_file *file, const struct rf_file_heat *h)
{
	cJSON *object = cJSON_CreateObject();
	add_number(object, "energy_J", h->energy_J);
	cJSON_AddStringToObject(object, "stopped_by", h->stop);
	add_number(object, "hottest_C", h->peak_C);
	add_number(object, "hottest_depth_um", h->peak_depth_um);
	add_number(object, "surface_peak_C", h->surface_peak_C);
	add_number(object, "impedance_start_ohm", h->impedance_start_ohm);
	add_number(object, "impedance_end_ohm", h->impedance_end_ohm);
	add_number(object, "boiled_frac", h->boiled_frac);
	add_number(object, "balance_frac", h->balance_frac);
	cJSON *zones = cJSON_AddObjectToObject(object, "zones");
	for (size_t k = 0; k < file->sets; k++) {
		cJSON *zone = cJSON_AddObjectToObject(zones, damage_set(file->set[k])->id);
		add_number(zone, "top_um", h->zone[k].top_um);
		add_number(zone, "bottom_um", h->zone[k].bottom_um);
		add_number(zone, "width_um", h->zone[k].width_um);
	}
	cJSON_AddItemToObject(object, "history", history_json(file, h));
	return object;
}

enum status rf_file_json(const struct rf_file *file, const struct rf_file_result *r, char **text,
                         struct fail *why)
{
	cJSON *root = cJSON_CreateObject(), *list;
	cJSON_AddStringToObject(root, "file", file->name);
	cJSON_AddStringToObject(root, "title", file->title);
	add_number(root, "frequency_MHz", file->frequency_Hz / 1e6);
	cJSON_AddStringToObject(root, "electrode", rf_file_kind_name(file->kind));
	cJSON_AddStringToObject(root, "field_model", r->field_model);
	cJSON_AddItemToObject(root, "impedance_ohm", complex_json(r->field.impedance_ohm));
	add_number(root, "impedance_error_ohm", r->field.impedance_error_ohm);
	add_number(root, "contact_frac", r->field.contact_frac);
	add_number(root, "balance_frac", r->field.balance_frac);
	cJSON_AddItemToObject(root, "layers", layers_json(file, r));
	if (r->has_array)
		cJSON_AddItemToObject(root, "array", array_json(&r->array));
	list = cJSON_AddArrayToObject(root, "axis");
	for (size_t i = 0; i < file->depths; i++)
		cJSON_AddItemToArray(list, place_json(&r->axis[i], file->axis_x_um, file->depth_um[i]));
	cJSON_AddItemToObject(root, "grid", fields_json(file, r));
	if (r->heat_model) {
		cJSON_AddStringToObject(root, "heat_model", r->heat_model);
		cJSON_AddItemToObject(root, "heat", heat_json(file, &r->heat));
	}
	list = cJSON_AddArrayToObject(root, "flags");
	unsigned flags = r->field.flags | r->heat.flags | (r->has_array ? r->array.flags : VALID);
	for (size_t i = 0; i < FLAG_NAMES; i++)
		if (flags & flag_names[i].flag)
			cJSON_AddItemToArray(list, cJSON_CreateString(flag_names[i].name));
	*text = cJSON_Print(root);
	cJSON_Delete(root);
	return *text ? ST_OK : fail_set(why, ST_FULL, "report", "out of memory");
}
