#include "cli/ctl_listing.h"

#include <inttypes.h>
#include <time.h>

enum { AT_ONCE = 200, PAUSE_MS = 50, STUCK_MS = 10000 };

static void pause_ms(int ms)
{
	const struct timespec time = {.tv_nsec = ms * 1000000L};

	nanosleep(&time, NULL);
}

static int get_page(struct listing *l, int64_t limit)
{
	struct buf path;
	int code;

	buf_init(&path, 64 << 10);
	buf_addf(&path, "/v1/items?%soffset=%" PRId64 "&limit=%" PRId64, buf_str(&l->query),
		l->offset, limit);
	control_request_free(&l->last);
	code = ctl_get(l->c, buf_str(&path), &l->last);
	buf_free(&path);
	l->page = code == CTL_DONE ? json_trim(l->last.answer.data, l->last.answer.len)
				   : (struct json_span){NULL, 0};
	return code;
}

/* Waits until the run has scanned all items: only then are order and number of the rows those of
 * the list. A scan that stands still is left, its list is said to be incomplete. */
static int complete(struct listing *l)
{
	double progress = -1;
	int stuck_ms = 0;

	for (;;) {
		int code = get_page(l, 1);
		double now = code == CTL_DONE ? ctl_number(l->page, "progress") : 0;

		if (code != CTL_DONE ||
			json_span_is(json_find(l->page, "complete"), JSON_VALUE_TRUE) ||
			stuck_ms >= STUCK_MS)
			return code;
		stuck_ms = now > progress ? 0 : stuck_ms + PAUSE_MS;
		progress = now;
		pause_ms(PAUSE_MS);
	}
}

static bool take_row(void *ctx, struct json_span row)
{
	struct listing *l = ctx;

	l->n++;
	l->offset++;
	l->left--;
	return l->on_row(l->ctx, row);
}

int listing_read(struct listing *l, bool (*on_row)(void *ctx, struct json_span row), void *ctx)
{
	int code = complete(l);

	l->on_row = on_row;
	l->ctx = ctx;
	while (code == CTL_DONE && l->left > 0) {
		uint64_t before = l->n;

		code = get_page(l, l->left < AT_ONCE ? l->left : AT_ONCE);
		if (code != CTL_DONE || !json_each_element(json_find(l->page, "rows"), take_row, l))
			break;
		if (l->n == before || json_span_is(json_find(l->page, "next"), JSON_VALUE_NULL))
			break;
	}
	return code;
}

void listing_init(struct listing *l, struct ctl *c)
{
	*l = (struct listing){.c = c};
	buf_init(&l->query, 32 << 10);
}

void listing_free(struct listing *l)
{
	control_request_free(&l->last);
	buf_free(&l->query);
}

void listing_add(struct listing *l, const char *name, const char *value)
{
	buf_addf(&l->query, "%s=", name);
	control_client_encode(&l->query, value);
	buf_addc(&l->query, '&');
}
