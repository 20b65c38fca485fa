/* The photon loop with sixteen packets side by side. Not a header for users: a file for one instruction set
 * includes its operations, then this, and so compiles the loop for that set.
 *
 *   struct vf, vi: sixteen floats, integers; vm: a choice of lanes; vd: eight doubles (half of the lanes).
 *   Operations are elementwise and exactly rounded: every instruction set gives the same bits.
 *
 * The physics is that of montecarlo_scalar.c. Each turn of the loop moves every lane by one piece of path:
 * up to the next scattering, wall, ring of the grid, side of the cell, or MC_PIECE_ABSORBED of optical depth
 * in absorption, whichever is nearest; then lanes that scatter turn, lanes at walls are reflected or pass, and
 * lanes whose packet has ended take the next. What happens in few lanes at a time (leaving, roulette, launch)
 * is done lane by lane.
 *
 * Along a piece the weight falls as e^-x, and its density of absorption is taken as linear, with equal total
 * and mean depth: relative slope x/2 (first order of 3 - 6 (1/x - 1/(e^x - 1))), error x^2/12 <= 3.3e-4 at
 * the ends of the longest pieces, of alternating sign. montecarlo_tables.c says how a piece is booked.
 *
 * Precision: place and direction in single precision, depth relative to the layer's top; weights in single
 * precision, and since a piece takes less than half of a weight, what it takes is exact; all sums in double.
 */
#ifndef LASERTWIN_MONTECARLO_LANES_H
#define LASERTWIN_MONTECARLO_LANES_H

#include <float.h>

#include "physics/montecarlo_lanes_math.h"
#include "physics/montecarlo_lanes_private.h"

#define LANE_GRAZING 1e-6f   /* least cosine to the layers */
#define UPRIGHT 1e-20f       /* squared sine below which a path meets no ring */
#define LEAST_DEPTH 1e-30f   /* so that times an infinite path it is a number */
#define AGE_LOOK (1u << 16)  /* turns between two looks for packets that never end */

/* A packet that waits for a lane. */
struct spare {
	float z, depth, uz, weight;
	int32_t layer, row, part;
};

struct lanes {
	const struct mc_plan *plan;
	const struct mc_layer_tables *table;
	bool small; /* layers fit tables in registers */
	double *tally, *room, *control_sums; /* of all parts */
	size_t tally_size;
	struct rng rng; /* launches and roulette */
	struct lane_rng lane_rng;
	uint64_t photons, waiting, waiting_in_part; /* packets not yet launched */
	size_t parts, launching;           /* the part whose packets are launched */
	uint32_t turn, born[LANES];
	int32_t part[LANES];               /* of each lane's packet */
	struct vi room_at;                 /* of that part: cells before it */
	unsigned idle; /* lanes that found nothing to launch */
	struct vm alive;
	struct vi layer, row, ring;
	struct vf z, depth, uz, tau, weight, entered; /* z below the layer's top; tau to the next scattering */
	struct vf x, y, ux, uy, ring_in2, ring_out2;  /* with rings only */
	_Alignas(MC_LINE) double open[MC_COEFFICIENTS * LANES]; /* what the last piece left to be booked where it ended */
	struct vf mus, per_mus, mua, piece, thickness, top, light, g, hg_a, hg_b, hg_c; /* of the layer */
	struct vf thin_at_top, thin_per_cm;
	double (*many)[MC_CARRIED_MAX], (*many_entered)[MC_CARRIED_MAX];        /* weights of lanes x variants */
	float control[MC_CONTROLS][LANES];
	size_t spares;
	struct spare spare[MC_SPARES];
};

/* One turn's piece. */
struct piece {
	struct vf length, absorbed, slope, per_rise, from; /* energy and relative slope; 1 / (z2 - z1) or 0; z1 */
	struct vi start, end;                              /* cells where its booking starts and ends */
	struct vm apart;                                   /* the next piece's starts elsewhere than this one's ends */
	struct vm scatters, at_wall;
};

LANE struct vf look_up(const struct lanes *s, const float *table, struct vi layer)
{
	return s->small ? vf_small_table(table, layer) : vf_gather(table, layer);
}

LANE void load_layer(struct lanes *s)
{
	const struct mc_layer_tables *t = s->table;
	s->mus = look_up(s, t->mus, s->layer);
	s->per_mus = look_up(s, t->per_mus, s->layer);
	s->mua = look_up(s, t->mua, s->layer);
	s->piece = look_up(s, t->piece, s->layer);
	s->thickness = look_up(s, t->thickness, s->layer);
	s->top = look_up(s, t->top, s->layer);
	s->light = look_up(s, t->light, s->layer);
	s->g = look_up(s, t->g, s->layer);
	s->hg_a = look_up(s, t->hg_a, s->layer);
	s->hg_b = look_up(s, t->hg_b, s->layer);
	s->hg_c = look_up(s, t->hg_c, s->layer);
	if (s->plan->lanes->thins) {
		s->thin_at_top = look_up(s, t->thin_at_top, s->layer);
		s->thin_per_cm = look_up(s, t->thin_per_cm, s->layer);
	}
}

