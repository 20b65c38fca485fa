/* The field below flat electrodes, and two plane problems in closed form. */
#include "physics/rf_patch_private.h"

#include "physics/base/units.h"

/* One, two or four midpoints a side: the error falls with the square of the panel over distance or layer. */
#define FAR_PANEL 0.1
#define NEAR_PANEL 0.3
#define PANELS_SEEN 0.5 /* largest panels: how deep below a thin first layer single panels show */

/* Potential and field of a panel of unit density in the half-space: integral of 1/d and of its gradient, z >
 * 0. */
struct pull {
	double potential, x, y, z;
};

static struct pull panel_pull(const struct rf_panel *panel, double x, double y, double z)
{
	struct pull sum = {0};
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++) {
			double u = panel->x + (i ? 0.5 : -0.5) * panel->width - x;
			double v = panel->y + (j ? 0.5 : -0.5) * panel->length - y;
			double r = sqrt(u * u + v * v + z * z), sign = i == j ? 1.0 : -1.0;
			double along_x = asinh(u / hypot(v, z)), along_y = asinh(v / hypot(u, z)),
			       angle = atan2(u * v, z * r);
			sum.potential += sign * (u * along_y + v * along_x - z * angle);
			sum.x += sign * along_y;
			sum.y += sign * along_x;
			sum.z += sign * angle;
		}
	return sum;
}

/* Kernels at one depth: potential, axial, radial (with J1). */
struct level {
	size_t layer;
	double z; /* below the layer's top */
};

static void fill_level(const struct rf_layers *layers, const struct rf_response *r, double k, void *context,
                       double complex *out)
{
	const struct level *at = context;
	double down = exp(-k * at->z), thickness = layers->thickness[at->layer];
	double up = isinf(thickness) ? 0.0 : exp(-k * (2.0 * thickness - at->z));
	double complex forth = r->amplitude[at->layer] * down;
	double complex back = r->amplitude[at->layer] * r->reflection[at->layer] * up;
	if (at->layer == 0) /* the panels' own field is added in closed form */
		forth = 0.5 * r->kernel_less_1 * down;
	out[0] = forth + back;
	out[1] = k * (forth - back);
	out[2] = k * (forth + back);
}

/* Largest depth-independent distance between any place and any panel. */
static double reach_of(const struct rf_patch *p, size_t count, const double *x_um, const double *y_um)
{
	double reach = p->reach;
	for (size_t i = 0; i < count; i++)
		for (size_t e = 0; e < p->electrodes; e++)
			reach = fmax(reach,
			             hypot(x_um[i] - p->electrode[e].x_um, y_um[i] - p->electrode[e].y_um) /
			                             p->unit_um +
			                     p->reach);
	return reach;
}

/* The layered part over a panel, by as many points as its size asks for beside the distance and the first
 * layer. */
static void add_layered(const struct rf_panel *panel, const struct rf_kernel *kernel, double x, double y,
                        double complex density, double complex sum[4])
{
	double size = fmax(panel->width, panel->length);
	double scale = fmax(kernel->scale, hypot(x - panel->x, y - panel->y) - size);
	int n = size < FAR_PANEL * scale ? 1 : size < NEAR_PANEL * scale ? 2 : 4;
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++) {
			double dx = x - panel->x - panel->width * (((double)i + 0.5) / n - 0.5);
			double dy = y - panel->y - panel->length * (((double)j + 0.5) / n - 0.5);
			double distance = hypot(dx, dy), area = panel->width * panel->length / (n * n);
			double complex value[3];
			rf_kernel_at(kernel, distance, value);
			double complex sideways = distance > 0.0 ? density * area * value[2] / distance : 0.0;
			sum[0] += density * area * value[0];
			sum[1] += sideways * dx;
			sum[2] += sideways * dy;
			sum[3] += density * area * value[1];
		}
}

static void add_panel(const struct rf_panel *panel, const struct rf_kernel *kernel, bool own, double x,
                      double y, double z, double complex density, double complex sum[4])
{
	add_layered(panel, kernel, x, y, density, sum);
	if (!own)
		return;
	struct pull pull = panel_pull(panel, x, y, z);
	sum[0] += density * pull.potential;
	sum[1] += density * pull.x;
	sum[2] += density * pull.y;
	sum[3] += density * pull.z;
}

/* d/dx of the integral of 1/d over a panel is the difference of asinh across it: field = -grad = sum.x as
 * built. */
