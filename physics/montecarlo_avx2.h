/* Sixteen lanes on AVX2, in two halves: see montecarlo_lanes.h for what each operation means. */
#ifndef LASERTWIN_MONTECARLO_AVX2_H
#define LASERTWIN_MONTECARLO_AVX2_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define LANE static inline __attribute__((always_inline, target("avx2,fma")))
#define LANE_ENTRY __attribute__((target("avx2,fma")))

struct vf { __m256 a, b; };  /* 16 floats */
struct vi { __m256i a, b; }; /* 16 integers */
struct vd { __m256d a, b; }; /* 8 doubles: half of the lanes */
struct vm { __m256 a, b; };  /* all bits of a lane, or none */

#define F2(name, op) LANE struct vf name(struct vf x, struct vf y) { return (struct vf){op(x.a, y.a), op(x.b, y.b)}; }
#define I2(name, op) LANE struct vi name(struct vi x, struct vi y) { return (struct vi){op(x.a, y.a), op(x.b, y.b)}; }
#define D2(name, op) LANE struct vd name(struct vd x, struct vd y) { return (struct vd){op(x.a, y.a), op(x.b, y.b)}; }
#define M2(name, op) LANE struct vm name(struct vm x, struct vm y) { return (struct vm){op(x.a, y.a), op(x.b, y.b)}; }
#define SHIFT(name, lanes, op) \
	LANE struct vi name(struct vi x, int n) \
	{ \
		return (struct vi){(__m256i)((lanes)x.a op n), (__m256i)((lanes)x.b op n)}; \
	}
#define COMPARE(name, how) \
	LANE struct vm name(struct vf x, struct vf y) \
	{ \
		return (struct vm){_mm256_cmp_ps(x.a, y.a, how), _mm256_cmp_ps(x.b, y.b, how)}; \
	}

F2(vf_add, _mm256_add_ps)
F2(vf_sub, _mm256_sub_ps)
F2(vf_mul, _mm256_mul_ps)
F2(vf_div, _mm256_div_ps)
F2(vf_min, _mm256_min_ps)
F2(vf_max, _mm256_max_ps)
I2(vi_add, _mm256_add_epi32)
I2(vi_sub, _mm256_sub_epi32)
I2(vi_mul, _mm256_mullo_epi32)
I2(vi_and, _mm256_and_si256)
I2(vi_or, _mm256_or_si256)
I2(vi_xor, _mm256_xor_si256)
I2(vi_min, _mm256_min_epi32)
I2(vi_max, _mm256_max_epi32)
D2(vd_add, _mm256_add_pd)
D2(vd_sub, _mm256_sub_pd)
D2(vd_mul, _mm256_mul_pd)
D2(vd_max, _mm256_max_pd)
M2(vm_and, _mm256_and_ps)
M2(vm_or, _mm256_or_ps)
SHIFT(vi_left, __v8su, <<)
SHIFT(vi_right, __v8su, >>)
SHIFT(vi_right_signed, __v8si, >>)
COMPARE(vf_less, _CMP_LT_OQ)
COMPARE(vf_at_most, _CMP_LE_OQ)
COMPARE(vf_differ, _CMP_NEQ_UQ)

LANE struct vf vf_set(float x) { return (struct vf){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
LANE struct vf vf_load(const float *x) { return (struct vf){_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8)}; }
LANE struct vf vf_sqrt(struct vf x) { return (struct vf){_mm256_sqrt_ps(x.a), _mm256_sqrt_ps(x.b)}; }
LANE struct vf vf_of(struct vi x) { return (struct vf){_mm256_cvtepi32_ps(x.a), _mm256_cvtepi32_ps(x.b)}; }
LANE struct vi vi_of(struct vf x) { return (struct vi){_mm256_cvttps_epi32(x.a), _mm256_cvttps_epi32(x.b)}; }
LANE struct vf vf_bits(struct vi x) { return (struct vf){_mm256_castsi256_ps(x.a), _mm256_castsi256_ps(x.b)}; }
LANE struct vi vi_bits(struct vf x) { return (struct vi){_mm256_castps_si256(x.a), _mm256_castps_si256(x.b)}; }
LANE struct vi vi_set(int x) { return (struct vi){_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
LANE struct vd vd_set(double x) { return (struct vd){_mm256_set1_pd(x), _mm256_set1_pd(x)}; }
LANE struct vd vd_load(const double *x) { return (struct vd){_mm256_loadu_pd(x), _mm256_loadu_pd(x + 4)}; }

LANE void vf_store(float *out, struct vf x)
{
	_mm256_storeu_ps(out, x.a);
	_mm256_storeu_ps(out + 8, x.b);
}

LANE struct vf vf_fma(struct vf x, struct vf y, struct vf z)
{
	return (struct vf){_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)};
}

LANE struct vf vf_fnma(struct vf x, struct vf y, struct vf z)
{
	return (struct vf){_mm256_fnmadd_ps(x.a, y.a, z.a), _mm256_fnmadd_ps(x.b, y.b, z.b)};
}

LANE struct vd vd_fma(struct vd x, struct vd y, struct vd z)
{
	return (struct vd){_mm256_fmadd_pd(x.a, y.a, z.a), _mm256_fmadd_pd(x.b, y.b, z.b)};
}

LANE struct vd vd_fnma(struct vd x, struct vd y, struct vd z)
{
	return (struct vd){_mm256_fnmadd_pd(x.a, y.a, z.a), _mm256_fnmadd_pd(x.b, y.b, z.b)};
}

LANE struct vf vf_pick(struct vm m, struct vf x, struct vf y)
{
	return (struct vf){_mm256_blendv_ps(y.a, x.a, m.a), _mm256_blendv_ps(y.b, x.b, m.b)};
}

LANE struct vi vi_pick(struct vm m, struct vi x, struct vi y)
{
	return vi_bits(vf_pick(m, vf_bits(x), vf_bits(y)));
}

LANE struct vi vi_load(const int32_t *x)
{
	return (struct vi){_mm256_loadu_si256((const __m256i *)(const void *)x),
	                   _mm256_loadu_si256((const __m256i *)(const void *)(x + 8))};
}

LANE void vi_store(int32_t *out, struct vi x)
{
	_mm256_storeu_si256((__m256i *)(void *)out, x.a);
	_mm256_storeu_si256((__m256i *)(void *)(out + 8), x.b);
}

LANE struct vm vm_but(struct vm x, struct vm y)
{
	return (struct vm){_mm256_andnot_ps(y.a, x.a), _mm256_andnot_ps(y.b, x.b)};
}

LANE unsigned vm_bits(struct vm x)
{
	return (unsigned)_mm256_movemask_ps(x.a) | (unsigned)_mm256_movemask_ps(x.b) << 8;
}

LANE struct vm vm_of(unsigned bits)
{
	const __m256i low = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128), all = _mm256_set1_epi32((int)bits);
	const __m256i high = _mm256_slli_epi32(low, 8);
	return (struct vm){_mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(all, low), low)),
	                   _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(all, high), high))};
}

