/* Input files of MCML (Wang, Jacques & Zheng 1995, Comput. Methods Programs Biomed. 47:131; manual, chapter
 * 5), and its output tables, in memory: text in, requests out; nothing here opens a file.
 *
 * Format 1.0: '#' starts a comment, blank lines do not count, data stand one record to a line, lengths in cm:
 *   file version; number of runs; then for each run: output name and format letter; photons; dz dr; nz nr na;
 *   layers; n above; for each layer n mua mus g d; n below.
 */
#ifndef LASERTWIN_MCI_H
#define LASERTWIN_MCI_H

#include "physics/montecarlo.h"

#define MCI_RUNS_MAX 1000
#define MCI_BYTES_MAX (1u << 20)
#define MCI_NAME_MAX 128
#define MCI_BINS_MAX 100000

struct mci_run {
	char output[MCI_NAME_MAX]; /* as named in the file; printable ASCII */
	uint64_t photons;
	double dz_cm, dr_cm;
	size_t nz, nr, na;
	double n_above, n_below;
	size_t layers;
	struct light_layer layer[LIGHT_LAYERS_MAX];
};

struct mci_file {
	size_t runs;
	struct mci_run *run;
};

/* Gives *out; free with mci_free. text holds length bytes and need not end in 0. ST_INPUT or ST_RANGE with
 * field "line 12: mua" and what is wrong there; ST_RANGE above the maxima, ST_FULL without memory. */
enum status mci_read(const char *text, size_t length, struct mci_file **out, struct fail *why) MUST_CHECK;
void mci_free(struct mci_file **file);

/* The stack of a run; borrows the run's layers. */
struct light_stack mci_stack(const struct mci_run *run);

/* Monte Carlo of a run on its own grid: a pencil beam, as in MCML. Fills edges the caller owns (nr + 1 and
 * nz + 1 values) and a request that borrows them and the run. */
void mci_request(const struct mci_run *run, double *r_edge_cm, double *z_edge_cm, struct mc_request *out);

/* An MCML output file (format A1: InParm, RAT, A_l, A_z, Rd_r, Rd_a, Tt_r, Tt_a, A_rz, Rd_ra, Tt_ra) from a result
 * on the run's own grid, with standard errors after its tables. Gives *text, to be freed with free. ST_FULL without
 * memory. */
enum status mci_write(const struct mci_run *run, const struct mc_result *result, char **text,
                      struct fail *why) MUST_CHECK;

#endif
