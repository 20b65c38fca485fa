/* The integral equation on panels, terminals, and the power of each layer. */
#include "physics/rf_patch_private.h"

#include "physics/base/units.h"
#include "physics/rf_symmetric.h"

#define COARSER 1.5
/* The meshes differ by 1.25 times the finer's error (second order); taken whole. */
#define ERROR_SHARE 1.0
/* Strips for a disc: against rf_disc 0.03 % at twice the default panels, where the meshes hardly differ. */
#define DISC_ERROR 5e-4
/* Two layers that together are thinner than this part of the longest side leave the tabulated rest too sharp:
 * then films are folded under narrower electrodes than the rule allows discs, at the price of its error. */
#define TWO_LAYERS_LEAST 0.025
#define FOLD_REACH 6.0
#define SMOOTH_ONE_POINT 0.15 /* panel over distance or first layer: one point errs by the square over 24 */
#define SMOOTH_STEP 0.8       /* layer thicknesses a Gauss point answers for */
#define SMOOTH_POINTS_MAX 4
#define REFINE_MIN 0.4
#define REFINE_MAX 3.0

/* Gauss-Legendre nodes on -1/2 .. 1/2. */
static const double gauss_x[SMOOTH_POINTS_MAX][SMOOTH_POINTS_MAX] = {
        {0.0},
        {-0.28867513459481287, 0.28867513459481287},
        {-0.38729833462074170, 0.0, 0.38729833462074170},
        {-0.43056815579702629, -0.16999052179242813, 0.16999052179242813, 0.43056815579702629}};
static const double gauss_w[SMOOTH_POINTS_MAX][SMOOTH_POINTS_MAX] = {
        {1.0},
        {0.5, 0.5},
        {0.27777777777777778, 0.44444444444444444, 0.27777777777777778},
        {0.17392742256872693, 0.32607257743127307, 0.32607257743127307, 0.17392742256872693}};

static double largest_side(const struct rf_panel *panel)
{
	return fmax(panel->width, panel->length);
}

static int smooth_points(const struct rf_patch *p, const struct rf_panel *a, const struct rf_panel *b)
{
	double size = fmax(largest_side(a), largest_side(b)), distance = hypot(a->x - b->x, a->y - b->y);
	double scale = fmax(p->smooth, distance);
	if (size < SMOOTH_ONE_POINT * scale)
		return 1;
	int points = 1 + (int)ceil(size / (SMOOTH_STEP * scale));
	return points < SMOOTH_POINTS_MAX ? points : SMOOTH_POINTS_MAX;
}

/* integral over both panels of each tabulated function; adds to sum. */
static void add_smooth(const struct rf_patch *p, const struct rf_kernel *kernel, const struct rf_panel *a,
                       const struct rf_panel *b, double factor, double complex *sum)
{
	int n = smooth_points(p, a, b) - 1;
	double area = a->width * a->length * b->width * b->length * factor;
	double complex value[RF_LAYERS_MAX + 1];
	for (int i = 0; i <= n; i++)
		for (int j = 0; j <= n; j++)
			for (int k = 0; k <= n; k++)
				for (int l = 0; l <= n; l++) {
					double dx = a->x - b->x + gauss_x[n][i] * a->width -
					            gauss_x[n][j] * b->width;
					double dy = a->y - b->y + gauss_x[n][k] * a->length -
					            gauss_x[n][l] * b->length;
					double weight = area * gauss_w[n][i] * gauss_w[n][j] * gauss_w[n][k] *
					                gauss_w[n][l];
					rf_kernel_at(kernel, hypot(dx, dy), value);
					for (size_t f = 0; f < kernel->functions; f++)
						sum[f] += weight * value[f];
				}
}

/* What the images leave of a function of wavenumber. */
static double complex less_images(const struct rf_patch *p, const double complex *coefficient, double decay)
{
	double complex sum = 0.0;
	for (size_t m = p->images.count; m-- > 0;)
		sum = (sum + coefficient[m]) * decay;
	return sum;
}