LANE double *tally_of(const struct lanes *s, int lane)
{
	return s->tally + (size_t)s->part[lane] * s->tally_size;
}

LANE struct vi find_row(const struct mc_row_finder *f, struct vf depth)
{
	struct vf place = vf_mul(vf_sub(depth, vf_set(f->low)), vf_set(f->per_cm));
	if (f->uniform) {
		place = vf_max(vf_add(place, vf_set(1.0f)), vf_set(0.0f));
		return vi_of(vf_min(place, vf_set(f->last + 1.0f)));
	}
	place = vf_min(vf_max(place, vf_set(0.0f)), vf_set(f->last));
	struct vi row = vi_gather(f->first_row, vi_of(place));
	for (;;) {
		struct vi next = vi_add(row, vi_set(1));
		struct vm beyond = vf_at_most(vf_gather(f->edge, next), depth);
		row = vi_pick(beyond, next, row);
		if (f->single || !vm_bits(beyond))
			return row;
	}
}

/* ---- rings and cells: the horizontal part of a path ---- */

LANE void load_ring(struct lanes *s)
{
	const float *edge2 = s->plan->lanes->ring_edge2;
	s->ring_in2 = vf_gather(edge2, s->ring);
	s->ring_out2 = vf_gather(edge2, vi_add(s->ring, vi_set(1)));
}

/* Way to the next ring, r^2(t) = c + 2 b t + a t^2: inwards if the path gets there, else outwards. */
LANE struct vf way_to_ring(const struct lanes *s, struct vm *inwards)
{
	struct vf a = vf_fma(s->ux, s->ux, vf_mul(s->uy, s->uy)), b = vf_fma(s->x, s->ux, vf_mul(s->y, s->uy));
	struct vf c = vf_fma(s->x, s->x, vf_mul(s->y, s->y)), b2 = vf_mul(b, b), zero = vf_set(0.0f);
	struct vf in = vf_fnma(a, vf_sub(c, s->ring_in2), b2), out = vf_fnma(a, vf_sub(c, s->ring_out2), b2);
	*inwards = vm_and(vf_less(b, zero), vf_less(zero, in));
	struct vf root = vf_sqrt(vf_max(vf_pick(*inwards, in, out), zero));
	struct vf way = vf_div(vf_sub(vf_pick(*inwards, vf_negate(root), root), b), a);
	return vf_pick(vf_less(a, vf_set(UPRIGHT)), vf_set(FLT_MAX), vf_max(way, zero));
}

LANE void cross_rings(struct lanes *s, struct vm crossing, struct vm inwards)
{
	if (!vm_bits(crossing))
		return;
	struct vi next = vi_add(s->ring, vi_pick(inwards, vi_set(-1), vi_set(1)));
	next = vi_min(vi_max(next, vi_set(0)), vi_set((int)s->plan->shape.nr));
	s->ring = vi_pick(crossing, next, s->ring);
	load_ring(s);
}

/* Way to a pair of sides, and what crossing adds to x and y. */
LANE struct vf way_to_sides(const struct lanes *s, int pair, struct vf *step_x, struct vf *step_y)
{
	const struct mc_cell *cell = &s->plan->cell;
	struct vf nx = vf_set((float)cell->nx[pair]), ny = vf_set((float)cell->ny[pair]);
	struct vf towards = vf_fma(s->ux, nx, vf_mul(s->uy, ny)), at = vf_fma(s->x, nx, vf_mul(s->y, ny));
	struct vf step = vf_signed(vf_set((float)(2.0 * cell->half)), vf_negate(towards));
	*step_x = vf_mul(step, nx);
	*step_y = vf_mul(step, ny);
	struct vf side = vf_signed(vf_set((float)cell->half), towards);
	struct vf speed = vf_signed(vf_max(vf_size(towards), vf_set(FLT_MIN)), towards);
	return vf_max(vf_div(vf_sub(side, at), speed), vf_set(0.0f));
}

/* The nearest side; moves its place to the opposite side into step_x and step_y. */
LANE struct vf way_to_cell(const struct lanes *s, struct vf *step_x, struct vf *step_y)
{
	struct vf nearest = way_to_sides(s, 0, step_x, step_y);
	for (int pair = 1; pair < s->plan->cell.pairs; pair++) {
		struct vf dx, dy, way = way_to_sides(s, pair, &dx, &dy);
		struct vm nearer = vf_less(way, nearest);
		nearest = vf_pick(nearer, way, nearest);
		*step_x = vf_pick(nearer, dx, *step_x);
		*step_y = vf_pick(nearer, dy, *step_y);
	}
	return nearest;
}

