/* Elementary functions of sixteen floats at a time, and their random numbers. Include after the operations of
 * an instruction set. Every operation is exactly rounded, so all instruction sets give the same bits. */
#ifndef LASERTWIN_MONTECARLO_LANES_MATH_H
#define LASERTWIN_MONTECARLO_LANES_MATH_H

/* xoshiro128++ (Blackman & Vigna 2021, ACM TOMS 47:36), one generator in each lane. */
struct lane_rng {
	struct vi s0, s1, s2, s3;
};

LANE struct vi rotate(struct vi x, int bits)
{
	return vi_or(vi_left(x, bits), vi_right(x, 32 - bits));
}

LANE struct vi draw_bits(struct lane_rng *r)
{
	struct vi result = vi_add(rotate(vi_add(r->s0, r->s3), 7), r->s0), t = vi_left(r->s1, 9);
	r->s2 = vi_xor(r->s2, r->s0);
	r->s3 = vi_xor(r->s3, r->s1);
	r->s1 = vi_xor(r->s1, r->s2);
	r->s0 = vi_xor(r->s0, r->s3);
	r->s2 = vi_xor(r->s2, t);
	r->s3 = rotate(r->s3, 11);
	return result;
}

/* Uniform on (0, 1) from the upper 23 bits, centred in their cells: 2^-24 .. 1 - 2^-24, exactly. */
LANE struct vf unit_of(struct vi bits)
{
	struct vf one_to_two = vf_bits(vi_or(vi_right(bits, 9), vi_set(0x3f800000)));
	return vf_sub(one_to_two, vf_set(1.0f - 0x1p-24f));
}

/* -ln u for u in (0, 1): u = m 2^e with m in [sqrt(1/2), sqrt(2)), ln m by the polynomial of Cephes logf
 * (S. L. Moshier). Relative error below 2e-7. Pinned by test_montecarlo. */
LANE struct vf minus_log(struct vf u)
{
	const int sqrt_half = 0x3f3504f3;
	struct vi shifted = vi_sub(vi_bits(u), vi_set(sqrt_half));
	struct vf e = vf_of(vi_right_signed(shifted, 23));
	struct vf m = vf_bits(vi_add(vi_and(shifted, vi_set(0x007fffff)), vi_set(sqrt_half)));
	struct vf f = vf_sub(m, vf_set(1.0f)), square = vf_mul(f, f), p = vf_set(7.0376836292e-2f);
	p = vf_fma(p, f, vf_set(-1.1514610310e-1f));
	p = vf_fma(p, f, vf_set(1.1676998740e-1f));
	p = vf_fma(p, f, vf_set(-1.2420140846e-1f));
	p = vf_fma(p, f, vf_set(1.4249322787e-1f));
	p = vf_fma(p, f, vf_set(-1.6668057665e-1f));
	p = vf_fma(p, f, vf_set(2.0000714765e-1f));
	p = vf_fma(p, f, vf_set(-2.4999993993e-1f));
	p = vf_fma(p, f, vf_set(3.3333331174e-1f));
	struct vf tail = vf_fma(vf_mul(p, f), square, vf_mul(e, vf_set(-2.12194440e-4f)));
	struct vf log_m = vf_add(f, vf_fnma(vf_set(0.5f), square, tail));
	return vf_fnma(e, vf_set(0.693359375f), vf_sub(vf_set(0.0f), log_m));
}

/* sin(pi v) and cos(pi v) for v in [-1/2, 1/2]: odd and even polynomials through the Chebyshev nodes of v^2
 * (truncation 7e-9 and 3e-10); absolute error below 2e-7. Pinned by test_montecarlo. */
LANE struct vf sine_pi(struct vf v)
{
	struct vf w = vf_mul(v, v), p = vf_set(0.07765591228f);
	p = vf_fma(p, w, vf_set(-0.5982904113f));
	p = vf_fma(p, w, vf_set(2.550077387f));
	p = vf_fma(p, w, vf_set(-5.167710077f));
	return vf_mul(v, vf_fma(p, w, vf_set(3.14159264f)));
}

LANE struct vf cosine_pi(struct vf v)
{
	struct vf w = vf_mul(v, v), p = vf_set(-0.0243959321f);
	p = vf_fma(p, w, vf_set(0.2349370686f));
	p = vf_fma(p, w, vf_set(-1.335211949f));
	p = vf_fma(p, w, vf_set(4.058709155f));
	p = vf_fma(p, w, vf_set(-4.934802137f));
	return vf_fma(p, w, vf_set(1.0f));
}

#define SIGN_BIT ((int)0x80000000u)

LANE struct vf vf_negate(struct vf x)
{
	return vf_bits(vi_xor(vi_bits(x), vi_set(SIGN_BIT)));
}

LANE struct vf vf_size(struct vf x)
{
	return vf_bits(vi_and(vi_bits(x), vi_set(0x7fffffff)));
}

/* size with the sign of `sign`; size is not negative */
LANE struct vf vf_signed(struct vf size, struct vf sign)
{
	return vf_bits(vi_or(vi_bits(size), vi_and(vi_bits(sign), vi_set(SIGN_BIT))));
}

#endif
