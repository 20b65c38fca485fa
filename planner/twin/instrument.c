/* Forward model of the instruments, and its derivatives. */
#include "planner/twin/instrument.h"

#include "physics/colour.h"
#include "physics/ordinates.h"
#include "planner/fit/parallel.h"

#define CHANNELS_MAX 256
#define ROWS_MAX (SPECTRUM_POINTS_MAX + 32)
#define UNUSED_MAX 8
#define KNOTS_MAX 160
#define THREADS 2
enum { FAST, FINE, SOLVERS };
/* 6 directions per hemisphere give 0.1 % of reflectance; 4 are off by up to 0.008, nearly the same for like skins */
static const int nodes_of[SOLVERS] = {[FAST] = 2, [FINE] = 3};

/* Errors of one reading against the model, besides the offset of the instrument: repeatability and place
 * within the field. Offsets hold what two readings of one meter share: zero of the scale, surface reflection,
 * and the model's own error (reflectance of ITA classes, tests/validation/test_reflectance.c). Design values;
 * the sums are the errors that the validation left. */
#define ITA_SD_DEG 3.5
#define ITA_OFFSET_DEG 6.0
#define LAB_L_SD 1.5
#define LAB_L_OFFSET 2.5
#define LAB_A_SD 2.5
#define LAB_B_SD 3.0
#define LESION_LAB_SD 4.0 /* ink and dermal pigment are outside the model: a lesion's colour says less */
#define MEXAMETER_SD 25.0
#define MEXAMETER_OFFSET 55.0
#define DERMASPECTROMETER_SD 2.0
#define DERMASPECTROMETER_OFFSET 3.5
#define MEXAMETER_EI_SD 35.0
#define MEXAMETER_EI_OFFSET_SD 72.0
#define DERMASPECTROMETER_EI_SD 3.0
#define DERMASPECTROMETER_EI_OFFSET 4.0
#define SPECTRUM_SD_SHARE 0.03
#define SPECTRUM_SD_FLOOR 0.004
#define SPECTRUM_CORRELATION_NM 20.0 /* points nearer than this share their error */
#define GAIN_SD 0.01 /* a white standard that is cared for */

/* The Mexameter reports 500/log 5 (log(R880/R660) + log 5) of its raw signals, whose gains are the maker's
 * secret. A straight line ties the formula on true reflectance to the scale: skins whose model ITA is in the
 * middle of the classes of types I to VI (60, 46, 35, 17, -10, -45 deg) then read 98, 150, 197, 288, 454, 769
 * against recalled ranges 50-150 (I-II), 150-250, 250-400, 400-600, above 600. Low confidence: see
 * MEXAMETER_OFFSET. The erythema index has an offset alone: about 270 for light skin with 0.6 % blood. */
#define MEXAMETER_MI_GAIN 2.6
#define MEXAMETER_MI_ZERO 461.0 /* formula value that the scale shows as 0 */
#define MEXAMETER_EI_ZERO (-360.0)

enum { BAND_568, BAND_655, BAND_660, BAND_680, BAND_880, BANDS };
static const double band_nm[BANDS] = {568, 655, 660, 680, 880};

/* Where colour is solved: closer where blood's bands are. */
static const double colour_knot_nm[] = {400, 420, 440, 460, 480, 500, 520, 530, 540, 550, 560,
                                        570, 580, 590, 600, 620, 640, 660, 680, 700};
#define COLOUR_KNOTS (sizeof colour_knot_nm / sizeof colour_knot_nm[0])

/* Spacing of a spectrum's knots: below the wavelength, in steps of. Blood's bands, then water's edges. */
static const struct {
	double below_nm, step_nm;
} knot_spacing[] = {{500, 20}, {610, 10}, {710, 25}, {910, 40}, {1350, 30},
                     {1500, 15}, {1850, 25}, {1980, 13}, {2501, 40}};

/* Four knots round a wavelength and their weights (Lagrange). */
struct blend {
	int channel[4];
	double weight[4];
};

enum kind {
	KIND_DIRECT,
	KIND_ITA,
	KIND_LAB_L,
	KIND_LAB_A,
	KIND_LAB_B,
	KIND_MEXAMETER_MI,
	KIND_DERMASPECTROMETER_MI,
	KIND_MI680,
	KIND_MEXAMETER_EI,
	KIND_DERMASPECTROMETER_EI,
	KIND_POINT
};

struct observation {
	enum kind kind;
	enum instrument_region region;
	enum twin_property property; /* of a direct one */
	const char *key, *label, *source;
	double read, sd, zero, factor, wavelength_nm, weight;
	int offset; /* -1: none */
	struct blend blend;
};

