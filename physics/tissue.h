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
	double scattering_scale; /* this person's reduced scattering over the tables'; 0: 1 */
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
#define TISSUE_OPTICS_C 35.0 /* optical properties are those of skin at this temperature */

const char *tissue_kind_name(enum tissue_kind kind);

/* Refuses impossible compositions (fractions outside 0..1 or summing above 1, thickness <= 0). */
enum status tissue_check(const struct tissue *tissue, struct fail *why) MUST_CHECK;

/* Optical properties of one layer; ST_RANGE outside 350..11000 nm and for impossible compositions.
 *
 *   mua   at 35 C: sum of volume fraction x absorption: melanosomes, blood (with the correction for its being in
 *         vessels, tissue_vessel_diameter_um), water, fat; bloodless skin for what is neither blood nor
 *         fat; infrared protein for what is neither blood, fat nor water (melanosomes count as protein).
 *         Flags of a term are passed on where the term makes 5 % of the sum or more.
 *   mus'  370-1600 nm: the measured table of the kind (Salomatina 2006), with the spread to Shimojo 2020;
 *         below: power law, flagged extrapolated; above: anchors at 1927, 2940 and 10600 nm, flagged
 *         assumed. Scattering of the blood itself is left out (it resembles that of the dermis).
 *   g     0.62 + 0.29e-3 L (van Gemert 1989, measured 302-633 nm), at most 0.90.
 *   n     325-1557 nm: fits of Ding 2006 (epidermis, dermis), Matiatou 2021 (subcutis); beyond, the
 *         dispersion of the layer's water is added to the value at 1557 nm. */
enum status tissue_layer_optics(const struct tissue_layer *layer, double wavelength_nm,
                                struct tissue_optics *out, struct fail *why) MUST_CHECK;
/* The same of layer index of a tissue, with the tissue's scattering_scale. */
enum status tissue_optics_at(const struct tissue *tissue, size_t index, double wavelength_nm,
                             struct tissue_optics *out, struct fail *why) MUST_CHECK;

/* Checks the tissue, then fills layer[0..tissue->count-1] for the transport engines (out borrows layer).
 * n_above is air, n_below the last layer's index: the deepest layer goes on below. */
enum status tissue_light_stack(const struct tissue *tissue, double wavelength_nm, struct light_layer *layer,
                               struct light_stack *out, struct fail *why) MUST_CHECK;

/* Thermal properties at body temperature from the water content: Takata 1977 for what is not fat, liquid
 * fat for what is, mixed by volume. One rule for every layer, but for the conductivity of epidermis, which
 * follows measurements; the ASTM F1930 set is not used here. */
struct tissue_thermal tissue_layer_thermal(const struct tissue_layer *layer);

double tissue_thickness_um(const struct tissue *tissue);
/* Depth of the top of the first layer of this kind; NAN when the tissue has none. */
double tissue_depth_um(const struct tissue *tissue, enum tissue_kind kind);

#endif
