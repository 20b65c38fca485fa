/* Modes, limits and cut-offs of a generator. */
#include "physics/rf_control.h"

#define PROPORTIONAL_BAND_K 2.0
#define INTEGRAL_TIME_S 1.0
#define PACKS_MAX 900

static const char *const mode_name[RF_CONTROL_MODES] = {"voltage", "current", "power", "energy",
                                                        "temperature"};
static const char *const stop_name[RF_STOPS] = {
        [RF_STOP_TIME] = "end of programme",
        [RF_STOP_ENERGY] = "energy delivered",
        [RF_STOP_IMPEDANCE_LOW] = "impedance below its window",
        [RF_STOP_IMPEDANCE_HIGH] = "impedance above its window",
        [RF_STOP_IMPEDANCE_RISE] = "impedance rising",
        [RF_STOP_TEMPERATURE] = "temperature cut-off",
};

const char *rf_stop_name(enum rf_stop stop)
{
	return (unsigned)stop < RF_STOPS ? stop_name[stop] : "unknown";
}

static bool at_least_zero(double value)
{
	return value >= 0.0 && isfinite(value);
}

static enum status mode_check(const struct rf_control *c, struct fail *why)
{
	if ((unsigned)c->mode >= RF_CONTROL_MODES)
		return fail_set(why, ST_INPUT, "control.mode", "unknown mode %d", (int)c->mode);
	if (!at_least_zero(c->value))
		return fail_set(why, ST_RANGE, "control.value", "%s %g: must be 0 or more",
		                mode_name[c->mode], c->value);
	bool needs_power = c->mode == RF_CONTROL_ENERGY || c->mode == RF_CONTROL_TEMPERATURE;
	if (needs_power && !(c->power_W > 0.0 && isfinite(c->power_W)))
		return fail_set(why, ST_RANGE, "control.power_W",
		                "%s control needs a power above 0, not %g W", mode_name[c->mode], c->power_W);
	return ST_OK;
}

enum status rf_control_check(const struct rf_control *c, struct fail *why)
{
	enum status st = mode_check(c, why);
	if (st)
		return st;
	if (!(c->on_s > 0.0) || !isfinite(c->on_s))
		return fail_set(why, ST_RANGE, "control.on_s", "pulse of %g s: must be above 0", c->on_s);
	if (c->packs > PACKS_MAX)
		return fail_set(why, ST_RANGE, "control.packs", "%zu pulses; at most %d", c->packs,
		                PACKS_MAX);
	const struct {
		double value;
		const char *field;
	} entry[] = {{c->start_s, "control.start_s"},   {c->off_s, "control.off_s"},
	             {c->gain_W_K, "control.gain_W_K"}, {c->gain_W_Ks, "control.gain_W_Ks"},
	             {c->most_V, "control.most_V"},     {c->most_A, "control.most_A"},
	             {c->most_W, "control.most_W"},     {c->least_ohm, "control.least_ohm"},
	             {c->most_ohm, "control.most_ohm"}, {c->rise_factor, "control.rise_factor"},
	             {c->cutoff_C, "control.cutoff_C"}};
	for (size_t i = 0; i < sizeof entry / sizeof entry[0]; i++)
		if (!at_least_zero(entry[i].value))
			return fail_set(why, ST_RANGE, entry[i].field, "%g: must be 0 or more",
			                entry[i].value);
	if (c->packs > 1 && !(c->off_s > 0.0))
		return fail_set(why, ST_RANGE, "control.off_s", "pulses of a pack need a pause above 0 s");
	if (c->rise_factor > 0.0 && !(c->rise_factor > 1.0))
		return fail_set(why, ST_RANGE, "control.rise_factor", "%g: must be above 1", c->rise_factor);
	if (c->most_ohm > 0.0 && !(c->most_ohm > c->least_ohm))
		return fail_set(why, ST_RANGE, "control.most_ohm", "window from %g to %g ohm is empty",
		                c->least_ohm, c->most_ohm);
	return ST_OK;
}

size_t rf_control_packs(const struct rf_control *c)
{
	return c->packs > 0 ? c->packs : 1;
}

double rf_control_on_s(const struct rf_control *c, size_t pack)
{
	return c->start_s + (double)pack * (c->on_s + c->off_s);
}

double rf_control_end_s(const struct rf_control *c)
{
	return rf_control_on_s(c, rf_control_packs(c) - 1) + c->on_s;
}