struct channel {
	enum instrument_region region;
	double wavelength_nm;
};

/* The properties that move a reflectance, each with the wavelengths it matters at. */
static const struct {
	enum twin_property property;
	double from_nm, to_nm;
} optical[] = {
	{TWIN_MELANOSOME_FRAC, 350, 1350},
	{TWIN_LESION_MELANOSOME_FRAC, 350, 1350},
	{TWIN_UNEXPOSED_MELANOSOME_FRAC, 350, 1350},
	{TWIN_BASAL_RATIO, 350, 1000},
	{TWIN_BLOOD_FRAC, 350, 1150},
	{TWIN_SATURATION_FRAC, 350, 1000},
	{TWIN_CORNEUM_WATER_FRAC, 1350, 2500},
	{TWIN_EPIDERMIS_WATER_FRAC, 1350, 2500},
	{TWIN_DERMIS_WATER_FRAC, 880, 2500},
	{TWIN_CORNEUM_UM, 350, 2500},
	{TWIN_EPIDERMIS_UM, 350, 2500},
	{TWIN_DERMIS_UM, 560, 1350},
	{TWIN_SUBCUTIS_UM, 590, 1350},
	{TWIN_SCATTERING_SCALE, 350, 2500},
};
#define OPTICAL (sizeof optical / sizeof optical[0])
#define OPTICAL_STEP 0.08 /* of the latent coordinate */

static const enum twin_property region_melanin[REGIONS] = {
	[REGION_NORMAL] = TWIN_MELANOSOME_FRAC,
	[REGION_LESION] = TWIN_LESION_MELANOSOME_FRAC,
	[REGION_UNEXPOSED] = TWIN_UNEXPOSED_MELANOSOME_FRAC,
};

struct instruments {
	const struct readings *readings;
	struct ordinates *solver[THREADS][SOLVERS];
	size_t channels, rows, unused;
	struct channel channel[CHANNELS_MAX];
	struct observation row[ROWS_MAX];
	const char *unused_key[UNUSED_MAX], *unused_why[UNUSED_MAX];
	double correction[CHANNELS_MAX]; /* fine less fast, at the anchor */
	double x[COORDINATES], reflectance[CHANNELS_MAX]; /* of the last residuals */
	double slope_x[COORDINATES], slope_reflectance[CHANNELS_MAX]; /* where slope was last brought to */
	double slope[CHANNELS_MAX][OPTICAL];
};

/* ---- channels and blends ---- */

static int channel_of(struct instruments *in, enum instrument_region region, double wavelength_nm)
{
	for (size_t i = 0; i < in->channels; i++)
		if (in->channel[i].region == region && fabs(in->channel[i].wavelength_nm - wavelength_nm) < 1e-9)
			return (int)i;
	BUG_ON(in->channels == CHANNELS_MAX);
	in->channel[in->channels] = (struct channel){region, wavelength_nm};
	return (int)in->channels++;
}

/* The cubic through the four nearest of at least four knots. */
static struct blend blend_at(struct instruments *in, enum instrument_region region, const double *knot, size_t knots,
                             double wavelength_nm)
{
	struct blend b;
	size_t first = 0;
	while (first + 4 < knots && knot[first + 2] <= wavelength_nm)
		first++;
	for (size_t i = 0; i < 4; i++) {
		b.channel[i] = channel_of(in, region, knot[first + i]);
		b.weight[i] = 1.0;
		for (size_t j = 0; j < 4; j++)
			if (j != i)
				b.weight[i] *= (wavelength_nm - knot[first + j]) / (knot[first + i] - knot[first + j]);
	}
	return b;
}

static double blended(const struct blend *b, const double *reflectance)
{
	double sum = 0.0;
	for (int i = 0; i < 4; i++)
		sum += b->weight[i] * reflectance[b->channel[i]];
	return fmax(sum, 1e-5);
}

#define SHORT_NM 120.0 /* of such a piece every tenth nm is solved, and four knots at the least */

static size_t short_knots(double first_nm, double last_nm, double *knot)
{
	size_t n = (size_t)fmax(4.0, ceil((last_nm - first_nm) / 10.0) + 1.0);
	for (size_t i = 0; i < n; i++)
		knot[i] = first_nm + (last_nm - first_nm) * (double)i / (double)(n - 1);
	return n;
}

static size_t spectrum_knots(double first_nm, double last_nm, double *knot)
{
	size_t n = 0, s = 0;
	if (last_nm - first_nm < SHORT_NM)
		return short_knots(first_nm, last_nm, knot);
	knot[n++] = first_nm;
	for (;;) {
		while (knot[n - 1] >= knot_spacing[s].below_nm)
			s++;
		double next = knot[n - 1] + knot_spacing[s].step_nm;
		if (next > last_nm - 0.4 * knot_spacing[s].step_nm)
			break;
		BUG_ON(n + 4 >= KNOTS_MAX);
		knot[n++] = next;
	}
	knot[n++] = last_nm;
	return n;
}

