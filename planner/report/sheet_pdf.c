/* Sheets as PDF: cairo draws, pango sets the type. The only file that knows either. */
#include <errno.h>
#include <fcntl.h>
#include <pango/pangocairo.h>
#include <cairo-pdf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "planner/report/sheet.h"

#define PAGE_WIDTH_PT 595.28 /* A4, ISO 216 */
#define PAGE_HEIGHT_PT 841.89
#define MARGIN_PT 42.0
#define HEAD_PT 54.0
#define FOOT_PT 46.0
#define WIDTH_PT (PAGE_WIDTH_PT - 2.0 * MARGIN_PT)
#define BOTTOM_PT (PAGE_HEIGHT_PT - MARGIN_PT - FOOT_PT)
#define LABEL_SHARE 0.3
#define PLOT_HEIGHT_PT 190.0
#define TABLE_START_PT 40.0 /* below its titles: a row or two */
#define BAND_ALPHA 0.18
#define PATH_MAX_BYTES 4096
#define FONT "DejaVu Sans, Noto Sans, Sans"

/* Characters that no font here can draw. */
#define MISSING_NAMED 24
struct missing {
	size_t count; /* different ones; of them named: */
	uint32_t point[MISSING_NAMED];
};

struct press {
	const struct sheet *sheet;
	struct missing *missing; /* gathered here */
	char notice[MISSING_NAMED * 8 + 300]; /* what was found missing before; "": nothing */
	cairo_surface_t *surface;
	cairo_t *cr;
	PangoLayout *layout;
	double y;
	int page, pages; /* pages 0: counting */
	const struct sheet_block *table, *heading; /* repeated on a new page that goes on with the table */
};

struct colour {
	double r, g, b;
};

static const struct colour tone_colour[] = {
        [SHEET_PLAIN] = {0, 0, 0},      [SHEET_STRONG] = {0, 0, 0},        [SHEET_DIM] = {.38, .38, .38},
        [SHEET_OK] = {0, .35, .15},     [SHEET_CAUTION] = {.55, .33, 0},   [SHEET_STOP] = {.7, 0, 0}};
static const struct colour curve_colour[] = {{.75, .15, .1}, {.1, .3, .65}, {.15, .5, .2}};

/* --- type --------------------------------------------------------------------------------------------- */

static void set_font(struct press *p, double size_pt, bool bold)
{
	PangoFontDescription *font = pango_font_description_from_string(FONT);
	pango_font_description_set_absolute_size(font, size_pt * PANGO_SCALE);
	pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(p->layout, font);
	pango_font_description_free(font);
}

static void set_colour(struct press *p, struct colour c)
{
	cairo_set_source_rgb(p->cr, c.r, c.g, c.b);
}

static void add_missing(struct missing *missing, uint32_t point)
{
	for (size_t i = 0; i < missing->count && i < MISSING_NAMED; i++)
		if (missing->point[i] == point)
			return;
	if (missing->count < MISSING_NAMED)
		missing->point[missing->count] = point;
	missing->count++;
}

