#include "ui/commands/listing.h"

#include "ui/commands/commands.h"
#include "ui/commands/records.h"
#include "ui/libraries.h"

#define LINE_SIZE 4096

/* --- text ------------------------------------------------------------------------------------------------- */

/* Columns as wide as their widest cell, by what a terminal shows of each. */
static void add_cell(char *line, size_t *used, const struct listing_section *section, size_t column, const char *text)
{
	const int pad = section->width[column] - text_width(text);
	const int before = section->column[column].right && pad > 0 ? pad : 0;
	const int after = !section->column[column].right && pad > 0 && column + 1 < section->columns ? pad : 0;
	const int n = snprintf(line + *used, LINE_SIZE - *used, "%*s%s%*s%s", before, "", text, after, "",
	                       column + 1 < section->columns ? "  " : "");
	*used += n > 0 ? (size_t)n : 0;
	*used = *used < LINE_SIZE ? *used : LINE_SIZE - 1;
}

static void print_titles(const struct cli_options *options, const struct listing_section *section)
{
	char line[LINE_SIZE] = "  ";
	size_t used = 2;
	for (size_t i = 0; i < section->columns; i++)
		add_cell(line, &used, section, i, section->column[i].title);
	cli_print(stdout, cli_ascii(options), section->heading);
	cli_print(stdout, cli_ascii(options), section->rows > 0 ? line : section->empty);
}

static void print_row(const struct cli_options *options, const struct listing_section *section,
                      const struct listing_row *row)
{
	char line[LINE_SIZE] = "  ";
	size_t used = 2;
	for (size_t i = 0; i < section->columns; i++)
		add_cell(line, &used, section, i, row->cell[i]);
	cli_print(stdout, cli_ascii(options), line);
}

static void print_text(const struct cli_options *options, const struct listing *listing)
{
	if (listing->banner.is)
		cli_print(stdout, cli_ascii(options), listing->banner.text);
	for (size_t i = 0; i < listing->notes; i++)
		cli_print(stdout, cli_ascii(options), listing->note[i].text);
	for (size_t s = 0; s < listing->sections; s++) {
		print_titles(options, &listing->section[s]);
		for (size_t i = 0; i < listing->rows; i++)
			if (listing->row[i].section == s)
				print_row(options, &listing->section[s], &listing->row[i]);
	}
}

/* --- JSON ------------------------------------------------------------------------------------------------- */

static void add_details(struct json_out *out, const char *detail)
{
	char line[LINE_SIZE];
	json_out_array(out, "particulars");
	while (detail != NULL && *detail != '\0') {
		const size_t length = strcspn(detail, "\n");
		(void)snprintf(line, sizeof line, "%.*s", (int)length, detail);
		json_out_text(out, NULL, line);
		detail += length + (detail[length] == '\n');
	}
	json_out_end_array(out);
}

static void add_row(struct json_out *out, const struct listing_section *section, const struct listing_row *row)
{
	json_out_object(out, NULL);
	json_out_text(out, "key", row->key);
	for (size_t i = 0; i < section->columns; i++)
		json_out_text(out, section->column[i].title, row->cell[i]);
	add_details(out, row->detail);
	json_out_end_object(out);
}

static enum status print_json(const struct listing *listing, struct fail *why)
{
	struct json_out out;
	records_json_begin(&out);
	json_out_object(&out, NULL);
	if (listing->banner.is) {
		json_out_text(&out, "patient", listing->banner.text);
		json_out_bool(&out, "virtual", listing->banner.is_virtual);
	}
	json_out_array(&out, "notes");
	for (size_t i = 0; i < listing->notes; i++)
		json_out_text(&out, NULL, listing->note[i].text);
	json_out_end_array(&out);
	json_out_array(&out, "sections");
	for (size_t s = 0; s < listing->sections; s++) {
		json_out_object(&out, NULL);
		json_out_text(&out, "heading", listing->section[s].heading);
		json_out_array(&out, "rows");
		for (size_t i = 0; i < listing->rows; i++)
			if (listing->row[i].section == s)
				add_row(&out, &listing->section[s], &listing->row[i]);
		json_out_end_array(&out);
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	json_out_end_object(&out);
	return records_json_print(&out, why);
}

/* Whole, with the particulars of each line; --json: {"patient", "notes", "sections": [{"heading", "rows": [...]}]},
 * cells by their column's title, as the screen shows them. */
static enum status listing_print(const struct cli_options *options, const struct listing *listing, struct fail *why)
{
	if (cli_flag(options, "--json"))
		return print_json(listing, why);
	print_text(options, listing);
	return ST_OK;
}

/* --- commands --------------------------------------------------------------------------------------------- */

static enum status print_and_free(const struct cli_options *options, struct listing *made, struct fail *why)
{
	struct listing *listing = NULL;
	enum status status = listing_finish(made, ST_OK, &listing, why);
	if (status == ST_OK)
		status = listing_print(options, listing, why);
	listing_free(&listing);
	return status;
}

int command_about(const struct cli_options *options)
{
	struct list_library linked[LIBRARIES_MAX];
	struct library *library = NULL;
	struct listing *listing = NULL;
	struct fail why = {.text = ""};
	enum status status = cli_library(options, &library, &why);
	if (status == ST_OK)
		status = listing_new(&listing, &why);
	if (status == ST_OK) {
		list_about(listing, library, linked, libraries(linked));
		status = print_and_free(options, listing, &why);
	}
	library_free(&library);
	return status == ST_OK ? 0 : cli_complain(options, status, &why);
}

/* A screen's list of the open records. */
static enum status print_screen(const struct cli_options *options, struct clinic *clinic, enum screen screen,
                                const struct list_request *request, struct fail *why)
{
	struct library *library = NULL;
	struct listing *listing = NULL;
	enum status status = cli_library(options, &library, why);
	struct lists records = {clinic, library, .now_ms = cli_now_ms};
	const struct app_lists lists = lists_of(&records);
	if (status == ST_OK)
		status = lists.read(lists.context, screen, request, &listing, why);
	if (status == ST_OK)
		status = listing_print(options, listing, why);
	listing_free(&listing);
	library_free(&library);
	return status;
}

/* The demo logs its technician in by itself. */
static int with_records(const struct cli_options *options, records_work work)
{
	char profiles[CLI_PATH_MAX];
	struct clinic *clinic = NULL;
	struct fail why = {.text = ""};
	enum status status = cli_profiles(options, profiles, sizeof profiles, &why);
	if (status == ST_OK)
		status = records_open(options, profiles, records_kind(options), &clinic, &why);
	if (status == ST_OK)
		status = work(options, clinic, &why);
	clinic_close(&clinic);
	return status == ST_OK ? 0 : cli_complain(options, status, &why);
}

static enum status print_course(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	struct list_request request = {.patient_index = LIST_NOBODY};
	enum status status = clinic_find(clinic, options->operand[0], &request.patient_index, why);
	return status == ST_OK ? print_screen(options, clinic, SCREEN_COURSE, &request, why) : status;
}

int command_course(const struct cli_options *options)
{
	return with_records(options, print_course);
}

static enum status print_devices(const struct cli_options *options, struct clinic *clinic, struct fail *why)
{
	const struct list_request request = {.patient_index = LIST_NOBODY};
	return print_screen(options, clinic, SCREEN_PROFILES, &request, why);
}

int command_devices(const struct cli_options *options)
{
	return with_records(options, print_devices);
}