/* ---- observations ---- */

static struct observation *add_row(struct instruments *in, enum kind kind, enum reading reading,
                                   enum instrument_region region, double sd, int offset)
{
	BUG_ON(in->rows == ROWS_MAX);
	struct observation *o = &in->row[in->rows++];
	const struct reading_spec *spec = readings_spec(reading);
	*o = (struct observation){.kind = kind, .region = region, .property = TWIN_PROPERTIES, .key = spec->key,
	                          .label = spec->label, .read = in->readings->value[reading], .sd = sd,
	                          .weight = 1.0, .offset = offset};
	return o;
}

static void add_unused(struct instruments *in, enum reading reading, const char *why_not)
{
	if (!in->readings->present[reading] || in->unused == UNUSED_MAX)
		return;
	in->unused_key[in->unused] = readings_spec(reading)->key;
	in->unused_why[in->unused++] = why_not;
}

/* A direct reading: unit factor and instrument repeatability as a share of the value, or absolute. */
static const struct direct {
	enum twin_property property;
	enum reading reading;
	double factor, sd_share, sd_floor;
	const char *source;
} directs[] = {
	{TWIN_CORNEUM_UM, READING_CORNEUM_UM, 1, 0.12, 2, "OCT, 12 %"},
	{TWIN_EPIDERMIS_UM, READING_EPIDERMIS_UM, 1, 0.08, 3, "OCT or ultrasound, 8 %"},
	{TWIN_DERMIS_UM, READING_DERMIS_MM, 1000, 0.08, 60, "ultrasound, 8 %"},
	{TWIN_SUBCUTIS_UM, READING_SUBCUTIS_MM, 1000, 0.15, 200, "ultrasound, 15 %"},
	{TWIN_ELASTICITY_R2, READING_ELASTICITY_R2, 1, 0.05, 0.01, "Cutometer, 5 %"},
	{TWIN_SKIN_TEMPERATURE_C, READING_SKIN_TEMP_C, 1, 0, 0.5, "contact or infrared thermometer, 0.5 C"},
	{TWIN_TEWL_G_M2_H, READING_TEWL_G_M2_H, 1, 0.15, 1, "open-chamber meter, 15 %"},
	{TWIN_LESION_DEPTH_UM, READING_LESION_DEPTH_UM, 1, 0.15, 20, "OCT or ultrasound, 15 %"},
};

/* One standard deviation of a value in the latent coordinate, at the value. */
static double latent_sd(enum twin_property property, double value, double sd)
{
	double low = twin_latent(property, value * (1.0 - 1e-4)), high = twin_latent(property, value * (1.0 + 1e-4));
	return sd * (high - low) / (2e-4 * value);
}

static struct observation *add_direct(struct instruments *in, enum twin_property property, enum reading reading,
                                      double value, double sd, const char *source)
{
	struct observation *o = add_row(in, KIND_DIRECT, reading, REGION_NORMAL, latent_sd(property, value, sd), -1);
	o->property = property;
	o->read = twin_latent(property, value);
	o->source = source;
	o->factor = 1.0;
	return o;
}

/* A logit cannot stand at 0 or 1; R2 = 1 is a perfectly elastic band, not skin. A TEWL of 0 is a closed meter. */
static double inside(enum twin_property property, double value)
{
	if (property == TWIN_ELASTICITY_R2)
		return fmin(fmax(value, 0.01), 0.99);
	return property == TWIN_TEWL_G_M2_H ? fmax(value, 0.5) : value;
}

static void collect_direct(struct instruments *in)
{
	const struct readings *r = in->readings;
	for (size_t i = 0; i < sizeof directs / sizeof directs[0]; i++) {
		const struct direct *d = &directs[i];
		if (!r->present[d->reading])
			continue;
		double value = inside(d->property, d->factor * r->value[d->reading]);
		add_direct(in, d->property, d->reading, value, fmax(d->sd_floor, d->sd_share * value), d->source)->factor =
			d->factor;
	}
	if (r->present[READING_HYDRATION_AU]) {
		/* Corneometer 30 to 60 a.u. spans 15 to 40 % water of the stratum corneum (recalled, low confidence) */
		double water = 0.15 + 0.25 * (r->value[READING_HYDRATION_AU] - 30.0) / 30.0;
		struct observation *o = add_direct(in, TWIN_CORNEUM_WATER_FRAC, READING_HYDRATION_AU,
		                                   fmin(fmax(water, 0.05), 0.60), 0.06,
		                                   "Corneometer scale 30-60 a.u. = 15-40 % water");
		o->zero = -0.10;
		o->factor = 0.25 / 30.0;
	}
}

