/* MCML's output file. Its readers count lines (getmcml.m takes dz and dr from line 15, the first A_rz value from the
 * line after six of comment): every line stands where MCML 1.2.2 has it (Wang, Jacques & Zheng 1995, mcmlio.c). */
#include "physics/base/units.h"
#include "physics/mci.h"

#include <stdarg.h>

struct writer {
	char *text;
	size_t used, size;
};

static void put(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct writer *w, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(w->text + w->used, w->size - w->used, format, arguments);
	va_end(arguments);
	BUG_ON(n < 0 || (size_t)n >= w->size - w->used);
	w->used += (size_t)n;
}

static void put_input(struct writer *w, const struct mci_run *run, const struct mc_result *r)
{
	put(w, "A1 \t# Version number of the file format.\n\n####\n# Data categories include: \n# InParm, RAT, \n"
	       "# A_l, A_z, Rd_r, Rd_a, Tt_r, Tt_a, \n# A_rz, Rd_ra, Tt_ra \n####\n\n");
	put(w, "# lasertwin, %s: standard errors at the end; what is absorbed beyond the grid is not in its last bins\n\n",
	    mc_engine_name(mc_engine_used(r)));
	put(w, "InParm \t\t\t# Input parameters. cm is used.\n%s \tA\t\t# output file name, ASCII.\n"
	       "%llu \t\t\t# No. of photons\n",
	    run->output, (unsigned long long)mc_photons(r));
	put(w, "%G\t%G\t\t# dz, dr [cm]\n%zu\t%zu\t%zu\t# No. of dz, dr, da.\n\n%zu\t\t\t\t\t# Number of layers\n", run->dz_cm,
	    run->dr_cm, run->nz, run->nr, run->na, run->layers);
	put(w, "#n\tmua\tmus\tg\td\t# One line for each layer\n%G\t\t\t\t\t# n for medium above\n", run->n_above);
	for (size_t i = 0; i < run->layers; i++) {
		const struct light_layer *l = &run->layer[i];
		put(w, "%G\t%G\t%G\t%G\t%G\t# layer %zu\n", l->n, l->mua_1_cm, l->mus_1_cm, l->g, l->thickness_cm, i + 1);
	}
	put(w, "%G\t\t\t\t\t# n for medium below\n\n", run->n_below);
}

static double absorbed_of(const struct mci_run *run, const struct mc_result *r, double *se)
{
	double layer_se, absorbed = 0.0, variance = 0.0;
	for (size_t i = 0; i < run->layers; i++) {
		absorbed += mc_layer_absorbed(r, 0, i, &layer_se);
		variance += layer_se * layer_se;
	}
	*se = sqrt(variance);
	return absorbed;
}

static void put_balance(struct writer *w, const struct mci_run *run, const struct mc_result *r)
{
	double se;
	put(w, "RAT #Reflectance, absorption, transmission. \n%-14.6G \t#Specular reflectance [-]\n", mc_specular(r));
	put(w, "%-14.6G \t#Diffuse reflectance [-]\n", mc_reflectance(r, 0, NULL));
	put(w, "%-14.6G \t#Absorbed fraction [-]\n", absorbed_of(run, r, &se));
	put(w, "%-14.6G \t#Transmittance [-]\n\nA_l #Absorption as a function of layer. [-]\n",
	    mc_transmittance(r, 0, NULL));
	for (size_t i = 0; i < run->layers; i++)
		put(w, "%12.4G\n", mc_layer_absorbed(r, 0, i, NULL));
	put(w, "\nA_z #A[0], [1],..A[nz-1]. [1/cm]\n");
	for (size_t i = 0; i < run->nz; i++)
		put(w, "%12.4E\n", mc_absorbed_z(r, 0, i, NULL));
}

/* MCML books what leaves beyond the last ring in it. */
static double left_at(const struct mci_run *run, const struct mc_result *r, bool up, size_t ring, size_t angle)
{
	double value = mc_left(r, up, ring, angle, NULL);
	return ring + 1 == run->nr ? value + mc_left(r, up, run->nr, angle, NULL) : value;
}

static double ring_area_cm2(const struct mci_run *run, size_t ring)
{
	return PI * run->dr_cm * run->dr_cm * (2.0 * (double)ring + 1.0);
}

/* Solid angle of a ring of directions: 4 pi sin(middle) sin(half of its width). */
static double solid_angle_sr(const struct mci_run *run, size_t angle)
{
	double width = 0.5 * PI / (double)run->na;
	return 4.0 * PI * sin(((double)angle + 0.5) * width) * sin(0.5 * width);
}

