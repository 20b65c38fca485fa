/* Ablation: light that stops at the front.
 *
 * Column by column (the local radiant exposure of the beam), light enters at the front and is absorbed by
 * Beer's law. A front cell that has taken its heat of ablation is removed and what is left of the light
 * goes on; nothing is lost or counted twice. Between the portions of light, heat spreads in r and z: a
 * long pulse loses more to the wall, a short one less. Below the heat of ablation nothing is removed.
 *
 * A beam is focused on the surface and widens below it; what the widening carries into the wall of a deep crater
 * heats the wall.
 *
 * The heat of ablation is what the tissue is made of: heat it to boiling, boil its water, and then burn
 * the dry matrix away or have it torn out by the steam. Which of the two depends on the heated depth
 * 1/mua against the size of collagen fibre bundles: a front thinner than a bundle tears it out (Er:YAG),
 * a thicker one must burn it (CO2). Vogel & Venugopalan 2003, Chem Rev 103:577, discuss both limits; the
 * interpolation is a design choice.
 */
#include "physics/microbeam_run.h"

#include "physics/base/units.h"
#include "physics/spectra.h"

#define BUNDLE_UM 10.0 /* collagen fibre bundles of the dermis, 1..20 um; design value */
/* Opaque: absorption far above reduced scattering, so that Beer's law holds to a few per cent. */
#define OPAQUE_RATIO 20.0
#define NEAR_SURFACE_UM 200.0 /* depth over which tissue is averaged for the choice and the threshold */
/* Water near 3 um bleaches while it is heated: 12 000 -> 5 000..7 000 1/cm at 0.5..1 kJ/cm3 (K. Vodopyanov 1991;
 * J. Cummings and J. Walsh, Appl Phys Lett 1993;62:1988; R. Shori et al., IEEE J Sel Top Quantum Electron 2001;7:959):
 * in a straight line with the heat of its own, to half at 0.75 kJ/cm3, where it is held. */
#define BLEACHED_FROM_NM 2700.0
#define BLEACHED_TO_NM 3100.0
#define BLEACHED_FRAC 0.5
#define BLEACHED_J_CM3 750.0
#define WATER_J_CM3K 4.16 /* at 34..100 C */

#define ROWS_IN_CRATER 90.0
#define ROWS_IN_HEATED_DEPTH 4.0
#define ROW_LEAST_UM 2.0 /* a thinner front is not resolved: it lies inside one row */
#define ROW_MOST_UM 5.0
#define CRATER_MARGIN 1.15
#define BELOW_CRATER_UM 40.0
#define ROW_GROWTH 1.15
#define BELOW_END_UM 700.0
#define RINGS_IN_RADIUS 12.0
#define UNIFORM_RADII 1.5
#define RING_GROWTH 1.2
#define BESIDE_END_UM 500.0
#define STEPS_MIN 40.0
#define STEPS_PER_ROW 2.0
#define LIGHT_END_FRAC 1e-6
#define UM_PER_NM 1e-3
#define CM_PER_M 100.0
#define TAIL_TIMES 6.0 /* the rest, 0.25 % of the tail, comes at the end */

struct opaque_optics {
	double mua_1_cm[TISSUE_LAYERS_MAX], reduced_scattering_1_cm[TISSUE_LAYERS_MAX];
	double dry_1_cm[TISSUE_LAYERS_MAX]; /* of mua_1_cm, what stays when the water has gone */
	double mua_rel_sd, n;
	bool bleaches;
	unsigned flags;
};

/* Absorption of water that has been warmed by so much over that of cold water. */
static double bleached_frac(bool bleaches, double warmed_K)
{
	double taken = fmin(fmax(warmed_K, 0.0) * WATER_J_CM3K / BLEACHED_J_CM3, 1.0);
	return bleaches ? 1.0 - (1.0 - BLEACHED_FRAC) * taken : 1.0;
}

