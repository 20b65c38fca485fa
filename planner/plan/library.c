/* The library: device profiles, rules and protocols from the profiles folder. */
#include "planner/plan/library.h"

#include "devices/device.h"
#include "devices/json.h"
#include "planner/plan/files.h"
#include "planner/plan/protocol.h"
#include "planner/plan/published.h"
#include "planner/safety/pih.h"
#include "planner/safety/rules.h"
#include "planner/store/digest.h"

#define DEVICES_MAX 128
#define PATH_SIZE 1024

struct library {
	size_t devices;
	struct device *device[DEVICES_MAX];
	struct ruleset *rules;
	size_t protocols;
	struct protocol *protocol;
	size_t unplanneds;
	struct unplanned *unplanned;
	size_t publications;
	struct published *published;
	struct pih_table pih;
	char digest[DIGEST_TEXT_SIZE], rules_digest[DIGEST_TEXT_SIZE];
	char device_digest[DEVICES_MAX][DIGEST_TEXT_SIZE];
};

/* Folders whose files make up the library, in the order they enter its digest; from the second on, the rules'. */
static const char *const folders[] = {"devices", "protocols", "safety"};

void library_free(struct library **library)
{
	if (!*library)
		return;
	for (size_t i = 0; i < (*library)->devices; i++)
		device_free(&(*library)->device[i]);
	ruleset_free(&(*library)->rules);
	free((*library)->protocol);
	free((*library)->unplanned);
	free((*library)->published);
	free(*library);
	*library = NULL;
}

static enum status join(char *path, const char *folder, const char *name, struct fail *why)
{
	int used = snprintf(path, PATH_SIZE, "%s/%s", folder, name);
	return used < 0 || used >= PATH_SIZE ? fail_set(why, ST_INPUT, name, "path too long") : ST_OK;
}

/* Two profiles of one name: which of them a plan meant could not be told. */
static enum status refuse_double(const struct library *lib, const char *name, struct fail *why)
{
	const struct device *last = lib->device[lib->devices - 1];
	for (size_t i = 0; i + 1 < lib->devices; i++)
		if (strcmp(lib->device[i]->id, last->id) == 0)
			return fail_set(why, ST_INPUT, name, "gives the device \"%s\", which another file gives too", last->id);
	return ST_OK;
}

static enum status load_device(const char *folder, const char *name, struct library *lib, struct fail *why)
{
	char path[PATH_SIZE], *bytes = NULL;
	size_t length;
	if (lib->devices == DEVICES_MAX)
		return fail_set(why, ST_FULL, folder, "more than %d device profiles", DEVICES_MAX);
	enum status st = join(path, folder, name, why);
	if (!st)
		st = file_read(path, JSON_BYTES_MAX, &bytes, &length, why);
	if (!st) {
		struct digest digest;
		digest_bytes(bytes, length, &digest);
		digest_hex(&digest, lib->device_digest[lib->devices]);
		st = device_parse(name, bytes, length, &lib->device[lib->devices], why);
	}
	free(bytes);
	if (st)
		return st;
	lib->devices++;
	return refuse_double(lib, name, why);
}

static enum status load_devices(const char *folder, struct library *lib, struct fail *why)
{
	char path[PATH_SIZE];
	struct files_list list;
	enum status st = join(path, folder, "devices", why);
	if (st || (st = files_list(path, ".json", &list, why)))
		return st;
	for (size_t i = 0; !st && i < list.count; i++)
		st = load_device(path, list.name[i], lib, why);
	files_list_free(&list);
	if (!st && lib->devices == 0)
		st = fail_set(why, ST_NOT_FOUND, path, "holds no device profile");
	return st;
}

/* Takes what a file says into the library; name is for what is refused. */
typedef enum status take_profile(const char *name, const char *bytes, size_t length, struct library *lib,
                                 struct fail *why);

static enum status load_profile(const char *folder, const char *name, take_profile *take, struct library *lib,
                                struct fail *why)
{
	char path[PATH_SIZE], *bytes = NULL;
	size_t length;
	enum status st = join(path, folder, name, why);
	if (!st)
		st = file_read(path, JSON_BYTES_MAX, &bytes, &length, why);
	if (!st)
		st = take(strrchr(name, '/') + 1, bytes, length, lib, why);
	free(bytes);
	return st;
}

