/* One beam's safety, computed and written down. */
#include "planner/safety/eye_safety.h"

#include <cjson/cJSON.h>

#define EN_TIME_S 10.0 /* over which EN 207 counts pulses */

static const char source_text[] = "IEC 60825-1:2014 (point source), EN 207:2009, EN 208:2009, as generally reproduced; "
                                  "confidence medium. Where two laws meet the stricter is taken.";

static enum status check(const struct eye_safety_question *q, struct fail *why)
{
	const struct {
		const char *field, *unit;
		double value, min, max;
	} rows[] = {
		{"energy_J", "J", q->energy_J, 1e-15, 1e4},
		{"beam_mm", "mm", q->beam_mm, 1e-3, 1000},
		{"divergence_mrad", "mrad", q->divergence_mrad, 1e-3, 3142},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!isnan(rows[i].value) && !(rows[i].value >= rows[i].min && rows[i].value <= rows[i].max))
			return fail_set(why, ST_RANGE, rows[i].field, "%g is outside %g..%g %s; enter it in %s", rows[i].value,
			                rows[i].min, rows[i].max, rows[i].unit, rows[i].unit);
	return ST_OK;
}

static void protect(const struct eye_safety_question *q, struct eye_safety *out)
{
	double exposure = mpe_exposure_J_m2(q->energy_J, q->beam_mm, 0);
	bool retina = q->wavelength_nm >= 315 && q->wavelength_nm < 1400;
	out->protector = protector_kind_of(q->wavelength_nm, q->pulse_s);
	bool irradiance = out->protector == PROTECTOR_D || (out->protector == PROTECTOR_M && !retina);
	out->protector_lb = protector_en207(q->wavelength_nm, out->protector, irradiance ? exposure / q->pulse_s : exposure,
	                                    q->rate_Hz * EN_TIME_S);
	out->alignment_rb = protector_en208(q->wavelength_nm, q->energy_J * (q->rate_Hz > 0.0 ? q->rate_Hz : 1 / q->pulse_s));
}

enum status eye_safety(const struct eye_safety_question *question, struct eye_safety *out, struct fail *why)
{
	*out = (struct eye_safety){.question = *question};
	struct eye_safety_question *q = &out->question;
	if (isnan(q->time_s))
		q->time_s = fmax(mpe_time_base_s(q->wavelength_nm), q->pulse_s);
	const struct mpe_train eye = {MPE_EYE, q->wavelength_nm, q->pulse_s, q->rate_Hz, q->time_s};
	struct mpe_train skin = eye;
	skin.organ = MPE_SKIN;
	enum status st = check(q, why);
	if (st || (st = mpe_of_train(&eye, MPE_ENDS, &out->eye, why)) || (st = mpe_of_train(&skin, MPE_ENDS, &out->skin, why)))
		return st;
	double beam_mm = isnan(q->beam_mm) ? 0 : q->beam_mm;
	out->eye_aperture_mm = mpe_aperture_mm(MPE_EYE, q->wavelength_nm, q->pulse_s);
	out->skin_aperture_mm = mpe_aperture_mm(MPE_SKIN, q->wavelength_nm, q->pulse_s);
	out->eye_exposure_J_m2 = mpe_exposure_J_m2(q->energy_J, beam_mm, out->eye_aperture_mm);
	out->skin_exposure_J_m2 = mpe_exposure_J_m2(q->energy_J, beam_mm, out->skin_aperture_mm);
	out->computed_od = isnan(q->energy_J) ? (double)NAN
	                                      : mpe_optical_density(out->eye_exposure_J_m2, out->eye.per_pulse_J_m2);
	out->required_od = isnan(out->computed_od) ? (double)NAN : fmax(ceil(out->computed_od), q->least_od);
	out->nohd_m = isnan(q->energy_J + q->beam_mm + q->divergence_mrad)
	                      ? (double)NAN
	                      : mpe_nohd_m(q->energy_J, out->eye.per_pulse_J_m2, q->beam_mm, q->divergence_mrad);
	protect(q, out);
	return ST_OK;
}

enum status eye_safety_of_mode(const struct device *device, const struct device_mode *mode,
                               struct eye_safety_question *out, struct fail *why)
{
	struct eyewear worst = eyewear_for(mode);
	if (modality_is_rf(device->modality))
		return fail_set(why, ST_MODEL, "device", "%s.%s makes no light: exposure limits do not apply", device->id, mode->id);
	if (isnan(worst.energy_J) || isnan(worst.pulse_s))
		return fail_set(why, ST_MODEL, "device", "%s.%s: the profile gives no %s; give the beam by numbers", device->id,
		                mode->id, isnan(worst.energy_J) ? "energy" : "pulse duration");
	*out = (struct eye_safety_question){.wavelength_nm = mode->wavelength_nm, .pulse_s = worst.pulse_s,
	                                    .rate_Hz = worst.rate_Hz, .time_s = EN_TIME_S, .energy_J = worst.energy_J,
	                                    .beam_mm = worst.beam_mm, .divergence_mrad = NAN,
	                                    .least_od = worst.required_od};
	(void)snprintf(out->name, sizeof out->name, "%s.%s, strongest pulse", device->id, mode->id);
	return ST_OK;
}

/* ---- text ------------------------------------------------------------------------------------------------ */

static const char kinds[] = {[PROTECTOR_D] = 'D', [PROTECTOR_I] = 'R', [PROTECTOR_M] = 'M'};

