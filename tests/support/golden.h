/* Golden texts: expected output kept in the tree, renewed only on purpose.
 *
 * golden_compare reads the file and compares; with LASERTWIN_ACCEPT=1 in the environment it writes the
 * file instead and passes. On a difference it prints both and returns false.
 */
#ifndef LASERTWIN_TEST_GOLDEN_H
#define LASERTWIN_TEST_GOLDEN_H

#include <stdbool.h>

bool golden_compare(const char *path, const char *actual);

#endif
