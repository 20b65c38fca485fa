/* Injury thresholds of finite beams: published against simulations, untuned.
 *
 * The tissues are the simulation files of tests/validation/simulations; a row sets wavelength, pulse, beam and
 * criterion. Injury of skin is Omega = 1 (DAMAGE_EPIDERMIS) in the middle of the basal layer out to the radius
 * of the lesion the row names (what was seen, or can be); of the cornea a rise of 40 K 10 um deep, the
 * criterion of those who measured it (beside it stands what the rate process gives), or, of exposures below a
 * second, which that does not hold for, Omega = 1 there; steam is 100 C in the basal layer; whitening is the
 * rupture of one melanosome. Every row of threshold_rows.csv is computed and, with LASERTWIN_VALIDATE set,
 * printed. The yardstick is a published model of skin injury: mean ratio 1.01, SD 46 %, worst 2.6 (Jean &
 * Schulmeister, Biomed Opt Express 2021; what of it was fitted to which data its abstract does not say). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/units.h"
#include "planner/plan/files.h"
#include "planner/simulate/simulation.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TABLE "tests/validation/threshold_rows.csv"
#define FOLDER "tests/validation/simulations/"
#define ROWS_MAX 96
#define COLUMNS 14
#define SQRT2 1.41421356237309505
#define WORST_PUBLISHED 2.6

enum column {
	ID,
	DOMAIN_NAME,
	BASE,
	WAVELENGTH,
	DURATION,
	PROFILE,
	DIAMETER,
	DEFINITION,
	LESION,
	KIND,
	VALUE,
	UNIT,
	SOURCE,
	NOTE
};

struct row {
	char text[512];
	const char *cell[COLUMNS];
	double ratio; /* model over published */
};

static bool printing(void)
{
	return getenv("LASERTWIN_VALIDATE") != NULL;
}

static size_t read_rows(struct row *rows)
{
	FILE *file = fopen(TABLE, "r");
	size_t count = 0;
	char line[sizeof rows->text];
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		if (line[0] == '#' || strncmp(line, "id,", 3) == 0)
			continue;
		assert_true(count < ROWS_MAX);
		struct row *row = &rows[count++];
		line[strcspn(line, "\n")] = '\0';
		memcpy(row->text, line, sizeof line);
		char *at = row->text;
		for (int c = 0; c < COLUMNS; c++) {
			row->cell[c] = at;
			at = c + 1 < COLUMNS ? strchr(at, ',') : NULL;
			if (at)
				*at++ = '\0';
			else
				assert_int_equal(c, COLUMNS - 1);
		}
	}
	(void)fclose(file);
	return count;
}

/* ---- tissues ---- */

