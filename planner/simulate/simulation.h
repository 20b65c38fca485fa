/* A simulation: one exposure of one layered medium, as a researcher writes it down.
 *
 * simulation_read turns a strict JSON file (schema lasertwin-simulation/1; the fields are in the README,
 * "For researchers") into the struct; nothing is filled in silently but what the table of defaults says.
 * simulation_run and simulation_find_threshold are pure: same simulation, same answer. The report names the
 * models that ran and why, with validity flags as everywhere.
 */
#ifndef LASERTWIN_SIMULATION_H
#define LASERTWIN_SIMULATION_H

#include <stdbool.h>

#include "physics/breakdown.h"
#include "physics/heat.h"
#include "physics/microbeam.h"
#include "physics/tissue.h"

#define SIMULATION_SCHEMA "lasertwin-simulation/1"
#define SIMULATION_LAYERS_MAX 24
#define SIMULATION_POINTS_MAX 16
#define SIMULATION_TIMES_MAX 32
#define SIMULATION_STAGES_MAX 16
#define SIMULATION_TEXT_MAX 96
#define SIMULATION_OWN_SETS_MAX 4
#define SIMULATION_SETS_MAX (DAMAGE_SETS + SIMULATION_OWN_SETS_MAX)
#define SIMULATION_ID_MAX 32
#define SIMULATION_CEM43_MAX_C 55.0 /* CEM43 is not meaningful above: physics/damage.h */

/* A layer has a composition, from which its properties follow, or properties of its own, or both: what is
 * given wins over what follows. */
struct simulation_layer {
	char name[SIMULATION_TEXT_MAX];
	double thickness_um;
	bool composed; /* tissue holds a composition */
	struct tissue_layer tissue;
	bool own_optics, own_thermal;
	struct light_layer optics;     /* when own_optics; thickness as above */
	struct tissue_thermal thermal; /* when own_thermal */
};

enum simulation_profile { SIMULATION_BROAD, SIMULATION_FLAT_TOP, SIMULATION_GAUSSIAN, SIMULATION_PROFILES };

/* How the power of a pulse goes: named shapes, or relative powers in equal parts of the duration. */
enum simulation_shape {
	SIMULATION_SQUARE,
	SIMULATION_GAUSS_PULSE, /* duration: full width at half maximum */
	SIMULATION_TRIANGULAR,  /* rises and falls evenly; duration: full width at half maximum, half its length */
	SIMULATION_EXPONENTIAL, /* duration: in which the power falls to 1/e */
	SIMULATION_SAMPLED,
	SIMULATION_SHAPES
};

struct simulation_pulse {
	enum simulation_shape shape;
	double width_s; /* as the file gives it: see simulation_shape */
	double slice_frac[HEAT_SLICES_MAX]; /* energy shares, as many as simulation.pulses.slices */
};

struct simulation_beam {
	enum simulation_profile profile;
	bool diffuse;         /* broad only: equal radiance from the whole upper half space */
	double incidence_deg; /* broad only: outside the tissue, from the upright */
	double radius_um; /* flat top: of the disc; Gaussian: where the radiant exposure falls to 1/e2 */
};

enum criterion_kind {
	CRITERION_OMEGA,
	CRITERION_TEMPERATURE,
	CRITERION_CEM43,
	CRITERION_RUPTURE,
	CRITERION_ABLATION,  /* the first layer is removed */
	CRITERION_BREAKDOWN, /* a plasma forms at the focus */
	CRITERION_KINDS
};

/* What has to be reached, where. */
struct simulation_criterion {
	bool given;
	enum criterion_kind kind;
	size_t set;             /* of omega: see simulation_set */
	double value;           /* Omega, C or minutes */
	double depth_um;
	double lesion_diameter_um; /* reached out to half of it; 0: on the axis */
	double absorber_mua_1_cm;  /* rupture: inside the pigment; 0: a cutaneous melanosome */
};

/* How the beam converges below the surface; its diameter and energy are those at the surface. */
struct simulation_focus {
	bool given;
	double half_angle; /* in air, radians */
	double waist_um;   /* 1/e2 radius at the focus; 0: diffraction */
	double depth_um;
};

/* Damage kinetics of the file's own: Omega grows by A exp(-Ea / RT), from valid_from_C on. */
struct simulation_own_set {
	char id[SIMULATION_ID_MAX];
	double frequency_factor_1_s, activation_energy_J_mol, valid_from_C, valid_to_C;
};

struct simulation_point {
	double depth_um, radius_um;
};

struct simulation {
	char name[SIMULATION_TEXT_MAX]; /* the file */
	char title[SIMULATION_TEXT_MAX];
	size_t layers;
	struct simulation_layer layer[SIMULATION_LAYERS_MAX];
	double wavelength_nm; /* 0: not given, all layers have optics of their own */
	struct simulation_beam beam;
	struct simulation_pulse pulse;
	struct heat_pulses pulses; /* duration: while light comes; the shape's shares stand in pulse */
	double fluence_J_cm2; /* per pulse: mean of a flat top, centre of a Gaussian; NAN: not given */
	double surface_C, core_C, ambient_h_W_m2K, ambient_C;
	bool living; /* blood follows temperature and injury, air takes more from hot skin: broad beams only */
	size_t stages;
	struct heat_stage stage[SIMULATION_STAGES_MAX];
	size_t points, times, sets;
	struct simulation_point point[SIMULATION_POINTS_MAX];
	double time_s[SIMULATION_TIMES_MAX];
	size_t own_sets;
	struct simulation_own_set own_set[SIMULATION_OWN_SETS_MAX];
	size_t set[SIMULATION_SETS_MAX]; /* see simulation_set */
	double end_s; /* 0: until the light's heat has decayed */
	struct simulation_focus focus;
	struct simulation_criterion criterion;
};