static void fill_reflected(const struct rf_layers *layers, const struct rf_response *response, double k,
                           void *context, double complex *out)
{
	const struct rf_patch *p = context;
	(void)layers;
	(void)k;
	out[0] = response->kernel_less_1 - less_images(p, p->images.reflected, response->decay[0]);
}

static void fill_shares(const struct rf_layers *layers, const struct rf_response *response, double k,
                        void *context, double complex *out)
{
	const struct rf_patch *p = context;
	double share[RF_LAYERS_MAX];
	(void)k;
	rf_layers_share(layers, response, share);
	for (size_t i = 0; i < layers->count; i++)
		out[i] = share[i];
	out[0] -= creal(layers->y_S_m[0]) / (cabs(layers->y_S_m[0]) * cabs(layers->y_S_m[0]));
	for (size_t i = 0; p->images.count && i < 2; i++)
		out[i] -= less_images(p, p->images.share[i], response->decay[0]);
}

/* Integrals over both panels of 1/d to the images; out[count]. */
static void image_integrals(const struct rf_patch *p, const struct rf_panel *a, const struct rf_panel *b,
                            double *out)
{
	for (size_t m = 0; m < p->images.count; m++)
		out[m] = rf_panels_coulomb(a, b, p->images.depth * (double)(m + 1));
}

static double complex image_sum(const struct rf_patch *p, const double complex *coefficient,
                                const double *integral)
{
	double complex sum = 0.0;
	for (size_t m = 0; m < p->images.count; m++)
		sum += coefficient[m] * integral[m];
	return sum;
}

/* Row i against panel j and its images: (u / 2 pi y_1)(1/d + reflected) + zeta on the diagonal. */
static double complex element(const struct rf_patch *p, const struct rf_kernel *kernel, size_t i, size_t j)
{
	struct rf_panel image[4];
	double sign[4], coulomb = 0.0;
	double complex smooth = 0.0;
	size_t images = rf_patch_images(&p->mirrors, &p->panel[j], image, sign);
	for (size_t k = 0; k < images; k++) {
		double depths[RF_PATCH_IMAGES_MAX];
		image_integrals(p, &p->panel[i], &image[k], depths);
		coulomb += sign[k] * rf_panels_coulomb(&p->panel[i], &image[k], 0.0);
		smooth += sign[k] * image_sum(p, p->images.reflected, depths);
		add_smooth(p, kernel, &p->panel[i], &image[k], sign[k], &smooth);
	}
	double complex value = (coulomb + smooth) * (p->unit_um * M_PER_UM) / (2.0 * PI * p->layers.y_S_m[0]);
	if (i == j)
		value += p->series_ohm_m2 * p->panel[i].width * p->panel[i].length;
	return value;
}

/* Current of each electrode, its mirror image included where that is the same electrode. */
static void electrode_currents(const struct rf_patch *p, const double complex *density,
                               double complex *current_A)
{
	double m2 = p->unit_um * M_PER_UM * p->unit_um * M_PER_UM;
	double images = (p->mirrors.y ? 2.0 : 1.0) * (p->mirrors.x && p->electrodes == 1 ? 2.0 : 1.0);
	for (size_t e = 0; e < p->electrodes; e++)
		current_A[e] = 0.0;
	for (size_t i = 0; i < p->panels; i++)
		current_A[p->panel[i].electrode] +=
		        images * m2 * p->panel[i].width * p->panel[i].length * density[i];
	if (p->mirrors.x && p->electrodes == 2)
		current_A[1] = p->mirrors.sign_x * current_A[0];
}

static double complex terminal_current(const struct rf_patch *p, const double complex *density,
                                       enum rf_terminal terminal)
{
	double complex current_A[RF_PATCH_ELECTRODES_MAX], sum = 0.0;
	electrode_currents(p, density, current_A);
	for (size_t e = 0; e < p->electrodes; e++)
		if (p->electrode[e].terminal == terminal)
			sum += current_A[e];
	return sum;
}

