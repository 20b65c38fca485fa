/* A model's number: its value, its standard uncertainty, and whether it may be believed.
 *
 * No function of the physics returns a bare number where its uncertainty is known. The flags travel with
 * the value to the screen; a result outside a model's range is shown with the flag, never without.
 */
#ifndef LASERTWIN_ESTIMATE_H
#define LASERTWIN_ESTIMATE_H

enum validity {
	VALID = 0,
	VALIDITY_EXTRAPOLATED = 1 << 0, /* outside the range the source measured */
	VALIDITY_ASSUMED = 1 << 1,      /* rests on a recalled or design value */
	VALIDITY_MODEL_LIMIT = 1 << 2,  /* the model leaves out physics that matters here */
	VALIDITY_ABSENT = 1 << 3        /* no value: the question does not apply */
};

struct estimate {
	double value;
	double sd;      /* standard uncertainty, same unit as value, >= 0 */
	unsigned flags; /* OR of enum validity */
};

/* First-order propagation for independent terms (GUM 2008, eq. 10). */
struct estimate estimate_of(double value, double sd);
struct estimate estimate_add(struct estimate a, struct estimate b);
struct estimate estimate_scale(struct estimate a, double factor);
struct estimate estimate_mul(struct estimate a, struct estimate b);

#endif
