/* Loops over temperature histories, written for vector registers of eight (taken apart where there are none so wide).
 *
 * Choices are made by the sign of differences: comparisons of eight numbers would be taken apart by the compiler. */
#include "physics/damage_kernel.h"

#include "physics/base/widest.h"

#ifdef __clang__
#pragma clang fp contract(off)
#endif
/* All that returns a vector is inlined: no call has to agree on registers. Both compilers obey this. */
#pragma GCC diagnostic ignored "-Wpsabi"

#define KELVIN 273.15
#define SIGN 63                  /* bits to the right of it */
#define WHOLE 6755399441055744.0 /* adding it leaves the nearest whole number in the low bits */

typedef double lanes __attribute__((vector_size(DAMAGE_LANES * sizeof(double)), aligned(8), may_alias));
typedef long long masks __attribute__((vector_size(DAMAGE_LANES * sizeof(long long)), aligned(8), may_alias));
typedef float singles __attribute__((vector_size(DAMAGE_LANES * sizeof(float)), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

enum loop { OMEGA, TEMPERATURE, HIGHEST };

struct call {
	enum loop what;
	const struct damage_kinetics *kinetics;
	const double *time_s, *temperature_C;
	const float *base_C, *response;
	double factor, cutoff_C, result, *out;
	size_t count;
};

INLINE lanes load(const double *from)
{
	lanes v;
	memcpy(&v, from, sizeof v);
	return v;
}

INLINE lanes load_singles(const float *from)
{
	singles v;
	memcpy(&v, from, sizeof v);
	return __builtin_convertvector(v, lanes);
}

INLINE lanes every(double value)
{
	return value - (lanes){0};
}

INLINE lanes choose(masks which, lanes yes, lanes no)
{
	return (lanes)((which & (masks)yes) | (~which & (masks)no));
}

/* a < b; for numbers whose difference is 0 only when they are equal, and not -0 then: any but two infinities and -0 */
INLINE masks below(lanes a, lanes b)
{
	return (masks)(a - b) >> SIGN;
}

INLINE lanes smaller(lanes a, lanes b)
{
	return choose(below(a, b), a, b);
}

INLINE lanes larger(lanes a, lanes b)
{
	return choose(below(a, b), b, a);
}

INLINE lanes size_of(lanes v)
{
	return (lanes)((masks)v & 0x7fffffffffffffffLL);
}

/* e to the x for |x| < 700: x = k ln 2 + r, |r| <= 0.347, the series of r to the 11th power (remainder below
 * 7e-15), and k into the exponent. The series is summed in pairs (Estrin 1960): a chain of products would wait. */
INLINE lanes exponential(lanes x)
{
	static const double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
	lanes shifted = x * 1.4426950408889634 + WHOLE, k = shifted - WHOLE;
	lanes r = (x - k * ln2_high) - k * ln2_low, r2 = r * r, r4 = r2 * r2;
	lanes from0 = (1.0 + r) + r2 * (1.0 / 2.0 + r * (1.0 / 6.0));
	lanes from4 = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5040.0));
	lanes from8 = (1.0 / 40320.0 + r * (1.0 / 362880.0)) + r2 * (1.0 / 3628800.0 + r * (1.0 / 39916800.0));
	lanes sum = from0 + r4 * (from4 + r4 * from8);
	masks exponent = ((masks)shifted - (masks)every(WHOLE) + 1023) << 52;
	return sum * (lanes)exponent;
}

/* sinh(h) / h by its series in q = h^2 to the 7th power: right to 1e-12 for h <= 1.4, half the exponent's change over
 * DAMAGE_SEGMENT_MAX_K from 44 C in the set with the highest barrier. */
INLINE lanes sinh_over(lanes q)
{
	lanes q2 = q * q;
	lanes from0 = 1.0 + q * (1.0 / 6.0), from2 = 1.0 / 120.0 + q * (1.0 / 5040.0);
	lanes from4 = 1.0 / 362880.0 + q * (1.0 / 39916800.0), from6 = 1.0 / 6227020800.0 + q * (1.0 / 1307674368000.0);
	return from0 + q2 * (from2 + q2 * (from4 + q2 * from6));
}