static enum status take_protocols(const char *name, const char *bytes, size_t length, struct library *lib,
                                  struct fail *why)
{
	return protocols_parse(name, bytes, length, &lib->protocol, &lib->protocols, why);
}

static enum status take_unplanned(const char *name, const char *bytes, size_t length, struct library *lib,
                                  struct fail *why)
{
	return unplanned_parse(name, bytes, length, &lib->unplanned, &lib->unplanneds, why);
}

static enum status take_published(const char *name, const char *bytes, size_t length, struct library *lib,
                                  struct fail *why)
{
	return published_parse(name, bytes, length, &lib->published, &lib->publications, why);
}

static enum status take_pih(const char *name, const char *bytes, size_t length, struct library *lib, struct fail *why)
{
	return pih_parse(bytes, length, name, &lib->pih, why);
}

/* Each known word once; what the tables hold bounds them. */
#define WORDS_MAX 512
struct words {
	size_t count;
	const char *word[WORDS_MAX];
};

static void add_word(struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->word[i], word) == 0)
			return;
	if (words->count < WORDS_MAX)
		words->word[words->count++] = word;
}

static bool has_word(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->word[i], word) == 0)
			return true;
	return false;
}

static void indications_of(const struct library *library, struct words *words)
{
	for (size_t i = 0; i < library->protocols; i++)
		add_word(words, library->protocol[i].indication);
	for (size_t i = 0; i < library->devices; i++)
		for (size_t c = 0; c < library->device[i]->clearances; c++)
			for (size_t k = 0; k < library->device[i]->clearance[c].indications; k++)
				add_word(words, library->device[i]->clearance[c].indication[k]);
}

/* Names that are none must not be one; what they send to must be there. */
static enum status check_unplanned(const struct library *lib, struct fail *why)
{
	struct words words = {0};
	indications_of(lib, &words);
	for (size_t i = 0; i < lib->unplanneds; i++) {
		const struct unplanned *u = &lib->unplanned[i];
		if (has_word(&words, u->name))
			return fail_set(why, ST_INPUT, "indications.json", "%s is planned: take the entry out", u->name);
		for (size_t k = 0; k < u->sees; k++)
			if (!has_word(&words, u->see[k]))
				return fail_set(why, ST_INPUT, "indications.json", "%s sends to %s, which nothing plans", u->name,
				                u->see[k]);
	}
	return ST_OK;
}

static enum status check_protocol_modes(const struct library *lib, const struct protocol *p, struct fail *why)
{
	const struct device *device;
	const struct device_mode *mode;
	struct fail detail;
	if (p->device_mode[0] && library_find_mode(lib, p->device_mode, &device, &mode, &detail))
		return fail_set(why, ST_INPUT, "protocols.json", "%s names %s, which has no profile", p->id, p->device_mode);
	for (size_t c = 0; c < p->classes; c++)
		if (!limits_mode_class_known(ruleset_limits(lib->rules), p->mode_class[c]))
			return fail_set(why, ST_INPUT, "protocols.json", "%s names the class %s, which limits.json does not have",
			                p->id, p->mode_class[c]);
	return ST_OK;
}

/* A protocol for a device nobody has a profile of, or a series nobody counted, is a slip of the pen. */
static enum status check_protocols(const struct library *lib, struct fail *why)
{
	for (size_t i = 0; i < lib->protocols; i++) {
		enum status st = check_protocol_modes(lib, &lib->protocol[i], why);
		if (st)
			return st;
		if (lib->protocol[i].pih_series[0] && !pih_find(&lib->pih, lib->protocol[i].pih_series))
			return fail_set(why, ST_INPUT, "protocols.json", "%s names the PIH series \"%s\", which is not in pih.json",
			                lib->protocol[i].id, lib->protocol[i].pih_series);
	}
	return ST_OK;
}

static enum status digest_folder(const char *folder, struct digest_stream *stream, struct fail *why)
{
	struct files_list list;
	enum status st = files_list(folder, ".json", &list, why);
	if (st)
		return st;
	digest_add_int(stream, (int64_t)list.count); /* a file moved to the next folder is another library */
	for (size_t i = 0; !st && i < list.count; i++) {
		char path[PATH_SIZE], *bytes = NULL;
		size_t length;
		st = join(path, folder, list.name[i], why);
		if (!st)
			st = file_read(path, JSON_BYTES_MAX, &bytes, &length, why);
		if (!st) {
			digest_add_text(stream, list.name[i], strlen(list.name[i]));
			digest_add_blob(stream, bytes, length);
		}
		free(bytes);
	}
	files_list_free(&list);
	return st;
}

