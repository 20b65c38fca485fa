/* Twins as text. */
#include "planner/twin/twin_text.h"

static enum status close_text(FILE *f, char **text, char **out, struct fail *why)
{
	bool written = f && !ferror(f);
	if (f && fclose(f) != 0)
		written = false;
	if (!written) {
		free(*text);
		return fail_set(why, ST_FULL, "twin", "no memory to write it");
	}
	*out = *text;
	return ST_OK;
}

static void write_head(FILE *f, const struct twin *t)
{
	struct twin_tan tan;
	twin_tan(t, &tan);
	fprintf(f, "Skin twin, %s, type %s", t->site[0] ? t->site : "site not given",
	        t->fitzpatrick ? fitzpatrick_name(t->fitzpatrick) : "not recorded");
	if (isfinite(t->ita_deg))
		fprintf(f, ", ITA %.0f deg (the fitted skin reads %.0f)", t->ita_deg, t->model_ita_deg);
	fprintf(f, "\n%s", tan.tanned ? "Tan: " : tan.measured ? "No tan: " : "Tan not measured: ");
	fprintf(f, "melanin of normal over unexposed skin %+.0f %% (90 %%: %+.0f to %+.0f)", 100.0 * tan.melanin_rel,
	        100.0 * tan.melanin_p05, 100.0 * tan.melanin_p95);
	if (isfinite(tan.index_rel))
		fprintf(f, ", melanin index %+.1f %%", 100.0 * tan.index_rel);
	fprintf(f, "\n");
}

void twin_text_properties(const struct twin *t, FILE *f)
{
	fprintf(f, "  %-26s %10s  %-22s %s\n", "property", "median", "5 % to 95 %", "origin");
	for (int p = 0; p < TWIN_PROPERTIES; p++) {
		const struct twin_property_spec *spec = twin_property_spec((enum twin_property)p);
		const struct twin_value *v = &t->property[p];
		double k = spec->display_scale;
		char band[48];
		(void)snprintf(band, sizeof band, "%.*f to %.*f %s", spec->decimals, k * v->p05, spec->decimals,
		               k * v->p95, spec->unit);
		fprintf(f, "  %-26s %10.*f  %-22s %s: %s\n", spec->label, spec->decimals, k * v->median, band,
		        twin_origin_name(v->origin), v->source);
	}
}

/* As the screens name the reading; what is none of today's scalars by its key. */
static const char *reading_label(const char *key)
{
	enum reading reading;
	return readings_find(key, &reading) ? readings_spec(reading)->label : key;
}

static void write_residuals(FILE *f, const struct twin *t)
{
	if (t->residuals)
		fprintf(f, "  %-24s %10s %10s %8s  %s\n", "reading", "read", "model", "error", "against the rest");
	for (size_t i = 0; i < t->residuals; i++) {
		const struct twin_residual *r = &t->residual[i];
		const char *label = reading_label(r->key);
		if (!r->used)
			fprintf(f, "  %-24s %s\n", label, r->note);
		else if (r->count > 1)
			fprintf(f, "  %-24s %4u points %30s %s\n", label, r->count, "", r->note);
		else
			fprintf(f, "  %-24s %10.4g %10.4g %8.3g  %+.1f sd%s%s\n", label, r->read, r->model, r->sd,
			        r->innovation, r->note[0] ? ": " : "", r->note);
	}
	if (t->disagreements)
		fprintf(f, "\n  WARNING: %u reading%s with the rest.\n", t->disagreements,
		        t->disagreements == 1 ? " disagrees" : "s disagree");
	if (t->spread_factor > 1.0)
		fprintf(f, "  The readings scatter more than their errors; what they inform is widened by up to %.2f.\n",
		        t->spread_factor);
}

enum status twin_text(const struct twin *twin, char **out, struct fail *why)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	if (f) {
		write_head(f, twin);
		fputc('\n', f);
		twin_text_properties(twin, f);
		fprintf(f, "\n");
		write_residuals(f, twin);
	}
	return close_text(f, &text, out, why);
}

enum status twin_readings_text(const struct twin *twin, char **out, struct fail *why)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	if (f && !twin->residuals)
		fprintf(f, "No reading of today informed this twin: priors alone, and what earlier visits left\n");
	if (f)
		write_residuals(f, twin);
	return close_text(f, &text, out, why);
}

enum status twin_changes_text(const struct twin *before, const struct twin *after, const char *cause, char **out,
                              struct fail *why)
{
	struct twin_change change[TWIN_PROPERTIES];
	char *text = NULL;
	size_t size = 0, count = twin_changes(before, after, change);
	FILE *f = open_memstream(&text, &size);
	if (f)
		fprintf(f, "Changed by %s:%s\n", cause, count ? "" : " nothing to speak of");
	for (size_t i = 0; f && i < count; i++) {
		const struct twin_property_spec *spec = twin_property_spec(change[i].property);
		double k = spec->display_scale;
		fprintf(f, "  %-26s %.*f to %.*f %s (%+.1f sd), spread x%.2f\n", spec->label, spec->decimals,
		        k * change[i].before, spec->decimals, k * change[i].after, spec->unit, change[i].shift,
		        change[i].narrowing);
	}
	return close_text(f, &text, out, why);
}