bool rf_control_is_on(const struct rf_control *c, double time_s)
{
	if (!(time_s >= c->start_s && time_s < rf_control_end_s(c)))
		return false;
	double period_s = c->on_s + c->off_s;
	return fmod(time_s - c->start_s, period_s) < c->on_s;
}

/* PI with the integral kept by the state; P alone would settle below the target. */
static double wanted_W(const struct rf_control *c, const struct rf_control_state *state, double sensor_C)
{
	double gain_W_K = c->gain_W_K > 0.0 ? c->gain_W_K : c->power_W / PROPORTIONAL_BAND_K;
	return fmin(fmax(gain_W_K * (c->value - sensor_C) + state->integral_W, 0.0), c->power_W);
}

struct rf_output rf_control_drive(const struct rf_control *c, const struct rf_control_state *state,
                                  double complex load_ohm, double sensor_C)
{
	double modulus_ohm = cabs(load_ohm), per_volt2_W = creal(load_ohm) / (modulus_ohm * modulus_ohm);
	double voltage_V = c->value;
	if (state->stopped)
		return (struct rf_output){0};
	if (c->mode == RF_CONTROL_CURRENT)
		voltage_V = c->value * modulus_ohm;
	else if (c->mode == RF_CONTROL_POWER)
		voltage_V = sqrt(c->value / per_volt2_W);
	else if (c->mode == RF_CONTROL_ENERGY)
		voltage_V = sqrt(c->power_W / per_volt2_W);
	else if (c->mode == RF_CONTROL_TEMPERATURE)
		voltage_V = sqrt(wanted_W(c, state, sensor_C) / per_volt2_W);
	double most_V = INFINITY;
	if (c->most_V > 0.0)
		most_V = c->most_V;
	if (c->most_A > 0.0)
		most_V = fmin(most_V, c->most_A * modulus_ohm);
	if (c->most_W > 0.0)
		most_V = fmin(most_V, sqrt(c->most_W / per_volt2_W));
	bool limited = voltage_V > most_V;
	voltage_V = fmin(voltage_V, most_V);
	return (struct rf_output){voltage_V, voltage_V / modulus_ohm, voltage_V * voltage_V * per_volt2_W,
	                          limited};
}

double rf_control_step_s(const struct rf_control *c, const struct rf_control_state *state,
                         const struct rf_output *output)
{
	if (c->mode != RF_CONTROL_ENERGY || !(output->power_W > 0.0))
		return INFINITY;
	return fmax(c->value - state->energy_J, 0.0) / output->power_W;
}

static void stop(struct rf_control_state *state, enum rf_stop reason)
{
	state->stopped = true;
	state->stop = reason;
}

#define OUTPUT_SLACK 1e-9 /* rounding of powers and energies */

void rf_control_observe(const struct rf_control *c, struct rf_control_state *state,
                        const struct rf_output *output, double complex load_ohm, double sensor_C,
                        double step_s)
{
	double modulus_ohm = cabs(load_ohm);
	state->energy_J += output->power_W * step_s;
	if (state->stopped)
		return;
	if (c->mode == RF_CONTROL_TEMPERATURE) {
		double rate_W_Ks = c->gain_W_Ks > 0.0 ? c->gain_W_Ks
		                                      : c->power_W / (PROPORTIONAL_BAND_K * INTEGRAL_TIME_S);
		bool saturated = output->limited || (output->power_W >= c->power_W * (1.0 - OUTPUT_SLACK) &&
		                                     c->value > sensor_C);
		if (!saturated)
			state->integral_W = fmin(
			        fmax(state->integral_W + rate_W_Ks * (c->value - sensor_C) * step_s, 0.0),
			        c->power_W);
	}
	state->least_ohm = state->least_ohm > 0.0 ? fmin(state->least_ohm, modulus_ohm) : modulus_ohm;
	if (c->mode == RF_CONTROL_ENERGY && state->energy_J >= c->value * (1.0 - OUTPUT_SLACK))
		stop(state, RF_STOP_ENERGY);
	else if (c->cutoff_C > 0.0 && sensor_C >= c->cutoff_C)
		stop(state, RF_STOP_TEMPERATURE);
	else if (c->least_ohm > 0.0 && modulus_ohm < c->least_ohm)
		stop(state, RF_STOP_IMPEDANCE_LOW);
	else if (c->most_ohm > 0.0 && modulus_ohm > c->most_ohm)
		stop(state, RF_STOP_IMPEDANCE_HIGH);
	else if (c->rise_factor > 0.0 && modulus_ohm > c->rise_factor * state->least_ohm)
		stop(state, RF_STOP_IMPEDANCE_RISE);
}
