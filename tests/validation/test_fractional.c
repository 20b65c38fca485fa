/* Fractional lesions, ablation and pigment: published results against the models, untuned.
 *
 * Every row of fractional_rows.csv is computed and, with LASERTWIN_VALIDATE set, printed with its ratio
 * model/published. What the literature leaves open is stated here, not chosen row by row: one skin, CO2
 * beams Gaussian (the note gives a flat beam) in the time a continuous tube of 30 or 40 W needs, 1550 nm spots of
 * 120 um in 2 ms (the note gives 100 and 140), but 60 um at 4 mJ: this maker's optics widen the spot with the energy
 * (recalled; the lesion itself is 70-100 um wide), Er:YAG with the tail of a lamp-pumped laser, 1927 nm spots of 300 um in 3 ms, array microbeams with 70 % of the energy in 10 % of the area at
 * 450 ps. Sizes are divided by the histology factor. Asserted is the yardstick of the field, a worst case
 * of 2.6 (Jean & Schulmeister 2021, model against ED50); a row that is missed says so with the likely reason,
 * and the test also fails when it is no longer missed.
 *
 * Rows E and G (one CO2 device, three tips) and K were found after the models had been built and are not used in
 * building. Rows B were found later still and computed blind before anything was changed (the note tells that ratio).
 *
 * No number was fitted, but the physics was chosen with a first comparison at hand: with steam leaving the
 * tissue at 100 C and fixed absorption, 1550 nm lesions came out 2 to 2.5 times too shallow; closed tissue
 * (steam under pressure that condenses nearby) and light passing dried tissue were then added.
 *
 * Not chosen, since only these rows would choose it: with collagen's first denaturation (Aksan's set) for its loss of
 * birefringence (Pearce's), walls and floors of craters lie within 0.43 of the published (root mean square of the
 * logarithm) instead of 0.71, coagulated depths within 0.44 instead of 0.46. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "physics/microbeam.h"
#include "physics/ordinates.h"
#include "physics/pigment.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TABLE "tests/validation/fractional_rows.csv"
#define ROWS_MAX 96
#define WORST_RATIO 2.6

static const struct tissue skin = {
        .count = 6,
        .layer = {{TISSUE_STRATUM_CORNEUM, 15, 0.005, 0, 0, 0.30, 0.05},
                  {TISSUE_EPIDERMIS, 60, 0.02, 0, 0, 0.70, 0},
                  {TISSUE_BASAL, 10, 0.08, 0, 0, 0.65, 0},
                  {TISSUE_PAPILLARY, 150, 0, 0.004, 0.7, 0.68, 0},
                  {TISSUE_PLEXUS, 100, 0, 0.015, 0.7, 0.66, 0},
                  {TISSUE_RETICULAR, 2200, 0, 0.003, 0.7, 0.65, 0}},
        .surface_temperature_C = 33,
        .core_temperature_C = 37,
};

/* Black animal skin: melanin through a thin epidermis. */
static const struct tissue black_skin = {
        .count = 4,
        .layer = {{TISSUE_STRATUM_CORNEUM, 10, 0.02, 0, 0, 0.30, 0.05},
                  {TISSUE_EPIDERMIS, 30, 0.10, 0, 0, 0.70, 0},
                  {TISSUE_BASAL, 10, 0.20, 0, 0, 0.60, 0},
                  {TISSUE_RETICULAR, 2200, 0, 0.003, 0.7, 0.65, 0}},
        .surface_temperature_C = 33,
        .core_temperature_C = 37,
};
#define BLACK_BASAL_UM 45.0
#define HUMAN_BASAL_UM 80.0 /* of skin */

static const struct tissue cornea = {
        .count = 1,
        .layer = {{TISSUE_WATER, 2500, 0, 0, 0, 0.78, 0}},
        .surface_temperature_C = 34,
        .core_temperature_C = 36,
};

static void must(enum status status, const struct fail *why)
{
	if (status != ST_OK)
		fail_msg("%s: %s", why->field, why->text);
}

/* ---------------------------------------------------------------- models of the rows */

struct answer {
	double value, sd;
	unsigned flags;
	char note[96];
};

static struct microbeam_lesion run_in(const struct tissue *tissue, const struct microbeam_light *light,
                                      struct microbeam beam, bool spread)
{
	const struct microbeam_options options = {.without_spread = !spread};
	struct microbeam_lesion lesion;
	struct fail why = {0};
	must(microbeam_simulate(light, tissue, &beam, 0, &options, &lesion, NULL, &why), &why);
	return lesion;
}

static struct microbeam_lesion run(const struct microbeam_light *light, struct microbeam beam, bool spread)
{
	return run_in(&skin, light, beam, spread);
}

