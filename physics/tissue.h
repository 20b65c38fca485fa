/* Layered skin: what each layer is made of, and what that makes it optically and thermally.
 *
 * A tissue is composition only (volume fractions and thickness); optical and thermal properties are
 * derived from it here and nowhere else, with their uncertainty and source.
 */
#ifndef LASERTWIN_TISSUE_H
#define LASERTWIN_TISSUE_H

#include <stddef.h>

#include "physics/base/estimate.h"
#include "physics/base/status.h"
#include "physics/light.h"

enum tissue_kind {
	TISSUE_STRATUM_CORNEUM,
	TISSUE_EPIDERMIS, /* viable epidermis above the basal layer */
	TISSUE_BASAL,     /* basal cell layer, where melanin collects */
	TISSUE_PAPILLARY, /* papillary dermis */
	TISSUE_PLEXUS,    /* superficial vascular plexus */
	TISSUE_RETICULAR, /* reticular dermis */
	TISSUE_SUBCUTIS,
	TISSUE_WATER, /* cornea and phantoms: no melanin, no blood, weak scattering */
	TISSUE_KINDS
};

struct tissue_layer {
	enum tissue_kind kind;
	double thickness_um;
	double melanosome_frac; /* volume fraction of melanosomes */
	double blood_frac;      /* volume fraction of whole blood, haematocrit 0.45 */
	double saturation_frac; /* oxygen saturation of that blood */
	double water_frac;      /* volume fraction of water outside the blood */
	double fat_frac;        /* volume fraction of fat */
};

#define TISSUE_LAYERS_MAX 12

struct tissue {
	size_t count;
	struct tissue_layer layer[TISSUE_LAYERS_MAX];
	double surface_temperature_C;
	double core_temperature_C;
};

struct tissue_optics {
	struct estimate mua_1_cm;
	struct estimate reduced_scattering_1_cm;
	double g;
	double n;
};

struct tissue_thermal {
	double conductivity_W_mK;
	double density_kg_m3;
	double heat_capacity_J_kgK;
	double perfusion_1_s; /* volume of blood per volume of tissue and second */
	double water_frac;    /* for evaporation: latent heat held per volume */
};

#define TISSUE_WAVELENGTH_MIN_NM 350.0
#define TISSUE_WAVELENGTH_MAX_NM 11000.0

const char *tissue_kind_name(enum tissue_kind kind);

/* Refuses impossible compositions (fractions outside 0..1 or summing above 1, thickness <= 0). */
enum status tissue_check(const struct tissue *tissue, struct fail *why) MUST_CHECK;

/* Optical properties of one layer; ST_RANGE outside 350..11000 nm. */
enum status tissue_layer_optics(const struct tissue_layer *layer, double wavelength_nm,
                                struct tissue_optics *out, struct fail *why) MUST_CHECK;

/* Fills layer[0..tissue->count-1] for the transport engines; n_below equals the last layer's index. */
enum status tissue_light_stack(const struct tissue *tissue, double wavelength_nm, struct light_layer *layer,
                               struct light_stack *out, struct fail *why) MUST_CHECK;

struct tissue_thermal tissue_layer_thermal(const struct tissue_layer *layer);

double tissue_thickness_um(const struct tissue *tissue);
/* Depth of the top of the first layer of this kind; NAN when the tissue has none. */
double tissue_depth_um(const struct tissue *tissue, enum tissue_kind kind);

#endif
