/* What can be seen on the skin at once, by kind of mode, and at what to stop. After the list of endpoints that
 * treatment protocols name: V36, V38 (whitening of lentigines), V115 (tattoo), V24, V27 (lens arrays), V44, V45
 * (non-ablative), V52 (ablative), V66, V67 (monopolar radiofrequency), V64, V94 (microneedles). */
#include "planner/plan/delivery.h"

static const struct endpoint pigment[] = {
	{"slight immediate whitening", false}, {"immediate whitening", false}, {ENDPOINT_NONE, false},
	{"erythema", false},                   {"blister", true},              {"epidermal splatter", true},
	{"pinpoint bleeding", true},           {"grey colour", true},
};
static const struct endpoint lens_array[] = {
	{"erythema", false}, {"petechiae", false}, {ENDPOINT_NONE, false}, {"blister", true}, {"grey colour", true},
};
static const struct endpoint non_ablative[] = {
	{"erythema", false}, {"erythema and mild oedema", false}, {ENDPOINT_NONE, false},
	{"grey colour", true}, {"blister", true},
};
static const struct endpoint ablative[] = {
	{"regular grid", false},          {"slight serous ooze", false}, {"pinpoint bleeding, slight", false},
	{ENDPOINT_NONE, false},           {"confluent whitening", true}, {"bleeding, more than pinpoint", true},
};
static const struct endpoint plate[] = {
	{"warm to hot, 2 to 2.5 of 4", false}, {"visible tightening", false}, {ENDPOINT_NONE, false},
	{"pain above 2.5 of 4", true},         {"blanching", true},           {"blister", true},
};
static const struct endpoint needles[] = {
	{"erythema", false}, {"erythema, no bleeding points", false}, {ENDPOINT_NONE, false},
	{"blanch ring", true}, {"blister", true},
};
static const struct endpoint vessels_and_hair[] = {
	{"perifollicular oedema", false}, {"erythema", false}, {ENDPOINT_NONE, false},
	{"blister", true},                {"grey colour", true}, {"epidermal whitening", true},
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