/* Whether a lane is set: halves are joined, for a loop over lanes would take them apart one by one. */
INLINE bool any(masks m)
{
	m |= __builtin_shufflevector(m, m, 4, 5, 6, 7, 0, 1, 2, 3);
	m |= __builtin_shufflevector(m, m, 2, 3, 0, 1, 6, 7, 4, 5);
	return (m[0] | m[1]) != 0;
}

/* Mean rate of segments that lie in the branch, from a to b kelvin and linear in time. There the exponent x is nearly
 * linear too, so it is the logarithmic mean, (e^x1 - e^x0) / (x1 - x0) = e^m sinh(h) / h with
 * m = (x0 + x1) / 2 = ln A - B (a + b) / 2ab and h = (x1 - x0) / 2 = B (b - a) / 2ab: one exponential, one division. */
INLINE lanes mean_rate(const struct damage_kinetics *k, lanes a, lanes b)
{
	lanes scale = 0.5 * k->barrier_K / (a * b), half = scale * (b - a);
	return exponential(k->log_factor - scale * (a + b)) * sinh_over(half * half);
}

INLINE double highest_lane(lanes v)
{
	v = larger(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3));
	v = larger(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5));
	return v[0] > v[1] ? v[0] : v[1];
}

/* The same of segments too large for one mean: of as many equal pieces of each as it takes. */
INLINE lanes mean_of_pieces(const struct damage_kinetics *k, lanes a, lanes b)
{
	lanes times = size_of(b - a) * (1.0 / DAMAGE_SEGMENT_MAX_K), one = every(1.0), sum = {0};
	lanes pieces = larger((times - 0.5 + WHOLE) - WHOLE + 1.0, one), step = (b - a) / pieces;
	double most = highest_lane(pieces);
	for (double piece = 0.0; piece < most; piece += 1.0) {
		lanes from = a + piece * step;
		sum += choose(below(every(piece), pieces), mean_rate(k, from, from + step), (lanes){0});
	}
	return sum / pieces;
}

/* What lies in the branch of segments of which some do not: it begins and ends at the branch's bounds and takes its
 * share of the time. */
INLINE lanes clipped_group(const struct damage_kinetics *k, lanes first_C, lanes last_C)
{
	lanes from_C = every(k->from_C), to_C = every(k->to_C), zero = {0};
	lanes begin_C = smaller(larger(first_C, from_C), to_C), end_C = smaller(larger(last_C, from_C), to_C);
	lanes step_K = last_C - first_C, inside_K = end_C - begin_C;
	masks still = ~(below(first_C, last_C) | below(last_C, first_C));
	masks in = ~below(last_C, from_C) & below(last_C, to_C);
	lanes share = choose(still, choose(in, every(1.0), zero), inside_K / choose(still, every(1.0), step_K));
	return share * mean_of_pieces(k, begin_C + KELVIN, end_C + KELVIN);
}

/* One group of segments. */
INLINE lanes group(const struct damage_kinetics *k, double cutoff_C, lanes duration_s, lanes first_C, lanes last_C)
{
	lanes from_C = every(k->from_C), to_C = every(k->to_C), zero = {0}, rate;
	lanes low_C = smaller(first_C, last_C), high_C = larger(first_C, last_C);
	masks counts = below(every(cutoff_C), high_C) & ~below(high_C, from_C) & below(low_C, to_C);
	counts &= below(zero, duration_s);
	if (!any(counts))
		return zero;
	masks outside = below(low_C, from_C) | ~below(high_C, to_C);
	if (any((outside | below(every(DAMAGE_SEGMENT_MAX_K), high_C - low_C)) & counts))
		rate = clipped_group(k, first_C, last_C);
	else
		rate = mean_rate(k, first_C + KELVIN, last_C + KELVIN);
	return choose(counts, duration_s * rate, zero);
}

/* The last group is filled up with nodes like the last, at the same time. */
INLINE lanes padded(const double *from, size_t there)
{
	double value[DAMAGE_LANES];
	for (size_t i = 0; i < DAMAGE_LANES; i++)
		value[i] = from[i < there ? i : there - 1];
	return load(value);
}

