/* Radiofrequency of surface electrodes against worked and published cases (rf_rows.csv). LASERTWIN_VALIDATE=1 prints the
 * table. Published rows whose abstract leaves out inputs are judged by what it does state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/dielectric.h"
#include "physics/rf_bioheat.h"
#include "physics/rf_disc.h"
#include "physics/rf_patch.h"
#include "physics/rf_run.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TABLE "tests/validation/rf_rows.csv"
#define VALUES_MAX 120
#define COLUMNS 7

struct value {
	const char *id;
	double value;
	bool used;
};
static struct value values[VALUES_MAX];
static size_t known;

static void put(const char *id, double value)
{
	assert_true(known < VALUES_MAX);
	values[known++] = (struct value){id, value, false};
}

/* ---- electrical ---- */

static const struct rf_layer skin_on_fat[] = {{.thickness_um = 2000.0, .conductivity_S_m = 0.22},
                                              {.thickness_um = INFINITY, .conductivity_S_m = 0.025}};
static const struct rf_layer uniform[] = {{.thickness_um = INFINITY, .conductivity_S_m = 0.22}};

static void tissue(double frequency_Hz, double skin_um, double fat_um, struct rf_layer layer[3])
{
	assert_int_equal(dielectric_layer(DIELECTRIC_SKIN_WET, frequency_Hz, skin_um, &layer[0], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_FAT, frequency_Hz, fat_um, &layer[1], NULL), ST_OK);
	assert_int_equal(dielectric_layer(DIELECTRIC_MUSCLE, frequency_Hz, INFINITY, &layer[2], NULL), ST_OK);
}

static struct rf_result grid_result(struct rf_stack stack, double radius_um, double complex contact_ohm_m2, bool column)
{
	struct rf_axisym_problem p = {stack, radius_um, {contact_ohm_m2}, column, 0.0};
	struct rf_axisym *s = NULL;
	assert_int_equal(rf_axisym_new(&p, &s, NULL), ST_OK);
	assert_int_equal(rf_axisym_solve(s, NULL, 0.0, NULL), ST_OK);
	struct rf_result r = *rf_axisym_result(s);
	rf_axisym_free(&s);
	return r;
}

static struct rf_result disc_result(struct rf_stack stack, double radius_um, double complex contact_ohm_m2, double z_um,
                                    struct rf_field *field)
{
	struct rf_disc_problem p = {stack, radius_um, {contact_ohm_m2}, 1e-8};
	struct rf_disc *disc = NULL;
	double axis_um = 0.0;
	assert_int_equal(rf_disc_new(&p, &disc, NULL), ST_OK);
	assert_int_equal(rf_disc_grid(disc, 1, &axis_um, 1, &z_um, field, NULL), ST_OK);
	struct rf_result r = *rf_disc_result(disc);
	rf_disc_free(&disc);
	return r;
}

static void dielectrics(void)
{
	static const struct {
		const char *sigma, *eps;
		enum dielectric_tissue tissue;
	} row[] = {{"D1.sigma", "D1.eps", DIELECTRIC_SKIN_DRY}, {"D3.sigma", "D3.eps", DIELECTRIC_FAT}, {"D5.sigma", "D5.eps", DIELECTRIC_BLOOD}};
	for (size_t i = 0; i < COUNT(row); i++) {
		double complex y_S_m;
		assert_int_equal(dielectric_gabriel(row[i].tissue, 1e6, &y_S_m, NULL), ST_OK);
		put(row[i].sigma, creal(y_S_m));
		put(row[i].eps, dielectric_permittivity(y_S_m, 1e6));
	}
}

