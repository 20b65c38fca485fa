/* Unit conversions and the few constants of nature. The only place where a conversion factor stands.
 *
 * Units of the code base: length um (transport: cm), time s, radiant exposure J/cm2, temperature C,
 * absorption and scattering 1/cm. Names carry the unit; dimensionless fractions end in _frac.
 */
#ifndef LASERTWIN_UNITS_H
#define LASERTWIN_UNITS_H

#define PI 3.14159265358979323846
#define GAS_CONSTANT_J_MOL_K 8.314462618 /* CODATA 2018, exact */
#define ZERO_CELSIUS_K 273.15
#define CM_PER_UM 1e-4
#define UM_PER_CM 1e4
#define UM_PER_MM 1e3
#define MM_PER_UM 1e-3
#define CM_PER_MM 0.1
#define M_PER_UM 1e-6
#define M_PER_MM 1e-3
#define RAD_PER_MRAD 1e-3
#define J_PER_MJ 1e-3 /* mJ to J */
#define S_PER_PS 1e-12
#define J_CM3_PER_J_M3 1e-6
#define J_M2_PER_J_CM2 1e4

static inline double kelvin_from_C(double temperature_C)
{
	return temperature_C + ZERO_CELSIUS_K;
}

/* Area of a circular spot, cm2, from its diameter. */
static inline double disc_area_cm2(double diameter_um)
{
	double radius_cm = 0.5 * diameter_um * CM_PER_UM;
	return PI * radius_cm * radius_cm;
}

#endif
