/* Text for a terminal: cleaning of what others wrote, width in columns, ASCII stand-ins.
 *
 * Text from a record, a file or the network may hold control characters, escape sequences, bidirectional
 * overrides and zero-width characters that would move the cursor or disguise a name. Nothing of that kind
 * passes: each such code point becomes one visible mark where it stood (a control picture such as the one
 * for ESC, or U+FFFD), so a tampered name looks tampered. The only file that knows the Unicode library.
 */
#ifndef LASERTWIN_UI_TEXT_H
#define LASERTWIN_UI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MARK 0xFFFDu /* stands where something was refused */
#define GLYPH_POINTS_MAX 3 /* a base and at most two combining marks; more are refused */

/* What fills one or two terminal columns. */
struct glyph {
	uint32_t point[GLYPH_POINTS_MAX]; /* unused entries are 0 */
	int width;                        /* 1 or 2 columns */
	bool marked;                      /* something unsafe stood here */
};

/* Reads the glyph at text (NUL-terminated, any bytes); returns the bytes consumed, 0 at the end. The
 * glyph is always safe to print. */
size_t text_next(const char *text, struct glyph *out);

/* The safe form of one code point: itself, a control picture, or TEXT_MARK. */
uint32_t text_safe_point(uint32_t point);

/* Writes the safe form, in Unicode normal form C, NUL-terminated and cut between glyphs to fit capacity;
 * returns the number of marks placed. length bytes of text are read; NUL bytes among them are marked. */
size_t text_clean(char *out, size_t capacity, const char *text, size_t length);

/* Columns the text takes. */
int text_width(const char *text);

/* As if every text were another, longer language's: words that are drawn or measured become 40 % longer, numbers and
 * units stay. For tests of layouts; one switch for the process, off by itself. */
void text_lengthen(bool on);
bool text_lengthened(void);
/* The words of text made longer, whatever the switch says. */
void text_longer(char *out, size_t capacity, const char *text);

/* Copies text, cut with an ellipsis to at most width columns; a number is left out whole rather than cut into another
 * one. Returns the columns used. */
int text_fit(char *out, size_t capacity, const char *text, int width);

/* One ASCII character for a code point: frames, arrows, Greek mu and the like by table, Latin letters
 * without their accents, '?' for the rest. */
char text_ascii(uint32_t point);

/* UTF-8 of a code point into out[4]; returns its bytes. */
size_t text_encode(uint32_t point, char out[4]);

/* The whole text in ASCII, one character for each column. */
void text_to_ascii(char *out, size_t capacity, const char *text);

const char *text_library_version(void); /* at run time */

#endif
