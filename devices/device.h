/* Devices: what a console can do, as its profile (profiles/devices/<id>.json, lasertwin-device/1) says.
 *
 * A profile is data with a source and a confidence at every figure. Parsing is strict: an unknown key, a
 * figure without source, a range upside down or outside the bounds of devices/settings.h is refused with
 * file and field, so a profile that loads can be relied on. A device is plain data, read-only after parsing.
 *
 * Settings of a mode obey equations (energy = fluence x spot area; coverage = density x microbeam area;
 * coverage of a treatment level; energy = power x dwell). settings_complete() fills in what follows from
 * what was entered, and reports what contradicts, without ever moving a value.
 */
#ifndef LASERTWIN_DEVICE_H
#define LASERTWIN_DEVICE_H

#include "devices/settings.h"
#include "devices/signature.h"

#define DEVICE_ID_MAX 32
#define DEVICE_NAME_MAX 64
#define DEVICE_TEXT_MAX 200
#define DEVICE_SOURCE_MAX 96
#define DEVICE_CLEARANCE_SOURCE_MAX 64 /* a word of the rules' facts */
#define DEVICE_MODES_MAX 8
#define DEVICE_CLEARANCES_MAX 16
#define DEVICE_INDICATIONS_MAX 12
#define DEVICE_NOTES_MAX 6
#define DEVICE_WAVELENGTHS_MAX 6
#define DOMAIN_CHOICES_MAX 16
#define TREATMENT_LEVELS_MAX 16
#define FITZPATRICK_TYPES_MAX 6

enum modality {
	MODALITY_AFL,       /* "afl": ablative fractional laser */
	MODALITY_NAFL,      /* "nafl": non-ablative fractional laser */
	MODALITY_PICO,      /* "pico": picosecond and Q-switched */
	MODALITY_LONGPULSE, /* "longpulse" */
	MODALITY_RF_MONO,   /* "rf_mono": monopolar radiofrequency through a plate */
	MODALITY_RF_MN,     /* "rf_mn": radiofrequency through microneedles or pins */
	MODALITIES
};
const char *modality_name(enum modality modality);
bool modality_is_rf(enum modality modality);

enum confidence { CONFIDENCE_HIGH, CONFIDENCE_MEDIUM, CONFIDENCE_LOW, CONFIDENCES };
const char *confidence_name(enum confidence confidence);

/* Where a figure comes from: a key of profiles/SOURCES.md, "K" recalled, "D" design, "computed". */
struct provenance {
	char source[DEVICE_SOURCE_MAX];
	enum confidence confidence;
};

/* A figure of the mode that nobody turns; absent when value is NAN. */
struct device_figure {
	double value;
	struct provenance from;
};

enum pattern {
	PATTERN_BROAD,      /* "broad": one spot, even fluence */
	PATTERN_MICROBEAMS, /* "microbeams": beams one by one, scanned or stamped */
	PATTERN_LENS_ARRAY, /* "lens_array": the pulse divided among many foci and a background */
	PATTERN_RF_PLATE,
	PATTERN_RF_NEEDLES,
	PATTERNS
};
const char *pattern_name(enum pattern pattern);

enum domain_kind {
	DOMAIN_NONE,    /* the mode has no such setting */
	DOMAIN_RANGE,   /* min..max; on a grid from min when step > 0 */
	DOMAIN_CHOICES, /* one of choice[], ascending */
	DOMAIN_FIXED,   /* always min */
	DOMAIN_DERIVED  /* follows from the others; must come out within min..max */
};

struct setting_domain {
	enum domain_kind kind;
	double min, max, step;
	size_t choices;
	double choice[DOMAIN_CHOICES_MAX];
	double usual;  /* filled in when not entered; NAN: none */
	bool optional; /* may stay empty */
	struct provenance from;
};

enum coverage_basis { COVERAGE_PER_PASS, COVERAGE_TOTAL };

/* How spacing on the console becomes density. */
enum pitch_basis { PITCH_CENTRES, PITCH_GAPS /* edge to edge: centres are one microbeam further apart */ };

/* The maker's own highest fluence by skin type and spot. */
struct label_fluence {
	double spot_mm;
	double max_J_cm2[FITZPATRICK_TYPES_MAX]; /* NAN: none given */
};

/* How needles are wired; as enum rf_pattern of physics/rf_cell.h. */
enum needle_layout {
	NEEDLES_NOT_GIVEN,
	NEEDLES_ROWS,         /* "rows": bipolar, rows of alternating polarity */
	NEEDLES_CHECKERBOARD, /* "checkerboard": bipolar, opposite to every neighbour */
	NEEDLES_ALIKE,        /* "alike": one polarity, the return at bars beside them or a pad */
	NEEDLES_PAIRS,        /* "pairs": each pair by itself */
	NEEDLE_LAYOUTS
};

