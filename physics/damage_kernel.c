/* Loops over temperature histories, written for vector registers of four (wider comparisons are taken apart by the
 * compiler; AVX-512 has twice as many of them). */
#include "physics/damage_kernel.h"

#include "physics/base/widest.h"

#ifdef __clang__
#pragma clang fp contract(off)
#endif
/* All that returns a vector is inlined: no call has to agree on registers. Both compilers obey this. */
#pragma GCC diagnostic ignored "-Wpsabi"

#define KELVIN 273.15
#define EXPONENT_LIMIT 700.0
#define MEAN_BY_SERIES 1e-4 /* ends this close: relative error of the plain mean below 1e-9 */

typedef double lanes __attribute__((vector_size(DAMAGE_LANES * sizeof(double)), aligned(8), may_alias));
typedef long long masks __attribute__((vector_size(DAMAGE_LANES * sizeof(long long)), aligned(8), may_alias));

#define INLINE static inline __attribute__((always_inline))

struct call {
	const struct damage_kinetics *kinetics; /* NULL: the highest is asked for */
	const struct damage_history *history;
	double factor, cutoff_C, sum;
	size_t next, lefts, *left;
};

INLINE lanes load(const double *from)
{
	lanes v;
	memcpy(&v, from, sizeof v);
	return v;
}

INLINE lanes every(double value)
{
	return value - (lanes){0};
}

INLINE lanes choose(masks which, lanes yes, lanes no)
{
	return (lanes)((which & (masks)yes) | (~which & (masks)no));
}

INLINE lanes smaller(lanes a, lanes b)
{
	return choose(a < b, a, b);
}

INLINE lanes larger(lanes a, lanes b)
{
	return choose(a > b, a, b);
}

INLINE bool all(masks m)
{
	long long both = -1;
	for (int k = 0; k < DAMAGE_LANES; k++)
		both &= m[k];
	return both != 0;
}

/* e to the x: x = k ln 2 + r with |r| <= 0.347, the series of r to the 12th power (remainder below 2e-16), and k into
 * the exponent. |x| is held at 700. The series is summed in pairs (Estrin 1960): a chain of products would wait. */
INLINE lanes exponential(lanes x)
{
	/* adding it leaves the nearest whole number in the low bits */
	static const double whole = 6755399441055744.0, ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
	x = smaller(larger(x, every(-EXPONENT_LIMIT)), every(EXPONENT_LIMIT));
	lanes shifted = x * 1.4426950408889634 + whole, k = shifted - whole;
	lanes r = (x - k * ln2_high) - k * ln2_low, r2 = r * r, r4 = r2 * r2, r8 = r4 * r4;
	lanes from0 = (1.0 + r) + r2 * (1.0 / 2.0 + r * (1.0 / 6.0));
	lanes from4 = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5040.0));
	lanes from8 = (1.0 / 40320.0 + r * (1.0 / 362880.0)) + r2 * (1.0 / 3628800.0 + r * (1.0 / 39916800.0));
	lanes sum = (from0 + r4 * from4) + r8 * (from8 + r4 * (1.0 / 479001600.0));
	masks exponent = ((masks)shifted - (masks)every(whole) + 1023) << 52;
	return sum * (lanes)exponent;
}

/* The last lane of the group before, then all but the last of this one. */
INLINE lanes shifted_in(lanes before, lanes here)
{
	double both[2 * DAMAGE_LANES];
	memcpy(both, &before, sizeof before);
	memcpy(both + DAMAGE_LANES, &here, sizeof here);
	return load(both + DAMAGE_LANES - 1);
}

INLINE lanes temperature_C(const struct damage_history *h, double factor, size_t i)
{
	lanes value = load(h->base_C + i);
	if (h->response)
		value += factor * load(h->response + i);
	return value;
}

