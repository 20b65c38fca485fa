/* A patient on the clinic's server is not this program's alone: a reception enters an address, a laboratory its own
 * identifier. An update replaces a resource whole, so what others wrote is carried over into ours.
 *
 *   identifier       ours, then theirs of other systems
 *   name             theirs as it stands while it says what ours says (given, family, use), else ours
 *   gender, birthDate, meta.tag   ours; tags of other systems stay
 *   active           theirs
 *   text             left out: a narrative made for the former version would contradict the new one
 *   _gender ...      extensions of what we write: left out when something we write changes
 *   anything else    theirs
 */
#include "planner/sync/mapping_private.h"

#include "planner/sync/span.h"

#define KEY_SIZE 128

static const char *const written[] = {"resourceType", "meta",   "identifier", "active",
                                      "name",         "gender", "birthDate",  NULL};
static const char *const left_out[] = {"id", "text", NULL};

static bool is_one_of(struct span key, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strlen(*names) == key.len && memcmp(*names, key.at, key.len) == 0)
			return true;
	return false;
}

/* Keys come from a parsed text; only their length is a stranger's. */
static bool copy_key(struct span key, char out[KEY_SIZE])
{
	if (key.len >= KEY_SIZE)
		return false;
	memcpy(out, key.at, key.len);
	out[key.len] = '\0';
	return true;
}

/* The engine reads our own names for records out of bodies: nobody else's text may hold one. */
static bool names_ours(struct span value)
{
	static const char mark[] = "urn:lasertwin:";
	for (size_t i = 0; i + sizeof mark - 1 <= value.len; i++)
		if (memcmp(value.at + i, mark, sizeof mark - 1) == 0)
			return true;
	return false;
}

/* Those items of a list whose system is one of ours, or those of other systems. */
static void put_items(struct json_out *out, struct span list, const char *const *systems, bool ours)
{
	for (struct span item = {0}; list.at != NULL && span_each(list, &item);) {
		struct span named = {0};
		const bool has = span_member(item, "system", &named) && named.len >= 2;
		const bool of_ours = has && is_one_of((struct span){named.at + 1, named.len - 2}, systems);
		if (of_ours == ours && !(names_ours(item) && !ours))
			json_out_raw(out, NULL, item.at, item.len);
	}
}

/* Ours, then theirs of other systems. What an earlier sending carried over is not ours. */
static void put_both(struct json_out *out, const char *key, struct span ours, struct span theirs,
                     const char *const *systems)
{
	json_out_array(out, key);
	put_items(out, ours, systems, true);
	put_items(out, theirs, systems, false);
	json_out_end_array(out);
}

static void put_metas(struct json_out *out, const struct mapping *m, struct span ours, struct span theirs)
{
	const char *const systems[] = {m->id_system, m->write_system, NULL};
	struct span value = {0}, tags = {0}, kept = {0};
	json_out_object(out, "meta");
	if (span_member(ours, "security", &value) || (theirs.at != NULL && span_member(theirs, "security", &value)))
		json_out_raw(out, "security", value.at, value.len);
	if (theirs.at != NULL && span_member(theirs, "profile", &value))
		json_out_raw(out, "profile", value.at, value.len);
	(void)span_member(ours, "tag", &tags);
	if (theirs.at != NULL)
		(void)span_member(theirs, "tag", &kept);
	put_both(out, "tag", tags, kept, systems);
	json_out_end_object(out);
}

/* What we write, in our order. A body that was sent before holds more: what it carried over then. */
static void put_ours(struct json_out *out, const struct mapping *m, struct span ours, struct span theirs,
                     unsigned differs)
{
	const char *const systems[] = {m->id_system, m->mrn_system, NULL};
	char name[KEY_SIZE];
	for (struct span key = {0}, value = {0}; span_each_member(ours, &key, &value);) {
		struct span other = {0};
		if (!is_one_of(key, written) || !copy_key(key, name))
			continue;
		const bool stands = span_member(theirs, name, &other) && !names_ours(other);
		if (!stands)
			other = (struct span){0};
		if (strcmp(name, "meta") == 0)
			put_metas(out, m, value, other);
		else if (strcmp(name, "identifier") == 0)
			put_both(out, name, value, other, systems);
		else if (stands && (strcmp(name, "active") == 0 ||
		                    (strcmp(name, "name") == 0 && (differs & STORE_IDENTITY_LABEL) == 0)))
			json_out_raw(out, name, other.at, other.len);
		else
			json_out_raw(out, name, value.at, value.len);
	}
}

static enum status put_theirs(struct json_out *out, struct span theirs, unsigned differs, struct fail *why)
{
	char name[KEY_SIZE];
	for (struct span key = {0}, value = {0}; span_each_member(theirs, &key, &value);) {
		if (is_one_of(key, written) || is_one_of(key, left_out) || names_ours(value))
			continue;
		if (!copy_key(key, name))
			return fail_set(why, ST_RANGE, "Patient", "has a member whose name is longer than %d bytes", KEY_SIZE - 1);
		if (name[0] == '_' && differs != 0)
			continue;
		json_out_raw(out, name, value.at, value.len);
	}
	return ST_OK;
}

/* What of the patient's identity the two say differently; both are read as an arrival is. */
static enum status compare(const struct mapping *m, const struct sync_entry *entry, const char *theirs, size_t len,
                           unsigned *differs, struct fail *why)
{
	struct mapped a = {0}, b = {0};
	enum status st = mapping_read(m, entry->body, entry->len, &a, why);
	if (!st)
		st = mapping_read(m, theirs, len, &b, why);
	if (!st && (b.kind != MAPPED_PATIENT || strcmp(a.patient.uuid, b.patient.uuid) != 0))
		st = fail_set(why, ST_INPUT, "Patient", "on the server is somebody else");
	if (!st)
		*differs = store_patient_differs(&b.patient, &a.patient);
	mapped_clear(&a);
	mapped_clear(&b);
	return st;
}

enum status mapping_keep(const struct mapping *m, struct sync_entry *entry, const char *theirs, size_t len,
                         struct fail *why)
{
	struct span mine = {0}, other = {0};
	struct json_out out;
	unsigned differs = 0;
	char *body = NULL;
	size_t n = 0;
	BUG_ON(strcmp(entry->type, "Patient") != 0);
	enum status st = compare(m, entry, theirs, len, &differs, why);
	if (st)
		return st;
	BUG_ON(!span_object(entry->body, entry->len, &mine));
	if (!span_object(theirs, len, &other))
		return fail_set(why, ST_INPUT, "Patient", "on the server is no object");
	json_out_begin(&out, SYNC_BODY_MAX);
	json_out_object(&out, NULL);
	put_ours(&out, m, mine, other, differs);
	st = put_theirs(&out, other, differs, why);
	json_out_end_object(&out);
	if (st)
		json_out_drop(&out);
	else
		st = json_out_take(&out, &body, &n, why);
	if (st)
		return st;
	free(entry->body);
	entry->body = body;
	entry->len = n;
	return ST_OK;
}
