#include "base/json.h"

#include <string.h>

#include "base/json_plain.h"
#include "base/text.h"

/* A member's name: the text between its quotes. */
struct json_key {
	const char *at;
	size_t len;
	bool escaped;
};

/* A member that is being scanned. */
struct json_member {
	struct json_key key;
	const char *value;  /* its start */
	const char *object; /* the start of the object that has it */
};

enum { VISITED = 3 /* levels of containers, at most, whose members are visited */ };

/* Called at the end of each member, at[level] with those it is in before it; false ends the scan.
 */
typedef bool json_visit(
	void *ctx, const struct json_member *at, unsigned level, struct json_span value);

struct scanner {
	const char *p, *end;
	const char *what; /* the fault at p */
	json_visit *visit;
	void *ctx;
	unsigned visited;               /* a bit for each level whose members are visited */
	struct json_member at[VISITED]; /* of each level the current member */
	struct json_member *member;     /* of the innermost container; NULL: it is not visited */
	bool in_object;                 /* the innermost open container is one */
	unsigned depth;
	uint64_t is_object[JSON_MAX_DEPTH / 64]; /* one bit for each open container */
};

static bool fail(struct scanner *s, const char *at, const char *what)
{
	s->p = at;
	s->what = what;
	return false;
}

static inline void skip_space(struct scanner *s)
{
	/* mostly there is none, which the first test finds */
	if (s->p == s->end || (unsigned char)*s->p > ' ')
		return;
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
		s->p++;
}

/* The innermost container is another one now. */
static inline void enter_container(struct scanner *s)
{
	unsigned level = s->depth - 1;

	s->in_object = s->depth && (s->is_object[level / 64] >> level % 64 & 1);
	s->member =
		s->in_object && level < VISITED && (s->visited >> level & 1) ? &s->at[level] : NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads four hex digits; -1 when they are not. */
static int32_t hex4(const char *p, const char *end)
{
	int32_t code = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return -1;
		code = code << 4 | d;
	}
	return code;
}

/* scan_string() from p on, up to which the string is plain. */
static bool scan_rest_of_string(struct scanner *s, const char *p, bool *escaped)
{
	const char *end = s->end;
	uint32_t code;
	size_t n;

	for (;; p = json_skip_plain(p, end)) {
		if (p == end)
			return fail(s, p, "unterminated string");
		if (*p == '"') {
			s->p = p + 1;
			return true;
		}
		if (*p == '\\') {
			*escaped = true;
			if (end - p < 2)
				return fail(s, end, "unterminated string");
			if (p[1] == 'u' && hex4(p + 2, end) < 0)
				return fail(s, p, "bad \\u escape in a string");
			if (!memchr("\"\\/bfnrtu", p[1], 9))
				return fail(s, p, "bad escape in a string");
			p += p[1] == 'u' ? 6 : 2;
			continue;
		}
		if ((unsigned char)*p < 0x20)
			return fail(s, p, "control character in a string");
		n = text_utf8(p, (size_t)(end - p), &code);
		if (!n)
			return fail(s, p, "invalid UTF-8 in a string");
		p += n;
	}
}

/* Scans a string from after the opening quote to after the closing one. */
static inline bool scan_string(struct scanner *s, bool *escaped)
{
	const char *p = json_skip_plain(s->p, s->end);

	*escaped = false;
	if (p == s->end || *p != '"')
		return scan_rest_of_string(s, p, escaped);
	s->p = p + 1;
	return true;
}

static const char *skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

static bool scan_number(struct scanner *s)
{
	const char *p = s->p, *end = s->end, *digits;

	p += *p == '-';
	digits = p;
	p = skip_digits(p, end);
	if (p == digits)
		return fail(s, p, "a number without digits");
	if (*digits == '0' && p - digits > 1)
		return fail(s, digits, "a number with a leading zero");
	if (p < end && *p == '.') {
		digits = ++p;
		p = skip_digits(p, end);
		if (p == digits)
			return fail(s, p, "a number without digits after the point");
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		digits = p;
		p = skip_digits(p, end);
		if (p == digits)
			return fail(s, p, "a number without digits in its exponent");
	}
	s->p = p;
	return true;
}

