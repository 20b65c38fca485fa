/* Exposure limits: every law of the standard has the form coefficient x factor(wavelength) x duration^power, so
 * the standard's tables are tables here; where several hold, the lowest counts. */
#include "physics/exposure_limits.h"

#include "physics/base/units.h"

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

enum factor { ONE, C2, C3, C4, CA, C7, C4C7 };

struct law {
	double nm_from, nm_to; /* [from, to) */
	double s_from, s_to;
	double coefficient; /* J/m2 at 1 s */
	double power;       /* of the duration: 0 a dose, 1 an irradiance */
	enum factor factor;
};

/* Ultraviolet and beyond 1400 nm cornea and skin share their limits: columns 180-315, 315-400, 1400 nm - 1 mm. */
#define ULTRAVIOLET_AND_FAR \
	{180, 400, MPE_S_MIN, 1e-9, 3e10, 1, ONE}, \
	{180, 302.5, 1e-9, MPE_S_MAX, 30, 0, ONE}, \
	{302.5, 315, 1e-9, MPE_S_MAX, 1, 0, C2}, \
	{302.5, 400, 1e-9, 10, 5600, 0.25, ONE}, \
	{315, 400, 10, MPE_S_MAX, 1e4, 0, ONE}, \
	{1400, 1500, MPE_S_MIN, 1e-9, 1e12, 1, ONE}, \
	{1400, 1500, 1e-9, 1e-3, 1000, 0, ONE}, \
	{1400, 1500, 1e-3, 10, 5600, 0.25, ONE}, \
	{1500, 1800, MPE_S_MIN, 1e-9, 1e13, 1, ONE}, \
	{1500, 1800, 1e-9, 10, 1e4, 0, ONE}, \
	{1800, 2600, MPE_S_MIN, 1e-9, 1e12, 1, ONE}, \
	{1800, 2600, 1e-9, 1e-3, 1000, 0, ONE}, \
	{1800, 2600, 1e-3, 10, 5600, 0.25, ONE}, \
	{2600, MPE_NM_MAX, MPE_S_MIN, 1e-9, 1e11, 1, ONE}, \
	{2600, MPE_NM_MAX, 1e-9, 1e-7, 100, 0, ONE}, \
	{2600, MPE_NM_MAX, 1e-7, 10, 5600, 0.25, ONE}, \
	{1400, MPE_NM_MAX, 10, MPE_S_MAX, 1000, 1, ONE}

static const struct law skin_laws[] = {
	ULTRAVIOLET_AND_FAR,
	{400, 1400, MPE_S_MIN, 1e-9, 2e11, 1, CA},
	{400, 1400, 1e-9, 1e-7, 200, 0, CA},
	{400, 1400, 1e-7, 10, 1.1e4, 0.25, CA},
	{400, 1400, 10, MPE_S_MAX, 2000, 1, CA},
};

static const struct law eye_laws[] = {
	ULTRAVIOLET_AND_FAR,
	{400, 1050, MPE_S_MIN, 1e-11, 1e-3, 0, C4},
	{400, 1050, 1e-11, 5e-6, 2e-3, 0, C4},
	{400, 1050, 5e-6, 10, 18, 0.75, C4},
	{400, 1050, 10, MPE_S_MAX, 10, 1, C4C7},
	{400, 600, 10, 100, 100, 0, C3}, /* photochemical */
	{400, 600, 100, MPE_S_MAX, 1, 1, C3},
	{1050, 1400, MPE_S_MIN, 1e-11, 1e-2, 0, C7},
	{1050, 1400, 1e-11, 1.3e-5, 2e-2, 0, C7},
	{1050, 1400, 1.3e-5, 10, 90, 0.75, C7},
	{1050, 1400, 10, MPE_S_MAX, 50, 1, C7},
};

/* C3 = 10^(0.02 (L - 450)) from 450 nm: the blue-light hazard fades. */
static double factor_c3(double nm)
{
	return nm <= 450 ? 1 : pow(10, 0.02 * (nm - 450));
}