struct device_mode {
	char id[DEVICE_ID_MAX], name[DEVICE_NAME_MAX];
	char mode_class[DEVICE_ID_MAX]; /* the class its limits are filed under: "afl_co2", "pico_spot", ...
	                                 */
	enum pattern pattern;
	double wavelength_nm; /* NAN for RF */
	double frequency_MHz; /* NAN for lasers */
	struct setting_domain setting[SETTINGS];

	enum coverage_basis coverage_basis; /* what coverage_pct and density_per_cm2 count */
	enum pitch_basis pitch_basis;
	bool spot_is_microbeam;                    /* spot_mm chooses the microbeam (exchangeable tips) */
	struct device_figure microbeam_um;         /* diameter on the skin */
	struct device_figure lesion_um;            /* what coverage counts; NAN: the microbeam itself */
	struct device_figure pitch_um;             /* lens arrays: distance of neighbouring foci */
	struct device_figure microbeams_per_pulse; /* arrays with a set number; NAN: from pitch and spot */
	struct device_figure energy_fraction_in_microbeams;
	struct device_figure peak_power_W;          /* pulse duration = energy / this */
	struct device_figure ablation_um_per_J_cm2; /* consoles that ask for depth */
	struct device_figure microbeam_spread_frac; /* deviation of energy between microbeams */
	/* Convergence of one microbeam in air [radians], depth of its focus in the skin, diameter there (of a laser in many
	 * modes far above what diffraction leaves). Without all three nothing is said of breakdown in the foci. */
	struct device_figure focus_half_angle, focus_depth_um, focus_um;
	struct device_figure pins;
	enum needle_layout needle_layout;
	struct device_figure needle_um; /* diameter; pitch_um: distance of neighbours */
	struct device_figure bare_um;   /* length of bare metal above the tip; NAN: not known, or all of it */
	bool needles_bare;              /* all of it */
	struct device_figure pulse_s;   /* radiofrequency, where the console does not show it */
	bool geometry_assumed;          /* any of these is of low confidence */
	struct device_figure tip_cm2;

	size_t levels; /* treatment levels 1..levels; 0: none */
	double level_coverage_pct[TREATMENT_LEVELS_MAX];
	struct provenance levels_from;

	size_t label_fluences; /* rows; 0: none */
	struct label_fluence label_fluence[DOMAIN_CHOICES_MAX];
	struct provenance label_fluence_from;
	double label_energy_mJ_pin_max[FITZPATRICK_TYPES_MAX]; /* NAN: none given */

	bool locked; /* mostly low confidence: an example until a clinic enters its manual's values */
	char locked_reason[DEVICE_TEXT_MAX];
	char note[DEVICE_TEXT_MAX];
};

struct clearance {
	char use[DEVICE_TEXT_MAX]; /* the words of the clearance, shortened */
	size_t indications;        /* keys of the case format it covers */
	char indication[DEVICE_INDICATIONS_MAX][DEVICE_ID_MAX];
	size_t modes; /* 0: every mode */
	char mode[DEVICE_MODES_MAX][DEVICE_ID_MAX];
	unsigned fitzpatrick; /* bit t-1 for type t; 0: types not stated */
	char source[DEVICE_CLEARANCE_SOURCE_MAX];
};

enum cooling_kind { COOLING_NONE, COOLING_FORCED_AIR, COOLING_CONTACT, COOLING_CRYOGEN, COOLING_KINDS };
const char *cooling_name(enum cooling_kind kind);

struct device {
	char id[DEVICE_ID_MAX], name[DEVICE_NAME_MAX], maker[DEVICE_NAME_MAX];
	enum modality modality;
	size_t regulatory;
	char regulatory_number[DEVICE_NOTES_MAX][DEVICE_NAME_MAX];
	size_t modes;
	struct device_mode mode[DEVICE_MODES_MAX];
	size_t clearances; /* 0: no clearance list on file, which is not "nothing is cleared" */
	struct clearance clearance[DEVICE_CLEARANCES_MAX];
	size_t label_notes;
	char label_note[DEVICE_NOTES_MAX][DEVICE_TEXT_MAX];
	size_t contraindications;
	char contraindication[DEVICE_NOTES_MAX][DEVICE_TEXT_MAX];
	bool label_excludes_isotretinoin;
	enum cooling_kind cooling;
	bool cooling_required; /* integral to safe use, not a comfort */
	double cooling_spray_s, cooling_delay_s; /* cryogen before a pulse, from its end to the light; 0: not on file */
	char cooling_note[DEVICE_TEXT_MAX];
	bool plume;
	size_t eyewear_wavelengths;
	double eyewear_nm[DEVICE_WAVELENGTHS_MAX];
	double energy_stability_pct; /* NAN: not given */
	char note[DEVICE_TEXT_MAX];
	char signed_by[SIGNATURE_TEXT_MAX]; /* who completed it at the clinic; "": as shipped */
};