/* Pango draws a box with the code for what it has no glyph for: that is not silent, but small. */
static void look_for_missing(struct press *p)
{
	if (pango_layout_get_unknown_glyphs_count(p->layout) == 0)
		return;
	PangoLayoutIter *at = pango_layout_get_iter(p->layout);
	do {
		const PangoLayoutRun *run = pango_layout_iter_get_run_readonly(at);
		for (int i = 0; run != NULL && i < run->glyphs->num_glyphs; i++) {
			const PangoGlyph glyph = run->glyphs->glyphs[i].glyph;
			if (glyph != PANGO_GLYPH_EMPTY && (glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0)
				add_missing(p->missing, glyph & ~(PangoGlyph)PANGO_GLYPH_UNKNOWN_FLAG);
		}
	} while (pango_layout_iter_next_run(at));
	pango_layout_iter_free(at);
}

/* Sets the text in width; gives its height. The layout is then ready to be shown. */
static double measure(struct press *p, const char *text, double width, PangoAlignment align)
{
	int height;
	pango_layout_set_width(p->layout, (int)(width * PANGO_SCALE));
	pango_layout_set_wrap(p->layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_alignment(p->layout, align);
	pango_layout_set_text(p->layout, text, -1);
	look_for_missing(p);
	pango_layout_get_size(p->layout, NULL, &height);
	return (double)height / PANGO_SCALE;
}

static void show(struct press *p, double x, double y)
{
	cairo_move_to(p->cr, x, y);
	pango_cairo_show_layout(p->cr, p->layout);
}

static double put(struct press *p, double x, double y, double width, PangoAlignment align, const char *text)
{
	double height = measure(p, text, width, align);
	show(p, x, y);
	return height;
}

static void rule(struct press *p, double x, double y, double width, double line_pt)
{
	cairo_set_line_width(p->cr, line_pt);
	cairo_move_to(p->cr, x, y);
	cairo_line_to(p->cr, x + width, y);
	cairo_stroke(p->cr);
}

/* --- pages -------------------------------------------------------------------------------------------- */

/* Across the page, pale, so that no copy can be taken for something else. */
static void page_mark(struct press *p)
{
	if (p->sheet->frame[0] == '\0')
		return;
	cairo_save(p->cr);
	cairo_set_source_rgba(p->cr, .6, .6, .6, .22);
	cairo_translate(p->cr, PAGE_WIDTH_PT / 2.0, PAGE_HEIGHT_PT / 2.0);
	cairo_rotate(p->cr, -M_PI / 4.0);
	set_font(p, 46.0, true);
	double height = measure(p, p->sheet->frame, PAGE_HEIGHT_PT, PANGO_ALIGN_CENTER);
	show(p, -PAGE_HEIGHT_PT / 2.0, -height / 2.0);
	cairo_restore(p->cr);
}

static void page_head(struct press *p)
{
	char made[SHEET_TIME_SIZE];
	const struct sheet *s = p->sheet;
	set_colour(p, tone_colour[SHEET_PLAIN]);
	set_font(p, 14.0, true);
	put(p, MARGIN_PT, MARGIN_PT, WIDTH_PT * .72, PANGO_ALIGN_LEFT, s->title);
	set_font(p, 8.0, true);
	put(p, MARGIN_PT + WIDTH_PT * .72, MARGIN_PT, WIDTH_PT * .28, PANGO_ALIGN_RIGHT, s->frame);
	set_font(p, 8.0, false);
	put(p, MARGIN_PT + WIDTH_PT * .72, MARGIN_PT + 12.0, WIDTH_PT * .28, PANGO_ALIGN_RIGHT,
	    sheet_time(s->made_at_ms, made));
	set_font(p, 9.5, false);
	put(p, MARGIN_PT, MARGIN_PT + 20.0, WIDTH_PT, PANGO_ALIGN_LEFT, s->subtitle);
	rule(p, MARGIN_PT, MARGIN_PT + HEAD_PT - 8.0, WIDTH_PT, 0.8);
}

static void page_foot(struct press *p)
{
	char number[64];
	(void)snprintf(number, sizeof number, "page %d of %d", p->page, p->pages > 0 ? p->pages : p->page);
	set_colour(p, tone_colour[SHEET_DIM]);
	rule(p, MARGIN_PT, BOTTOM_PT + 8.0, WIDTH_PT, 0.4);
	set_font(p, 6.5, false);
	put(p, MARGIN_PT, BOTTOM_PT + 12.0, WIDTH_PT - 70.0, PANGO_ALIGN_LEFT, p->sheet->footer);
	set_font(p, 8.0, false);
	put(p, MARGIN_PT + WIDTH_PT - 70.0, BOTTOM_PT + 12.0, 70.0, PANGO_ALIGN_RIGHT, number);
}

static void page_begin(struct press *p)
{
	p->page++;
	page_mark(p);
	page_head(p);
	page_foot(p);
	p->y = MARGIN_PT + HEAD_PT;
}

static double row_height(struct press *p, const struct sheet_block *b);
static void row_show(struct press *p, const struct sheet_block *b, double height);
static void heading_show(struct press *p, const char *text, const char *after);

/* Room for height, on a new page if need be; a table's heading and titles go along. */
static void need(struct press *p, double height)
{
	if (p->y + height <= BOTTOM_PT)
		return;
	cairo_show_page(p->cr);
	page_begin(p);
	if (p->table != NULL && p->heading != NULL)
		heading_show(p, p->heading->cell[0], ", continued");
	if (p->table != NULL)
		row_show(p, p->table, row_height(p, p->table));
}

/* --- blocks ------------------------------------------------------------------------------------------- */

static void heading_show(struct press *p, const char *text, const char *after)
{
	char line[SHEET_CELL_MAX + 16];
	(void)snprintf(line, sizeof line, "%s%s", text, after);
	p->y += 8.0;
	set_colour(p, tone_colour[SHEET_STRONG]);
	set_font(p, 10.5, true);
	p->y += put(p, MARGIN_PT, p->y, WIDTH_PT, PANGO_ALIGN_LEFT, line) + 2.0;
	rule(p, MARGIN_PT, p->y, WIDTH_PT, 0.3);
	p->y += 4.0;
}

static double table_start(struct press *p, const struct sheet_block *b)
{
	return row_height(p, b) + TABLE_START_PT;
}

/* Never alone at the foot: what it is the heading of begins on the same page. */
static void block_heading(struct press *p, const struct sheet_block *b)
{
	const struct sheet_block *next = b + 1 < p->sheet->block + p->sheet->blocks ? b + 1 : NULL;
	double follows = TABLE_START_PT;
	if (next != NULL && next->kind == SHEET_TABLE)
		follows = table_start(p, next);
	else if (next != NULL && next->kind == SHEET_PLOT)
		follows = PLOT_HEIGHT_PT;
	set_font(p, 10.5, true);
	need(p, measure(p, b->cell[0], WIDTH_PT, PANGO_ALIGN_LEFT) + 14.0 + follows);
	heading_show(p, b->cell[0], "");
	p->heading = b;
}

static void block_text(struct press *p, const struct sheet_block *b)
{
	bool loud = b->tone == SHEET_STRONG || b->tone == SHEET_STOP || b->tone == SHEET_CAUTION;
	set_font(p, 8.5, loud);
	need(p, measure(p, b->cell[0], WIDTH_PT, PANGO_ALIGN_LEFT) + 2.0);
	set_font(p, 8.5, loud);
	set_colour(p, tone_colour[b->tone]);
	p->y += put(p, MARGIN_PT, p->y, WIDTH_PT, PANGO_ALIGN_LEFT, b->cell[0]) + 2.0;
}

static void block_pair(struct press *p, const struct sheet_block *b)
{
	double split = WIDTH_PT * LABEL_SHARE;
	set_font(p, 8.5, false);
	double height = fmax(measure(p, b->cell[1], WIDTH_PT - split, PANGO_ALIGN_LEFT),
	                     measure(p, b->cell[0], split - 6.0, PANGO_ALIGN_LEFT));
	need(p, height + 2.0);
	set_font(p, 8.5, false);
	set_colour(p, tone_colour[SHEET_DIM]);
	put(p, MARGIN_PT, p->y, split - 6.0, PANGO_ALIGN_LEFT, b->cell[0]);
	set_colour(p, tone_colour[SHEET_PLAIN]);
	put(p, MARGIN_PT + split, p->y, WIDTH_PT - split, PANGO_ALIGN_LEFT, b->cell[1]);
	p->y += height + 2.0;
}

static PangoAlignment alignment(const struct sheet_block *b, size_t c)
{
	return b->number[c] ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT;
}

static double row_height(struct press *p, const struct sheet_block *b)
{
	double height = 0.0;
	set_font(p, 8.0, b->kind == SHEET_TABLE || b->tone == SHEET_STRONG);
	for (size_t c = 0; c < b->cells; c++)
		height = fmax(height, measure(p, b->cell[c], WIDTH_PT * b->share[c] - 6.0, alignment(b, c)));
	return height;
}

static void row_show(struct press *p, const struct sheet_block *b, double height)
{
	double x = MARGIN_PT;
	set_font(p, 8.0, b->kind == SHEET_TABLE || b->tone == SHEET_STRONG);
	set_colour(p, tone_colour[b->tone]);
	for (size_t c = 0; c < b->cells; c++) {
		put(p, x, p->y, WIDTH_PT * b->share[c] - 6.0, alignment(b, c), b->cell[c]);
		x += WIDTH_PT * b->share[c];
	}
	p->y += height + 1.5;
	set_colour(p, (struct colour){.75, .75, .75});
	rule(p, MARGIN_PT, p->y, WIDTH_PT, b->kind == SHEET_TABLE ? 0.6 : 0.2);
	p->y += 1.5;
}

static void block_row(struct press *p, const struct sheet_block *b)
{
	if (b->kind == SHEET_TABLE)
		p->table = NULL;
	double height = row_height(p, b);
	need(p, b->kind == SHEET_TABLE ? table_start(p, b) : height + 3.0);
	row_show(p, b, height);
	if (b->kind == SHEET_TABLE)
		p->table = b;
}

static void block_tick(struct press *p, const struct sheet_block *b)
{
	set_font(p, 8.5, false);
	double height = fmax(measure(p, b->cell[0], WIDTH_PT - 18.0, PANGO_ALIGN_LEFT), 11.0);
	need(p, height + 3.0);
	set_colour(p, tone_colour[SHEET_PLAIN]);
	cairo_set_line_width(p->cr, 0.7);
	cairo_rectangle(p->cr, MARGIN_PT + 1.0, p->y + 1.5, 8.0, 8.0);
	cairo_stroke(p->cr);
	if (b->ticked) {
		cairo_move_to(p->cr, MARGIN_PT + 2.5, p->y + 5.5);
		cairo_line_to(p->cr, MARGIN_PT + 4.5, p->y + 8.0);
		cairo_line_to(p->cr, MARGIN_PT + 8.5, p->y + 2.5);
		cairo_stroke(p->cr);
	}
	set_font(p, 8.5, false);
	put(p, MARGIN_PT + 16.0, p->y, WIDTH_PT - 18.0, PANGO_ALIGN_LEFT, b->cell[0]);
	p->y += height + 3.0;
}

static void block_line(struct press *p, const struct sheet_block *b)
{
	need(p, 30.0);
	p->y += 16.0;
	set_colour(p, tone_colour[SHEET_PLAIN]);
	set_font(p, 8.5, false);
	p->y += put(p, MARGIN_PT, p->y, WIDTH_PT * LABEL_SHARE, PANGO_ALIGN_LEFT, b->cell[0]);
	rule(p, MARGIN_PT + WIDTH_PT * LABEL_SHARE, p->y, WIDTH_PT * .6, 0.5);
	p->y += 4.0;
}

/* --- plots -------------------------------------------------------------------------------------------- */

struct frame {
	double x, y, width, height; /* of the inside */
};

static double at_x(const struct frame *f, const struct sheet_plot *plot, double x)
{
	return f->x + f->width * fmin(x / plot->x_max, 1.0);
}

static double at_y(const struct frame *f, double max, double y)
{
	return f->y + f->height * (1.0 - fmin(fmax(y / max, 0.0), 1.0));
}

/* A round step giving at most n intervals. */
static double tick_step(double span, int n)
{
	static const double round[] = {1.0, 2.0, 2.5, 5.0, 10.0};
	double power = pow(10.0, floor(log10(span / n)));
	for (size_t i = 0; i < sizeof round / sizeof *round; i++)
		if (round[i] * power * n >= span * (1.0 - 1e-9))
			return round[i] * power;
	return 10.0 * power;
}

static void plot_ticks(struct press *p, const struct frame *f, const struct sheet_plot *plot)
{
	char text[32];
	double step = tick_step(plot->x_max, 8);
	for (double x = 0.0; x <= plot->x_max * (1.0 + 1e-9); x += step) {
		(void)snprintf(text, sizeof text, "%.4g", x);
		put(p, at_x(f, plot, x) - 20.0, f->y + f->height + 2.0, 40.0, PANGO_ALIGN_CENTER, text);
	}
	step = tick_step(plot->left_max, 5);
	for (double y = 0.0; y <= plot->left_max * (1.0 + 1e-9); y += step) {
		(void)snprintf(text, sizeof text, "%.4g", y);
		put(p, f->x - 34.0, at_y(f, plot->left_max, y) - 4.5, 30.0, PANGO_ALIGN_RIGHT, text);
	}
	for (double y = 0.0; plot->right_label[0] != '\0' && y <= plot->right_max * (1.0 + 1e-9);
	     y += tick_step(plot->right_max, 5)) {
		(void)snprintf(text, sizeof text, "%.4g", y);
		put(p, f->x + f->width + 4.0, at_y(f, plot->right_max, y) - 4.5, 30.0, PANGO_ALIGN_LEFT, text);
	}
}

static void plot_band(struct press *p, const struct frame *f, const struct sheet_plot *plot, size_t k)
{
	const struct sheet_curve *c = &plot->curve[k];
	double max = c->right ? plot->right_max : plot->left_max;
	if (c->count < 2 || isnan(c->low[0]))
		return;
	for (size_t i = 0; i < c->count; i++)
		cairo_line_to(p->cr, at_x(f, plot, c->x[i]), at_y(f, max, c->high[i]));
	for (size_t i = c->count; i-- > 0;)
		cairo_line_to(p->cr, at_x(f, plot, c->x[i]), at_y(f, max, c->low[i]));
	cairo_close_path(p->cr);
	cairo_set_source_rgba(p->cr, curve_colour[k].r, curve_colour[k].g, curve_colour[k].b, BAND_ALPHA);
	cairo_fill(p->cr);
}

static void plot_curve(struct press *p, const struct frame *f, const struct sheet_plot *plot, size_t k)
{
	const struct sheet_curve *c = &plot->curve[k];
	double max = c->right ? plot->right_max : plot->left_max;
	plot_band(p, f, plot, k);
	set_colour(p, curve_colour[k]);
	cairo_set_line_width(p->cr, 1.1);
	cairo_set_dash(p->cr, (const double[]){4.0, 2.5}, c->dashed ? 2 : 0, 0.0);
	for (size_t i = 0; i < c->count; i++)
		cairo_line_to(p->cr, at_x(f, plot, c->x[i]), at_y(f, max, c->y[i]));
	cairo_stroke(p->cr);
	cairo_set_dash(p->cr, NULL, 0, 0.0);
}

static void plot_thresholds(struct press *p, const struct frame *f, const struct sheet_plot *plot)
{
	set_colour(p, tone_colour[SHEET_DIM]);
	for (size_t i = 0; i < plot->thresholds; i++) {
		double y = at_y(f, plot->left_max, plot->threshold[i].value);
		if (plot->threshold[i].value > plot->left_max)
			continue;
		cairo_set_dash(p->cr, (const double[]){1.5, 2.0}, 2, 0.0);
		rule(p, f->x, y, f->width, 0.6);
		cairo_set_dash(p->cr, NULL, 0, 0.0);
		put(p, f->x + f->width - 124.0, y - 9.0, 120.0, PANGO_ALIGN_RIGHT, plot->threshold[i].label);
	}
}

static void plot_legend(struct press *p, const struct frame *f, const struct sheet_plot *plot)
{
	double x = f->x;
	for (size_t k = 0; k < plot->curves; k++) {
		set_colour(p, curve_colour[k]);
		cairo_set_dash(p->cr, (const double[]){4.0, 2.5}, plot->curve[k].dashed ? 2 : 0, 0.0);
		rule(p, x, f->y - 8.0, 18.0, 1.1);
		cairo_set_dash(p->cr, NULL, 0, 0.0);
		set_colour(p, tone_colour[SHEET_PLAIN]);
		put(p, x + 22.0, f->y - 13.0, 130.0, PANGO_ALIGN_LEFT, plot->curve[k].name);
		x += 155.0;
	}
}

static void block_plot(struct press *p, const struct sheet_block *b)
{
	const struct sheet_plot *plot = b->plot;
	need(p, PLOT_HEIGHT_PT);
	const struct frame f = {MARGIN_PT + 40.0, p->y + 30.0, WIDTH_PT - 80.0, PLOT_HEIGHT_PT - 66.0};
	set_font(p, 7.0, false);
	set_colour(p, tone_colour[SHEET_PLAIN]);
	put(p, MARGIN_PT, p->y + 4.0, WIDTH_PT / 2.0, PANGO_ALIGN_LEFT, plot->left_label);
	put(p, MARGIN_PT + WIDTH_PT / 2.0, p->y + 4.0, WIDTH_PT / 2.0, PANGO_ALIGN_RIGHT, plot->right_label);
	put(p, f.x, f.y + f.height + 12.0, f.width, PANGO_ALIGN_CENTER, plot->x_label);
	cairo_set_line_width(p->cr, 0.5);
	cairo_rectangle(p->cr, f.x, f.y, f.width, f.height);
	cairo_stroke(p->cr);
	plot_ticks(p, &f, plot);
	plot_thresholds(p, &f, plot);
	cairo_save(p->cr);
	cairo_rectangle(p->cr, f.x, f.y, f.width, f.height);
	cairo_clip(p->cr);
	for (size_t k = 0; k < plot->curves; k++)
		plot_curve(p, &f, plot, k);
	cairo_restore(p->cr);
	plot_legend(p, &f, plot);
	p->y += PLOT_HEIGHT_PT;
}

typedef void set_block(struct press *p, const struct sheet_block *b);

static void draw(struct press *p)
{
	static set_block *const setter[] = {
	        [SHEET_HEADING] = block_heading, [SHEET_TEXT] = block_text, [SHEET_PAIR] = block_pair,
	        [SHEET_TABLE] = block_row,       [SHEET_ROW] = block_row,   [SHEET_TICK] = block_tick,
	        [SHEET_LINE] = block_line,       [SHEET_PLOT] = block_plot};
	page_begin(p);
	if (p->notice[0] != '\0')
		block_text(p, &(const struct sheet_block){.tone = SHEET_STOP, .cells = 1, .cell = {p->notice}});
	for (size_t i = 0; i < p->sheet->blocks; i++) {
		const struct sheet_block *b = &p->sheet->block[i];
		if (b->kind != SHEET_ROW && b->kind != SHEET_TABLE)
			p->table = NULL;
		setter[b->kind](p, b);
	}
	cairo_show_page(p->cr);
}

/* --- files -------------------------------------------------------------------------------------------- */

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned int length)
{
	return fwrite(data, 1, length, closure) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_status_t count_only(void *closure, const unsigned char *data, unsigned int length)
{
	(void)closure;
	(void)data;
	(void)length;
	return CAIRO_STATUS_SUCCESS;
}

static void set_metadata(const struct sheet *sheet, cairo_surface_t *surface)
{
	char date[32];
	time_t seconds = (time_t)(sheet->made_at_ms / 1000);
	struct tm parts;
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, sheet->title);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "lasertwin " LASERTWIN_VERSION);
	if (gmtime_r(&seconds, &parts) != NULL && strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0)
		cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
}

