/* Names of the device model, and questions to a profile. */
#include "devices/device.h"

static const char *const modality_names[MODALITIES] = {
        [MODALITY_AFL] = "afl",         [MODALITY_NAFL] = "nafl",
        [MODALITY_PICO] = "pico",       [MODALITY_LONGPULSE] = "longpulse",
        [MODALITY_RF_MONO] = "rf_mono", [MODALITY_RF_MN] = "rf_mn",
};

static const char *const confidence_names[CONFIDENCES] = {
        [CONFIDENCE_HIGH] = "high",
        [CONFIDENCE_MEDIUM] = "medium",
        [CONFIDENCE_LOW] = "low",
};

static const char *const pattern_names[PATTERNS] = {
        [PATTERN_BROAD] = "broad",           [PATTERN_MICROBEAMS] = "microbeams",
        [PATTERN_LENS_ARRAY] = "lens_array", [PATTERN_RF_PLATE] = "rf_plate",
        [PATTERN_RF_NEEDLES] = "rf_needles",
};

static const char *const cooling_names[COOLING_KINDS] = {
        [COOLING_NONE] = "none",
        [COOLING_FORCED_AIR] = "forced_air",
        [COOLING_CONTACT] = "contact",
        [COOLING_CRYOGEN] = "cryogen",
};

const char *modality_name(enum modality modality)
{
	return modality_names[modality];
}

bool modality_is_rf(enum modality modality)
{
	return modality == MODALITY_RF_MONO || modality == MODALITY_RF_MN;
}

const char *confidence_name(enum confidence confidence)
{
	return confidence_names[confidence];
}

const char *pattern_name(enum pattern pattern)
{
	return pattern_names[pattern];
}

const char *cooling_name(enum cooling_kind kind)
{
	return cooling_names[kind];
}

void device_free(struct device **device)
{
	free(*device);
	*device = NULL;
}

const struct device_mode *device_mode_find(const struct device *device, const char *mode_id)
{
	for (size_t i = 0; i < device->modes; i++)
		if (strcmp(device->mode[i].id, mode_id) == 0)
			return &device->mode[i];
	return NULL;
}

bool device_mode_split(const char *device_mode, char device_id[DEVICE_ID_MAX], char mode_id[DEVICE_ID_MAX])
{
	const char *dot = strchr(device_mode, '.');

	if (!dot || strchr(dot + 1, '.'))
		return false;
	size_t head = (size_t)(dot - device_mode), tail = strlen(dot + 1);
	if (head == 0 || tail == 0 || head >= DEVICE_ID_MAX || tail >= DEVICE_ID_MAX)
		return false;
	memcpy(device_id, device_mode, head);
	device_id[head] = '\0';
	memcpy(mode_id, dot + 1, tail + 1);
	return true;
}

bool device_mode_is_fractional(const struct device_mode *mode)
{
	return mode->pattern == PATTERN_MICROBEAMS || mode->pattern == PATTERN_LENS_ARRAY ||
	       mode->pattern == PATTERN_RF_NEEDLES;
}

static bool clearance_has_mode(const struct clearance *clearance, const struct device_mode *mode)
{
	for (size_t i = 0; i < clearance->modes; i++)
		if (strcmp(clearance->mode[i], mode->id) == 0)
			return true;
	return clearance->modes == 0;
}

static bool clearance_has_indication(const struct clearance *clearance, const char *indication)
{
	for (size_t i = 0; i < clearance->indications; i++)
		if (strcmp(clearance->indication[i], indication) == 0)
			return true;
	return false;
}

static bool clearance_has_type(const struct clearance *clearance, int fitzpatrick)
{
	if (fitzpatrick < 1 || fitzpatrick > FITZPATRICK_TYPES_MAX || clearance->fitzpatrick == 0)
		return true;
	return (clearance->fitzpatrick >> (fitzpatrick - 1) & 1u) != 0;
}

enum clearance_answer device_cleared(const struct device *device, const struct device_mode *mode,
                                     const char *indication, int fitzpatrick, const struct clearance **which)
{
	enum clearance_answer answer = device->clearances ? NOT_CLEARED : CLEARANCE_NOT_ON_FILE;
	const struct clearance *found = NULL;

	for (size_t i = 0; i < device->clearances && answer != CLEARED; i++) {
		const struct clearance *clearance = &device->clearance[i];
		if (!clearance_has_mode(clearance, mode) || !clearance_has_indication(clearance, indication))
			continue;
		found = clearance;
		answer = clearance_has_type(clearance, fitzpatrick) ? CLEARED : CLEARED_OTHER_TYPES;
	}
	if (which)
		*which = found;
	return answer;
}

double device_label_fluence_max_J_cm2(const struct device_mode *mode, int fitzpatrick, double spot_mm)
{
	if (fitzpatrick < 1 || fitzpatrick > FITZPATRICK_TYPES_MAX)
		return (double)NAN;
	for (size_t i = 0; i < mode->label_fluences; i++)
		if (fabs(mode->label_fluence[i].spot_mm - spot_mm) < 1e-6)
			return mode->label_fluence[i].max_J_cm2[fitzpatrick - 1];
	return (double)NAN;
}