static const struct base {
	const char *name, *file;
	double spurt_s, delay_s; /* of cryogen, when any */
	double start_C;          /* everywhere; NAN: as in the file */
	enum criterion_kind kind;
	double value, depth_um;
	double absorber_mua_1_cm; /* measured on the very pigment; 0: a cutaneous melanosome */
	double melanin;           /* of the file's; 0: all of it */
	double contact_s; /* a plate of 5 C pressed on for so long before the pulse, and until after it */
	int type; /* melanosomes of this skin type; 0: as in the file */
} bases[] = {
        {"pig", "skin_1319.json", 0, 0, NAN, CRITERION_OMEGA, 1.0, 80.0, 0.0, 0.0, 0.0, 0},
        /* the file has 2.9 % of the epidermis melanosomes, fair skin 1.4 % */
        {"human_fair", "skin_1319.json", 0, 0, NAN, CRITERION_OMEGA, 1.0, 80.0, 0.0, 0.49, 0.0, 0},
        {"pig_surface", "skin_1319.json", 0, 0, NAN, CRITERION_TEMPERATURE, 33.0 + 43.0, 1.0, 0.0, 0.0, 0.0, 0},
        {"pig_excised", "skin_1319.json", 0, 0, 22.0, CRITERION_TEMPERATURE, 100.0, 80.0, 0.0, 0.0, 0.0, 0},
        /* The critical rise of 40 K of McCally et al., Health Phys 2007;92:205 (endothelium, 11 s, 7 mm), who find
         * the epithelium's alike; from 34 C; of exposures below CRITICAL_FROM_S the rate process of cells.
         * cornea_rate: that of all, for comparison. */
        {"cornea", "cornea_1540.json", 0, 0, NAN, CRITERION_TEMPERATURE, 74.0, 10.0, 0.0, 0.0, 0.0, 0},
        {"cornea_rate", "cornea_1540.json", 0, 0, NAN, CRITERION_OMEGA, 1.0, 10.0, 0.0, 0.0, 0.0, 0},
        /* "Similar" peaks at endothelium and epithelium: C. Bargeron et al. 1981, their abstract */
        {"endothelium", "cornea_1540.json", 0, 0, NAN, CRITERION_TEMPERATURE, 74.0, 380.0, 0.0, 0.0, 0.0, 0},
        {"pig_pigment", "skin_1319.json", 0, 0, NAN, CRITERION_RUPTURE, 1.0, 80.0, 0.0, 0.0, 0.0, 0},
        {"guinea_pig", "melanosome_532.json", 0, 0, NAN, CRITERION_RUPTURE, 1.0, 40.0, 0.0, 0.0, 0.0, 0},
        /* 925 1/cm at 1000 nm: isolated bovine melanosomes, Schmidt et al. 2014 */
        {"isolated", "cornea_1540.json", 0, 0, 22.0, CRITERION_RUPTURE, 1.0, 10.0, 925.0, 0.0, 0.0, 0},
        {"isolated_800", "cornea_1540.json", 0, 0, 22.0, CRITERION_RUPTURE, 1.0, 10.0, 3713.0, 0.0, 0.0, 0}, /* the same, 2016 */
        {"type_V_300ms", "skin_755_typeV.json", 0.3, 0.0, NAN, CRITERION_OMEGA, 1.0, 80.0, 0.0, 0.0, 0.0, 0},
        {"type_V_50ms", "skin_755_typeV.json", 0.05, 0.02, NAN, CRITERION_OMEGA, 1.0, 80.0, 0.0, 0.0, 0.0, 0},
#define OF_TYPE(name, spurt_s, delay_s, contact_s, type)                                                             \
	{name, "skin_1319.json", spurt_s, delay_s, NAN, CRITERION_OMEGA, 1.0, 80.0, 0.0, 0.0, contact_s, type}
        OF_TYPE("type_II_300ms", 0.3, 0.0, 0.0, 2),
        OF_TYPE("type_IV_300ms", 0.3, 0.0, 0.0, 4),
        OF_TYPE("type_II_50ms30", 0.05, 0.03, 0.0, 2),
        OF_TYPE("type_IV_50ms30", 0.05, 0.03, 0.0, 4),
        OF_TYPE("type_II_contact", 0.0, 0.0, 0.5, 2),
        OF_TYPE("type_IV_contact", 0.0, 0.0, 0.5, 4),
        OF_TYPE("type_V_contact", 0.0, 0.0, 0.5, 5),
        OF_TYPE("type_VI_contact", 0.0, 0.0, 0.5, 6),
        OF_TYPE("type_III", 0.0, 0.0, 0.0, 3),
        OF_TYPE("type_V", 0.0, 0.0, 0.0, 5),
        OF_TYPE("type_VI", 0.0, 0.0, 0.0, 6),
        {"type_V_excised", "skin_1319.json", 0, 0, 22.0, CRITERION_TEMPERATURE, 100.0, 80.0, 0.0, 0.0, 0.0, 5},
};

/* Melanosomes of the epidermis above the basal layer and in it: 2.5, 4, 6.5, 9, 13.5 % of the viable epidermis, basal
 * over suprabasal 4, 3.2, 2.5, 1.8, 1.5 for types II to VI (planner/twin/priors.c), one of two folds of the basal layer in
 * its plane (planner/twin/twin.c). */