static enum status read_optics(const struct tissue *tissue, double wavelength_nm, struct opaque_optics *o,
                               struct fail *why)
{
	double water_1_cm = spectra_absorption(CHROMOPHORE_WATER, wavelength_nm).value;
	*o = (struct opaque_optics){
	        .n = 1.0, .bleaches = wavelength_nm >= BLEACHED_FROM_NM && wavelength_nm <= BLEACHED_TO_NM};
	for (size_t i = 0; i < tissue->count; i++) {
		struct tissue_optics layer;
		enum status st = tissue_optics_at(tissue, i, wavelength_nm, &layer, why);
		if (st != ST_OK)
			return st;
		double wet_frac = tissue_layer_thermal(&tissue->layer[i]).water_frac;
		o->mua_1_cm[i] = layer.mua_1_cm.value;
		o->dry_1_cm[i] = fmax(o->mua_1_cm[i] - wet_frac * water_1_cm, 0.0);
		o->reduced_scattering_1_cm[i] = layer.reduced_scattering_1_cm.value;
		o->mua_rel_sd = fmax(o->mua_rel_sd, layer.mua_1_cm.sd / fmax(layer.mua_1_cm.value, 1e-12));
		o->flags |= layer.mua_1_cm.flags;
		if (i == 0)
			o->n = layer.n;
	}
	return ST_OK;
}

enum status microbeam_mechanism(const struct tissue *tissue, double wavelength_nm,
                                enum microbeam_mechanism *out, struct fail *why)
{
	struct opaque_optics o;
	enum status st = tissue_check(tissue, why);
	if (st == ST_OK)
		st = read_optics(tissue, wavelength_nm, &o, why);
	if (st != ST_OK)
		return st;
	double mua = microbeam_layer_mean(tissue, o.mua_1_cm, 0.0, NEAR_SURFACE_UM);
	double scattering = microbeam_layer_mean(tissue, o.reduced_scattering_1_cm, 0.0, NEAR_SURFACE_UM);
	*out = mua > OPAQUE_RATIO * scattering ? MICROBEAM_OPAQUE : MICROBEAM_TURBID;
	return ST_OK;
}

/* Share of the matrix that is burnt: 1 / (1 + (bundle / heated depth)^2). */
static double burnt_frac(double mua_1_cm)
{
	double ratio = BUNDLE_UM * CM_PER_UM * mua_1_cm;
	return 1.0 / (1.0 + ratio * ratio);
}

static double near_surface_burnt_frac(const struct tissue *tissue, const struct opaque_optics *o)
{
	return burnt_frac(microbeam_layer_mean(tissue, o->mua_1_cm, 0.0, NEAR_SURFACE_UM));
}

static const struct microbeam_constants reference = {
        .light_scale = 1.0, .matrix_scale = 1.0, .conductivity_scale = 1.0, .damage = DAMAGE_COLLAGEN_PEARCE};

/* What the solver itself asks of the tissue near the surface: one cell of it. */
static enum status cell_heat_J_cm3(const struct tissue *tissue, const struct microbeam_constants *constants,
                                   double burnt, double *out, struct fail *why)
{
	struct microbeam_grid one = {
	        .nr = 1, .nz = 1, .r_edge_um = {0.0, 1.0}, .z_edge_um = {0.0, NEAR_SURFACE_UM}};
	struct heat_rz *heat = NULL;
	enum status st = microbeam_heat_new(tissue, &one, constants, burnt, true, &heat, why);
	if (st != ST_OK)
		return st;
	*out = heat_rz_room_J_cm3(heat, 0, 0);
	heat_rz_free(&heat);
	return ST_OK;
}

/* Relative sd of the matrix heat: an even spread of the heat of ablation over 2.5..4.3 kJ/cm3. */
#define MATRIX_REL_SD 0.37
/* Two published heats against the model, as in microbeam.c: 0.37 of which 0.13 are the rows'. */
#define HEAT_REL_SD 0.34
#define LESS_PRESSURE_K (-40.0) /* steam at 3.6 bar boils at 140 C: the spread of the boiling point */

enum status microbeam_heat_of_ablation_J_cm3(const struct tissue *tissue, double wavelength_nm,
                                             struct estimate *out, struct fail *why)
{
	struct opaque_optics o;
	enum status st = tissue_check(tissue, why);
	if (st == ST_OK)
		st = read_optics(tissue, wavelength_nm, &o, why);
	if (st != ST_OK)
		return st;
	struct microbeam_constants more = reference;
	more.matrix_scale += MATRIX_REL_SD;
	double burnt = near_surface_burnt_frac(tissue, &o), value = 0.0, upper = 0.0;
	st = cell_heat_J_cm3(tissue, &reference, burnt, &value, why);
	if (st == ST_OK)
		st = cell_heat_J_cm3(tissue, &more, burnt, &upper, why);
	if (st == ST_OK)
		*out = (struct estimate){value, fmax(upper - value, HEAT_REL_SD * value), VALIDITY_ASSUMED};
	return st;
}