/* Cuts the piece at rings and sides of the cell and moves along it. */
LANE struct vf move_across(struct lanes *s, struct vf length)
{
	struct vm inwards, beside = vm_of(0);
	struct vf step_x = vf_set(0.0f), step_y = step_x, ring = way_to_ring(s, &inwards);
	length = vf_min(length, ring);
	if (s->plan->cell.pairs) {
		struct vf side = way_to_cell(s, &step_x, &step_y);
		length = vf_min(length, side);
		beside = vf_at_most(side, length);
	}
	s->x = vf_fma(s->ux, length, s->x);
	s->y = vf_fma(s->uy, length, s->y);
	cross_rings(s, vf_at_most(ring, length), inwards);
	if (vm_bits(beside)) {
		s->x = vf_pick(beside, vf_add(s->x, step_x), s->x);
		s->y = vf_pick(beside, vf_add(s->y, step_y), s->y);
	}
	return length;
}

/* ---- flight ---- */

LANE struct vi cell_place(const struct lanes *s, struct vi ring, struct vi row, bool rings)
{
	struct vi place = vi_add(row, s->room_at);
	return rings ? vi_add(place, vi_mul(ring, vi_set((int)s->plan->shape.rows + 1))) : place;
}

LANE void fly(struct lanes *s, struct piece *p, bool rings)
{
	const struct vf zero = vf_set(0.0f);
	struct vf wall = vf_pick(vf_less(zero, s->uz), s->thickness, zero);
	struct vf to_wall = vf_max(vf_div(vf_sub(wall, s->z), s->uz), zero), to_hit = vf_mul(s->tau, s->per_mus);
	struct vi ring = s->ring;
	p->length = vf_min(vf_min(to_wall, to_hit), s->piece);
	if (rings)
		p->length = move_across(s, p->length);
	p->at_wall = vm_and(vf_at_most(to_wall, p->length), s->alive);
	p->scatters = vm_but(vf_at_most(to_hit, p->length), p->at_wall);
	s->z = vf_pick(p->at_wall, wall, vf_fma(s->uz, p->length, s->z));
	s->tau = vf_max(vf_fnma(p->length, s->mus, s->tau), vf_set(LEAST_DEPTH));
	p->from = s->depth;
	s->depth = vf_add(s->top, s->z);
	struct vi row = find_row(&s->plan->lanes->rows, s->depth);
	struct vf rise = vf_sub(s->depth, p->from);
	struct vm rises = vm_and(vi_differ(row, s->row), vf_at_most(vf_set(s->plan->lanes->least_rise), vf_size(rise)));
	p->per_rise = vf_pick(rises, vf_div(vf_set(1.0f), rise), zero);
	p->start = cell_place(s, ring, s->row, rings);
	/* a piece too flat to be split is booked above the edge: where it touches a layer's end, that is its layer */
	p->end = cell_place(s, ring, vi_pick(rises, row, vi_min(row, s->row)), rings);
	p->apart = vi_differ(p->end, cell_place(s, s->ring, row, rings));
	s->row = row;
}

#include "physics/montecarlo_lanes_book.h"

/* ---- scattering ---- */

LANE struct vf scattering_cosine(const struct lanes *s, struct vf u)
{
	struct vf t = vf_fma(u, vf_set(2.0f), vf_set(-1.0f));
	struct vf per = vf_div(vf_set(1.0f), vf_fma(s->g, t, vf_set(1.0f)));
	struct vf mu = vf_mul(vf_fma(vf_fma(s->hg_b, t, s->hg_a), t, s->hg_c), vf_mul(per, per));
	return vf_min(vf_max(mu, vf_set(-1.0f)), vf_set(1.0f));
}

LANE struct vf sine_of(struct vf cosine)
{
	return vf_sqrt(vf_max(vf_fnma(cosine, cosine, vf_set(1.0f)), vf_set(0.0f)));
}

LANE struct vf not_grazing(struct vf uz)
{
	return vf_signed(vf_max(vf_size(uz), vf_set(LANE_GRAZING)), uz);
}

/* Without rings the cosine to the layers is all that matters: uz' = uz mu + sin sin cos(azimuth), and the
 * cosine of a random azimuth is distributed as sin(pi v), v uniform on (-1/2, 1/2). */
LANE void turn_flat(struct lanes *s, struct vm scatters, struct vf mu, struct vf v)
{
	struct vf across = vf_mul(vf_mul(sine_of(mu), sine_of(s->uz)), sine_pi(v));
	struct vf uz = vf_min(vf_max(vf_fma(s->uz, mu, across), vf_set(-1.0f)), vf_set(1.0f));
	s->uz = vf_pick(scatters, not_grazing(uz), s->uz);
}

