/* `lasertwin mc` and `lasertwin layers`: light in the layers of an MCML input file, by Monte Carlo and by discrete
 * ordinates. For researchers; no clinic data is touched. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "physics/base/units.h"
#include "physics/mci.h"
#include "physics/ordinates.h"
#include "planner/fit/parallel.h"
#include "ui/commands/commands.h"
#include "ui/commands/watch.h"

#define PHOTONS_MAX 1e12
#define SEED_MAX 9007199254740992.0 /* 2^53 */

static enum status read_file(const char *path, struct mci_file **out, struct fail *why)
{
	const char *name = cli_source_name(path);
	struct fail inner = {.text = ""};
	char *text = NULL;
	size_t length = 0;
	enum status st = cli_read_source(path, MCI_BYTES_MAX, &text, &length, why);
	if (st == ST_OK) {
		st = mci_read(text, length, out, &inner);
		if (st != ST_OK)
			fail_set(why, st, name, "%s%s%s", inner.field, inner.field[0] ? ": " : "", inner.text);
	}
	free(text);
	return st;
}

/* One run of a file under way. */
struct task {
	const struct cli_options *options;
	const struct mci_run *run;
	size_t number; /* from 0 */
	struct watch *watch;
};

/* ---- JSON by hand: numbers and one checked name ---- */

/* An array of runs: opened by the first that is there, so that a failure leaves nothing or what is whole. */
static void begin_json(const struct task *task)
{
	fputs(task->number ? ",\n" : "[", stdout);
}

static void print_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

/* One photon has no scatter to take an error from, and JSON no infinity: null. */
static void print_se(double se)
{
	if (isfinite(se))
		printf("%.3g", se);
	else
		fputs("null", stdout);
}

static void print_with_se(double value, double se)
{
	printf("{\"value\": %.9g, \"se\": ", value);
	print_se(se);
	putchar('}');
}

static void print_value(const char *name, double value, double se)
{
	printf("\"%s\": ", name);
	print_with_se(value, se);
	fputs(", ", stdout);
}

/* ---- Monte Carlo ---- */

/* What the discrete ordinates may check of a run, and where Monte Carlo stands alone. */
static const char *second_engine(const struct mc_source *source)
{
	if (source->cos_incidence > 0.0 && source->cos_incidence < 1.0)
		return "in all and by depth: `lasertwin layers` at this angle; by radius: Monte Carlo alone, it is slanted";
	if (source->beam == MC_PENCIL)
		return "in all and by depth: `lasertwin layers`; by radius: a pencil, Monte Carlo alone";
	return "in all and by depth: `lasertwin layers`; by radius: ordinates of finite beams (`lasertwin simulate`)";
}

static void print_mc_json(const struct mci_run *run, const struct mc_source *source, const struct mc_result *r)
{
	double se, value;
	printf("{\"output\": ");
	print_string(run->output);
	printf(", \"engine\": \"%s\", \"photons\": %llu, \"second_engine\": \"%s\", ",
	       mc_engine_name(mc_engine_used(r)), (unsigned long long)mc_photons(r), second_engine(source));
	printf("\"specular_frac\": %.9g, ", mc_specular(r));
	value = mc_reflectance(r, 0, &se);
	print_value("diffuse_reflectance_frac", value, se);
	value = mc_transmittance(r, 0, &se);
	print_value("transmittance_frac", value, se);
	printf("\"layer_absorbed_frac\": [");
	for (size_t i = 0; i < run->layers; i++) {
		value = mc_layer_absorbed(r, 0, i, &se);
		fputs(i ? ", " : "", stdout);
		print_with_se(value, se);
	}
	printf("], \"dz_cm\": %.9g, \"absorbed_1_cm\": [", run->dz_cm);
	for (size_t i = 0; i < run->nz; i++)
		printf("%s%.7g", i ? ", " : "", mc_absorbed_z(r, 0, i, NULL));
	printf("], \"absorbed_se_1_cm\": [");
	for (size_t i = 0; i < run->nz; i++) {
		mc_absorbed_z(r, 0, i, &se);
		fputs(i ? ", " : "", stdout);
		print_se(se);
	}
	printf("]}");
}

