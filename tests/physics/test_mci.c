/* MCML input files: what is read, how every kind of mistake is named with its line, and that no mutation of a
 * good file does harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "physics/base/rng.h"
#include "physics/mci.h"

static const char good[] = "# a comment\n1.0\t# file version\n2 # runs\n\n"
                           "one.mco A\n1000\n5E-4 5e-3\n400 100 1\n2\n1.0\n"
                           "1.4 5.4 128 0.8 0.006\n1.4 0.3 171 0.85 0.15\n1.4\n"
                           "two.mco\tB\r\n20\r\n0.01 0.02\r\n3 4 5\r\n1\r\n1\r\n1.37 0 10 -0.5 2\r\n1.5";

static enum status read_text(const char *text, struct mci_file **out, struct fail *why)
{
	return mci_read(text, strlen(text), out, why);
}

static void good_files_are_read(void **state)
{
	(void)state;
	struct mci_file *f = NULL;
	assert_int_equal(read_text(good, &f, NULL), ST_OK);
	assert_int_equal(f->runs, 2);
	const struct mci_run *a = &f->run[0], *b = &f->run[1];
	assert_string_equal(a->output, "one.mco");
	assert_true(a->photons == 1000 && a->nz == 400 && a->nr == 100 && a->na == 1);
	assert_true(a->dz_cm == 5e-4 && a->dr_cm == 5e-3 && a->layers == 2);
	assert_true(a->layer[1].mua_1_cm == 0.3 && a->layer[1].mus_1_cm == 171 && a->layer[1].g == 0.85);
	assert_true(a->layer[1].thickness_cm == 0.15 && a->n_above == 1.0 && a->n_below == 1.4);
	assert_string_equal(b->output, "two.mco");
	assert_true(b->layer[0].n == 1.37 && b->layer[0].g == -0.5 && b->n_below == 1.5 && b->photons == 20);
	mci_free(&f);
	assert_null(f);
	mci_free(&f);
}

static void example_files_are_read(void **state)
{
	(void)state;
	static const char *const names[] = {"a_light755", "c_blood532", "e_light755_nvar"};
	static const size_t layers[] = {3, 5, 3};
	for (int i = 0; i < 3; i++) {
		char path[128], text[4096];
		struct mci_file *f = NULL;
		snprintf(path, sizeof path, "tests/validation/mci/%s.mci", names[i]);
		FILE *in = fopen(path, "rb");
		assert_non_null(in);
		size_t length = fread(text, 1, sizeof text, in);
		fclose(in);
		assert_int_equal(mci_read(text, length, &f, NULL), ST_OK);
		assert_true(f->runs == 1 && f->run[0].layers == layers[i] && f->run[0].photons == 1000000);
		mci_free(&f);
	}
}

#define HEAD "1.0\n1\n"
#define UP_TO_LAYERS HEAD "x.mco A\n10\n0.1 0.1\n2 2 1\n"

static void mistakes_are_named_with_their_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *field;
		enum status code;
	} bad[] = {
		{"", "line 1: file version", ST_INPUT},
		{"# only\n\n", "line 3: file version", ST_INPUT},
		{"2.0\n", "line 1: file version", ST_INPUT},
		{"one\n", "line 1: file version", ST_INPUT},
		{"1.0 7\n", "line 1: file version", ST_INPUT},
		{"1.0\n0\n", "line 2: number of runs", ST_RANGE},
		{"1.0\n1.5\n", "line 2: number of runs", ST_INPUT},
		{"1.0\n1001\n", "line 2: number of runs", ST_RANGE},
		{HEAD "x.mco\n", "line 3: output file", ST_INPUT},
		{HEAD "x\033[2J A\n", "line 3: output file", ST_INPUT},
		{HEAD "x.mco C\n", "line 3: output format", ST_INPUT},
		{HEAD "x.mco A\n0\n", "line 4: photons", ST_RANGE},
		{HEAD "x.mco A\n1e13\n", "line 4: photons", ST_RANGE},
		{HEAD "x.mco A\n10\n0 0.1\n", "line 5: dz", ST_RANGE},
		{HEAD "x.mco A\n10\n0.1 nan\n", "line 5: dr", ST_INPUT},
		{HEAD "x.mco A\n10\n0.1\n", "line 5: dr", ST_INPUT},
		{HEAD "x.mco A\n10\n0.1 0.1\n0 2 1\n", "line 6: nz", ST_RANGE},
		{HEAD "x.mco A\n10\n0.1 0.1\n2 2.5 1\n", "line 6: nr", ST_INPUT},
		{HEAD "x.mco A\n10\n0.1 0.1\n2 2\n", "line 6: na", ST_INPUT},
		{HEAD "x.mco A\n10\n0.1 0.1\n100000 100000 1\n", "line 6: nz", ST_RANGE},
		{UP_TO_LAYERS "0\n", "line 7: layers", ST_RANGE},
		{UP_TO_LAYERS "65\n", "line 7: layers", ST_RANGE},
		{UP_TO_LAYERS "1\n0.9\n", "line 8: n above", ST_RANGE},
		{UP_TO_LAYERS "1\n1\n5 1 1 0 1\n", "line 9: n", ST_RANGE},
		{UP_TO_LAYERS "1\n1\n1.4 -1 1 0 1\n", "line 9: mua", ST_RANGE},
		{UP_TO_LAYERS "1\n1\n1.4 1 x 0 1\n", "line 9: mus", ST_INPUT},
		{UP_TO_LAYERS "1\n1\n1.4 1 1 1 1\n", "line 9: g", ST_RANGE},
		{UP_TO_LAYERS "1\n1\n1.4 1 1 0 0\n", "line 9: d", ST_RANGE},
		{UP_TO_LAYERS "1\n1\n1.4 1 1 0\n", "line 9: d", ST_INPUT},
		{UP_TO_LAYERS "1\n1\n1.4 1 1 0 1 7\n", "line 9: d", ST_INPUT},
		{UP_TO_LAYERS "1\n1\n1.4 1 1 0 1\n", "line 10: n below", ST_INPUT},
		{UP_TO_LAYERS "1\n1\n1.4 1 1 0 1\n1e400\n", "line 10: n below", ST_INPUT},
		{UP_TO_LAYERS "1\n1\n1.4 1 1 0 1\n1\nmore\n", "line 11: end of file", ST_INPUT},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct mci_file *f = NULL;
		struct fail why = {.text = ""};
		enum status st = read_text(bad[i].text, &f, &why);
		if (st != bad[i].code || strcmp(why.field, bad[i].field) != 0)
			print_error("case %zu: %s, \"%s\": %s\n", i, status_name(st), why.field, why.text);
		assert_int_equal(st, bad[i].code);
		assert_string_equal(why.field, bad[i].field);
		assert_true(why.text[0] != '\0' && !strchr(why.text, '\n'));
		assert_null(f);
	}
}

static void huge_texts_are_refused(void **state)
{
	(void)state;
	struct mci_file *f = NULL;
	char *text = malloc(MCI_BYTES_MAX + 1);
	assert_non_null(text);
	memset(text, '#', MCI_BYTES_MAX + 1);
	assert_int_equal(mci_read(text, MCI_BYTES_MAX + 1, &f, NULL), ST_RANGE);
	memset(text, '1', MCI_BYTES_MAX);
	assert_int_equal(mci_read(text, MCI_BYTES_MAX, &f, NULL), ST_INPUT); /* one endless line */
	assert_null(f);
	free(text);
}