/* C4 = C_A = 10^(0.002 (L - 700)), 700-1050 nm; 5 beyond. */
static double factor_c4(double nm)
{
	if (nm <= 700)
		return 1;
	return nm < 1050 ? pow(10, 0.002 * (nm - 700)) : 5;
}

/* C7: what is absorbed before the retina. Tables before 2014 end at 8: not for 1200-1400 nm. */
static double factor_c7(double nm)
{
	if (nm <= 1150)
		return 1;
	return nm <= 1200 ? pow(10, 0.018 * (nm - 1150)) : 8 + pow(10, 0.04 * (nm - 1250));
}

static double factor_of(enum factor which, double nm)
{
	switch (which) {
	case C2:
		return pow(10, 0.2 * (nm - 295));
	case C3:
		return factor_c3(nm);
	case C4:
	case CA:
		return factor_c4(nm);
	case C7:
		return factor_c7(nm);
	case C4C7:
		return factor_c4(nm) * factor_c7(nm);
	default:
		return 1;
	}
}

static bool law_holds(const struct law *law, double nm, double s, enum mpe_ends ends)
{
	bool wavelength = nm >= law->nm_from && (nm < law->nm_to || (nm <= MPE_NM_MAX && law->nm_to >= MPE_NM_MAX));
	bool begun = ends == MPE_ENDS_CLOSED && law->s_from > MPE_S_MIN ? s > law->s_from : s >= law->s_from;
	bool over = ends == MPE_ENDS_HALF_OPEN && law->s_to < MPE_S_MAX ? s >= law->s_to : s > law->s_to;
	return wavelength && begun && !over;
}

static double lowest(const struct law *law, size_t laws, double nm, double s, enum mpe_ends ends)
{
	double least = INFINITY;
	for (size_t i = 0; i < laws; i++)
		if (law_holds(&law[i], nm, s, ends))
			least = fmin(least, law[i].coefficient * factor_of(law[i].factor, nm) * pow(s, law[i].power));
	return least;
}

static enum status check_range(double nm, double s, struct fail *why)
{
	if (!(nm >= MPE_NM_MIN && nm <= MPE_NM_MAX))
		return fail_set(why, ST_RANGE, "wavelength_nm", "%g is outside %g..%g nm of the exposure limits "
		                "(IEC 60825-1:2014)", nm, MPE_NM_MIN, MPE_NM_MAX);
	if (!(s >= MPE_S_MIN && s <= MPE_S_MAX))
		return fail_set(why, ST_RANGE, "pulse_s", "%g is outside %g..%g s of the exposure limits "
		                "(IEC 60825-1:2014)", s, MPE_S_MIN, MPE_S_MAX);
	return ST_OK;
}

enum status mpe_single_J_m2(enum mpe_organ organ, double wavelength_nm, double duration_s, enum mpe_ends ends,
                            double *out, struct fail *why)
{
	enum status st = check_range(wavelength_nm, duration_s, why);
	if (st)
		return st;
	*out = organ == MPE_EYE ? lowest(eye_laws, ROWS(eye_laws), wavelength_nm, duration_s, ends)
	                        : lowest(skin_laws, ROWS(skin_laws), wavelength_nm, duration_s, ends);
	BUG_ON(!isfinite(*out));
	return ST_OK;
}

/* ---- trains of pulses ------------------------------------------------------------------------------------ */

/* T_i: within it the retina adds pulses up. */
static double adding_time_s(double nm)
{
	return nm < 1050 ? 5e-6 : 1.3e-5;
}

static bool meets_retina(const struct mpe_train *train)
{
	return train->organ == MPE_EYE && train->wavelength_nm >= 400 && train->wavelength_nm < 1400;
}

/* C5 of a point source: 1 for longer pulses, for glances of up to 0.25 s and for up to 600 pulses; then
 * 5 N^-0.25, not below 0.4. */
static double train_factor(const struct mpe_train *train, double pulses)
{
	bool brief = train->pulse_s <= adding_time_s(train->wavelength_nm);
	if (!meets_retina(train) || !brief || train->time_s <= 0.25 || pulses <= 600)
		return 1;
	return fmax(5 * pow(pulses, -0.25), 0.4);
}

