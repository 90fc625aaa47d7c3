#include "api/canonical.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"

/* The largest exponent, so that sums fit in 64 bits. */
#define EXPONENT_MAX INT64_C(1000000000000000)

/* A member in the output: "name":value without a comma. */
struct member {
	const char *at; /* set when there are members to sort */
	size_t from, name, len;
};

struct walk {
	const char *p; /* valid JSON, checked before the walk */
	struct buf *out, scratch;
	struct member *member; /* members of all open objects */
	size_t members, cap;
};

static bool walk_value(struct walk *w);

static void skip_space(struct walk *w)
{
	while (*w->p == ' ' || *w->p == '\n' || *w->p == '\r' || *w->p == '\t')
		w->p++;
}

/* ---- strings ---- */

/* Finds the closing quote from behind the opening one; *escaped: whether there are escapes. */
static const char *string_end(const char *p, bool *escaped)
{
	for (*escaped = false; *p != '"'; p++) {
		if (*p != '\\')
			continue;
		*escaped = true;
		p++;
	}
	return p;
}

/* Is it \uD8.. to \uDB.. (from '8', to 'b'), or \uDC.. to \uDF.. ('c', 'f')? */
static bool is_surrogate(const char *p, const char *end, char from, char to)
{
	char c;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u' || (p[2] | 0x20) != 'd')
		return false;
	c = (char)tolower((unsigned char)p[3]);
	return c >= from && c <= to;
}

/* Half a pair decodes to U+FFFD, so two different strings would become equal. */
static bool has_half_pair(const char *p, const char *end)
{
	while ((p = memchr(p, '\\', (size_t)(end - p)))) {
		if (is_surrogate(p, end, '8', 'b')) {
			if (!is_surrogate(p + 6, end, 'c', 'f'))
				return true;
			p += 12;
		} else if (is_surrogate(p, end, 'c', 'f')) {
			return true;
		} else {
			p += 2;
		}
	}
	return false;
}

static bool walk_string(struct walk *w)
{
	const char *from = w->p, *end;
	bool escaped;

	end = string_end(from + 1, &escaped);
	w->p = end + 1;
	if (!escaped)
		return buf_add(w->out, from, (size_t)(end + 1 - from));
	if (has_half_pair(from + 1, end))
		return false;
	buf_clear(&w->scratch);
	return json_string_decode(
		       (struct json_span){from, (size_t)(end + 1 - from)}, &w->scratch) &&
	       json_add_string(w->out, buf_str(&w->scratch), w->scratch.len);
}

/* ---- numbers ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads the exponent behind the "e"; false when it is too large. */
static bool walk_exponent(struct walk *w, int64_t *out)
{
	bool negative = *w->p == '-';
	int64_t n = 0;

	w->p += *w->p == '-' || *w->p == '+';
	for (; is_digit(*w->p); w->p++)
		if (n <= EXPONENT_MAX)
			n = n * 10 + (*w->p - '0');
	*out = negative ? -n : n;
	return n <= EXPONENT_MAX;
}

static bool walk_number(struct walk *w)
{
	const char *first = NULL, *last = NULL, *point = NULL, *end;
	bool negative = *w->p == '-', fits;
	int64_t exponent = 0;

	for (w->p += negative; is_digit(*w->p) || *w->p == '.'; w->p++) {
		if (*w->p == '.')
			point = w->p;
		else if (*w->p != '0')
			first = first ? first : w->p, last = w->p;
	}
	end = w->p;
	point = point ? point : end;
	if ((*w->p == 'e' || *w->p == 'E') && (w->p++, !walk_exponent(w, &exponent)))
		return false;
	if (!first)
		return buf_addc(w->out, '0');
	exponent += last < point ? point - last - 1 : point - last;
	fits = !negative || buf_addc(w->out, '-');
	if (point < first || point > last)
		fits = fits && buf_add(w->out, first, (size_t)(last + 1 - first));
	else
		fits = fits && buf_add(w->out, first, (size_t)(point - first)) &&
		       buf_add(w->out, point + 1, (size_t)(last - point));
	return fits && (!exponent || buf_addf(w->out, "e%" PRId64, exponent));
}

static bool walk_word(struct walk *w, size_t len)
{
	w->p += len;
	return buf_add(w->out, w->p - len, len);
}

/* ---- containers ---- */

static int by_name(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int c = memcmp(x->at, y->at, x->name < y->name ? x->name : y->name);

	return c ? c : (x->name > y->name) - (x->name < y->name);
}

/* Sorts the members from `first` on, which stand at the end of the output. False when a name occurs
 * twice. */
