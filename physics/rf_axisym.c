/* Faces, matrix and power of the axisymmetric finite volumes. */
#include "physics/rf_axisym_private.h"

#include "physics/base/units.h"

#define TOLERANCE 1e-8
#define REFINE_MIN 0.25
#define REFINE_MAX 8.0
#define ERROR_REFINE 1.5

static double modulus2(double complex x)
{
	return creal(x) * creal(x) + cimag(x) * cimag(x);
}

static void set_resistivities(struct rf_axisym *s)
{
	for (size_t n = 0; n < s->cells; n++) {
		double complex y = s->admittivity_S_m[s->row_layer[n % s->nz]];
		double re = creal(y) * s->factor[n], im = cimag(y), scale = 1.0 / (re * re + im * im);
		s->resistivity_ohm_m[n] = RF_COMPLEX(re * scale, -im * scale);
	}
}

/* Impedance of half a cell across a face. */
static double complex half_axial(const struct rf_axisym *s, size_t n, size_t ir, size_t iz)
{
	return 0.5 * rf_axisym_height_m(s, iz) / rf_axisym_ring_m2(s, ir) * s->resistivity_ohm_m[n];
}

static double complex half_radial(const struct rf_axisym *s, size_t n, size_t ir, size_t iz, size_t face)
{
	return 0.5 * rf_axisym_width_m(s, ir) / rf_axisym_side_m2(s, face, iz) * s->resistivity_ohm_m[n];
}

static double middle_m(const double *edge_um, size_t i)
{
	return 0.5 * (edge_um[i] + edge_um[i + 1]) * M_PER_UM;
}

/* Beyond the grid V ~ 1/R: flux y V (n . R) / R^2. */
static double complex beyond_side(const struct rf_axisym *s, size_t n, size_t iz)
{
	double r = s->r_edge_um[s->nr] * M_PER_UM, z = middle_m(s->z_edge_um, iz);
	return (r * r + z * z) / (r * rf_axisym_side_m2(s, s->nr, iz)) * s->resistivity_ohm_m[n];
}

static double complex beyond_deep(const struct rf_axisym *s, size_t n, size_t ir)
{
	double z = s->z_edge_um[s->nz] * M_PER_UM, r = middle_m(s->r_edge_um, ir);
	return (r * r + z * z) / (z * rf_axisym_ring_m2(s, ir)) * s->resistivity_ohm_m[n];
}

static void link_cells(struct rf_axisym *s, double complex *link, size_t n, size_t before,
                       double complex impedance)
{
	double re = creal(impedance), im = cimag(impedance), scale = 1.0 / (re * re + im * im);
	double complex conductance = RF_COMPLEX(re * scale, -im * scale);
	link[n] = -conductance;
	s->diagonal[n] += conductance;
	s->diagonal[before] += conductance;
}

static void assemble_column(struct rf_axisym *s, size_t ir)
{
	bool far = s->problem.stack.back == RF_RETURN_FAR;
	for (size_t iz = 0; iz < s->nz; iz++) {
		size_t n = ir * s->nz + iz;
		if (iz > 0)
			link_cells(s, s->above, n, n - 1,
			           half_axial(s, n, ir, iz) + half_axial(s, n - 1, ir, iz - 1));
		if (ir > 0)
			link_cells(s, s->inside, n, n - s->nz,
			           half_radial(s, n, ir, iz, ir) + half_radial(s, n - s->nz, ir - 1, iz, ir));
		if (far && ir + 1 == s->nr) {
			s->outlet_side[iz] = 1.0 / (half_radial(s, n, ir, iz, s->nr) + beyond_side(s, n, iz));
			s->diagonal[n] += s->outlet_side[iz];
		}
	}
	size_t top = ir * s->nz, deep = top + s->nz - 1;
	if (ir < s->electrode_cells) {
		double complex contact = s->problem.contact.ohm_m2 / rf_axisym_ring_m2(s, ir);
		s->electrode[ir] = 1.0 / (half_axial(s, top, ir, 0) + contact);
		s->diagonal[top] += s->electrode[ir];
		s->source[top] = s->electrode[ir];
	}
	s->outlet_deep[ir] =
	        1.0 / (half_axial(s, deep, ir, s->nz - 1) + (far ? beyond_deep(s, deep, ir) : 0.0));
	s->diagonal[deep] += s->outlet_deep[ir];
}