static void open_colour(struct instruments *in, enum instrument_region region)
{
	for (size_t i = 0; i < COLOUR_KNOTS; i++)
		(void)channel_of(in, region, colour_knot_nm[i]);
}

static void add_ita(struct instruments *in, enum reading reading, enum instrument_region region)
{
	if (!in->readings->present[reading])
		return;
	add_row(in, KIND_ITA, reading, region, ITA_SD_DEG, OFFSET_ITA_DEG)->label = "ITA";
	open_colour(in, region);
}

static void add_lab(struct instruments *in, enum reading first, enum instrument_region region)
{
	const struct readings *r = in->readings;
	bool lesion = region == REGION_LESION;
	if (!r->present[first])
		return;
	add_row(in, KIND_LAB_L, first, region, lesion ? LESION_LAB_SD : LAB_L_SD, OFFSET_LIGHTNESS);
	add_row(in, KIND_LAB_A, (enum reading)(first + 1), region, lesion ? LESION_LAB_SD : LAB_A_SD, -1);
	add_row(in, KIND_LAB_B, (enum reading)(first + 2), region, lesion ? LESION_LAB_SD : LAB_B_SD, -1);
	open_colour(in, region);
}

static void collect_colour(struct instruments *in)
{
	const struct readings *r = in->readings;
	add_lab(in, READING_LAB_L, REGION_NORMAL);
	if (r->present[READING_LAB_L])
		add_unused(in, READING_ITA_DEG, "follows from L*a*b*, not counted twice");
	else
		add_ita(in, READING_ITA_DEG, REGION_NORMAL);
	add_ita(in, READING_ITA_UNEXPOSED_DEG, REGION_UNEXPOSED);
	add_lab(in, READING_LESION_LAB_L, REGION_LESION);
}

/* Every scale with its bands, errors and offset: they never mix. */
static const struct scale {
	enum kind melanin, erythema;
	const char *name;
	double melanin_sd, melanin_offset, erythema_sd, erythema_offset;
	unsigned bands;
} scales[MI_SCALES] = {
	[MI_MEXAMETER] = {KIND_MEXAMETER_MI, KIND_MEXAMETER_EI, "Mexameter MI", MEXAMETER_SD, MEXAMETER_OFFSET,
                          MEXAMETER_EI_SD, MEXAMETER_EI_OFFSET_SD, 1u << BAND_660 | 1u << BAND_880},
	[MI_DERMASPECTROMETER] = {KIND_DERMASPECTROMETER_MI, KIND_DERMASPECTROMETER_EI, "DermaSpectrometer M",
                                  DERMASPECTROMETER_SD, DERMASPECTROMETER_OFFSET, DERMASPECTROMETER_EI_SD,
                                  DERMASPECTROMETER_EI_OFFSET, 1u << BAND_655},
	[MI_REFLECTANCE680] = {KIND_MI680, KIND_DIRECT, "MI680", DERMASPECTROMETER_SD, DERMASPECTROMETER_OFFSET, 0, 0,
                               1u << BAND_680},
};

static void open_bands(struct instruments *in, enum instrument_region region, unsigned bands)
{
	for (int b = 0; b < BANDS; b++)
		if (bands & 1u << b)
			(void)channel_of(in, region, band_nm[b]);
}

static void collect_indices(struct instruments *in)
{
	static const struct {
		enum reading reading;
		enum instrument_region region;
	} where[] = {{READING_MI_ADJACENT_NORMAL, REGION_NORMAL},
	             {READING_MI_FIELD, REGION_LESION},
	             {READING_MI_UNEXPOSED, REGION_UNEXPOSED}};
	const struct scale *scale = &scales[in->readings->mi_scale];
	for (size_t i = 0; i < sizeof where / sizeof where[0]; i++) {
		if (!in->readings->present[where[i].reading])
			continue;
		add_row(in, scale->melanin, where[i].reading, where[i].region, scale->melanin_sd, OFFSET_MELANIN_INDEX)
			->label = scale->name;
		open_bands(in, where[i].region, scale->bands);
	}
	if (in->readings->present[READING_EI] && scale->erythema != KIND_DIRECT) {
		add_row(in, scale->erythema, READING_EI, REGION_NORMAL, scale->erythema_sd, OFFSET_ERYTHEMA_INDEX);
		open_bands(in, REGION_NORMAL, scale->bands | 1u << BAND_568);
	} else {
		add_unused(in, READING_EI, "the scale reflectance680 has no erythema index");
	}
}

