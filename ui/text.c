#include "ui/text.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <utf8proc.h>

#define POINT_CONTROL_PICTURES 0x2400u /* U+2400 + c pictures the control character c */
#define POINT_PICTURE_DELETE 0x2421u
#define POINT_ELLIPSIS 0x2026u
#define ASCII_DELETE 0x7Fu

static bool is_mark_category(uint32_t point)
{
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)point);
	return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

static bool is_refused_category(utf8proc_category_t category)
{
	switch (category) {
	case UTF8PROC_CATEGORY_CN: /* unassigned: terminals disagree on the width */
	case UTF8PROC_CATEGORY_CC: /* C1 controls; C0 have pictures */
	case UTF8PROC_CATEGORY_CF: /* bidirectional controls, zero-width joiners, tags */
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO: /* private use: means something else on every machine */
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return false;
	}
}

uint32_t text_safe_point(uint32_t point)
{
	if (point < 0x20)
		return POINT_CONTROL_PICTURES + point;
	if (point == ASCII_DELETE)
		return POINT_PICTURE_DELETE;
	if (point < ASCII_DELETE)
		return point;
	const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)point);
	if (is_refused_category((utf8proc_category_t)property->category) || property->ignorable)
		return TEXT_MARK;
	if (property->category == UTF8PROC_CATEGORY_ZS)
		return ' '; /* no-break and other spaces look alike but compare unequal */
	/* Spacing marks of Indic scripts take a column of their own in terminals; marks without width ride on
	 * their base; anything else of no width could hide. */
	bool rides = property->category == UTF8PROC_CATEGORY_MC || is_mark_category(point);
	if (!rides && utf8proc_charwidth((utf8proc_int32_t)point) < 1)
		return TEXT_MARK;
	return point;
}

/* One code point; malformed bytes are consumed one at a time as TEXT_MARK. */
static size_t decode(const char *text, size_t length, uint32_t *point)
{
	utf8proc_int32_t value;
	utf8proc_ssize_t used =
	        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &value);
	if (used <= 0) {
		*point = TEXT_MARK;
		return 1;
	}
	*point = (uint32_t)value;
	return (size_t)used;
}

static int point_width(uint32_t point)
{
	int width = utf8proc_charwidth((utf8proc_int32_t)point);
	return width == 2 ? 2 : 1;
}

/* Bytes of the next code point's encoding that lie before the terminating NUL. */
static size_t span(const char *text)
{
	size_t n = 0;
	while (n < 4 && text[n] != '\0')
		n++;
	return n;
}

/* A printable ASCII character that no mark can follow: nearly all of what is ever drawn. */
static bool is_plain(const char *text, size_t length)
{
	return text[0] >= ' ' && text[0] <= '~' && (length == 1 || (unsigned char)text[1] < 0x80);
}

static size_t next_of(const char *text, size_t length, struct glyph *out)
{
	uint32_t point;
	if (is_plain(text, length)) {
		*out = (struct glyph){.point = {(uint32_t)text[0]}, .width = 1};
		return 1;
	}
	size_t used = decode(text, length, &point);
	uint32_t safe = text_safe_point(point);
	bool orphan = safe >= 0x300 && is_mark_category(safe); /* a combining mark with nothing to sit on */
	*out = (struct glyph){.point = {orphan ? TEXT_MARK : safe}};
	out->marked = orphan || safe == TEXT_MARK || (safe != point && safe != ' ');
	out->width = point_width(out->point[0]);
	for (int count = 1; count < GLYPH_POINTS_MAX && used < length; count++) {
		size_t more = decode(text + used, length - used, &point);
		if (point < 0x300 || text_safe_point(point) != point || !is_mark_category(point))
			break;
		out->point[count] = point;
		used += more;
	}
	return used;
}

size_t text_next(const char *text, struct glyph *out)
{
	if (text[0] == '\0')
		return 0;
	if (is_plain(text, 2)) /* the second byte is the next character or the end */
		return next_of(text, 1, out);
	/* A base and its marks: each at most 4 bytes. */
	size_t length = 0;
	for (int i = 0; i < GLYPH_POINTS_MAX && span(text + length) > 0; i++)
		length += span(text + length);
	return next_of(text, length, out);
}

size_t text_encode(uint32_t point, char out[4])
{
	utf8proc_uint8_t bytes[4];
	utf8proc_ssize_t used = utf8proc_encode_char((utf8proc_int32_t)point, bytes);
	memcpy(out, bytes, (size_t)used);
	return (size_t)used;
}

static size_t encode_glyph(const struct glyph *glyph, char out[4 * GLYPH_POINTS_MAX])
{
	size_t used = 0;
	for (int i = 0; i < GLYPH_POINTS_MAX && glyph->point[i] != 0; i++)
		used += text_encode(glyph->point[i], out + used);
	return used;
}

