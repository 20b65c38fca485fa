/* Devices and their modes as the profiles say: what the console is set to, what that is in physical terms, how sure the
 * figures are, whether a mode is locked and why, and when its output was last checked. */
#include "ui/lists.h"

#define TEXT_SIZE 200

static const struct listing_column columns[] = {
        {"device", false, 0},     {"mode", false, 0},    {"kind", false, 3},   {"nm / MHz", true, 1},
        {"confidence", false, 2}, {"output check", false, 4}, {"state", false, 0},
};
enum { CONFIDENCE_COLUMN = 4, CHECK_COLUMN, STATE_COLUMN };

/* --- how sure ----------------------------------------------------------------------------------------------- */

struct tally {
	unsigned of[CONFIDENCES], all;
};

static void count(struct tally *tally, const struct provenance *from)
{
	if ((unsigned)from->confidence < CONFIDENCES && from->source[0] != '\0') {
		tally->of[from->confidence]++;
		tally->all++;
	}
}

/* Everything of the mode that carries a number. */
static struct tally tally_of(const struct device_mode *mode)
{
	const struct device_figure *figures[] = {&mode->microbeam_um, &mode->lesion_um, &mode->pitch_um,
	                                         &mode->microbeams_per_pulse, &mode->energy_fraction_in_microbeams,
	                                         &mode->peak_power_W, &mode->ablation_um_per_J_cm2,
	                                         &mode->microbeam_spread_frac, &mode->pins, &mode->needle_um, &mode->bare_um,
	                                         &mode->pulse_s, &mode->tip_cm2, &mode->focus_half_angle,
	                                         &mode->focus_depth_um, &mode->focus_um};
	struct tally tally = {.all = 0};
	for (int id = 0; id < SETTINGS; id++)
		if (mode->setting[id].kind != DOMAIN_NONE)
			count(&tally, &mode->setting[id].from);
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		if (!isnan(figures[i]->value))
			count(&tally, &figures[i]->from);
	return tally;
}

static void confidence_text(const struct tally *tally, char *out, size_t size)
{
	(void)snprintf(out, size, "%u high %u med %u low", tally->of[CONFIDENCE_HIGH], tally->of[CONFIDENCE_MEDIUM],
	               tally->of[CONFIDENCE_LOW]);
}

/* --- particulars -------------------------------------------------------------------------------------------- */

static void domain_text(const struct setting_domain *domain, const struct setting_spec *spec, char *out, size_t size)
{
	size_t used = 0;
	switch (domain->kind) {
	case DOMAIN_RANGE:
		used = (size_t)snprintf(out, size, "%g .. %g %s", domain->min, domain->max, spec->unit);
		if (domain->step > 0.0 && used < size)
			(void)snprintf(out + used, size - used, ", step %g", domain->step);
		break;
	case DOMAIN_CHOICES:
		for (size_t i = 0; i < domain->choices && used < size; i++)
			used += (size_t)snprintf(out + used, size - used, "%s%g", i > 0 ? ", " : "", domain->choice[i]);
		if (used < size)
			(void)snprintf(out + used, size - used, " %s", spec->unit);
		break;
	case DOMAIN_FIXED:
		(void)snprintf(out, size, "always %g %s", domain->min, spec->unit);
		break;
	default:
		(void)snprintf(out, size, "follows from the others%s", isfinite(domain->max) ? ", within bounds" : "");
	}
}

/* As the console shows it. */
static void describe_native(struct listing *out, const struct device_mode *mode)
{
	listing_detail(out, "On the console:");
	for (int id = 0; id < SETTINGS; id++) {
		const struct setting_domain *domain = &mode->setting[id];
		const struct setting_spec *spec = setting_spec((enum setting_id)id);
		char text[TEXT_SIZE];
		if (domain->kind == DOMAIN_NONE)
			continue;
		domain_text(domain, spec, text, sizeof text);
		listing_detail(out, "  %s: %s (%s, %s)", spec->label, text, domain->from.source,
		               confidence_name(domain->from.confidence));
	}
}

static void describe_figure(struct listing *out, const char *what, const struct device_figure *figure, const char *unit)
{
	if (!isnan(figure->value))
		listing_detail(out, "  %s: %.4g %s (%s, %s)", what, figure->value, unit, figure->from.source,
		               confidence_name(figure->from.confidence));
}

/* What the skin gets, whatever the console calls it. */
static void describe_common(struct listing *out, const struct device_mode *mode)
{
	listing_detail(out, "In common terms:");
	if (!isnan(mode->wavelength_nm))
		listing_detail(out, "  wavelength: %g nm", mode->wavelength_nm);
	if (!isnan(mode->frequency_MHz))
		listing_detail(out, "  frequency: %g MHz", mode->frequency_MHz);
	listing_detail(out, "  pattern: %s; limits as %s", pattern_name(mode->pattern), mode->mode_class);
	describe_figure(out, "microbeam on the skin", &mode->microbeam_um, "um");
	describe_figure(out, "lesion that coverage counts", &mode->lesion_um, "um");
	describe_figure(out, "distance of neighbours", &mode->pitch_um, "um");
	describe_figure(out, "peak power", &mode->peak_power_W, "W");
	describe_figure(out, "ablation", &mode->ablation_um_per_J_cm2, "um per J/cm2");
	describe_figure(out, "pins", &mode->pins, "");
	describe_figure(out, "needle", &mode->needle_um, "um");
	describe_figure(out, "pulse", &mode->pulse_s, "s");
	describe_figure(out, "tip", &mode->tip_cm2, "cm2");
	if (mode->levels > 0)
		listing_detail(out, "  treatment levels: %zu, coverage %g .. %g %% (%s, %s)", mode->levels,
		               mode->level_coverage_pct[0], mode->level_coverage_pct[mode->levels - 1], mode->levels_from.source,
		               confidence_name(mode->levels_from.confidence));
}