static struct microbeam_lesion simulate(const struct microbeam_light *light, struct microbeam beam)
{
	return run(light, beam, true);
}

static struct estimate section(const struct microbeam_lesion *lesion, struct estimate size)
{
	return microbeam_histology_um(size, lesion->histology_factor);
}

static struct answer answer_of(struct estimate e)
{
	return (struct answer){.value = e.value, .sd = e.sd, .flags = e.flags};
}

static struct answer co2_heat(double unused)
{
	(void)unused;
	struct estimate heat;
	struct fail why = {0};
	must(microbeam_heat_of_ablation_J_cm3(&skin, 10600, &heat, &why), &why);
	return answer_of(heat);
}

static struct answer co2_threshold(double unused)
{
	(void)unused;
	struct estimate threshold;
	struct fail why = {0};
	must(microbeam_ablation_threshold_J_cm2(&skin, 10600, &threshold, &why), &why);
	return answer_of(threshold);
}

static struct microbeam erbium(double fluence_J_cm2)
{
	const double diameter_um = 1000;
	return (struct microbeam){2940, fluence_J_cm2 * disc_area_cm2(diameter_um) / J_PER_MJ, diameter_um,
	                          2.5e-4, MICROBEAM_FLAT, MICROBEAM_ERBIUM_TAIL_S};
}

/* Slope between 20 and 60 J/cm2, living tissue. */
static struct answer erbium_slope(double unused)
{
	(void)unused;
	struct microbeam_lesion low = run(NULL, erbium(20), false), high = simulate(NULL, erbium(60));
	double slope = (high.ablation_depth_um.value - low.ablation_depth_um.value) / 40;
	return (struct answer){slope, slope * high.ablation_depth_um.sd / high.ablation_depth_um.value, VALID, ""};
}

static struct estimate below_the_crater(const struct microbeam_lesion *lesion)
{
	double below_um = lesion->coagulation_depth_um.value - lesion->ablation_depth_um.value;
	return (struct estimate){below_um, MICROBEAM_RESIDUE_REL_SD * below_um, lesion->coagulation_depth_um.flags};
}

static struct answer erbium_residue(double unused)
{
	(void)unused;
	struct microbeam_lesion lesion = run(NULL, erbium(20), false);
	return answer_of(section(&lesion, below_the_crater(&lesion)));
}

/* A continuous tube gives a pulse's energy in energy / power: 40 W (fraxel_repair's profile), 30 W (Hantash, eCO2). */
static struct microbeam co2(double energy_mJ, double diameter_um, double power_W)
{
	return (struct microbeam){10600, energy_mJ, diameter_um, energy_mJ * J_PER_MJ / power_W, MICROBEAM_GAUSSIAN, 0.0};
}

static struct answer co2_depth(double energy_mJ, double diameter_um)
{
	struct microbeam beam = co2(energy_mJ, diameter_um, 40);
	struct microbeam_lesion lesion = simulate(NULL, beam);
	struct answer a = answer_of(section(&lesion, lesion.ablation_depth_um));
	beam.profile = MICROBEAM_FLAT;
	lesion = run(NULL, beam, false);
	(void)snprintf(a.note, sizeof a.note, "flat beam %.0f",
	               section(&lesion, lesion.ablation_depth_um).value);
	return a;
}

static struct answer co2_20(double unused)
{
	(void)unused;
	return co2_depth(20, 120);
}

static struct answer co2_30(double unused)
{
	(void)unused;
	return co2_depth(30, 135);
}

static struct answer co2_width_ratio(double unused)
{
	(void)unused;
	double narrow_um = run(NULL, co2(5, 120, 30), false).coagulation_width_um.value;
	return (struct answer){run(NULL, co2(30, 120, 30), false).coagulation_width_um.value / narrow_um, 0, VALID, ""};
}

/* Deep Fx-like tips of one 30 W device in facial skin in vivo; not used in building. */
static struct microbeam_lesion eco2(double energy_mJ, double diameter_um)
{
	struct microbeam_lesion lesion = run(NULL, co2(energy_mJ, diameter_um, 30), true);
	bool in_channel = lesion.events & MICROBEAM_LONG_IN_CHANNEL; /* what is missed must say so */
	assert_int_equal(in_channel, diameter_um < 1000);
	assert_true(!in_channel || (lesion.ablation_depth_um.flags & VALIDITY_MODEL_LIMIT));
	return lesion;
}