static void assemble(struct rf_axisym *s)
{
	for (size_t n = 0; n < s->cells; n++)
		s->diagonal[n] = s->above[n] = s->inside[n] = s->source[n] = 0.0;
	for (size_t ir = 0; ir < s->nr; ir++)
		assemble_column(s, ir);
}

/* A current through half a cell: |E|^2 and E.E over it are drop^2 / length^2 x volume. */
static void add_half(struct rf_axisym *s, size_t n, double complex current, double complex impedance,
                     double per_m)
{
	double complex drop =
	        RF_COMPLEX(creal(current) * creal(impedance) - cimag(current) * cimag(impedance),
	                   creal(current) * cimag(impedance) + cimag(current) * creal(impedance));
	s->square[n] += modulus2(drop) * per_m;
	s->product[n] += RF_COMPLEX((creal(drop) * creal(drop) - cimag(drop) * cimag(drop)) * per_m,
	                            2.0 * creal(drop) * cimag(drop) * per_m);
}

static void add_axial(struct rf_axisym *s, size_t n, size_t ir, size_t iz, double complex current)
{
	add_half(s, n, current, half_axial(s, n, ir, iz),
	         rf_axisym_ring_m2(s, ir) / (0.5 * rf_axisym_height_m(s, iz)));
}

static void add_radial(struct rf_axisym *s, size_t n, size_t ir, size_t iz, size_t face,
                       double complex current)
{
	add_half(s, n, current, half_radial(s, n, ir, iz, face),
	         rf_axisym_side_m2(s, face, iz) / (0.5 * rf_axisym_width_m(s, ir)));
}

static void outlets(struct rf_axisym *s, size_t ir)
{
	size_t deep = ir * s->nz + s->nz - 1, last = s->nz - 1;
	bool far = s->problem.stack.back == RF_RETURN_FAR;
	double complex current = s->outlet_deep[ir] * s->potential[deep];
	add_axial(s, deep, ir, last, current);
	if (!far)
		return;
	s->outside_W[s->row_layer[last]] += modulus2(current) * creal(beyond_deep(s, deep, ir));
	for (size_t iz = 0; ir + 1 == s->nr && iz < s->nz; iz++) {
		size_t n = ir * s->nz + iz;
		current = s->outlet_side[iz] * s->potential[n];
		add_radial(s, n, ir, iz, s->nr, current);
		s->outside_W[s->row_layer[iz]] += modulus2(current) * creal(beyond_side(s, n, iz));
	}
}

/* Heat of one column's faces; returns the current the electrode feeds into it. */
static double complex column_heat(struct rf_axisym *s, size_t ir)
{
	const double complex *v = s->potential;
	for (size_t iz = 0; iz < s->nz; iz++) {
		size_t n = ir * s->nz + iz;
		if (iz > 0) {
			double complex current = s->above[n] * (v[n] - v[n - 1]);
			add_axial(s, n, ir, iz, current);
			add_axial(s, n - 1, ir, iz - 1, current);
		}
		if (ir > 0) {
			double complex current = s->inside[n] * (v[n] - v[n - s->nz]);
			add_radial(s, n, ir, iz, ir, current);
			add_radial(s, n - s->nz, ir - 1, iz, ir, current);
		}
	}
	outlets(s, ir);
	if (ir >= s->electrode_cells)
		return 0.0;
	double complex current = s->electrode[ir] * (1.0 - v[ir * s->nz]);
	add_axial(s, ir * s->nz, ir, 0, current);
	s->contact_W[ir] = modulus2(current) * creal(s->problem.contact.ohm_m2) / rf_axisym_ring_m2(s, ir);
	return current;
}