static const struct {
	double above_frac, basal_frac;
} melanin_of_type[] = {{0, 0},          {0, 0},          {0.0202, 0.0538}, {0.0336, 0.0786},
                       {0.0569, 0.1137}, {0.0830, 0.1319}, {0.1280, 0.1772}};

/* Thresholds of corneas "for exposures > 1 s" speak for a critical temperature, "the shorter exposures are not in
 * accord" with it: R. McCally, J. Bonney-Ray and C. Bargeron, Health Phys 2004;87:615, abstract. The temperature goes with
 * its authors' heat flow, which leaves out how the aqueous humour stirs within seconds. */
#define CRITICAL_FROM_S 1.0

#define PLATE_C 5.0
#define PLATE_AFTER_S 0.5

static const struct base *find_base(const char *name)
{
	for (size_t i = 0; i < COUNT(bases); i++)
		if (strcmp(bases[i].name, name) == 0)
			return &bases[i];
	fail_msg("no tissue %s", name);
	return NULL;
}

static void read_file(const char *name, struct simulation *out)
{
	char path[128], *bytes = NULL;
	size_t length = 0;
	struct fail why = {.text = ""};
	(void)snprintf(path, sizeof path, FOLDER "%s", name);
	enum status status = file_read(path, 1 << 20, &bytes, &length, &why);
	if (status == ST_OK)
		status = simulation_read(name, bytes, length, out, &why);
	free(bytes);
	if (status != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
}

static void set_beam(const struct row *row, struct simulation_beam *beam)
{
	double radius_um = 0.5 * strtod(row->cell[DIAMETER], NULL) * UM_PER_MM;
	*beam = (struct simulation_beam){.profile = SIMULATION_BROAD};
	if (strcmp(row->cell[PROFILE], "flat_top") == 0)
		*beam = (struct simulation_beam){.profile = SIMULATION_FLAT_TOP, .radius_um = radius_um};
	if (strcmp(row->cell[PROFILE], "gaussian") == 0)
		*beam = (struct simulation_beam){
		        .profile = SIMULATION_GAUSSIAN,
		        .radius_um = strcmp(row->cell[DEFINITION], "1/e") == 0 ? SQRT2 * radius_um : radius_um};
}

static void set_start(const struct base *base, double pulse_s, struct simulation *s)
{
	s->stages = 0;
	s->pulses.start_s = 0.0;
	if (base->contact_s > 0.0) {
		s->stage[s->stages++] = heat_sapphire(0.0, base->contact_s + pulse_s + PLATE_AFTER_S, PLATE_C);
		s->pulses.start_s = base->contact_s;
	}
	if (base->spurt_s > 0.0) {
		heat_cryogen_r134a(0.0, base->spurt_s, s->stage);
		s->stages = HEAT_CRYOGEN_STAGES;
		s->pulses.start_s = base->spurt_s + base->delay_s;
	}
	if (!isnan(base->start_C))
		s->surface_C = s->core_C = base->start_C;
	for (size_t i = 0; !isnan(base->start_C) && i < s->layers; i++) { /* excised: no blood flows */
		s->layer[i].thermal = tissue_layer_thermal(&s->layer[i].tissue);
		s->layer[i].thermal.perfusion_1_s = 0.0;
		s->layer[i].own_thermal = true;
	}
}

static void set_melanin(const struct base *base, struct simulation *s)
{
	for (size_t i = 0; i < s->layers; i++) {
		struct tissue_layer *layer = &s->layer[i].tissue;
		if (base->melanin > 0.0)
			layer->melanosome_frac *= base->melanin;
		if (base->type && layer->kind == TISSUE_EPIDERMIS)
			layer->melanosome_frac = melanin_of_type[base->type].above_frac;
		if (base->type && layer->kind == TISSUE_BASAL)
			layer->melanosome_frac = melanin_of_type[base->type].basal_frac;
	}
}

static struct simulation simulation_of(const struct row *row)
{
	const struct base *base = find_base(row->cell[BASE]);
	struct simulation s;
	read_file(base->file, &s);
	s.wavelength_nm = strtod(row->cell[WAVELENGTH], NULL);
	set_beam(row, &s.beam);
	s.pulses.duration_s = s.pulse.width_s = strtod(row->cell[DURATION], NULL);
	set_start(base, s.pulses.duration_s, &s);
	set_melanin(base, &s);
	s.points = s.times = s.sets = 0;
	s.criterion = (struct simulation_criterion){
	        true,           base->kind, DAMAGE_EPIDERMIS, base->value,
	        base->depth_um, UM_PER_MM * strtod(row->cell[LESION], NULL),        base->absorber_mua_1_cm};
	if (strcmp(base->name, "cornea") == 0 && s.pulses.duration_s < CRITICAL_FROM_S) {
		s.criterion.kind = CRITERION_OMEGA;
		s.criterion.value = 1.0;
	}
	return s;
}

/* ---- the table ---- */

static struct simulation_threshold threshold_of(const struct simulation *s)
{
	struct simulation_threshold threshold;
	struct fail why = {.text = ""};
	if (simulation_find_threshold(s, NULL, &threshold, &why) != ST_OK)
		fail_msg("%s: %s", why.field, why.text);
	return threshold;
}

static void print_row(const struct row *row, double model, const struct simulation_threshold *t)
{
	double published = strtod(row->cell[VALUE], NULL);
	bool bound = strcmp(row->cell[KIND], "ratio") != 0, above = strcmp(row->cell[KIND], "above") == 0;
	bool beside = strcmp(row->cell[KIND], "beside") == 0;
	const char *held = !bound || beside ? "" : (model > published) == above ? "holds; " : "MISSED; ";
	if (printing())
		printf("%-5s %-10s %6s nm %8s s %-8s %4s mm %-5s %8.4g %8.4g %-6s %5.2f  dlnF/dlnmua %5.2f  "
		       "%s%s%s%s\n",
		       row->cell[ID], row->cell[DOMAIN_NAME], row->cell[WAVELENGTH], row->cell[DURATION],
		       row->cell[PROFILE], row->cell[DIAMETER], row->cell[KIND], published, model,
		       row->cell[UNIT], model / published, t->sensitivity, held, row->cell[NOTE],
		       row->cell[NOTE][0] ? "; " : "",
		       t->models.flags & VALIDITY_MODEL_LIMIT ? "MODEL LIMIT" : "");
}

static void run_row(struct row *row)
{
	struct simulation s = simulation_of(row);
	struct simulation_threshold t = threshold_of(&s);
	bool irradiance = strcmp(row->cell[UNIT], "W/cm2") == 0;
	double model = irradiance ? t.irradiance_W_cm2 : t.fluence_J_cm2;
	row->ratio = model / strtod(row->cell[VALUE], NULL);
	print_row(row, model, &t);
	assert_true(isfinite(model) && model > 0.0);
	/* more absorption, lower threshold; where tissue is opaque (10.6 um) nothing changes */
	assert_true(t.sensitivity < 0.005 && t.sensitivity > -1.2);
	/* Light and heat leave a finite beam sideways: never lower than the broad beam's. */
	if (s.criterion.kind != CRITERION_RUPTURE && s.pulses.start_s <= 0.0 &&
	    s.beam.profile != SIMULATION_BROAD) {
		s.beam.profile = SIMULATION_BROAD;
		assert_true(t.fluence_J_cm2 > 0.99 * threshold_of(&s).fluence_J_cm2);
	}
}

static double worst_of(double ratio)
{
	return ratio > 1.0 ? ratio : 1.0 / ratio;
}

struct summary {
	size_t count;
	double mean, sd, worst;
};

static struct summary summarise(const struct row *rows, size_t count, const char *domain)
{
	struct summary sum = {0};
	double squares = 0.0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].cell[KIND], "ratio") != 0 ||
		    (domain && strcmp(rows[i].cell[DOMAIN_NAME], domain) != 0))
			continue;
		sum.count++;
		sum.mean += rows[i].ratio;
		squares += rows[i].ratio * rows[i].ratio;
		sum.worst = fmax(sum.worst, worst_of(rows[i].ratio));
	}
	sum.mean /= (double)sum.count;
	sum.sd = sqrt(fmax(0.0, squares / (double)sum.count - sum.mean * sum.mean));
	if (printing())
		printf("%-12s %2zu rows: mean ratio %.2f, SD %.0f %% of it, worst x%.2f\n",
		       domain ? domain : "all", sum.count, sum.mean, 100.0 * sum.sd / sum.mean, sum.worst);
	return sum;
}

