/* Sixteen lanes on AVX-512: see montecarlo_lanes.h for what each operation means. */
#ifndef LASERTWIN_MONTECARLO_AVX512_H
#define LASERTWIN_MONTECARLO_AVX512_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define LANE_ENTRY __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")))
#define LANE static inline __attribute__((always_inline)) LANE_ENTRY

struct vf { __m512 v; };  /* 16 floats */
struct vi { __m512i v; }; /* 16 integers */
struct vd { __m512d v; }; /* 8 doubles: half of the lanes */
struct vm { __mmask16 v; };

#define F2(name, op) LANE struct vf name(struct vf a, struct vf b) { return (struct vf){op(a.v, b.v)}; }
#define I2(name, op) LANE struct vi name(struct vi a, struct vi b) { return (struct vi){op(a.v, b.v)}; }
#define D2(name, op) LANE struct vd name(struct vd a, struct vd b) { return (struct vd){op(a.v, b.v)}; }
#define SHIFT(name, lanes, op) \
	LANE struct vi name(struct vi a, int n) { return (struct vi){(__m512i)((lanes)a.v op n)}; }

F2(vf_add, _mm512_add_ps)
F2(vf_sub, _mm512_sub_ps)
F2(vf_mul, _mm512_mul_ps)
F2(vf_div, _mm512_div_ps)
F2(vf_min, _mm512_min_ps)
F2(vf_max, _mm512_max_ps)
I2(vi_add, _mm512_add_epi32)
I2(vi_sub, _mm512_sub_epi32)
I2(vi_mul, _mm512_mullo_epi32)
I2(vi_and, _mm512_and_si512)
I2(vi_or, _mm512_or_si512)
I2(vi_xor, _mm512_xor_si512)
I2(vi_min, _mm512_min_epi32)
I2(vi_max, _mm512_max_epi32)
D2(vd_add, _mm512_add_pd)
D2(vd_sub, _mm512_sub_pd)
D2(vd_mul, _mm512_mul_pd)
D2(vd_max, _mm512_max_pd)
SHIFT(vi_left, __v16su, <<)
SHIFT(vi_right, __v16su, >>)
SHIFT(vi_right_signed, __v16si, >>)

LANE struct vf vf_set(float x) { return (struct vf){_mm512_set1_ps(x)}; }
LANE struct vf vf_load(const float *x) { return (struct vf){_mm512_loadu_ps(x)}; }
LANE void vf_store(float *x, struct vf a) { _mm512_storeu_ps(x, a.v); }
LANE struct vf vf_sqrt(struct vf a) { return (struct vf){_mm512_sqrt_ps(a.v)}; }
LANE struct vf vf_fma(struct vf a, struct vf b, struct vf c)
{
	return (struct vf){_mm512_fmadd_ps(a.v, b.v, c.v)};
}
LANE struct vf vf_fnma(struct vf a, struct vf b, struct vf c)
{
	return (struct vf){_mm512_fnmadd_ps(a.v, b.v, c.v)};
}
LANE struct vd vd_fma(struct vd a, struct vd b, struct vd c)
{
	return (struct vd){_mm512_fmadd_pd(a.v, b.v, c.v)};
}
LANE struct vd vd_fnma(struct vd a, struct vd b, struct vd c)
{
	return (struct vd){_mm512_fnmadd_pd(a.v, b.v, c.v)};
}
LANE struct vf vf_of(struct vi a) { return (struct vf){_mm512_cvtepi32_ps(a.v)}; }
LANE struct vi vi_of(struct vf a) { return (struct vi){_mm512_cvttps_epi32(a.v)}; }
LANE struct vf vf_bits(struct vi a) { return (struct vf){_mm512_castsi512_ps(a.v)}; }
LANE struct vi vi_bits(struct vf a) { return (struct vi){_mm512_castps_si512(a.v)}; }
LANE struct vm vf_less(struct vf a, struct vf b)
{
	return (struct vm){_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)};
}
LANE struct vm vf_at_most(struct vf a, struct vf b)
{
	return (struct vm){_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)};
}
LANE struct vm vf_differ(struct vf a, struct vf b)
{
	return (struct vm){_mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ)};
}
LANE struct vf vf_pick(struct vm m, struct vf a, struct vf b)
{
	return (struct vf){_mm512_mask_blend_ps(m.v, b.v, a.v)};
}
LANE struct vi vi_pick(struct vm m, struct vi a, struct vi b)
{
	return (struct vi){_mm512_mask_blend_epi32(m.v, b.v, a.v)};
}
LANE struct vi vi_set(int x) { return (struct vi){_mm512_set1_epi32(x)}; }
LANE struct vi vi_load(const int32_t *x) { return (struct vi){_mm512_loadu_si512(x)}; }
LANE void vi_store(int32_t *x, struct vi a) { _mm512_storeu_si512(x, a.v); }
LANE struct vm vi_differ(struct vi a, struct vi b) { return (struct vm){_mm512_cmpneq_epi32_mask(a.v, b.v)}; }
LANE struct vm vm_and(struct vm a, struct vm b) { return (struct vm){(__mmask16)(a.v & b.v)}; }
LANE struct vm vm_or(struct vm a, struct vm b) { return (struct vm){(__mmask16)(a.v | b.v)}; }
LANE struct vm vm_but(struct vm a, struct vm b) { return (struct vm){(__mmask16)(a.v & ~b.v)}; }
LANE unsigned vm_bits(struct vm a) { return a.v; }
LANE struct vm vm_of(unsigned bits) { return (struct vm){(__mmask16)bits}; }
LANE struct vf vf_gather(const float *t, struct vi i) { return (struct vf){_mm512_i32gather_ps(i.v, t, 4)}; }
LANE struct vi vi_gather(const int32_t *t, struct vi i)
{
	return (struct vi){_mm512_i32gather_epi32(i.v, t, 4)};
}