/* Mean of exp over a segment whose exponent is linear between its ends. */
INLINE lanes logarithmic_mean(lanes x0, lanes e0, lanes x1, lanes e1)
{
	lanes step = x1 - x0;
	masks close = (step < MEAN_BY_SERIES) & (step > -MEAN_BY_SERIES);
	return choose(close, 0.5 * (e0 + e1), (e1 - e0) / choose(close, every(1.0), step));
}

INLINE masks is_simple(const struct damage_kinetics *k, lanes first_C, lanes last_C)
{
	lanes step = last_C - first_C;
	masks inside = (first_C >= k->from_C) & (last_C >= k->from_C) & (first_C < k->to_C) & (last_C < k->to_C);
	return inside & (step <= DAMAGE_SEGMENT_MAX_K) & (step >= -DAMAGE_SEGMENT_MAX_K);
}

INLINE void add(struct call *c)
{
	const struct damage_history *h = c->history;
	const struct damage_kinetics *k = c->kinetics;
	lanes sum = {0}, last_x = {0}, last_e = {0};
	for (bool known = false; c->next + DAMAGE_LANES <= h->count && c->lefts + DAMAGE_LANES <= DAMAGE_LEFT_MAX;
	     c->next += DAMAGE_LANES) {
		lanes first_C = temperature_C(h, c->factor, c->next - 1), last_C = temperature_C(h, c->factor, c->next);
		masks cold = (first_C <= c->cutoff_C) & (last_C <= c->cutoff_C);
		if (all(cold)) {
			known = false;
			continue;
		}
		masks simple = is_simple(k, first_C, last_C), ready = simple & ~cold;
		if (!all(simple | cold))
			for (size_t lane = 0; lane < DAMAGE_LANES; lane++)
				if (!simple[lane] && !cold[lane])
					c->left[c->lefts++] = c->next + lane;
		if (!known) { /* every lane the first temperature; only the last one is read */
			last_x = k->log_factor - k->barrier_K / (every(first_C[0]) + KELVIN);
			last_e = exponential(last_x);
		}
		lanes x1 = k->log_factor - k->barrier_K / (last_C + KELVIN), e1 = exponential(x1);
		lanes mean = logarithmic_mean(shifted_in(last_x, x1), shifted_in(last_e, e1), x1, e1);
		lanes duration_s = load(h->time_s + c->next) - load(h->time_s + c->next - 1);
		sum += choose(ready, duration_s * mean, every(0.0));
		last_x = x1;
		last_e = e1;
		known = true;
	}
	c->sum = 0.0;
	for (int lane = 0; lane < DAMAGE_LANES; lane++)
		c->sum += sum[lane];
}

INLINE void find_highest(struct call *c)
{
	const struct damage_history *h = c->history;
	lanes highest = every(-INFINITY);
	double best = -INFINITY;
	size_t i = 0;
	for (; i + DAMAGE_LANES <= h->count; i += DAMAGE_LANES)
		highest = larger(highest, temperature_C(h, c->factor, i));
	for (int lane = 0; lane < DAMAGE_LANES; lane++)
		best = highest[lane] > best ? highest[lane] : best;
	for (; i < h->count; i++) {
		double value = h->base_C[i] + (h->response ? c->factor * h->response[i] : 0.0);
		best = value > best ? value : best;
	}
	c->sum = best;
}

INLINE void run(struct call *c)
{
	if (c->kinetics)
		add(c);
	else
		find_highest(c);
}

WIDEST(dispatch, run, struct call *)

size_t damage_kernel_omega(const struct damage_kinetics *kinetics, const struct damage_history *history, double factor,
                           double cutoff_C, size_t from, double *omega, size_t left[DAMAGE_LEFT_MAX], size_t *lefts)
{
	struct call c = {kinetics, history, factor, cutoff_C, 0.0, from, 0, left};
	dispatch(&c);
	*omega += c.sum;
	*lefts = c.lefts;
	return c.next;
}

double damage_kernel_highest(const double *base, const double *response, double factor, size_t count)
{
	const struct damage_history history = {count, NULL, base, response};
	struct call c = {.history = &history, .factor = factor};
	dispatch(&c);
	return c.sum;
}