static void say_missing(const struct missing *missing, char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	if (missing->count == 0)
		return;
	used = (size_t)snprintf(out, size, "Not in any font of this machine, drawn as boxes with their code:");
	for (size_t i = 0; i < missing->count && i < MISSING_NAMED; i++)
		used += (size_t)snprintf(out + used, size - used, " U+%04X", (unsigned)missing->point[i]);
	(void)snprintf(out + used, size - used, "%s. The text, CSV and JSON of this sheet have them; a font for the script "
	               "(fonts-noto-core, fonts-noto-cjk) puts them on paper.",
	               missing->count > MISSING_NAMED ? " and more" : "");
}

/* One pass; pages 0 counts them. Says what the passes before found missing, and gathers that. Gives the number of
 * pages, 0 on failure. */
static int pass(const struct sheet *sheet, int pages, struct missing *missing, cairo_write_func_t write, void *closure)
{
	struct press p = {.sheet = sheet, .pages = pages, .missing = missing};
	say_missing(missing, p.notice, sizeof p.notice);
	p.surface = cairo_pdf_surface_create_for_stream(write, closure, PAGE_WIDTH_PT, PAGE_HEIGHT_PT);
	set_metadata(sheet, p.surface);
	p.cr = cairo_create(p.surface);
	p.layout = pango_cairo_create_layout(p.cr);
	draw(&p);
	g_object_unref(p.layout);
	bool good = cairo_status(p.cr) == CAIRO_STATUS_SUCCESS;
	cairo_destroy(p.cr);
	cairo_surface_finish(p.surface);
	good = good && cairo_surface_status(p.surface) == CAIRO_STATUS_SUCCESS;
	cairo_surface_destroy(p.surface);
	return good ? p.page : 0;
}

