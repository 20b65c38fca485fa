/* Fluence by skin type at 755 nm: what the physics allows, against a maker's table.
 *
 * For the middle of each type the heating of the basal layer per fluence, 18 mm, 3 ms, is taken from the program's own
 * prediction (heat is linear in dose); its inverse is the fluence that heats every type alike, cooled or not. Relative
 * to the mean of types I and II it must fall along the types, as the maker's does (GentleMAX Pro guidelines 8502-00-0924 rev C, upper ends by spot; V19), and
 * must not allow darker skin more than the maker at any of its spots. It falls more steeply than the upper ends of the
 * maker's table, which is one of hair removal and no threshold of injury: the difference is printed, not hidden, and errs
 * towards less. Where cells of the basal layer die within the pulse must lie within a factor of two of where the maker
 * starts.
 * The device's cryogen is in the prediction and is not the reason: heat is linear, the same spray takes the same off
 * every type's basal layer, and the factors with it and without it are one. With LASERTWIN_VALIDATE, printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/damage.h"
#include "planner/plan/case.h"

#define TYPES 6
#define FLUENCE_LOW 6.0
#define FLUENCE_HIGH 8.0

static struct library *library;

static int load(void **state)
{
	struct fail why;
	(void)state;
	return library_load("profiles", &library, &why) != ST_OK;
}

static int unload(void **state)
{
	(void)state;
	library_free(&library);
	return 0;
}

static struct case_file *patient(int type)
{
	static const struct {
		const char *name;
		double ita_deg;
	} of_type[TYPES] = {{"I", 58}, {"II", 48}, {"III", 34}, {"IV", 18}, {"V", -8}, {"VI", -42}};
	char text[1024];
	struct case_file *file = NULL;
	struct fail why;
	int length = snprintf(text, sizeof text,
	                      "{\"schema\":\"lasertwin-case/1\",\"id\":\"VIRTUAL\",\"title\":\"VIRTUAL\",\"patient\":{\"age\":40,"
	                      "\"sex\":\"F\",\"fitz\":\"%s\",\"site\":\"cheek\",\"ita_deg\":%g,\"ita_unexposed_deg\":%g,\"epidermis_um\":70,"
	                      "\"dermis_mm\":1.8,\"measured_days_ago\":0},\"history\":{\"others\":\"no\"},\"indication\":"
	                      "\"solar_lentigines\",\"requests\":[{\"name\":\"r\",\"device\":\"gentlemax_pro.755\",\"zones\":[\"cheeks\"],"
	                      "\"settings\":{\"fluence_J_cm2\":20,\"spot_mm\":18,\"pulse_ms\":3}}]}",
	                      of_type[type].name, of_type[type].ita_deg, of_type[type].ita_deg);
	if (case_parse("virtual.json", text, (size_t)length, &file, &why))
		fail_msg("%s: %s", why.field, why.text);
	return file;
}

static double basal_peak_C(struct planning *planning, double fluence_J_cm2)
{
	struct settings settings = {0};
	struct assessment a;
	struct fail why;
	settings_set(&settings, SETTING_FLUENCE_J_CM2, fluence_J_cm2);
	settings_set(&settings, SETTING_SPOT_MM, 18);
	settings_set(&settings, SETTING_PULSE_MS, 3);
	if (planning_assess(planning, &settings, &a, &why))
		fail_msg("%s: %s", why.field, why.text);
	if (!a.predicted)
		fail_msg("%s: %s", a.unpredicted.field, a.unpredicted.text);
	double value = a.prediction.metric[METRIC_BASAL_PEAK_C].value;
	assessment_clear(&a);
	return value;
}

#define PULSE_S 3e-3

/* The maker's lowest fluences for types I to VI, 18 mm, 3 ms (the same guidelines): where a practitioner starts. */
static const double starts_J_cm2[TYPES] = {14, 14, 10, 8, 6, 6};

/* Fluence for one degree at the basal layer, and with the device's cryogen for what kills its cells in a pulse. */
static double fluence_per_degree(int type, double burn_C, double *burn_J_cm2)
{
	struct case_file *file = patient(type);
	const struct predict_options options = {.samples = 2, .seed = 1};
	struct planning *planning = NULL;
	struct fail why;
	if (planning_new(library, &file->request[0].subject, &file->request[0].request, &options, &planning, &why))
		fail_msg("%s: %s", why.field, why.text);
	double low_C = basal_peak_C(planning, FLUENCE_LOW), rise_C = basal_peak_C(planning, FLUENCE_HIGH) - low_C;
	*burn_J_cm2 = FLUENCE_LOW + (burn_C - low_C) * (FLUENCE_HIGH - FLUENCE_LOW) / rise_C;
	planning_free(&planning);
	case_free(&file);
	return (FLUENCE_HIGH - FLUENCE_LOW) / rise_C;
}

static void fluence_falls_from_type_I_to_VI(void **state)
{
	const struct device *device;
	const struct device_mode *mode;
	struct fail why;
	double same_heat[TYPES], burn_J_cm2[TYPES], burn_C = damage_threshold_C(damage_set(DAMAGE_EPIDERMIS), PULSE_S);
	(void)state;
	assert_int_equal(library_find_mode(library, "gentlemax_pro.755", &device, &mode, &why), ST_OK);
	for (int t = 0; t < TYPES; t++)
		same_heat[t] = fluence_per_degree(t, burn_C, &burn_J_cm2[t]);
	double light = 0.5 * (same_heat[0] + same_heat[1]);
	if (getenv("LASERTWIN_VALIDATE"))
		printf("\nFluence for 1 C at the basal layer, 755 nm, 18 mm, 3 ms; factor to I-II; the maker's (18 mm; all spots); for %.0f C "
		       "under cryogen; where the maker starts\n", burn_C);
	for (int t = 0; t < TYPES; t++) {
		double least = INFINITY, most = 0, at_18 = NAN;
		for (size_t r = 0; r < mode->label_fluences; r++) {
			const struct label_fluence *row = &mode->label_fluence[r];
			double factor = row->max_J_cm2[t] / row->max_J_cm2[0];
			least = fmin(least, factor);
			most = fmax(most, factor);
			at_18 = fabs(row->spot_mm - 18) < 1e-6 ? factor : at_18;
		}
		if (getenv("LASERTWIN_VALIDATE"))
			printf("type %d  %6.3f J/cm2  %.2f   %.2f; %.2f-%.2f  %5.1f J/cm2  %3.0f J/cm2\n", t + 1, same_heat[t],
			       same_heat[t] / light, at_18, least, most, burn_J_cm2[t], starts_J_cm2[t]);
		/* The middle of a type is injured about where its lightest and darkest are first treated. */
		assert_true(burn_J_cm2[t] > starts_J_cm2[t] / 2.0 && burn_J_cm2[t] < 2.0 * starts_J_cm2[t]);
		if (t > 0)
			assert_true(same_heat[t] < same_heat[t - 1] && burn_J_cm2[t] < burn_J_cm2[t - 1]);
		if (t > 1)
			assert_true(same_heat[t] / light <= most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(fluence_falls_from_type_I_to_VI)};
	return cmocka_run_group_tests(tests, load, unload);
}
