/* What can be seen on the skin at once, by kind of mode, and at what to stop. After the list of endpoints that
 * treatment protocols name: V36, V38 (whitening of lentigines), V115 (tattoo), V24, V27 (lens arrays), V44, V45
 * (non-ablative), V52 (ablative), V66, V67 (monopolar radiofrequency), V64, V94 (microneedles). */
#include "planner/plan/delivery.h"

static const struct endpoint pigment[] = {
	{"slight immediate whitening", false, 1}, {"immediate whitening", false, 1}, {ENDPOINT_NONE, false, -1},
	{"erythema", false, 0},                   {"blister", true, 0},              {"epidermal splatter", true, 1},
	{"pinpoint bleeding", true, 1},           {"grey colour", true, 0},
};
static const struct endpoint lens_array[] = {
	{"erythema", false, 0}, {"petechiae", false, 0}, {ENDPOINT_NONE, false, 0}, {"blister", true, 0},
	{"grey colour", true, 0},
};
static const struct endpoint non_ablative[] = {
	{"erythema", false, 0}, {"erythema and mild oedema", false, 0}, {ENDPOINT_NONE, false, 0},
	{"grey colour", true, 0}, {"blister", true, 0},
};
static const struct endpoint ablative[] = {
	{"regular grid", false, 0}, {"slight serous ooze", false, 0},  {"pinpoint bleeding, slight", false, 0},
	{ENDPOINT_NONE, false, 0},  {"confluent whitening", true, 0},  {"bleeding, more than pinpoint", true, 0},
};
static const struct endpoint plate[] = {
	{"warm to hot, 2 to 2.5 of 4", false, 0}, {"visible tightening", false, 0}, {ENDPOINT_NONE, false, 0},
	{"pain above 2.5 of 4", true, 0},         {"blanching", true, 0},           {"blister", true, 0},
};
static const struct endpoint needles[] = {
	{"erythema", false, 0}, {"erythema, no bleeding points", false, 0}, {ENDPOINT_NONE, false, 0},
	{"blanch ring", true, 0}, {"blister", true, 0},
};
static const struct endpoint vessels_and_hair[] = {
	{"perifollicular oedema", false, 0}, {"erythema", false, 0},   {ENDPOINT_NONE, false, 0},
	{"blister", true, 0},                {"grey colour", true, 0}, {"epidermal whitening", true, 0},
};

#define LIST(table) {table, sizeof(table) / sizeof(table)[0]}
static const struct {
	const struct endpoint *items;
	size_t count;
} lists[MODALITIES] = {
	[MODALITY_AFL] = LIST(ablative),  [MODALITY_NAFL] = LIST(non_ablative),
	[MODALITY_PICO] = LIST(pigment),  [MODALITY_LONGPULSE] = LIST(vessels_and_hair),
	[MODALITY_RF_MONO] = LIST(plate), [MODALITY_RF_MN] = LIST(needles),
};

const struct endpoint *delivery_endpoints(const struct device *device, const struct device_mode *mode, size_t *count)
{
	if (device->modality == MODALITY_PICO && mode->pattern == PATTERN_LENS_ARRAY) {
		*count = sizeof lens_array / sizeof lens_array[0];
		return lens_array;
	}
	*count = lists[device->modality].count;
	return lists[device->modality].items;
}