static struct answer eco2_crater(double energy_mJ, double diameter_um)
{
	struct microbeam_lesion lesion = eco2(energy_mJ, diameter_um);
	struct answer a = answer_of(section(&lesion, lesion.ablation_depth_um));
	struct microbeam flat = co2(energy_mJ, diameter_um, 30);
	flat.profile = MICROBEAM_FLAT;
	lesion = run(NULL, flat, false);
	(void)snprintf(a.note, sizeof a.note, "flat beam %.0f", section(&lesion, lesion.ablation_depth_um).value);
	return a;
}

static struct answer eco2_total(double energy_mJ, double diameter_um)
{
	struct microbeam_lesion lesion = eco2(energy_mJ, diameter_um);
	return answer_of(section(&lesion, lesion.coagulation_depth_um));
}

static struct answer eco2_crater_120(double energy_mJ)
{
	return eco2_crater(energy_mJ, 120);
}

static struct answer eco2_crater_300(double energy_mJ)
{
	return eco2_crater(energy_mJ, 300);
}

static struct answer eco2_total_120(double energy_mJ)
{
	return eco2_total(energy_mJ, 120);
}

static struct answer eco2_total_300(double energy_mJ)
{
	return eco2_total(energy_mJ, 300);
}

static struct answer eco2_crater_1000(double energy_mJ)
{
	return eco2_crater(energy_mJ, 1000);
}

static struct answer eco2_total_1000(double energy_mJ)
{
	return eco2_total(energy_mJ, 1000);
}

/* Below the crater of a wide flat beam that lasts 5 ms; the note gives half the irradiance. */
static struct estimate below_crater(double irradiance_kW_cm2)
{
	const double diameter_um = 1000, pulse_s = 5e-3;
	double energy_mJ = irradiance_kW_cm2 * 1e3 * pulse_s * disc_area_cm2(diameter_um) / J_PER_MJ;
	struct microbeam_lesion lesion =
	        run(NULL, (struct microbeam){10600, energy_mJ, diameter_um, pulse_s, MICROBEAM_FLAT, 0.0}, false);
	return section(&lesion, below_the_crater(&lesion));
}

static struct answer co2_damaged_zone(double irradiance_kW_cm2)
{
	struct answer a = answer_of(below_crater(irradiance_kW_cm2));
	(void)snprintf(a.note, sizeof a.note, "at 0.5 as much %.0f", below_crater(0.5 * irradiance_kW_cm2).value);
	return a;
}

/* ---- rows B ---- */

/* What is coagulated below the crater of a flat beam, in a section. */
static struct answer below(const struct tissue *tissue, struct microbeam beam)
{
	struct microbeam_lesion lesion = run_in(tissue, NULL, beam, false);
	return answer_of(section(&lesion, below_the_crater(&lesion)));
}

/* 1 mm and flat; Q-switched pulses last the model's shortest, in which heat spreads by less than a micrometre too. */
#define Q_SWITCHED_S MICROBEAM_PULSE_MIN_S

static struct microbeam millimetre(double wavelength_nm, double fluence_J_cm2, double pulse_s, double tail_s)
{
	const double diameter_um = 1000;
	return (struct microbeam){wavelength_nm, fluence_J_cm2 * disc_area_cm2(diameter_um) / J_PER_MJ, diameter_um, pulse_s,
	                          MICROBEAM_FLAT, tail_s};
}

/* "No significant effects of the laser parameters" on it (Hibst & Kaufmann 1991): 20 J/cm2 in skin, 5 in cornea. */
static struct answer erbium_wall(double unused)
{
	(void)unused;
	return below(&skin, millimetre(2940, 20, 2e-4, MICROBEAM_ERBIUM_TAIL_S));
}

static struct answer erbium_wall_switched(double unused)
{
	(void)unused;
	return below(&skin, millimetre(2940, 5, Q_SWITCHED_S, 0));
}

static struct answer cornea_residue(double wavelength_nm)
{
	return below(&cornea, millimetre(wavelength_nm, 5, 2e-4, MICROBEAM_ERBIUM_TAIL_S));
}

static struct answer cornea_residue_switched(double wavelength_nm)
{
	return below(&cornea, millimetre(wavelength_nm, 5, Q_SWITCHED_S, 0));
}

static struct answer onset(double wavelength_nm, double pulse_s)
{
	struct estimate threshold;
	struct fail why = {0};
	must(microbeam_removal_onset_J_cm2(&cornea, wavelength_nm, pulse_s, &threshold, &why), &why);
	return answer_of(threshold);
}

static struct answer cornea_onset(double wavelength_nm)
{
	return onset(wavelength_nm, 2e-4);
}

static struct answer cornea_onset_switched(double wavelength_nm)
{
	return onset(wavelength_nm, 1e-7);
}