/* Unpolarised Fresnel reflectance at normal incidence from air. */
static double surface_reflectance_frac(double n)
{
	double r = (n - 1.0) / (n + 1.0);
	return r * r;
}

/* The radiant exposure that has taken the water out of the surface, in a pulse short against the cooling of the heated
 * depth: F (1 - R) = c (Tb - T0) / mua + L ln(mua / mud) / (mua - mud), mud without water: the second term is the
 * integral of L dw / (mud + w (mua - mud)) over the share of water w, since what dries absorbs less and less. */
static double drying_J_cm2(const struct opaque_optics *o, const struct tissue *tissue, double boil_J_cm3,
                           double latent_J_cm3, double boiling_C)
{
	double wet = microbeam_layer_mean(tissue, o->mua_1_cm, 0.0, NEAR_SURFACE_UM);
	double dry = microbeam_layer_mean(tissue, o->dry_1_cm, 0.0, NEAR_SURFACE_UM), water = wet - dry;
	double warmed_K = boiling_C - tissue->surface_temperature_C;
	double warming = dry + water * bleached_frac(o->bleaches, 0.5 * warmed_K);
	double boiling = water * bleached_frac(o->bleaches, warmed_K);
	double light_J_cm2 = (boil_J_cm3 - latent_J_cm3) / warming + latent_J_cm3 * log1p(boiling / dry) / boiling;
	return light_J_cm2 / (1.0 - surface_reflectance_frac(o->n));
}

enum status microbeam_ablation_threshold_J_cm2(const struct tissue *tissue, double wavelength_nm,
                                               struct estimate *out, struct fail *why)
{
	struct opaque_optics o;
	enum status st = tissue_check(tissue, why);
	if (st == ST_OK)
		st = read_optics(tissue, wavelength_nm, &o, why);
	double value[2] = {0.0, 0.0};
	for (int k = 0; st == ST_OK && k < 2; k++) {
		struct microbeam_constants constants = reference;
		constants.boiling_shift_K = k ? LESS_PRESSURE_K : 0.0;
		double boil_J_cm3 = 0.0;
		st = cell_heat_J_cm3(tissue, &constants, 0.0, &boil_J_cm3, why);
		if (st == ST_OK)
			value[k] = drying_J_cm2(&o, tissue, boil_J_cm3, microbeam_latent_J_cm3(tissue, NEAR_SURFACE_UM),
			                        microbeam_boiling_C(&constants));
	}
	if (st == ST_OK)
		*out = (struct estimate){value[0], hypot(value[1] - value[0], value[0] * o.mua_rel_sd),
		                         VALIDITY_ASSUMED | o.flags};
	return st;
}

/* e^(x^2) erfc(x); its asymptotic series where the factors would leave the range of a double. */
static double scaled_erfc(double x)
{
	return x < 20.0 ? exp(x * x) * erfc(x) : (1.0 - 0.5 / (x * x)) / (x * sqrt(PI));
}

/* Rise of the surface per absorbed radiant exposure, light absorbed by Beer's law in half space, constant power:
 * (1 / (t k mua)) [2 x / sqrt(pi) - 1 + e^(x^2) erfc(x)], x = mua sqrt(kappa t) (Carslaw & Jaeger 1959, 2.11):
 * mua / rho c for short pulses, conduction for long ones. */
static double surface_K_per_J_cm2(double mua_1_cm, double conductivity_W_cmK, double capacity_J_cm3K, double pulse_s)
{
	double x = mua_1_cm * sqrt(conductivity_W_cmK / capacity_J_cm3K * pulse_s);
	if (x < 1e-3)
		return mua_1_cm / capacity_J_cm3K;
	return (2.0 * x / sqrt(PI) - 1.0 + scaled_erfc(x)) / (pulse_s * conductivity_W_cmK * mua_1_cm);
}

/* Water heated within nanoseconds finds no bubble in time and superheats to its spinodal, 300 C, where it explodes;
 * within microseconds it boils (Vogel & Venugopalan 2003, V.D). Between, design. */
#define SUPERHEATED_S 1e-6
#define SUPERHEATED_C 300.0

struct surface {
	double mua_1_cm, conductivity_W_cmK, capacity_J_cm3K, start_C;
	const struct opaque_optics *optics;
};

static double onset_J_cm2(const struct surface *s, double pulse_s, double boiling_C)
{
	double warmed_K = boiling_C - s->start_C, water = bleached_frac(s->optics->bleaches, 0.5 * warmed_K);
	double per_J = surface_K_per_J_cm2(water * s->mua_1_cm, s->conductivity_W_cmK, s->capacity_J_cm3K, pulse_s);
	return warmed_K / per_J / (1.0 - surface_reflectance_frac(s->optics->n));
}

