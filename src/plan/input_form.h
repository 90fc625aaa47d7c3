/* The form of a run's input: what its bytes are, and how its lines become requests. Shared by run
 * and check, so that both name and read it alike. */
#ifndef SLUICE_PLAN_INPUT_FORM_H
#define SLUICE_PLAN_INPUT_FORM_H

#include "api/request_oddities.h"
#include "api/rows.h"
#include "input/source.h"
#include "plan/settings.h"

struct input_form {
	const struct input_settings *settings; /* borrowed */
	struct rows *rows;                     /* borrowed; NULL: the lines are requests */
	char text[200];                        /* "gzip, CSV with semicolons"; "": not known yet */
	bool again;                            /* see input_form_as() */
	bool csv;
	char delimiter;           /* '\0': not known yet */
	bool text_lines;          /* each line is a row of text */
	bool sep_due, header_due; /* the next line is Excel's sep=, the header */
	bool first_due;           /* the next line is the first row that is no CSV */
	bool plain;               /* each further line is an item */
	uint64_t empty;           /* CSV rows without content, which were skipped */
};

/* Has the source tell the form before its first line. False and err when the settings contradict
 * each other. All must outlive the source. */
bool input_form_init(struct input_form *f, const struct input_settings *settings, struct rows *rows,
	struct source *source, struct error *err);

/* The input is that of a run, which says in its journal what its form was (its text; "": not
 * known). Without the run's template the first bytes do not tell what its lines were: lines of text
 * are rows with the field "line". Before the first line is read. */
void input_form_as(struct input_form *f, const char *text);

enum form_line {
	FORM_LINE_ITEM,
	FORM_LINE_SKIP, /* the header, or an empty row */
	FORM_LINE_ERROR /* err: the header is of no use */
};

/* The same of a line that may be none; input_form_line() is what to call. */
enum form_line input_form_look(
	struct input_form *f, const char *text, size_t len, struct error *err);
/* What a line is, before it is parsed. */
static inline enum form_line input_form_line(
	struct input_form *f, const char *text, size_t len, struct error *err)
{
	return f->plain ? FORM_LINE_ITEM : input_form_look(f, text, len, err);
}

/* Tells of likely mistakes in a line that is an item; format: by which it is parsed. */
void input_form_oddities(const struct input_form *f, enum input_format format, const char *text,
	size_t len, request_oddity *told, void *ctx);

/* The format by which lines are parsed: with the provider raw, bare bodies may be any object. */
enum input_format input_form_format(const struct run_settings *settings);

#endif
