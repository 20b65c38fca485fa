/* Device profiles: refused with a reason, or whole. */
#include "tests/fuzz/fuzz.h"

#include "devices/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct device *device = NULL;
	struct fail why = {.code = ST_OK};
	char *text = fuzz_text(bytes, n);
	enum status st = device_parse("fuzz", text, n, &device, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	device_free(&device);
	free(text);
	return 0;
}
