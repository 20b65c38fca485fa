/* Case files: whatever bytes come, a case or a refusal with field and reason; what is accepted comes out again. */
#include "tests/fuzz/fuzz.h"

#include "planner/plan/case.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct case_file *file = NULL;
	struct fail why = {.code = ST_OK};
	char *text = fuzz_text(bytes, n);
	enum status st = case_parse("fuzz", text, n, &file, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	BUG_ON((st == ST_OK) != (file != NULL));
	case_free(&file);
	free(text);
	return 0;
}
