/* Panels on the electrodes: graded to every edge, one quarter or half where the set is its own mirror image.
 */
#include "physics/rf_patch_private.h"

#include "physics/base/units.h"

#define PANELS_PER_SIDE 12.0 /* along half a side with a mirror, or 2/3 of a whole side */
#define WHOLE_SIDE 1.5
#define PLACE_TOLERANCE 1e-9

size_t rf_patch_images(const struct rf_mirrors *mirrors, const struct rf_panel *panel,
                       struct rf_panel image[4], double sign[4])
{
	size_t count = 0;
	for (int i = 0; i < (mirrors->x ? 2 : 1); i++)
		for (int j = 0; j < (mirrors->y ? 2 : 1); j++) {
			image[count] = *panel;
			image[count].x = i ? -panel->x : panel->x;
			image[count].y = j ? -panel->y : panel->y;
			sign[count++] = i ? mirrors->sign_x : 1.0;
		}
	return count;
}

static bool same_size(const struct rf_patch_electrode *a, const struct rf_patch_electrode *b)
{
	return a->shape == b->shape && a->width_um == b->width_um && a->length_um == b->length_um;
}

/* Mirror in y: all centres on the axis. In x: one electrode on the axis, or two alike left and right of it,
 * of one terminal (even) or of both (odd: the middle is at the mean potential). */
static struct rf_mirrors find_mirrors(const struct rf_patch *p)
{
	struct rf_mirrors m = {false, true, 1.0};
	const struct rf_patch_electrode *e = p->electrode;
	for (size_t i = 0; i < p->electrodes; i++)
		m.y = m.y && fabs(e[i].y_um) < PLACE_TOLERANCE * p->unit_um;
	if (p->electrodes == 1)
		m.x = fabs(e[0].x_um) < PLACE_TOLERANCE * p->unit_um;
	if (p->electrodes == 2 && m.y && same_size(&e[0], &e[1])) {
		m.x = fabs(e[0].x_um + e[1].x_um) < PLACE_TOLERANCE * p->unit_um;
		m.sign_x = e[0].terminal == e[1].terminal ? 1.0 : -1.0;
	}
	return m;
}

/* Edges on 0..half (graded to half) or -half..half (graded to both). */
static size_t graded(double half, bool mirrored, double refine, double *edge)
{
	size_t count = (size_t)(PANELS_PER_SIDE * refine * (mirrored ? 1.0 : WHOLE_SIDE) + 0.5);
	for (size_t i = 0; i <= count; i++) {
		double part = (double)i / (double)count;
		edge[i] = half * (mirrored ? sin(0.5 * PI * part) : -cos(PI * part));
	}
	return count;
}

static bool push(struct rf_patch *p, struct rf_panel panel)
{
	if (p->panels >= RF_PATCH_PANELS_MAX)
		return false;
	p->panel[p->panels++] = panel;
	return true;
}

#define EDGES_MAX 400

/* Strips across y; a disc's strip is as wide as its mean chord. */
static bool mesh_electrode(struct rf_patch *p, size_t index, double refine)
{
	const struct rf_patch_electrode *e = &p->electrode[index];
	bool disc = e->shape == RF_PATCH_DISC, fold_x = p->mirrors.x && p->electrodes == 1;
	double half_x = 0.5 * e->width_um / p->unit_um,
	       half_y = disc ? half_x : 0.5 * e->length_um / p->unit_um;
	double x[EDGES_MAX], y[EDGES_MAX];
	size_t rows = graded(half_y, p->mirrors.y, refine, y), columns = graded(half_x, fold_x, refine, x);
	for (size_t j = 0; j < rows; j++) {
		double squeeze = 1.0;
		if (disc) {
			double t0 = y[j] / half_y, t1 = y[j + 1] / half_y;
			double area = 0.5 * (t1 * sqrt(1.0 - t1 * t1) + asin(t1) - t0 * sqrt(1.0 - t0 * t0) -
			                     asin(t0));
			squeeze = area / (t1 - t0);
		}
		for (size_t i = 0; i < columns; i++) {
			struct rf_panel panel = {.x = e->x_um / p->unit_um +
			                              0.5 * squeeze * (x[i] + x[i + 1]),
			                         .y = e->y_um / p->unit_um + 0.5 * (y[j] + y[j + 1]),
			                         .width = squeeze * (x[i + 1] - x[i]),
			                         .length = y[j + 1] - y[j],
			                         .electrode = index};
			if (!push(p, panel))
				return false;
		}
	}
	return true;
}

enum status rf_patch_mesh(struct rf_patch *p, double refine, struct fail *why)
{
	p->mirrors = find_mirrors(p);
	p->panels = 0;
	for (size_t i = 0; i < p->electrodes; i++) {
		if (p->mirrors.x && p->electrodes == 2 && i == 1)
			break; /* the image of the first */
		if (PANELS_PER_SIDE * refine * WHOLE_SIDE + 2.0 > EDGES_MAX || !mesh_electrode(p, i, refine))
			return fail_set(why, ST_FULL, "refine",
			                "more than %d panels for %zu electrodes: refine less",
			                RF_PATCH_PANELS_MAX, p->electrodes);
	}
	return ST_OK;
}