/* ---- the files that runs name ---- */

static enum status refuse_file(const char *path, struct fail *why)
{
	return errno == EEXIST ? fail_set(why, ST_CONFLICT, path, "is there already; move it away or give --force")
	                       : fail_set(why, ST_IO, path, "cannot be written: %s", strerror(errno));
}

/* Before anything is computed: every run has a file of its own that could be written. Names count from the folder one
 * stands in, as in MCML. */
static enum status check_files(const struct mci_file *file, bool replace, struct fail *why)
{
	for (size_t i = 0; i < file->runs; i++) {
		const char *path = file->run[i].output, *slash = strrchr(path, '/');
		char folder[MCI_NAME_MAX] = ".";
		for (size_t k = 0; k < i; k++)
			if (strcmp(path, file->run[k].output) == 0)
				return fail_set(why, ST_INPUT, path, "is named by runs %zu and %zu; each needs its own", k + 1, i + 1);
		if (slash)
			snprintf(folder, sizeof folder, "%.*s", (int)(slash - path) + 1, path);
		errno = EEXIST;
		if ((!replace && access(path, F_OK) == 0) || access(folder, W_OK | X_OK) != 0 ||
		    (access(path, F_OK) == 0 && access(path, W_OK) != 0))
			return refuse_file(path, why);
	}
	return ST_OK;
}

static enum status save(const char *path, const char *text, bool replace, struct fail *why)
{
	const mode_t mode = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH; /* less the umask */
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (replace ? O_TRUNC : O_EXCL), mode);
	FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
	if (!f) {
		enum status st = refuse_file(path, why);
		if (fd >= 0)
			(void)close(fd);
		return st;
	}
	errno = 0;
	bool whole = fputs(text, f) >= 0;
	if (fclose(f) == 0 && whole)
		return ST_OK;
	return fail_set(why, errno == ENOSPC ? ST_FULL : ST_IO, path, "was not written whole: %s", strerror(errno));
}

static enum status put_mc(const struct task *task, const struct mc_source *source, const struct mc_result *r,
                          struct fail *why)
{
	const struct cli_options *options = task->options;
	const struct mci_run *run = task->run;
	char *text = NULL;
	if (cli_flag(options, "--json")) {
		begin_json(task);
		print_mc_json(run, source, r);
		return ST_OK;
	}
	enum status st = mci_write(run, r, &text, why);
	if (st == ST_OK && cli_flag(options, "--save")) {
		st = save(run->output, text, cli_flag(options, "--force"), why);
		if (st == ST_OK)
			printf("%s\n", run->output);
		(void)fflush(stdout); /* while the next run goes on */
	} else if (st == ST_OK) {
		printf("%s%s\n# A second engine: %s\n", task->number ? "\n" : "", text,
		       second_engine(source)); /* a name that mci_read has checked */
	}
	free(text);
	return st;
}

/* ---- the beam ---- */

#define INCIDENCE_MAX_DEG 89.0
#define SPOT_MAX_MM 200.0
#define SHARP_MAX_UM 1e5
#define DEGREES_PER_PI 180.0

static enum status read_number(const struct cli_options *options, const char *name, double least, double most,
                               double *out, struct fail *why)
{
	const char *text = cli_value(options, name);
	char *end = NULL;
	if (!text)
		return ST_OK;
	*out = strtod(text, &end);
	if (end == text || *end != '\0')
		return fail_set(why, ST_INPUT, name, "%.40s is not a number", text);
	if (!(*out >= least && *out <= most))
		return fail_set(why, ST_RANGE, name, "%g; allowed %g to %g", *out, least, most);
	return ST_OK;
}

static enum status read_incidence(const struct cli_options *options, double *cosine, struct fail *why)
{
	double angle_deg = 0.0;
	enum status st = read_number(options, "--incidence-deg", 0.0, INCIDENCE_MAX_DEG, &angle_deg, why);
	*cosine = cos(angle_deg * PI / DEGREES_PER_PI);
	return st;
}

