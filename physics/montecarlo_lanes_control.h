/* Part of the photon loop with lanes (montecarlo_lanes.h, which includes it): the controls of runs in depth alone,
 * and the thinning out of packets below the depth where results are wanted sharp.
 *
 * Controls are sums of chance events less what was to be expected of them, so their mean is zero in any tissue:
 *   turns      w (P_l(u') - g^l P_l(u)) t^k, l = 1 .. 3: u and u' are the cosines before and after a scattering;
 *              Henyey-Greenstein scattering keeps g^l of the l-th Legendre moment on average;
 *   roulette   (w' - w) u^j t^k: w' is 0 or what the packet goes on with, w on average;
 * with t = 1 / (1 + z / a), a half a transport length from the surface. What a packet will give to any bin is, by
 * and large, a smooth function of its depth and cosine, so these few explain most of the luck of a bin's photons;
 * montecarlo_sums.c takes that off. It explains next to all that thinning adds: both belong together.
 *
 * Thinning (weight windows; Booth & Hughes 1980, Nucl. Sci. Eng. 73:1): at a scattering at reduced optical depth
 * THIN_FREE_DEPTH .. below the sharp depth packets aim at the weight 1 + THIN_PER_DEPTH x (what it is more), at
 * most THIN_WEIGHT_MAX. One of less than half of that plays roulette for it, one of more than twice is split into
 * equal ones; those wait in `spare` until a lane is free, and scatter first thing then, each for itself.
 */
#ifndef LASERTWIN_MONTECARLO_LANES_CONTROL_H
#define LASERTWIN_MONTECARLO_LANES_CONTROL_H

#define TURN_MOMENTS 3
#define TURN_POWERS 4
#define ROULETTE_CONTROLS 2 /* j = 0, 1 */
#define SPLIT_MAX 8

LANE void add_control(struct lanes *s, int i, struct vf what)
{
	vf_store(s->control[i], vf_add(vf_load(s->control[i]), what));
}

LANE struct vf basis_at(const struct lanes *s)
{
	struct vf one = vf_set(1.0f);
	return vf_div(one, vf_fma(s->depth, vf_set(s->plan->lanes->per_basis), one));
}

/* Legendre polynomials */
LANE struct vf second_moment(struct vf u)
{
	return vf_fma(vf_mul(vf_set(1.5f), u), u, vf_set(-0.5f));
}

LANE struct vf third_moment(struct vf u)
{
	return vf_mul(u, vf_fma(vf_mul(vf_set(2.5f), u), u, vf_set(-1.5f)));
}

/* Turns of the lanes that scatter, from cosine u to s->uz. */
LANE void control_turns(struct lanes *s, struct vm scatters, struct vf u)
{
	const struct vf v = s->uz, g = s->g, g2 = vf_mul(g, g), t = basis_at(s);
	struct vf p2 = second_moment(u), p3 = third_moment(u), q2 = second_moment(v), q3 = third_moment(v);
	struct vf w = vf_pick(scatters, s->weight, vf_set(0.0f));
	struct vf turn[TURN_MOMENTS] = {vf_fnma(g, u, v), vf_fnma(g2, p2, q2), vf_fnma(vf_mul(g2, g), p3, q3)};
	for (int k = 0; k < TURN_POWERS; k++) {
		for (int l = 0; l < TURN_MOMENTS; l++)
			add_control(s, k * (TURN_MOMENTS + ROULETTE_CONTROLS) + l, vf_mul(w, turn[l]));
		w = vf_mul(w, t);
	}
}

/* Roulettes that changed the weight by `change`, at cosine s->uz. */
LANE void control_roulette(struct lanes *s, struct vf change)
{
	struct vf t = basis_at(s);
	for (int k = 0; k < TURN_POWERS; k++) {
		int first = k * (TURN_MOMENTS + ROULETTE_CONTROLS) + TURN_MOMENTS;
		add_control(s, first, change);
		add_control(s, first + 1, vf_mul(change, s->uz));
		change = vf_mul(change, t);
	}
}

/* Moves what a lane has gathered to the part its packet belongs to. */
LANE void flush_control(struct lanes *s, int lane)
{
	double *sum = s->control_sums + (size_t)s->part[lane] * MC_CONTROLS;
	for (int i = 0; i < MC_CONTROLS; i++) {
		sum[i] += (double)s->control[i][lane];
		s->control[i][lane] = 0.0f;
	}
}

LANE void flush_controls(struct lanes *s)
{
	for (int lane = 0; lane < LANES; lane++)
		flush_control(s, lane);
}

/* ---- thinning ---- */

LANE struct vf window(const struct lanes *s)
{
	struct vf aim = vf_fma(s->thin_per_cm, s->z, s->thin_at_top);
	return vf_min(vf_max(aim, vf_set(1.0f)), vf_set((float)MC_THIN_WEIGHT_MAX));
}

/* Lanes of more than twice the window's weight are split; equal parts that single precision can hold, the rest
 * goes with the roulette. */
LANE void split_one(struct lanes *s, float *weight, float *entered, float aim, int lane, const struct spare *like)
{
	int count = (int)(weight[lane] / aim), room = MC_SPARES - (int)s->spares + 1;
	count = count < SPLIT_MAX ? count : SPLIT_MAX;
	count = count < room ? count : room;
	if (count < 2)
		return;
	book_layer(s, weight, entered, lane, like->layer, false);
	float each = weight[lane] / (float)count;
	tally_of(s, lane)[mc_place_roulette(&s->plan->shape)] += (double)weight[lane] - count * (double)each;
	weight[lane] = entered[lane] = each;
	for (int i = 1; i < count; i++) {
		s->spare[s->spares] = *like;
		s->spare[s->spares++].weight = each;
	}
}

LANE void split(struct lanes *s, struct vm heavy, struct vf aim)
{
	float weight[LANES], entered[LANES], aims[LANES], z[LANES], depth[LANES], uz[LANES];
	int32_t layer[LANES], row[LANES];
	vf_store(weight, s->weight);
	vf_store(entered, s->entered);
	vf_store(aims, aim);
	vf_store(z, s->z);
	vf_store(depth, s->depth);
	vf_store(uz, s->uz);
	vi_store(layer, s->layer);
	vi_store(row, s->row);
	for (unsigned left = vm_bits(heavy); left; left &= left - 1) {
		int i = __builtin_ctz(left);
		const struct spare like = {z[i], depth[i], uz[i], weight[i], layer[i], row[i], s->part[i]};
		split_one(s, weight, entered, aims[i], i, &like);
	}
	s->weight = vf_load(weight);
	s->entered = vf_load(entered);
}

/* Before lanes scatter: brings their weights into the window. */
LANE struct vm thin(struct lanes *s, struct vm scatters)
{
	struct vf aim = window(s), before = s->weight;
	struct vm light = vm_and(vf_less(s->weight, vf_mul(aim, vf_set(0.5f))), scatters);
	struct vm heavy = vm_and(vf_less(vf_mul(aim, vf_set(2.0f)), s->weight), scatters);
	if (vm_bits(light)) {
		play_roulette(s, light, aim, false);
		control_roulette(s, vf_sub(s->weight, before));
	}
	if (vm_bits(heavy))
		split(s, heavy, aim);
	return vm_and(scatters, s->alive);
}

#endif