static struct surface surface_of(const struct tissue *tissue, const struct opaque_optics *o)
{
	double conductivity[TISSUE_LAYERS_MAX], capacity[TISSUE_LAYERS_MAX];
	for (size_t i = 0; i < tissue->count; i++) {
		struct tissue_thermal t = tissue_layer_thermal(&tissue->layer[i]);
		conductivity[i] = t.conductivity_W_mK / CM_PER_M;
		capacity[i] = t.density_kg_m3 * t.heat_capacity_J_kgK * J_CM3_PER_J_M3;
	}
	return (struct surface){.mua_1_cm = microbeam_layer_mean(tissue, o->mua_1_cm, 0.0, NEAR_SURFACE_UM),
	                        .conductivity_W_cmK = microbeam_layer_mean(tissue, conductivity, 0.0, NEAR_SURFACE_UM),
	                        .capacity_J_cm3K = microbeam_layer_mean(tissue, capacity, 0.0, NEAR_SURFACE_UM),
	                        .start_C = tissue->surface_temperature_C,
	                        .optics = o};
}

/* sd: boiling 40 C earlier (from 140 at 3.6 bar) and the absorption's own. */
enum status microbeam_removal_onset_J_cm2(const struct tissue *tissue, double wavelength_nm, double pulse_s,
                                          struct estimate *out, struct fail *why)
{
	struct opaque_optics o;
	if (!(pulse_s > 0.0 && pulse_s <= MICROBEAM_PULSE_MAX_S))
		return fail_set(why, ST_RANGE, "pulse_s", "%g s is outside 0 to %g s", pulse_s, MICROBEAM_PULSE_MAX_S);
	enum status st = tissue_check(tissue, why);
	if (st == ST_OK)
		st = read_optics(tissue, wavelength_nm, &o, why);
	if (st != ST_OK)
		return st;
	struct surface s = surface_of(tissue, &o);
	double boiling_C = pulse_s < SUPERHEATED_S ? SUPERHEATED_C : microbeam_boiling_C(&reference);
	double value = onset_J_cm2(&s, pulse_s, boiling_C), less = onset_J_cm2(&s, pulse_s, boiling_C + LESS_PRESSURE_K);
	*out = (struct estimate){value, hypot(value - less, value * o.mua_rel_sd), VALIDITY_ASSUMED | o.flags};
	return ST_OK;
}

/* Share of the beam inside radius r at a depth of the open crater. A Gaussian beam of radius w0 widens below its focus,
 * here on the surface: w^2 = w0^2 (1 + (z / zR)^2), zR = pi w0^2 / lambda (H. Kogelnik and T. Li, Appl Opt
 * 1966;5:1550, eq. (20); M2 = 1): 1.1 mm for 120 um at 10.6 um. No other beam widens less: by its second moment, of a
 * flat one the square of its radius, the same law holds with M2 > 1 (A. Siegman, Proc SPIE 1990;1224:2). It is given
 * the least and kept flat. */
static double inside_frac(const struct microbeam *beam, double r_um, double depth_um)
{
	double radius_um = 0.5 * beam->diameter_um, x2 = r_um * r_um / (radius_um * radius_um);
	double widened = depth_um * beam->wavelength_nm * UM_PER_NM / (PI * radius_um * radius_um);
	x2 /= 1.0 + widened * widened;
	return beam->profile == MICROBEAM_FLAT ? fmin(x2, 1.0) : -expm1(-2.0 * x2);
}

static void build_grid(const struct microbeam *beam, double crater_um, double heated_um,
                       struct microbeam_grid *g)
{
	double thin = fmin(fmax(heated_um / ROWS_IN_HEATED_DEPTH, ROW_LEAST_UM), ROW_MOST_UM);
	double row = fmax(crater_um / ROWS_IN_CRATER, thin);
	double deep = CRATER_MARGIN * crater_um + BELOW_CRATER_UM;
	g->nz = microbeam_edges(row, deep, ROW_GROWTH, deep + BELOW_END_UM, g->z_edge_um, MICROBEAM_ROWS_MAX);
	double radius = 0.5 * beam->diameter_um, ring = radius / RINGS_IN_RADIUS;
	double wide = UNIFORM_RADII * radius;
	g->nr = microbeam_edges(ring, wide, RING_GROWTH, wide + BESIDE_END_UM, g->r_edge_um,
	                        MICROBEAM_RINGS_MAX);
}

