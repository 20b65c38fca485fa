/* Sixteen lanes on NEON (64-bit ARM), in four quarters: see montecarlo_lanes.h for what each operation means.
 * Minimum and maximum choose as those of x86 do, so that every instruction set gives the same bits. */
#ifndef LASERTWIN_MONTECARLO_NEON_H
#define LASERTWIN_MONTECARLO_NEON_H

#include <arm_neon.h>
#include <stdbool.h>
#include <stdint.h>

#define LANE static inline __attribute__((always_inline))
#define LANE_ENTRY

struct vf { float32x4_t v[4]; }; /* 16 floats */
struct vi { int32x4_t v[4]; };   /* 16 integers */
struct vd { float64x2_t v[4]; }; /* 8 doubles: half of the lanes */
struct vm { uint32x4_t v[4]; };  /* all bits of a lane, or none */

#define QUARTERS 4
#define EACH_QUARTER(type, expression) \
	do { \
		struct type out_; \
		for (int q = 0; q < QUARTERS; q++) \
			out_.v[q] = (expression); \
		return out_; \
	} while (0)

#define TWO(type, name, op) \
	LANE struct type name(struct type x, struct type y) { EACH_QUARTER(type, op(x.v[q], y.v[q])); }
#define COMPARE(name, op) LANE struct vm name(struct vf x, struct vf y) { EACH_QUARTER(vm, op(x.v[q], y.v[q])); }

TWO(vf, vf_add, vaddq_f32)
TWO(vf, vf_sub, vsubq_f32)
TWO(vf, vf_mul, vmulq_f32)
TWO(vf, vf_div, vdivq_f32)
TWO(vi, vi_add, vaddq_s32)
TWO(vi, vi_sub, vsubq_s32)
TWO(vi, vi_mul, vmulq_s32)
TWO(vi, vi_and, vandq_s32)
TWO(vi, vi_or, vorrq_s32)
TWO(vi, vi_xor, veorq_s32)
TWO(vi, vi_min, vminq_s32)
TWO(vi, vi_max, vmaxq_s32)
TWO(vd, vd_add, vaddq_f64)
TWO(vd, vd_sub, vsubq_f64)
TWO(vd, vd_mul, vmulq_f64)
TWO(vm, vm_and, vandq_u32)
TWO(vm, vm_or, vorrq_u32)
TWO(vm, vm_but, vbicq_u32)
COMPARE(vf_less, vcltq_f32)
COMPARE(vf_at_most, vcleq_f32)

LANE struct vm vf_differ(struct vf x, struct vf y) { EACH_QUARTER(vm, vmvnq_u32(vceqq_f32(x.v[q], y.v[q]))); }
LANE struct vm vi_differ(struct vi x, struct vi y) { EACH_QUARTER(vm, vmvnq_u32(vceqq_s32(x.v[q], y.v[q]))); }
LANE struct vf vf_set(float x) { EACH_QUARTER(vf, vdupq_n_f32(x)); }
LANE struct vi vi_set(int x) { EACH_QUARTER(vi, vdupq_n_s32(x)); }
LANE struct vd vd_set(double x) { EACH_QUARTER(vd, vdupq_n_f64(x)); }
LANE struct vf vf_load(const float *x) { EACH_QUARTER(vf, vld1q_f32(x + 4 * q)); }
LANE struct vi vi_load(const int32_t *x) { EACH_QUARTER(vi, vld1q_s32(x + 4 * q)); }
LANE struct vd vd_load(const double *x) { EACH_QUARTER(vd, vld1q_f64(x + 2 * q)); }
LANE struct vf vf_sqrt(struct vf x) { EACH_QUARTER(vf, vsqrtq_f32(x.v[q])); }
LANE struct vf vf_of(struct vi x) { EACH_QUARTER(vf, vcvtq_f32_s32(x.v[q])); }
LANE struct vi vi_of(struct vf x) { EACH_QUARTER(vi, vcvtq_s32_f32(x.v[q])); }
LANE struct vf vf_bits(struct vi x) { EACH_QUARTER(vf, vreinterpretq_f32_s32(x.v[q])); }
LANE struct vi vi_bits(struct vf x) { EACH_QUARTER(vi, vreinterpretq_s32_f32(x.v[q])); }

LANE struct vi vi_left(struct vi x, int n)
{
	EACH_QUARTER(vi, vshlq_s32(x.v[q], vdupq_n_s32(n)));
}

LANE struct vi vi_right(struct vi x, int n)
{
	EACH_QUARTER(vi, vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(x.v[q]), vdupq_n_s32(-n))));
}

LANE struct vi vi_right_signed(struct vi x, int n)
{
	EACH_QUARTER(vi, vshlq_s32(x.v[q], vdupq_n_s32(-n)));
}

LANE struct vf vf_pick(struct vm m, struct vf x, struct vf y)
{
	EACH_QUARTER(vf, vbslq_f32(m.v[q], x.v[q], y.v[q]));
}

LANE struct vi vi_pick(struct vm m, struct vi x, struct vi y)
{
	EACH_QUARTER(vi, vbslq_s32(m.v[q], x.v[q], y.v[q]));
}

LANE struct vf vf_min(struct vf x, struct vf y) { return vf_pick(vf_less(x, y), x, y); }
LANE struct vf vf_max(struct vf x, struct vf y) { return vf_pick(vf_less(y, x), x, y); }

