/* What the disc solver's two halves share: the expansion and what it stands on. Private to physics/. */
#ifndef LASERTWIN_RF_DISC_PRIVATE_H
#define LASERTWIN_RF_DISC_PRIVATE_H

#include "physics/rf_disc.h"
#include "physics/rf_layers.h"

#define RF_DISC_TERMS_MAX 360

struct rf_disc {
	double radius_um;
	bool coated;
	struct rf_layer layer[RF_LAYERS_MAX]; /* a copy of the problem's */
	struct rf_stack stack;                /* the problem's, on that copy */
	struct rf_stack kept;                 /* below the folded layers */
	size_t folded;
	double folded_um, fold_error_frac;
	double complex contact_ohm_m2; /* the problem's, without the folded layers */
	double complex series_ohm_m2;  /* with them */
	struct rf_layers layers;       /* of kept, in radii */
	double first_width;            /* of the panels in wavenumber, in 1/radius */
	size_t terms;
	double complex coefficient[RF_DISC_TERMS_MAX]; /* c_n: transform of j is y_1 V0 a sum c_n b_n(ka) */
	struct rf_result result;
};

/* b_n(x), n < terms: transforms of the expansion at x = k a > 0. orders holds 2 terms + 2. */
void rf_disc_transforms(bool coated, double x, size_t terms, double *orders, double *out);

#endif