static void report(struct rf_axisym *s, double complex current)
{
	struct rf_result *r = &s->result;
	double total_W = creal(current), contact_W = 0.0, sum = 0.0, power_W[RF_LAYERS_MAX] = {0};
	*r = (struct rf_result){.impedance_ohm = 1.0 / current,
	                        .impedance_error_ohm = NAN,
	                        .layers = s->problem.stack.layers};
	for (size_t n = 0; n < s->cells; n++) {
		size_t i = s->row_layer[n % s->nz];
		power_W[i] += creal(s->admittivity_S_m[i]) * s->factor[n] * s->square[n];
	}
	for (size_t ir = 0; ir < s->electrode_cells; ir++)
		contact_W += s->contact_W[ir];
	for (size_t i = 0; i < r->layers; i++) {
		r->layer_frac[i] = (power_W[i] + s->outside_W[i]) / total_W;
		sum += r->layer_frac[i];
		r->flags |= s->layer[i].flags;
	}
	r->contact_frac = contact_W / total_W;
	r->balance_frac = fabs(sum + r->contact_frac - 1.0);
}

enum status rf_axisym_solve(struct rf_axisym *s, const double *factor, double tolerance, struct fail *why)
{
	for (size_t n = 0; n < s->cells; n++) {
		s->factor[n] = factor ? factor[n] : 1.0;
		if (!(s->factor[n] > 0.0) || !isfinite(s->factor[n]))
			return fail_set(why, ST_RANGE, "factor",
			                "conductivity factor %g of cell %zu must be above 0", s->factor[n],
			                n);
	}
	set_resistivities(s);
	assemble(s);
	enum status st = rf_axisym_iterate(s, tolerance > 0.0 ? tolerance : TOLERANCE, why);
	if (st)
		return st;
	memset(s->square, 0, s->cells * sizeof *s->square);
	memset(s->outside_W, 0, sizeof s->outside_W);
	for (size_t n = 0; n < s->cells; n++)
		s->product[n] = 0.0;
	double complex current = 0.0;
	for (size_t ir = 0; ir < s->nr; ir++)
		current += column_heat(s, ir);
	report(s, current);
	return ST_OK;
}

static enum status problem_check(const struct rf_axisym_problem *p, struct fail *why)
{
	enum status st = rf_round_check(&p->stack, &p->contact, p->radius_um, why);
	if (st)
		return st;
	if (p->column && p->stack.back != RF_RETURN_PLATE)
		return fail_set(why, ST_MODEL, "return",
		                "a column of tissue between plates needs a plate as return");
	if (!(p->refine == 0.0 || (p->refine >= REFINE_MIN && p->refine <= REFINE_MAX)))
		return fail_set(why, ST_RANGE, "refine", "%g: from %g to %g", p->refine, REFINE_MIN,
		                REFINE_MAX);
	return ST_OK;
}

static bool allocate(struct rf_axisym *s)
{
	size_t n = s->cells;
	double complex *all = calloc(16 * n + 2 * s->nr + s->nz, sizeof *all);
	s->square = calloc(2 * n + s->nr, sizeof *s->square);
	s->product = all;
	if (!all || !s->square)
		return false;
	s->factor = s->square + n;
	s->contact_W = s->factor + n;
	double complex **const part[] = {
	        &s->product,    &s->potential,   &s->diagonal,      &s->above,
	        &s->inside,     &s->source,      &s->inverse_pivot, &s->residual,
	        &s->search,     &s->image,       &s->work,          &s->resistivity_ohm_m,
	        &s->down_axial, &s->down_radial, &s->up_axial,      &s->up_radial};
	for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
		*part[i] = all + i * n;
	s->electrode = all + 16 * n;
	s->outlet_deep = s->electrode + s->nr;
	s->outlet_side = s->outlet_deep + s->nr;
	return true;
}

