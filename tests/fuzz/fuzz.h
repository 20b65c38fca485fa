/* What libFuzzer calls (clang -fsanitize=fuzzer); one target in each file. `make fuzz` builds and runs them on the
 * corpus kept in tests/fuzz/corpus. */
#ifndef LASERTWIN_TESTS_FUZZ_H
#define LASERTWIN_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "physics/base/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* A copy with a closing NUL, in memory of exactly that size, so that reading on is seen. */
static inline char *fuzz_text(const uint8_t *bytes, size_t n)
{
	char *text = malloc(n + 1);
	BUG_ON(!text);
	if (n > 0)
		memcpy(text, bytes, n);
	text[n] = '\0';
	return text;
}

#endif