static void place_field(const struct rf_patch *p, const struct rf_kernel *kernel, const struct level *at,
                        double x_um, double y_um, struct rf_field *out)
{
	double complex sum[4] = {0}, scale = 1.0 / (2.0 * PI * p->layers.y_S_m[0]);
	double x = x_um / p->unit_um, y = y_um / p->unit_um, z = fmax(at->z, 1e-9);
	for (size_t i = 0; i < p->panels; i++) {
		struct rf_panel image[4];
		double sign[4];
		size_t images = rf_patch_images(&p->mirrors, &p->panel[i], image, sign);
		for (size_t k = 0; k < images; k++)
			add_panel(&image[k], kernel, at->layer == 0, x, y, z, sign[k] * p->density[i], sum);
	}
	*out = (struct rf_field){.potential_V = sum[0] * scale * (p->unit_um * M_PER_UM),
	                         .field_V_m = {sum[1] * scale, sum[2] * scale, sum[3] * scale}};
	rf_field_power(&p->layer[at->layer + p->folded], out);
}

/* Below the first layer the kernels vary over the depth itself; in it, over its thickness. */
static double deeper_scale(const struct rf_patch *p, double depth_um)
{
	return isinf(p->layers.thickness[0]) || depth_um <= p->layers.thickness[0] * p->unit_um
	               ? 0.0
	               : depth_um / p->unit_um;
}

enum status rf_patch_plane(const struct rf_patch *p, double z_um, size_t count, const double *x_um,
                           const double *y_um, struct rf_field *out, struct fail *why)
{
	double bottom_um = rf_layer_top_um(&p->stack, p->stack.layers);
	if (!(z_um >= 0.0 && z_um <= bottom_um) || !isfinite(z_um))
		return fail_set(why, ST_RANGE, "z_um", "depth %g um must lie in the tissue, 0 to %g um", z_um,
		                bottom_um);
	if (z_um < p->folded_um)
		return fail_set(why, ST_MODEL, "z_um",
		                "depth %g um lies in the layers (to %g um) that act as a contact", z_um,
		                p->folded_um);
	double shallow_um = p->images.count ? PANELS_SEEN * rf_patch_largest_side(p) * p->unit_um : 0.0;
	if (z_um < shallow_um)
		return fail_set(
		        why, ST_MODEL, "z_um",
		        "depth %g um: above %g um the thin first layer asks for smaller panels: refine more",
		        z_um, shallow_um);
	for (size_t i = 0; i < count; i++)
		if (!isfinite(x_um[i]) || !isfinite(y_um[i]))
			return fail_set(why, ST_RANGE, "x_um", "place %zu is not finite", i);
	double depth_um = z_um - p->folded_um;
	struct level at = {.layer = rf_layer_at(&p->kept, depth_um)};
	at.z = (depth_um - rf_layer_top_um(&p->kept, at.layer)) / p->unit_um;
	static const bool first_order[] = {false, false, true};
	struct rf_kernel kernel;
	enum status st = ST_OK;
	if (rf_kernel_new(&kernel, &p->layers, fmax(p->layers.thickness[0], deeper_scale(p, depth_um)),
	                  reach_of(p, count, x_um, y_um), 3, fill_level, &at, first_order)) {
		for (size_t i = 0; i < count; i++)
			place_field(p, &kernel, &at, x_um[i], y_um[i], &out[i]);
	} else {
		st = fail_set(why, ST_FULL, "memory", "no memory for the field");
	}
	rf_kernel_free(&kernel);
	return st;
}

/* Complete elliptic integral of the first kind by the arithmetic-geometric mean (Abramowitz & Stegun 17.6).
 */
static double elliptic_K(double complementary)
{
	double a = 1.0, b = complementary;
	while (fabs(a - b) > 1e-15 * a) {
		double mean = 0.5 * (a + b);
		b = sqrt(a * b);
		a = mean;
	}
	return 0.5 * PI / a;
}

double rf_strips_ohm(double conductivity_S_m, double gap_um, double width_um, double length_um)
{
	double k = gap_um / (gap_um + 2.0 * width_um), other = sqrt(1.0 - k * k);
	double per_m_S = conductivity_S_m * elliptic_K(k) / (2.0 * elliptic_K(other));
	return 1.0 / (per_m_S * length_um * M_PER_UM);
}

double rf_cylinders_ohm_m(double conductivity_S_m, double distance_um, double radius_um)
{
	return acosh(0.5 * distance_um / radius_um) / (PI * conductivity_S_m);
}