struct opaque {
	struct microbeam_grid grid;
	/* Rows: thickness; optical thickness without water, and what all its water adds. */
	double row_cm[MICROBEAM_ROWS_MAX], dry[MICROBEAM_ROWS_MAX], wet[MICROBEAM_ROWS_MAX];
	double caught_frac[MICROBEAM_ROWS_MAX]; /* of the light that comes, cold and whole */
	bool bleaches;
	double start_C;
	const struct microbeam *beam;
	double entering_J; /* of the whole pulse, behind the surface */
	double area_cm2[MICROBEAM_RINGS_MAX];
	/* Share of the beam inside a ring's inner edge at the upper edge of a row. */
	double inside[MICROBEAM_RINGS_MAX + 1][MICROBEAM_ROWS_MAX + 1];
	size_t front[MICROBEAM_RINGS_MAX];        /* first row present */
	struct heat_rz *heat;
};

/* Removes the front down to row j: what lies on a row that blows out goes with it. */
static void remove_down_to(struct opaque *o, size_t i, size_t j)
{
	for (size_t k = o->front[i]; k <= j; k++)
		heat_rz_remove(o->heat, i, k);
	o->front[i] = j + 1;
}

/* What a cell's water absorbs now over what it absorbed cold and whole. */
static double absorbing_water_frac(const struct opaque *o, size_t i, size_t j)
{
	double wet = heat_rz_water_frac(o->heat, i, j);
	return o->bleaches ? wet * bleached_frac(true, heat_rz_temperature_C(o->heat, i, j) - o->start_C) : wet;
}

/* One portion of light down one column. A dry lid (the stratum corneum) absorbs less than what it covers,
 * which then reaches its heat of ablation first. */
static void illuminate_column(struct opaque *o, size_t i, double portion_J_cm2)
{
	double left = portion_J_cm2, end = portion_J_cm2 * LIGHT_END_FRAC;
	for (size_t j = o->front[i]; j < o->grid.nz && left > end; j++) {
		double water = absorbing_water_frac(o, i, j), row_cm = o->row_cm[j];
		double taken = left * (water == 1.0 ? o->caught_frac[j] : -expm1(-(o->dry[j] + o->wet[j] * water)));
		if (heat_rz_takes(o->heat, i, j, taken / row_cm)) {
			left -= taken;
			continue;
		}
		double room_J_cm3 = heat_rz_room_J_cm3(o->heat, i, j);
		heat_rz_deposit(o->heat, i, j, room_J_cm3);
		remove_down_to(o, i, j);
		left -= room_J_cm3 * row_cm;
	}
}

/* Share of the energy that has come by t: constant power for pulse_s, then an exponential tail. What the tail
 * brings at its end no longer outruns the heat and stays in the wall: 5..40 um of it where a pulse that ends at
 * once would leave 3 um. */
static double emitted_frac(const struct microbeam *beam, double t)
{
	double whole_s = beam->pulse_s + beam->tail_s;
	if (t <= beam->pulse_s)
		return t / whole_s;
	return 1.0 - beam->tail_s / whole_s * exp(-(t - beam->pulse_s) / beam->tail_s);
}

/* What widens into the wall that ring i + 1 shows to the deeper ring i: row by row, so that rings and walls together
 * take the whole beam. */
static void illuminate_wall(struct opaque *o, size_t i, double portion_J)
{
	const double *inside = o->inside[i + 1];
	for (size_t j = o->front[i + 1]; j < o->front[i]; j++)
		heat_rz_deposit(o->heat, i + 1, j,
		                portion_J * (inside[j] - inside[j + 1]) / (o->area_cm2[i + 1] * o->row_cm[j]));
}

/* One portion of the pulse: the walls, then every ring at the depth of its front. */
static void illuminate(struct opaque *o, double portion_J)
{
	for (size_t i = 0; i + 1 < o->grid.nr; i++)
		illuminate_wall(o, i, portion_J);
	for (size_t i = 0; i < o->grid.nr; i++) {
		double share = o->inside[i + 1][o->front[i]] - o->inside[i][o->front[i]];
		if (share > 0.0)
			illuminate_column(o, i, portion_J * share / o->area_cm2[i]);
	}
}

