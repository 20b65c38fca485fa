/* The shipped device profiles, for tests. */
#ifndef LASERTWIN_TESTS_DEVICE_PROFILES_H
#define LASERTWIN_TESTS_DEVICE_PROFILES_H

#include "devices/device.h"

#define PROFILES 27
extern const char *const profile_ids[PROFILES];

struct profile_text {
	char bytes[16384];
	size_t len;
};

/* Text of profiles/devices/<id>.json; false when it cannot be read. Tests run at the top of the tree. */
bool profile_text(const char *id, struct profile_text *out);

/* A parsed profile to free, or NULL with the reason on stderr. */
struct device *profile_device(const char *id);

#endif