static enum status write_file(const struct sheet *sheet, FILE *f, const char *path, struct fail *why)
{
	struct missing missing = {.count = 0};
	int pages = pass(sheet, 0, &missing, count_only, NULL);
	if (missing.count > 0) /* the notice takes room, too */
		pages = pass(sheet, 0, &missing, count_only, NULL);
	bool good = pages > 0 && pass(sheet, pages, &missing, write_bytes, f) == pages && fflush(f) == 0 &&
	            fsync(fileno(f)) == 0;
	return good ? ST_OK
	            : fail_set(why, errno == ENOSPC ? ST_FULL : ST_IO, path, "the sheet could not be written: %s",
	                       errno != 0 ? strerror(errno) : "the drawing library gave up");
}

enum status sheet_write_pdf(const struct sheet *sheet, const char *path, bool replace, struct fail *why)
{
	char part[PATH_MAX_BYTES];
	if (sheet->status != ST_OK) {
		*why = sheet->fail;
		return sheet->status;
	}
	if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
		return fail_set(why, ST_INPUT, "path", "longer than %d bytes", PATH_MAX_BYTES - 6);
	if (!replace && access(path, F_OK) == 0)
		return fail_set(why, ST_CONFLICT, path, "is there already; name another file or give --force");
	(void)unlink(part); /* of a run that was stopped */
	int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
	FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
	if (f == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return fail_set(why, ST_IO, path, "cannot be written: %s", strerror(errno));
	}
	errno = 0;
	enum status status = write_file(sheet, f, path, why);
	if (fclose(f) != 0 && status == ST_OK)
		status = fail_set(why, ST_IO, path, "the sheet could not be written: %s", strerror(errno));
	if (status == ST_OK && rename(part, path) != 0)
		status = fail_set(why, ST_IO, path, "the sheet could not be put in place: %s", strerror(errno));
	if (status != ST_OK)
		(void)unlink(part);
	return status;
}

const char *sheet_drawing_version(void)
{
	return cairo_version_string();
}

const char *sheet_text_version(void)
{
	return pango_version_string();
}
