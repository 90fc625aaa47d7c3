#include "theme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OWN                                                                                        \
	{                                                                                          \
		-1, -1, -1                                                                         \
	}
#define ANSI(n)                                                                                    \
	{                                                                                          \
		n, n, -1                                                                           \
	}

/* Without a file: the terminal's own 16 colours, which its user chose. */
static const struct theme built_in = {
	.name = "default",
	.style =
		{
			[ROLE_TEXT] = {OWN, OWN, 0},
			[ROLE_DIM] = {OWN, OWN, LOOK_DIM},
			[ROLE_STRONG] = {OWN, OWN, LOOK_BOLD},
			[ROLE_RULE] = {OWN, OWN, LOOK_DIM},
			[ROLE_TITLE] = {ANSI(6), OWN, LOOK_BOLD},
			[ROLE_GOOD] = {ANSI(2), OWN, 0},
			[ROLE_WARN] = {ANSI(11), OWN, 0},
			[ROLE_BAD] = {ANSI(9), OWN, LOOK_BOLD | LOOK_REVERSE},
			[ROLE_BAR] = {ANSI(2), OWN, 0},
			[ROLE_KEY] = {ANSI(6), OWN, LOOK_BOLD},
			[ROLE_PLOT] = {{6, 32, -1}, OWN, 0},
			[ROLE_LIMIT] = {ANSI(11), OWN, LOOK_BOLD},
			[ROLE_SELECTED] = {OWN, OWN, LOOK_REVERSE},
			[ROLE_FOUND] = {ANSI(11), OWN, LOOK_REVERSE},
			[ROLE_REFUSALS] = {ANSI(9), OWN, 0},
		},
};

static const char *const role_names[ROLE_COUNT] = {
	[ROLE_TEXT] = "text",
	[ROLE_DIM] = "dim",
	[ROLE_STRONG] = "strong",
	[ROLE_RULE] = "rule",
	[ROLE_TITLE] = "title",
	[ROLE_GOOD] = "good",
	[ROLE_WARN] = "warn",
	[ROLE_BAD] = "bad",
	[ROLE_BAR] = "bar",
	[ROLE_KEY] = "key",
	[ROLE_PLOT] = "plot",
	[ROLE_LIMIT] = "limit",
	[ROLE_SELECTED] = "selected",
	[ROLE_FOUND] = "found",
	[ROLE_REFUSALS] = "refusals",
};