static bool scan_word(struct scanner *s, const char *word, size_t len)
{
	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len))
		return fail(s, s->p, "expected true, false or null");
	s->p += len;
	return true;
}

/* Enters a container, and leaves it at once when it is empty. */
static bool scan_open(struct scanner *s, bool object, bool *entered)
{
	uint64_t bit = UINT64_C(1) << s->depth % 64;

	if (s->depth == JSON_MAX_DEPTH)
		return fail(s, s->p, "nested too deeply");
	s->p++;
	skip_space(s);
	if (s->p < s->end && *s->p == (object ? '}' : ']')) {
		s->p++;
		return true;
	}
	if (object)
		s->is_object[s->depth / 64] |= bit;
	else
		s->is_object[s->depth / 64] &= ~bit;
	s->depth++;
	enter_container(s);
	if (s->member)
		s->member->object = s->p;
	*entered = true;
	return true;
}

/* Scans one value; of a container that is not empty only its opening, with *entered set. */
static bool scan_value(struct scanner *s, bool *entered)
{
	bool escaped;

	if (s->p == s->end)
		return fail(s, s->p, "the text ends where a value is expected");
	if (*s->p == '"') { /* most values are */
		s->p++;
		return scan_string(s, &escaped);
	}
	switch (*s->p) {
	case '{':
	case '[':
		return scan_open(s, *s->p == '{', entered);
	case 't':
		return scan_word(s, "true", 4);
	case 'f':
		return scan_word(s, "false", 5);
	case 'n':
		return scan_word(s, "null", 4);
	case '-':
	case '0' ... '9':
		return scan_number(s);
	}
	return fail(s, s->p, "expected a value");
}

static bool scan_key(struct scanner *s)
{
	const char *key, *end;
	bool escaped;

	if (s->p == s->end || *s->p != '"')
		return fail(s, s->p, "expected a member name in quotes");
	key = ++s->p;
	if (!scan_string(s, &escaped))
		return false;
	end = s->p - 1;
	skip_space(s);
	if (s->p == s->end || *s->p != ':')
		return fail(s, s->p, "expected a colon after a member name");
	s->p++;
	skip_space(s);
	if (s->member) {
		s->member->key = (struct json_key){key, (size_t)(end - key), escaped};
		s->member->value = s->p;
	}
	return true;
}

/* Reports a member that ends here. */
static bool end_member(struct scanner *s)
{
	unsigned level = s->depth - 1;
	const char *value = s->member->value;

	return s->visit(s->ctx, s->at, level, (struct json_span){value, (size_t)(s->p - value)}) ||
	       fail(s, s->p, "stopped by the caller");
}

/* After a value: leaves the containers that end here. True at a comma, with the next key or value
 * ahead, and at the end of the outermost value, with depth 0. */
static bool scan_behind(struct scanner *s)
{
	while (s->depth) {
		bool object = s->in_object;

		if (s->member && !end_member(s))
			return false;
		skip_space(s);
		if (s->p == s->end)
			return fail(s, s->p, "the text ends inside an object or array");
		if (*s->p == ',') {
			s->p++;
			skip_space(s);
			return true;
		}
		if (*s->p != (object ? '}' : ']'))
			return fail(s, s->p,
				object ? "expected a comma or } after a member"
				       : "expected a comma or ] after an element");
		s->p++;
		s->depth--;
		enter_container(s);
	}
	return true;
}

static bool scan_document(struct scanner *s)
{
	skip_space(s);
	do {
		bool entered = false;

		if (s->in_object && !scan_key(s))
			return false;
		if (!scan_value(s, &entered))
			return false;
		if (entered)
			continue;
		if (!scan_behind(s))
			return false;
	} while (s->depth);
	skip_space(s);
	return s->p == s->end || fail(s, s->p, "unexpected text after the value");
}

