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
