/* What a clinic's server sends: bundles cut into their entries, places, reasons, times, and resources read as rows of
 * ours. Whatever bytes come, a row or a refusal with a reason. */
#include "tests/fuzz/fuzz.h"

#include "planner/sync/base64.h"
#include "planner/sync/instant.h"
#include "planner/sync/mapping.h"
#include "planner/sync/reply.h"
#include "tests/support/fake_fhir.h"

static void try_resource(const struct mapping *mapping, struct span resource)
{
	struct mapped mapped;
	struct sync_place place;
	struct fail why = {.code = ST_OK};
	char reason[200];
	char *copy = fuzz_text((const uint8_t *)resource.at, resource.len);
	enum status st = mapping_read(mapping, copy, resource.len, &mapped, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	mapped_clear(&mapped);
	free(copy);
	st = reply_place(resource, FAKE_ID_SYSTEM, &place, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	reply_reason(resource, reason, sizeof reason);
	(void)reply_tagged(resource, FAKE_WRITE_SYSTEM, "x");
}

static void try_words(const char *text, size_t n)
{
	unsigned char *out = malloc(3 * (n / 4) + 2);
	char version[SYNC_VERSION_MAX + 1];
	struct sync_place place = {.type = ""};
	struct fail why;
	int64_t ms;
	size_t out_n;
	BUG_ON(!out);
	for (int kind = BASE64_PLAIN; kind <= BASE64_URL; kind++)
		if (base64_read(text, n, (enum base64_kind)kind, out, &out_n, &why) == ST_OK) {
			char *again = malloc(BASE64_SIZE(out_n));
			BUG_ON(!again);
			base64_write(out, out_n, (enum base64_kind)kind, again);
			BUG_ON(strlen(again) != n || memcmp(again, text, n) != 0);
			free(again);
		}
	free(out);
	(void)instant_read(text, &ms);
	(void)instant_read_http(text, &ms);
	(void)reply_etag(text, version);
	(void)reply_location(text, "Patient", &place);
	(void)reply_id_valid(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct mapping mapping;
	struct span whole, entries = {0}, item = {0};
	struct fail why;
	char *text = fuzz_text(bytes, n);
	if (!mapping.local[0])
		BUG_ON(mapping_init(&mapping, "https://clinic.example/fhir", &why) != ST_OK);
	if (span_object(text, n, &whole))
		try_resource(&mapping, whole);
	if (reply_bundle(text, n, "", &entries) && entries.at)
		while (span_each(entries, &item)) {
			struct reply_entry entry;
			struct span resource;
			reply_entry_read(item, &entry);
			if (span_member(item, "resource", &resource))
				try_resource(&mapping, resource);
		}
	try_words(text, n);
	free(text);
	return 0;
}