/* Of the folders from the first-th on. */
static enum status digest_folders(const char *folder, size_t first, const char *domain, char text[DIGEST_TEXT_SIZE],
                                  struct fail *why)
{
	struct digest_stream stream;
	struct digest digest;
	enum status st = ST_OK;
	digest_begin(&stream, domain);
	for (size_t i = first; !st && i < sizeof folders / sizeof folders[0]; i++) {
		char path[PATH_SIZE];
		st = join(path, folder, folders[i], why);
		if (!st)
			st = digest_folder(path, &stream, why);
	}
	digest_end(&stream, &digest);
	digest_hex(&digest, text);
	return st;
}

static enum status digest_all(const char *folder, char text[DIGEST_TEXT_SIZE], struct fail *why)
{
	return digest_folders(folder, 0, "lasertwin library/1", text, why);
}

/* The digest speaks for what was parsed: nobody may have changed a file in between. */
static enum status digest_again(const char *folder, const struct library *lib, struct fail *why)
{
	char now[DIGEST_TEXT_SIZE];
	enum status st = digest_all(folder, now, why);
	if (!st && strcmp(now, lib->digest) != 0)
		st = fail_set(why, ST_CONFLICT, folder, "changed while it was read; try again");
	return st;
}

/* ---- what the clinic wrote itself ------------------------------------------------------------------------ */

static struct device **slot_of(struct library *lib, const char *id)
{
	for (size_t i = 0; i < lib->devices; i++)
		if (strcmp(lib->device[i]->id, id) == 0)
			return &lib->device[i];
	return NULL;
}

/* A clinic's profile takes the place of the shipped one of its id. */
static enum status take_device(const char *name, struct device *device, struct library *lib, struct fail *why)
{
	struct device **slot = slot_of(lib, device->id);
	if (!device->signed_by[0])
		return fail_set(why, ST_INPUT, name, "is not signed; add \"signed\" with name, role, date and reason");
	if (!slot && lib->devices == DEVICES_MAX)
		return fail_set(why, ST_FULL, name, "more than %d device profiles", DEVICES_MAX);
	if (slot)
		device_free(slot);
	else
		slot = &lib->device[lib->devices++];
	*slot = device;
	return ST_OK;
}

static enum status overlay_device(const char *folder, const char *name, struct library *lib,
                                  struct digest_stream *stream, struct fail *why)
{
	char path[PATH_SIZE], *bytes = NULL;
	size_t length;
	struct device *device = NULL;
	enum status st = join(path, folder, name, why);
	if (!st)
		st = file_read(path, JSON_BYTES_MAX, &bytes, &length, why);
	if (!st)
		st = device_parse(name, bytes, length, &device, why);
	if (!st) {
		digest_add_text(stream, name, strlen(name));
		digest_add_blob(stream, bytes, length);
		st = take_device(name, device, lib, why);
		if (st)
			device_free(&device);
	}
	free(bytes);
	return st;
}

static enum status overlay_devices(const char *folder, struct library *lib, struct digest_stream *stream,
                                   struct fail *why)
{
	char path[PATH_SIZE];
	struct files_list list;
	enum status st = join(path, folder, "devices", why);
	if (st || !files_exists(path))
		return st;
	st = files_list(path, ".json", &list, why);
	if (st)
		return st;
	digest_add_int(stream, (int64_t)list.count);
	for (size_t i = 0; !st && i < list.count; i++)
		st = overlay_device(path, list.name[i], lib, stream, why);
	files_list_free(&list);
	return st;
}

static enum status overlay_limits(const char *folder, struct library *lib, struct digest_stream *stream,
                                  struct fail *why)
{
	char path[PATH_SIZE], *bytes = NULL;
	size_t length;
	enum status st = join(path, folder, "limits.json", why);
	if (st || !files_exists(path))
		return st;
	st = file_read(path, JSON_BYTES_MAX, &bytes, &length, why);
	if (!st) {
		const struct ruleset_text file = {"clinic/limits.json", bytes, length};
		digest_add_blob(stream, bytes, length);
		st = ruleset_overlay_limits(lib->rules, &file, why);
	}
	free(bytes);
	return st;
}

