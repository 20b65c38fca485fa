/* Breakdown: a converging beam in layers, its threshold, and the hole it leaves. */
#include "physics/breakdown.h"

#include "physics/base/units.h"

#define STEP_UM BREAKDOWN_STEP_UM
#define DEEPEST_UM (BREAKDOWN_DEPTHS * BREAKDOWN_STEP_UM)
#define SEEDED_MELANOSOME_FRAC 0.005 /* a layer with fewer granules has gaps wider than a focus */
#define FEWEST_FRAC 1e-9

/* ---- threshold ----
 * Water, 1064 nm: 0.76e11 W/cm2 for 6 ns and 4.5e11 for 30 ps, the same for all spots and focusing angles of 2-32
 * degrees: A. Vogel, K. Nahen, D. Theisen, J. Noack, IEEE J Sel Top Quantum Electron 1996;2:847. Between (and a
 * decade beyond) on the straight line through them in the logarithms, slope -0.335. Multiphoton ionisation makes the
 * seed electrons there, so pigment that does it by heat lowers the threshold 10-100 times (B. Varghese et al.,
 * Biomed Opt Express 2015;6:1234, in absorbing phantoms; the factor is recalled): the geometric middle 32. sd: an
 * even spread of the logarithm over that decade; for clear tissue 30 %, the spread of a probit in water. */
#define LONG_PULSE_S 6e-9
#define LONG_W_cm2 0.76e11
#define SHORT_PULSE_S 30e-12
#define SHORT_W_cm2 4.5e11
#define CLEAR_REL_SD 0.3
#define SEED_FACTOR 31.6
#define SEED_REL_SD 0.66 /* ln(10) / sqrt(12) */

struct estimate breakdown_threshold_W_cm2(double pulse_s, bool melanin_seed)
{
	double slope = log(SHORT_W_cm2 / LONG_W_cm2) / log(LONG_PULSE_S / SHORT_PULSE_S);
	double clear = LONG_W_cm2 * pow(LONG_PULSE_S / pulse_s, slope);
	double value = melanin_seed ? clear / SEED_FACTOR : clear;
	double sd = value * (melanin_seed ? hypot(CLEAR_REL_SD, SEED_REL_SD) : CLEAR_REL_SD);
	bool between = pulse_s >= SHORT_PULSE_S && pulse_s <= LONG_PULSE_S;
	return (struct estimate){value, sd, VALIDITY_ASSUMED | (between ? 0u : (unsigned)VALIDITY_EXTRAPOLATED)};
}

/* ---- light ---- */

static enum status check_within(double value, double low, double high, const char *field, struct fail *why)
{
	if (value >= low && value <= high)
		return ST_OK;
	return fail_set(why, ST_RANGE, field, "%g is outside %g to %g", value, low, high);
}