static void write_limit(FILE *f, const char *organ, const struct mpe *mpe, double exposure, double aperture_mm)
{
	fprintf(f, "%s MPE     %.4g J/cm2 per pulse (%s)\n", organ, mpe->per_pulse_J_m2 * 1e-4, mpe_rule_text(mpe->rule));
	if (isnan(exposure))
		return;
	double ratio = exposure / mpe->per_pulse_J_m2;
	fprintf(f, "             exposed to %.4g J/cm2 over %g mm or the beam: %.3g x the limit%s\n", exposure * 1e-4,
	        aperture_mm, ratio, ratio > 1 ? "" : ", safe");
}

static void write_beam(FILE *f, const struct eye_safety_question *q)
{
	fprintf(f, "Beam         %s%s%g nm, pulse %.4g s", q->name, q->name[0] ? ": " : "", q->wavelength_nm, q->pulse_s);
	if (q->rate_Hz > 0.0)
		fprintf(f, " at %g Hz for %g s", q->rate_Hz, q->time_s);
	if (!isnan(q->energy_J))
		fprintf(f, ", %.4g J per pulse", q->energy_J);
	if (!isnan(q->beam_mm))
		fprintf(f, ", diameter %g mm", q->beam_mm);
	if (!isnan(q->divergence_mrad))
		fprintf(f, ", divergence %g mrad", q->divergence_mrad);
	fprintf(f, "\n");
}

static void write_protection(FILE *f, const struct eye_safety *a)
{
	if (isnan(a->computed_od))
		fprintf(f, "Eyewear      not computed: energy_J is not given\n");
	else
		fprintf(f, "Eyewear      OD %.0f at %g nm (computed %.2f%s)\n", a->required_od, a->question.wavelength_nm,
		        a->computed_od, a->required_od > ceil(a->computed_od) ? "; what is worn there" : "");
	if (a->protector_lb >= 0)
		fprintf(f, "EN 207       %c LB%d in the beam as given\n", kinds[a->protector], a->protector_lb);
	if (a->alignment_rb >= 0)
		fprintf(f, "EN 208       RB%d for alignment\n", a->alignment_rb);
	if (isnan(a->nohd_m))
		fprintf(f, "NOHD         not computed: needs energy_J, beam_mm and divergence_mrad\n");
	else
		fprintf(f, "NOHD         %.1f m\n", a->nohd_m);
}

enum status eye_safety_text(const struct eye_safety *a, char **out, struct fail *why)
{
	size_t size;
	FILE *f = open_memstream(out, &size);
	if (!f)
		return fail_set(why, ST_FULL, "mpe", "out of memory");
	write_beam(f, &a->question);
	write_limit(f, "Eye ", &a->eye, a->eye_exposure_J_m2, a->eye_aperture_mm);
	write_limit(f, "Skin", &a->skin, a->skin_exposure_J_m2, a->skin_aperture_mm);
	write_protection(f, a);
	fprintf(f, "Source       %s\n", source_text);
	if (fclose(f) == 0)
		return ST_OK;
	free(*out);
	return fail_set(why, ST_FULL, "mpe", "out of memory");
}

/* ---- JSON ------------------------------------------------------------------------------------------------ */

static void add(cJSON *object, const char *key, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, key, value);
}

static void add_limit(cJSON *root, const char *key, const struct mpe *mpe, double exposure, double aperture_mm)
{
	cJSON *o = cJSON_AddObjectToObject(root, key);
	add(o, "per_pulse_J_m2", mpe->per_pulse_J_m2);
	cJSON_AddStringToObject(o, "rule", mpe_rule_text(mpe->rule));
	add(o, "single_pulse_J_m2", mpe->single_J_m2);
	add(o, "train_total_J_m2", mpe->total_J_m2);
	add(o, "pulses", mpe->pulses);
	add(o, "c5", mpe->c5);
	add(o, "aperture_mm", aperture_mm);
	add(o, "exposure_J_m2", exposure);
}

static void add_beam(cJSON *root, const struct eye_safety_question *q)
{
	cJSON *o = cJSON_AddObjectToObject(root, "beam");
	cJSON_AddStringToObject(o, "name", q->name);
	add(o, "wavelength_nm", q->wavelength_nm);
	add(o, "pulse_s", q->pulse_s);
	add(o, "rate_Hz", q->rate_Hz);
	add(o, "time_s", q->time_s);
	add(o, "energy_J", q->energy_J);
	add(o, "beam_mm", q->beam_mm);
	add(o, "divergence_mrad", q->divergence_mrad);
}

enum status eye_safety_json(const struct eye_safety *a, char **out, struct fail *why)
{
	const char kind[2] = {kinds[a->protector], '\0'};
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "schema", "lasertwin-mpe/1");
	add_beam(root, &a->question);
	add_limit(root, "eye", &a->eye, a->eye_exposure_J_m2, a->eye_aperture_mm);
	add_limit(root, "skin", &a->skin, a->skin_exposure_J_m2, a->skin_aperture_mm);
	add(root, "computed_od", a->computed_od);
	add(root, "required_od", a->required_od);
	add(root, "nohd_m", a->nohd_m);
	if (a->protector_lb >= 0) {
		cJSON_AddStringToObject(root, "en207_kind", kind);
		add(root, "en207_lb", a->protector_lb);
	}
	add(root, "en208_rb", a->alignment_rb >= 0 ? a->alignment_rb : (double)NAN);
	cJSON_AddStringToObject(root, "source", source_text);
	*out = cJSON_Print(root);
	cJSON_Delete(root);
	return *out ? ST_OK : fail_set(why, ST_FULL, "mpe", "out of memory");
}
