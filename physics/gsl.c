#include "physics/gsl.h"

#include <gsl/gsl_version.h>

const char *gsl_library_version(void)
{
	return gsl_version;
}