/* Bytes changed, cut and doubled at random: refused with a line, or read into what the engines accept. */
static void mutations_do_no_harm(void **state)
{
	(void)state;
	struct rng rng;
	size_t accepted = 0;
	rng_seed(&rng, 1, 0);
	for (int n = 0; n < 5000; n++) {
		char text[2 * sizeof good];
		size_t length = sizeof good - 1;
		memcpy(text, good, length);
		for (uint64_t k = rng_next(&rng) % 4 + 1; k > 0; k--)
			text[rng_next(&rng) % length] = (char)(rng_next(&rng) % 3 ? "0123456789.eE-+# \n"[rng_next(&rng) % 18]
			                                                           : (char)rng_next(&rng));
		if (n % 5 == 0)
			length = rng_next(&rng) % length;
		struct mci_file *f = NULL;
		struct fail why = {.text = ""};
		enum status st = mci_read(text, length, &f, &why);
		if (st != ST_OK) {
			assert_null(f);
			assert_int_equal(strncmp(why.field, "line ", 5), 0);
			continue;
		}
		accepted++;
		for (size_t i = 0; i < f->runs; i++) {
			struct light_stack stack = mci_stack(&f->run[i]);
			assert_int_equal(light_stack_check(&stack, NULL), ST_OK);
		}
		mci_free(&f);
	}
	assert_true(accepted > 100 && accepted < 4900);
}

