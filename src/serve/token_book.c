#include "serve/token_book.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/io.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/lines.h"
#include "base/parse.h"
#include "serve/disk.h"

enum { FILE_MAX = 4 << 20, DATE_SIZE = 11, TIME_SIZE = 32, DECIMALS = 9 };

#define US_PER_DAY (24 * 60 * US_PER_MIN)
#define NANO       1e9

struct token_book {
	char path[DISK_PATH_MAX], temporary[DISK_PATH_MAX];
	struct token_clients clients;
	uint64_t n;
	struct run_clock *clock; /* borrowed */
	int64_t wall_us;         /* of its opening */
	bool warned;
};

/* ---- clients ---- */

static struct token_client *find(const struct token_book *b, const char *name)
{
	struct token_client *c;

	TAILQ_FOREACH (c, &b->clients, next)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

struct token_client *token_book_client(struct token_book *b, const char *name)
{
	struct token_client *c = find(b, name);

	if (c)
		return c;
	c = xcalloc(1, sizeof(*c));
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->number = ++b->n;
	fair_init(&c->turns);
	token_meter_init(&c->meter, &token_unlimited, run_clock_now_us(b->clock), b->wall_us);
	TAILQ_INSERT_TAIL(&b->clients, c, next);
	return c;
}

void token_book_limit(struct token_book *b, const char *name, const struct token_limits *limits)
{
	token_meter_set(&token_book_client(b, name)->meter, limits, run_clock_now_us(b->clock));
}

struct token_clients *token_book_clients(struct token_book *b)
{
	return &b->clients;
}

/* ---- the file: {"clients":[{"name":"ann","day":"2026-11-30","usd":1.25}]} ---- */

static void put_client(struct json_writer *w, const struct token_client *c)
{
	char time[TIME_SIZE];

	clock_rfc3339(c->meter.day * US_PER_DAY, time, sizeof(time));
	time[DATE_SIZE - 1] = '\0';
	json_open_object(w);
	json_member_text(w, "name", c->name);
	json_member_text(w, "day", time);
	json_member_double(w, "usd", c->meter.noted_usd, DECIMALS);
	json_close_object(w);
}

/* The name must not be on the disk before the text: after a power loss, an empty file would give
 * all clients their budgets anew. A client's file is written 128 times for a budget, which is few
 * enough to wait for the disk. */
static bool write_file(const struct token_book *b, struct error *err)
{
	const struct token_client *c;
	struct buf text;
	struct json_writer w = json_writer_to(&text);
	int fd = open(b->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok;

	buf_init(&text, FILE_MAX);
	json_open_object(&w);
	json_member_array(&w, "clients");
	TAILQ_FOREACH (c, &b->clients, next)
		if (c->meter.noted_usd > 0)
			put_client(&w, c);
	json_close_array(&w);
	json_close_object(&w);
	buf_adds(&text, "\n");
	ok = fd >= 0 && io_write_all(fd, text.data, text.len) && io_sync(fd) &&
	     !rename(b->temporary, b->path);
	if (!ok)
		error_set(err, "%s: %s", b->path, strerror(errno));
	else
		ok = io_sync_folder(b->path, err);
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	return ok;
}

static void save(struct token_book *b)
{
	struct error err = {""};

	if (write_file(b, &err)) {
		b->warned = false;
		return;
	}
	if (!b->warned)
		say_warning("%s; after a kill, the service forgets today's spending of clients",
			err.text);
	b->warned = true;
}

static bool read_client(void *ctx, struct json_span value)
{
	struct token_book *b = ctx;
	struct json_want want[] = {{.name = "name"}, {.name = "day"}, {.name = "usd"}};
	char name[OWNER_SIZE], day[TIME_SIZE];
	size_t len = strlen("T00:00:00Z");
	int64_t day_us;
	double usd;

	if (json_pick(value.at, value.len, want, 3, NULL) != JSON_VALUE_OBJECT)
		return false;
	json_string_text(want[0].value, name, sizeof(name));
	json_string_text(want[1].value, day, sizeof(day) - len);
	strcat(day, "T00:00:00Z");
	if (!parse_is_name(name, OWNER_SIZE - 1) || !date_rfc3339(day, strlen(day), &day_us) ||
		!json_span_double(want[2].value, &usd) || !(usd >= 0))
		return false;
	token_meter_restore(
		&token_book_client(b, name)->meter, b->wall_us, day_us / US_PER_DAY, usd);
	return true;
}

static bool read_text(struct token_book *b, const char *text, size_t len)
{
	struct json_want want[] = {{.name = "clients"}};

	return json_pick(text, len, want, 1, NULL) == JSON_VALUE_OBJECT &&
	       json_each_element(want[0].value, read_client, b);
}

static bool read_file(struct token_book *b, struct error *err)
{
	int fd = open(b->path, O_RDONLY | O_CLOEXEC);
	struct buf text;
	bool ok;

	if (fd < 0 && errno == ENOENT)
		return true;
	buf_init(&text, FILE_MAX);
	ok = fd >= 0 && io_read_all(fd, &text);
	if (!ok)
		error_set(err, "%s: %s", b->path, strerror(errno));
	else if (!read_text(b, buf_str(&text), text.len))
		say_warning("%s does not hold today's spending of clients: their budgets start "
			    "again",
			b->path);
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	return ok;
}

/* ---- life ---- */

struct token_book *token_book_open(
	const char *folder, struct run_clock *clock, int64_t wall_us, struct error *err)
{
	struct token_book *b = xcalloc(1, sizeof(*b));

	TAILQ_INIT(&b->clients);
	b->clock = clock;
	b->wall_us = wall_us;
	snprintf(b->path, sizeof(b->path), "%s/spent.json", folder);
	snprintf(b->temporary, sizeof(b->temporary), "%s/spent.json.new", folder);
	if (read_file(b, err))
		return b;
	token_book_close(b);
	return NULL;
}

/* Nothing is noted ahead any more. */
static bool settle_notes(struct token_book *b)
{
	struct token_client *c;
	bool any = false;

	TAILQ_FOREACH (c, &b->clients, next) {
		double usd = c->meter.spent_usd + c->meter.reserved_usd;

		any = any || usd < c->meter.noted_usd;
		c->meter.noted_usd = fmin(c->meter.noted_usd, usd);
	}
	return any;
}

void token_book_close(struct token_book *b)
{
	struct token_client *c;

	if (!b)
		return;
	if (settle_notes(b))
		save(b);
	while ((c = TAILQ_FIRST(&b->clients))) {
		TAILQ_REMOVE(&b->clients, c, next);
		free(c);
	}
	free(b);
}

/* ---- use ---- */

void token_book_lower(struct token_book *b)
{
	struct token_client *c;
	bool any = false;

	TAILQ_FOREACH (c, &b->clients, next)
		any |= token_meter_lower(&c->meter);
	if (any)
		save(b);
}

void token_book_take(struct token_book *b, struct token_client *c, const struct token_ask *ask,
	int64_t now_us, int64_t wall_us)
{
	c->requests += !ask->joins;
	if (token_meter_take(&c->meter, ask, now_us, wall_us))
		save(b);
}

void token_book_settle(struct token_book *b, struct token_client *c, const struct token_ask *ask,
	int64_t started_us, double tokens, double usd, int64_t now_us, int64_t wall_us)
{
	c->tokens += (uint64_t)(tokens > 0 ? tokens : 0);
	c->nanos += (uint64_t)(usd > 0 ? usd * NANO + 0.5 : 0);
	if (token_meter_settle(&c->meter, ask, started_us, tokens, usd, now_us, wall_us))
		save(b);
}