/* About axes across the old direction (Duff et al. 2017, J. Comput. Graph. Tech. 6:1, listing 3). */
LANE void turn_round(struct lanes *s, struct vm scatters, struct vf mu, struct vf v, struct vi bits)
{
	const struct vf one = vf_set(1.0f);
	struct vf sine = sine_of(mu), sy = vf_mul(sine, sine_pi(v)), sx = vf_mul(sine, cosine_pi(v));
	sx = vf_bits(vi_xor(vi_bits(sx), vi_left(bits, 31)));
	struct vf sign = vf_signed(one, s->uz), a = vf_div(vf_set(-1.0f), vf_add(sign, s->uz));
	struct vf b = vf_mul(vf_mul(s->ux, s->uy), a), sx_sign = vf_mul(sx, sign);
	struct vf xx = vf_fma(vf_mul(vf_mul(sign, s->ux), s->ux), a, one), yy = vf_fma(vf_mul(s->uy, s->uy), a, sign);
	struct vf ux = vf_fma(s->ux, mu, vf_fma(sx, xx, vf_mul(sy, b)));
	struct vf uy = vf_fma(s->uy, mu, vf_fma(sx_sign, b, vf_mul(sy, yy)));
	struct vf uz = vf_fnma(sy, s->uy, vf_fnma(sx_sign, s->ux, vf_mul(s->uz, mu)));
	struct vf square = vf_fma(ux, ux, vf_fma(uy, uy, vf_mul(uz, uz)));
	struct vf scale = vf_fnma(square, vf_set(0.5f), vf_set(1.5f)); /* 1 / length, to rounding */
	s->ux = vf_pick(scatters, vf_mul(ux, scale), s->ux);
	s->uy = vf_pick(scatters, vf_mul(uy, scale), s->uy);
	s->uz = vf_pick(scatters, not_grazing(vf_mul(uz, scale)), s->uz);
}

LANE void scatter(struct lanes *s, struct vm scatters, bool rings)
{
	struct vf mu = scattering_cosine(s, unit_of(draw_bits(&s->lane_rng)));
	struct vf tau = minus_log(unit_of(draw_bits(&s->lane_rng)));
	struct vi bits = draw_bits(&s->lane_rng);
	struct vf v = vf_sub(unit_of(bits), vf_set(0.5f));
	s->tau = vf_pick(scatters, tau, s->tau);
	if (rings)
		turn_round(s, scatters, mu, v, bits);
	else
		turn_flat(s, scatters, mu, v);
}

/* ---- rare events, lane by lane ---- */

LANE double weight_of(const struct lanes *s, const float *weight, int lane, size_t v, bool many)
{
	return many ? s->many[lane][v] : (double)weight[lane];
}

/* Books what a lane lost since it entered its layer. */
LANE void book_layer(struct lanes *s, const float *weight, float *entered, int lane, int layer, bool many)
{
	double *booked = tally_of(s, lane) + mc_place_layer(&s->plan->shape, (size_t)layer);
	if (!many) {
		*booked += (double)entered[lane] - (double)weight[lane];
		entered[lane] = weight[lane];
		return;
	}
	for (size_t v = 0; v < s->plan->shape.variants; v++) {
		booked[v] += s->many_entered[lane][v] - s->many[lane][v];
		s->many_entered[lane][v] = s->many[lane][v];
	}
}

LANE void book(struct lanes *s, const float *weight, int lane, size_t place, bool many)
{
	for (size_t v = 0; v < s->plan->shape.variants; v++)
		tally_of(s, lane)[place + v] += weight_of(s, weight, lane, v, many);
}

/* A packet that has passed a wall, into layer next or out; false when it is out. */
LANE bool pass_wall(struct lanes *s, const float *weight, float *entered, int lane, int layer, int next, bool many)
{
	book_layer(s, weight, entered, lane, layer, many);
	if (next >= 0 && next < (int)s->plan->shape.layers)
		return true;
	book(s, weight, lane, next < 0 ? mc_place_up(&s->plan->shape) : mc_place_down(&s->plan->shape), many);
	return false;
}