/* Pulses so close that they add up within T_i count as one of that length. */
static enum status single_limit(const struct mpe_train *train, enum mpe_ends ends, double *out, struct fail *why)
{
	double together = meets_retina(train) ? train->rate_Hz * adding_time_s(train->wavelength_nm) : 0;
	enum status st = mpe_single_J_m2(train->organ, train->wavelength_nm, train->pulse_s, ends, out, why);
	double joint;
	if (st || together <= 1)
		return st;
	st = mpe_single_J_m2(train->organ, train->wavelength_nm, adding_time_s(train->wavelength_nm), ends, &joint, why);
	*out = st ? *out : fmin(*out, joint / together);
	return st;
}

static void take_lower(struct mpe *out, double limit, enum mpe_rule rule)
{
	if (limit < out->per_pulse_J_m2) {
		out->per_pulse_J_m2 = limit;
		out->rule = rule;
	}
}

static enum status check_train(const struct mpe_train *train, struct fail *why)
{
	if (train->rate_Hz == 0.0)
		return ST_OK;
	if (!(train->rate_Hz > 0.0 && train->rate_Hz * train->pulse_s <= 1.0))
		return fail_set(why, ST_RANGE, "rate_Hz", "%g is outside 0..%g Hz: pulses of %g s would overlap", train->rate_Hz,
		                1.0 / train->pulse_s, train->pulse_s);
	if (!(train->time_s >= train->pulse_s && train->time_s <= MPE_S_MAX))
		return fail_set(why, ST_RANGE, "time_s", "%g is outside %g (one pulse)..%g s", train->time_s, train->pulse_s,
		                MPE_S_MAX);
	return ST_OK;
}

/* Rule 1 and, between 1250 and 1400 nm, the cornea's part of it. */
static enum status of_single(const struct mpe_train *train, enum mpe_ends ends, struct mpe *out, struct fail *why)
{
	double cornea;
	enum status st = single_limit(train, ends, &out->single_J_m2, why);
	if (!st)
		st = mpe_single_J_m2(MPE_SKIN, train->wavelength_nm, train->pulse_s, ends, &cornea, why);
	if (st)
		return st;
	out->per_pulse_J_m2 = out->single_J_m2;
	out->rule = MPE_RULE_SINGLE;
	if (train->organ == MPE_EYE)
		take_lower(out, cornea, MPE_RULE_CORNEA);
	return ST_OK;
}

/* Rules 2 and 3. */
static enum status of_many(const struct mpe_train *train, enum mpe_ends ends, struct mpe *out, struct fail *why)
{
	double cornea;
	enum status st = mpe_single_J_m2(train->organ, train->wavelength_nm, train->time_s, ends, &out->total_J_m2, why);
	if (!st)
		st = mpe_single_J_m2(MPE_SKIN, train->wavelength_nm, train->time_s, ends, &cornea, why);
	if (st)
		return st;
	out->c5 = train_factor(train, out->pulses);
	take_lower(out, out->total_J_m2 / out->pulses, MPE_RULE_TOTAL);
	take_lower(out, out->single_J_m2 * out->c5, MPE_RULE_TRAIN);
	if (train->organ == MPE_EYE)
		take_lower(out, cornea / out->pulses, MPE_RULE_CORNEA);
	return ST_OK;
}

enum status mpe_of_train(const struct mpe_train *train, enum mpe_ends ends, struct mpe *out, struct fail *why)
{
	*out = (struct mpe){.total_J_m2 = NAN, .c5 = 1, .pulses = 1};
	enum status st = check_range(train->wavelength_nm, train->pulse_s, why);
	if (st || (st = check_train(train, why)) || (st = of_single(train, ends, out, why)))
		return st;
	out->pulses = train->rate_Hz > 0.0 ? fmax(1, train->rate_Hz * train->time_s) : 1;
	return out->pulses > 1 ? of_many(train, ends, out, why) : ST_OK;
}

