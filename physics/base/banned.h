/* Calls that have caused injuries to other programs. Including this header makes them compile errors.
 * Force-included for every file by the Makefile (-include), so no file can forget it. alloca is left to
 * -Walloca, because glib's headers define a macro of that name. */
#ifndef LASERTWIN_BANNED_H
#define LASERTWIN_BANNED_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* C11, 7.3.9.3; glibc 2.36 has it for gcc only. */
#if defined __clang__ && !defined CMPLX
#define CMPLX(re, im) __builtin_complex((double)(re), (double)(im))
#endif

/* Macros where the library checks sizes and the compiler is clang; a poisoned name must not be one. */
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok gets
#pragma GCC poison atoi atol atoll atof rand srand system popen tmpnam mktemp
#pragma GCC poison localtime gmtime ctime asctime

#endif
