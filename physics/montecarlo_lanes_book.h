/* Part of the photon loop with lanes (montecarlo_lanes.h, which includes it): what a piece of path absorbs, and where
 * that is booked. montecarlo_tables.c says how.
 *
 * With one variant a piece begins in the cell where the last one of its packet ended, so the end of that is booked with
 * its own start: one cell is read and written instead of two. What is open when a packet ends, or where the next piece
 * begins elsewhere (in another ring), is booked by itself.
 */
#ifndef LASERTWIN_MONTECARLO_LANES_BOOK_H
#define LASERTWIN_MONTECARLO_LANES_BOOK_H

/* Books what the lane's last piece left open. */
LANE void close_lane(struct lanes *s, int lane, int cell)
{
	double *at = s->room + (ptrdiff_t)cell * MC_QUAD;
	for (int k = 0; k < MC_COEFFICIENTS; k++) {
		at[k] += s->open[k * LANES + lane];
		s->open[k * LANES + lane] = 0.0;
	}
}

LANE void close_lanes(struct lanes *s, unsigned lanes, struct vi cells)
{
	int32_t cell[LANES];
	vi_store(cell, cells);
	for (; lanes; lanes &= lanes - 1) {
		int i = __builtin_ctz(lanes);
		close_lane(s, i, cell[i]);
	}
}

/* The coefficients of a piece of half of the lanes (P of montecarlo_tables.c) added to what those before it left open,
 * ready to be booked; leaves open their end, from where on the piece counts with all of its energy. */
LANE void piece_quads(struct vd energy, struct vd slope, struct vd per_rise, struct vd from, double *open,
                      double *out)
{
	struct vd c = vd_mul(from, per_rise), each = vd_mul(energy, per_rise), bend = vd_mul(slope, c);
	struct vd e = vd_add(vd_set(1.0), slope);
	struct vd p0 = vd_mul(vd_mul(each, from), vd_add(e, bend)); /* less than 0 by this */
	struct vd p1 = vd_mul(each, vd_add(e, vd_add(bend, bend)));
	struct vd p2 = vd_mul(vd_mul(each, slope), per_rise); /* less than 0 by this */
	struct vd zero = vd_set(0.0);
	vd_quads(vd_sub(vd_load(open), p0), vd_add(vd_load(open + LANES), p1), vd_sub(vd_load(open + 2 * LANES), p2), zero,
	         out);
	vd_store(open, vd_add(p0, energy));
	vd_store(open + LANES, vd_sub(zero, p1));
	vd_store(open + 2 * LANES, p2);
}

/* Absorbs along the piece and books it, with one variant. 1 - e^-x by its series: x <= 1/16, error x^4/120. */
LANE void absorb(struct lanes *s, const struct piece *p)
{
	struct vf x = vf_mul(s->mua, p->length), f = vf_fnma(x, vf_set(1.0f / 24), vf_set(1.0f / 6));
	f = vf_mul(x, vf_fnma(x, vf_fnma(x, f, vf_set(0.5f)), vf_set(1.0f)));
	struct vf left = vf_fnma(s->weight, f, s->weight), energy = vf_sub(s->weight, left);
	struct vf slope = vf_mul(x, vf_set(0.5f));
	_Alignas(MC_LINE) double quad[LANES * MC_QUAD];
	int32_t start[LANES];
	s->weight = left;
	piece_quads(vd_low(energy), vd_low(slope), vd_low(p->per_rise), vd_low(p->from), s->open, quad);
	piece_quads(vd_high(energy), vd_high(slope), vd_high(p->per_rise), vd_high(p->from),
	            s->open + LANES / 2, quad + LANES * MC_QUAD / 2);
	vi_store(start, vi_left(p->start, 2));
	for (int i = 0; i < LANES; i++)
		quad_add(s->room + start[i], quad + MC_QUAD * i);
	if (vm_bits(p->apart))
		close_lanes(s, vm_bits(p->apart), p->end);
}

/* The same for one lane with many variants; what is left of the heaviest. */
LANE double absorb_many(struct lanes *s, int lane, const double *mua, double length, double from, double per_rise,
                        double *start, double *end)
{
	size_t stride = s->plan->lanes->stride;
	const struct vd one = vd_set(1.0), sixth = vd_set(1.0 / 6), per_24 = vd_set(1.0 / 24), per_120 = vd_set(1.0 / 120);
	const struct vd half = vd_set(0.5), along = vd_set(length), c0 = vd_set(from * per_rise), c1 = vd_set(per_rise);
	const struct vd bend0 = vd_set(1.0 + from * per_rise), bend1 = vd_set(1.0 + 2.0 * from * per_rise);
	const struct vd c2 = vd_set(per_rise * per_rise);
	struct vd heaviest = vd_set(0.0);
	for (size_t v = 0; v < stride; v += MC_VARIANTS_STEP) {
		struct vd w = vd_load(&s->many[lane][v]), x = vd_mul(vd_load(mua + v), along);
		struct vd f = vd_fnma(x, vd_fnma(x, per_120, per_24), sixth);
		struct vd energy = vd_mul(vd_mul(w, x), vd_fnma(x, vd_fnma(x, f, half), one));
		w = vd_sub(w, energy);
		vd_store(&s->many[lane][v], w);
		heaviest = vd_max(heaviest, w);
		if (per_rise == 0.0) {
			vd_store(end + v, vd_add(vd_load(end + v), energy));
			continue;
		}
		struct vd bent = vd_mul(energy, vd_mul(x, half)); /* energy times slope */
		struct vd p0 = vd_fma(bent, bend0, energy), p1 = vd_fma(bent, bend1, energy);
		double *start1 = start + stride + v, *start2 = start1 + stride, *end1 = end + stride + v, *end2 = end1 + stride;
		vd_store(start + v, vd_fnma(c0, p0, vd_load(start + v)));
		vd_store(start1, vd_fma(c1, p1, vd_load(start1)));
		vd_store(start2, vd_fnma(c2, bent, vd_load(start2)));
		vd_store(end + v, vd_fma(c0, p0, vd_add(vd_load(end + v), energy)));
		vd_store(end1, vd_fnma(c1, p1, vd_load(end1)));
		vd_store(end2, vd_fma(c2, bent, vd_load(end2)));
	}
	return vd_largest(heaviest);
}

LANE void absorb_all(struct lanes *s, const struct piece *p)
{
	float length[LANES], from[LANES], per_rise[LANES], weight[LANES];
	int32_t start[LANES], end[LANES], layer[LANES];
	size_t stride = s->plan->lanes->stride, size = MC_COEFFICIENTS * stride;
	vf_store(length, p->length);
	vf_store(from, p->from);
	vf_store(per_rise, p->per_rise);
	vf_store(weight, s->weight);
	vi_store(start, p->start);
	vi_store(end, p->end);
	vi_store(layer, s->layer);
	for (unsigned left = vm_bits(s->alive); left; left &= left - 1) {
		int i = __builtin_ctz(left);
		weight[i] = (float)absorb_many(s, i, s->plan->lanes->mua + (size_t)layer[i] * stride, (double)length[i],
		                               (double)from[i], (double)per_rise[i], s->room + (size_t)start[i] * size,
		                               s->room + (size_t)end[i] * size);
	}
	s->weight = vf_load(weight);
}

#endif