/* Slope times density. */
static struct answer erbium_mass(double unused)
{
	struct answer a = erbium_slope(unused);
	const double skin_g_cm3 = 1.1, ug_per_g = 1e6;
	a.value *= CM_PER_UM * skin_g_cm3 * ug_per_g;
	a.sd *= CM_PER_UM * skin_g_cm3 * ug_per_g;
	return a;
}

static struct answer erbium_crater(double fluence_J_cm2)
{
	struct microbeam_lesion lesion = simulate(NULL, erbium(fluence_J_cm2));
	return answer_of(lesion.ablation_depth_um);
}

/* 10 kW/cm2 for 10 ms: the source found neither to matter. */
static struct answer co2_scanned(double unused)
{
	(void)unused;
	return below(&skin, millimetre(10600, 100, 1e-2, 0));
}

static struct answer co2_pulse(double unused)
{
	(void)unused;
	return below(&skin, millimetre(10600, 20, 2e-6, 0));
}

static struct answer co2_pass(double unused)
{
	(void)unused;
	return below(&skin, millimetre(10600, 5.5, 8e-4, 0));
}

static struct answer co2_70(double unused)
{
	(void)unused;
	return co2_depth(70, 135);
}

static struct microbeam_light *light_of(double wavelength_nm, double diameter_um)
{
	struct microbeam_light_request request = {.tissue = &skin,
	                                          .variants = 1,
	                                          .wavelength_nm = wavelength_nm,
	                                          .diameter_um = diameter_um,
	                                          .photons = 10000,
	                                          .seed = 1};
	struct microbeam_light *light = NULL;
	struct fail why = {0};
	must(microbeam_light_new(&request, &light, &why), &why);
	return light;
}

enum { SPOT_60, SPOT_100, SPOT_120, SPOT_140, SPOT_1927, SPOT_1927_DIODE, SPOT_1440, SPOTS };
static const struct {
	double wavelength_nm, diameter_um, pulse_s;
} spots[SPOTS] = {{1550, 60, 2e-3}, {1550, 100, 2e-3}, {1550, 120, 2e-3}, {1550, 140, 2e-3}, {1927, 300, 3e-3},
             {1927, 140, 3e-3}, {1440, 145, 3e-3}};
static struct microbeam_light *lights[SPOTS];

static struct microbeam_lesion coagulate(size_t spot, double energy_mJ, bool spread)
{
	if (!lights[spot])
		lights[spot] = light_of(spots[spot].wavelength_nm, spots[spot].diameter_um);
	return run(lights[spot],
	           (struct microbeam){spots[spot].wavelength_nm, energy_mJ, spots[spot].diameter_um,
	                              spots[spot].pulse_s, MICROBEAM_GAUSSIAN, 0.0},
	           spread);
}

/* 60 um at the lowest energy. */
static struct answer narrow_1550(double energy_mJ)
{
	struct microbeam_lesion lesion = coagulate(SPOT_60, energy_mJ, true), wide = coagulate(SPOT_120, energy_mJ, false);
	struct answer a = answer_of(section(&lesion, lesion.coagulation_depth_um));
	(void)snprintf(a.note, sizeof a.note, "spot 60 um; 120 um %.0f", section(&wide, wide.coagulation_depth_um).value);
	return a;
}

static struct answer narrow_width_1550(double energy_mJ)
{
	struct microbeam_lesion lesion = coagulate(SPOT_60, energy_mJ, true);
	return answer_of(section(&lesion, lesion.coagulation_width_um));
}

static struct answer depth_1550(double energy_mJ)
{
	struct microbeam_lesion small = coagulate(SPOT_100, energy_mJ, false),
	                        large = coagulate(SPOT_140, energy_mJ, false);
	struct microbeam_lesion lesion = coagulate(SPOT_120, energy_mJ, true);
	struct answer a = answer_of(section(&lesion, lesion.coagulation_depth_um));
	(void)snprintf(a.note, sizeof a.note, "spot 100 um %.0f, 140 um %.0f",
	               section(&small, small.coagulation_depth_um).value,
	               section(&large, large.coagulation_depth_um).value);
	return a;
}

static struct answer width_1550(double energy_mJ)
{
	struct microbeam_lesion lesion = coagulate(SPOT_120, energy_mJ, true);
	return answer_of(section(&lesion, lesion.coagulation_width_um));
}

static struct answer depth_1927(double energy_mJ)
{
	struct microbeam_lesion lesion = coagulate(SPOT_1927, energy_mJ, true);
	return answer_of(section(&lesion, lesion.coagulation_depth_um));
}

static struct answer width_1927(double energy_mJ)
{
	return answer_of(coagulate(SPOT_1927, energy_mJ, true).coagulation_width_um);
}

