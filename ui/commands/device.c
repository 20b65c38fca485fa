/* The daily output checks of consoles and handpieces: listed, entered, revoked by a fault. */
#include "ui/commands/commands.h"
#include "ui/commands/records.h"
#include "ui/commands/station.h"

static void print_entry(const struct cli_options *options, const struct calibration_entry *e)
{
	char when[32], numbers[160];
	const bool is_check = e->standing != CALIBRATION_FAULT && e->standing != CALIBRATION_UNREADABLE;
	station_date(e->at_ms, when, sizeof when);
	(void)snprintf(numbers, sizeof numbers, "%g of %g %s (%+.1f %%)", e->measured, e->set, e->unit,
	               100.0 * (e->measured - e->set) / e->set);
	station_say(options, "%s  %-12s  %-12s  %-12s  %-28s  %s", when, calibration_standing_name(e->standing), e->serial,
	            e->handpiece_serial, is_check ? numbers : e->reason, e->actor);
}

static void add_entry(struct json_out *out, const struct calibration_entry *e)
{
	char at[RECORDS_TIME_SIZE];
	json_out_object(out, NULL);
	json_out_text(out, "record", e->uuid);
	json_out_text(out, "at", records_time(e->at_ms, at));
	json_out_text(out, "standing", calibration_standing_name(e->standing));
	json_out_text_if(out, "console", e->serial);
	json_out_text_if(out, "handpiece", e->handpiece_serial);
	if (e->set > 0.0) {
		json_out_micro(out, "set", llround(1e6 * e->set));
		json_out_micro(out, "measured", llround(1e6 * e->measured));
	}
	json_out_text_if(out, "unit", e->unit);
	json_out_text_if(out, "reason", e->reason);
	json_out_text(out, "by", e->actor);
	json_out_end_object(out);
}

static enum status print_json(const struct calibration_entry *entry, size_t count, struct fail *why)
{
	struct json_out out;
	records_json_begin(&out);
	json_out_array(&out, NULL);
	for (size_t i = 0; i < count; i++)
		add_entry(&out, &entry[i]);
	json_out_end_array(&out);
	return records_json_print(&out, why);
}

static enum status list_checks(struct station *s, struct fail *why)
{
	const struct calibration_day day = {s->w.clock.now_ms, s->w.ahead_ms};
	const char *console = s->options->operands > 0 ? s->options->operand[0] : NULL;
	struct calibration_entry *entry = NULL;
	size_t count = 0;
	enum status st = calibration_list(s->w.store, console, &day, &entry, &count, why);
	if (!st && cli_flag(s->options, "--json"))
		st = print_json(entry, count, why);
	else
		for (size_t i = 0; !st && i < count; i++)
			print_entry(s->options, &entry[i]);
	if (!st && count == 0 && !cli_flag(s->options, "--json"))
		station_say(s->options, "No output checks.");
	free(entry);
	return st;
}

int command_device_calibrations(const struct cli_options *options)
{
	return station_run(options, STATION_READS, list_checks);
}

static enum status number(const char *field, const char *text, double *out, struct fail *why)
{
	char *end;
	*out = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*out)
	               ? ST_OK
	               : fail_set(why, ST_INPUT, field, "\"%.20s\" is not a number", text);
}

static enum status calibrate(struct station *s, struct fail *why)
{
	const char *const *operand = s->options->operand;
	struct calibration c = {.serial = operand[0], .handpiece_serial = operand[1], .unit = operand[4]};
	enum status st = number("set", operand[2], &c.set, why);
	if (!st)
		st = number("measured", operand[3], &c.measured, why);
	if (!st)
		st = workflow_calibrate(&s->w, &s->person, &c, why);
	if (!st)
		station_say(s->options, "Kept: %g of %g %s; it counts for %s with handpiece %s until the day ends or the "
		                        "console has a fault", c.measured, c.set, c.unit, c.serial, c.handpiece_serial);
	return st;
}

int command_device_calibrate(const struct cli_options *options)
{
	return station_run(options, STATION_READS, calibrate);
}

static enum status fault(struct station *s, struct fail *why)
{
	const char *reason = cli_value(s->options, "--reason");
	const char *handpiece = s->options->operands > 1 ? s->options->operand[1] : "";
	enum status st = workflow_device_fault(&s->w, &s->person, s->options->operand[0], handpiece,
	                                       reason ? reason : "", why);
	if (!st)
		station_say(s->options, "Kept: output checks of %s before this count no more", s->options->operand[0]);
	return st;
}

int command_device_fault(const struct cli_options *options)
{
	return station_run(options, STATION_READS, fault);
}
