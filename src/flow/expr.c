#include "config.h"

#include "flow/expr.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parse.h"

enum { MAX_DEPTH = 32, MAX_VALUE = 256 << 20 };

enum kind { OR, AND, NOT, EXISTS, TRUTH, EQ, NE, LT, LE, GT, GE, PATH, CONSTANT };

struct expr_node {
	enum kind kind;
	int left, right;     /* indices of other nodes */
	char *text;          /* owned: a path, or the text of a constant */
	enum json_type type; /* type of a constant */
};

struct parser {
	const char *start, *at, *end;
	struct expr *out;
	struct error *err;
	int depth;
};

/* A value during a comparison. */
struct value {
	enum json_type type; /* JSON_NONE also for null */
	struct buf text;
	double number;
};

static int add_node(struct parser *p, struct expr_node node)
{
	struct expr *e = p->out;

	e->node = xrealloc(e->node, e->n + 1, sizeof(*e->node));
	e->node[e->n] = node;
	return (int)e->n++;
}

static int fail(struct parser *p, const char *what)
{
	error_set(p->err, "%s at character %zu", what, (size_t)(p->at - p->start) + 1);
	return -1;
}

static void skip_space(struct parser *p)
{
	while (p->at < p->end && memchr(" \t\r\n", *p->at, 4))
		p->at++;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.';
}

static size_t word_length(const struct parser *p)
{
	size_t n = 0;

	while (p->at + n < p->end && is_word(p->at[n]))
		n++;
	return n;
}

static bool is_text(const char *at, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(at, word, len);
}

static bool take_word(struct parser *p, const char *word)
{
	skip_space(p);
	if (!is_text(p->at, word_length(p), word))
		return false;
	p->at += strlen(word);
	return true;
}

bool expr_path_valid(const char *path, size_t len)
{
	if (!len || len >= EXPR_MAX_PATH || path[0] == '.' || path[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_word(path[i]) || (path[i] == '.' && path[i + 1] == '.'))
			return false;
	return true;
}

static int parse_text(struct parser *p)
{
	const char *close = memchr(p->at + 1, *p->at, (size_t)(p->end - p->at) - 1);
	struct expr_node node = {.kind = CONSTANT, .type = JSON_VALUE_STRING};

	if (!close)
		return fail(p, "a string without a closing quote");
	node.text = xstrndup(p->at + 1, (size_t)(close - p->at) - 1);
	p->at = close + 1;
	return add_node(p, node);
}

static int parse_path(struct parser *p)
{
	size_t len = word_length(p);
	int node;

	if (!len || !expr_path_valid(p->at, len))
		return fail(p, "expected a path");
	node = add_node(p, (struct expr_node){.kind = PATH, .text = xstrndup(p->at, len)});
	p->at += len;
	return node;
}

static int parse_value(struct parser *p)
{
	static const struct {
		const char *word;
		enum json_type type;
	} words[] = {{"true", JSON_VALUE_TRUE}, {"false", JSON_VALUE_FALSE}, {"null", JSON_NONE},
		{"and", JSON_VALUE_NULL}, {"or", JSON_VALUE_NULL}, {"not", JSON_VALUE_NULL},
		{"exists", JSON_VALUE_NULL}};
	size_t len;

	skip_space(p);
	if (p->at == p->end)
		return fail(p, "expected a value");
	if (*p->at == '"' || *p->at == '\'')
		return parse_text(p);
	len = word_length(p);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_text(p->at, len, words[i].word)) {
			if (words[i].type == JSON_VALUE_NULL)
				return fail(p, "expected a value");
			p->at += len;
			return add_node(p, (struct expr_node){.kind = CONSTANT,
						   .type = words[i].type,
						   .text = xstrdup(words[i].word)});
		}
	if (len && (*p->at == '-' || (*p->at >= '0' && *p->at <= '9'))) {
		char *number = xstrndup(p->at, len);
		double ignored;

		if (!parse_double(number, &ignored)) {
			free(number);
			return fail(p, "neither a number nor a path");
		}
		p->at += len;
		return add_node(
			p, (struct expr_node){
				   .kind = CONSTANT, .type = JSON_VALUE_NUMBER, .text = number});
	}
	return parse_path(p);
}

static bool take_operator(struct parser *p, enum kind *out)
{
	static const struct {
		const char *sign;
		enum kind kind;
	} signs[] = {{"==", EQ}, {"!=", NE}, {"<=", LE}, {">=", GE}, {"<", LT}, {">", GT}};

	skip_space(p);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t len = strlen(signs[i].sign);

		if ((size_t)(p->end - p->at) >= len && !memcmp(p->at, signs[i].sign, len)) {
			p->at += len;
			*out = signs[i].kind;
			return true;
		}
	}
	return false;
}

static int parse_or(struct parser *p);

static int parse_term(struct parser *p)
{
	struct expr_node node = {.kind = TRUTH};

	skip_space(p);
	if (p->at < p->end && *p->at == '(') {
		int inside;

		p->at++;
		inside = parse_or(p);
		if (inside < 0)
			return -1;
		skip_space(p);
		if (p->at == p->end || *p->at != ')')
			return fail(p, "expected )");
		p->at++;
		return inside;
	}
	if (take_word(p, "exists")) {
		skip_space(p);
		node.kind = EXISTS;
		node.left = parse_path(p);
		return node.left < 0 ? -1 : add_node(p, node);
	}
	node.left = parse_value(p);
	if (node.left < 0)
		return -1;
	if (take_operator(p, &node.kind)) {
		node.right = parse_value(p);
		if (node.right < 0)
			return -1;
	}
	return add_node(p, node);
}