/* V017, V018: this pig is darker than the skin assumed (D017); V137 is a clinical practice this skin would not stand, as
 * are the T: pigmented skin is predicted to burn under milliseconds long before it did. */
static bool is_missed(const char *id)
{
	static const char *const missed[] = {"V017", "V018", "V137", "T01", "T02", "T03", "T05", "T06", "T07",
	                                     "T08",  "T09",  "T10",  "T11", "T12", "T13", "T15", "T17"};
	for (size_t i = 0; i < COUNT(missed); i++)
		if (strcmp(missed[i], id) == 0)
			return true;
	return false;
}

/* Lesions wider than the axis that boil, and long exposures: seconds each, so only for make validate. */
static bool is_long(const char *id)
{
	static const char *const rows[] = {"V002a", "V008", "V008a", "V017", "V018", "V020", "V020a", "W10", "V029",
	                                   "V033m", "V061"};
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i], id) == 0)
			return true;
	return id[0] == 'T' || id[0] == 'D' || id[0] == 'R' || (id[0] == 'B' && strcmp(id, "B20") != 0);
}

static void check_misses(const struct row *rows, size_t count)
{
	/* What the models miss is named here; a new miss fails, and so does one that went away unnoticed. */
	for (size_t i = 0; i < count; i++) {
		bool ratio = strcmp(rows[i].cell[KIND], "ratio") == 0;
		bool above = strcmp(rows[i].cell[KIND], "above") == 0;
		if (strcmp(rows[i].cell[KIND], "beside") == 0 || rows[i].ratio == 0.0)
			continue;
		bool right =
		        ratio ? worst_of(rows[i].ratio) <= WORST_PUBLISHED : (rows[i].ratio > 1.0) == above;
		if (right == is_missed(rows[i].cell[ID]))
			fail_msg("%s: ratio %.2f", rows[i].cell[ID], rows[i].ratio);
	}
}

static void published_thresholds(void **state)
{
	(void)state;
	static struct row rows[ROWS_MAX];
	static const char *const domains[] = {"skin ED50", "skin held out", "cornea", "cornea 1319",
	                                     "melanosome", "steam",         "skin later", "cornea later",
	                                     "skin of types"};
	size_t count = read_rows(rows);
	if (printing())
		printf("thresholds of finite beams: published, model, model/published; calibrated on none of "
		       "them\n");
	for (size_t i = 0; i < count; i++)
		if (printing() || !is_long(rows[i].cell[ID]))
			run_row(&rows[i]);
	check_misses(rows, count);
	if (!printing())
		return;
	for (size_t d = 0; d < COUNT(domains); d++)
		assert_true(summarise(rows, count, domains[d]).count > 0);
	struct summary all = summarise(rows, count, NULL);
	if (printing())
		printf("published model of another group: mean ratio 1.01, SD 46 %%, worst x%.1f\n",
		       WORST_PUBLISHED);
	assert_int_equal(all.count, 54);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(published_thresholds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