LANE struct vm vi_differ(struct vi x, struct vi y)
{
	struct vm equal = {_mm256_castsi256_ps(_mm256_cmpeq_epi32(x.a, y.a)),
	                   _mm256_castsi256_ps(_mm256_cmpeq_epi32(x.b, y.b))};
	return vm_but(vm_of(0xffff), equal);
}

LANE struct vf vf_gather(const float *t, struct vi i)
{
	return (struct vf){_mm256_i32gather_ps(t, i.a, 4), _mm256_i32gather_ps(t, i.b, 4)};
}

LANE struct vi vi_gather(const int32_t *t, struct vi i)
{
	return (struct vi){_mm256_i32gather_epi32(t, i.a, 4), _mm256_i32gather_epi32(t, i.b, 4)};
}

/* From two registers of eight; the fourth bit of the place says which. */
LANE __m256 small_half(__m256 low, __m256 high, __m256i i)
{
	__m256 from_high = _mm256_castsi256_ps(_mm256_slli_epi32(i, 28));
	return _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, i), _mm256_permutevar8x32_ps(high, i), from_high);
}

LANE struct vf vf_small_table(const float *t, struct vi i)
{
	__m256 low = _mm256_loadu_ps(t), high = _mm256_loadu_ps(t + 8);
	return (struct vf){small_half(low, high, i.a), small_half(low, high, i.b)};
}

LANE struct vd vd_low(struct vf x)
{
	return (struct vd){_mm256_cvtps_pd(_mm256_castps256_ps128(x.a)), _mm256_cvtps_pd(_mm256_extractf128_ps(x.a, 1))};
}

LANE struct vd vd_high(struct vf x)
{
	return (struct vd){_mm256_cvtps_pd(_mm256_castps256_ps128(x.b)), _mm256_cvtps_pd(_mm256_extractf128_ps(x.b, 1))};
}

LANE void vd_store(double *out, struct vd x)
{
	_mm256_storeu_pd(out, x.a);
	_mm256_storeu_pd(out + 4, x.b);
}

LANE double vd_largest(struct vd x)
{
	__m256d m = _mm256_max_pd(x.a, x.b);
	__m128d half = _mm_max_pd(_mm256_castpd256_pd128(m), _mm256_extractf128_pd(m, 1));
	return _mm_cvtsd_f64(_mm_max_sd(half, _mm_unpackhi_pd(half, half)));
}

LANE void four_quads(__m256d a, __m256d b, __m256d c, __m256d d, double *out)
{
	__m256d ab_even = _mm256_unpacklo_pd(a, b), ab_odd = _mm256_unpackhi_pd(a, b);
	__m256d cd_even = _mm256_unpacklo_pd(c, d), cd_odd = _mm256_unpackhi_pd(c, d);
	_mm256_storeu_pd(out, _mm256_permute2f128_pd(ab_even, cd_even, 0x20));
	_mm256_storeu_pd(out + 4, _mm256_permute2f128_pd(ab_odd, cd_odd, 0x20));
	_mm256_storeu_pd(out + 8, _mm256_permute2f128_pd(ab_even, cd_even, 0x31));
	_mm256_storeu_pd(out + 12, _mm256_permute2f128_pd(ab_odd, cd_odd, 0x31));
}

LANE void vd_quads(struct vd a, struct vd b, struct vd c, struct vd d, double *out)
{
	four_quads(a.a, b.a, c.a, d.a, out);
	four_quads(a.b, b.b, c.b, d.b, out + 16);
}

LANE void quad_add(double *cell, const double *quad)
{
	_mm256_storeu_pd(cell, _mm256_add_pd(_mm256_loadu_pd(cell), _mm256_loadu_pd(quad)));
}

#endif