/* Density for given potentials of the two terminals. */
static void respond(const struct rf_patch *p, const double complex *factors, double complex active_V,
                    double complex return_V, double complex *density)
{
	for (size_t i = 0; i < p->panels; i++) {
		bool active = p->electrode[p->panel[i].electrode].terminal == RF_ACTIVE;
		density[i] = (active ? active_V : return_V) * p->panel[i].width * p->panel[i].length;
	}
	rf_symmetric_solve(p->panels, factors, density);
}

static bool has_return(const struct rf_patch *p)
{
	for (size_t e = 0; e < p->electrodes; e++)
		if (p->electrode[e].terminal == RF_RETURN)
			return true;
	return false;
}

/* Bipolar: V_a - V_r = 1 and no net current give V_a = (Y_ar + Y_rr) / (Y_aa + 2 Y_ar + Y_rr). */
static double complex floating_V(const struct rf_patch *p, const double complex *factors,
                                 double complex *work)
{
	if (!has_return(p))
		return 1.0;
	if (p->mirrors.x && p->mirrors.sign_x < 0.0)
		return 0.5;
	respond(p, factors, 1.0, 0.0, work);
	double complex aa = terminal_current(p, work, RF_ACTIVE), ar = terminal_current(p, work, RF_RETURN);
	respond(p, factors, 0.0, 1.0, work);
	double complex rr = terminal_current(p, work, RF_RETURN);
	return (ar + rr) / (aa + 2.0 * ar + rr);
}

static enum status solve(struct rf_patch *p, double refine, double complex *impedance_ohm, struct fail *why)
{
	enum status st = rf_patch_mesh(p, refine, why);
	if (st)
		return st;
	rf_patch_images_init(p);
	struct rf_kernel kernel;
	double complex *matrix = malloc(rf_row_start(p->panels + 1) * sizeof *matrix);
	if (!rf_kernel_new(&kernel, &p->layers, p->smooth, p->reach, 1, fill_reflected, p, NULL) || !matrix) {
		st = fail_set(why, ST_FULL, "memory", "no memory for %zu panels", p->panels);
	} else {
		for (size_t i = 0; i < p->panels; i++)
			for (size_t j = 0; j <= i; j++)
				matrix[rf_row_start(i) + j] = element(p, &kernel, i, j);
		if (!rf_symmetric_factor(p->panels, matrix))
			st = fail_set(why, ST_NUMERIC, "patch", "the matrix of %zu panels is singular",
			              p->panels);
	}
	if (st == ST_OK) {
		p->active_V = floating_V(p, matrix, p->density);
		respond(p, matrix, p->active_V, p->active_V - 1.0, p->density);
		electrode_currents(p, p->density, p->current_A);
		*impedance_ohm = 1.0 / terminal_current(p, p->density, RF_ACTIVE);
	}
	rf_kernel_free(&kernel);
	free(matrix);
	return st;
}

static double modulus2(double complex x)
{
	return creal(x) * creal(x) + cimag(x) * cimag(x);
}

