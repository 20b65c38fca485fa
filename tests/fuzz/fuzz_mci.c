/* Input files of MCML: read, or refused with a reason. */
#include "tests/fuzz/fuzz.h"

#include "physics/mci.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct mci_file *file = NULL;
	struct fail why = {.code = ST_OK};
	char *text = fuzz_text(bytes, n);
	enum status st = mci_read(text, n, &file, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	BUG_ON((st == ST_OK) != (file != NULL));
	mci_free(&file);
	free(text);
	return 0;
}
