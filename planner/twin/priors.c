/* Population priors of the twin. Every row carries its source; what is recalled or chosen is flagged. */
#include "planner/twin/priors.h"

/* Skin by site. Face rows: reference ranges of ultrasound and histology studies (medium confidence);
 * forearm, shoulder, buttock: Sandby-Moller 2003 (stratum corneum and cellular epidermis, 71 volunteers). */
struct site_row {
	const char *name;
	double corneum_um, corneum_sd, epidermis_um, epidermis_sd, dermis_mm, dermis_sd, subcutis_mm, subcutis_sd;
};

static const struct site_row sites[] = {
	/* the first row is the answer for an unknown site: all sites, Xu 2017 (99.75 um), Oltulu 2018 */
	{"any", 15, 6, 90, 30, 1.6, 0.6, 5, 4},
	{"cheek", 12, 4, 75, 15, 1.2, 0.25, 3, 1.5},
	{"forehead", 12, 4, 75, 15, 1.05, 0.2, 1.5, 0.8},
	{"nose", 11, 4, 70, 12, 1.25, 0.25, 1.5, 0.8},
	{"chin", 12, 4, 80, 15, 1.2, 0.25, 3, 1.5},
	{"jowl", 12, 4, 75, 15, 1.2, 0.25, 4, 2},
	{"lower face", 12, 4, 75, 15, 1.2, 0.25, 4, 2},
	{"perioral", 12, 4, 90, 15, 1.2, 0.25, 2, 1},
	{"eyelid", 9, 3, 45, 8, 0.45, 0.12, 0.6, 0.3},
	{"neck", 11, 4, 70, 15, 1.05, 0.2, 3, 2},
	{"chest", 12, 4, 75, 15, 1.5, 0.3, 8, 5},
	{"back", 14, 4, 80, 16, 3.2, 0.6, 8, 5},
	{"abdomen", 12, 4, 75, 16, 1.9, 0.3, 18, 10},
	{"shoulder", 11, 2.2, 81, 14, 2.2, 0.5, 8, 5},
	{"upper arm", 13, 4, 72, 14, 1.3, 0.3, 6, 4},
	{"forearm", 18.3, 4.9, 75, 12.5, 1.05, 0.2, 4, 3},
	{"hand", 20, 6, 90, 20, 1.1, 0.25, 1.5, 1},
	{"thigh", 14, 4, 78, 16, 1.55, 0.25, 12, 7},
	{"buttock", 14.9, 3.4, 96, 16, 2.0, 0.4, 25, 12},
	{"shin", 16, 5, 85, 18, 1.3, 0.3, 4, 3},
};
#define SITE_SOURCE "site table: Sandby-Moller 2003, Xu 2017, Oltulu 2018, face ranges recalled"

/* Melanosome volume fraction of the viable epidermis by type. Planning start values interpolated between
 * European histology (1.4 %, Alaluf 2002) and African in vivo absorption (11 %, Norvang 1997); low
 * confidence, so the spread is wide and readings overrule it. Index 0: type unknown. */
static const struct {
	double median, ln_sd;
} melanosome_by_type[7] = {
	{0.040, 0.90}, {0.015, 0.45}, {0.025, 0.45}, {0.040, 0.45}, {0.065, 0.45}, {0.090, 0.45}, {0.135, 0.45},
};

static const struct site_row *find_site(const char *name)
{
	for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++)
		if (strcmp(sites[i].name, name) == 0)
			return &sites[i];
	return NULL;
}

bool site_known(const char *name)
{
	return find_site(name) != NULL;
}

const char *site_name(size_t index)
{
	return index < sizeof sites / sizeof sites[0] ? sites[index].name : NULL;
}

struct prior prior_melanosome_ln(int type)
{
	int row = type >= 1 && type <= 6 ? type : 0;
	return (struct prior){log(melanosome_by_type[row].median), melanosome_by_type[row].ln_sd, VALIDITY_ASSUMED,
	                      row ? "by skin type (Alaluf 2002, Norvang 1997, interpolated)"
	                          : "skin type unknown"};
}

/* R2 falls from about 0.88 at 20 y to 0.62 at 70 y (Cutometer series, recalled). */
static struct prior elasticity_prior(const struct readings *r)
{
	double age = r->present[READING_AGE_Y] ? r->value[READING_AGE_Y] : 45.0;
	double spread = r->present[READING_AGE_Y] ? 0.07 : 0.12;
	double r2 = 0.88 - 0.0052 * (fmin(fmax(age, 20.0), 80.0) - 20.0);
	return (struct prior){r2, spread, VALIDITY_ASSUMED, "by age (Cutometer series)"};
}

/* Dermis thins by about 6 % per decade after 50 (recalled, women); applied to both sexes with its spread. */
static struct prior dermis_prior(const struct site_row *site, const struct readings *r)
{
	double age = r->present[READING_AGE_Y] ? r->value[READING_AGE_Y] : 40.0;
	double factor = age > 50.0 ? pow(0.94, (age - 50.0) / 10.0) : 1.0;
	return (struct prior){1000.0 * site->dermis_mm * factor, 1000.0 * site->dermis_sd, VALIDITY_ASSUMED, SITE_SOURCE};
}

/* Basal over suprabasal melanosome density: light skin keeps melanosomes basal, dark skin carries them
 * through all layers (Szabo 1969; Thong 2003; Alaluf 2002); numbers are ours. */