/* P_i = (1 / 2 pi) sum over all pairs of q_a q_b* integral share_i J0 dk: power of each kept layer, W. */
static bool layer_powers(struct rf_patch *p, double *power_W, double *contact_W)
{
	struct rf_kernel kernel;
	bool enough = rf_kernel_new(&kernel, &p->layers, p->smooth, p->reach, p->layers.count, fill_shares, p,
	                            NULL);
	double whole = creal(p->layers.y_S_m[0]) / modulus2(p->layers.y_S_m[0]),
	       unit_m = p->unit_um * M_PER_UM;
	double complex sum[RF_LAYERS_MAX] = {0};
	double contact = 0.0, images = (p->mirrors.x ? 2.0 : 1.0) * (p->mirrors.y ? 2.0 : 1.0);
	for (size_t i = 0; enough && i < p->panels; i++) {
		contact += modulus2(p->density[i]) * p->panel[i].width * p->panel[i].length;
		for (size_t j = 0; j <= i; j++) {
			struct rf_panel image[4];
			double sign[4],
			        pair = creal(p->density[i] * conj(p->density[j])) * (i == j ? 1.0 : 2.0);
			size_t count = rf_patch_images(&p->mirrors, &p->panel[j], image, sign);
			for (size_t k = 0; k < count; k++) {
				double depths[RF_PATCH_IMAGES_MAX];
				image_integrals(p, &p->panel[i], &image[k], depths);
				sum[0] += pair * sign[k] * whole *
				          rf_panels_coulomb(&p->panel[i], &image[k], 0.0);
				for (size_t f = 0; p->images.count && f < 2; f++)
					sum[f] += pair * sign[k] * image_sum(p, p->images.share[f], depths);
				add_smooth(p, &kernel, &p->panel[i], &image[k], pair * sign[k], sum);
			}
		}
	}
	for (size_t i = 0; i < p->layers.count; i++)
		power_W[i] = images * unit_m * unit_m * unit_m / (2.0 * PI) * creal(sum[i]);
	*contact_W = images * unit_m * unit_m * contact * creal(p->series_ohm_m2);
	rf_kernel_free(&kernel);
	return enough;
}

/* What the two meshes do not see: strips for discs, folded layers (as for the disc: 1.5 d / half the least
 * side). */
static double shape_error(const struct rf_patch *p)
{
	double error = p->fold_error_frac;
	for (size_t e = 0; e < p->electrodes; e++)
		if (p->electrode[e].shape == RF_PATCH_DISC)
			return error + DISC_ERROR;
	return error;
}

static enum status report(struct rf_patch *p, double complex fine_ohm, double complex coarse_ohm,
                          struct fail *why)
{
	struct rf_result *r = &p->result;
	double power_W[RF_LAYERS_MAX], contact_W, total_W = creal(1.0 / fine_ohm), sum = 0.0;
	if (!layer_powers(p, power_W, &contact_W))
		return fail_set(why, ST_FULL, "memory", "no memory for the power of %zu layers",
		                p->layers.count);
	double series = creal(p->series_ohm_m2),
	       per_ohm = series > 0.0 ? contact_W / (series * total_W) : 0.0;
	*r = (struct rf_result){.impedance_ohm = fine_ohm,
	                        .impedance_error_ohm = ERROR_SHARE * cabs(fine_ohm - coarse_ohm) +
	                                               shape_error(p) * cabs(fine_ohm),
	                        .layers = p->stack.layers};
	for (size_t i = 0; i < r->layers; i++) {
		const struct rf_layer *layer = &p->layer[i];
		if (i >= p->folded)
			r->layer_frac[i] = power_W[i - p->folded] / total_W;
		else
			r->layer_frac[i] = per_ohm * creal(layer->thickness_um * M_PER_UM /
			                                   rf_admittivity_S_m(layer, p->stack.frequency_Hz));
		sum += r->layer_frac[i];
		r->flags |= layer->flags;
	}
	r->contact_frac = per_ohm * creal(p->contact_ohm_m2);
	r->balance_frac = fabs(sum + r->contact_frac - 1.0);
	return ST_OK;
}

static enum status electrode_check(const struct rf_patch_electrode *e, size_t i, struct fail *why)
{
	char field[FAIL_FIELD_MAX];
	(void)snprintf(field, sizeof field, "electrodes[%zu]", i);
	if (e->shape != RF_PATCH_RECTANGLE && e->shape != RF_PATCH_DISC)
		return fail_set(why, ST_INPUT, field, "unknown shape %d", (int)e->shape);
	if (e->terminal != RF_ACTIVE && e->terminal != RF_RETURN)
		return fail_set(why, ST_INPUT, field, "unknown terminal %d", (int)e->terminal);
	bool sized = e->width_um > 0.0 && isfinite(e->width_um) &&
	             (e->shape == RF_PATCH_DISC || (e->length_um > 0.0 && isfinite(e->length_um)));
	if (!sized || !isfinite(e->x_um) || !isfinite(e->y_um))
		return fail_set(why, ST_RANGE, field,
		                "size %g x %g um at %g, %g um: must be above 0 and finite", e->width_um,
		                e->length_um, e->x_um, e->y_um);
	return ST_OK;
}

