/* Which GNU Scientific Library computes here. */
#ifndef LASERTWIN_PHYSICS_GSL_H
#define LASERTWIN_PHYSICS_GSL_H

const char *gsl_library_version(void); /* at run time, as "2.7.1" */

#endif