/* What was shipped and what was laid over it, under one digest each for the whole and for the rules. */
static enum status overlay(const char *folder, struct library *lib, struct fail *why)
{
	struct digest_stream whole, rules;
	struct digest digest;
	digest_begin(&whole, "lasertwin library with the clinic's own/1");
	digest_begin(&rules, "lasertwin rules with the clinic's own/1");
	digest_add_text(&whole, lib->digest, strlen(lib->digest));
	digest_add_text(&rules, lib->rules_digest, strlen(lib->rules_digest));
	enum status st = overlay_devices(folder, lib, &whole, why);
	if (!st)
		st = overlay_limits(folder, lib, &rules, why);
	digest_end(&rules, &digest);
	digest_hex(&digest, lib->rules_digest);
	digest_add_text(&whole, lib->rules_digest, strlen(lib->rules_digest));
	digest_end(&whole, &digest);
	digest_hex(&digest, lib->digest);
	return st;
}

enum status library_load_for_clinic(const char *folder, const char *clinic_folder, struct library **out,
                                    struct fail *why)
{
	enum status st = library_load(folder, out, why);
	if (!st && files_exists(clinic_folder))
		st = overlay(clinic_folder, *out, why);
	if (st)
		library_free(out);
	return st;
}

enum status library_load(const char *folder, struct library **out, struct fail *why)
{
	char path[PATH_SIZE];
	struct library *lib = calloc(1, sizeof *lib);
	*out = NULL;
	if (!lib)
		return fail_set(why, ST_FULL, "library", "out of memory");
	enum status st = digest_all(folder, lib->digest, why);
	if (!st)
		st = digest_folders(folder, 1, "lasertwin rules/1", lib->rules_digest, why);
	if (!st)
		st = load_devices(folder, lib, why);
	if (!st)
		st = join(path, folder, "safety", why);
	if (!st)
		st = ruleset_load(path, &lib->rules, why);
	if (!st)
		st = load_profile(folder, "protocols/protocols.json", take_protocols, lib, why);
	if (!st)
		st = load_profile(folder, "protocols/indications.json", take_unplanned, lib, why);
	if (!st)
		st = load_profile(folder, "protocols/published.json", take_published, lib, why);
	if (!st)
		st = load_profile(folder, "safety/pih.json", take_pih, lib, why);
	if (!st)
		st = check_protocols(lib, why);
	if (!st)
		st = check_unplanned(lib, why);
	if (!st)
		st = digest_again(folder, lib, why);
	if (st)
		library_free(&lib);
	*out = lib;
	return st;
}

size_t library_device_count(const struct library *library)
{
	return library->devices;
}

const struct device *library_device(const struct library *library, size_t index)
{
	return index < library->devices ? library->device[index] : NULL;
}

static const struct device *find_device(const struct library *library, const char *id)
{
	for (size_t i = 0; i < library->devices; i++)
		if (strcmp(library->device[i]->id, id) == 0)
			return library->device[i];
	return NULL;
}

static enum status no_device(const struct library *library, const char *wanted, struct fail *why)
{
	const char *ids[DEVICES_MAX];
	for (size_t i = 0; i < library->devices; i++)
		ids[i] = library->device[i]->id;
	const char *near = json_nearest(wanted, ids, library->devices);
	return fail_set(why, ST_NOT_FOUND, "device", "no profile \"%s\"%s%s%s; %zu profiles are in the library", wanted,
	                near ? "; did you mean \"" : "", near ? near : "", near ? "\"" : "", library->devices);
}

static enum status no_mode(const struct device *device, const char *wanted, struct fail *why)
{
	char known[256];
	int used = 0;
	for (size_t i = 0; i < device->modes && used < (int)sizeof known; i++)
		used += snprintf(known + used, sizeof known - (size_t)used, "%s%s", i ? ", " : "", device->mode[i].id);
	return fail_set(why, ST_NOT_FOUND, "device", "%s has no mode \"%s\"; it has %s", device->id, wanted, known);
}

enum status library_find_mode(const struct library *library, const char *device_mode, const struct device **device,
                              const struct device_mode **mode, struct fail *why)
{
	char device_id[DEVICE_ID_MAX], mode_id[DEVICE_ID_MAX];
	if (!device_mode_split(device_mode, device_id, mode_id))
		return fail_set(why, ST_INPUT, "device", "\"%s\" is not of the form profile.mode", device_mode);
	*device = find_device(library, device_id);
	if (!*device)
		return no_device(library, device_id, why);
	*mode = device_mode_find(*device, mode_id);
	return *mode ? ST_OK : no_mode(*device, mode_id, why);
}

