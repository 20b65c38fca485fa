/* Published series of post-inflammatory hyperpigmentation: profiles/safety/pih.json, lasertwin-pih/1.
 *
 * A series is shown with its count, interval and skin types, and that it is not from this patient; never as
 * a bare percentage. The interval in the file is checked against the counts when it is read.
 */
#ifndef LASERTWIN_PIH_H
#define LASERTWIN_PIH_H

#include <stddef.h>

#include "physics/base/status.h"

#define PIH_SERIES_MAX 64
#define PIH_TEXT_MAX 64

struct pih_series {
	char key[PIH_TEXT_MAX];   /* "1927 melasma III-IV (3/68 patients)" */
	int events, n;
	char of[16];              /* "visits", "patients", "lesions" */
	unsigned fitzpatrick;     /* bit t-1 for type t; 0: not stated */
	double pct, low_pct, high_pct; /* Wilson 95 % interval */
	char source[96];          /* "V46" */
};

struct pih_table {
	size_t count;
	struct pih_series series[PIH_SERIES_MAX];
};

/* ST_INPUT when a percentage or interval does not follow from its counts. */
enum status pih_parse(const char *text, size_t length, const char *file, struct pih_table *out,
                      struct fail *why) MUST_CHECK;
const struct pih_series *pih_find(const struct pih_table *table, const char *key); /* NULL: none */

/* 95 % interval of a proportion (Wilson 1927, J Am Stat Assoc 22:209), as fractions. n > 0. */
void pih_wilson(int events, int n, double *low_frac, double *high_frac);

/* "PIH 4.4 % (95 % interval 1.5-12.2 %), 3 of 68 patients, types III-IV [V46]; not from this patient". */
const char *pih_text(const struct pih_series *series, char *out, size_t size);

#endif