static enum status read_spot(const struct cli_options *options, struct mc_source *source, struct fail *why)
{
	const char *profile = cli_value(options, "--profile");
	double spot_mm = 0.0;
	enum status st = read_number(options, "--spot-mm", 1e-3, SPOT_MAX_MM, &spot_mm, why);
	if (st != ST_OK)
		return st;
	if (profile && spot_mm == 0.0)
		return fail_set(why, ST_INPUT, "--profile", "a pencil beam has none; give --spot-mm, too");
	if (spot_mm > 0.0)
		source->beam = profile && strcmp(profile, "gaussian") == 0 ? MC_GAUSSIAN : MC_FLAT_TOP;
	source->radius_cm = 0.5 * spot_mm * CM_PER_MM;
	return ST_OK;
}

/* Thinning is for results by depth alone. */
static enum status read_sharp(const struct cli_options *options, double *sharp_cm, struct fail *why)
{
	double sharp_um = 0.0;
	enum status st = read_number(options, "--sharp-um", 0.1, SHARP_MAX_UM, &sharp_um, why);
	if (st == ST_OK && sharp_um > 0.0 && !cli_flag(options, "--json"))
		return fail_set(why, ST_INPUT, "--sharp-um", "goes with results by depth alone; give --json, too");
	*sharp_cm = sharp_um * CM_PER_UM;
	return st;
}

static enum status run_mc(const struct task *task, struct fail *why)
{
	const struct cli_options *options = task->options;
	const struct mci_run *run = task->run;
	struct mc_result *result = NULL;
	struct mc_request request;
	double *edges = malloc((run->nr + run->nz + 2) * sizeof *edges);
	if (!edges)
		return fail_set(why, ST_FULL, "", "no memory for the grid");
	mci_request(run, edges, edges + run->nr + 1, &request);
	if (cli_flag(options, "--json"))
		request.grid.nr = request.angles = 0; /* its tables are by depth, which is faster */
	request.run = parallel_run_silent;
	request.progress = watch_step;
	request.context = task->watch;
	enum status st = cli_whole_number(options, "--photons", 1.0, PHOTONS_MAX, &request.photons, why);
	if (st == ST_OK)
		st = cli_whole_number(options, "--seed", 0.0, SEED_MAX, &request.seed, why);
	if (st == ST_OK)
		st = read_incidence(options, &request.source.cos_incidence, why);
	if (st == ST_OK)
		st = read_spot(options, &request.source, why);
	if (st == ST_OK)
		st = read_sharp(options, &request.sharp_depth_cm, why);
	if (st == ST_OK)
		st = mc_run(&request, &result, why);
	watch_clear(task->watch);
	if (st == ST_OK)
		st = put_mc(task, &request.source, result, why);
	mc_free(&result);
	free(edges);
	return st;
}

/* ---- discrete ordinates ---- */

/* What a run of discrete ordinates gives; errors are differences to a solve with NODES_MORE more per panel (at the
 * upper end: fewer), which is the error itself to a few per cent. */
#define NODES_MORE 8

struct solved {
	uint64_t nodes; /* per panel */
	struct light_balance balance, error;
	double *absorbed, *absorbed_error; /* per bin, the caller's; the error relative */
};

static int other_nodes(const struct solved *s)
{
	int nodes = (int)s->nodes;
	return nodes + NODES_MORE <= ORDINATES_NODES_MAX ? nodes + NODES_MORE : nodes - NODES_MORE;
}

static double sum_of(const struct mci_run *run, const struct light_balance *b)
{
	double sum = 0.0;
	for (size_t i = 0; i < run->layers; i++)
		sum += b->absorbed_frac[i];
	return sum;
}

static void print_pair(const char *name, double value, double error)
{
	printf("\"%s\": {\"value\": %.9g, \"error\": %.2g}, ", name, value, error);
}

