/* Approvals as files and as signed bytes (canonical JSON, JWS, keys): refused with a reason; what is accepted is written
 * again as the same bytes. */
#include "tests/fuzz/fuzz.h"

#include "planner/plan/approval.h"

static void try_payload(const char *text, size_t n)
{
	static struct approval approval;
	struct fail why = {.code = ST_OK};
	char *again = NULL;
	size_t again_n = 0;
	if (approval_decode(text, n, &approval, &why) != ST_OK) {
		BUG_ON(!why.text[0]);
		return;
	}
	BUG_ON(approval_encode(&approval, &again, &again_n, &why) != ST_OK);
	BUG_ON(again_n != n || memcmp(again, text, n) != 0);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct approval approval;
	struct approval_document document = {0};
	struct fail why = {.code = ST_OK};
	char *text = fuzz_text(bytes, n);
	enum status st = approval_document_read("fuzz", text, n, &document, &why);
	BUG_ON(st != ST_OK && !why.text[0]);
	if (st == ST_OK) {
		try_payload(document.payload, document.payload_n);
		st = approval_verify(&document, &document.key, 1, &approval, &why);
		BUG_ON(st != ST_OK && !why.text[0]);
	}
	approval_document_clear(&document);
	try_payload(text, n);
	free(text);
	return 0;
}
