#include "cli/options_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/parse.h"

enum { LIST_MOST = 1000 }; /* uses of an option that may be repeated */

/* The accepted values of the option, for its error message. */
static void describe(const struct option_row *o, char *out, size_t size)
{
	const char *low = o->type == TYPE_COUNT ? "a whole number" : "a number";
	int n = 0;

	switch (o->type) {
	case TYPE_COUNT:
	case TYPE_NUMBER:
		if (o->max > 0)
			n = snprintf(out, size, "%s from %.10g to %.10g", low, o->min, o->max);
		else
			n = snprintf(out, size, "%s of at least %.10g", low, o->min);
		break;
	case TYPE_DURATION:
		n = snprintf(out, size, "a time such as 500ms, 30s or 2m");
		break;
	case TYPE_BYTES:
		n = snprintf(out, size, "a size from 1K to 4G such as 64M");
		break;
	case TYPE_WORD:
	case TYPE_CHOICE:
		n = snprintf(out, size, "one of %s", o->choices);
		break;
	case TYPE_FLAG:
		n = snprintf(out, size, "true or false");
		break;
	default:
		n = snprintf(out, size, "%s", o->takes ? o->takes : "a value");
	}
	if (o->zero && n > 0 && (size_t)n < size)
		snprintf(out + n, size - (size_t)n, ", or %s", o->zero);
}

static bool refuse(const struct option_row *o, const char *value, struct error *err)
{
	char takes[160];

	describe(o, takes, sizeof(takes));
	if (o->secret)
		return error_set(
			err, "--%s takes %s (the value given is not shown)", o->name, takes);
	return error_set(err, "--%s takes %s, not '%.100s'", o->name, takes, value);
}

/* The index of value in "a|b|c"; -1 when it is not there. */
static int choice_index(const char *choices, const char *value)
{
	size_t len = strlen(value);
	int i = 0;

	for (const char *at = choices; at; i++) {
		const char *end = strchr(at, '|');

		if (strncmp(at, value, len) == 0 && (end ? at + len == end : at[len] == '\0'))
			return len ? i : -1;
		at = end ? end + 1 : NULL;
	}
	return -1;
}

static bool read_flag(const char *value, bool *out)
{
	*out = !value || !strcasecmp(value, "true") || !strcasecmp(value, "yes");
	return *out || !strcasecmp(value, "false") || !strcasecmp(value, "no");
}

static bool in_range(const struct option_row *o, double v)
{
	return v >= o->min && (o->max <= 0 || v <= o->max);
}

static bool read_int64(const struct option_row *o, const char *value, int64_t *out)
{
	int64_t v;

	if (o->zero && !strcasecmp(value, o->zero)) {
		*out = 0;
		return true;
	}
	if (o->type == TYPE_COUNT && !parse_count(value, 0, INT64_MAX, &v))
		return false;
	if (o->type == TYPE_DURATION && !parse_duration_us(value, &v))
		return false;
	if (o->type == TYPE_BYTES && !parse_bytes(value, &v))
		return false;
	if (!in_range(o, (double)v))
		return false;
	*out = v;
	return true;
}

static bool read_number(const struct option_row *o, const char *value, double *out)
{
	int64_t whole;
	double v;

	if (o->zero && !strcasecmp(value, o->zero)) {
		*out = 0;
		return true;
	}
	if (parse_count(value, 0, INT64_MAX, &whole)) /* "90k" */
		v = (double)whole;
	else if (!parse_double(value, &v))
		return false;
	if (!in_range(o, v))
		return false;
	*out = v;
	return true;
}

bool option_list_add(char ***list, const char *value)
{
	size_t n = 0;

	while (*list && (*list)[n])
		n++;
	if (n >= LIST_MOST)
		return false;
	*list = xrealloc(*list, n + 2, sizeof(**list));
	(*list)[n] = xstrdup(value);
	(*list)[n + 1] = NULL;
	return true;
}

static bool set_text(char **at, const struct option_row *o, const char *value)
{
	if (o->shape && !o->shape(value))
		return false;
	if (o->type == TYPE_WORD && choice_index(o->choices, value) < 0)
		return false;
	free(*at);
	*at = xstrdup(value);
	return true;
}

bool option_set(
	struct settings *s, const struct option_row *o, const char *value, struct error *err)
{
	void *at = (char *)s + o->offset;
	bool good = true;
	int choice;

	switch (o->type) {
	case TYPE_HELP:
	case TYPE_VERSION:
		break;
	case TYPE_FLAG:
		good = read_flag(value, at);
		break;
	case TYPE_TEXT:
	case TYPE_WORD:
		good = set_text(at, o, value);
		break;
	case TYPE_LIST:
		good = o->shape(value);
		if (good && !option_list_add(at, value))
			return error_set(
				err, "--%s may be given at most %d times", o->name, LIST_MOST);
		break;
	case TYPE_CHOICE:
		choice = choice_index(o->choices, value);
		good = choice >= 0;
		if (good)
			*(int *)at = choice;
		break;
	case TYPE_NUMBER:
		good = read_number(o, value, at);
		break;
	case TYPE_COUNT:
	case TYPE_DURATION:
	case TYPE_BYTES:
		good = read_int64(o, value, at);
		break;
	}
	return good || refuse(o, value, err);
}

const char *option_note(const struct settings *s, const struct option_row *o, const char *value)
{
	if (o->type != TYPE_FLAG)
		return value;
	return *(const bool *)((const char *)s + o->offset) ? "true" : "false";
}

static void free_list(char ***list)
{
	for (size_t i = 0; *list && (*list)[i]; i++)
		free((*list)[i]);
	free(*list);
	*list = NULL;
}

void option_clear(struct settings *s, const struct option_row *o)
{
	void *at = (char *)s + o->offset;

	if (o->type == TYPE_TEXT || o->type == TYPE_WORD) {
		free(*(char **)at);
		*(char **)at = NULL;
	} else if (o->type == TYPE_LIST) {
		free_list(at);
	}
}

void settings_free(struct settings *s)
{
	struct endpoints_settings *endpoints = &s->run.endpoints;
	size_t n;
	const struct option_row *rows = option_table(&n);

	for (size_t i = 0; i < n; i++)
		option_clear(s, &rows[i]);
	for (size_t i = 0; i < endpoints->n_sections; i++)
		endpoint_spec_free(&endpoints->sections[i]);
	free(endpoints->sections);
	free_list(&s->run.budget.file_price);
	prices_free(&s->run.budget.prices);
	free_list(&s->run.command);
	free(s->run.input.path);
	free(s->report_results);
	free(s->view_results);
	free(s->replay_at);
	free(s->attach_run);
	free_list(&s->ctl.words);
	free(s->export.results);
	*s = (struct settings){0};
}