/* Points share their error over SPECTRUM_CORRELATION_NM: each is given the weight of its share. */
static void collect_spectrum(struct instruments *in)
{
	const struct spectrum *s = &in->readings->spectrum;
	double knot[KNOTS_MAX];
	if (s->count == 0)
		return;
	size_t knots = spectrum_knots(s->wavelength_nm[0], s->wavelength_nm[s->count - 1], knot);
	for (size_t i = 0; i < s->count; i++) {
		size_t from = i ? i - 1 : 0, to = i + 1 < s->count ? i + 1 : i;
		double spacing = (s->wavelength_nm[to] - s->wavelength_nm[from]) / (double)(to - from);
		double weight = fmin(1.0, spacing / SPECTRUM_CORRELATION_NM);
		double own = hypot(SPECTRUM_SD_FLOOR, SPECTRUM_SD_SHARE * s->reflectance[i]);
		BUG_ON(in->rows == ROWS_MAX);
		in->row[in->rows++] = (struct observation){
			.kind = KIND_POINT,
			.region = REGION_NORMAL,
			.property = TWIN_PROPERTIES,
			.key = "spectrum",
			.label = "spectrum",
			.read = s->reflectance[i],
			.sd = own / sqrt(weight),
			.weight = weight,
			.wavelength_nm = s->wavelength_nm[i],
			.offset = OFFSET_SURFACE,
			.blend = blend_at(in, REGION_NORMAL, knot, knots, s->wavelength_nm[i]),
		};
	}
}

void instrument_offset_prior(const struct instruments *in, enum instrument_offset offset, double *mean, double *sd)
{
	/* surface reflection of skin 0.028 (Fresnel at n = 1.4), rough; where nobody said, anything up to it */
	static const struct {
		double mean, sd;
	} surface[] = {[SPECTRUM_SURFACE_UNKNOWN] = {0.014, 0.010},
	               [SPECTRUM_SURFACE_INCLUDED] = {0.028, 0.005},
	               [SPECTRUM_SURFACE_EXCLUDED] = {0.0, 0.003}};
	const struct scale *scale = &scales[in->readings->mi_scale];
	enum spectrum_surface known = in->readings->spectrum.surface;
	const double sds[OFFSETS] = {
		[OFFSET_ITA_DEG] = ITA_OFFSET_DEG,
		[OFFSET_LIGHTNESS] = LAB_L_OFFSET,
		[OFFSET_MELANIN_INDEX] = scale->melanin_offset,
		[OFFSET_ERYTHEMA_INDEX] = scale->erythema_offset > 0.0 ? scale->erythema_offset : 1.0,
		[OFFSET_SURFACE] = surface[known].sd,
		[OFFSET_GAIN] = GAIN_SD,
	};
	*mean = offset == OFFSET_SURFACE ? surface[known].mean : 0.0;
	*sd = sds[offset];
}

enum status instruments_new(const struct readings *readings, struct instruments **out, struct fail *why)
{
	struct instruments *in = calloc(1, sizeof *in);
	*out = NULL;
	if (!in)
		return fail_set(why, ST_FULL, "twin", "no memory for the readings");
	in->readings = readings;
	collect_direct(in);
	collect_colour(in);
	collect_indices(in);
	collect_spectrum(in);
	enum status st = ST_OK;
	for (int t = 0; !st && t < THREADS; t++)
		for (int f = 0; !st && f < SOLVERS; f++)
			st = ordinates_new(nodes_of[f], &in->solver[t][f], why);
	if (st)
		instruments_free(&in);
	*out = in;
	return st;
}

void instruments_free(struct instruments **instruments)
{
	if (!*instruments)
		return;
	for (int t = 0; t < THREADS; t++)
		for (int f = 0; f < SOLVERS; f++)
			ordinates_free(&(*instruments)->solver[t][f]);
	free(*instruments);
	*instruments = NULL;
}

size_t instruments_rows(const struct instruments *in)
{
	return in->rows;
}

struct instrument_row instruments_row(const struct instruments *in, size_t row)
{
	const struct observation *o = &in->row[row];
	return (struct instrument_row){o->key, o->label, o->region, o->property, o->source, o->read, o->sd,
	                               o->zero, o->factor, o->wavelength_nm, o->weight};
}

const char *instruments_unused(const struct instruments *in, size_t index, const char **why_not)
{
	if (index >= in->unused)
		return NULL;
	*why_not = in->unused_why[index];
	return in->unused_key[index];
}

/* ---- reflectance ---- */

