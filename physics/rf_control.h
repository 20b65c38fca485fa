/* What a radiofrequency generator does while the tissue changes: modes, limits, cut-offs, packs of pulses.
 *
 * Pure: the state is the caller's. rf_control_plan says when the generator may be on; rf_control_drive what
 * voltage it gives for the load it sees; rf_control_observe takes note of a finished step and says whether it
 * stops.
 */
#ifndef LASERTWIN_RF_CONTROL_H
#define LASERTWIN_RF_CONTROL_H

#include "physics/rf.h"

enum rf_control_mode {
	RF_CONTROL_VOLTAGE = 0, /* value: V rms */
	RF_CONTROL_CURRENT,     /* A rms */
	RF_CONTROL_POWER,       /* W into the load */
	RF_CONTROL_ENERGY,      /* J; delivered at power_W, then off */
	RF_CONTROL_TEMPERATURE, /* C at the sensor; PI with at most power_W */
	RF_CONTROL_MODES
};

enum rf_stop {
	RF_STOP_TIME = 0,       /* the programme ran to its end */
	RF_STOP_ENERGY,         /* the energy asked for is delivered */
	RF_STOP_IMPEDANCE_LOW,  /* |Z| below the window */
	RF_STOP_IMPEDANCE_HIGH, /* |Z| above it */
	RF_STOP_IMPEDANCE_RISE, /* |Z| risen by the factor over its least value: drying out */
	RF_STOP_TEMPERATURE,    /* the sensor passed the cut-off */
	RF_STOPS
};

/* Zero means no limit, except where said. */
struct rf_control {
	enum rf_control_mode mode;
	double value;
	double power_W;                /* energy and temperature modes: > 0 */
	double start_s, on_s;          /* first pulse; length of each, > 0 */
	double off_s;                  /* between pulses */
	size_t packs;                  /* pulses; 0 means 1 */
	double gain_W_K, gain_W_Ks;    /* of the PI controller; 0, 0: power_W / 2 K and power_W / (2 K s) */
	double most_V, most_A, most_W; /* of the generator: the output is held there and reported limited */
	double least_ohm, most_ohm;    /* window of |Z| */
	double rise_factor;            /* > 1 */
	double cutoff_C;               /* at the sensor */
};

struct rf_control_state {
	double energy_J, integral_W, least_ohm;
	bool stopped;
	enum rf_stop stop;
};

struct rf_output {
	double voltage_V, current_A, power_W; /* rms; into the load */
	bool limited;                         /* a limit of the generator held it below what the mode asks */
};

const char *rf_stop_name(enum rf_stop stop);

/* Refuses by field a mode, value or time that makes no sense. */
enum status rf_control_check(const struct rf_control *control, struct fail *why) MUST_CHECK;

size_t rf_control_packs(const struct rf_control *control);
double rf_control_on_s(const struct rf_control *control, size_t pack); /* start of a pulse */
double rf_control_end_s(const struct rf_control *control);             /* end of the last */
bool rf_control_is_on(const struct rf_control *control, double time_s);

struct rf_output rf_control_drive(const struct rf_control *control, const struct rf_control_state *state,
                                  double complex load_ohm, double sensor_C);

/* Longest step at this output before the energy asked for is delivered; INFINITY in other modes. */
double rf_control_step_s(const struct rf_control *control, const struct rf_control_state *state,
                         const struct rf_output *output);

void rf_control_observe(const struct rf_control *control, struct rf_control_state *state,
                        const struct rf_output *output, double complex load_ohm, double sensor_C,
                        double step_s);

#endif