static double half_length(const struct rf_patch_electrode *e)
{
	return 0.5 * (e->shape == RF_PATCH_DISC ? e->width_um : e->length_um);
}

static bool apart(const struct rf_patch_electrode *a, const struct rf_patch_electrode *b)
{
	double dx = fabs(a->x_um - b->x_um), dy = fabs(a->y_um - b->y_um);
	if (a->shape == RF_PATCH_DISC && b->shape == RF_PATCH_DISC)
		return hypot(dx, dy) > 0.5 * (a->width_um + b->width_um);
	return dx > 0.5 * (a->width_um + b->width_um) || dy > half_length(a) + half_length(b);
}

static enum status problem_check(const struct rf_patch_problem *p, struct fail *why)
{
	enum status st = rf_stack_check(&p->stack, why);
	if (st == ST_OK)
		st = rf_contact_check(&p->contact, why);
	if (st)
		return st;
	if (p->electrodes < 1 || p->electrodes > RF_PATCH_ELECTRODES_MAX)
		return fail_set(why, ST_RANGE, "electrodes", "%zu electrodes: 1 to %d", p->electrodes,
		                RF_PATCH_ELECTRODES_MAX);
	size_t terminals[2] = {0};
	for (size_t i = 0; i < p->electrodes; i++) {
		st = electrode_check(&p->electrode[i], i, why);
		if (st)
			return st;
		terminals[p->electrode[i].terminal]++;
		for (size_t j = 0; j < i; j++)
			if (!apart(&p->electrode[i], &p->electrode[j]))
				return fail_set(why, ST_INPUT, "electrodes",
				                "electrodes %zu and %zu touch or overlap", j, i);
	}
	if (terminals[RF_ACTIVE] == 0)
		return fail_set(why, ST_INPUT, "electrodes", "no electrode is active");
	if (terminals[RF_RETURN] == 0 && p->stack.back == RF_RETURN_NONE)
		return fail_set(why, ST_MODEL, "return",
		                "active electrodes alone need a return: far, a plate, or electrodes");
	if (!(p->refine == 0.0 || (p->refine >= REFINE_MIN && p->refine <= REFINE_MAX)))
		return fail_set(why, ST_RANGE, "refine", "%g: from %g to %g", p->refine, REFINE_MIN,
		                REFINE_MAX);
	return ST_OK;
}

/* The unit of length is the least side; the reach spans all electrodes. */
static void measure(struct rf_patch *p)
{
	double left = INFINITY, right = -INFINITY, low = INFINITY, high = -INFINITY;
	p->unit_um = INFINITY;
	for (size_t i = 0; i < p->electrodes; i++) {
		const struct rf_patch_electrode *e = &p->electrode[i];
		double half_y = half_length(e);
		p->unit_um = fmin(p->unit_um, fmin(e->width_um, 2.0 * half_y));
		left = fmin(left, e->x_um - 0.5 * e->width_um);
		right = fmax(right, e->x_um + 0.5 * e->width_um);
		low = fmin(low, e->y_um - half_y);
		high = fmax(high, e->y_um + half_y);
	}
	p->reach = hypot(right - left, high - low) / p->unit_um;
}