static enum status reflectance_at(struct ordinates *solver, const struct tissue *tissue, double wavelength_nm,
                                  double *out, struct fail *why)
{
	struct light_layer layers[TISSUE_LAYERS_MAX];
	struct light_stack stack;
	struct light_balance balance;
	const struct light_source normal = {.kind = LIGHT_COLLIMATED};
	enum status st = tissue_light_stack(tissue, wavelength_nm, layers, &stack, why);
	if (st || (st = ordinates_solve(solver, &stack, &normal, why)))
		return st;
	ordinates_balance(solver, &balance);
	*out = fmax(balance.diffuse_reflectance_frac, 1e-6);
	return ST_OK;
}

static void region_tissue(const double *x, enum instrument_region region, struct tissue *out)
{
	double value[TWIN_PROPERTIES];
	for (int p = 0; p < TWIN_PROPERTIES; p++)
		value[p] = twin_value_at((enum twin_property)p, x[p]);
	value[TWIN_MELANOSOME_FRAC] = value[region_melanin[region]];
	twin_tissue(value, TWIN_NORMAL_SKIN, out);
}

/* One thread's share of the channels: every THREADS-th. */
struct share {
	struct instruments *in;
	int solver;
	double *out;
	struct tissue base[REGIONS];
	struct tissue moved[OPTICAL][REGIONS];
	enum status status[THREADS];
	struct fail fail[THREADS];
};

static void solve_share(void *state, size_t thread)
{
	struct share *s = state;
	struct instruments *in = s->in;
	for (size_t c = thread; !s->status[thread] && c < in->channels; c += THREADS)
		s->status[thread] = reflectance_at(in->solver[thread][s->solver], &s->base[in->channel[c].region],
		                                   in->channel[c].wavelength_nm, &s->out[c], &s->fail[thread]);
}

static bool matters(size_t o, const struct channel *c)
{
	enum twin_property p = optical[o].property;
	bool melanin = p == TWIN_MELANOSOME_FRAC || p == TWIN_LESION_MELANOSOME_FRAC ||
	               p == TWIN_UNEXPOSED_MELANOSOME_FRAC;
	return c->wavelength_nm >= optical[o].from_nm && c->wavelength_nm <= optical[o].to_nm &&
	       (!melanin || region_melanin[c->region] == p);
}

/* Differences against the fast reflectance that out holds. */
static void slope_share(void *state, size_t thread)
{
	struct share *s = state;
	struct instruments *in = s->in;
	for (size_t c = thread; c < in->channels; c += THREADS)
		for (size_t o = 0; !s->status[thread] && o < OPTICAL; o++) {
			const struct channel *at = &in->channel[c];
			double there = s->out[c];
			if (matters(o, at))
				s->status[thread] =
					reflectance_at(in->solver[thread][FAST], &s->moved[o][at->region],
				                       at->wavelength_nm, &there, &s->fail[thread]);
			in->slope[c][o] = (there - s->out[c]) / OPTICAL_STEP;
		}
}

static enum status share_out(struct share *s, void (*work)(void *state, size_t thread), struct fail *why)
{
	(void)parallel_run(THREADS, work, s, NULL, NULL);
	for (int t = 0; t < THREADS; t++)
		if (s->status[t])
			return fail_set(why, s->status[t], s->fail[t].field, "%s", s->fail[t].text);
	return ST_OK;
}

static enum status solve_channels(struct instruments *in, const double *x, int solver, double *out, struct fail *why)
{
	struct share s = {.in = in, .solver = solver, .out = out};
	for (int g = 0; g < REGIONS; g++)
		region_tissue(x, (enum instrument_region)g, &s.base[g]);
	return share_out(&s, solve_share, why);
}

static enum status take_slopes(struct instruments *in, const double *x, double *fast, struct fail *why)
{
	struct share *s = calloc(1, sizeof *s);
	if (!s)
		return fail_set(why, ST_FULL, "twin", "no memory for the derivatives");
	s->in = in;
	s->out = fast;
	for (size_t o = 0; o < OPTICAL; o++) {
		double moved[COORDINATES];
		memcpy(moved, x, sizeof moved);
		moved[optical[o].property] += OPTICAL_STEP;
		for (int g = 0; g < REGIONS; g++)
			region_tissue(moved, (enum instrument_region)g, &s->moved[o][g]);
	}
	enum status st = share_out(s, slope_share, why);
	free(s);
	return st;
}