static void print_layers_json(const struct mci_run *run, const struct solved *s)
{
	printf("{\"output\": ");
	print_string(run->output);
	printf(", \"engine\": \"discrete ordinates\", \"nodes_per_panel\": %d, ", (int)s->nodes);
	print_pair("specular_frac", s->balance.specular_frac, s->error.specular_frac);
	print_pair("diffuse_reflectance_frac", s->balance.diffuse_reflectance_frac, s->error.diffuse_reflectance_frac);
	print_pair("transmittance_frac", s->balance.transmittance_frac, s->error.transmittance_frac);
	printf("\"layer_absorbed_frac\": [");
	for (size_t i = 0; i < run->layers; i++)
		printf("%s{\"value\": %.9g, \"error\": %.2g}", i ? ", " : "", s->balance.absorbed_frac[i],
		       s->error.absorbed_frac[i]);
	printf("], \"dz_cm\": %.9g, \"absorbed_1_cm\": [", run->dz_cm);
	for (size_t i = 0; i < run->nz; i++)
		printf("%s%.7g", i ? ", " : "", s->absorbed[i]);
	printf("], \"absorbed_error_frac\": [");
	for (size_t i = 0; i < run->nz; i++)
		printf("%s%.2g", i ? ", " : "", s->absorbed_error[i]);
	printf("]}");
}

static void print_layers_text(const struct mci_run *run, const struct solved *s)
{
	const struct light_balance *b = &s->balance, *e = &s->error;
	printf("# %s: discrete ordinates, %d nodes per panel; errors: difference to %d nodes\n", run->output,
	       (int)s->nodes, other_nodes(s));
	printf("RAT # specular, diffuse reflectance, absorbed fraction, transmittance [-], error [-]\n"
	       "%.7G\t%.2G\n%.7G\t%.2G\n%.7G\t%.2G\n%.7G\t%.2G\n",
	       b->specular_frac, e->specular_frac, b->diffuse_reflectance_frac, e->diffuse_reflectance_frac, sum_of(run, b),
	       sum_of(run, e), b->transmittance_frac, e->transmittance_frac);
	printf("\nA_l # absorbed by layer [-], error [-]\n");
	for (size_t i = 0; i < run->layers; i++)
		printf("%.7G\t%.2G\n", b->absorbed_frac[i], e->absorbed_frac[i]);
	printf("\nA_z # absorbed by depth [1/cm], relative error [-]\n");
	for (size_t i = 0; i < run->nz; i++)
		printf("%.7G\t%.2G\n", s->absorbed[i], s->absorbed_error[i]);
}

static enum status read_source(const struct cli_options *options, struct light_source *source, struct fail *why)
{
	bool diffuse = cli_flag(options, "--diffuse");
	if (diffuse && cli_value(options, "--incidence-deg"))
		return fail_set(why, ST_INPUT, "--incidence-deg", "diffuse light has no angle; keep one of the two");
	source->kind = diffuse ? LIGHT_DIFFUSE : LIGHT_COLLIMATED;
	return read_incidence(options, &source->cos_incidence, why);
}

/* One solve is a matter of milliseconds here: more nodes than a plan takes, for answers to compare one's own with. */
#define LAYERS_NODES_DEFAULT 12

static enum status solve_once(int nodes, const struct mci_run *run, const struct light_source *source,
                              const double *edges, struct light_balance *balance, double *absorbed, struct fail *why)
{
	struct light_stack stack = mci_stack(run);
	struct ordinates *solver = NULL;
	enum status st = ordinates_new(nodes, &solver, why);
	if (st == ST_OK)
		st = ordinates_solve(solver, &stack, source, why);
	if (st == ST_OK) {
		ordinates_balance(solver, balance);
		ordinates_absorption(solver, edges, run->nz, absorbed);
	}
	ordinates_free(&solver);
	return st;
}

static double off_by(double value, double other)
{
	return fabs(other - value);
}

