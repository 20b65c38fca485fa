/* Who may use these records, with which roles. */
#include "ui/lists.h"

static const struct listing_column columns[] = {
        {"login", false, 0}, {"name", false, 1}, {"roles", false, 0}, {"state", false, 0}, {"since (UTC)", false, 2}};

static void add_person(struct listing *out, const struct store_person *person, const char *own)
{
	char roles[64], since[LISTING_TIME_SIZE];
	const bool is_own = strcmp(person->login, own) == 0;
	const char *state = person->is_disabled    ? LIST_PEOPLE_DISABLED
	                    : person->failures > 0 ? "wrong secrets"
	                    : is_own               ? "you"
	                                           : "may log in";
	roles_format(person->roles, roles, sizeof roles);
	listing_row(out, person->login, person->is_disabled ? ROLE_DIM : ROLE_TEXT,
	            (const char *const[]){person->login, person->name, roles, state, listing_day(person->added_at_ms, since)});
	listing_cell_role(out, LIST_PEOPLE_STATE, person->is_disabled       ? ROLE_STOP
	                                     : person->failures > 0 ? ROLE_CAUTION
	                                                            : ROLE_OK);
	listing_detail(out, "%s (%s)%s", person->name, person->login, person->is_virtual ? ", VIRTUAL: of the demo" : "");
	listing_detail(out, "Roles: %s", roles);
	listing_detail(out, "Signs with key number %lld%s", (long long)person->key_number,
	               person->key_number > 1 ? ": an earlier secret was lost" : "");
	if (person->failures > 0)
		listing_detail(out, "%d wrong secret%s since the last right one: each costs a longer wait", person->failures,
		               person->failures == 1 ? "" : "s");
	if (person->is_disabled)
		listing_detail(out, "Cannot log in; K with a new secret lets them in again. What they signed stays valid.");
}

void list_people(struct listing *out, const struct store_person_list *people, const char *own)
{
	size_t disabled = 0;
	for (size_t i = 0; i < people->count; i++)
		disabled += people->items[i].is_disabled;
	listing_note(out, ROLE_DIM, "%zu people, %zu disabled. Every change asks for your own secret and is in the audit.",
	             people->count, disabled);
	listing_section(out, "People", columns, sizeof columns / sizeof *columns, "Nobody.");
	for (size_t i = 0; i < people->count; i++)
		add_person(out, &people->items[i], own);
}
