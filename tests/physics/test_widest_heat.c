/* The loops of the one-dimensional march give the same bits in every set of registers this machine has, and solve what
 * they are said to solve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/heat_kernel.c"

enum { CELLS_MAX = 41, SIZE = HEAT_FIELDS * CELLS_MAX, STEPS = 37 };

/* Whatever the loops write. */
struct written {
	double stage[SIZE], next[SIZE], pivot[SIZE], ratio[SIZE];
	struct heat_step_size size;
	float kept[SIZE], turned[HEAT_FIELDS * CELLS_MAX * STEPS], highest[CELLS_MAX * STEPS];
};

static double capacity[CELLS_MAX], conductance[CELLS_MAX + 1], sink[CELLS_MAX], now[SIZE], supply[SIZE];
static float state[STEPS * SIZE];

static void fill(void)
{
	for (int i = 0; i < CELLS_MAX; i++) {
		capacity[i] = exp(6.0 * sin(0.3 * i)); /* over five decades */
		conductance[i] = 900.0 + 800.0 * cos(0.7 * i);
		sink[i] = 3.0 + sin(i);
	}
	conductance[CELLS_MAX] = 40.0;
	for (int i = 0; i < SIZE; i++) {
		now[i] = 30.0 + 9.0 * sin(0.37 * i);
		supply[i] = 100.0 * cos(0.11 * i);
	}
	for (int i = 0; i < STEPS * SIZE; i++)
		state[i] = (float)sin(0.013 * i);
}

static struct heat_step step_of(size_t cells, bool changed, struct written *w)
{
	return (struct heat_step){.cells = cells,
	                          .changed = changed,
	                          .theta_s = 0.3,
	                          .surface_W_m2K = 9.0,
	                          .capacity_J_m2K = capacity,
	                          .conductance_W_m2K = conductance,
	                          .sink_W_m2K = sink,
	                          .supply_W_m2 = supply,
	                          .now = now,
	                          .stage = w->stage,
	                          .next = w->next,
	                          .pivot = w->pivot,
	                          .ratio = w->ratio};
}

struct loops {
	void (*step)(const struct call *);
	void (*turn)(const struct heat_turn *);
	void (*keep)(const struct keep *);
	void (*highest)(const struct heat_runs *);
};

static void plain_step(const struct call *c)
{
	run(c);
}

static void plain_turn(const struct heat_turn *t)
{
	turn_all(t);
}

static void plain_keep(const struct keep *k)
{
	keep_all(k);
}

static void plain_highest(const struct heat_runs *r)
{
	highest_all(r);
}

static const struct loops plain = {plain_step, plain_turn, plain_keep, plain_highest};

static void run_all(const struct loops *loops, size_t cells, struct written *w)
{
	memset(w, 0, sizeof *w);
	for (int again = 0; again < 2; again++) { /* factors are found, then used again */
		const struct heat_step step = step_of(cells, again == 0, w);
		const struct call call = {&step, &w->size};
		loops->step(&call);
	}
	const struct keep keep = {now, HEAT_FIELDS * cells, w->kept};
	loops->keep(&keep);
	const struct heat_turn turn = {cells, STEPS, state, {w->turned, w->turned + CELLS_MAX * STEPS}};
	loops->turn(&turn);
	const struct heat_runs runs = {cells, STEPS, (STEPS + HEAT_BLOCK - 1) / HEAT_BLOCK, state, w->highest};
	loops->highest(&runs);
}

static void same_bits(const struct loops *loops)
{
	static struct written want, got;
	for (size_t cells = 1; cells <= CELLS_MAX; cells++) {
		run_all(&plain, cells, &want);
		run_all(loops, cells, &got);
		assert_memory_equal(&want, &got, sizeof want);
	}
}

static void every_machine_gives_the_same(void **unused)
{
	(void)unused;
	fill();
	static const struct loops chosen = {dispatch, turn_widest, keep_widest, highest_widest};
	same_bits(&chosen);
#if defined(__x86_64__)
	static const struct loops wide = {dispatch_wide, turn_widest_wide, keep_widest_wide, highest_widest_wide};
	static const struct loops widest = {dispatch_widest, turn_widest_widest, keep_widest_widest, highest_widest_widest};
	if (__builtin_cpu_supports("avx2"))
		same_bits(&wide);
	if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
		same_bits(&widest);
#endif
}

static double of(const double *folded, size_t cells, size_t cell, size_t field)
{
	return folded[heat_fold_at(cells, cell, field)];
}

/* K x: what flows out of a cell. */
static double outflow(const double *folded, size_t cells, size_t i, size_t field)
{
	double here = of(folded, cells, i, field);
	double above = i > 0 ? of(folded, cells, i - 1, field) : 0.0, below = i + 1 < cells ? of(folded, cells, i + 1, field) : 0.0;
	double up = i > 0 ? conductance[i] : 9.0;
	return up * (here - above) + conductance[i + 1] * (here - below) + sink[i] * here;
}

/* Both stages leave nothing of their equations: (M + theta K) stage = M now + theta (2 s - K now), and
 * (M + theta K) next = M (a stage - b now) + theta s. */
static void both_stages_solve_their_equations(void **unused)
{
	(void)unused;
	static struct written w;
	fill();
	for (size_t cells = 1; cells <= CELLS_MAX; cells++) {
		struct heat_step step = step_of(cells, true, &w);
		heat_kernel_step(&step, &w.size);
		for (size_t f = 0; f < HEAT_FIELDS; f++)
			for (size_t i = 0; i < cells; i++) {
				double theta = step.theta_s, s = of(supply, cells, i, f), start = of(now, cells, i, f);
				double first = capacity[i] * start + theta * (2.0 * s - outflow(now, cells, i, f));
				double left = capacity[i] * of(w.stage, cells, i, f) + theta * outflow(w.stage, cells, i, f);
				double scale = 60.0 * (capacity[i] + 2000.0 * theta);
				assert_true(fabs(left - first) < 1e-13 * scale);
				double old = HEAT_FROM_STAGE * of(w.stage, cells, i, f) - HEAT_FROM_START * start;
				left = capacity[i] * of(w.next, cells, i, f) + theta * outflow(w.next, cells, i, f);
				assert_true(fabs(left - capacity[i] * old - theta * s) < 1e-13 * scale);
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_machine_gives_the_same),
	                                   cmocka_unit_test(both_stages_solve_their_equations)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
