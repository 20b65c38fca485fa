/* What the program was started with: every option that a configuration file can hold, its value and what it does. */
#include "ui/lists.h"

static const struct listing_column columns[] = {{"setting", false, 0}, {"is", false, 0}, {"can be", false, 1}};
enum { IS_COLUMN = 1 };

void list_settings(struct listing *out, const struct list_setting *setting, size_t count, const char *path,
                   bool file_there)
{
	listing_note(out, ROLE_TEXT, "%s%s", path, file_there ? "" : " is not there yet; the first change makes it");
	listing_note(out, ROLE_DIM, "Left and Right change, Enter types, u undoes; at the start the command line goes first.");
	listing_section(out, "Settings", columns, sizeof columns / sizeof *columns, "");
	for (size_t i = 0; i < count; i++) {
		const struct list_setting *s = &setting[i];
		listing_row(out, s->name, ROLE_TEXT,
		            (const char *const[]){s->name, s->value[0] != '\0' ? s->value : "default", s->words});
		listing_cell_role(out, IS_COLUMN, s->value[0] != '\0' ? ROLE_STRONG : ROLE_DIM);
		listing_detail(out, "%s: %s", s->name, s->help);
		listing_detail(out, "In the file: %s = %s", s->name, s->words[0] != '\0' ? s->words : "VALUE");
	}
}