static void real_discs(void)
{
	struct rf_field f;
	struct rf_stack one = {1e6, 1, uniform, RF_RETURN_FAR}, two = {1e6, 2, skin_on_fat, RF_RETURN_FAR};
	put("E1.R", creal(disc_result(one, 10000.0, 0.0, 5000.0, &f).impedance_ohm));
	put("E1.V", creal(f.potential_V));
	put("E1.E", creal(f.field_V_m[2]));
	put("E1.R.grid", creal(grid_result(one, 10000.0, 0.0, false).impedance_ohm));
	struct rf_result r = disc_result(two, 10000.0, 0.0, 5000.0, &f);
	put("L1.R", creal(r.impedance_ohm));
	put("L1.skin", r.layer_frac[0]);
	put("L1.V", creal(f.potential_V));
	(void)disc_result(two, 10000.0, 0.0, 2000.0, &f);
	put("L1.E", creal(f.field_V_m[2]));
	r = grid_result(two, 10000.0, 0.0, false);
	put("L1.R.grid", creal(r.impedance_ohm));
	put("L1.skin.grid", r.layer_frac[0]);
	r = disc_result(two, 10000.0, 0.02, 5000.0, &f);
	put("L8.R", creal(r.impedance_ohm));
	put("L8.tissue", r.layer_frac[0] + r.layer_frac[1]);
	r = grid_result(two, 10000.0, 0.02, false);
	put("L8.R.grid", creal(r.impedance_ohm));
	put("L8.tissue.grid", r.layer_frac[0] + r.layer_frac[1]);
}

static void complex_discs(void)
{
	struct rf_layer layer[3];
	struct rf_field f;
	tissue(6.78e6, 1500.0, 5000.0, layer);
	struct rf_stack stack = {6.78e6, 3, layer, RF_RETURN_FAR};
	struct rf_result r = disc_result(stack, 11283.7917, 0.0, 3000.0, &f);
	put("L3.R", creal(r.impedance_ohm));
	put("L3.X", cimag(r.impedance_ohm));
	put("L3.E", cabs(f.field_V_m[2]));
	put("L3.skin", r.layer_frac[0]);
	put("L3.fat", r.layer_frac[1]);
	put("L3.muscle", r.layer_frac[2]);
	r = grid_result(stack, 11283.7917, 0.0, false);
	put("L3.R.grid", creal(r.impedance_ohm));
	put("L3.X.grid", cimag(r.impedance_ohm));
	put("L3.fat.grid", r.layer_frac[1]);
	r = grid_result((struct rf_stack){6.78e6, 2, layer, RF_RETURN_PLATE}, 11283.7917, 0.0, true);
	put("E3.off.grid", cabs(r.impedance_ohm / (438.79666 - 98.34172 * I) - 1.0));
	tissue(40.68e6, 2000.0, 20000.0, layer);
	stack.frequency_Hz = 40.68e6;
	r = disc_result(stack, 15000.0, 0.0, 3000.0, &f);
	put("L6.R", creal(r.impedance_ohm));
	put("L6.X", cimag(r.impedance_ohm));
	put("L6.skin", r.layer_frac[0]);
	put("L6.fat", r.layer_frac[1]);
	put("L6.muscle", r.layer_frac[2]);
	put("L6.R.grid", creal(grid_result(stack, 15000.0, 0.0, false).impedance_ohm));
}

static void plane_problems(void)
{
	double conductance_S[2];
	for (int i = 0; i < 2; i++) {
		double length_um = 60000.0 * (i + 1);
		struct rf_patch_electrode bar[] = {{RF_PATCH_RECTANGLE, -3500.0, 0.0, 3000.0, length_um, RF_ACTIVE},
		                                   {RF_PATCH_RECTANGLE, 3500.0, 0.0, 3000.0, length_um, RF_RETURN}};
		struct rf_patch_problem p = {{1e6, 1, uniform, RF_RETURN_FAR}, 2, bar, {0.0}, 0.8};
		struct rf_patch *patch = NULL;
		assert_int_equal(rf_patch_new(&p, &patch, NULL), ST_OK);
		conductance_S[i] = creal(1.0 / rf_patch_result(patch)->impedance_ohm);
		rf_patch_free(&patch);
	}
	put("E6.R", rf_strips_ohm(0.22, 4000.0, 3000.0, 15000.0));
	put("E6.R.panels", 4.0 / (conductance_S[1] - conductance_S[0]));
	put("E8.R", rf_cylinders_ohm_m(1.0, 3000.0, 150.0));
}

/* ---- heat ---- */