static const char *const color_names[8] = {
	"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};

static const struct {
	const char *name;
	unsigned bit;
} attribute_names[] = {{"bold", LOOK_BOLD}, {"dim", LOOK_DIM}, {"reverse", LOOK_REVERSE},
	{"underline", LOOK_UNDERLINE}};

const struct theme *theme_default(void)
{
	return &built_in;
}

const char *theme_role_name(enum role role)
{
	return role_names[role];
}

int theme_rgb_of(int c)
{
	static const int first[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
		0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff,
		0x00ffff, 0xffffff};
	static const int step[6] = {0, 95, 135, 175, 215, 255};
	int grey = 8 + (c - 232) * 10;

	if (c < 16)
		return first[c < 0 ? 0 : c];
	if (c >= 232)
		return grey << 16 | grey << 8 | grey;
	c -= 16;
	return step[c / 36] << 16 | step[c / 6 % 6] << 8 | step[c % 6];
}

static int distance(int a, int b)
{
	int red = (a >> 16 & 255) - (b >> 16 & 255), green = (a >> 8 & 255) - (b >> 8 & 255),
	    blue = (a & 255) - (b & 255);

	/* the eye is keenest on green, weakest on blue */
	return 3 * red * red + 6 * green * green + blue * blue;
}

static int nearest(int rgb, int from, int to)
{
	int best = from;

	for (int c = from; c < to; c++)
		if (distance(rgb, theme_rgb_of(c)) < distance(rgb, theme_rgb_of(best)))
			best = c;
	return best;
}

int theme_palette_place(const struct theme_color *c, const int own[THEME_PALETTE])
{
	int best = -1;

	if (c->c256 >= THEME_PALETTE_FROM && (own[c->c256] < 0 || own[c->c256] == c->rgb))
		return c->c256;
	for (int i = THEME_PALETTE_FROM; i < THEME_PALETTE; i++) {
		if (own[i] == c->rgb)
			return i;
		if (own[i] < 0 && (best < 0 || distance(c->rgb, theme_rgb_of(i)) <
						       distance(c->rgb, theme_rgb_of(best))))
			best = i;
	}
	return best;
}

/* A word of a colour into its depth; false: it is none. */
static bool take_color(const char *word, struct theme_color *c)
{
	bool bright = !strncasecmp(word, "bright-", 7);
	char *end;
	long n;

	if (!strcasecmp(word, "default")) {
		*c = (struct theme_color)OWN;
		return true;
	}
	for (int i = 0; i < 8; i++) {
		if (!strcasecmp(word + (bright ? 7 : 0), color_names[i])) {
			c->c16 = i + (bright ? 8 : 0);
			return true;
		}
	}
	n = strtol(word + (*word == '#'), &end, *word == '#' ? 16 : 10);
	if (*end || word[strspn(word, "#0123456789abcdefABCDEF")])
		return false;
	if (*word == '#') {
		c->rgb = (int)n;
		return strlen(word) == 7;
	}
	c->c256 = (int)n;
	return *word && n >= 0 && n <= 255;
}

static void complete(struct theme_color *c)
{
	if (c->c256 < 0)
		c->c256 = c->rgb >= 0 ? nearest(c->rgb, 16, 256) : c->c16;
	if (c->c16 < 0 && c->c256 >= 0)
		c->c16 = c->c256 < 16
				 ? c->c256
				 : nearest(c->rgb >= 0 ? c->rgb : theme_rgb_of(c->c256), 0, 16);
}

static bool take_attribute(const char *word, unsigned *bits)
{
	for (size_t i = 0; i < sizeof(attribute_names) / sizeof(attribute_names[0]); i++) {
		if (!strcasecmp(word, attribute_names[i].name)) {
			*bits |= attribute_names[i].bit;
			return true;
		}
	}
	return false;
}

bool theme_parse_style(const char *text, struct theme_style *out, struct error *err)
{
	struct theme_style style = {OWN, OWN, 0};
	struct theme_color *color = &style.ink;
	char copy[256], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((word = strtok_r(rest, " \t,", &rest))) {
		if (!strcasecmp(word, "on"))
			color = &style.ground;
		else if (!take_attribute(word, &style.attributes) && !take_color(word, color))
			return error_set(err,
				"\"%.40s\" is neither a colour (red, bright-red, 208, #ff8700, "
				"default) nor bold, dim, reverse, underline or on",
				word);
	}
	complete(&style.ink);
	complete(&style.ground);
	*out = style;
	return true;
}

int theme_color_at(const struct theme_color *c, enum theme_depth depth, unsigned *attributes)
{
	switch (depth) {
	case DEPTH_TRUE:
	case DEPTH_256:
		return c->c256;
	case DEPTH_16:
		return c->c16;
	case DEPTH_8:
		if (c->c16 < 8)
			return c->c16;
		*attributes |= c->c16 == 8 ? 0 : LOOK_BOLD;
		return c->c16 == 8 ? -1 : c->c16 - 8;
	case DEPTH_NONE:
		break;
	}
	return -1;
}

static bool named(const struct theme_color *c)
{
	return c->c16 >= 0;
}

/* A selected cell. What it means is in its ink; the rest is the row's. */
static struct theme_style selected_style(
	const struct theme *t, enum role role, enum theme_depth depth)
{
	const struct theme_style *row = &t->style[ROLE_SELECTED];
	struct theme_style s = t->style[role];
	bool means = role == ROLE_GOOD || role == ROLE_WARN || role == ROLE_BAD;
	/* the few colours are too far apart for every ink on one ground */
	bool reverse = row->attributes & LOOK_REVERSE || (depth < DEPTH_256 && named(&row->ground));

	if (!means)
		s = reverse ? t->style[ROLE_TEXT] : (struct theme_style){row->ink, row->ground, 0};
	if (reverse) {
		s.attributes ^= LOOK_REVERSE;
		s.attributes |= row->attributes & ~(unsigned)LOOK_REVERSE;
	} else {
		s.attributes |= row->attributes;
		s.ground = row->ground;
	}
	return s;
}

/* A console of eight colours makes bold what is swapped already: black on red becomes grey on red,
 * which nobody can read. So the swap is spelt out, with white on the dark colours. */
static void spell_out_reverse(struct theme_style *s)
{
	int hue = s->ink.c16 & 7;
	bool dark = hue == 0 || hue == 1 || hue == 4 || hue == 5;

	if (!(s->attributes & LOOK_REVERSE))
		return;
	s->attributes &= ~(unsigned)LOOK_BOLD;
	if (!named(&s->ink))
		return;
	s->attributes &= ~(unsigned)LOOK_REVERSE;
	s->ground = (struct theme_color){hue, hue, -1};
	s->ink = dark ? (struct theme_color){15, 15, -1} : (struct theme_color){0, 0, -1};
}

struct theme_style theme_cell_style(
	const struct theme *t, enum role role, bool selected, enum theme_depth depth)
{
	const struct theme_color *page = &t->style[ROLE_TEXT].ground;
	struct theme_style s =
		selected || role == ROLE_SELECTED ? selected_style(t, role, depth) : t->style[role];

	/* a mark that stands out by its ground alone */
	if (depth == DEPTH_NONE && role != ROLE_TEXT && named(&s.ground) &&
		memcmp(&s.ground, page, sizeof(*page)) != 0)
		s.attributes |= LOOK_REVERSE;
	/* consoles of eight colours show dim as a grey that is too dark to read */
	if (depth == DEPTH_8)
		s.attributes &= ~(unsigned)LOOK_DIM;
	if (!named(&s.ground))
		s.ground = *page;
	/* terminals of eight colours show bold in the bright half, which is lost on light grounds
	 */
	if (depth == DEPTH_8 &&
		(s.ground.c16 == 7 || s.ground.c16 == 15 || (s.ink.c16 == 0 && named(&s.ground))))
		s.attributes &= ~(unsigned)LOOK_BOLD;
	if (depth == DEPTH_8)
		spell_out_reverse(&s);
	return s;
}