static void describe_device(struct listing *out, const struct device *device, const char *digest)
{
	listing_detail(out, "%s by %s, %s%s%s", device->name, device->maker, modality_name(device->modality),
	               device->signed_by[0] != '\0' ? "; completed at this clinic, signed by " : "; as shipped",
	               device->signed_by);
	for (size_t i = 0; i < device->regulatory; i++)
		listing_detail(out, "  %s", device->regulatory_number[i]);
	listing_detail(out, "  %zu modes (handpieces or tips), %zu clearances on file, cooling %s%s", device->modes,
	               device->clearances, cooling_name(device->cooling), device->cooling_required ? ", required" : "");
	if (!isnan(device->energy_stability_pct))
		listing_detail(out, "  output stable within %g %%", device->energy_stability_pct);
	listing_detail(out, "  profile digest %s", digest);
	for (size_t i = 0; i < device->label_notes; i++)
		listing_detail(out, "  label: %s", device->label_note[i]);
}

/* --- rows --------------------------------------------------------------------------------------------------- */

static const struct list_check *check_of(const struct list_checks *checks, const char *device_mode)
{
	for (size_t i = 0; i < checks->count; i++)
		if (strcmp(checks->check[i].device_mode, device_mode) == 0)
			return &checks->check[i];
	return NULL;
}

static void describe_check(struct listing *out, const struct list_check *check)
{
	char when[LISTING_TIME_SIZE];
	if (check == NULL)
		listing_detail(out, "No output check of this handpiece is on record; one is asked for at every session.");
	else
		listing_detail(out, "Last output check %s UTC: set %g, measured %g %s (%+.1f %%)",
		               listing_time(check->at_ms, when), check->set, check->measured, check->unit,
		               100.0 * (check->measured - check->set) / check->set);
}

static size_t protocols_for(const struct library *library, const char *device_mode)
{
	size_t count = 0;
	for (size_t i = 0; i < library_protocol_count(library); i++) {
		const struct protocol *protocol = library_protocol_at(library, i);
		count += library_protocol(library, protocol->indication, device_mode) == protocol;
	}
	return count;
}

void list_profile(struct listing *out, const struct device *device, const struct device_mode *mode,
                  const struct list_profile *more)
{
	char id[2 * DEVICE_ID_MAX], where[24], sure[64], day[LISTING_TIME_SIZE] = "none";
	const struct tally tally = tally_of(mode);
	(void)snprintf(id, sizeof id, "%s.%s", device->id, mode->id);
	(void)snprintf(where, sizeof where, "%g", isnan(mode->wavelength_nm) ? mode->frequency_MHz : mode->wavelength_nm);
	confidence_text(&tally, sure, sizeof sure);
	if (more->check != NULL)
		(void)listing_day(more->check->at_ms, day);
	listing_row(out, id, mode->locked ? ROLE_DIM : ROLE_TEXT,
	            (const char *const[]){device->name, mode->name, mode->mode_class, where, sure, day,
	                                  mode->locked ? "LOCKED" : device->signed_by[0] != '\0' ? "signed" : "open"});
	listing_cell_role(out, STATE_COLUMN, mode->locked ? ROLE_STOP : ROLE_OK);
	if (2 * tally.of[CONFIDENCE_LOW] > tally.all)
		listing_cell_role(out, CONFIDENCE_COLUMN, ROLE_CAUTION);
	listing_cell_role(out, CHECK_COLUMN, ROLE_DIM);
	listing_detail(out, "%s: %zu protocols", id, more->protocols);
	if (mode->locked)
		listing_detail(out, "LOCKED: %s", mode->locked_reason);
	describe_check(out, more->check);
	describe_native(out, mode);
	describe_common(out, mode);
	describe_device(out, device, more->digest);
	if (mode->note[0] != '\0')
		listing_detail(out, "%s", mode->note);
}

void list_profiles_begin(struct listing *out)
{
	listing_section(out, "Devices and modes", columns, sizeof columns / sizeof *columns, "No profile is on file.");
}

void list_profiles(struct listing *out, const struct library *library, const struct list_checks *checks)
{
	size_t locked = 0, modes = 0;
	list_profiles_begin(out);
	for (size_t d = 0; d < library_device_count(library); d++) {
		const struct device *device = library_device(library, d);
		for (size_t m = 0; m < device->modes; m++, modes++) {
			char id[2 * DEVICE_ID_MAX];
			(void)snprintf(id, sizeof id, "%s.%s", device->id, device->mode[m].id);
			const struct list_profile more = {.protocols = protocols_for(library, id),
			                                  .digest = library_device_digest(library, device->id),
			                                  .check = check_of(checks, id)};
			locked += device->mode[m].locked;
			list_profile(out, device, &device->mode[m], &more);
		}
	}
	listing_note(out, ROLE_DIM,
	             "%zu profiles, %zu modes, %zu of them locked: a clinic completes these from its manual and signs them.",
	             library_device_count(library), modes, locked);
}
