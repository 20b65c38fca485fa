/* cmocka 1.1.5 compares floats only; this compares doubles and prints what it saw. */
#ifndef LASERTWIN_TESTS_NEAR_H
#define LASERTWIN_TESTS_NEAR_H

#define assert_near(got, want, tolerance)                                                                      \
	do {                                                                                                   \
		double got_ = (got), want_ = (want);                                                           \
		if (!(fabs(got_ - want_) <= (tolerance)))                                                      \
			fail_msg("%s is %.10g, expected %.10g +- %g", #got, got_, want_, (double)(tolerance)); \
	} while (0)

#endif