/* bytes: the profile's text, name: its file name for errors. Gives a device to free. */
enum status device_parse(const char *name, const char *bytes, size_t len, struct device **out,
                         struct fail *why) MUST_CHECK;
void device_free(struct device **device);

const struct device_mode *device_mode_find(const struct device *device, const char *mode_id); /* or NULL */
/* "ultrapulse.deepfx" -> "ultrapulse" and "deepfx"; false when it is not of that form or too long. */
bool device_mode_split(const char *device_mode, char device_id[DEVICE_ID_MAX], char mode_id[DEVICE_ID_MAX]);

/* Whether the mode makes microbeams, lens foci or needles rather than an even spot. */
bool device_mode_is_fractional(const struct device_mode *mode);

enum clearance_answer {
	CLEARANCE_NOT_ON_FILE, /* the profile has no list: nothing may be concluded */
	CLEARED,
	CLEARED_OTHER_TYPES, /* the use is cleared, not for this skin type */
	NOT_CLEARED
};
/* fitzpatrick 1..6; 0: unknown, then types are not looked at. *which (may be NULL) gets the clearance that
 * answers, or NULL. */
enum clearance_answer device_cleared(const struct device *device, const struct device_mode *mode,
                                     const char *indication, int fitzpatrick, const struct clearance **which);

/* The maker's highest fluence for a skin type (1..6) and spot; NAN when the label gives none. */
double device_label_fluence_max_J_cm2(const struct device_mode *mode, int fitzpatrick, double spot_mm);

/* --- settings of a mode ------------------------------------------------------------------------------- */

enum issue_kind {
	ISSUE_NOT_A_SETTING, /* the mode has no such setting */
	ISSUE_MISSING,
	ISSUE_RANGE,
	ISSUE_STEP,    /* inside the range, between two grid values */
	ISSUE_CHOICE,  /* not one of the choices */
	ISSUE_COUPLING /* contradicts the other settings by more than SETTINGS_COUPLING_TOLERANCE */
};

#define SETTINGS_COUPLING_TOLERANCE 0.02 /* consoles show two or three digits */

struct setting_issue {
	enum setting_id id;
	enum issue_kind kind;
	double value;          /* as entered; NAN when missing */
	double min, max, step; /* allowed; NAN where it does not apply */
	double expected;       /* coupling: what the others give; else NAN */
	char text[160];        /* "energy 31 mJ is not on the grid 2.5..50 step 2.5 mJ" */
	char remedy[128];      /* "set 30 or 32.5 mJ" */
	char source[DEVICE_SOURCE_MAX];
};

#define SETTING_ISSUES_MAX (2 * SETTINGS)

struct setting_issues {
	size_t count;
	struct setting_issue issue[SETTING_ISSUES_MAX];
};

/* Completes settings: what follows from what was entered is computed (in whichever direction: PicoSure's
 * fluence gives its spot, Fraxel's coverage its level), fixed and usual values are filled in. A derived
 * value entered within the tolerance is replaced by the exact one; no other value is ever moved. What is no
 * setting of the mode is reported and left out. True when there is nothing to object to. issues may be NULL;
 * in and out may be the same. */
bool settings_complete(const struct device_mode *mode, const struct settings *in, struct settings *out,
                       struct setting_issues *issues);

/* Moves one setting by steps grid places (up or down; without a grid, one unit of the last digit shown) and
 * recomputes what is derived. From between two grid values it goes to the next one; an absent setting starts
 * at the end it is moved from. ST_RANGE at the end of the grid, or where a coupled limit is newly broken,
 * with the reason; ST_INPUT for what cannot be turned. out is completed; unchanged on failure. */
enum status setting_step(const struct device_mode *mode, const struct settings *settings, enum setting_id id,
                         int steps, struct settings *out, struct fail *why) MUST_CHECK;

/* Grid values of a domain, ascending; 0 for a range without steps and for what cannot be turned. */
size_t setting_grid_count(const struct setting_domain *domain);
double setting_grid_value(const struct setting_domain *domain, size_t index);

#define GRID_KNOBS_MAX 6

/* Every combination of the knobs that carry dose (energy, fluence, spot, density, coverage, level, passes,
 * power, dwell, pitch, depth). A knob with a usual value stays there, and so do values the base has; derived
 * values of the base are not looked at. */
struct device_grid {
	const struct device_mode *mode;
	struct settings base;
	size_t knobs;
	enum setting_id knob[GRID_KNOBS_MAX];
	size_t count; /* combinations, those that coupling forbids included */
};

/* base may be NULL. ST_MODEL when a knob has no grid. */
enum status device_grid_init(struct device_grid *grid, const struct device_mode *mode,
                             const struct settings *base, struct fail *why) MUST_CHECK;
/* The index-th combination, completed; false when coupling forbids it. */
bool device_grid_at(const struct device_grid *grid, size_t index, struct settings *out);

#endif