/* Appends the glyph; false when it does not fit. */
static bool append(char *out, size_t capacity, size_t *used, const struct glyph *glyph)
{
	char bytes[4 * GLYPH_POINTS_MAX];
	size_t n = encode_glyph(glyph, bytes);
	if (*used + n >= capacity)
		return false;
	memcpy(out + *used, bytes, n);
	*used += n;
	out[*used] = '\0';
	return true;
}

static size_t clean_marks(char *out, size_t capacity, const char *text, size_t length)
{
	size_t marks = 0, used = 0;
	struct glyph glyph;
	out[0] = '\0';
	for (size_t at = 0; at < length;) {
		at += next_of(text + at, length - at, &glyph);
		if (!append(out, capacity, &used, &glyph))
			break;
		marks += glyph.marked;
	}
	return marks;
}

/* Composes in place (the result is never longer than capacity allows, else left as it is). */
static void compose(char *text, size_t capacity)
{
	utf8proc_uint8_t *composed = NULL;
	utf8proc_ssize_t length = utf8proc_map((const utf8proc_uint8_t *)text, 0, &composed,
	                                       UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (length >= 0 && (size_t)length < capacity)
		memcpy(text, composed, (size_t)length + 1);
	free(composed);
}

size_t text_clean(char *out, size_t capacity, const char *text, size_t length)
{
	if (capacity == 0)
		return 0;
	size_t marks = clean_marks(out, capacity, text, length);
	compose(out, capacity);
	return marks;
}

static int columns_of(const char *text)
{
	int width = 0;
	struct glyph glyph;
	for (size_t used; (used = text_next(text, &glyph)) > 0; text += used)
		width += glyph.width;
	return width;
}

/* --- longer words ------------------------------------------------------------------------------------------ */

#define LONGER_FRAC 0.4
#define WORD_MIN 3 /* letters: shorter ones are units and keys */

static bool lengthened;

void text_lengthen(bool on)
{
	lengthened = on;
}

bool text_lengthened(void)
{
	return lengthened;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters of a word that stands by itself; what hangs together with digits or underlines is a number or a name. */
static size_t word_at(const char *text, char before)
{
	size_t length = 0;
	while (is_letter(text[length]))
		length++;
	const bool tied = strchr("0123456789_", text[length]) != NULL && text[length] != '\0';
	return length >= WORD_MIN && !tied && !isdigit((unsigned char)before) && before != '_' ? length : 0;
}

static size_t more_letters(size_t word)
{
	return (size_t)ceil(LONGER_FRAC * (double)word);
}

void text_longer(char *out, size_t capacity, const char *text)
{
	size_t used = 0;
	char before = ' ';
	while (*text != '\0' && used + 1 < capacity) {
		const size_t word = is_letter(before) ? 0 : word_at(text, before);
		const size_t more = more_letters(word), whole = word > 0 ? word : 1;
		if (used + whole + more + 1 > capacity)
			break;
		memcpy(out + used, text, whole);
		memset(out + used + whole, text[whole - 1], more);
		used += whole + more;
		text += whole;
		before = text[-1];
	}
	out[used] = '\0';
}

int text_width(const char *text)
{
	int width = columns_of(text);
	char before = ' ';
	for (; lengthened && *text != '\0'; before = *text++)
		width += is_letter(before) ? 0 : (int)more_letters(word_at(text, before));
	return width;
}

/* --- cutting ----------------------------------------------------------------------------------------------- */

#define NUMBER_MAX 12 /* bytes; more digits in a row are a digest */

/* The length of out without a number that goes on in rest: 12 of 12.5 would be another number. */
static size_t before_number(const char *out, size_t length, const char *rest)
{
	const bool digit_before = length > 0 && isdigit((unsigned char)out[length - 1]);
	const bool point_before = length > 1 && out[length - 1] == '.' && isdigit((unsigned char)out[length - 2]);
	const bool goes_on = isdigit((unsigned char)rest[0]) || (rest[0] == '.' && isdigit((unsigned char)rest[1]));
	size_t at = length;
	if (!goes_on || !(digit_before || point_before))
		return length;
	while (at > 0 && (isdigit((unsigned char)out[at - 1]) || out[at - 1] == '.'))
		at--;
	return length - at > NUMBER_MAX ? length : at;
}

int text_fit(char *out, size_t capacity, const char *text, int width)
{
	bool cut = columns_of(text) > width;
	int room = cut ? width - 1 : width, columns = 0;
	size_t length = 0;
	struct glyph glyph;
	if (capacity == 0)
		return 0;
	out[0] = '\0';
	for (size_t used; (used = text_next(text, &glyph)) > 0; text += used) {
		if (columns + glyph.width > room || !append(out, capacity, &length, &glyph))
			break;
		columns += glyph.width;
	}
	const size_t kept = cut ? before_number(out, length, text) : length;
	columns -= (int)(length - kept);
	out[length = kept] = '\0';
	const struct glyph ellipsis = {.point = {POINT_ELLIPSIS}, .width = 1};
	if (cut && width > 0 && append(out, capacity, &length, &ellipsis))
		columns++;
	return columns;
}

struct stand_in {
	uint32_t from, to;
	char ascii;
};

/* Ranges of code points and what stands for them where only ASCII is shown. */
static const struct stand_in stand_ins[] = {
        {0x00A0, 0x00A0, ' '},  {0x00B0, 0x00B0, 'o'}, {0x00B1, 0x00B1, '~'}, {0x00B2, 0x00B2, '2'},
        {0x00B3, 0x00B3, '3'},  {0x00B5, 0x00B5, 'u'}, {0x00B7, 0x00B7, '.'}, {0x00C6, 0x00C6, 'A'},
        {0x00D7, 0x00D7, 'x'},  {0x00D8, 0x00D8, 'O'}, {0x00DF, 0x00DF, 's'}, {0x00E6, 0x00E6, 'a'},
        {0x00F8, 0x00F8, 'o'},  {0x0131, 0x0131, 'i'}, {0x0141, 0x0141, 'L'}, {0x0142, 0x0142, 'l'},
        {0x0110, 0x0110, 'D'},  {0x0111, 0x0111, 'd'}, {0x0152, 0x0152, 'O'}, {0x0153, 0x0153, 'o'},
        {0x03A9, 0x03A9, 'O'},  {0x03BB, 0x03BB, 'l'}, {0x03BC, 0x03BC, 'u'}, {0x2010, 0x2015, '-'},
        {0x2018, 0x2019, '\''}, {0x201C, 0x201D, '"'}, {0x2022, 0x2022, '*'}, {0x2026, 0x2026, '~'},
        {0x2190, 0x2190, '<'},  {0x2191, 0x2191, '^'}, {0x2192, 0x2192, '>'}, {0x2193, 0x2193, 'v'},
        {0x2212, 0x2212, '-'},  {0x2260, 0x2260, '#'}, {0x2264, 0x2264, '<'}, {0x2265, 0x2265, '>'},
        {0x2400, 0x2426, '?'},  {0x2500, 0x2501, '-'}, {0x2502, 0x2503, '|'}, {0x2504, 0x2505, '-'},
        {0x2506, 0x2507, '|'},  {0x2508, 0x2509, '-'}, {0x250A, 0x250B, '|'}, {0x250C, 0x254B, '+'},
        {0x254C, 0x254D, '-'},  {0x254E, 0x254F, '|'}, {0x2550, 0x2550, '='}, {0x2551, 0x2551, '|'},
        {0x2552, 0x256C, '+'},  {0x256D, 0x2570, '+'}, {0x2574, 0x2574, '-'}, {0x2576, 0x2576, '-'},
        {0x2580, 0x2590, '#'},  {0x2591, 0x2593, ':'}, {0x25A0, 0x25A0, '#'}, {0x25B2, 0x25B2, '^'},
        {0x25B6, 0x25B6, '>'},  {0x25B8, 0x25B8, '>'}, {0x25BC, 0x25BC, 'v'}, {0x25C0, 0x25C0, '<'},
        {0x25C6, 0x25C6, '*'},  {0x25CB, 0x25CB, 'o'}, {0x25CF, 0x25CF, 'o'}, {0x2713, 0x2713, '+'},
        {0x2800, 0x2800, ' '},  {0x2801, 0x28FF, '*'},
};

/* The base letter of an accented Latin one, 0 when there is none. */
static char base_letter(uint32_t point)
{
	utf8proc_int32_t parts[8];
	int boundary = 0;
	utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)point, parts, 8,
	                                                 UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &boundary);
	if (count > 0 && count <= 8 && parts[0] >= 0x20 && parts[0] < (utf8proc_int32_t)ASCII_DELETE)
		return (char)parts[0];
	return 0;
}

char text_ascii(uint32_t point)
{
	if (point >= 0x20 && point < ASCII_DELETE)
		return (char)point;
	for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++)
		if (point >= stand_ins[i].from && point <= stand_ins[i].to)
			return stand_ins[i].ascii;
	char letter = base_letter(text_safe_point(point));
	return letter != 0 ? letter : '?';
}

void text_to_ascii(char *out, size_t capacity, const char *text)
{
	size_t length = 0;
	struct glyph glyph;
	if (capacity == 0)
		return;
	for (size_t used; (used = text_next(text, &glyph)) > 0; text += used)
		for (int column = 0; column < glyph.width && length + 1 < capacity; column++)
			out[length++] = column == 0 ? text_ascii(glyph.point[0]) : ' ';
	out[length] = '\0';
}

const char *text_library_version(void)
{
	return utf8proc_version();
}