/* Fresnel (light_fresnel) for lanes between differing indices: reflects some, refracts the others. */
LANE struct vm reflect_or_refract(struct lanes *s, struct vm at_step, struct vf n, struct vf beyond, bool rings)
{
	const struct vf zero = vf_set(0.0f), one = vf_set(1.0f);
	struct vf mu = vf_size(s->uz), ratio = vf_div(n, beyond);
	struct vf square = vf_fnma(vf_mul(ratio, ratio), vf_fnma(mu, mu, one), one), mu_t = vf_sqrt(vf_max(square, zero));
	struct vf a = vf_mul(n, mu), b = vf_mul(beyond, mu_t), c = vf_mul(beyond, mu), d = vf_mul(n, mu_t);
	struct vf rs = vf_div(vf_sub(a, b), vf_add(a, b)), rp = vf_div(vf_sub(c, d), vf_add(c, d));
	struct vf r = vf_mul(vf_set(0.5f), vf_fma(rs, rs, vf_mul(rp, rp)));
	r = vf_pick(vf_at_most(square, zero), one, r);
	struct vm reflects = vm_and(at_step, vf_less(unit_of(draw_bits(&s->lane_rng)), r)), passes = vm_but(at_step, reflects);
	s->uz = vf_pick(passes, not_grazing(vf_signed(mu_t, s->uz)), vf_pick(reflects, vf_negate(s->uz), s->uz));
	if (rings) {
		s->ux = vf_pick(passes, vf_mul(s->ux, ratio), s->ux);
		s->uy = vf_pick(passes, vf_mul(s->uy, ratio), s->uy);
	}
	return reflects;
}

LANE void end_packets(struct lanes *s, unsigned gone)
{
	s->alive = vm_but(s->alive, vm_of(gone));
}

/* Where and under which angle lanes leave; they are refracted already. */
LANE void book_left(struct lanes *s, const float *weight, unsigned gone, bool many)
{
	const struct mc_shape *shape = &s->plan->shape;
	float uz[LANES];
	int32_t ring[LANES];
	vf_store(uz, s->uz);
	vi_store(ring, s->ring);
	for (unsigned left = gone; left; left &= left - 1) {
		int i = __builtin_ctz(left);
		size_t angle = mc_angle_of(shape, (double)uz[i], 1.0, 1.0), at = shape->nr > 0 ? (size_t)ring[i] : 0;
		tally_of(s, i)[mc_place_left(shape, uz[i] < 0.0f ? 0 : 1, at, angle)] += weight_of(s, weight, i, 0, many);
	}
}

/* Lanes that pass: booked one by one, then all get their new layer. */
LANE void pass_walls(struct lanes *s, struct vm passes, struct vi next, bool many)
{
	float weight[LANES], entered[LANES];
	int32_t layer[LANES], towards[LANES];
	unsigned gone = 0;
	vf_store(weight, s->weight);
	vf_store(entered, s->entered);
	vi_store(layer, s->layer);
	vi_store(towards, next);
	for (unsigned left = vm_bits(passes); left; left &= left - 1) {
		int i = __builtin_ctz(left);
		if (!pass_wall(s, weight, entered, i, layer[i], towards[i], many))
			gone |= 1u << i;
	}
	if (gone && s->plan->shape.na > 0)
		book_left(s, weight, gone, many);
	s->entered = vf_load(entered);
	next = vi_min(vi_max(next, vi_set(0)), vi_set((int)s->plan->shape.layers - 1));
	s->layer = vi_pick(passes, next, s->layer);
	struct vm down = vf_less(vf_set(0.0f), s->uz);
	load_layer(s);
	s->z = vf_pick(passes, vf_pick(down, vf_set(0.0f), s->thickness), s->z);
	end_packets(s, gone);
}

LANE void meet_walls(struct lanes *s, struct vm at_wall, bool rings, bool many)
{
	struct vm down = vf_less(vf_set(0.0f), s->uz);
	struct vf n = look_up(s, s->table->n, s->layer);
	struct vf beyond = vf_pick(down, look_up(s, s->table->n_down, s->layer), look_up(s, s->table->n_up, s->layer));
	struct vm at_step = vm_and(at_wall, vf_differ(n, beyond)), passes = at_wall;
	if (vm_bits(at_step))
		passes = vm_but(at_wall, reflect_or_refract(s, at_step, n, beyond, rings));
	if (vm_bits(passes))
		pass_walls(s, passes, vi_add(s->layer, vi_pick(down, vi_set(1), vi_set(-1))), many);
}

/* Roulette of one lane for the weight `aim`, with many variants that of the heaviest; false when it ends. Weights
 * are scaled in the precision they are kept in, and the difference is booked as it comes out. */
LANE bool play(struct lanes *s, float *weight, float *entered, float aim, int lane, int layer, bool many)
{
	double *booked = tally_of(s, lane) + mc_place_roulette(&s->plan->shape);
	double chance = (double)weight[lane] / (double)aim;
	bool survives = rng_uniform(&s->rng) < chance;
	double factor = survives ? 1.0 / chance : 0.0;
	book_layer(s, weight, entered, lane, layer, many);
	for (size_t v = 0; many && v < s->plan->shape.variants; v++) {
		booked[v] += s->many[lane][v] * (1.0 - factor);
		s->many[lane][v] *= factor;
		s->many_entered[lane][v] = s->many[lane][v];
	}
	float after = survives ? aim : 0.0f;
	if (!many)
		*booked += (double)weight[lane] - (double)after;
	weight[lane] = entered[lane] = after;
	return survives;
}