static void put_left(struct writer *w, const struct mci_run *run, const struct mc_result *r, bool up)
{
	const char *name = up ? "Rd" : "Tt";
	put(w, "\n%s_r #%s[0], [1],..%s[nr-1]. [1/cm2]\n", name, name, name);
	for (size_t i = 0; i < run->nr; i++) {
		double sum = 0.0;
		for (size_t a = 0; a < run->na; a++)
			sum += left_at(run, r, up, i, a);
		put(w, "%12.4E\n", sum / ring_area_cm2(run, i));
	}
	put(w, "\n%s_a #%s[0], [1],..%s[na-1]. [sr-1]\n", name, name, name);
	for (size_t a = 0; a < run->na; a++) {
		double sum = 0.0;
		for (size_t i = 0; i < run->nr; i++)
			sum += left_at(run, r, up, i, a);
		put(w, "%12.4E\n", sum / solid_angle_sr(run, a));
	}
}

#define PER_LINE 5

static void put_grid_value(struct writer *w, size_t index, double value)
{
	put(w, "%12.4E %s", value, index % PER_LINE == PER_LINE - 1 ? "\n" : "");
}

static void put_absorbed_rz(struct writer *w, const struct mci_run *run, const struct mc_result *r)
{
	put(w, "\n# A[r][z]. [1/cm3]\n# A[0][0], [0][1],..[0][nz-1]\n# A[1][0], [1][1],..[1][nz-1]\n# ...\n"
	       "# A[nr-1][0], [nr-1][1],..[nr-1][nz-1]\nA_rz\n");
	for (size_t i = 0; i < run->nr; i++)
		for (size_t k = 0; k < run->nz; k++)
			put_grid_value(w, i * run->nz + k, mc_absorbed(r, 0, i, k, NULL));
	put(w, "\n");
}

/* Radiance per area of the surface and solid angle, across the path: divided by the cosine, as MCML does. */
static void put_left_ra(struct writer *w, const struct mci_run *run, const struct mc_result *r, bool up)
{
	const char *name = up ? "Rd" : "Tt";
	put(w, "# %s[r][angle]. [1/(cm2sr)].\n# %s[0][0], [0][1],..[0][na-1]\n# %s[1][0], [1][1],..[1][na-1]\n# ...\n"
	       "# %s[nr-1][0], [nr-1][1],..[nr-1][na-1]\n%s_ra\n",
	    name, name, name, name, name);
	for (size_t i = 0; i < run->nr; i++)
		for (size_t a = 0; a < run->na; a++) {
			double cosine = cos(((double)a + 0.5) * 0.5 * PI / (double)run->na);
			double scale = ring_area_cm2(run, i) * solid_angle_sr(run, a) * cosine;
			put_grid_value(w, i * run->na + a, left_at(run, r, up, i, a) / scale);
		}
	put(w, "\n");
}

/* What MCML does not give: after its tables, where its readers have stopped. */
static void put_errors(struct writer *w, const struct mci_run *run, const struct mc_result *r)
{
	double se;
	put(w, "# Standard errors\nRAT_se # specular, diffuse reflectance, absorbed fraction, transmittance\n0\n");
	(void)mc_reflectance(r, 0, &se);
	put(w, "%.2G\n", se);
	(void)absorbed_of(run, r, &se);
	put(w, "%.2G\n", se);
	(void)mc_transmittance(r, 0, &se);
	put(w, "%.2G\n\nA_l_se\n", se);
	for (size_t i = 0; i < run->layers; i++) {
		(void)mc_layer_absorbed(r, 0, i, &se);
		put(w, "%.2G\n", se);
	}
	put(w, "\nA_z_se\n");
	for (size_t i = 0; i < run->nz; i++) {
		(void)mc_absorbed_z(r, 0, i, &se);
		put(w, "%.2G\n", se);
	}
}

enum status mci_write(const struct mci_run *run, const struct mc_result *r, char **text, struct fail *why)
{
	enum { LINE = 128, VALUE = 16, HEAD = 4096 };
	size_t lines = 2 * LIGHT_LAYERS_MAX + 2 * (run->nz + run->nr + run->na);
	struct writer w = {.size = HEAD + LINE * lines + VALUE * run->nr * (run->nz + 2 * run->na)};
	w.text = malloc(w.size);
	*text = w.text;
	if (!w.text)
		return fail_set(why, ST_FULL, "", "no memory for the tables");
	put_input(&w, run, r);
	put_balance(&w, run, r);
	put_left(&w, run, r, true);
	put_left(&w, run, r, false);
	put_absorbed_rz(&w, run, r);
	put_left_ra(&w, run, r, true);
	put_left_ra(&w, run, r, false);
	put_errors(&w, run, r);
	return ST_OK;
}