static void output_has_the_tables(void **state)
{
	(void)state;
	struct mci_file *f = NULL;
	struct mc_result *r = NULL;
	struct mc_request q;
	char *text = NULL;
	double edges[32], se;
	assert_int_equal(read_text(good, &f, NULL), ST_OK);
	const struct mci_run *run = &f->run[1];
	mci_request(run, edges, edges + run->nr + 1, &q);
	assert_int_equal(mc_run(&q, &r, NULL), ST_OK);
	assert_int_equal(mci_write(run, r, &text, NULL), ST_OK);
	const char *rat = strstr(text, "\nRAT");
	assert_non_null(rat);
	double specular = strtod(strchr(rat + 1, '\n'), NULL);
	assert_true(fabs(specular - mc_specular(r)) < 1e-6);
	const char *az = strstr(text, "\nA_z");
	assert_non_null(az);
	assert_true(fabs(strtod(strchr(az + 1, '\n'), NULL) - mc_absorbed_z(r, 0, 0, &se)) < 1e-5);
	assert_non_null(strstr(text, "\nA_l"));
	static const char *const sections[] = {"InParm", "RAT", "A_l ", "A_z ", "Rd_r", "Rd_a", "Tt_r", "Tt_a",
	                                       "A_rz\n", "Rd_ra\n", "Tt_ra\n", "RAT_se", "A_z_se"};
	const char *at = text;
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) { /* in MCML's order */
		at = strstr(at, sections[i]);
		assert_non_null(at);
	}
	/* integrated over rings, what leaves is the diffuse reflectance again */
	double sum = 0.0;
	char *next = strchr(strstr(text, "\nRd_r") + 1, '\n');
	for (size_t i = 0; i < run->nr; i++)
		sum += strtod(next, &next) * 3.14159265358979 * run->dr_cm * run->dr_cm * (2.0 * (double)i + 1.0);
	assert_true(fabs(sum - mc_reflectance(r, 0, NULL)) < 1e-3 * sum + 1e-9);
	free(text);
	mc_free(&r);
	mci_free(&f);
}

/* Windows' mark and line ends, an old Mac's, tabs, lower case, endless layers: the same run. */
static void other_editors_files_are_read(void **state)
{
	(void)state;
	static const char *const same[] = {
		"1.0\n1\nx.mco A\n10\n0.1 0.1\n2 3 4\n1\n1\n1.4 1 2 0.9 1e9\n1.5\n",
		("\xef\xbb\xbf" "1.0\r\n1\r\nx.mco\tA\r\n1E1\r\n.1\t.1\r\n2\t3\t4\r\n1\r\n1\r\n1.4\t1\t2\t.9\t1E+9\r\n1.5"),
		"1.0\r1\rx.mco a # text\r10\r0.1 0.1\r2 3 4\r1\r1\r1.4 1 2 0.9 1e9#\r# between\r\r1.5\r",
		"# first\n\n  1.0#\n 1 # runs\n\nx.mco b\n10\n0.1 0.1\n2 3 4\n1\n1\n1.4 1 2 0.9 1e9\n1.5",
	};
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		struct mci_file *f = NULL;
		struct fail why = {.text = ""};
		if (read_text(same[i], &f, &why) != ST_OK)
			fail_msg("text %zu: %s: %s", i, why.field, why.text);
		const struct mci_run *run = &f->run[0];
		assert_string_equal(run->output, "x.mco");
		assert_true(run->photons == 10 && run->nz == 2 && run->nr == 3 && run->na == 4 && run->layers == 1);
		assert_true(run->layer[0].thickness_cm == 1e9 && run->layer[0].g == 0.9 && run->n_below == 1.5);
		mci_free(&f);
	}
	struct mci_file *f = NULL;
	struct fail why = {.text = ""};
	assert_int_equal(read_text("1.0\r\n\r\n1\r\nx.mco A\r\n1D3\r\n", &f, &why), ST_INPUT);
	assert_string_equal(why.field, "line 5: photons"); /* a pair is one line */
	assert_non_null(strstr(why.text, "with E"));
}

/* The number of the line that begins with word, from 1; 0: none. */
static int line_of(const char *text, const char *word)
{
	int line = 1;
	for (const char *at = text; at; at = strchr(at, '\n'), at = at ? at + 1 : NULL, line++)
		if (strncmp(at, word, strlen(word)) == 0)
			return line;
	return 0;
}

static const char *line_at(const char *text, int line)
{
	while (--line > 0)
		text = strchr(text, '\n') + 1;
	return text;
}

/* As readers of MCML's files count (getmcml.m, S. Jacques 2008): dz and dr on line 15, then by the numbers of layers,
 * bins, rings and angles; between Tt_a's last value and A_rz's first a blank line and six of text. */