/* Diodes in a hand piece: spots of the device's profile (110-180 um), 3 ms as the thulium. */
static struct answer depth_diode_1927(double energy_mJ)
{
	struct microbeam_lesion lesion = coagulate(SPOT_1927_DIODE, energy_mJ, true);
	return answer_of(section(&lesion, lesion.coagulation_depth_um));
}

static struct answer depth_diode_1440(double energy_mJ)
{
	struct microbeam_lesion lesion = coagulate(SPOT_1440, energy_mJ, true);
	return answer_of(section(&lesion, lesion.coagulation_depth_um));
}

/* Subsurface fluence factor where most light meets melanosomes, from the top of the living epidermis to the basal layer:
 * whitening is seen wherever it begins; sd 15 % for the animals' own epidermis. */
static struct estimate epidermal_fluence(const struct tissue *tissue, double basal_um, double wavelength_nm)
{
	struct light_layer layer[TISSUE_LAYERS_MAX];
	struct light_stack stack;
	struct ordinates *solver = NULL;
	const struct light_source source = {0};
	struct fail why = {0};
	must(tissue_light_stack(tissue, wavelength_nm, layer, &stack, &why), &why);
	must(ordinates_new(0, &solver, &why), &why);
	must(ordinates_solve(solver, &stack, &source, &why), &why);
	double factor = 0.0, top_um = tissue->layer[0].thickness_um;
	for (int k = 0; k <= 4; k++)
		factor = fmax(factor, ordinates_fluence(solver, (top_um + 0.25 * k * (basal_um - top_um)) * CM_PER_UM));
	ordinates_free(&solver);
	return (struct estimate){factor, 0.15 * factor, VALIDITY_ASSUMED};
}

static struct answer rupture_in(const struct tissue *tissue, double basal_um, double wavelength_nm, double pulse_s)
{
	struct pigment_absorber melanosome = pigment_melanosome(wavelength_nm);
	struct estimate factor = epidermal_fluence(tissue, basal_um, wavelength_nm), threshold;
	struct fail why = {0};
	must(pigment_threshold_J_cm2(&melanosome, pulse_s, 34, factor, &threshold, &why), &why);
	struct answer a = answer_of(threshold);
	(void)snprintf(a.note, sizeof a.note, "fluence factor %.2f ", factor.value);
	return a;
}

static struct answer rupture(double wavelength_nm, double pulse_s)
{
	return rupture_in(&black_skin, BLACK_BASAL_UM, wavelength_nm, pulse_s);
}

static struct answer whitening_11_ns(double wavelength_nm)
{
	return rupture(wavelength_nm, 1.1e-8);
}

/* Human, Q-switched ruby: pulses of some 30 ns. */
static struct answer whitening_human(double unused)
{
	(void)unused;
	return rupture_in(&skin, HUMAN_BASAL_UM, 694, 3e-8);
}

static struct answer whitening_532(double unused)
{
	(void)unused;
	return rupture(532, 1.1e-8);
}

static struct answer whitening_694(double unused)
{
	(void)unused;
	return rupture(694, 4e-8);
}

static struct answer vacuoles_532(double unused)
{
	(void)unused;
	return rupture(532, 4.5e-10);
}

static struct answer vacuoles_1064(double unused)
{
	(void)unused;
	return rupture(1064, 4.5e-10);
}

/* In suspension: no skin around it, and the absorption measured on such melanosomes. Room temperature. */
static struct answer bovine(double mua_1_cm, double pulse_s)
{
	struct pigment_absorber melanosome = pigment_melanosome(1000);
	melanosome.mua_1_cm = (struct estimate){mua_1_cm, 0.3 * mua_1_cm, VALIDITY_ASSUMED};
	melanosome.vaporisation_C = pigment_suspended_vaporisation_C();
	struct estimate none = {1, 0, VALID}, threshold;
	struct fail why = {0};
	must(pigment_threshold_J_cm2(&melanosome, pulse_s, 20, none, &threshold, &why), &why);
	return answer_of(threshold);
}

static struct answer bovine_1000(double unused)
{
	(void)unused;
	return bovine(925, 1e-8);
}

static struct answer bovine_1319(double unused)
{
	(void)unused;
	return bovine(176, 5e-8);
}

static struct answer first_bubble(double start_C)
{
	struct answer a = answer_of(pigment_suspended_vaporisation_C());
	a.value -= start_C;
	return a;
}

