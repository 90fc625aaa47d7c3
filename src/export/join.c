#include "export/join.h"

#include <stdlib.h>

#include "base/alloc.h"

struct joining {
	struct join *j;
	struct export_index *x;
	struct export_input *in;
	struct columns *columns; /* NULL: those of all rows are known */
	struct buf name;
	bool too_many;
};

/* ---- columns ---- */

static bool take_member(void *joining, struct json_span key, struct json_span value)
{
	struct joining *g = joining;

	(void)value;
	buf_clear(&g->name);
	json_string_decode(key, &g->name);
	g->too_many = !columns_add_input(g->columns, buf_str(&g->name));
	return !g->too_many;
}

/* Rows of CSV all have the columns of the first. */
static void take_columns(struct joining *g, const struct input_line *line)
{
	struct json_span row;

	if (!g->columns || !line->text)
		return;
	row = export_input_row(g->in, line->text, line->len);
	if (!row.at)
		return;
	json_each_valid(row, take_member, g);
	if (g->in->form.csv)
		g->columns = NULL;
}

/* ---- lines ---- */

static void note_changed(struct join *j, uint64_t number)
{
	if (!j->changed++)
		j->first_changed = number;
}

/* A line that was edited is joined by its own id, which the operator chose; a number does not show
 * that it is still that item's line. */
static void set_place(struct joining *g, struct index_entry *e, const struct input_line *line)
{
	struct input_place *place;

	e->joined = true;
	e->line = (uint32_t)line->number;
	if (!g->j->place)
		return;
	place = &g->j->place[e - g->x->entry];
	if (line->text && line->len < UINT32_MAX)
		*place = (struct input_place){line->offset, (uint32_t)line->len};
	if (!line->text || index_is_of_line(g->x, e, line->text, line->len))
		return;
	note_changed(g->j, line->number);
	if (!line->own_id)
		place->len = 0;
}

/* The record of a line that was no request, unless it is another line now. */
static struct index_entry *bad_entry(struct joining *g, const struct input_line *line)
{
	struct index_entry *e = index_by_bad_line(g->x, line->number);

	if (!e || !line->text || index_is_of_line(g->x, e, line->text, line->len))
		return e;
	e->gone = true;
	return NULL;
}

static void take_line(struct joining *g, const struct input_line *line)
{
	struct index_entry *e = bad_entry(g, line);

	if (!e)
		e = index_by_id(g->x, line->id, line->id_len);
	/* of several lines with one id the first is the item */
	if (e && !e->joined)
		set_place(g, e, line);
	else
		g->j->unfinished++;
	take_columns(g, line);
}

bool join_read(struct join *j, struct export_index *x, struct export_input *in, bool places,
	struct columns *columns, struct error *err)
{
	struct joining g = {.j = j, .x = x, .in = in, .columns = columns};
	enum source_status status = SOURCE_END;
	struct input_line line;

	*j = (struct join){.unfinished = 0};
	buf_init(&g.name, 1 << 20);
	if (places)
		j->place = xcalloc((size_t)x->n + 1, sizeof(*j->place));
	while (!g.too_many && (status = export_input_next(in, &line, err)) == SOURCE_LINE)
		take_line(&g, &line);
	buf_free(&g.name);
	for (uint32_t i = 0; i < x->n; i++)
		j->lost += !x->entry[i].gone && !x->entry[i].joined;
	if (g.too_many)
		return error_set(err,
			"the input rows have more than %d different members: instead of "
			"--with-input, choose some with --field NAME=input.PATH",
			COLUMNS_MAX);
	return status == SOURCE_END;
}

void join_free(struct join *j)
{
	free(j->place);
	*j = (struct join){.unfinished = 0};
}
