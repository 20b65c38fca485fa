/* Simulation and radiofrequency files: read, or refused with a reason. */
#include "tests/fuzz/fuzz.h"

#include "planner/rf/rf_file.h"
#include "planner/simulate/simulation.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct simulation simulation;
	static struct rf_file rf;
	struct fail why = {.code = ST_OK};
	char *text = fuzz_text(bytes, n);
	enum status st = simulation_read("fuzz", text, n, &simulation, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	why = (struct fail){.code = ST_OK};
	st = rf_file_read("fuzz", text, n, &rf, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	free(text);
	return 0;
}