LANE void play_roulette(struct lanes *s, struct vm light, struct vf aim, bool many)
{
	float weight[LANES], entered[LANES], aims[LANES];
	int32_t layer[LANES];
	unsigned gone = 0;
	vf_store(weight, s->weight);
	vf_store(aims, aim);
	vf_store(entered, s->entered);
	vi_store(layer, s->layer);
	for (unsigned left = vm_bits(light); left; left &= left - 1) {
		int i = __builtin_ctz(left);
		if (!play(s, weight, entered, aims[i], i, layer[i], many))
			gone |= 1u << i;
	}
	s->weight = vf_load(weight);
	s->entered = vf_load(entered);
	end_packets(s, gone);
}

/* Gives up packets that have gone on for MC_STEPS_MAX turns. */
LANE void end_the_old(struct lanes *s, bool many)
{
	float weight[LANES], entered[LANES];
	int32_t layer[LANES];
	unsigned gone = 0;
	vf_store(weight, s->weight);
	vf_store(entered, s->entered);
	vi_store(layer, s->layer);
	for (unsigned left = vm_bits(s->alive); left; left &= left - 1) {
		int i = __builtin_ctz(left);
		if (s->turn - s->born[i] < MC_STEPS_MAX)
			continue;
		book_layer(s, weight, entered, i, layer[i], many);
		book(s, weight, i, mc_place_roulette(&s->plan->shape), many);
		gone |= 1u << i;
	}
	s->entered = vf_load(entered);
	end_packets(s, gone);
}

#include "physics/montecarlo_lanes_control.h"

/* ---- launch ---- */

/* Lanes written out, for changing a few of them. */
struct lanes_out {
	float z[LANES], depth[LANES], uz[LANES], weight[LANES], x[LANES], y[LANES], ux[LANES], uy[LANES], tau[LANES];
	int32_t layer[LANES], row[LANES], ring[LANES];
};

LANE void write_out(const struct lanes *s, struct lanes_out *o)
{
	vf_store(o->z, s->z);
	vf_store(o->depth, s->depth);
	vf_store(o->uz, s->uz);
	vf_store(o->weight, s->weight);
	vf_store(o->x, s->x);
	vf_store(o->y, s->y);
	vf_store(o->ux, s->ux);
	vf_store(o->uy, s->uy);
	vf_store(o->tau, s->tau);
	vi_store(o->layer, s->layer);
	vi_store(o->row, s->row);
	vi_store(o->ring, s->ring);
}

LANE void read_back(struct lanes *s, const struct lanes_out *o)
{
	s->z = vf_load(o->z);
	s->depth = vf_load(o->depth);
	s->uz = vf_load(o->uz);
	s->weight = vf_load(o->weight);
	s->x = vf_load(o->x);
	s->y = vf_load(o->y);
	s->ux = vf_load(o->ux);
	s->uy = vf_load(o->uy);
	s->tau = vf_load(o->tau);
	s->layer = vi_load(o->layer);
	s->row = vi_load(o->row);
	s->ring = vi_load(o->ring);
}

/* What the rounding of a weight to single precision loses goes with the roulette. */
LANE_ENTRY static void place(struct lanes *s, const struct mc_ray *ray, int i, struct lanes_out *o)
{
	o->z[i] = o->depth[i] = 0.0f;
	o->x[i] = (float)ray->x;
	o->y[i] = (float)ray->y;
	o->ux[i] = (float)ray->ux;
	o->uy[i] = (float)ray->uy;
	o->uz[i] = fmaxf((float)ray->uz, LANE_GRAZING);
	o->tau[i] = (float)-log(rng_uniform(&s->rng));
	o->layer[i] = 0;
	o->row[i] = (int32_t)ray->row;
	o->ring[i] = (int32_t)ray->ring;
	o->weight[i] = (float)ray->weight;
	if (s->plan->shape.variants == 1)
		tally_of(s, i)[mc_place_roulette(&s->plan->shape)] += ray->weight - (double)o->weight[i];
	tally_of(s, i)[mc_place_specular(&s->plan->shape)] += ray->specular;
	s->born[i] = s->turn;
}

/* A packet from a split: it scatters first thing. */
LANE_ENTRY static void place_spare(struct lanes *s, const struct spare *spare, int i, struct lanes_out *o)
{
	o->z[i] = spare->z;
	o->depth[i] = spare->depth;
	o->uz[i] = spare->uz;
	o->tau[i] = LEAST_DEPTH;
	o->layer[i] = spare->layer;
	o->row[i] = spare->row;
	o->weight[i] = spare->weight;
	s->born[i] = s->turn;
}

