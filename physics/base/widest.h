/* Loops that are compiled for several sets of vector registers and run in the widest the machine has.
 *
 * WIDEST(name, body, type) defines `static void name(type argument)` from `body(argument)`, a static inline
 * __attribute__((always_inline)) function. Products and sums are not to be fused in any (C11 mode of gcc; clang needs
 * `#pragma clang fp contract(off)`), so that every machine gives the same bits. */
#ifndef LASERTWIN_WIDEST_H
#define LASERTWIN_WIDEST_H

#if defined(__x86_64__)
#define WIDEST(name, body, type)                                                                                       \
	__attribute__((target("avx512f,avx512vl,avx512dq"))) static void name##_widest(type argument)                  \
	{                                                                                                              \
		body(argument);                                                                                        \
	}                                                                                                              \
	__attribute__((target("avx2"))) static void name##_wide(type argument)                                         \
	{                                                                                                              \
		body(argument);                                                                                        \
	}                                                                                                              \
	static void name(type argument)                                                                                \
	{                                                                                                              \
		if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))                          \
			name##_widest(argument);                                                                       \
		else if (__builtin_cpu_supports("avx2"))                                                               \
			name##_wide(argument);                                                                         \
		else                                                                                                   \
			body(argument);                                                                                \
	}
#else
#define WIDEST(name, body, type)                                                                                       \
	static void name(type argument)                                                                                \
	{                                                                                                              \
		body(argument);                                                                                        \
	}
#endif

#endif