static enum status solve_layers(const struct mci_run *run, const struct light_source *source, double *edges,
                                struct solved *out, struct fail *why)
{
	struct light_balance *b = &out->balance, *e = &out->error;
	for (size_t i = 0; i <= run->nz; i++)
		edges[i] = run->dz_cm * (double)i;
	enum status st = solve_once((int)out->nodes, run, source, edges, b, out->absorbed, why);
	if (st == ST_OK)
		st = solve_once(other_nodes(out), run, source, edges, e, out->absorbed_error, why);
	if (st != ST_OK)
		return st;
	e->specular_frac = off_by(b->specular_frac, e->specular_frac);
	e->diffuse_reflectance_frac = off_by(b->diffuse_reflectance_frac, e->diffuse_reflectance_frac);
	e->transmittance_frac = off_by(b->transmittance_frac, e->transmittance_frac);
	for (size_t i = 0; i < run->layers; i++)
		e->absorbed_frac[i] = off_by(b->absorbed_frac[i], e->absorbed_frac[i]);
	for (size_t i = 0; i < run->nz; i++) {
		double value = out->absorbed[i], off = off_by(value, out->absorbed_error[i]);
		out->absorbed_error[i] = value > 0.0 ? off / value : 0.0;
	}
	return ST_OK;
}

static enum status run_layers(const struct task *task, struct fail *why)
{
	const struct mci_run *run = task->run;
	struct light_source source = {.kind = LIGHT_COLLIMATED};
	size_t bins = run->nz + 1;
	double *edges = calloc(3 * bins, sizeof *edges);
	if (!edges)
		return fail_set(why, ST_FULL, "", "no memory for the grid");
	struct solved solved = {.nodes = LAYERS_NODES_DEFAULT, .absorbed = edges + bins, .absorbed_error = edges + 2 * bins};
	enum status st = read_source(task->options, &source, why);
	if (st == ST_OK)
		st = cli_whole_number(task->options, "--nodes", 2, ORDINATES_NODES_MAX, &solved.nodes, why);
	if (st == ST_OK)
		st = solve_layers(run, &source, edges, &solved, why);
	if (st == ST_OK && cli_flag(task->options, "--json")) {
		begin_json(task);
		print_layers_json(run, &solved);
	} else if (st == ST_OK) {
		fputs(task->number ? "\n" : "", stdout);
		print_layers_text(run, &solved);
	}
	free(edges);
	return st;
}

typedef enum status run_one(const struct task *task, struct fail *why);

static enum status run_all(const struct cli_options *options, run_one *solve, const struct mci_file *file,
                           struct watch *watch, struct fail *why)
{
	struct task task = {.options = options, .watch = watch};
	enum status st = ST_OK;
	watch->items = file->runs;
	for (size_t i = 0; st == ST_OK && i < file->runs; i++) {
		watch_item(watch, i);
		task.run = &file->run[i];
		task.number = i;
		st = solve(&task, why);
		if (st == ST_CANCELLED)
			fail_set(why, st, options->operand[0], "stopped by %s in run %zu of %zu; %s", strsignal(watch_stopped()),
			         i + 1, file->runs, i ? "those before it are whole" : "nothing is written");
	}
	if (cli_flag(options, "--json") && (st == ST_OK || task.number > 0))
		puts("]");
	return st;
}

static enum status check_save(const struct cli_options *options, const struct mci_file *file, struct fail *why)
{
	if (!cli_flag(options, "--save"))
		return cli_flag(options, "--force") ? fail_set(why, ST_INPUT, "--force", "goes with --save alone") : ST_OK;
	if (cli_flag(options, "--json"))
		return fail_set(why, ST_INPUT, "--save", "writes MCML's tables; JSON goes to standard output alone");
	return check_files(file, cli_flag(options, "--force"), why);
}

static int run_file(const struct cli_options *options, run_one *solve)
{
	struct mci_file *file = NULL;
	struct fail why = {.text = ""};
	struct watch watch;
	enum status st = read_file(options->operand[0], &file, &why);
	if (st == ST_OK)
		st = check_save(options, file, &why);
	watch_begin(&watch, 1);
	if (st == ST_OK)
		st = run_all(options, solve, file, &watch, &why);
	mci_free(&file);
	int code = st == ST_OK ? 0 : cli_complain(options, st, &why);
	watch_end(&watch, st == ST_CANCELLED);
	return code;
}

int command_mc(const struct cli_options *options)
{
	return run_file(options, run_mc);
}

int command_layers(const struct cli_options *options)
{
	return run_file(options, run_layers);
}