LANE struct vd vd_max(struct vd x, struct vd y)
{
	EACH_QUARTER(vd, vbslq_f64(vcgtq_f64(x.v[q], y.v[q]), x.v[q], y.v[q]));
}

LANE void vf_store(float *out, struct vf x)
{
	for (int q = 0; q < QUARTERS; q++)
		vst1q_f32(out + 4 * q, x.v[q]);
}

LANE void vi_store(int32_t *out, struct vi x)
{
	for (int q = 0; q < QUARTERS; q++)
		vst1q_s32(out + 4 * q, x.v[q]);
}

LANE void vd_store(double *out, struct vd x)
{
	for (int q = 0; q < QUARTERS; q++)
		vst1q_f64(out + 2 * q, x.v[q]);
}

LANE struct vf vf_fma(struct vf x, struct vf y, struct vf z)
{
	EACH_QUARTER(vf, vfmaq_f32(z.v[q], x.v[q], y.v[q]));
}

LANE struct vf vf_fnma(struct vf x, struct vf y, struct vf z)
{
	EACH_QUARTER(vf, vfmsq_f32(z.v[q], x.v[q], y.v[q]));
}

LANE struct vd vd_fma(struct vd x, struct vd y, struct vd z)
{
	EACH_QUARTER(vd, vfmaq_f64(z.v[q], x.v[q], y.v[q]));
}

LANE struct vd vd_fnma(struct vd x, struct vd y, struct vd z)
{
	EACH_QUARTER(vd, vfmsq_f64(z.v[q], x.v[q], y.v[q]));
}

LANE unsigned vm_bits(struct vm x)
{
	static const uint32_t place[4] = {1, 2, 4, 8};
	unsigned bits = 0;
	for (int q = 0; q < QUARTERS; q++)
		bits |= vaddvq_u32(vandq_u32(x.v[q], vld1q_u32(place))) << (4 * q);
	return bits;
}

LANE struct vm vm_of(unsigned bits)
{
	static const uint32_t place[4] = {1, 2, 4, 8};
	EACH_QUARTER(vm, vtstq_u32(vdupq_n_u32(bits >> (4 * q)), vld1q_u32(place)));
}

LANE struct vf vf_gather(const float *t, struct vi i)
{
	int32_t at[16];
	float out[16];
	vi_store(at, i);
	for (int k = 0; k < 16; k++)
		out[k] = t[at[k]];
	return vf_load(out);
}

LANE struct vi vi_gather(const int32_t *t, struct vi i)
{
	int32_t at[16], out[16];
	vi_store(at, i);
	for (int k = 0; k < 16; k++)
		out[k] = t[at[k]];
	return vi_load(out);
}

/* Sixteen floats are 64 bytes: one table of the byte lookup, with places of bytes made from those of floats. */
LANE struct vf vf_small_table(const float *t, struct vi i)
{
	const uint8_t *bytes = (const uint8_t *)(const void *)t;
	const uint8x16x4_t table = {{vld1q_u8(bytes), vld1q_u8(bytes + 16), vld1q_u8(bytes + 32), vld1q_u8(bytes + 48)}};
	const uint32x4_t four = vdupq_n_u32(0x04040404u), first = vdupq_n_u32(0x03020100u);
	EACH_QUARTER(vf, vreinterpretq_f32_u8(vqtbl4q_u8(
	                         table, vreinterpretq_u8_u32(vmlaq_u32(first, vreinterpretq_u32_s32(i.v[q]), four)))));
}

LANE struct vd vd_low(struct vf x)
{
	return (struct vd){{vcvt_f64_f32(vget_low_f32(x.v[0])), vcvt_high_f64_f32(x.v[0]),
	                    vcvt_f64_f32(vget_low_f32(x.v[1])), vcvt_high_f64_f32(x.v[1])}};
}

LANE struct vd vd_high(struct vf x)
{
	return (struct vd){{vcvt_f64_f32(vget_low_f32(x.v[2])), vcvt_high_f64_f32(x.v[2]),
	                    vcvt_f64_f32(vget_low_f32(x.v[3])), vcvt_high_f64_f32(x.v[3])}};
}

LANE double vd_largest(struct vd x)
{
	return vmaxvq_f64(vmaxq_f64(vmaxq_f64(x.v[0], x.v[1]), vmaxq_f64(x.v[2], x.v[3])));
}

LANE void vd_quads(struct vd a, struct vd b, struct vd c, struct vd d, double *out)
{
	for (int q = 0; q < QUARTERS; q++) {
		vst1q_f64(out + 8 * q, vzip1q_f64(a.v[q], b.v[q]));
		vst1q_f64(out + 8 * q + 2, vzip1q_f64(c.v[q], d.v[q]));
		vst1q_f64(out + 8 * q + 4, vzip2q_f64(a.v[q], b.v[q]));
		vst1q_f64(out + 8 * q + 6, vzip2q_f64(c.v[q], d.v[q]));
	}
}

LANE void quad_add(double *cell, const double *quad)
{
	vst1q_f64(cell, vaddq_f64(vld1q_f64(cell), vld1q_f64(quad)));
	vst1q_f64(cell + 2, vaddq_f64(vld1q_f64(cell + 2), vld1q_f64(quad + 2)));
}

#endif
