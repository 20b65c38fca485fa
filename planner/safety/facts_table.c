/* The vocabulary of the safety rules. The wording of questions is what the screens ask; it says what counts
 * as yes, so that the answer means the same at every station. */
#include "planner/safety/facts_table.h"

#define DAYS_MAX 40000.0 /* a long life */
#define YES_NO(fact, words) {.name = fact, .type = EXPR_BOOL, .kind = FACT_QUESTION, .no = NO_IS_FALSE, \
	.unit = "", .wording = words}
#define DAYS_AGO(fact, words) {.name = fact, .type = EXPR_NUMBER, .kind = FACT_QUESTION, .no = NO_IS_NEVER, \
	.unit = "d", .max = DAYS_MAX, .wording = words}
#define WHICH(fact, words) {.name = fact, .type = EXPR_LIST, .kind = FACT_QUESTION, .no = NO_IS_NONE, \
	.unit = "", .wording = words}
#define HOW_MUCH(fact, of_unit, most, words) {.name = fact, .type = EXPR_NUMBER, .kind = FACT_QUESTION, \
	.no = NO_IS_ZERO, .unit = of_unit, .max = most, .wording = words}
#define NUMBER(of_kind, fact, of_unit, least, most, words) {.name = fact, .type = EXPR_NUMBER, \
	.kind = of_kind, .unit = of_unit, .min = least, .max = most, .wording = words}
#define FLAG(of_kind, fact, words) {.name = fact, .type = EXPR_BOOL, .kind = of_kind, .unit = "", \
	.wording = words}
#define WORD(of_kind, fact, words) {.name = fact, .type = EXPR_TEXT, .kind = of_kind, .unit = "", \
	.wording = words}
#define WORDS(of_kind, fact, words) {.name = fact, .type = EXPR_LIST, .kind = of_kind, .unit = "", \
	.wording = words}