/* Fourfold antiderivative of 1/r, r^2 = x^2 + y^2 + c^2:
 * (y^2 - c^2)/2 x asinh(x / hypot(y, c)) + (x^2 - c^2)/2 y asinh(y / hypot(x, c)) - (x^2 - 2 c^2 + y^2) r / 6
 * - x y c atan(x y / (c r)). */
static double coulomb_corner(double x, double y, double c)
{
	double r = sqrt(x * x + y * y + c * c), sum = -(x * x - 2.0 * c * c + y * y) * r / 6.0;
	double beside_x = hypot(y, c), beside_y = hypot(x, c);
	if (beside_x > 0.0)
		sum += 0.5 * (y * y - c * c) * x * asinh(x / beside_x);
	if (beside_y > 0.0)
		sum += 0.5 * (x * x - c * c) * y * asinh(y / beside_y);
	if (c > 0.0)
		sum -= x * y * c * atan(x * y / (c * r));
	return sum;
}

#define FAR_PLANE 20.0
#define FAR_IMAGE 4.0

/* Distances of the sides (Ruehli 1972, parallel rectangles). Far apart the panels act as points; the next
 * term is (size / d)^2 / 24. */
double rf_panels_coulomb(const struct rf_panel *a, const struct rf_panel *b, double depth)
{
	double dx = fabs(a->x - b->x), dy = fabs(a->y - b->y),
	       distance = sqrt(dx * dx + dy * dy + depth * depth);
	double size = fmax(fmax(a->width, a->length), fmax(b->width, b->length));
	if (distance > (depth > 0.0 ? FAR_IMAGE : FAR_PLANE) * size)
		return a->width * a->length * b->width * b->length / distance;
	double sum_x = 0.5 * (a->width + b->width), less_x = 0.5 * (a->width - b->width);
	double sum_y = 0.5 * (a->length + b->length), less_y = 0.5 * (a->length - b->length);
	const double x[4] = {dx + sum_x, dx + less_x, dx - sum_x, dx - less_x};
	const double y[4] = {dy + sum_y, dy + less_y, dy - sum_y, dy - less_y};
	double total = 0.0;
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++)
			total += ((i + j) % 2 ? -1.0 : 1.0) * coulomb_corner(x[i], y[j], depth);
	return total;
}

double rf_patch_largest_side(const struct rf_patch *p)
{
	double largest = 0.0;
	for (size_t i = 0; i < p->panels; i++)
		largest = fmax(largest, fmax(p->panel[i].width, p->panel[i].length));
	return largest;
}

#define IMAGES_FROM 1.6 /* panel over first layer: below, Gauss points do */
#define IMAGE_LEAST 1e-4

/* With g = (y_1 - y_2)/(y_1 + y_2) and e = e^(-2 k h_1): K - 1 = 2 sum (g e)^m; 1/|1 - g e|^2 = sum c_m e^m
 * with c_m = sum g^a conj(g)^(m-a); share 1 = w (1 - e)(1 + |g|^2 e)/|1 - g e|^2, share 2 = w' e |1 + g|^2 /
 * |1 - g e|^2. */
void rf_patch_images_init(struct rf_patch *p)
{
	const struct rf_layers *l = &p->layers;
	struct rf_patch_images *im = &p->images;
	*im = (struct rf_patch_images){0};
	p->smooth = l->thickness[0];
	if (l->count < 2 || rf_patch_largest_side(p) < IMAGES_FROM * l->thickness[0])
		return;
	double complex g = (l->y_S_m[0] - l->y_S_m[1]) / (l->y_S_m[0] + l->y_S_m[1]), power = 1.0;
	double g2 = creal(g * conj(g)), surface = creal(l->y_S_m[0] * conj(l->y_S_m[0])),
	       c[3] = {0.0, 0.0, 1.0};
	double through = creal((1.0 + g) * conj(1.0 + g)), first = creal(l->y_S_m[0]) / surface;
	im->depth = 2.0 * l->thickness[0];
	p->smooth = l->thickness[0] + l->thickness[1];
	while (im->count < RF_PATCH_IMAGES_MAX && (im->count == 0 || cabs(power) > IMAGE_LEAST)) {
		power *= g;
		double complex next = 0.0, term = 1.0;
		for (size_t a = 0; a <= im->count + 1; a++, term *= g)
			next += term * cpow(conj(g), (double)(im->count + 1 - a));
		c[0] = c[1];
		c[1] = c[2];
		c[2] = creal(next);
		im->reflected[im->count] = 2.0 * power;
		im->share[0][im->count] = first * (c[2] + (g2 - 1.0) * c[1] - g2 * c[0]);
		im->share[1][im->count] = creal(l->y_S_m[1]) / surface * through * c[1];
		im->count++;
	}
}