/* An idle lane: no weight, so nothing it does counts. */
static void idle(int i, struct lanes_out *o)
{
	o->weight[i] = 0.0f;
	o->z[i] = o->depth[i] = o->ux[i] = o->uy[i] = o->x[i] = o->y[i] = 0.0f;
	o->uz[i] = 1.0f;
	o->tau[i] = 1.0f;
	o->layer[i] = o->row[i] = o->ring[i] = 0;
}

static void launch_variants(struct lanes *s, double weight, int i)
{
	for (size_t v = 0; v < s->plan->lanes->stride; v++)
		s->many[i][v] = s->many_entered[i][v] = v < s->plan->shape.variants ? weight : 0.0;
}

/* The lane's next packet is of another part: what it has gathered belongs to the last. */
LANE void set_part(struct lanes *s, int lane, size_t part)
{
	if (s->part[lane] == (int32_t)part)
		return;
	flush_control(s, lane);
	s->part[lane] = (int32_t)part;
}

static void next_part(struct lanes *s, uint64_t photons)
{
	while (s->waiting && !s->waiting_in_part)
		s->waiting_in_part = mc_photons_of_part(photons, s->parts, ++s->launching);
}

/* The next packet that enters the tissue; false when there is none. */
LANE_ENTRY static bool next_packet(struct lanes *s, int i, struct lanes_out *o, bool many)
{
	if (s->spares) {
		const struct spare *spare = &s->spare[--s->spares];
		set_part(s, i, (size_t)spare->part);
		place_spare(s, spare, i, o);
		return true;
	}
	while (s->waiting) {
		struct mc_ray ray;
		next_part(s, s->photons);
		s->waiting--;
		s->waiting_in_part--;
		set_part(s, i, s->launching);
		mc_launch(s->plan, &s->rng, &ray);
		place(s, &ray, i, o);
		if (ray.weight > 0.0) {
			if (many)
				launch_variants(s, ray.weight, i);
			return true;
		}
	}
	return false;
}

/* Rooms of parts stand one behind the other; the first cell of a room is above all rows. */
LANE void set_room(struct lanes *s)
{
	struct vi cells = vi_set((int)s->plan->shape.rows + 1);
	if (s->parts > 1 || s->turn == 0)
		s->room_at = vi_add(vi_mul(vi_load(s->part), cells), vi_set(1));
}

LANE void launch(struct lanes *s, unsigned vacant, bool rings, bool many)
{
	struct lanes_out o;
	unsigned placed = 0;
	write_out(s, &o);
	if (!many)
		close_lanes(s, vacant, cell_place(s, s->ring, s->row, rings));
	for (unsigned left = vacant; left; left &= left - 1) {
		int i = __builtin_ctz(left);
		if (next_packet(s, i, &o, many))
			placed |= 1u << i;
		else
			idle(i, &o);
	}
	read_back(s, &o);
	set_room(s);
	s->entered = vf_pick(vm_of(vacant), s->weight, s->entered);
	s->alive = vm_or(s->alive, vm_of(placed));
	s->idle |= vacant & ~placed;
	load_layer(s);
	if (rings)
		load_ring(s);
}

/* ---- the loop ---- */

LANE void end_the_light(struct lanes *s, bool many, bool controlled)
{
	struct vf before = s->weight;
	struct vm light = vm_and(vf_less(before, s->light), s->alive);
	if (!vm_bits(light))
		return;
	play_roulette(s, light, vf_mul(s->light, vf_set(s->plan->lanes->roulette_gain)), many);
	if (controlled)
		control_roulette(s, vf_sub(s->weight, before));
}

LANE void take_turn(struct lanes *s, bool rings, bool many, bool controlled)
{
	struct piece p;
	fly(s, &p, rings);
	if (many)
		absorb_all(s, &p);
	else
		absorb(s, &p);
	if (controlled && s->plan->lanes->thins)
		p.scatters = thin(s, p.scatters);
	struct vf before = s->uz;
	scatter(s, p.scatters, rings);
	if (controlled)
		control_turns(s, p.scatters, before);
	if (vm_bits(p.at_wall))
		meet_walls(s, p.at_wall, rings, many);
	end_the_light(s, many, controlled);
	if (++s->turn % AGE_LOOK == 0)
		end_the_old(s, many);
}

#define ALL_LANES 0xffffu

/* One turn of one set of lanes; false when it has nothing left. */
LANE bool step(struct lanes *s, bool rings, bool many, bool controlled)
{
	unsigned vacant = ALL_LANES & ~vm_bits(s->alive) & ~s->idle;
	if (vacant)
		launch(s, vacant, rings, many);
	if (!vm_bits(s->alive))
		return false;
	take_turn(s, rings, many, controlled);
	return true;
}

