/* Peaks at any radiant exposure F without the history: a row's peak, the largest base + F response of all moments, is
 * the largest of a few straight lines in F, those of the upper hull of the points (response, base). They are found once
 * per row: the moments that are best at F = 0 and at F without end, and between two neighbours what passes both where
 * they meet, until nothing does (quickhull: Barber, Dobkin & Huhdanpaa 1996, ACM Trans. Math. Softw. 22:469). */
#include "physics/damage_kernel.h"
#include "physics/heat_private.h"

/* So little above two lines is nothing: a thirtieth of what the steps of the finest march may miss of 30 K. Where a
 * spray's cold and a pulse's heat go at once the hull is a curve of all its moments. */
#define PASSED_K 1e-3

struct row {
	const float *base, *response;
	size_t steps;
};

/* The moments with the largest of a value; of several, the one that has most of the other. */
static struct heat_line best_by(const float *value, const float *other, size_t steps, bool value_is_base)
{
	float most = (float)damage_kernel_highest(value, NULL, 0.0, steps), with = -INFINITY;
	for (size_t i = 0; i < steps; i++)
		if (value[i] == most && other[i] > with)
			with = other[i];
	return value_is_base ? (struct heat_line){most, with} : (struct heat_line){with, most};
}

static struct heat_line best_at(const struct row *row, double fluence_J_cm2, double highest_C)
{
	size_t i = 0;
	while (i + 1 < row->steps && (double)row->base[i] + fluence_J_cm2 * (double)row->response[i] < highest_C)
		i++;
	return (struct heat_line){row->base[i], row->response[i]};
}

/* What passes two neighbours where they meet; false when nothing does. */
static bool between(const struct row *row, const struct heat_line *pair, struct heat_line *out)
{
	double fall_C = (double)pair[0].base_C - (double)pair[1].base_C;
	double meet_J_cm2 = fall_C / ((double)pair[1].response - (double)pair[0].response);
	double both_C = (double)pair[0].base_C + meet_J_cm2 * (double)pair[0].response;
	double highest_C = damage_kernel_highest(row->base, row->response, meet_J_cm2, row->steps);
	if (!(highest_C - both_C > PASSED_K))
		return false;
	*out = best_at(row, meet_J_cm2, highest_C);
	return out->response > pair[0].response && out->response < pair[1].response;
}

/* Lines by rising response; 0 when HEAT_LINES_MAX do not suffice. */
static size_t find_lines(const struct row *row, struct heat_line *line)
{
	size_t count = 2, at = 0;
	line[0] = best_by(row->base, row->response, row->steps, true);
	line[1] = best_by(row->response, row->base, row->steps, false);
	if (line[1].response <= line[0].response || line[1].base_C >= line[0].base_C) {
		line[0] = line[1].base_C >= line[0].base_C ? line[1] : line[0];
		return 1;
	}
	while (at + 1 < count) {
		struct heat_line more;
		if (!between(row, line + at, &more)) {
			at++;
			continue;
		}
		if (count == HEAT_LINES_MAX)
			return 0;
		memmove(line + at + 2, line + at + 1, (count - at - 1) * sizeof *line);
		line[at + 1] = more;
		count++;
	}
	return count;
}

enum status heat_prepare_peaks(struct heat *solver, struct fail *why)
{
	if (solver->line || solver->fields < HEAT_FIELDS)
		return ST_OK;
	struct heat_line *line = malloc(solver->rows * HEAT_LINES_MAX * sizeof *line), *packed = NULL;
	free(solver->line_from);
	solver->line_from = calloc(solver->rows + 1, sizeof *solver->line_from);
	size_t used = 0;
	for (size_t i = 0; line && solver->line_from && i < solver->rows; i++) {
		const struct row row = {heat_base(solver, i), heat_response(solver, i), solver->steps};
		used += find_lines(&row, line + used);
		solver->line_from[i + 1] = (unsigned)used;
	}
	if (solver->line_from)
		packed = realloc(line, (used + 1) * sizeof *packed);
	if (!packed) {
		free(line);
		return fail_set(why, ST_FULL, "heat", "out of memory");
	}
	solver->line = packed;
	return ST_OK;
}
