#include "cli/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"

enum { CELL_SIZE = 600, LEAST_FLEXIBLE = 12, GAP = 2 };

void table_init(struct table *t, const struct table_column *columns, int n_columns)
{
	*t = (struct table){.columns = columns, .n_columns = n_columns};
}

void table_free(struct table *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	*t = (struct table){0};
}

void table_add(struct table *t, const char *const *cells)
{
	size_t n = t->n_cells + (size_t)t->n_columns;
	char text[CELL_SIZE];

	t->cells = xrealloc(t->cells, n, sizeof(*t->cells));
	for (int i = 0; i < t->n_columns; i++) {
		const char *cell = cells[i] ? cells[i] : "-";

		text_one_line(text, sizeof(text), cell, strlen(cell));
		t->cells[t->n_cells++] = xstrdup(text);
	}
}

/* The width of each column; those that are flexible share what is missing. */
static void measure(const struct table *t, int width, int *widths)
{
	int total = (t->n_columns - 1) * GAP;

	for (int i = 0; i < t->n_columns; i++)
		widths[i] = text_cells(t->columns[i].title);
	for (size_t i = 0; i < t->n_cells; i++) {
		int cells = text_cells(t->cells[i]), *w = &widths[i % (size_t)t->n_columns];

		*w = cells > *w ? cells : *w;
	}
	for (int i = 0; i < t->n_columns; i++)
		total += widths[i];
	while (width && total > width) {
		int widest = -1;

		for (int i = 0; i < t->n_columns; i++)
			if (t->columns[i].flexible && widths[i] > LEAST_FLEXIBLE &&
				(widest < 0 || widths[i] > widths[widest]))
				widest = i;
		if (widest < 0)
			return;
		widths[widest]--;
		total--;
	}
}

static void add_blanks(struct buf *out, int n)
{
	while (n-- > 0)
		buf_addc(out, ' ');
}

static void add_line(
	const struct table *t, char *const *cells, const int *widths, int width, struct buf *out)
{
	char cell[CELL_SIZE], *cut;
	struct buf line;

	buf_init(&line, SIZE_MAX / 2);
	for (int i = 0; i < t->n_columns; i++) {
		const char *text = cells ? cells[i] : t->columns[i].title;
		int used = text_cut(cell, sizeof(cell), text, widths[i]);
		bool last = i == t->n_columns - 1;

		if (t->columns[i].right)
			add_blanks(&line, widths[i] - used);
		buf_adds(&line, cell);
		if (!t->columns[i].right && !last)
			add_blanks(&line, widths[i] - used);
		if (!last)
			add_blanks(&line, GAP);
	}
	cut = xmalloc(line.len + 8);
	if (width)
		text_cut(cut, line.len + 8, buf_str(&line), width);
	buf_adds(out, width ? cut : buf_str(&line));
	buf_addc(out, '\n');
	free(cut);
	buf_free(&line);
}

void table_write(const struct table *t, int width, struct buf *out)
{
	int widths[TABLE_COLUMNS] = {0};

	measure(t, width, widths);
	add_line(t, NULL, widths, width, out);
	for (size_t i = 0; i < t->n_cells; i += (size_t)t->n_columns)
		add_line(t, t->cells + i, widths, width, out);
}

int table_width(void)
{
	struct winsize size = {0};

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return 0;
	return size.ws_col;
}
