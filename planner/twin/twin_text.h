/* A twin as text for the terminal: layers' properties with their bands, readings against the fitted skin. */
#ifndef LASERTWIN_TWIN_TEXT_H
#define LASERTWIN_TWIN_TEXT_H

#include "planner/twin/time.h"

/* *out is malloc'ed. */
void twin_text_properties(const struct twin *twin, FILE *out); /* the table: median, band, origin of each */

enum status twin_text(const struct twin *twin, char **out, struct fail *why) MUST_CHECK;
/* The readings alone: what each says against the fitted skin. */
enum status twin_readings_text(const struct twin *twin, char **out, struct fail *why) MUST_CHECK;
/* What moved from one state to the next, one line each; cause names the step ("30 days", "readings"). */
enum status twin_changes_text(const struct twin *before, const struct twin *after, const char *cause, char **out,
                              struct fail *why) MUST_CHECK;

#endif
