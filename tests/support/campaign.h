/* Long campaigns: how many are asked for by the environment, from which seed, and how far they are. */
#ifndef LASERTWIN_TESTS_CAMPAIGN_H
#define LASERTWIN_TESTS_CAMPAIGN_H

#include <stdint.h>

/* The number in that variable; usual where it is not set or no number of 1 to 1 000 000. */
unsigned campaign_asked(const char *variable, unsigned usual);
/* LASERTWIN_SEED, 0 where it is not set: another seed, other cuts and damages. */
uint64_t campaign_seed(void);
/* Says every tenth of a campaign of a thousand and more on stderr. */
void campaign_progress(const char *what, unsigned done, unsigned asked);

#endif
