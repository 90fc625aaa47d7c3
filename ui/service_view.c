#include "service_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "find.h"

void service_view_free(struct service_view *s)
{
	free(s->batch);
	free(s->call);
	*s = (struct service_view){.all = false};
}

bool batch_has_ended(const struct batch_row *b)
{
	return !strcmp(b->phase, "ended");
}

bool batch_is_late(const struct batch_row *b, int64_t wall_us)
{
	return !batch_has_ended(b) && b->expires_s > 0 && b->eta_high_s >= 0 &&
	       (double)wall_us / US_PER_S + b->eta_high_s > (double)b->expires_s;
}

static bool has(const char *text, const char *what)
{
	return find_text(text, strlen(text), what) != NULL;
}

static bool matches(const struct batch_row *b, const char *filter)
{
	return !*filter || has(b->id, filter) || has(b->owner, filter) ||
	       has(b->endpoint, filter) || has(b->phase, filter) || has(b->status, filter);
}

/* Those that have a run or are paused stand before those in line, which may be many. */
static int group_of(const struct batch_row *b)
{
	if (batch_has_ended(b))
		return 3;
	if (!strcmp(b->phase, "waiting") || !strcmp(b->phase, "checking"))
		return 2;
	return !strcmp(b->phase, "paused");
}

static int by_group(const void *a, const void *b)
{
	const struct batch_row *x = *(const struct batch_row *const *)a,
			       *y = *(const struct batch_row *const *)b;
	int order = group_of(x) - group_of(y);

	/* as they came within a group */
	return order ? order : (x > y) - (x < y);
}

/* What the filter leaves, in the order of the screen. */
static void arrange(struct service_view *s)
{
	const struct batch_row **order =
		xcalloc(s->batches.n + 1, sizeof(const struct batch_row *));
	struct batch_row *arranged = xcalloc(BATCHES_SHOWN, sizeof(*arranged));
	size_t n = 0;

	for (size_t i = 0; i < s->batches.n; i++)
		if (matches(&s->batch[i], s->filter))
			order[n++] = &s->batch[i];
	qsort(order, n, sizeof(const struct batch_row *), by_group);
	for (size_t i = 0; i < n; i++)
		arranged[i] = *order[i];
	free(order);
	free(s->batch);
	s->batch = arranged;
	s->batches.n = n;
}

static void select_at_cursor(struct service_view *s)
{
	const char *id = s->list.cursor < s->batches.n ? s->batch[s->list.cursor].id : "";

	snprintf(s->selected, sizeof(s->selected), "%s", id);
}

static void read_batches(struct service_view *s, const struct port *port, int rows)
{
	if (!s->batch)
		s->batch = xcalloc(BATCHES_SHOWN, sizeof(*s->batch));
	port->ops->service->batches(port->ctx, s->all, s->batch, BATCHES_SHOWN, &s->batches);
	s->unfiltered = s->batches.n;
	arrange(s);
	for (size_t i = 0; i < s->batches.n; i++)
		if (!strcmp(s->batch[i].id, s->selected))
			list_follow(&s->list, i);
	list_fit(&s->list, s->batches.n, rows);
	select_at_cursor(s);
}

static void read_calls(struct service_view *s, const struct port *port, int rows)
{
	if (!s->call)
		s->call = xcalloc(CALLS_SHOWN, sizeof(*s->call));
	port->ops->service->calls(port->ctx, s->call, CALLS_SHOWN, &s->calls);
	list_fit(&s->call_list, s->calls.n, rows);
}

void service_view_refresh(struct service_view *s, const struct port *port, int rows, int call_rows)
{
	if (rows > 0)
		read_batches(s, port, rows);
	if (call_rows > 0)
		read_calls(s, port, call_rows);
}

bool service_view_move(struct service_view *s, const char *how)
{
	if (!list_move(&s->list, how))
		return false;
	select_at_cursor(s);
	return true;
}

const struct batch_row *service_view_selected(const struct service_view *s)
{
	return s->selected[0] && s->list.cursor < s->batches.n ? &s->batch[s->list.cursor] : NULL;
}
