/* The audit trail, latest first: who did what to what, bound to the entries before. */
#include "ui/lists.h"

static const struct listing_column columns[] = {
        {"entry", true, 0}, {"when (UTC)", false, 2}, {"who", false, 0}, {"did", false, 0}, {"what", false, 1}};

static void add_entry(struct listing *out, const struct store_audit *entry)
{
	char seq[24], when[LISTING_TIME_SIZE], digest[DIGEST_TEXT_SIZE];
	(void)snprintf(seq, sizeof seq, "%lld", (long long)entry->seq);
	listing_row(out, seq, ROLE_TEXT,
	            (const char *const[]){seq, listing_time(entry->at_ms, when), entry->actor, entry->action, entry->object});
	listing_detail(out, "Entry %s, %s UTC, by %s", seq, when, entry->actor);
	listing_detail(out, "%s %s", entry->action, entry->object);
	if (entry->has_digest) {
		digest_hex(&entry->digest, digest);
		listing_detail(out, "Content %s", digest);
	}
	digest_hex(&entry->chain, digest);
	listing_detail(out, "Chain %s", digest);
	digest_hex(&entry->seal, digest);
	listing_detail(out, "Seal %s", digest);
}

/* "audit 57" -> 57; 0: no entry is named. */
int64_t list_audit_named(const struct fail *fault)
{
	const char *texts[] = {fault->field, fault->text};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const char *at = strstr(texts[i], "audit ");
		const long long seq = at != NULL ? strtoll(at + strlen("audit "), NULL, 10) : 0;
		if (seq > 0)
			return seq;
	}
	return 0;
}

static void note_verified(struct listing *out, const struct list_audit *audit)
{
	const int64_t bad = list_audit_named(&audit->fault);
	if (!audit->verified) {
		listing_note(out, ROLE_DIM, "Y verifies every entry, checkpoint and the anchor.");
	} else if (audit->stopped) {
		listing_note(out, ROLE_CAUTION,
		             "STOPPED, NOT VERIFIED: entries 1 to %lld follow from one another; the rest, head and anchor were not "
		             "looked at. Y begins anew.",
		             (long long)audit->found.entries);
	} else if (audit->fault.code == ST_OK) {
		listing_note(out, ROLE_OK,
		             "VERIFIED: %lld entries follow from one another, %lld signed checkpoints hold (up to entry %lld); "
		             "seals take the recovery key (lasertwin audit verify).",
		             (long long)audit->found.entries, (long long)audit->found.checkpoints,
		             (long long)audit->found.last_signed);
	} else {
		listing_note(out, ROLE_STOP, "NOT INTACT: %s %s", audit->fault.field, audit->fault.text);
		if (bad > 0)
			(void)snprintf(out->select, sizeof out->select, "%lld", (long long)bad);
	}
}

void list_audit(struct listing *out, const struct list_audit *audit)
{
	char head[DIGEST_TEXT_SIZE];
	digest_hex(&audit->head.chain, head);
	listing_note(out, ROLE_TEXT, "Head, as printed on every sheet: entry %lld, %s", (long long)audit->head.seq, head);
	if (audit->rolled_back != NULL)
		listing_note(out, ROLE_STOP, "READ ONLY: %s", audit->rolled_back);
	note_verified(out, audit);
	if (audit->count > 0 && audit->count < (size_t)audit->head.seq) {
		out->span = (struct listing_span){audit->entry[0].seq, audit->entry[audit->count - 1].seq, audit->head.seq};
		listing_note(out, ROLE_DIM, "Entries %lld to %lld of %lld; past the last line come older ones, / searches these.",
		             (long long)out->span.last, (long long)out->span.first, (long long)out->span.total);
	}
	listing_section(out, "Audit trail, latest first", columns, sizeof columns / sizeof *columns, "It is empty.");
	for (size_t i = audit->count; i-- > 0;)
		add_entry(out, &audit->entry[i]);
}