enum status instruments_anchor(struct instruments *in, const double *x, struct fail *why)
{
	double fast[CHANNELS_MAX], fine[CHANNELS_MAX];
	enum status st = solve_channels(in, x, FAST, fast, why);
	if (!st)
		st = solve_channels(in, x, FINE, fine, why);
	if (!st)
		st = take_slopes(in, x, fast, why);
	if (st)
		return st;
	for (size_t c = 0; c < in->channels; c++)
		in->correction[c] = fine[c] - fast[c];
	memcpy(in->slope_x, x, sizeof in->slope_x);
	memcpy(in->slope_reflectance, fine, sizeof in->slope_reflectance);
	return ST_OK;
}

/* Broyden 1965, row by row (Schubert 1970, Math Comput 24:27): the smallest change of the derivatives that explains
 * the step just made; those that are zero stay so. */
static void update_slopes(struct instruments *in)
{
	for (size_t c = 0; c < in->channels; c++) {
		double miss = in->reflectance[c] - in->slope_reflectance[c], step[OPTICAL], square = 0.0;
		for (size_t o = 0; o < OPTICAL; o++) {
			bool moves = matters(o, &in->channel[c]);
			enum twin_property p = optical[o].property;
			step[o] = moves ? in->x[p] - in->slope_x[p] : 0.0;
			square += step[o] * step[o];
			miss -= in->slope[c][o] * step[o];
		}
		for (size_t o = 0; o < OPTICAL && square > 1e-12; o++)
			in->slope[c][o] += miss * step[o] / square;
	}
	memcpy(in->slope_x, in->x, sizeof in->slope_x);
	memcpy(in->slope_reflectance, in->reflectance, sizeof in->slope_reflectance);
}

/* ---- what the meters read ---- */

static double channel_value(const struct instruments *in, enum instrument_region region, double nm,
                            const double *reflectance)
{
	for (size_t i = 0; i < in->channels; i++)
		if (in->channel[i].region == region && fabs(in->channel[i].wavelength_nm - nm) < 1e-9)
			return fmax(reflectance[i], 1e-6);
	BUG_ON(true);
}

/* Every colour band by the cubic through the four colour knots round it. */
static void visible_of(const double *knot_reflectance, double visible[COLOUR_BANDS])
{
	for (size_t i = 0; i < COLOUR_BANDS; i++) {
		double nm = colour_band_nm(i), sum = 0.0;
		size_t first = 0;
		while (first + 4 < COLOUR_KNOTS && colour_knot_nm[first + 2] <= nm)
			first++;
		for (size_t k = first; k < first + 4; k++) {
			double weight = 1.0;
			for (size_t j = first; j < first + 4; j++)
				if (j != k)
					weight *= (nm - colour_knot_nm[j]) / (colour_knot_nm[k] - colour_knot_nm[j]);
			sum += weight * knot_reflectance[k];
		}
		visible[i] = fmax(sum, 1e-5);
	}
}

static struct colour_lab colour_of(const struct instruments *in, enum instrument_region region,
                                   const double *reflectance)
{
	double knot[COLOUR_KNOTS], visible[COLOUR_BANDS];
	for (size_t i = 0; i < COLOUR_KNOTS; i++)
		knot[i] = channel_value(in, region, colour_knot_nm[i], reflectance);
	visible_of(knot, visible);
	return colour_lab_of_spectrum(visible);
}

static double band(const struct instruments *in, const struct observation *o, int which, const double *reflectance)
{
	return channel_value(in, o->region, band_nm[which], reflectance);
}

static double mexameter_melanin(double r660, double r880)
{
	return MEXAMETER_MI_GAIN * (colour_mexameter_melanin(r660, r880) - MEXAMETER_MI_ZERO);
}

/* Without the instrument's offset. */
static double reading_of(const struct instruments *in, const struct observation *o, const double *x,
                         const double *reflectance)
{
	switch (o->kind) {
	case KIND_DIRECT:
		return x[o->property];
	case KIND_ITA:
		return colour_ita_deg(colour_of(in, o->region, reflectance));
	case KIND_LAB_L:
		return colour_of(in, o->region, reflectance).L;
	case KIND_LAB_A:
		return colour_of(in, o->region, reflectance).a;
	case KIND_LAB_B:
		return colour_of(in, o->region, reflectance).b;
	case KIND_MEXAMETER_MI:
		return mexameter_melanin(band(in, o, BAND_660, reflectance), band(in, o, BAND_880, reflectance));
	case KIND_DERMASPECTROMETER_MI:
		return colour_dermaspectrometer_melanin(band(in, o, BAND_655, reflectance));
	case KIND_MI680:
		return colour_melanin_index(band(in, o, BAND_680, reflectance));
	case KIND_MEXAMETER_EI:
		return colour_mexameter_erythema(band(in, o, BAND_568, reflectance), band(in, o, BAND_660, reflectance)) +
		       MEXAMETER_EI_ZERO;
	case KIND_DERMASPECTROMETER_EI:
		return colour_dermaspectrometer_erythema(band(in, o, BAND_568, reflectance),
		                                         band(in, o, BAND_655, reflectance));
	case KIND_POINT:
		break;
	}
	return blended(&o->blend, reflectance) * exp(x[TWIN_PROPERTIES + OFFSET_GAIN]);
}