enum status rf_axisym_new(const struct rf_axisym_problem *problem, struct rf_axisym **out, struct fail *why)
{
	enum status st = problem_check(problem, why);
	if (st)
		return st;
	struct rf_axisym *s = calloc(1, sizeof *s);
	if (!s)
		return fail_set(why, ST_FULL, "memory", "no memory for the solver");
	s->problem = *problem;
	s->problem.refine = problem->refine > 0.0 ? problem->refine : 1.0;
	memcpy(s->layer, problem->stack.layer, problem->stack.layers * sizeof *s->layer);
	s->problem.stack.layer = s->layer;
	for (size_t i = 0; i < problem->stack.layers; i++)
		s->admittivity_S_m[i] = rf_admittivity_S_m(&s->layer[i], problem->stack.frequency_Hz);
	st = rf_axisym_grid(s, why);
	if (st == ST_OK && !allocate(s))
		st = fail_set(why, ST_FULL, "memory", "no memory for %zu cells", s->cells);
	if (st)
		rf_axisym_free(&s);
	else
		*out = s;
	return st;
}

void rf_axisym_free(struct rf_axisym **solver)
{
	struct rf_axisym *s = *solver;
	if (!s)
		return;
	free(s->r_edge_um);
	free(s->z_edge_um);
	free(s->row_layer);
	free(s->square);
	free(s->product);
	free(s);
	*solver = NULL;
}

const struct rf_result *rf_axisym_result(const struct rf_axisym *s)
{
	return &s->result;
}

size_t rf_axisym_iterations(const struct rf_axisym *s)
{
	return s->iterations;
}

size_t rf_axisym_nr(const struct rf_axisym *s)
{
	return s->nr;
}

size_t rf_axisym_nz(const struct rf_axisym *s)
{
	return s->nz;
}

const double *rf_axisym_z_edge_um(const struct rf_axisym *s)
{
	return s->z_edge_um;
}

size_t rf_axisym_layer(const struct rf_axisym *s, size_t iz)
{
	return s->row_layer[iz];
}

const double complex *rf_axisym_product(const struct rf_axisym *s)
{
	return s->product;
}

static size_t interval(const double *edge, size_t count, double x)
{
	if (!(x >= edge[0] && x <= edge[count]))
		return SIZE_MAX;
	size_t i = 0;
	while (i + 1 < count && edge[i + 1] <= x)
		i++;
	return i;
}

size_t rf_axisym_cell(const struct rf_axisym *s, double r_um, double z_um)
{
	size_t ir = interval(s->r_edge_um, s->nr, r_um), iz = interval(s->z_edge_um, s->nz, z_um);
	return ir == SIZE_MAX || iz == SIZE_MAX ? SIZE_MAX : ir * s->nz + iz;
}

static enum status impedance(const struct rf_axisym_problem *p, double refine, double complex *out,
                             struct fail *why)
{
	struct rf_axisym_problem finer = *p;
	struct rf_axisym *s = NULL;
	finer.refine = refine;
	enum status st = rf_axisym_new(&finer, &s, why);
	if (st == ST_OK)
		st = rf_axisym_solve(s, NULL, 0.0, why);
	if (st == ST_OK)
		*out = s->result.impedance_ohm;
	rf_axisym_free(&s);
	return st;
}

/* First order: error = difference / (1 - 1/ratio). */
enum status rf_axisym_error(const struct rf_axisym_problem *problem, double *error_ohm, struct fail *why)
{
	double refine = problem->refine > 0.0 ? problem->refine : 1.0;
	double complex coarse, fine;
	enum status st = impedance(problem, refine, &coarse, why);
	if (st == ST_OK)
		st = impedance(problem, refine * ERROR_REFINE, &fine, why);
	if (st == ST_OK)
		*error_ohm = cabs(fine - coarse) / (1.0 - 1.0 / ERROR_REFINE);
	return st;
}