const struct fact_spec fact_table[] = {
	/* drugs and general health */
	DAYS_AGO("isotretinoin_stopped_days_ago",
	       "Isotretinoin: how many days since the last capsule? (0: taking it)"),
	WHICH("gold_therapy", "Gold, ever in life: injections, tablets (auranofin), edible gold?"),
	WHICH("drugs", "Medicines and supplements taken now, each by name?"),
	DAYS_AGO("photodynamic_last_days",
	         "Photodynamic treatment (ALA, MAL, porfimer, verteporfin): how many days ago?"),
	YES_NO("immunosuppression", "Immunosuppression, poor wound healing, or uncontrolled diabetes?"),
	YES_NO("photodermatosis", "Porphyria, xeroderma pigmentosum, lupus, or polymorphic light eruption?"),
	{.name = "pregnant", .type = EXPR_BOOL, .kind = FACT_QUESTION, .no = NO_IS_FALSE, .unit = "",
	 .not_asked_of_sex = "M", .wording = "Pregnant, or pregnancy not excluded?"},
	YES_NO("keloid", "Keloid or hypertrophic scars, ever?"),
	YES_NO("vitiligo_or_koebner", "Vitiligo, psoriasis or lichen planus active in the last 12 months?"),
	YES_NO("pih_history", "Dark marks after inflammation, injury or an earlier laser treatment?"),
	YES_NO("skin_cancer_history", "Skin cancer, ever, in the field to be treated?"),
	/* the field today */
	YES_NO("hsv_labialis", "Cold sores (herpes) around the mouth or face, ever?"),
	YES_NO("hsv_active_in_field", "Herpes blisters or crusts in the field now?"),
	YES_NO("infection_in_field", "Infection, open wound or inflamed acne in the field now?"),
	YES_NO("suspicious_lesion",
	       "A mole or a pigmented spot without diagnosis, new or changing, in the field?"),
	YES_NO("melasma_in_field", "Melasma in the field?"),
	DAYS_AGO("uv_last_days", "Sun exposure or sunbed of the field: how many days ago?"),
	DAYS_AGO("self_tanner_days", "Self-tanning product on the field: how many days ago?"),
	/* procedures */
	DAYS_AGO("filler_last_days", "Filler in the field: how many days ago?"),
	DAYS_AGO("toxin_last_days", "Botulinum toxin in the field: how many days ago?"),
	DAYS_AGO("surgery_last_days", "Facial surgery: how many days ago?"),
	DAYS_AGO("peel_last_days", "Dermabrasion or deep chemical peel: how many days ago?"),
	DAYS_AGO("last_treatment_days_ago",
	       "Last laser or radiofrequency treatment of this field: how many days ago?"),
	{.name = "last_treatment_device", .type = EXPR_TEXT, .kind = FACT_QUESTION, .no = NO_IS_NONE, .unit = "",
	 .wording = "The last treatment of this field: with which device?"},
	WHICH("last_treatment_response",
	      "After the last treatment: PIH, hypopigmentation, blister, scar, redness over 7 days, or none?"),
	WHICH("same_day_modalities",
	       "Other laser or radiofrequency treatment of this field on the same day: which?"),
	HOW_MUCH("low_fluence_1064_visits", "", 1000.0, "Low-fluence 1064 nm visits so far, here and elsewhere?"),
	/* tattoo */
	YES_NO("tattoo_in_field", "Tattoo or permanent make-up in the field?"),
	WHICH("tattoo_colours", "Colours of the tattoo?"),
	YES_NO("tattoo_professional", "Made by a professional tattooist?"),
	YES_NO("tattoo_cosmetic", "Permanent make-up or cosmetic ink (white, flesh, red, brown)?"),
	HOW_MUCH("tattoo_age_years", "y", 120.0, "Age of the tattoo?"),
	WHICH("tattoo_reaction", "Allergic reaction, itching or swelling in the tattoo?"),
	YES_NO("tattoo_gunpowder", "Tattoo from gunpowder, fireworks or an explosion?"),
	/* implants */
	WHICH("active_implants",
	      "Pacemaker, defibrillator, neurostimulator, cochlear or any other active implant, anywhere in the body?"),
	WHICH("passive_metal",
	      "Metal in the field or in the current path: plates, threads, intrauterine device, dental metal?"),
	/* anaesthesia and eyes, as planned */
	WHICH("anaesthesia",
	       "Anaesthesia planned: none, cold air, topical, nerve block, tumescent, sedation, general?"),
	HOW_MUCH("topical_area_cm2", "cm2", 20000.0, "Area under the topical anaesthetic?"),
	HOW_MUCH("topical_dose_mg_cm2", "mg/cm2", 1000.0, "Active substance applied per area?"),
	YES_NO("topical_occluded", "Topical anaesthetic under occlusion?"),
	YES_NO("intraocular_shields", "Metal intraocular shields will be worn?"),
	/* asked of the dermatologist */
	YES_NO("tan_accepted", "Does the dermatologist accept treatment of tanned skin?"),

	NUMBER(FACT_READING, "age_y", "y", 0.0, 120.0, "age"),
	WORD(FACT_READING, "sex", "recorded sex: F, M or X"),
	NUMBER(FACT_READING, "fitz", "", 1.0, 6.0, "recorded Fitzpatrick type"),
	NUMBER(FACT_READING, "tan_mi_rel", "", -1.0, 20.0,
	       "melanin index of normal skin beside the lesion over unexposed skin, less one"),
	NUMBER(FACT_READING, "ita_drop_deg", "deg", -180.0, 180.0, "ITA of unexposed skin less that of the field"),
	NUMBER(FACT_READING, "mi_measured_days_ago", "d", 0.0, DAYS_MAX, "age of the melanin index"),
	NUMBER(FACT_READING, "colour_class", "", 1.0, 6.0, "class of the measured colour (ITA), counted as types are"),
	NUMBER(FACT_READING, "reading_disagrees_sd", "sd", 0.0, 1e6,
	       "how far the most unusual reading lies from what all others say"),
	NUMBER(FACT_READING, "readings_age_max_days", "d", 0.0, DAYS_MAX, "age of the oldest reading"),

	WORD(FACT_DEVICE, "modality", "pico, nafl, afl, rf_mono, rf_mn or longpulse"),
	WORD(FACT_DEVICE, "mode_class", "mode class of the limits table"),
	WORD(FACT_DEVICE, "device_mode", "device and mode"),
	NUMBER(FACT_DEVICE, "wavelength_nm", "nm", 100.0, 20000.0, "wavelength"),
	NUMBER(FACT_DEVICE, "pulse_s", "s", 1e-15, 100.0, "pulse duration"),
	NUMBER(FACT_DEVICE, "passes_max", "", 0.0, 1000.0, "most passes the mode has"),
	FLAG(FACT_DEVICE, "stack_allowed", "the mode stacks pulses by design"),
	FLAG(FACT_DEVICE, "needs_cooling", "the mode needs cooling"),
	FLAG(FACT_DEVICE, "cleared_listed", "the profile lists clearances for this wavelength or mode"),
	FLAG(FACT_DEVICE, "cleared_use", "the listed clearances include this indication"),
	WORDS(FACT_DEVICE, "cleared_fitz",
	       "skin types cleared for this use; absent when the clearance names none"),
	WORDS(FACT_DEVICE, "clearance_sources",
	       "sources of the clearance that covers this use; else of all that the profile lists"),
	FLAG(FACT_DEVICE, "label_excludes_isotretinoin", "the device label excludes recent isotretinoin"),
	NUMBER(FACT_DEVICE, "fluence_label_max_J_cm2", "J/cm2", 0.0, 1000.0,
	       "highest fluence of the maker's table for this type and spot"),
	NUMBER(FACT_DEVICE, "energy_label_max_mJ_pin", "mJ/pin", 0.0, 1e5,
	       "highest energy the label gives for this type"),
	NUMBER(FACT_DEVICE, "eyewear_od_required", "", 0.0, 20.0, "optical density required by IEC 60825-1"),

	WORDS(FACT_SETTING, "zones", "zones to be treated"),
	WORD(FACT_SETTING, "indication", "key of the protocol table"),
	NUMBER(FACT_SETTING, "energy_mJ", "mJ", 0.0, 1e5, "pulse or microbeam energy"),
	NUMBER(FACT_SETTING, "energy_mJ_pin", "mJ/pin", 0.0, 1e5, "energy per needle"),
	NUMBER(FACT_SETTING, "energy_J_cm3", "J/cm3", 0.0, 1e5, "energy per volume"),
	NUMBER(FACT_SETTING, "fluence_J_cm2", "J/cm2", 0.0, 1e5, "fluence"),
	NUMBER(FACT_SETTING, "spot_mm", "mm", 0.0, 100.0, "spot diameter"),
	NUMBER(FACT_SETTING, "coverage_sum_pct", "%", 0.0, 10000.0, "coverage, all passes added"),
	NUMBER(FACT_SETTING, "coverage_union_pct", "%", 0.0, 100.0, "share of skin hit at least once"),
	NUMBER(FACT_SETTING, "passes", "", 0.0, 1000.0, "passes"),
	NUMBER(FACT_SETTING, "stack", "", 0.0, 1000.0, "pulses on one spot without pause"),
	NUMBER(FACT_SETTING, "overlap_pct", "%", 0.0, 100.0, "overlap of spots"),
	NUMBER(FACT_SETTING, "depth_um", "um", 0.0, 20000.0, "needle depth"),
	NUMBER(FACT_SETTING, "interval_days", "d", 0.0, DAYS_MAX, "planned interval between visits"),
	NUMBER(FACT_SETTING, "visits", "", 0.0, 1000.0, "planned visits"),
	NUMBER(FACT_SETTING, "level", "", 0.0, 1000.0, "treatment level"),
	FLAG(FACT_SETTING, "full_field", "the whole surface is ablated, not an array of microbeams"),
	NUMBER(FACT_SETTING, "setting_issues", "", 0.0, 1000.0, "settings outside range, step or coupling"),
	NUMBER(FACT_SETTING, "topical_limit_mg", "mg", 0.0, 1e5, "dose limit of the topical anaesthetic's label"),

	NUMBER(FACT_MODEL, "dermis_um_p05", "um", 0.0, 20000.0, "dermis thickness, 5th percentile of the twin"),
	NUMBER(FACT_MODEL, "thermal_penumbra_um", "um", 0.0, 20000.0, "heated margin below the needle tip"),
	NUMBER(FACT_MODEL, "fat_cem43_min_p95", "min", 0.0, 1e300,
	       "thermal dose of the fat in minutes at 43 C, 95th percentile"),
	NUMBER(FACT_MODEL, "omega_basal_p95", "", 0.0, 1e300,
	       "damage integral of the basal layer, 95th percentile"),
	NUMBER(FACT_MODEL, "dermis_peak_C_p95", "C", -60.0, 1e9,
	       "hottest dermis between or under the beams, 95th percentile"),
	NUMBER(FACT_MODEL, "dermis_margin_um_p05", "um", -20000.0, 20000.0,
	       "dermis left under the deepest lesion, 5th percentile"),
	NUMBER(FACT_MODEL, "melanosome_ratio_p95", "", 0.0, 1e9,
	       "fluence at melanosomes of normal skin over their rupture, 95th percentile"),
	NUMBER(FACT_MODEL, "second_check_pct", "%", 0.0, 1e9, "difference of the two calculations"),
	NUMBER(FACT_MODEL, "second_check_se_pct", "%", 0.0, 1e9, "standard error of that difference"),
	FLAG(FACT_MODEL, "prediction_failed", "a prediction was due and could not be made"),
	FLAG(FACT_MODEL, "prediction_missing", "no model serves this mode as its profile describes it"),
	FLAG(FACT_DEVICE, "profile_locked", "the profile is an example until the clinic enters its manual's values"),
	FLAG(FACT_MODEL, "lesion_change_flag", "the record flags a change of the lesion"),

	WORD(FACT_ZONE, "zone", "the zone at hand"),
	{.name = "zone_class", .type = EXPR_TEXT, .kind = FACT_ZONE, .unit = "", .asked_as = "zones",
	 .wording = "limits row of the zone at hand"},
	{.name = "zone_classes", .type = EXPR_LIST, .kind = FACT_ZONE, .unit = "", .asked_as = "zones",
	 .wording = "limits rows of all zones"},
	{.name = "effective_fitz", .type = EXPR_NUMBER, .kind = FACT_DERIVED, .unit = "", .min = 1.0, .max = 6.0,
	 .asked_as = "fitz", .wording = "skin type the limits are looked up for"},
	{.name = "effective_type", .type = EXPR_TEXT, .kind = FACT_DERIVED, .unit = "", .asked_as = "fitz",
	 .wording = "the same as a Roman numeral"},
	{.name = "drug_classes", .type = EXPR_LIST, .kind = FACT_DERIVED, .unit = "", .asked_as = "drugs",
	 .wording = "classes of the medicines taken"},
	{.name = "drugs_unlisted", .type = EXPR_LIST, .kind = FACT_DERIVED, .unit = "", .asked_as = "drugs",
	 .wording = "medicines the drug table does not have"},
	FLAG(FACT_DERIVED, "mode_class_known", "the limits table knows the mode class"),
	NUMBER(FACT_DERIVED, "dose_ratio_to_last_tolerated", "", 0.0, 1e6, "dose over the last tolerated dose"),
	NUMBER(FACT_DERIVED, "tolerated_visits", "", 0.0, 1000.0,
	       "visits with this mode on record, well tolerated"),
	FLAG(FACT_DERIVED, "new_wavelength", "treated before, but never with this wavelength"),

	FLAG(FACT_START, "antiviral_recorded", "Antiviral prophylaxis recorded?"),
	FLAG(FACT_START, "test_spot_passed", "Test spot read after its waiting time, without adverse response?"),
	NUMBER(FACT_START, "eyewear_od", "", 0.0, 20.0,
	       "Optical density marked on the eyewear for this wavelength?"),
	FLAG(FACT_START, "orbital_shields_in_place", "Metal intraocular shields in place?"),
	FLAG(FACT_START, "cooling_confirmed", "Cooling on and checked?"),
	FLAG(FACT_START, "evacuator_running", "Plume evacuator within 5 cm and filtering masks worn?"),
	FLAG(FACT_START, "oxygen_running", "Oxygen running?"),
	FLAG(FACT_START, "alcohol_wet", "Alcohol preparation still wet?"),
	FLAG(FACT_START, "dry_gauze", "Dry gauze or drapes near the field?"),
	FLAG(FACT_START, "identity_confirmed", "Two identifiers, site and side confirmed?"),
	FLAG(FACT_START, "consent_signed", "Consent signed?"),
	FLAG(FACT_START, "photographs_taken", "Baseline photographs taken?"),
	FLAG(FACT_START, "output_verified", "Output verified today and since the last handpiece change?"),
	FLAG(FACT_START, "handpiece_matches", "Scanned handpiece and tip are those of the plan?"),
	FLAG(FACT_START, "approval_valid",
	       "Approval matches plan, twin, device file and rules, and has not expired?"),
	NUMBER(FACT_START, "output_drift_pct", "%", -100.0, 1e4, "Output over what is set, by the trend of the output checks"),
	NUMBER(FACT_START, "twin_shift_sd", "sd", 0.0, 1000.0, "How far the skin has moved from the signed twin"),
	NUMBER(FACT_START, "hours_since_sync", "h", 0.0, 1e6, "Hours since the last synchronisation"),
	FLAG(FACT_START, "rf_setup_confirmed",
	       "Return pad and coupling fluid in place, tip intact (new sterile tip)?"),
};

const size_t fact_table_count = sizeof(fact_table) / sizeof(fact_table[0]);

/* The table keeps the questions of a group together: each group reaches to the first of the next. */
const struct fact_group fact_groups[] = {
	{"isotretinoin_stopped_days_ago", "Medicines and health"},
	{"hsv_labialis", "The field today"},
	{"filler_last_days", "Earlier procedures"},
	{"tattoo_in_field", "Tattoo"},
	{"active_implants", "Implants and metal"},
	{"anaesthesia", "Anaesthesia and eyes"},
	{"tan_accepted", "For the dermatologist"},
};
const size_t fact_groups_count = sizeof(fact_groups) / sizeof(fact_groups[0]);