static bool sort_members(struct walk *w, size_t first)
{
	size_t n = w->members - first;
	struct member *m;
	bool sorted = true;

	if (n < 2)
		return true;
	m = w->member + first;
	for (size_t i = 0; i < n; i++)
		m[i].at = w->out->data + m[i].from;
	for (size_t i = 1; i < n; i++)
		sorted = sorted && by_name(&m[i - 1], &m[i]) < 0;
	if (sorted)
		return true;
	buf_clear(&w->scratch);
	qsort(m, n, sizeof(*m), by_name);
	for (size_t i = 0; i < n; i++) {
		if (i && !by_name(&m[i - 1], &m[i]))
			return false;
		if ((i && !buf_addc(&w->scratch, ',')) || !buf_add(&w->scratch, m[i].at, m[i].len))
			return false;
	}
	memcpy(w->out->data + w->out->len - w->scratch.len, w->scratch.data, w->scratch.len);
	return true;
}

static bool walk_member(struct walk *w)
{
	struct member m = {.from = w->out->len};

	if (!walk_string(w))
		return false;
	m.name = w->out->len - m.from;
	skip_space(w);
	w->p++; /* the colon */
	skip_space(w);
	if (!buf_addc(w->out, ':') || !walk_value(w))
		return false;
	m.len = w->out->len - m.from;
	if (w->members == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 32;
		w->member = xrealloc(w->member, w->cap, sizeof(*w->member));
	}
	w->member[w->members++] = m;
	return true;
}

/* The content of an object or array. */
static bool walk_container(struct walk *w, bool object)
{
	const char close = object ? '}' : ']';
	size_t first = w->members;
	bool any = false;

	if (!buf_addc(w->out, *w->p++))
		return false;
	for (skip_space(w); *w->p != close; skip_space(w)) {
		if (any && !buf_addc(w->out, ','))
			return false;
		if (any)
			w->p++;
		any = true;
		skip_space(w);
		if (!(object ? walk_member(w) : walk_value(w)))
			return false;
	}
	if (object && !sort_members(w, first))
		return false;
	w->members = first;
	w->p++;
	return buf_addc(w->out, close);
}

/* Recursive: valid JSON is at most JSON_MAX_DEPTH deep. */
static bool walk_value(struct walk *w)
{
	switch (*w->p) {
	case '{':
	case '[':
		return walk_container(w, *w->p == '{');
	case '"':
		return walk_string(w);
	case 't':
	case 'n':
		return walk_word(w, 4);
	case 'f':
		return walk_word(w, 5);
	default:
		return walk_number(w);
	}
}

bool canonical_json(const char *text, size_t len, struct buf *out)
{
	struct walk w = {.p = text, .out = out};
	bool ok;

	if (json_pick(text, len, NULL, 0, NULL) == JSON_NONE)
		return false;
	buf_init(&w.scratch, out->max);
	skip_space(&w);
	ok = walk_value(&w);
	buf_free(&w.scratch);
	free(w.member);
	return ok;
}

/* ---- requests ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds the header lines with their names in lower case. */
static size_t take_lines(const char *lines, char **out, size_t n, size_t max)
{
	for (; *lines && n < max; n++) {
		size_t len = strcspn(lines, "\n");
		char *text = xstrndup(lines, len);

		for (char *c = text; *c && *c != ':'; c++)
			*c = (char)tolower((unsigned char)*c);
		out[n] = text;
		lines += len + (lines[len] == '\n');
	}
	return n;
}

static bool add_headers(const char *own, const char *common, struct buf *out)
{
	enum { LINES_MAX = 1024 };
	char *line[LINES_MAX + 1];
	size_t n = take_lines(own, line, 0, LINES_MAX + 1);
	bool fits;

	n = take_lines(common, line, n, LINES_MAX + 1);
	fits = n <= LINES_MAX && buf_addc(out, '[');
	qsort(line, n, sizeof(line[0]), by_text);
	for (size_t i = 0; i < n; i++) {
		fits = fits && (!i || buf_addc(out, ',')) &&
		       json_add_string(out, line[i], strlen(line[i]));
		free(line[i]);
	}
	return fits && buf_addc(out, ']');
}

bool canonical_request(const struct request *r, bool json_body, const char *common, struct buf *out)
{
	if (!buf_adds(out, "{\"body\":"))
		return false;
	if (!r->has_body) {
		if (!buf_adds(out, "null"))
			return false;
	} else if (json_body ? !canonical_json(r->body.data, r->body.len, out)
			     : !json_add_string(out, r->body.data, r->body.len)) {
		return false;
	}
	return buf_adds(out, ",\"headers\":") &&
	       add_headers(r->headers.len ? r->headers.data : "", common, out) &&
	       buf_adds(out, ",\"method\":") &&
	       json_add_string(out, r->method, strlen(r->method)) && buf_adds(out, ",\"url\":") &&
	       json_add_string(out, r->url.data, r->url.len) && buf_addc(out, '}');
}
