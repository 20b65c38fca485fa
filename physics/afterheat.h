/* What an earlier treatment leaves of its heat: an upper bound in closed form.
 *
 * Heat q per area put into an insulated half-space is hottest, t later, where it was put in at the surface itself: a
 * plane source there gives q / (rho c sqrt(pi a t)) at the surface, and every other depth of deposit less everywhere
 * (Carslaw & Jaeger 1959, Conduction of Heat in Solids, 10.3 with its image). Blood, air and reflection only take away.
 * rho c 3.5 MJ/m3K and a 1.0e-7 m2/s are the low ends of dermis (skin conducts 0.35 to 0.5 W/mK): the bound is high.
 */
#ifndef LASERTWIN_AFTERHEAT_H
#define LASERTWIN_AFTERHEAT_H

/* Kelvin above what it would be, heat in J/cm2, at least 1 s later; NAN where an argument is no such number. */
double afterheat_K(double heat_J_cm2, double later_s);
/* By how much at most an Arrhenius rate of activation temperature E/R [K] grows when everything is warmer by this many
 * Kelvin: exp(E/R (1/T - 1/(T + rise))) at 43 C, where thermal damage begins to count; warmer, it grows less. */
double afterheat_damage_factor(double activation_K, double rise_K);

#endif
