/* The one place of the store that looks at clocks, and what keeps secrets from leaving by a crash. */
#include "planner/store/person.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;
	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

/* A new number at every start of the kernel. */
enum status store_moment_now(struct store_moment *moment, struct fail *why)
{
	*moment = (struct store_moment){.at_ms = clock_ms(CLOCK_REALTIME), .since_boot_ms = clock_ms(CLOCK_BOOTTIME)};
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, moment->boot, sizeof moment->boot - 1);
	if (fd >= 0)
		(void)close(fd);
	moment->boot[sizeof moment->boot - 1] = '\0';
	if (n != (ssize_t)sizeof moment->boot - 1 || !uuid_valid(moment->boot))
		return fail_set(why, ST_IO, "clock", "the number of this start of the system cannot be read "
		                                     "(/proc/sys/kernel/random/boot_id): mount /proc");
	return ST_OK;
}

void store_process_harden(void)
{
	const struct rlimit none = {0, 0};
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
