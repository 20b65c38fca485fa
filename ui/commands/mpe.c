/* `lasertwin mpe`: exposure limits and eyewear of a device mode, or of a beam given by numbers. */
#include "planner/plan/library.h"
#include "planner/safety/eye_safety.h"
#include "ui/commands/commands.h"

struct number_option {
	const char *name;
	double *value;
};

static enum status read_number(const char *name, const char *text, double *out, struct fail *why)
{
	char *end;
	double value = strtod(text, &end);
	if (end == text || *end != '\0' || !isfinite(value))
		return fail_set(why, ST_INPUT, name, "\"%.40s\" is not a number; the unit is in the option's name", text);
	*out = value;
	return ST_OK;
}

static enum status read_numbers(const struct cli_options *options, struct eye_safety_question *q, struct fail *why)
{
	const struct number_option rows[] = {
		{"--wavelength-nm", &q->wavelength_nm}, {"--pulse-s", &q->pulse_s},     {"--rate-hz", &q->rate_Hz},
		{"--time-s", &q->time_s},               {"--energy-j", &q->energy_J},   {"--beam-mm", &q->beam_mm},
		{"--divergence-mrad", &q->divergence_mrad},
	};
	enum status st = ST_OK;
	for (size_t i = 0; !st && i < sizeof rows / sizeof rows[0]; i++) {
		const char *text = cli_value(options, rows[i].name);
		if (text)
			st = read_number(rows[i].name, text, rows[i].value, why);
	}
	return st;
}

static enum status read_mode(const struct cli_options *options, struct eye_safety_question *q, struct fail *why)
{
	struct library *library = NULL;
	const struct device *device;
	const struct device_mode *mode;
	enum status st = cli_library(options, &library, why);
	if (!st)
		st = library_find_mode(library, options->operand[0], &device, &mode, why);
	if (!st)
		st = eye_safety_of_mode(device, mode, q, why);
	library_free(&library);
	return st;
}

/* The device's numbers first, then those given beside it. */
static enum status ask(const struct cli_options *options, struct eye_safety *out, struct fail *why)
{
	struct eye_safety_question q = {.wavelength_nm = NAN, .pulse_s = NAN, .time_s = NAN, .energy_J = NAN,
	                                .beam_mm = NAN, .divergence_mrad = NAN};
	enum status st = options->operands > 0 ? read_mode(options, &q, why) : ST_OK;
	if (!st)
		st = read_numbers(options, &q, why);
	if (!st && (isnan(q.wavelength_nm) || isnan(q.pulse_s)))
		st = fail_set(why, ST_INPUT, "mpe", "name a device mode, or give --wavelength-nm and --pulse-s");
	return st ? st : eye_safety(&q, out, why);
}

int command_mpe(const struct cli_options *options)
{
	struct eye_safety answer;
	struct fail why = {.text = ""};
	char *text = NULL;
	enum status st = ask(options, &answer, &why);
	if (!st)
		st = cli_flag(options, "--json") ? eye_safety_json(&answer, &text, &why)
		                                 : eye_safety_text(&answer, &text, &why);
	if (st)
		return cli_complain(options, st, &why);
	if (cli_flag(options, "--json"))
		printf("%s\n", text);
	else
		cli_print(stdout, cli_ascii(options), text);
	free(text);
	return 0;
}
