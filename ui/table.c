#include "table.h"

#include <stdio.h>

#include "base/text.h"

enum { MARKS = 2, TITLED_FROM = 3, HEADED_FROM = 4 };

static int room_of(const struct panel *p)
{
	return p->at.cols - (p->at.col > 0) - MARKS;
}

static int cells_of(const struct table *t)
{
	int sum = t->n ? t->n - 1 : 0;

	for (int i = 0; i < t->n; i++)
		sum += t->width[i];
	return sum;
}

/* Leaves out the column that matters least; false when all that are left stay. */
static bool drop_one(struct table *t)
{
	int worst = -1;

	for (int i = 0; i < t->n; i++)
		if (t->column[i]->rank > (worst < 0 ? 0 : t->column[worst]->rank))
			worst = i;
	if (worst < 0)
		return false;
	t->n--;
	for (int i = worst; i < t->n; i++) {
		t->column[i] = t->column[i + 1];
		t->width[i] = t->width[i + 1];
	}
	return true;
}

void table_fit(struct table *t, const struct table_column *columns, int n, const struct panel *p)
{
	int spare;

	t->n = n < TABLE_COLUMNS ? n : TABLE_COLUMNS;
	for (int i = 0; i < t->n; i++) {
		t->column[i] = &columns[i];
		t->width[i] = columns[i].width;
	}
	while (cells_of(t) > room_of(p) && drop_one(t))
		;
	spare = room_of(p) - cells_of(t);
	for (bool grew = true; grew && spare > 0;) {
		grew = false;
		for (int i = 0; i < t->n && spare > 0; i++) {
			if (t->width[i] >= t->column[i]->max)
				continue;
			t->width[i]++;
			spare--;
			grew = true;
		}
	}
}

/* Appends a cell cut to its column and padded, without blanks after the last one. */
static size_t add_cell(
	char *out, size_t at, const struct table *t, int i, const char *role, const char *text)
{
	char cut[TABLE_CELL];
	int used = text_cut(cut, sizeof(cut), text, t->width[i]), pad = t->width[i] - used;
	bool right = t->column[i]->right;

	if (at + sizeof(cut) + (size_t)(pad > 0 ? pad : 0) + 8 > PANEL_LINE)
		return at;
	/* the role is of the text alone: some are shown in reverse or underlined */
	return at + (size_t)snprintf(out + at, PANEL_LINE - at, "%s%*s%s%s%s%*s",
			    i ? R_TEXT " " : "", right ? pad : 0, "", role, cut,
			    !right && pad ? R_TEXT : "", right ? 0 : pad, "");
}

void table_heading(const struct table *t, struct panel *p, int i)
{
	char out[PANEL_LINE] = "";
	size_t at = 0;

	for (int c = 0; c < t->n; c++)
		at = add_cell(out, at, t, c, R_DIM, t->column[c]->title);
	panel_line(p, i, R_DIM "  %s", out);
}

static bool quiet(const char *role)
{
	return *role == ROLE_TEXT || *role == ROLE_DIM;
}

void table_row(const struct table *t, struct panel *p, int i, unsigned marks, table_cell_fn *cell,
	const void *row, const void *ctx)
{
	char out[PANEL_LINE] = "", text[TABLE_CELL];
	bool selected = marks & ROW_SELECTED, tagged = marks & ROW_TAGGED;
	size_t at = 0;

	for (int c = 0; c < t->n; c++) {
		const char *role = cell(row, t->column[c]->id, ctx, text);

		at = add_cell(out, at, t, c, tagged && quiet(role) ? R_KEY : role, text);
	}
	panel_line(p, i, "%s%c%s%c%s%s%*s", selected ? R_SELECTED : "", selected ? '>' : ' ',
		tagged ? R_KEY : "", tagged ? '*' : ' ', out, selected ? R_TEXT : "",
		selected ? room_of(p) - cells_of(t) : 0, "");
}

int table_top(int rows)
{
	return rows >= HEADED_FROM ? 2 : rows >= TITLED_FROM ? 1 : 0;
}

void table_draw(const struct panel *p, struct canvas *c)
{
	if (table_top(p->at.rows))
		panel_draw_framed(p, c);
	else
		panel_draw_plain(p, c);
}