#define SKIN_THERMAL {0.37, 1109.0, 3391.0, 0.0, 0.65}

static const struct rf_layer dry_skin[] = {{.thickness_um = INFINITY, .conductivity_S_m = 0.3, .thermal = SKIN_THERMAL}};

static struct rf_axisym *heat_grid_of(double radius_um, struct rf_bioheat *heat)
{
	struct rf_axisym_problem p = {{1e6, 1, dry_skin, RF_RETURN_FAR}, radius_um, {0.0}, false, 0.0};
	struct rf_axisym *grid = NULL;
	assert_int_equal(rf_axisym_new(&p, &grid, NULL), ST_OK);
	assert_int_equal(rf_bioheat_new(heat, grid, 37.0, 37.0, NULL), ST_OK);
	return grid;
}

/* Steps from a small one up to end / 60. */
static void heat_until(struct rf_bioheat *heat, double from_s, double end_s)
{
	double step_s = 1e-4 * (end_s - from_s);
	for (double time_s = from_s; end_s - time_s > 1e-12;) {
		double taken_s = fmin(step_s, end_s - time_s);
		rf_bioheat_step(heat, taken_s);
		time_s += taken_s;
		step_s = fmin(1.3 * step_s, (end_s - from_s) / 60.0);
	}
}

static void sources(void)
{
	struct rf_bioheat heat;
	struct rf_axisym *grid = heat_grid_of(1000.0, &heat);
	size_t nz = rf_axisym_nz(grid), nr = rf_axisym_nr(grid);
	for (size_t ir = 0; ir < nr; ir++) { /* 1 mW/m2K against 5 MK: a flux of 5000 W/m2 */
		heat.top_h_W_m2K[ir] = 1e-3;
		heat.top_C[ir] = 5e6;
	}
	heat_until(&heat, 0.0, 10.0);
	put("T1.0", rf_bioheat_at_C(&heat, 0.0, 0.0) - 37.0);
	put("T1.1mm", rf_bioheat_at_C(&heat, 0.0, 1000.0) - 37.0);
	rf_bioheat_free(&heat);
	assert_int_equal(rf_bioheat_new(&heat, grid, 37.0, 37.0, NULL), ST_OK);
	heat.source_W[0] = 0.05; /* a half-space under an insulated surface: half of 0.1 W */
	heat_until(&heat, 0.0, 10.0);
	put("T3.10s", rf_bioheat_at_C(&heat, 0.0, 2000.0) - 37.0);
	heat_until(&heat, 10.0, 100.0);
	put("T3.100s", rf_bioheat_at_C(&heat, 0.0, 2000.0) - 37.0);
	rf_bioheat_free(&heat);
	rf_axisym_free(&grid);
	grid = heat_grid_of(300.0, &heat);
	const double *z_um = rf_axisym_z_edge_um(grid);
	nz = rf_axisym_nz(grid);
	for (size_t iz = 0; iz < nz; iz++)
		heat.source_W[iz] = 50.0 * (z_um[iz + 1] - z_um[iz]) * M_PER_UM;
	heat_until(&heat, 0.0, 0.5);
	put("T5", rf_bioheat_at_C(&heat, 500.0, 2000.0) - 37.0);
	rf_bioheat_free(&heat);
	rf_axisym_free(&grid);
}

