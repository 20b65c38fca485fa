/* Depth of a crater by energy balance alone: the second calculation of ablation, by another path than the columns.
 *
 * Steady removal (Walsh & Deutsch 1988, Lasers Surg Med 8:264; 1989, IEEE Trans Biomed Eng 36:1195): above a threshold
 * every further joule per cm2 removes tissue at the published heat of ablation, depth = (F - F_th) / h, with F the
 * radiant exposure at the centre: 2 E / (pi w^2) of a Gaussian of 1/e2 radius w, E over the area of a flat beam. No
 * optics of the skin, no enthalpy of its water, no grid: nothing of microbeam*.c enters. It leaves out what the front
 * loses sideways, hence no more than a check on size.
 *
 * Heat and threshold are published for CO2 (10 500 to 10 700 nm) and Er:YAG (2900 to 2980 nm), pulses up to 1 ms.
 */
#ifndef LASERTWIN_BLOWOFF_H
#define LASERTWIN_BLOWOFF_H

#include "physics/base/estimate.h"
#include "physics/base/status.h"

struct microbeam;

/* sd: of the published spread. 0 below threshold. VALIDITY_EXTRAPOLATED for longer pulses. ST_MODEL: nothing is
 * published for the wavelength; ST_RANGE: energy or diameter that cannot be. */
enum status blowoff_depth_um(const struct microbeam *beam, struct estimate *out, struct fail *why) MUST_CHECK;

#endif
