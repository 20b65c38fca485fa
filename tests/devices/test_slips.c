/* Slips of unit on every mode of every profile: a thousandfold (mm for um, J for mJ) is never taken; a tenfold is
 * refused by range, step or coupling unless it lands on the device's own grid, where the rules judge it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devices/device.h"
#include "tests/support/device_profiles.h"

static bool entered(const struct device_mode *mode, enum setting_id id)
{
	enum domain_kind kind = mode->setting[id].kind;
	return setting_spec(id)->dose && (kind == DOMAIN_RANGE || kind == DOMAIN_CHOICES || kind == DOMAIN_FIXED);
}

/* The settings with one of them slipped, what follows from the others left to follow. */
static bool taken(const struct device_mode *mode, const struct settings *base, enum setting_id id, double factor)
{
	struct settings slipped = *base, out;
	struct setting_issues issues;
	for (unsigned k = 0; k < SETTINGS; k++)
		if (mode->setting[k].kind == DOMAIN_DERIVED)
			settings_drop(&slipped, k);
	settings_set(&slipped, id, settings_get(base, id) * factor);
	bool sound = settings_complete(mode, &slipped, &out, &issues);
	if (sound)
		assert_true(fabs(settings_get(&out, id) - settings_get(&slipped, id)) < 1e-9); /* never moved silently */
	else
		assert_true(issues.count > 0 && issues.issue[0].text[0] && issues.issue[0].remedy[0]);
	return sound;
}

static bool on_grid(const struct device_mode *mode, enum setting_id id, double value)
{
	const struct setting_domain *domain = &mode->setting[id];
	for (size_t i = 0; i < setting_grid_count(domain); i++)
		if (fabs(setting_grid_value(domain, i) - value) <= 1e-6 * fabs(value))
			return true;
	return setting_grid_count(domain) == 0 && value >= domain->min && value <= domain->max;
}

struct tally {
	int slips, thousandfold_taken, tenfold_taken, off_grid_taken;
};

static void slip(const struct device *device, const struct device_mode *mode, const struct settings *base,
                 enum setting_id id, struct tally *tally)
{
	static const double thousand[] = {1000, 1e-3}, ten[] = {10, 0.1};
	for (int i = 0; i < 2; i++) {
		tally->slips += 2;
		if (taken(mode, base, id, thousand[i])) {
			tally->thousandfold_taken++;
			print_error("%s.%s takes %s x %g\n", device->id, mode->id, setting_spec(id)->key, thousand[i]);
		}
		if (taken(mode, base, id, ten[i])) {
			tally->tenfold_taken++;
			tally->off_grid_taken += !on_grid(mode, id, settings_get(base, id) * ten[i]);
		}
	}
}

static void slip_mode(const struct device *device, const struct device_mode *mode, struct tally *tally)
{
	struct device_grid grid;
	struct fail why;
	struct settings base;
	if (device_grid_init(&grid, mode, NULL, &why))
		return; /* locked ones without steps */
	size_t step = grid.count / 5 + 1;
	for (size_t i = 0; i < grid.count; i += step) {
		if (!device_grid_at(&grid, i, &base))
			continue;
		for (unsigned id = 0; id < SETTINGS; id++)
			if (settings_has(&base, id) && settings_get(&base, id) != 0.0 && entered(mode, id))
				slip(device, mode, &base, id, tally);
	}
}

static void slips_of_unit_on_every_mode(void **state)
{
	struct tally tally = {0};
	(void)state;
	for (size_t i = 0; i < PROFILES; i++) {
		struct device *device = profile_device(profile_ids[i]);
		assert_non_null(device);
		for (size_t m = 0; m < device->modes; m++)
			slip_mode(device, &device->mode[m], &tally);
		device_free(&device);
	}
	assert_true(tally.slips > 500);
	assert_int_equal(tally.thousandfold_taken, 0);
	assert_int_equal(tally.off_grid_taken, 0);
	assert_true(tally.tenfold_taken * 5 < tally.slips); /* most tenfold slips leave the grid */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(slips_of_unit_on_every_mode)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