static struct answer breakdown(double spread_frac, bool melanin)
{
	const struct pigment_array array = {.mean_J_cm2 = 3,
	                                    .microbeam_energy_frac = 0.7,
	                                    .microbeam_area_frac = 0.1,
	                                    .spread_frac = spread_frac};
	struct pigment_array_light light;
	struct fail why = {0};
	must(pigment_array_light(&array, 4.5e-10, melanin, &light, &why), &why);
	struct answer a = {.value = light.breakdown};
	(void)snprintf(a.note, sizeof a.note, "%.1e of %.1e W/cm2 ", light.irradiance_W_cm2.value,
	               light.breakdown_W_cm2.value);
	return a;
}

/* Relative sd between microbeams: lens arrays 26 %, gratings 3 %. */
static struct answer black_array(double spread_frac)
{
	return breakdown(spread_frac, true);
}

static struct answer white_array(double spread_frac)
{
	return breakdown(spread_frac, false);
}

static const char narrow_channel[] = "flagged: long pulse, deep channel; profile not told, closing walls left out";

static const char thin_residue[] = "hot liquid left on the wall is left out (Zweig et al. 1990)";

/* known_miss: why a row is outside the yardstick; NULL where it must be met. */
static const struct model {
	const char *id;
	struct answer (*compute)(double argument);
	double argument;
	const char *known_miss;
} models[] = {
        {"H001", co2_heat, 0, NULL},
        {"V075", co2_threshold, 0, NULL},
        {"V071", erbium_slope, 0, NULL},
        {"V073", erbium_residue, 0, NULL},
        {"C020", co2_20, 0, NULL},
        {"C030", co2_30, 0, NULL},
        {"V067", co2_width_ratio, 0, NULL},
        {"E080", eco2_crater_120, 80, narrow_channel},
        {"E160", eco2_crater_120, 160, narrow_channel},
        {"E100", eco2_crater_300, 100, narrow_channel},
        {"E180", eco2_crater_300, 180, NULL},
        {"G080", eco2_total_120, 80, NULL},
        {"G160", eco2_total_120, 160, NULL},
        {"G100", eco2_total_300, 100, NULL},
        {"G180", eco2_total_300, 180, NULL},
        {"E220", eco2_crater_1000, 220, NULL},
        {"G060", eco2_total_1000, 60, NULL},
        {"G220", eco2_total_1000, 220, NULL},
        {"K100", co2_damaged_zone, 20, NULL},
        {"F004", narrow_1550, 4, NULL},
        {"F040", depth_1550, 40, NULL},
        {"F070", depth_1550, 70, NULL},
        {"W004", narrow_width_1550, 4, NULL},
        {"W040", width_1550, 40, NULL},
        {"T010", depth_1927, 10, NULL},
        {"T020", depth_1927, 20, NULL},
        {"TW10", width_1927, 10, NULL},
        {"V032", whitening_532, 0, NULL},
        {"V034", whitening_694, 0, NULL},
        {"V037", bovine_1000, 0, NULL},
        {"V046", vacuoles_532, 0, NULL},
        {"V048", vacuoles_1064, 0, NULL},
        {"V049", black_array, 0.26, NULL},
        {"V051", black_array, 0.03, NULL},
        {"V053", white_array, 0.26, "lenses focus sharper than the array's share of the area says"},
        {"V055", white_array, 0.03, NULL},
        {"B01", erbium_wall, 0, thin_residue},
        {"B02", erbium_wall_switched, 0, NULL},
        {"B03", cornea_residue, 2940, NULL},
        {"B04", cornea_residue, 2790, NULL},
        {"B05", cornea_residue_switched, 2940, NULL},
        {"B06", cornea_residue_switched, 2790, "explodes before its water has boiled: thresholds say so too"},
        {"B07", cornea_onset, 2940, NULL},
        {"B08", cornea_onset, 2790, NULL},
        {"B09", cornea_onset_switched, 2940, NULL},
        {"B10", erbium_mass, 0, NULL},
        {"B11", erbium_crater, 10, NULL},
        {"B12", co2_heat, 0, NULL},
        {"B13", co2_scanned, 0, NULL},
        {"B14", co2_pulse, 0, NULL},
        {"B15", erbium_crater, 5, NULL},
        {"B16", co2_pass, 0, NULL},
        {"B17", co2_70, 0, NULL},
        {"B18", depth_diode_1927, 5, NULL},
        {"B19", depth_diode_1440, 4, NULL},
        {"B20", depth_diode_1440, 9, NULL},
        {"B21", whitening_11_ns, 355, NULL},
        {"B22", whitening_11_ns, 1064, NULL},
        {"B23", whitening_694, 0, NULL},
        {"B24", bovine_1319, 0, NULL},
        {"B25", first_bubble, 20, NULL},
        {"B26", whitening_human, 0, "the first melanosome bursts at this; whitening that is seen in fair skin takes many"},
        {"B27", whitening_human, 0, "the first melanosome bursts at this; whitening that is seen in fair skin takes many"},
};