enum status instruments_residuals(struct instruments *in, const double *x, double *residual, struct fail *why)
{
	enum status st = solve_channels(in, x, FAST, in->reflectance, why);
	if (st)
		return st;
	memcpy(in->x, x, sizeof in->x);
	for (size_t c = 0; c < in->channels; c++)
		in->reflectance[c] = fmax(in->reflectance[c] + in->correction[c], 1e-6);
	for (size_t i = 0; i < in->rows; i++) {
		const struct observation *o = &in->row[i];
		double offset = o->offset < 0 ? 0.0 : x[TWIN_PROPERTIES + o->offset];
		residual[i] = (o->read - reading_of(in, o, x, in->reflectance) - offset) / o->sd;
	}
	return ST_OK;
}

static void point_slopes(const struct instruments *in, const struct observation *o, const double *x, double *out)
{
	double gain = exp(x[TWIN_PROPERTIES + OFFSET_GAIN]);
	out[TWIN_PROPERTIES + OFFSET_GAIN] = -gain * blended(&o->blend, in->reflectance) / o->sd;
	for (size_t k = 0; k < OPTICAL; k++)
		for (int i = 0; i < 4; i++)
			out[optical[k].property] -= gain * o->blend.weight[i] * in->slope[o->blend.channel[i]][k] / o->sd;
}

static void row_slopes(const struct instruments *in, const struct observation *o, const double *x, double *out)
{
	const double step = 0.02;
	double moved[CHANNELS_MAX], here = reading_of(in, o, x, in->reflectance);
	memset(out, 0, COORDINATES * sizeof *out);
	if (o->offset >= 0)
		out[TWIN_PROPERTIES + o->offset] = -1.0 / o->sd;
	if (o->kind == KIND_DIRECT) {
		out[o->property] = -1.0 / o->sd;
		return;
	}
	if (o->kind == KIND_POINT) {
		point_slopes(in, o, x, out);
		return;
	}
	for (size_t k = 0; k < OPTICAL; k++) {
		for (size_t c = 0; c < in->channels; c++)
			moved[c] = fmax(in->reflectance[c] + step * in->slope[c][k], 1e-6);
		out[optical[k].property] = -(reading_of(in, o, x, moved) - here) / (step * o->sd);
	}
}

void instruments_jacobian(struct instruments *in, double *jacobian)
{
	update_slopes(in);
	for (size_t i = 0; i < in->rows; i++)
		row_slopes(in, &in->row[i], in->x, jacobian + i * COORDINATES);
}

/* ---- a tissue's colour ---- */

enum status twin_model_colour(const struct tissue *tissue, struct twin_colour *out, struct fail *why)
{
	struct ordinates *solver = NULL;
	double knot[COLOUR_KNOTS], visible[COLOUR_BANDS], at[BANDS];
	enum status st = ordinates_new(nodes_of[FINE], &solver, why);
	for (size_t i = 0; !st && i < COLOUR_KNOTS; i++)
		st = reflectance_at(solver, tissue, colour_knot_nm[i], &knot[i], why);
	for (int i = 0; !st && i < BANDS; i++)
		st = reflectance_at(solver, tissue, band_nm[i], &at[i], why);
	ordinates_free(&solver);
	if (st)
		return st;
	visible_of(knot, visible);
	out->lab = colour_lab_of_spectrum(visible);
	out->ita_deg = colour_ita_deg(out->lab);
	out->mexameter_mi = mexameter_melanin(at[BAND_660], at[BAND_880]);
	out->mexameter_ei = colour_mexameter_erythema(at[BAND_568], at[BAND_660]) + MEXAMETER_EI_ZERO;
	out->dermaspectrometer_mi = colour_dermaspectrometer_melanin(at[BAND_655]);
	out->mi680 = colour_melanin_index(at[BAND_680]);
	return ST_OK;
}

enum status twin_model_spectrum(const struct tissue *tissue, const double *wavelength_nm, size_t count,
                                double *reflectance, struct fail *why)
{
	struct ordinates *solver = NULL;
	enum status st = ordinates_new(nodes_of[FINE], &solver, why);
	for (size_t i = 0; !st && i < count; i++)
		st = reflectance_at(solver, tissue, wavelength_nm[i], &reflectance[i], why);
	ordinates_free(&solver);
	return st;
}
