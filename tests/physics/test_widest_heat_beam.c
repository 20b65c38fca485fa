/* The loops of the beam solver give the same bits in every set of registers this machine has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/heat_beam_kernel.c"

enum { CELLS = 37, BLOCKS = 2, RADII = 11, LANES = BLOCKS * HEAT_BEAM_LANES, STEPS = 39, PADDED = 48 };
enum { SIZE = CELLS * LANES };

struct loops {
	void (*step)(struct heat_beam_step *);
	void (*project)(const struct heat_beam_ring *);
	void (*singles)(const struct heat_beam_sum *);
	void (*doubles)(const struct heat_beam_sum_whole *);
	void (*turn)(const struct heat_beam_turn *);
	void (*keep)(const struct heat_beam_keep *);
};

static void plain_step(struct heat_beam_step *s)
{
	step_all(s);
}

static void plain_project(const struct heat_beam_ring *r)
{
	project_ring(r);
}

static void plain_singles(const struct heat_beam_sum *s)
{
	sum_singles(s);
}

static void plain_doubles(const struct heat_beam_sum_whole *s)
{
	sum_doubles(s);
}

static void plain_turn(const struct heat_beam_turn *t)
{
	turn_all(t);
}

static void plain_keep(const struct heat_beam_keep *k)
{
	keep_all(k);
}

/* Whatever the loops write. */
struct written {
	double stage[SIZE], next[SIZE], pivot[CELLS * HEAT_BEAM_LANES], seen[4 * CELLS], found[3];
	double deposit[SIZE], doubles[RADII * STEPS];
	float kept[SIZE], turned[HEAT_BEAM_LANES * PADDED], singles[RADII * STEPS];
};

static void step_once(const struct loops *loops, struct written *w)
{
	double cell[CELLS + 1], mu[LANES], state[SIZE], supply[SIZE];
	for (int i = 0; i <= CELLS; i++)
		cell[i] = 20.0 + 7.0 * sin(i);
	for (int i = 0; i < LANES; i++)
		mu[i] = 0.3 * i;
	for (int i = 0; i < SIZE; i++) {
		state[i] = 3.0 + sin(0.37 * i);
		supply[i] = 100.0 * cos(0.11 * i);
	}
	struct heat_beam_step s = {.cells = CELLS,
	                           .blocks = BLOCKS,
	                           .lit = 1,
	                           .theta_s = 0.3,
	                           .surface_W_m2K = 9.0,
	                           .capacity_J_m2K = cell,
	                           .conductance_W_m2K = cell,
	                           .sink_W_m2K = cell,
	                           .lateral_W_K = cell,
	                           .eigenvalue_1_m2 = mu,
	                           .supply_W_m2 = supply,
	                           .now = state,
	                           .stage = w->stage,
	                           .next = w->next,
	                           .pivot = w->pivot,
	                           .row = {supply, supply + 5},
	                           .seen = w->seen};
	loops->step(&s);
	w->found[0] = s.error;
	w->found[1] = s.size;
	w->found[2] = s.base_error;
	const struct heat_beam_ring ring = {CELLS, BLOCKS, 0.7, mu, cell, w->deposit};
	loops->project(&ring);
	const struct heat_beam_keep keep = {SIZE, state, w->kept};
	loops->keep(&keep);
}

static void sum_once(const struct loops *loops, struct written *w)
{
	static double vector[(RADII + HEAT_BEAM_LANES) * LANES], panel[LANES * PADDED];
	static float vector_single[(RADII + HEAT_BEAM_LANES) * LANES], panel_single[LANES * PADDED];
	const size_t modes[] = {LANES, 20, 3};
	for (int i = 0; i < RADII * LANES; i++)
		vector_single[i] = (float)(vector[i] = sin(0.7 * i));
	for (int i = 0; i < LANES * PADDED; i++)
		panel_single[i] = (float)(panel[i] = cos(0.13 * i));
	const struct heat_beam_sum singles = {
	        RADII, LANES, STEPS, PADDED, STEPS, modes, vector_single, panel_single, w->singles};
	const struct heat_beam_sum_whole doubles = {RADII, LANES, STEPS, PADDED, STEPS, modes, vector, panel, w->doubles};
	loops->singles(&singles);
	loops->doubles(&doubles);
	const struct heat_beam_turn turn = {15, LANES, PADDED, panel_single, w->turned};
	loops->turn(&turn);
}

static void same_bits(const struct loops *loops)
{
	static const struct loops plain = {plain_step, plain_project, plain_singles, plain_doubles, plain_turn, plain_keep};
	static struct written want, got;
	memset(&want, 0, sizeof want);
	memset(&got, 0, sizeof got);
	step_once(&plain, &want);
	sum_once(&plain, &want);
	step_once(loops, &got);
	sum_once(loops, &got);
	assert_true(want.found[0] > 0.0 && want.found[1] > 0.0 && want.found[2] > 0.0);
	assert_memory_equal(&want, &got, sizeof want);
}

static void every_machine_gives_the_same(void **state)
{
	(void)state;
	static const struct loops chosen = {
	        step_widest, project_widest, singles_widest, doubles_widest, turn_widest, keep_widest};
	same_bits(&chosen);
#if defined(__x86_64__)
	static const struct loops wide = {step_widest_wide,    project_widest_wide, singles_widest_wide,
	                                  doubles_widest_wide, turn_widest_wide,    keep_widest_wide};
	static const struct loops widest = {step_widest_widest,    project_widest_widest, singles_widest_widest,
	                                    doubles_widest_widest, turn_widest_widest,    keep_widest_widest};
	if (__builtin_cpu_supports("avx2"))
		same_bits(&wide);
	if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
		same_bits(&widest);
#endif
}

/* Singles are doubles to rounding; columns beyond the modes that matter are left out of both. */
static void sums_in_single_precision_are_those_in_double(void **state)
{
	(void)state;
	static const struct loops chosen = {
	        step_widest, project_widest, singles_widest, doubles_widest, turn_widest, keep_widest};
	static struct written got;
	sum_once(&chosen, &got);
	for (size_t i = 0; i < RADII * STEPS; i++)
		assert_true(fabs((double)got.singles[i] - got.doubles[i]) < 2e-6 * LANES);
	for (size_t lane = 0; lane < HEAT_BEAM_LANES; lane++)
		for (size_t step = 0; step < 15; step++)
			assert_true(got.turned[lane * PADDED + step] == (float)cos(0.13 * (double)(step * LANES + lane)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_machine_gives_the_same),
	                                   cmocka_unit_test(sums_in_single_precision_are_those_in_double)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