/* ST_RANGE naming the field; what tissue_layer_optics refuses. */
static enum status breakdown_check(const struct breakdown_beam *b, struct fail *why)
{
	const struct {
		double value, low, high;
		const char *field;
	} rows[] = {
	        {b->wavelength_nm, TISSUE_WAVELENGTH_MIN_NM, 1400.0, "wavelength_nm"},
	        {b->pulse_s, BREAKDOWN_PULSE_MIN_S, BREAKDOWN_PULSE_MAX_S, "pulse_s"},
	        {b->energy_mJ, 0.0, 1000.0, "energy_mJ"},
	        {b->half_angle, 0.0, BREAKDOWN_HALF_ANGLE_MAX, "half_angle"},
	        {b->waist_um, 0.0, 1000.0, "waist_um"},
	        {b->focus_um, 0.0, 5000.0, "focus_um"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum status st = check_within(rows[i].value, rows[i].low, rows[i].high, rows[i].field, why);
		if (st != ST_OK)
			return st;
	}
	if (b->half_angle <= 0.0 && b->waist_um <= 0.0)
		return fail_set(why, ST_INPUT, "waist_um", "a parallel beam needs its radius");
	return ST_OK;
}

/* Optical paths down to a depth, layer by layer; the last layer goes on. */
struct path {
	double absorbed, scattered; /* optical depths: mua and mus (1 - g^2), as delta-M counts it */
	double transport;           /* of mus' alone */
	double spread_um2;          /* variance of the lateral cloud, per axis: integral of mus' (z - s)^2 ds */
	bool melanin;               /* in the layer at the depth */
};

struct layers {
	size_t count;
	double bottom_um[TISSUE_LAYERS_MAX], mua_1_um[TISSUE_LAYERS_MAX], mus_1_um[TISSUE_LAYERS_MAX];
	double g[TISSUE_LAYERS_MAX], n;
	bool melanin[TISSUE_LAYERS_MAX];
};

static enum status read_layers(const struct tissue *tissue, double wavelength_nm, struct layers *l, struct fail *why)
{
	double bottom_um = 0.0;
	enum status st = tissue_check(tissue, why);
	*l = (struct layers){.count = tissue->count};
	for (size_t i = 0; st == ST_OK && i < tissue->count; i++) {
		struct tissue_optics o;
		st = tissue_optics_at(tissue, i, wavelength_nm, &o, why);
		if (st != ST_OK)
			break;
		bottom_um += tissue->layer[i].thickness_um;
		l->bottom_um[i] = i + 1 == tissue->count ? INFINITY : bottom_um;
		l->mua_1_um[i] = o.mua_1_cm.value * CM_PER_UM;
		l->mus_1_um[i] = o.reduced_scattering_1_cm.value * CM_PER_UM / (1.0 - o.g);
		l->g[i] = o.g;
		l->melanin[i] = tissue->layer[i].melanosome_frac >= SEEDED_MELANOSOME_FRAC;
		l->n = o.n; /* of the deepest: refraction is between air and the bulk */
	}
	return st;
}

static struct path path_to(const struct layers *l, double depth_um)
{
	struct path p = {0};
	double top_um = 0.0;
	for (size_t i = 0; i < l->count && top_um <= depth_um; i++) {
		double end_um = fmin(l->bottom_um[i], depth_um), length_um = end_um - top_um;
		double reduced = l->mus_1_um[i] * (1.0 - l->g[i]);
		double far_um = depth_um - top_um, near_um = depth_um - end_um;
		p.absorbed += l->mua_1_um[i] * length_um;
		p.scattered += l->mus_1_um[i] * length_um;
		p.transport += reduced * length_um;
		p.spread_um2 += reduced * (far_um * far_um * far_um - near_um * near_um * near_um) / 3.0;
		p.melanin = l->melanin[i];
		top_um = l->bottom_um[i];
	}
	return p;
}

/* Fresnel at normal incidence from air. */
static double entering_frac(double n)
{
	double r = (n - 1.0) / (n + 1.0);
	return 1.0 - r * r;
}

/* 1/e2 radius of a Gaussian beam towards its focus, w0^2 + (theta (z - zf))^2 with the angle inside the tissue; w0 by
 * diffraction is lambda / (pi n theta). */
static double radius_um2(const struct layers *l, const struct breakdown_beam *b, double depth_um)
{
	double angle = b->half_angle / l->n;
	double diffraction_um = angle > 0.0 ? b->wavelength_nm * 1e-3 / (PI * l->n * angle) : 0.0;
	double waist_um = fmax(b->waist_um, diffraction_um), off_um = angle * (depth_um - b->focus_um);
	return waist_um * waist_um + off_um * off_um;
}

/* Two clouds on the axis: what was not scattered keeps the beam's radius; what was scattered forward spreads by small
 * angles (Fermi-Eyges: variance of angle per axis and length mus', of place mus' z^3 / 3) and is lost by what
 * turns back, exp(-transport depth / 2). Peak of a Gaussian 2 P / (pi w^2). */
static double axis_1_cm2(const struct layers *l, const struct breakdown_beam *b, double depth_um)
{
	struct path p = path_to(l, depth_um);
	double kept = entering_frac(l->n) * exp(-p.absorbed), straight = exp(-p.scattered);
	double own_um2 = radius_um2(l, b, depth_um), wide_um2 = own_um2 + 4.0 * p.spread_um2;
	double aside = fmax(exp(-0.5 * p.transport) - straight, 0.0);
	return kept * 2.0 / PI * (straight / own_um2 + aside / wide_um2) / (CM_PER_UM * CM_PER_UM);
}

/* sd: scattering of the skin known to 15 %, through the straight light. */
#define SCATTERING_REL_SD 0.15

static struct estimate irradiance(const struct layers *l, const struct breakdown_beam *b, double depth_um)
{
	struct layers more = *l;
	for (size_t i = 0; i < l->count; i++)
		more.mus_1_um[i] *= 1.0 + SCATTERING_REL_SD;
	double power_W = b->energy_mJ * J_PER_MJ / b->pulse_s;
	double value = power_W * axis_1_cm2(l, b, depth_um);
	double sd = fabs(power_W * axis_1_cm2(&more, b, depth_um) - value);
	bool far = path_to(l, depth_um).transport > 0.5;
	return (struct estimate){value, sd, VALIDITY_ASSUMED | (far ? (unsigned)VALIDITY_MODEL_LIMIT : 0u)};
}

enum status breakdown_irradiance_W_cm2(const struct tissue *tissue, const struct breakdown_beam *beam, double depth_um,
                                       struct estimate *out, struct fail *why)
{
	struct layers l;
	enum status st = breakdown_check(beam, why);
	if (st == ST_OK)
		st = check_within(depth_um, 0.0, DEEPEST_UM, "depth_um", why);
	if (st == ST_OK)
		st = read_layers(tissue, beam->wavelength_nm, &l, why);
	if (st == ST_OK)
		*out = irradiance(&l, beam, depth_um);
	return st;
}

/* ---- bubble ----
 * What is absorbed beyond the threshold drives a bubble: 10-25 % of it becomes bubble energy (A. Vogel, J. Noack, et
 * al., Appl Phys B 1999;68:271, ns and ps pulses at a few times threshold; middle of the logarithms 16 %), spent
 * on pushing tissue away against its strength, E = p (4/3) pi R^3, with p the strength of dermis, 5-30 MPa (F.
 * Duck 1990), middle of the logarithms 12 MPa. Upper bound for the energy: all of the pulse beyond threshold. */
#define BUBBLE_FRAC 0.16
#define BUBBLE_REL_SD 0.26 /* ln(2.5) / sqrt(12) */
#define STRENGTH_J_cm3 12.0
#define STRENGTH_REL_SD 0.52 /* ln(6) / sqrt(12) */

static struct estimate bubble_um(double energy_mJ, double excess)
{
	double spent_J = BUBBLE_FRAC * energy_mJ * J_PER_MJ * (1.0 - 1.0 / excess);
	double radius_cm = cbrt(3.0 * spent_J / (4.0 * PI * STRENGTH_J_cm3));
	double value = 2.0 * radius_cm * UM_PER_CM;
	return (struct estimate){value, value * hypot(BUBBLE_REL_SD, STRENGTH_REL_SD) / 3.0, VALIDITY_ASSUMED};
}

static struct estimate none(void)
{
	return (struct estimate){0.0, 0.0, VALIDITY_ABSENT};
}

static double excess_at(const struct layers *l, const struct breakdown_beam *b, double depth_um)
{
	return irradiance(l, b, depth_um).value /
	       breakdown_threshold_W_cm2(b->pulse_s, path_to(l, depth_um).melanin).value;
}

static void note_extent(const struct layers *l, const struct breakdown_beam *b, struct breakdown *out)
{
	double first = NAN, last = NAN;
	for (double z = 0.5 * STEP_UM; z < DEEPEST_UM; z += STEP_UM)
		if (excess_at(l, b, z) >= 1.0) {
			first = isnan(first) ? z : first;
			last = z;
		}
	unsigned flags = out->irradiance_W_cm2.flags;
	out->top_um = isnan(first) ? none() : (struct estimate){first - 0.5 * STEP_UM, STEP_UM, flags};
	out->bottom_um = isnan(first) ? none() : (struct estimate){last + 0.5 * STEP_UM, STEP_UM, flags};
}

enum status breakdown_find(const struct tissue *tissue, const struct breakdown_beam *beam, struct breakdown *out,
                           struct fail *why)
{
	struct layers l;
	struct breakdown_beam unit = *beam;
	enum status st = breakdown_check(beam, why);
	if (st == ST_OK)
		st = read_layers(tissue, beam->wavelength_nm, &l, why);
	if (st != ST_OK)
		return st;
	*out = (struct breakdown){.depth_um = 0.0};
	unit.energy_mJ = 1.0;
	double most = 0.0;
	for (double z = 0.5 * STEP_UM; z < DEEPEST_UM; z += STEP_UM) {
		double excess = excess_at(&l, &unit, z);
		if (excess > most) {
			most = excess;
			out->depth_um = z;
		}
	}
	if (!(most > FEWEST_FRAC))
		return fail_set(why, ST_MODEL, "beam", "no light reaches any depth of this skin");
	out->seeded = path_to(&l, out->depth_um).melanin;
	out->threshold_W_cm2 = breakdown_threshold_W_cm2(beam->pulse_s, out->seeded);
	out->irradiance_W_cm2 = irradiance(&l, beam, out->depth_um);
	struct estimate per_mJ = irradiance(&l, &unit, out->depth_um);
	out->energy_mJ = (struct estimate){1.0 / most,
	                                   hypot(per_mJ.sd / per_mJ.value,
	                                         out->threshold_W_cm2.sd / out->threshold_W_cm2.value) / most,
	                                   per_mJ.flags | out->threshold_W_cm2.flags};
	out->formed = beam->energy_mJ * most >= 1.0;
	note_extent(&l, beam, out);
	out->bubble_um = out->formed ? bubble_um(beam->energy_mJ, beam->energy_mJ * most) : none();
	out->bubble_um.flags |= out->formed && out->seeded ? (unsigned)VALIDITY_MODEL_LIMIT : 0u;
	return ST_OK;
}

enum status breakdown_profile_of(const struct tissue *tissue, const struct breakdown_beam *beam,
                                 struct breakdown_profile *out, struct fail *why)
{
	struct layers l;
	struct breakdown_beam unit = *beam;
	size_t most = 0;
	unit.energy_mJ = 1.0;
	enum status st = breakdown_check(&unit, why);
	if (st == ST_OK)
		st = read_layers(tissue, beam->wavelength_nm, &l, why);
	if (st != ST_OK)
		return st;
	for (size_t k = 0; k < BREAKDOWN_DEPTHS; k++) {
		out->excess_1_mJ[k] = (float)excess_at(&l, &unit, ((double)k + 0.5) * STEP_UM);
		most = out->excess_1_mJ[k] > out->excess_1_mJ[most] ? k : most;
	}
	if (!((double)out->excess_1_mJ[most] > FEWEST_FRAC))
		return fail_set(why, ST_MODEL, "beam", "no light reaches any depth of this skin");
	out->depth_um = ((double)most + 0.5) * STEP_UM;
	out->energy_mJ = 1.0 / (double)out->excess_1_mJ[most];
	out->seeded = path_to(&l, out->depth_um).melanin;
	struct estimate threshold = breakdown_threshold_W_cm2(beam->pulse_s, out->seeded);
	struct estimate there = irradiance(&l, &unit, out->depth_um);
	out->threshold_rel_sd = hypot(threshold.sd / threshold.value, there.sd / there.value);
	out->flags = threshold.flags | there.flags;
	return ST_OK;
}
