/* What a person, another station or an instrument says of a skin and a treatment: kept twins, outcomes, reflectance
 * spectra, steps of a delivery, devices met. Each is read, or refused with a reason. */
#include "tests/fuzz/fuzz.h"

#include "planner/plan/delivery.h"
#include "planner/plan/inventory.h"
#include "planner/twin/learn.h"
#include "planner/twin/spectrum.h"
#include "planner/twin/twin_json.h"

static void say(enum status st, struct fail *why)
{
	BUG_ON(st != ST_OK && !why->text[0]);
	*why = (struct fail){.code = ST_OK};
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct twin twin;
	static struct twin_outcome outcome;
	static struct spectrum spectrum;
	static struct delivery_event event;
	static struct inventory_device device;
	struct fail why = {.code = ST_OK};
	char *text = fuzz_text(bytes, n);
	say(twin_read("fuzz", text, n, &twin, &why), &why);
	say(twin_outcome_read("fuzz", text, n, &outcome, &why), &why);
	say(spectrum_parse("fuzz", text, n, &spectrum, &why), &why);
	say(delivery_event_decode(text, n, &event, &why), &why);
	say(inventory_read(text, n, &device, &why), &why);
	free(text);
	return 0;
}