/* Parses bytes; name is what errors call the file. ST_INPUT, ST_RANGE, ST_FULL by field. */
enum status simulation_read(const char *name, const char *bytes, size_t length, struct simulation *out,
                            struct fail *why) MUST_CHECK;

/* Set number: below DAMAGE_SETS one of physics/damage.h, from there on the file's own; its words live as long as s. */
struct damage_set simulation_set(const struct simulation *s, size_t set);

/* "gaussian", "omega" and the like, as in the file. */
const char *simulation_profile_name(enum simulation_profile profile);
const char *simulation_shape_name(enum simulation_shape shape);
const char *simulation_criterion_name(enum criterion_kind kind);

/* ------------------------------------------------------------------ what came out */

#define SIMULATION_WHY_MAX 200

/* Which models ran, and why these. */
struct simulation_models {
	char light[SIMULATION_WHY_MAX], heat[SIMULATION_WHY_MAX];
	unsigned flags;                   /* OR of enum validity */
	char caution[SIMULATION_WHY_MAX]; /* what a flag means here; may be empty */
	double light_error_frac;          /* of the absorption, where it matters most */
	double reflected_frac, transmitted_frac;
	size_t cells, time_nodes;
};

struct simulation_at_point {
	double peak_C, peak_error_K, cem43_min; /* NAN, and Omega INFINITY, where the tissue was removed */
	double omega[SIMULATION_SETS_MAX];   /* of the sets asked for */
	double time_C[SIMULATION_TIMES_MAX]; /* at the times asked for; NAN after the end */
};

/* Where Omega of a set reaches 1; NAN where nowhere. */
struct simulation_lesion {
	double top_um, bottom_um; /* on the axis, within the depth kept */
	double diameter_um;       /* the widest; INFINITY for a broad beam */
};

/* What a pulse removes, by the ablation model: where wavelength and exposure are its own (see destroy.c). */
struct simulation_crater {
	bool computed;
	bool wide; /* the beam is wider than the model's; widths do not apply */
	struct estimate onset_J_cm2, threshold_J_cm2, heat_J_cm3;
	struct microbeam_lesion lesion;
};

struct simulation_result {
	struct simulation_models models;
	struct heat_peak peak; /* the hottest moment anywhere */
	double peak_radius_um, peak_error_K; /* errors: see simulation_run */
	struct simulation_at_point point[SIMULATION_POINTS_MAX];
	struct simulation_lesion lesion[SIMULATION_SETS_MAX];
	struct simulation_crater crater;
	bool focused; /* breakdown holds an answer */
	struct breakdown breakdown;
	double boiled_frac; /* largest share of a cell's water gone */
	double end_s;
};

/* Called between stages of the work with the share done; may be NULL; nonzero cancels. */
struct simulation_progress {
	int (*tell)(void *context, double done_frac);
	void *context;
};

/* ST_INPUT by field when fluence or outputs are missing, ST_CANCELLED, and what the models refuse. Errors of peaks are
 * what changes on cells twice as large with four times the tolerance in time: three times the error or so. */
enum status simulation_run(const struct simulation *s, const struct simulation_progress *progress,
                           struct simulation_result *out, struct fail *why) MUST_CHECK;

struct simulation_threshold {
	struct simulation_models models;
	double fluence_J_cm2, low_J_cm2, high_J_cm2; /* per pulse; the criterion is met at high, not at low */
	double irradiance_W_cm2;                     /* where a pulse is strongest */
	double mesh_error_frac; /* what changes on cells twice as large; NAN where there are none */
	struct heat_peak peak;                       /* at the threshold */
	double absorption_change_frac;               /* of every layer, for the sensitivity */
	double less_J_cm2, more_J_cm2;               /* threshold with absorption changed by -+ that */
	double sensitivity;                          /* d ln threshold / d ln absorption */
};

/* ST_MODEL when no radiant exposure up to 1e5 J/cm2 meets the criterion, or none is needed. */
enum status simulation_find_threshold(const struct simulation *s, const struct simulation_progress *progress,
                                      struct simulation_threshold *out, struct fail *why) MUST_CHECK;

/* Reports; *text is malloc'ed, the caller frees it. */
enum status simulation_run_text(const struct simulation *s, const struct simulation_result *r, char **text,
                                struct fail *why) MUST_CHECK;
enum status simulation_run_json(const struct simulation *s, const struct simulation_result *r, char **text,
                                struct fail *why) MUST_CHECK;
enum status simulation_threshold_text(const struct simulation *s, const struct simulation_threshold *r,
                                      char **text, struct fail *why) MUST_CHECK;
enum status simulation_threshold_json(const struct simulation *s, const struct simulation_threshold *r,
                                      char **text, struct fail *why) MUST_CHECK;

#endif