/* ---------------------------------------------------------------- the table */

enum column { ID, DOMAIN_NAME, CASE, VALUE, LOW, HIGH, OPEN, UNIT, CONFIDENCE, SOURCE, NOTE, COLUMNS };

struct row {
	char id[8], domain[24], name[80], unit[16], note[96];
	double value, low, high, open_ln; /* open_ln: sd of the logarithm that the row itself leaves open */
};

static double number_or_nan(const char *text)
{
	char *end;
	double value = strtod(text, &end);
	return end == text ? NAN : value;
}

/* One line of the table into fields; returns how many. */
static size_t split(char *line, char **field, size_t max)
{
	size_t count = 0;
	for (char *next = line; next && count < max; count++) {
		field[count] = next;
		next = strchr(next, ',');
		if (next)
			*next++ = '\0';
	}
	return count;
}

static size_t read_rows(struct row *rows, size_t max)
{
	FILE *file = fopen(TABLE, "r");
	assert_non_null(file);
	char line[512];
	size_t count = 0;
	while (fgets(line, sizeof line, file) && count < max) {
		char *field[COLUMNS];
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || strncmp(line, "id,", 3) == 0)
			continue;
		assert_int_equal(split(line, field, COLUMNS), COLUMNS);
		struct row *row = &rows[count++];
		(void)snprintf(row->id, sizeof row->id, "%s", field[ID]);
		(void)snprintf(row->domain, sizeof row->domain, "%s", field[DOMAIN_NAME]);
		(void)snprintf(row->name, sizeof row->name, "%s", field[CASE]);
		(void)snprintf(row->unit, sizeof row->unit, "%s", field[UNIT]);
		(void)snprintf(row->note, sizeof row->note, "%s", field[NOTE]);
		row->value = number_or_nan(field[VALUE]);
		row->low = number_or_nan(field[LOW]);
		row->high = number_or_nan(field[HIGH]);
		row->open_ln = fmax(number_or_nan(field[OPEN]), 0.0);
	}
	(void)fclose(file);
	return count;
}

static void print_row(const struct row *row, const struct answer *a, const char *miss)
{
	if (!getenv("LASERTWIN_VALIDATE"))
		return;
	char spread[32] = "";
	if (isfinite(row->low) || isfinite(row->high))
		(void)snprintf(spread, sizeof spread, "%g-%g", isfinite(row->low) ? row->low : 0, row->high);
	char ratio[16] = "-";
	if (row->value > 0.0)
		(void)snprintf(ratio, sizeof ratio, "%.2f", a->value / row->value);
	printf("%-5s %-62s %8.4g %-10s %8.4g +- %-7.3g %-9s %5s  %s%s%s%s%s\n", row->id, row->name, row->value,
	       spread, a->value, a->sd, row->unit, ratio, row->note, row->note[0] && a->note[0] ? "; " : "", a->note, miss ? "  MISSED: " : "", miss ? miss : "");
}

/* model/published by domain: how far the models are to be believed. */
struct summary {
	size_t count, stating;
	double sum, squares, worst;
	double own_ln2, stated_ln2; /* of ln(model / published): beyond what the rows leave open; what the models say */
};

static const char *const domains[] = {"threshold", "heat and rate", "crater",     "CO2 channel", "residue",
                                      "coagulation",   "width",         "pigment", "human whitening"};

/* A relative sd as one of the logarithm. */
static double stated_ln2(const struct answer *a)
{
	double rel = a->value > 0.0 ? a->sd / a->value : 0.0;
	return log1p(rel * rel);
}

static void add_ratio(struct summary *s, const struct row *row, const struct answer *a)
{
	double ratio = a->value / row->value, away = log(ratio);
	s->count++;
	s->sum += ratio;
	s->squares += ratio * ratio;
	s->worst = fmax(s->worst, fmax(ratio, 1.0 / ratio));
	if (!(a->sd > 0.0))
		return; /* says nothing of its error */
	s->stating++;
	s->own_ln2 += away * away - row->open_ln * row->open_ln;
	s->stated_ln2 += stated_ln2(a);
}

static void print_summary(const char *name, const struct summary *s)
{
	double mean = s->sum / (double)s->count, variance = s->squares / (double)s->count - mean * mean;
	printf("%-16s %2zu rows: mean ratio %.2f, SD %2.0f %% of it, worst x%.2f", name, s->count, mean,
	       100.0 * sqrt(fmax(variance, 0.0)) / mean, s->worst);
	if (s->stating > 0)
		printf("; the models' own error %.2f (ln), stated %.2f",
		       sqrt(fmax(s->own_ln2, 0.0) / (double)s->stating), sqrt(s->stated_ln2 / (double)s->stating));
	printf("\n");
}

