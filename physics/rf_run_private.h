/* The coupled run's state, shared by the march, the injury and the report. Private to physics/. */
#ifndef LASERTWIN_RF_RUN_PRIVATE_H
#define LASERTWIN_RF_RUN_PRIVATE_H

#include "physics/rf_bioheat.h"
#include "physics/rf_run.h"

/* ln rate = log_factor - barrier_K / T, from a temperature up. */
struct rf_kinetics {
	int branches;
	double from_C[2], log_factor[2], barrier_K[2];
};

struct rf_run {
	struct rf_run_problem problem; /* borrowed pointers are valid while it runs only */
	struct rf_axisym *grid;
	struct rf_bioheat heat;
	double renew_frac, time_refine;
	double ambient_C[2]; /* beside, under */
	double *block;       /* owns the cell arrays below */
	double *factor, *ahead, *before_C, *start_C, *rest_sink_W_K;
	double *peak_C, *cem43_min, *cem_rate, *vessels, *vessel_rate;
	double *omega, *omega_rate; /* sets x cells */
	struct rf_kinetics kinetics[RF_RUN_SETS_MAX], vessel_kinetics;
	struct rf_control_state state;
	double stop_s, last_step_s;
	double complex load_ohm;
	bool solved, limited;
	size_t renewals;
	size_t steps, capacity;
	struct rf_run_step *history;
	double *probe_C[RF_RUN_PROBES_MAX];
};

enum status rf_run_check(const struct rf_run_problem *problem, struct fail *why) MUST_CHECK;
enum status rf_run_allocate(struct rf_run *run, struct fail *why) MUST_CHECK;

/* Injury: rates at the start; what a finished step adds, temperature linear within it. */
void rf_run_injury_start(struct rf_run *run);
void rf_run_injure(struct rf_run *run, double step_s);

#endif