static int parse_not(struct parser *p)
{
	bool turned = false, any = false;
	int term;

	while (take_word(p, "not")) {
		turned = !turned;
		any = true;
	}
	term = parse_term(p);
	if (term < 0 || !any || !turned)
		return term;
	return add_node(p, (struct expr_node){.kind = NOT, .left = term});
}

static int parse_and(struct parser *p)
{
	int left = parse_not(p);

	while (left >= 0 && take_word(p, "and")) {
		int right = parse_not(p);

		left = right < 0 ? -1 : add_node(p, (struct expr_node){AND, left, right, NULL, 0});
	}
	return left;
}

/* Parentheses recurse into this, so it bounds the depth. */
static int parse_or(struct parser *p)
{
	int left;

	if (++p->depth > MAX_DEPTH)
		return fail(p, "too many parentheses");
	left = parse_and(p);
	while (left >= 0 && take_word(p, "or")) {
		int right = parse_and(p);

		left = right < 0 ? -1 : add_node(p, (struct expr_node){OR, left, right, NULL, 0});
	}
	p->depth--;
	return left;
}

bool expr_parse(const char *text, size_t len, struct expr *out, struct error *err)
{
	struct parser p = {.start = text, .at = text, .end = text + len, .out = out, .err = err};

	*out = (struct expr){0};
	if (len > EXPR_MAX_LEN)
		return error_set(err, "longer than %d bytes", EXPR_MAX_LEN);
	out->root = parse_or(&p);
	skip_space(&p);
	if (out->root >= 0 && p.at < p.end)
		out->root = fail(&p, "expected an operator, and, or, or the end");
	if (out->root >= 0)
		return true;
	expr_free(out);
	return false;
}

void expr_free(struct expr *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->node[i].text);
	free(e->node);
	*e = (struct expr){0};
}

bool expr_each_path(const struct expr *e, bool (*visit)(void *ctx, const char *path), void *ctx)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->node[i].kind == PATH && !visit(ctx, e->node[i].text))
			return false;
	return true;
}

static void value_get(
	const struct expr_node *node, expr_lookup *lookup, void *ctx, struct value *out)
{
	buf_init(&out->text, MAX_VALUE);
	if (node->kind == PATH) {
		out->type = lookup(ctx, node->text, &out->text);
	} else {
		out->type = node->type;
		buf_adds(&out->text, node->text);
	}
	out->number = 0;
	if (out->type == JSON_VALUE_NULL)
		out->type = JSON_NONE;
	if (out->type == JSON_VALUE_NUMBER && !parse_double(buf_str(&out->text), &out->number))
		out->type = JSON_NONE;
}

static bool is_true(const struct value *v)
{
	switch (v->type) {
	case JSON_NONE:
	case JSON_VALUE_NULL:
	case JSON_VALUE_FALSE:
		return false;
	case JSON_VALUE_NUMBER:
		return v->number < 0 || v->number > 0;
	case JSON_VALUE_STRING:
		return v->text.len > 0;
	default:
		return true;
	}
}

/* Negative, 0 or positive: a is less than, equal to or greater than b. */
static int order(const struct value *a, const struct value *b)
{
	size_t least = a->text.len < b->text.len ? a->text.len : b->text.len;
	int by_bytes;

	if (a->type == JSON_VALUE_NUMBER)
		return (a->number > b->number) - (a->number < b->number);
	by_bytes = least ? memcmp(a->text.data, b->text.data, least) : 0;
	return by_bytes ? by_bytes : (a->text.len > b->text.len) - (a->text.len < b->text.len);
}

static bool compare(enum kind kind, const struct value *a, const struct value *b)
{
	bool ordered = a->type == b->type &&
		       (a->type == JSON_VALUE_NUMBER || a->type == JSON_VALUE_STRING);
	bool equal = a->type == b->type && (a->type == JSON_NONE || order(a, b) == 0);

	switch (kind) {
	case EQ:
		return equal;
	case NE:
		return !equal;
	case LT:
		return ordered && order(a, b) < 0;
	case LE:
		return ordered && order(a, b) <= 0;
	case GT:
		return ordered && order(a, b) > 0;
	default:
		return ordered && order(a, b) >= 0;
	}
}

static bool holds(const struct expr *e, int at, expr_lookup *lookup, void *ctx)
{
	const struct expr_node *node = &e->node[at];
	struct value a, b;
	bool result;

	if (node->kind == OR)
		return holds(e, node->left, lookup, ctx) || holds(e, node->right, lookup, ctx);
	if (node->kind == AND)
		return holds(e, node->left, lookup, ctx) && holds(e, node->right, lookup, ctx);
	if (node->kind == NOT)
		return !holds(e, node->left, lookup, ctx);
	value_get(&e->node[node->left], lookup, ctx, &a);
	if (node->kind == TRUTH || node->kind == EXISTS) {
		result = node->kind == TRUTH ? is_true(&a) : a.type != JSON_NONE;
	} else {
		value_get(&e->node[node->right], lookup, ctx, &b);
		result = compare(node->kind, &a, &b);
		buf_free(&b.text);
	}
	buf_free(&a.text);
	return result;
}

bool expr_holds(const struct expr *e, expr_lookup *lookup, void *ctx)
{
	return !e->node || holds(e, e->root, lookup, ctx);
}
