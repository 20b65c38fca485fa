/* Uncertainty arithmetic: first-order, independent terms. */
#include "physics/base/estimate.h"

struct estimate estimate_of(double value, double sd)
{
	return (struct estimate){.value = value, .sd = sd, .flags = VALID};
}

struct estimate estimate_add(struct estimate a, struct estimate b)
{
	return (struct estimate){a.value + b.value, hypot(a.sd, b.sd), a.flags | b.flags};
}

struct estimate estimate_scale(struct estimate a, double factor)
{
	return (struct estimate){a.value * factor, a.sd * fabs(factor), a.flags};
}

struct estimate estimate_mul(struct estimate a, struct estimate b)
{
	return (struct estimate){a.value * b.value, hypot(a.sd * b.value, b.sd * a.value), a.flags | b.flags};
}

struct estimate estimate_combine(struct estimate a, struct estimate b)
{
	if (a.sd <= 0.0 || b.sd <= 0.0)
		return a.sd <= 0.0 ? a : b;
	double weight_a = 1.0 / (a.sd * a.sd);
	double weight_b = 1.0 / (b.sd * b.sd);
	double total = weight_a + weight_b;
	return (struct estimate){(weight_a * a.value + weight_b * b.value) / total, sqrt(1.0 / total),
	                         a.flags | b.flags};
}