static int by_letters(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum status check_word(struct words *words, const char *field, const char *word, struct fail *why)
{
	if (has_word(words, word))
		return ST_OK;
	char known[FAIL_TEXT_MAX];
	int used = 0;
	known[0] = '\0';
	qsort(words->word, words->count, sizeof words->word[0], by_letters);
	for (size_t i = 0; i < words->count && used < (int)sizeof known - 40; i++)
		used += snprintf(known + used, sizeof known - (size_t)used, "%s%s", i ? ", " : "", words->word[i]);
	const char *near = json_nearest(word, words->word, words->count);
	return fail_set(why, ST_INPUT, field, "\"%s\" is not known%s%s%s; known: %s", word,
	                near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "", known);
}

static enum status refuse_unplanned(const struct unplanned *u, struct fail *why)
{
	char see[FAIL_TEXT_MAX] = "";
	int used = 0;
	for (size_t i = 0; i < u->sees; i++)
		used += snprintf(see + used, sizeof see - (size_t)used, "%s%s", i ? ", " : ": ", u->see[i]);
	return fail_set(why, ST_INPUT, "indication", "\"%s\" is no indication here: %s%s", u->name, u->words, see);
}

enum status library_check_indication(const struct library *library, const char *indication, struct fail *why)
{
	struct words words = {0};
	indications_of(library, &words);
	for (size_t i = 0; i < library->unplanneds; i++)
		if (strcmp(library->unplanned[i].name, indication) == 0)
			return refuse_unplanned(&library->unplanned[i], why);
	return check_word(&words, "indication", indication, why);
}

enum status library_check_zone(const struct library *library, const char *zone, struct fail *why)
{
	const struct limits *limits = ruleset_limits(library->rules);
	struct words words = {0};
	for (size_t i = 0; limits_zone_name(limits, i); i++)
		add_word(&words, limits_zone_name(limits, i));
	return check_word(&words, "zones", zone, why);
}

const struct ruleset *library_rules(const struct library *library)
{
	return library->rules;
}

static bool protocol_speaks_of(const struct protocol *p, const struct device_mode *mode)
{
	bool any_wavelength = p->nm_min <= 0.0 && !isfinite(p->nm_max);
	if (!any_wavelength && !(mode->wavelength_nm >= p->nm_min && mode->wavelength_nm <= p->nm_max))
		return false;
	for (size_t c = 0; c < p->classes; c++)
		if (strcmp(p->mode_class[c], mode->mode_class) == 0)
			return true;
	return false;
}

const struct protocol *library_protocol(const struct library *library, const char *indication,
                                        const char *device_mode)
{
	const struct protocol *of_class = NULL;
	const struct device *device;
	const struct device_mode *mode;
	struct fail unknown;
	if (library_find_mode(library, device_mode, &device, &mode, &unknown))
		return NULL;
	for (size_t i = 0; i < library->protocols; i++) {
		const struct protocol *p = &library->protocol[i];
		if (strcmp(p->indication, indication) != 0)
			continue;
		if (strcmp(p->device_mode, device_mode) == 0)
			return p;
		if (!of_class && protocol_speaks_of(p, mode))
			of_class = p;
	}
	return of_class;
}

const struct pih_series *library_pih(const struct library *library, const struct protocol *protocol)
{
	return protocol->pih_series[0] ? pih_find(&library->pih, protocol->pih_series) : NULL;
}

size_t library_protocol_count(const struct library *library)
{
	return library->protocols;
}

const struct protocol *library_protocol_at(const struct library *library, size_t index)
{
	return index < library->protocols ? &library->protocol[index] : NULL;
}

size_t library_published_count(const struct library *library)
{
	return library->publications;
}

const struct published *library_published_at(const struct library *library, size_t index)
{
	return index < library->publications ? &library->published[index] : NULL;
}

const char *library_digest(const struct library *library)
{
	return library->digest;
}

const char *library_rules_digest(const struct library *library)
{
	return library->rules_digest;
}

const char *library_device_digest(const struct library *library, const char *device_id)
{
	for (size_t i = 0; i < library->devices; i++)
		if (strcmp(library->device[i]->id, device_id) == 0)
			return library->device_digest[i];
	return NULL;
}