const char *mpe_rule_text(enum mpe_rule rule)
{
	static const char *const text[MPE_RULES] = {
		[MPE_RULE_SINGLE] = "a single pulse",
		[MPE_RULE_TOTAL] = "the whole train, shared among its pulses",
		[MPE_RULE_TRAIN] = "many short pulses on the retina (C5)",
		[MPE_RULE_CORNEA] = "the cornea, as skin",
	};
	BUG_ON((unsigned)rule >= MPE_RULES);
	return text[rule];
}

/* ---- distance, density, protectors ----------------------------------------------------------------------- */

double mpe_aperture_mm(enum mpe_organ organ, double wavelength_nm, double duration_s)
{
	if (wavelength_nm >= 1e5)
		return 11;
	if (organ == MPE_SKIN)
		return 3.5;
	if (wavelength_nm >= 400 && wavelength_nm < 1400)
		return 7;
	if (duration_s <= 0.35)
		return 1;
	return duration_s < 10 ? 1.5 * pow(duration_s, 0.375) : 3.5;
}

double mpe_time_base_s(double wavelength_nm)
{
	if (wavelength_nm < 400)
		return MPE_S_MAX;
	return wavelength_nm < 700 ? 0.25 : 100;
}

double mpe_exposure_J_m2(double energy_J, double beam_mm, double aperture_mm)
{
	double radius_m = 0.5 * fmax(beam_mm, aperture_mm) * M_PER_MM;
	return energy_J / (PI * radius_m * radius_m);
}

double mpe_nohd_m(double energy_J, double limit_J_m2, double beam_mm, double divergence_mrad)
{
	double safe_diameter_m = sqrt(4 * energy_J / (PI * limit_J_m2));
	return fmax(0, (safe_diameter_m - beam_mm * M_PER_MM) / (divergence_mrad * RAD_PER_MRAD));
}

double mpe_optical_density(double exposure, double limit)
{
	return fmax(0, log10(exposure / limit));
}

struct protector_limit {
	double nm_from, nm_to;
	double lb0[PROTECTOR_M + 1]; /* exposure stood by LB0: each number stands ten times more */
	bool counts_pulses;          /* I and M: times N^0.25 */
	double continuous_from_s;
};
static const struct protector_limit protector_limits[] = {
	{180, 315, {1e-3, 3e1, 3e10}, false, 3e4},
	{315, 1400, {1e1, 5e-3, 1.5e-4}, true, 5e-4},
	{1400, MPE_NM_MAX, {1e3, 1e2, 1e11}, false, 0.1},
};

static const struct protector_limit *protector_limit_of(double nm)
{
	for (size_t i = 0; i < ROWS(protector_limits); i++)
		if (nm >= protector_limits[i].nm_from && nm < protector_limits[i].nm_to)
			return &protector_limits[i];
	return NULL;
}

enum protector_kind protector_kind_of(double wavelength_nm, double pulse_s)
{
	const struct protector_limit *limit = protector_limit_of(wavelength_nm);
	if (pulse_s < 1e-9)
		return PROTECTOR_M;
	return limit && pulse_s > limit->continuous_from_s ? PROTECTOR_D : PROTECTOR_I;
}

int protector_en207(double wavelength_nm, enum protector_kind kind, double exposure, double pulses_10s)
{
	const struct protector_limit *limit = protector_limit_of(wavelength_nm);
	if (!limit || !(exposure > 0.0))
		return -1;
	if (limit->counts_pulses && kind != PROTECTOR_D && pulses_10s > 1)
		exposure *= pow(pulses_10s, 0.25);
	double number = ceil(log10(exposure / limit->lb0[kind]) - 1e-9);
	if (number > 10)
		return -1;
	return number > 0 ? (int)number : 0;
}

int protector_en208(double wavelength_nm, double power_W)
{
	if (!(wavelength_nm >= 400 && wavelength_nm <= 700) || !(power_W > 0.0))
		return -1;
	double number = ceil(log10(power_W / 1e-3) - 1e-9);
	if (number > 5)
		return -1;
	return number > 0 ? (int)number : 0;
}