/* Layers much thinner than the panels are beyond the quadrature of what is tabulated. */
static enum status thin_check(const struct rf_patch *p, struct fail *why)
{
	double largest = rf_patch_largest_side(p);
	if (largest > SMOOTH_STEP * SMOOTH_POINTS_MAX * p->smooth)
		return fail_set(why, ST_MODEL, "layers",
		                "first layers of %g um are too thin for panels of %g um: refine more",
		                p->smooth * p->unit_um, largest * p->unit_um);
	return ST_OK;
}

static double longest_side_um(const struct rf_patch *p)
{
	double longest_um = 0.0;
	for (size_t i = 0; i < p->electrodes; i++)
		longest_um =
		        fmax(longest_um, fmax(p->electrode[i].width_um, 2.0 * half_length(&p->electrode[i])));
	return longest_um;
}

static enum status prepare(struct rf_patch *p, const struct rf_patch_problem *problem, struct fail *why)
{
	memcpy(p->layer, problem->stack.layer, problem->stack.layers * sizeof *p->layer);
	p->stack = problem->stack;
	p->stack.layer = p->layer;
	p->electrodes = problem->electrodes;
	memcpy(p->electrode, problem->electrode, p->electrodes * sizeof *p->electrode);
	p->contact_ohm_m2 = p->series_ohm_m2 = problem->contact.ohm_m2;
	measure(p);
	double reach = 1.0;
	struct rf_fold fold = rf_stack_fold(&p->stack, 0.5 * p->unit_um, &p->kept);
	if (p->kept.layers > 2 && p->kept.layer[0].thickness_um + p->kept.layer[1].thickness_um <
	                                  TWO_LAYERS_LEAST * longest_side_um(p)) {
		reach = FOLD_REACH;
		fold = rf_stack_fold(&p->stack, reach * 0.5 * p->unit_um, &p->kept);
	}
	p->folded = fold.layers;
	p->folded_um = fold.thickness_um;
	p->fold_error_frac = reach * fold.error_frac;
	for (size_t i = 0; i < p->electrodes; i++) {
		p->electrode[i].width_um += 2.0 * fold.widen_um;
		p->electrode[i].length_um += 2.0 * fold.widen_um;
	}
	p->series_ohm_m2 += fold.ohm_m2;
	rf_layers_init(&p->layers, &p->kept, p->unit_um);
	p->panel = malloc(RF_PATCH_PANELS_MAX * sizeof *p->panel);
	p->density = malloc(RF_PATCH_PANELS_MAX * sizeof *p->density);
	if (!p->panel || !p->density)
		return fail_set(why, ST_FULL, "memory", "no memory for the panels");
	return ST_OK;
}

enum status rf_patch_new(const struct rf_patch_problem *problem, struct rf_patch **out, struct fail *why)
{
	enum status st = problem_check(problem, why);
	if (st)
		return st;
	struct rf_patch *p = calloc(1, sizeof *p);
	if (!p)
		return fail_set(why, ST_FULL, "memory", "no memory for the electrodes");
	double refine = problem->refine > 0.0 ? problem->refine : 1.0;
	double complex coarse_ohm = 0.0, fine_ohm = 0.0;
	st = prepare(p, problem, why);
	if (st == ST_OK)
		st = solve(p, refine / COARSER, &coarse_ohm, why);
	if (st == ST_OK)
		st = solve(p, refine, &fine_ohm, why);
	if (st == ST_OK)
		st = thin_check(p, why);
	if (st == ST_OK)
		st = report(p, fine_ohm, coarse_ohm, why);
	if (st)
		rf_patch_free(&p);
	else
		*out = p;
	return st;
}

void rf_patch_free(struct rf_patch **patch)
{
	if (!*patch)
		return;
	free((*patch)->panel);
	free((*patch)->density);
	free(*patch);
	*patch = NULL;
}

const struct rf_result *rf_patch_result(const struct rf_patch *patch)
{
	return &patch->result;
}

double complex rf_patch_current_A(const struct rf_patch *patch, size_t electrode)
{
	return patch->current_A[electrode];
}

size_t rf_patch_panels(const struct rf_patch *patch)
{
	return patch->panels;
}
