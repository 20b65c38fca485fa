/* What belongs to the station and not to a patient: the way to the screens of administrators and of everybody. */
#include "ui/lists.h"

static const struct listing_column columns[] = {{"key", false, 0}, {"screen", false, 0}, {"what it shows", false, 0}};

void list_station(struct listing *out, unsigned roles)
{
	listing_section(out, "Station", columns, sizeof columns / sizeof *columns, "");
	for (size_t i = 0; i < action_count(); i++) {
		const struct action_spec *spec = action_at(i);
		const char *why = NULL;
		char keys[48];
		const bool asks = spec->need == NEED_ADMINISTRATOR;
		const bool may = !asks || (roles & ROLE_ADMINISTRATOR) != 0;
		if (strncmp(spec->name, "station: ", 9) != 0 || spec->id == ACTION_STATION || !action_on_screen(spec, SCREEN_STATION))
			continue;
		action_keys(spec, keys, sizeof keys);
		listing_row(out, spec->name, may ? ROLE_TEXT : ROLE_DIM, (const char *const[]){keys, spec->name + 9, spec->help});
		listing_cell_role(out, 0, may ? ROLE_KEY : ROLE_DIM);
		listing_detail(out, "%s", spec->help);
		if (!may && !action_enabled(spec, 0, &why))
			listing_detail(out, "Not now: %s.", why);
	}
}