LANE void follow(struct lanes *s, bool rings, bool many, bool controlled)
{
	while (step(s, rings, many, controlled))
		;
}

/* Two sets in turn: while one waits for the end of a long chain of operations, the other goes on. That pays where
 * packets live long; thinned ones, and those of large tallies, are held up by other things. */
LANE void follow_both(struct lanes *s, bool controlled)
{
	bool first = true, second = true;
	while (first || second) {
		first = first && step(&s[0], false, false, controlled);
		second = second && step(&s[1], false, false, controlled);
	}
}

LANE_ENTRY static void follow_depths(struct lanes *s)
{
	follow_both(s, false);
}

LANE_ENTRY static void follow_depths_controlled(struct lanes *s)
{
	follow_both(s, true);
	flush_controls(&s[0]);
	flush_controls(&s[1]);
}

LANE_ENTRY static void follow_depths_thinned(struct lanes *s)
{
	follow(s, false, false, true);
	flush_controls(s);
}

LANE_ENTRY static void follow_rings(struct lanes *s)
{
	follow(s, true, false, false);
}

LANE_ENTRY static void follow_depths_of_many(struct lanes *s)
{
	follow(s, false, true, false);
}

LANE_ENTRY static void follow_rings_of_many(struct lanes *s)
{
	follow(s, true, true, false);
}

/* Own streams: one for launches and roulette, and a generator in each lane seeded from another. */
LANE void seed_lanes(struct lanes *s, uint64_t number)
{
	const uint64_t lane_streams = UINT64_C(1) << 63; /* batch numbers stay below */
	uint64_t seed = s->plan->request->seed;
	struct rng source;
	int32_t state[4][LANES];
	rng_seed(&s->rng, seed, number);
	rng_seed(&source, seed, number | lane_streams);
	for (int word = 0; word < 4; word++)
		for (int i = 0; i < LANES; i++)
			state[word][i] = (int32_t)(uint32_t)(rng_next(&source) >> 32);
	s->lane_rng.s0 = vi_load(state[0]);
	s->lane_rng.s1 = vi_load(state[1]);
	s->lane_rng.s2 = vi_load(state[2]);
	s->lane_rng.s3 = vi_load(state[3]);
}

/* Of two sets the second takes the later half of the parts, or of the photons where there is one part. */
LANE void share_out(struct lanes *s, size_t set, size_t sets, uint64_t photons)
{
	size_t first = set * s->parts / sets, end = (set + 1) * s->parts / sets;
	s->photons = photons;
	if (s->parts == 1) {
		s->waiting = s->waiting_in_part = mc_photons_of_part(photons, sets, set);
		return;
	}
	s->launching = first;
	for (size_t i = first; i < end; i++)
		s->waiting += mc_photons_of_part(photons, s->parts, i);
	s->waiting_in_part = mc_photons_of_part(photons, s->parts, first);
}

#define SETS_MAX 2
#define SET_STREAMS (UINT64_C(1) << 61) /* of the second set; batch numbers stay below */

LANE void follow_sets(struct lanes *s)
{
	const struct mc_shape *shape = &s->plan->shape;
	if (shape->variants > 1)
		(shape->nr ? follow_rings_of_many : follow_depths_of_many)(s);
	else if (shape->nr)
		follow_rings(s);
	else if (s->plan->lanes->thins)
		follow_depths_thinned(s);
	else
		(shape->controls ? follow_depths_controlled : follow_depths)(s);
}

LANE void run_lanes(const struct mc_plan *plan, uint64_t number, uint64_t photons, struct mc_work *work)
{
	_Alignas(MC_LINE) double many[LANES][MC_CARRIED_MAX];
	double many_entered[LANES][MC_CARRIED_MAX];
	const struct mc_shape *shape = &plan->shape;
	size_t room = mc_lanes_room(shape), tally = mc_tally_size(shape);
	size_t sets = shape->variants == 1 && shape->nr == 0 && !plan->lanes->thins ? SETS_MAX : 1;
	struct lanes s[SETS_MAX];
	for (size_t i = 0; i < sets; i++) {
		s[i] = (struct lanes){.plan = plan, .table = &plan->lanes->layer, .tally = work->tally, .room = work->room};
		s[i].small = shape->layers <= MC_SMALL_LAYERS;
		s[i].tally_size = tally;
		s[i].control_sums = work->control;
		s[i].parts = work->parts;
		s[i].many = many;
		s[i].many_entered = many_entered;
		share_out(&s[i], i, sets, photons);
		seed_lanes(&s[i], number + (uint64_t)i * SET_STREAMS);
	}
	memset(work->room, 0, work->parts * room * sizeof *work->room);
	follow_sets(s);
	for (size_t i = 0; i < work->parts; i++)
		mc_lanes_settle(plan, work->room + i * room, work->tally + i * tally);
}

#endif