static enum status shine(struct opaque *o, const struct microbeam *beam, double portions,
                         const struct microbeam_options *options, struct fail *why)
{
	double t = 0.0, portion_s = beam->pulse_s / portions, sent = 0.0;
	double end_s = beam->pulse_s + TAIL_TIMES * beam->tail_s;
	while (t < end_s * (1.0 - 1e-9)) {
		if (microbeam_cancelled(options))
			return fail_set(why, ST_CANCELLED, "microbeam", "cancelled");
		double until_s = t < beam->pulse_s * (1.0 - 1e-9) ? beam->pulse_s : end_s;
		double dt = fmin(fmin(portion_s, heat_rz_stable_step_s(o->heat)), until_s - t);
		double now = t + dt < end_s * (1.0 - 1e-9) ? emitted_frac(beam, t + dt) : 1.0;
		illuminate(o, o->entering_J * (now - sent));
		heat_rz_advance(o->heat, dt);
		sent = now;
		t += dt;
	}
	return ST_OK;
}

static void prepare(struct opaque *o, const struct tissue *tissue, const struct microbeam *beam,
                    const struct opaque_optics *optics, double light_scale)
{
	double entering = 1.0 - surface_reflectance_frac(optics->n);
	o->beam = beam;
	o->bleaches = optics->bleaches;
	o->start_C = tissue->surface_temperature_C;
	o->entering_J = entering * beam->energy_mJ * J_PER_MJ;
	for (size_t i = 0; i <= o->grid.nr; i++)
		for (size_t j = 0; j <= o->grid.nz; j++)
			o->inside[i][j] = inside_frac(beam, o->grid.r_edge_um[i], o->grid.z_edge_um[j]);
	for (size_t i = 0; i < o->grid.nr; i++)
		o->area_cm2[i] = disc_area_cm2(2.0 * o->grid.r_edge_um[i + 1]) - disc_area_cm2(2.0 * o->grid.r_edge_um[i]);
	for (size_t j = 0; j < o->grid.nz; j++) {
		double from_um = o->grid.z_edge_um[j], to_um = o->grid.z_edge_um[j + 1];
		double mua_1_cm = light_scale * microbeam_layer_mean(tissue, optics->mua_1_cm, from_um, to_um);
		double dry_1_cm = light_scale * microbeam_layer_mean(tissue, optics->dry_1_cm, from_um, to_um);
		o->row_cm[j] = (to_um - from_um) * CM_PER_UM;
		o->dry[j] = dry_1_cm * o->row_cm[j];
		o->wet[j] = (mua_1_cm - dry_1_cm) * o->row_cm[j];
		o->caught_frac[j] = -expm1(-(o->dry[j] + o->wet[j]));
	}
}

enum status microbeam_run_opaque(const struct tissue *tissue, const struct microbeam *beam,
                                 const struct microbeam_constants *constants,
                                 const struct microbeam_options *options, struct microbeam_sizes *sizes,
                                 struct microbeam_axis *axis, struct fail *why)
{
	struct opaque_optics optics;
	double heat_J_cm3 = 0.0;
	struct opaque *o = calloc(1, sizeof *o);
	if (!o)
		return fail_set(why, ST_FULL, "microbeam", "no memory");
	enum status st = read_optics(tissue, beam->wavelength_nm, &optics, why);
	if (st != ST_OK)
		goto out;
	double burnt = near_surface_burnt_frac(tissue, &optics);
	st = cell_heat_J_cm3(tissue, constants, burnt, &heat_J_cm3, why);
	if (st != ST_OK)
		goto out;
	double peak = (beam->profile == MICROBEAM_FLAT ? 1.0 : 2.0) * beam->energy_mJ * J_PER_MJ /
	              disc_area_cm2(beam->diameter_um);
	double crater_um = peak / heat_J_cm3 * UM_PER_CM;
	double mua = microbeam_layer_mean(tissue, optics.mua_1_cm, 0.0, NEAR_SURFACE_UM);
	build_grid(beam, crater_um, UM_PER_CM / mua, &o->grid);
	prepare(o, tissue, beam, &optics, constants->light_scale);
	st = microbeam_heat_new(tissue, &o->grid, constants, burnt, true, &o->heat, why);
	if (st == ST_OK)
		st = shine(o, beam,
		           fmax(STEPS_MIN, STEPS_PER_ROW * crater_um / o->grid.z_edge_um[1]), options, why);
	if (st == ST_OK)
		st = microbeam_relax(o->heat, constants, options, why);
	if (st == ST_OK)
		microbeam_measure(o->heat, &o->grid, sizes, axis);
out:
	heat_rz_free(&o->heat);
	free(o);
	return st;
}