INLINE void add(struct call *c)
{
	const double *time_s = c->time_s, *history_C = c->temperature_C;
	const struct damage_kinetics kinetics = *c->kinetics;
	lanes sum = {0};
	size_t i = 1;
	for (; i + DAMAGE_LANES <= c->count; i += DAMAGE_LANES)
		sum += group(&kinetics, c->cutoff_C, load(time_s + i) - load(time_s + i - 1), load(history_C + i - 1),
		             load(history_C + i));
	if (i < c->count) {
		size_t there = c->count - i;
		sum += group(&kinetics, c->cutoff_C, padded(time_s + i, there) - padded(time_s + i - 1, there + 1),
		             padded(history_C + i - 1, there + 1), padded(history_C + i, there));
	}
	for (int lane = 0; lane < DAMAGE_LANES; lane++)
		c->result += sum[lane];
}

INLINE lanes temperature_C(const float *base_C, const float *response, double factor, size_t i)
{
	lanes value = load_singles(base_C + i);
	if (response)
		value += factor * load_singles(response + i);
	return value;
}

INLINE double one_C(const struct call *c, size_t i)
{
	return (double)c->base_C[i] + (c->response ? c->factor * (double)c->response[i] : 0.0);
}

INLINE void temperatures(const struct call *c)
{
	const float *base_C = c->base_C, *response = c->response;
	double factor = c->factor, *out = c->out;
	size_t i = 0, count = c->count;
	for (; i + DAMAGE_LANES <= count; i += DAMAGE_LANES) {
		lanes value = temperature_C(base_C, response, factor, i);
		memcpy(out + i, &value, sizeof value);
	}
	for (; i < count; i++)
		out[i] = one_C(c, i);
}

/* The last group overlaps the one before; maxima are slow to chain, so two chains go side by side. */
INLINE void find_highest(struct call *c)
{
	const float *base_C = c->base_C, *response = c->response;
	double best = -INFINITY, factor = c->factor;
	if (c->count >= DAMAGE_LANES) {
		size_t last = c->count - DAMAGE_LANES, i = DAMAGE_LANES;
		lanes highest = temperature_C(base_C, response, factor, 0), other = temperature_C(base_C, response, factor, last);
		for (; i + DAMAGE_LANES < last; i += 2 * DAMAGE_LANES) {
			highest = larger(highest, temperature_C(base_C, response, factor, i));
			other = larger(other, temperature_C(base_C, response, factor, i + DAMAGE_LANES));
		}
		if (i < last)
			highest = larger(highest, temperature_C(base_C, response, factor, i));
		best = highest_lane(larger(highest, other));
	}
	for (size_t i = 0; c->count < DAMAGE_LANES && i < c->count; i++) {
		double value = one_C(c, i);
		best = value > best ? value : best;
	}
	c->result = best;
}

INLINE void run(struct call *c)
{
	if (c->what == OMEGA)
		add(c);
	else if (c->what == TEMPERATURE)
		temperatures(c);
	else
		find_highest(c);
}

WIDEST(dispatch, run, struct call *)

double damage_kernel_omega(const struct damage_kinetics *kinetics, double cutoff_C, const double *time_s,
                           const double *history_C, size_t count)
{
	struct call c = {.what = OMEGA,
	                 .kinetics = kinetics,
	                 .cutoff_C = cutoff_C,
	                 .time_s = time_s,
	                 .temperature_C = history_C,
	                 .count = count};
	dispatch(&c);
	return c.result;
}

void damage_kernel_temperature(const float *base_C, const float *response, double factor, size_t count, double *out_C)
{
	struct call c = {
	        .what = TEMPERATURE, .base_C = base_C, .response = response, .factor = factor, .count = count, .out = out_C};
	dispatch(&c);
}

double damage_kernel_highest(const float *base_C, const float *response, double factor, size_t count)
{
	struct call c = {.what = HIGHEST, .base_C = base_C, .response = response, .factor = factor, .count = count};
	dispatch(&c);
	return c.result;
}