LANE struct vf vf_small_table(const float *t, struct vi i)
{
	return (struct vf){_mm512_permutexvar_ps(i.v, _mm512_loadu_ps(t))};
}

LANE struct vd vd_set(double x) { return (struct vd){_mm512_set1_pd(x)}; }
LANE struct vd vd_low(struct vf a) { return (struct vd){_mm512_cvtps_pd(_mm512_castps512_ps256(a.v))}; }
LANE struct vd vd_high(struct vf a) { return (struct vd){_mm512_cvtps_pd(_mm512_extractf32x8_ps(a.v, 1))}; }
LANE struct vd vd_load(const double *x) { return (struct vd){_mm512_loadu_pd(x)}; }
LANE void vd_store(double *x, struct vd a) { _mm512_storeu_pd(x, a.v); }

LANE double vd_largest(struct vd a) { return _mm512_reduce_max_pd(a.v); }

LANE void vd_quads(struct vd a, struct vd b, struct vd c, struct vd d, double *out)
{
	const __m512i first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
	const __m512i second = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
	__m512d ab_even = _mm512_unpacklo_pd(a.v, b.v), ab_odd = _mm512_unpackhi_pd(a.v, b.v);
	__m512d cd_even = _mm512_unpacklo_pd(c.v, d.v), cd_odd = _mm512_unpackhi_pd(c.v, d.v);
	__m512d even_0 = _mm512_permutex2var_pd(ab_even, first, cd_even);
	__m512d odd_0 = _mm512_permutex2var_pd(ab_odd, first, cd_odd);
	__m512d even_4 = _mm512_permutex2var_pd(ab_even, second, cd_even);
	__m512d odd_4 = _mm512_permutex2var_pd(ab_odd, second, cd_odd);
	_mm512_storeu_pd(out, _mm512_shuffle_f64x2(even_0, odd_0, 0x44));
	_mm512_storeu_pd(out + 8, _mm512_shuffle_f64x2(even_0, odd_0, 0xee));
	_mm512_storeu_pd(out + 16, _mm512_shuffle_f64x2(even_4, odd_4, 0x44));
	_mm512_storeu_pd(out + 24, _mm512_shuffle_f64x2(even_4, odd_4, 0xee));
}

LANE void quad_add(double *cell, const double *quad)
{
	_mm256_storeu_pd(cell, _mm256_add_pd(_mm256_loadu_pd(cell), _mm256_loadu_pd(quad)));
}

#endif