/* Decodes the character at p, inside a valid string, to UTF-8; returns the bytes consumed. */
static size_t decode_char(const char *p, const char *end, char out[4], size_t *n)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	size_t used = 6;
	int32_t c, low;

	*n = 1;
	if (*p != '\\') {
		out[0] = *p;
		return 1;
	}
	if (p[1] != 'u') {
		out[0] = to[strchr(from, p[1]) - from];
		return 2;
	}
	c = hex4(p + 2, end);
	if (c >= 0xd800 && c < 0xdc00 && end - p >= 12 && p[6] == '\\' && p[7] == 'u' &&
		(low = hex4(p + 8, end)) >= 0xdc00 && low < 0xe000) {
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		used = 12;
	} else if (c >= 0xd800 && c < 0xe000) {
		c = 0xfffd;
	}
	*n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = *n; --i > 0; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(*n == 1 ? c : (0xf00 >> *n & 0xff) | c);
	return used;
}

static bool escaped_key_is(const struct json_key *key, const char *name)
{
	const char *p = key->at, *end = p + key->len;

	while (p < end) {
		char c[4];
		size_t n;

		p += decode_char(p, end, c, &n);
		if (memchr(c, '\0', n) || strncmp(name, c, n))
			return false;
		name += n;
	}
	return !*name;
}

static inline bool key_is(const struct json_key *key, const char *name)
{
	const char *text = key->at;
	size_t n = 0, len = key->len;

	if (key->escaped)
		return escaped_key_is(key, name);
	while (n < len && text[n] == name[n])
		n++;
	return n == len && !name[n];
}

enum { LETTERS = 32 };

/* Members asked for of one object, in a chain for each first letter of their names: most keys match
 * none. */
struct wants {
	struct json_want *want;
	size_t n;
	unsigned short first[LETTERS]; /* the chain's first, from 1; 0: none */
};

struct picking {
	struct wants top, within;
	const struct json_want *of; /* whose members are wanted, too; NULL: of none */
	const char *object;         /* the one that `within` was found in; NULL: none yet */
};

static void forget(struct json_want *want, size_t n)
{
	for (size_t i = 0; i < n; i++)
		want[i].value = want[i].member = (struct json_span){NULL, 0};
}

static void wants_of(struct wants *w, struct json_want *want, size_t n)
{
	w->want = want;
	w->n = n;
	memset(w->first, 0, sizeof(w->first));
	for (size_t i = n; i-- > 0;) {
		unsigned short *first = &w->first[(unsigned char)*want[i].name % LETTERS];

		want[i].next = *first;
		want[i].value = want[i].member = (struct json_span){NULL, 0};
		*first = (unsigned short)(i + 1);
	}
}

/* The place from 1 of the next want that may have this name, behind `after`; 0: none. */
static inline unsigned next_want(const struct wants *w, const struct json_key *key, unsigned after)
{
	if (key->escaped)
		return after < w->n ? after + 1 : 0;
	if (after)
		return w->want[after - 1].next;
	return w->first[(unsigned char)(key->len ? *key->at : '\0') % LETTERS];
}

/* Is the object in the top-level member whose members are wanted? What an earlier object held does
 * not count. */
static bool enter(struct picking *pick, const struct json_key *key, const char *object)
{
	if (pick->object == object)
		return true;
	if (!key_is(key, pick->of->name))
		return false;
	pick->object = object;
	forget(pick->within.want, pick->within.n);
	return true;
}

static bool pick_member(
	void *ctx, const struct json_member *at, unsigned level, struct json_span value)
{
	struct picking *pick = ctx;
	struct wants *wants = level ? &pick->within : &pick->top;
	const struct json_key *key = &at[level].key;
	const char *start = key->at - 1;

	if (level && !enter(pick, &at[0].key, at[level].object))
		return true;
	for (unsigned i = 0; (i = next_want(wants, key, i));) {
		struct json_want *w = &wants->want[i - 1];

		if (!key_is(key, w->name))
			continue;
		w->value = value;
		w->member = (struct json_span){start, (size_t)(value.at - start) + value.len};
		/* without objects, it takes the place of one with some */
		if (w == pick->of && pick->object < value.at)
			forget(pick->within.want, pick->within.n);
	}
	return true;
}

/* What is not valid has no members. */
static enum json_type pick_failed(
	const struct scanner *s, const char *text, struct picking *pick, struct json_fault *fault)
{
	forget(pick->top.want, pick->top.n);
	forget(pick->within.want, pick->within.n);
	if (fault)
		*fault = (struct json_fault){(size_t)(s->p - text), s->what};
	return JSON_NONE;
}