static void run_probes(const struct rf_run_problem *problem, double *rise_K)
{
	struct rf_run *run = NULL;
	struct fail why = {0};
	if (rf_run_new(problem, NULL, NULL, &run, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	for (size_t i = 0; i < problem->probes; i++)
		rise_K[i] = rf_run_probe_C(run, i)[rf_run_steps(run)] - 37.0;
	rf_run_free(&run);
}

static void heated_discs(void)
{
	static const struct rf_place wide[] = {{0.0, 0.0}, {0.0, 1000.0}, {0.0, 5000.0}}, fine[] = {{0.0, 0.0}, {0.0, 500.0}, {0.0, 2000.0}};
	struct rf_run_problem p = {.electrode = {{1e6, 1, dry_skin, RF_RETURN_FAR}, 10000.0, {0.0}, false, 0.0},
	                           .control = {.mode = RF_CONTROL_POWER, .value = 40.0, .on_s = 2.0},
	                           .surface_C = 37.0,
	                           .core_C = 37.0,
	                           .probes = 3,
	                           .probe = wide,
	                           .end_s = 2.0};
	double rise_K[3];
	run_probes(&p, rise_K);
	put("T7.0", rise_K[0]);
	put("T7.1mm", rise_K[1]);
	put("T7.5mm", rise_K[2]);
	p.electrode.radius_um = 1000.0;
	p.control.value = 0.5;
	p.control.on_s = p.end_s = 1.0;
	p.probe = fine;
	run_probes(&p, rise_K);
	put("T10.0", rise_K[0]);
	put("T10.half", rise_K[1]);
	p.electrode.refine = 2.2;
	run_probes(&p, rise_K);
	put("T10.2mm", rise_K[2]);
}

static void cooled_layers(void)
{
	static const struct rf_place place[] = {{0.0, 0.0}, {0.0, 1000.0}, {0.0, 3000.0}};
	const double per_blood = 1.0 / RF_BLOOD_J_m3K;
	const struct rf_layer layer[] = {
	        {.thickness_um = 1500.0, .conductivity_S_m = 0.3, .thermal = {0.37, 1109.0, 3391.0, 1.98e-3 * 1109.0 * 3391.0 * per_blood, 0.0}},
	        {.thickness_um = 5000.0, .conductivity_S_m = 0.3, .thermal = {0.21, 911.0, 2348.0, 0.88e-3 * 911.0 * 2348.0 * per_blood, 0.0}},
	        {.thickness_um = INFINITY, .conductivity_S_m = 0.3, .thermal = {0.49, 1090.0, 3421.0, 0.68e-3 * 1090.0 * 3421.0 * per_blood, 0.0}}};
	struct rf_run_problem p = {.electrode = {{1e6, 3, layer, RF_RETURN_FAR}, 10000.0, {0.0}, false, 0.0},
	                           .control = {.mode = RF_CONTROL_POWER, .on_s = 1.0},
	                           .surface_C = 37.0,
	                           .core_C = 37.0,
	                           .under = {1000.0, 0.0, 0, NULL},
	                           .beside = {1000.0, 0.0, 0, NULL},
	                           .probes = 3,
	                           .probe = place,
	                           .end_s = 5.0};
	double rise_K[3];
	run_probes(&p, rise_K);
	put("B1.0", 37.0 + rise_K[0]);
	put("B1.1mm", 37.0 + rise_K[1]);
	put("B1.3mm", 37.0 + rise_K[2]);
	p.end_s = 20000.0;
	run_probes(&p, rise_K);
	put("B1.steady.0", 37.0 + rise_K[0]);
	put("B1.steady.1mm", 37.0 + rise_K[1]);
	put("B1.steady.3mm", 37.0 + rise_K[2]);
}

static void plates_warming(void)
{
	struct rf_layer block[] = {{.thickness_um = 10000.0, .conductivity_S_m = 0.3, .warming_1_K = 0.02, .thermal = {1e-6, 1109.0, 3391.0, 0.0, 0.0}}};
	static const struct rf_place middle = {0.0, 5000.0};
	struct rf_run_problem p = {.electrode = {{1e6, 1, block, RF_RETURN_PLATE}, 10000.0, {0.0}, true, 0.0},
	                           .control = {.mode = RF_CONTROL_VOLTAGE, .value = 80.0, .on_s = 5.0},
	                           .surface_C = 37.0,
	                           .core_C = 37.0,
	                           .probes = 1,
	                           .probe = &middle,
	                           .end_s = 5.0};
	double rise_K;
	run_probes(&p, &rise_K);
	put("T12", rise_K);
	block[0].warming_1_K = 0.0;
	run_probes(&p, &rise_K);
	put("T12.constant", rise_K);
}

static void injuries(void)
{
	put("A1.1s", damage_threshold_C(damage_set(DAMAGE_HENRIQUES_EA628), 1.0));
	put("A1.60s", damage_threshold_C(damage_set(DAMAGE_HENRIQUES_EA628), 60.0));
	put("A3", damage_omega(damage_set(DAMAGE_COLLAGEN_PEARCE), (double[]){0.0, 4.0}, (double[]){72.0, 72.0}, 2));
	put("A5.45C", damage_cem43_min((double[]){0.0, 180.0}, (double[]){45.0, 45.0}, 2, NULL));
	put("A5.50C", damage_cem43_min((double[]){0.0, 60.0}, (double[]){50.0, 50.0}, 2, NULL));
	put("collagen.onset.1s", damage_threshold_C(damage_set(DAMAGE_COLLAGEN_ONSET), 1.0));
	put("collagen.onset.60s", damage_threshold_C(damage_set(DAMAGE_COLLAGEN_AKSAN), 60.0));
}

/* ---- published ---- */

/* Anywhere, or on the axis. */
static double hottest_C(const struct rf_run_problem *problem, enum rf_matter matter, bool axis)
{
	struct rf_run *run = NULL;
	struct fail why = {0};
	if (rf_run_new(problem, NULL, NULL, &run, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	const struct rf_axisym *grid = rf_run_grid(run);
	const double *peak_C = rf_run_peak_C(run);
	double most_C = -INFINITY;
	size_t nz = rf_axisym_nz(grid), cells = nz * (axis ? 1 : rf_axisym_nr(grid));
	for (size_t n = 0; n < cells; n++)
		if (problem->electrode.stack.layer[rf_axisym_layer(grid, n % nz)].matter == matter)
			most_C = fmax(most_C, peak_C[n]);
	rf_run_free(&run);
	return most_C;
}

/* A 4 cm2 membrane tip, cryogen on the skin from 0.3 s before to 0.5 s after 1.5 s of 120 W. */
static double tip_C(double fat_um, enum rf_matter matter, bool axis)
{
	struct rf_layer layer[3];
	tissue(6.78e6, 1500.0, fat_um, layer);
	struct heat_stage cold[] = {{0.0, 2.3, 2000.0, -5.0}};
	struct rf_run_problem p = {.electrode = {{6.78e6, 3, layer, RF_RETURN_FAR}, 11283.8, {-0.01949 * I}, false, 0.7},
	                           .control = {.mode = RF_CONTROL_POWER, .value = 120.0, .start_s = 0.3, .on_s = 1.5},
	                           .surface_C = 33.0,
	                           .core_C = 37.0,
	                           .under = {10.0, NAN, 1, cold},
	                           .beside = {10.0, NAN, 0, NULL},
	                           .end_s = 3.0};
	return hottest_C(&p, matter, axis);
}

static void published_tips(void)
{
	double peak_C[4];
	for (int i = 0; i < 4; i++)
		peak_C[i] = tip_C(2000.0 * (i + 1), RF_DERMIS, true);
	put("P1.fall24", peak_C[0] - peak_C[1]);
	put("P1.fall46", peak_C[1] - peak_C[2]);
	put("P1.fall68", peak_C[2] - peak_C[3]);
	put("P10.dermis", tip_C(5000.0, RF_DERMIS, false));
}

/* 448 kHz, a resistive disc of 30 mm radius, five minutes with the surface held at 42 C. */
static void published_diathermy(void)
{
	struct rf_layer layer[3];
	tissue(0.448e6, 2000.0, 10000.0, layer);
	struct rf_run_problem p = {.electrode = {{0.448e6, 3, layer, RF_RETURN_FAR}, 30000.0, {0.001}, false, 0.6},
	                           .control = {.mode = RF_CONTROL_TEMPERATURE, .value = 42.0, .power_W = 60.0, .on_s = 300.0},
	                           .surface_C = 34.0,
	                           .core_C = 37.5,
	                           .under = {15.0, NAN, 0, NULL},
	                           .beside = {10.0, NAN, 0, NULL},
	                           .perfusion = {3.0, 39.0, 44.0, true},
	                           .end_s = 300.0};
	put("P3.fat", hottest_C(&p, RF_FAT, true));
	assert_int_equal(dielectric_layer(DIELECTRIC_FAT_INFILTRATED, 0.448e6, 10000.0, &layer[1], NULL), ST_OK);
	put("P3.infiltrated", hottest_C(&p, RF_FAT, true));
}

/* 130 cm2 of resistive gel, 0.7 A for 60 s. */
static void published_pad(void)
{
	struct rf_layer layer[3];
	tissue(0.46e6, 1500.0, 5000.0, layer);
	struct rf_pad pad = {{0.46e6, 3, layer, RF_RETURN_FAR}, 130.0, 1.0, {0.05}, 0.7, 60.0};
	struct rf_pad_rise whole, part;
	assert_int_equal(rf_pad_rise(&pad, &whole, NULL), ST_OK);
	pad.contact_frac = 0.5;
	assert_int_equal(rf_pad_rise(&pad, &part, NULL), ST_OK);
	put("P9.whole", whole.mean_K);
	put("P9.ratio", part.mean_K / whole.mean_K);
}

static void published_septa(void)
{
	double complex fat, septa;
	assert_int_equal(dielectric_gabriel(DIELECTRIC_FAT, 1e6, &fat, NULL), ST_OK);
	assert_int_equal(dielectric_gabriel(DIELECTRIC_TENDON, 1e6, &septa, NULL), ST_OK);
	put("P12.power", creal(dielectric_along(fat, septa, 0.1)) / creal(fat) - 1.0);
	put("P12.current", cabs(septa) / cabs(fat) - 1.0);
	put("P12.field", cabs(septa) / cabs(fat) - 1.0);
}

static bool good(double value, double expected, double tolerance, const char *kind)
{
	if (strcmp(kind, "rel") == 0)
		return fabs(value - expected) <= tolerance * fabs(expected);
	if (strcmp(kind, "abs") == 0)
		return fabs(value - expected) <= tolerance;
	if (strcmp(kind, "range") == 0)
		return value >= expected && value <= tolerance;
	if (strcmp(kind, "open") == 0)
		return isfinite(value);
	assert_string_equal(kind, "sign");
	return value > 0.0;
}

static double value_of(const char *id)
{
	for (size_t i = 0; i < known; i++)
		if (strcmp(values[i].id, id) == 0) {
			values[i].used = true;
			return values[i].value;
		}
	fail_msg("row %s is not computed", id);
	return NAN;
}

static bool check_row(char *line, bool print)
{
	char *cell[COLUMNS], *rest = line;
	for (int i = 0; i < COLUMNS; i++) {
		cell[i] = rest;
		rest = i + 1 < COLUMNS ? strchr(rest, ',') : NULL;
		if (i + 1 < COLUMNS) {
			assert_non_null(rest);
			*rest++ = '\0';
		}
	}
	double value = value_of(cell[0]), expected = strtod(cell[3], NULL), tolerance = strtod(cell[4], NULL);
	bool ok = good(value, expected, tolerance, cell[5]);
	if (print || !ok)
		printf("%-20s %-52s %14.8g %14.8g %9s %-5s %s\n", cell[0], cell[1], value, expected, cell[4], cell[5],
		       ok ? "" : "<- outside");
	return ok;
}

static void every_row_holds(void **state)
{
	(void)state;
	dielectrics();
	real_discs();
	complex_discs();
	plane_problems();
	sources();
	heated_discs();
	cooled_layers();
	plates_warming();
	injuries();
	published_tips();
	published_diathermy();
	published_pad();
	published_septa();
	FILE *file = fopen(TABLE, "r");
	char line[512];
	size_t outside = 0, rows = 0;
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		if (line[0] == '#' || strncmp(line, "id,", 3) == 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		outside += !check_row(line, getenv("LASERTWIN_VALIDATE") != NULL);
		rows++;
	}
	(void)fclose(file);
	assert_int_equal(outside, 0);
	assert_int_equal(rows, known);
	for (size_t i = 0; i < known; i++)
		if (!values[i].used)
			fail_msg("%s has no row", values[i].id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_row_holds)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
