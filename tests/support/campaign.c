#include "tests/support/campaign.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t number_in(const char *variable, uint64_t least, uint64_t most, uint64_t otherwise)
{
	const char *text = getenv(variable);
	char *end = NULL;
	const unsigned long long value = text ? strtoull(text, &end, 10) : 0;
	return text && end != text && *end == '\0' && value >= least && value <= most ? value : otherwise;
}

unsigned campaign_asked(const char *variable, unsigned usual)
{
	return (unsigned)number_in(variable, 1, 1000000, usual);
}

uint64_t campaign_seed(void)
{
	return number_in("LASERTWIN_SEED", 0, UINT64_MAX, 0);
}

void campaign_progress(const char *what, unsigned done, unsigned asked)
{
	if (asked >= 1000 && done % (asked / 10) == 0)
		(void)fprintf(stderr, "%s: %u of %u\n", what, done, asked);
}