/* What the models say of their error is what the rows show, or more. Apart from human whitening, which is no first bubble,
 * and from channels of long CO2 pulses, whose flag says that they are shallower. */
#define STATED_AT_LEAST 0.8

static void check_stated(const char *domain, const struct summary *s)
{
	bool apart = strcmp(domain, "human whitening") == 0 || strcmp(domain, "CO2 channel") == 0;
	if (s->stating > 0 && !apart && s->stated_ln2 < STATED_AT_LEAST * STATED_AT_LEAST * s->own_ln2)
		fail_msg("%s: stated %.2f, shown %.2f", domain, sqrt(s->stated_ln2 / (double)s->stating),
		         sqrt(s->own_ln2 / (double)s->stating));
}

static void summarise(const struct row *rows, const struct answer *answers, size_t count)
{
	struct summary all = {0}, later = {0};
	for (size_t d = 0; d < COUNT(domains); d++) {
		struct summary one = {0};
		for (size_t i = 0; i < count; i++)
			if (strcmp(rows[i].domain, domains[d]) == 0) {
				add_ratio(&one, &rows[i], &answers[i]);
				add_ratio(&all, &rows[i], &answers[i]);
				if (rows[i].id[0] == 'B')
					add_ratio(&later, &rows[i], &answers[i]);
			}
		assert_true(one.count > 0);
		if (getenv("LASERTWIN_VALIDATE"))
			print_summary(domains[d], &one);
		check_stated(domains[d], &one);
	}
	if (!getenv("LASERTWIN_VALIDATE"))
		return;
	print_summary("all", &all);
	print_summary("found afterwards", &later);
}

static const struct model *model_of(const char *id)
{
	for (size_t i = 0; i < COUNT(models); i++)
		if (strcmp(models[i].id, id) == 0)
			return &models[i];
	return NULL;
}

/* False: a row is met that was said to be missed, or the other way. */
static bool check_row(const struct row *row, struct answer *out)
{
	const struct model *model = model_of(row->id);
	if (!model)
		fail_msg("row %s has no model", row->id);
	struct answer a = *out = model->compute(model->argument);
	print_row(row, &a, model->known_miss);
	assert_true(isfinite(a.value) && a.value >= 0.0);
	double ratio = a.value / row->value;
	bool within = a.value >= row->low && a.value <= row->high; /* false where no spread was published */
	bool met = within || (row->value == 0.0 && a.value == 0.0) || (ratio < WORST_RATIO && ratio > 1.0 / WORST_RATIO);
	bool as_said = met == (model->known_miss == NULL);
	if (!as_said)
		print_error("%s: model %.4g, published %.4g, expected to be %s\n", row->name, a.value, row->value,
		            met ? "missed" : "met");
	return as_said;
}

/* Flagged, said to be missed, or within two standard errors of model and row together. */
static bool covered(const struct row *row, const struct answer *a)
{
	double away = log(a->value / row->value), sd2 = stated_ln2(a) + row->open_ln * row->open_ln;
	return !(a->sd > 0.0) || (a->flags & VALIDITY_MODEL_LIMIT) || model_of(row->id)->known_miss || away * away <= 4.0 * sd2;
}

static void published_results(void **state)
{
	(void)state;
	static struct row rows[ROWS_MAX];
	static struct answer answers[ROWS_MAX];
	size_t count = read_rows(rows, ROWS_MAX);
	assert_int_equal(count, COUNT(models));
	if (getenv("LASERTWIN_VALIDATE"))
		printf("fractional lasers and pigment: published, its spread, model +- sd, unit, "
		       "model/published\n");
	size_t unexpected = 0;
	for (size_t i = 0; i < count; i++) {
		unexpected += !check_row(&rows[i], &answers[i]);
		if (!covered(&rows[i], &answers[i]))
			fail_msg("%s: %.3g +- %.2g does not cover %.3g", rows[i].id, answers[i].value, answers[i].sd,
			         rows[i].value);
	}
	assert_int_equal(unexpected, 0);
	summarise(rows, answers, count);
	for (size_t i = 0; i < SPOTS; i++)
		microbeam_light_free(&lights[i]);
}

/* One temperature criterion orders the wavelengths as the whitening thresholds are ordered. */
static void whitening_by_wavelength(void **state)
{
	(void)state;
	double green = rupture(532, 1e-8).value, red = rupture(694, 1e-8).value,
	       infrared = rupture(1064, 1e-8).value;
	assert_true(green < red && red < infrared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(published_results),
	        cmocka_unit_test(whitening_by_wavelength),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