static struct prior basal_ratio_prior(const struct readings *r)
{
	static const double ratio[7] = {2.5, 4.0, 4.0, 3.2, 2.5, 1.8, 1.5};
	int row = r->fitzpatrick >= 1 && r->fitzpatrick <= 6 ? r->fitzpatrick : 0;
	return (struct prior){ratio[row], 0.35 * ratio[row], VALIDITY_ASSUMED, "pigment distribution by type (Thong 2003)"};
}

/* TEWL 5-12 g/m2h on the forearm, 12-20 on the face (recalled): face sites are those with thin corneum. */
static struct prior tewl_prior(const struct site_row *site)
{
	bool face = site->corneum_um < 13.0 && site->dermis_mm < 1.4;
	return (struct prior){face ? 15.0 : 9.0, face ? 5.0 : 4.0, VALIDITY_ASSUMED, "face 12-20, body 5-12 g/m2h"};
}

/* The corneum is part of the measured epidermis and leaves at least a basal layer under it. */
static struct prior corneum_prior(const struct site_row *site, const struct readings *r)
{
	double most = r->present[READING_EPIDERMIS_UM] ? 0.4 * r->value[READING_EPIDERMIS_UM] : INFINITY;
	if (site->corneum_um <= most || r->present[READING_CORNEUM_UM])
		return (struct prior){site->corneum_um, site->corneum_sd, VALID, SITE_SOURCE};
	return (struct prior){most, 0.3 * most, VALIDITY_ASSUMED, "prior, limited to 40 % of the epidermis"};
}

struct prior prior_of(enum twin_property property, const struct readings *r)
{
	const struct site_row *site = r->site[0] ? find_site(r->site) : NULL;
	if (!site)
		site = &sites[0];
	switch (property) {
	case TWIN_BASAL_RATIO:
		return basal_ratio_prior(r);
	case TWIN_BLOOD_FRAC: /* papillary dermis 0.2-1 % (Jacques 1998 and later reviews) */
		return (struct prior){0.006, 0.003, VALIDITY_ASSUMED, "0.2-1 % blood (Jacques 1998)"};
	case TWIN_SATURATION_FRAC:
		return (struct prior){0.67, 0.08, VALIDITY_ASSUMED, "0.6-0.75 (MCmatlab example, reviews)"};
	case TWIN_CORNEUM_WATER_FRAC:
		return (struct prior){0.28, 0.08, VALIDITY_ASSUMED, "15-40 % water"};
	case TWIN_EPIDERMIS_WATER_FRAC:
		return (struct prior){0.70, 0.03, VALIDITY_ASSUMED, "65-75 % water"};
	case TWIN_DERMIS_WATER_FRAC:
		return (struct prior){0.67, 0.025, VALIDITY_ASSUMED, "65-70 % water"};
	case TWIN_CORNEUM_UM:
		return corneum_prior(site, r);
	case TWIN_EPIDERMIS_UM:
		return (struct prior){site->epidermis_um, site->epidermis_sd, VALID, SITE_SOURCE};
	case TWIN_DERMIS_UM:
		return dermis_prior(site, r);
	case TWIN_SUBCUTIS_UM:
		return (struct prior){1000.0 * site->subcutis_mm, 1000.0 * site->subcutis_sd, VALIDITY_ASSUMED, SITE_SOURCE};
	case TWIN_ELASTICITY_R2:
		return elasticity_prior(r);
	case TWIN_SKIN_TEMPERATURE_C:
		return (struct prior){33.0, 1.2, VALID, "skin at room climate"};
	case TWIN_SCATTERING_SCALE: /* the two laboratories' tables differ by 5 to 20 % (Salomatina 2006, Shimojo 2020) */
		return (struct prior){1.0, 0.10, VALIDITY_ASSUMED, "spread between Salomatina 2006 and Shimojo 2020"};
	case TWIN_TEWL_G_M2_H:
		return tewl_prior(site);
	case TWIN_LESION_DEPTH_UM: /* epidermal pigment ends at the basal layer, dermal and ink lie at 0.2 to 1 mm */
		return (struct prior){200.0, 180.0, VALIDITY_ASSUMED, "basal layer to mid dermis, not measured"};
	case TWIN_DEPTH_FACTOR: /* published lesion depths against the model: most within x1.6 */
		return (struct prior){1.0, 0.35, VALIDITY_ASSUMED, "model against published depths of sections (make validate)"};
	case TWIN_THRESHOLD_FACTOR:
		return (struct prior){1.0, 0.42, VALIDITY_ASSUMED, "model against published thresholds, SD 42 % (make validate)"};
	case TWIN_CLEARANCE_FACTOR:
		return (struct prior){1.0, 0.50, VALIDITY_ASSUMED, "between patients, design value"};
	case TWIN_HEALING_FACTOR:
		return (struct prior){1.0, 0.30, VALIDITY_ASSUMED, "between patients, design value"};
	case TWIN_PIH_OFFSET:
		return (struct prior){0.0, 0.50, VALIDITY_ASSUMED, "between patients of one type, design value"};
	case TWIN_MELANOSOME_FRAC:
	case TWIN_LESION_MELANOSOME_FRAC:
	case TWIN_UNEXPOSED_MELANOSOME_FRAC:
	case TWIN_PROPERTIES:
		break;
	}
	BUG_ON(property == TWIN_PROPERTIES);
	struct prior ln = prior_melanosome_ln(r->fitzpatrick);
	return (struct prior){exp(ln.median), exp(ln.median) * ln.sd, ln.flags, ln.source};
}