enum json_type json_pick_within(const char *text, size_t len, struct json_want *want, size_t n,
	const struct json_within *within, struct json_fault *fault)
{
	struct json_span whole;
	struct picking pick;
	struct scanner s;

	/* Not initialised as a whole: the bit stack is written before it is read, and what is
	 * within only read with pick.of. */
	wants_of(&pick.top, want, n);
	pick.within.n = 0;
	pick.of = NULL;
	pick.object = NULL;
	s.p = text;
	s.end = text + len;
	s.depth = 0;
	s.member = NULL;
	s.in_object = false;
	s.visit = pick_member;
	s.ctx = &pick;
	s.visited = 1;
	if (within) {
		wants_of(&pick.within, within->want, within->n);
		pick.of = &want[within->of];
		s.visited |= within->elements ? 4 : 2;
	}
	skip_space(&s);
	whole = (struct json_span){s.p, (size_t)(s.end - s.p)};
	/* the objects in an array are not members */
	if (!json_span_is(whole, JSON_VALUE_OBJECT))
		s.visited = 0;
	if (!scan_document(&s))
		return pick_failed(&s, text, &pick, fault);
	/* objects within an object are on the same level */
	if (within && within->elements && !json_span_is(want[within->of].value, JSON_VALUE_ARRAY))
		forget(within->want, within->n);
	return json_span_type(whole);
}

enum json_type json_pick(
	const char *text, size_t len, struct json_want *want, size_t n, struct json_fault *fault)
{
	return json_pick_within(text, len, want, n, NULL, fault);
}

bool json_string_decode(struct json_span v, struct buf *out)
{
	const char *p, *end;

	if (!json_span_is(v, JSON_VALUE_STRING))
		return false;
	/* Decoding never makes the text longer, even for \ud800, which becomes U+FFFD. */
	p = v.at + 1;
	end = v.at + v.len - 1;
	while (p < end) {
		const char *slash = memchr(p, '\\', (size_t)(end - p));
		char c[4];
		size_t n;

		if (!slash)
			return buf_add(out, p, (size_t)(end - p));
		if (!buf_add(out, p, (size_t)(slash - p)))
			return false;
		p = slash + decode_char(slash, end, c, &n);
		if (!buf_add(out, c, n))
			return false;
	}
	return true;
}

struct copying {
	struct buf *out;
	const char *const *names;
	size_t n;
	bool any;
};

static bool copy_member(
	void *ctx, const struct json_member *at, unsigned level, struct json_span value)
{
	struct copying *copy = ctx;
	const struct json_key *key = &at[level].key;
	const char *start = key->at - 1;

	for (size_t i = 0; i < copy->n; i++)
		if (key_is(key, copy->names[i]))
			return true;
	if (copy->any && !buf_addc(copy->out, ','))
		return false;
	copy->any = true;
	return buf_add(copy->out, start, (size_t)(value.at - start) + value.len);
}

/* Visits the members of a span that should be an object. */
static bool scan_object(struct json_span object, json_visit *visit, void *ctx)
{
	struct scanner s = {.p = object.at, .visit = visit, .ctx = ctx, .visited = 1};

	if (!json_span_is(object, JSON_VALUE_OBJECT))
		return false;
	s.end = object.at + object.len;
	return scan_document(&s);
}

bool json_add_without(struct buf *out, struct json_span object, const char *const *names, size_t n)
{
	struct copying copy = {out, names, n, false};

	return buf_addc(out, '{') && scan_object(object, copy_member, &copy) && buf_addc(out, '}');
}

struct visiting {
	bool (*visit)(void *ctx, struct json_span key, struct json_span value);
	void *ctx;
};

static bool pass_on(void *ctx, const struct json_member *at, unsigned level, struct json_span value)
{
	struct visiting *v = ctx;
	const struct json_key *key = &at[level].key;

	return v->visit(v->ctx, (struct json_span){key->at - 1, key->len + 2}, value);
}

bool json_each(struct json_span object,
	bool (*visit)(void *ctx, struct json_span key, struct json_span value), void *ctx)
{
	struct visiting v = {visit, ctx};

	return scan_object(object, pass_on, &v);
}