static void lines_stand_where_readers_count_them(void **state)
{
	(void)state;
	struct mci_file *f = NULL;
	struct mc_result *r = NULL;
	struct mc_request q;
	char *text = NULL;
	double edges[32], v[5];
	assert_int_equal(read_text(good, &f, NULL), ST_OK);
	const struct mci_run *run = &f->run[1]; /* nz 3, nr 4, na 5, one layer */
	mci_request(run, edges, edges + run->nr + 1, &q);
	assert_int_equal(mc_run(&q, &r, NULL), ST_OK);
	assert_int_equal(mci_write(run, r, &text, NULL), ST_OK);
	assert_int_equal(sscanf(line_at(text, 15), "%lf %lf", &v[0], &v[1]), 2);
	assert_true(v[0] == run->dz_cm && v[1] == run->dr_cm);
	assert_int_equal(sscanf(line_at(text, 16), "%lf %lf %lf", &v[0], &v[1], &v[2]), 3);
	assert_true(v[0] == 3 && v[1] == 4 && v[2] == 5);
	assert_int_equal(strtol(line_at(text, 18), NULL, 10), 1);
	assert_true(strtod(line_at(text, 20), NULL) == run->n_above);
	assert_int_equal(sscanf(line_at(text, 21), "%lf %lf %lf %lf %lf", &v[0], &v[1], &v[2], &v[3], &v[4]), 5);
	assert_true(v[0] == 1.37 && v[3] == -0.5 && v[4] == 2);
	assert_true(strtod(line_at(text, 22), NULL) == run->n_below);
	int line = 25; /* after a blank line and RAT */
	assert_true(fabs(strtod(line_at(text, line), NULL) - mc_specular(r)) < 1e-6);
	assert_true(fabs(strtod(line_at(text, line + 3), NULL) - mc_transmittance(r, 0, NULL)) < 1e-6);
	line += 4 + 2; /* blank, A_l */
	line += 1 + 2; /* one layer, blank, A_z */
	assert_true(fabs(strtod(line_at(text, line), NULL) - mc_absorbed_z(r, 0, 0, NULL)) < 1e-5);
	line += 3 + 2 + 4 + 2 + 5 + 2 + 4 + 2 + 5; /* A_z; Rd_r; Rd_a; Tt_r; Tt_a: each a blank line and a name before */
	assert_int_equal(line_at(text, line)[0], '\n');
	assert_int_equal(line + 6, line_of(text, "A_rz"));
	char *end = (char *)(uintptr_t)line_at(text, line + 7);
	for (size_t i = 0; i < run->nr * run->nz; i++)
		assert_true(fabs(strtod(end, &end) - mc_absorbed(r, 0, i / run->nz, i % run->nz, NULL)) <=
		            1e-3 * mc_absorbed(r, 0, i / run->nz, i % run->nz, NULL));
	assert_int_equal(line_of(text, "Rd_ra"), line_of(text, "# Rd[r][angle]") + 5);
	free(text);
	mc_free(&r);
	mci_free(&f);
}

/* A grid deeper than the tissue: bins below hold nothing, not what rounding and control variates leave. */
static void below_the_tissue_nothing_is_absorbed(void **state)
{
	(void)state;
	static const char text[] = "1.0\n1\nx.mco A\n4000\n0.01 0.01\n10 5 1\n2\n1\n1.5 10 90 .75 .01\n1.5 5 90 .75 .01\n1\n";
	struct mci_file *f = NULL;
	struct mc_result *r = NULL;
	struct mc_request q;
	double edges[32], se;
	assert_int_equal(read_text(text, &f, NULL), ST_OK);
	mci_request(&f->run[0], edges, edges + 6, &q);
	assert_int_equal(mc_run(&q, &r, NULL), ST_OK);
	for (size_t i = 0; i < 10; i++) {
		assert_true((mc_absorbed_z(r, 0, i, &se) > 0.0) == (i < 2) && (se > 0.0) == (i < 2));
		assert_true((mc_absorbed(r, 0, 1, i, &se) > 0.0) == (i < 2) && (se > 0.0) == (i < 2));
	}
	mc_free(&r);
	mci_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_files_are_read),
		cmocka_unit_test(example_files_are_read),
		cmocka_unit_test(mistakes_are_named_with_their_line),
		cmocka_unit_test(huge_texts_are_refused),
		cmocka_unit_test(mutations_do_no_harm),
		cmocka_unit_test(output_has_the_tables),
		cmocka_unit_test(other_editors_files_are_read),
		cmocka_unit_test(lines_stand_where_readers_count_them),
		cmocka_unit_test(below_the_tissue_nothing_is_absorbed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
