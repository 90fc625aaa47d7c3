#include "core/observer.h"

#include <stdio.h>
#include <string.h>

#include "api/outcome.h"
#include "base/clock.h"
#include "core/attempt.h"

enum { EVENTS_PER_SECOND = 4 /* of single attempts; the journal has them all */ };

void observer_init(struct observer *o, int64_t now_us)
{
	*o = (struct observer){.regrouped = 0};
	stats_init(&o->stats, now_us);
	chart_init(&o->chart);
	usage_table_init(&o->usage);
	o->stats.chart = &o->chart;
	why_init(&o->why, now_us);
	error_groups_init(&o->groups);
	past_attempts_init(&o->past);
}

void observer_free(struct observer *o)
{
	error_groups_free(&o->groups);
	past_attempts_free(&o->past);
	chart_free(&o->chart);
	usage_table_free(&o->usage);
}

struct attempt_view *observer_keep(struct observer *o, const struct attempt *a,
	const struct answer *answer, const struct verdict *v, int64_t wait_us)
{
	struct attempt_view *view = past_attempts_add(&o->past, a->item, v->outcome == OUTCOME_OK);
	const char *queue = a->task.queue->name;

	view->number = attempt_task(a)->attempts;
	view->queue[0] = '\0';
	if (*queue)
		snprintf(view->queue, sizeof(view->queue), "%s", queue);
	view->latency_us = answer->latency_us;
	view->first_byte_us = answer->first_byte_us;
	view->connect_us = answer->connect_us;
	view->wait_us = wait_us;
	view->outcome = v->outcome;
	view->status = v->status;
	memcpy(view->request_id, v->request_id, strlen(v->request_id) + 1);
	memcpy(view->message, v->message, strlen(v->message) + 1);
	view->first_token_us = answer->stream ? answer->stream->first_token_us : -1;
	view->tokens_per_s = (float)response_tokens_per_s(answer, v);
	view->tokens_in = v->tokens_in;
	view->tokens_out = v->tokens_out;
	return view;
}

void observer_note(struct observer *o, const struct attempt *a, const struct item *item,
	const struct verdict *v, enum event_level level, const char *what, int64_t wall_us)
{
	const struct event_about about = {
		.outcome = v->outcome, .line = item->line, .group = item->group};
	int64_t second = wall_us / US_PER_S;

	if (second != o->event_second) {
		o->event_second = second;
		o->event_count = 0;
	}
	if (o->event_count++ >= EVENTS_PER_SECOND)
		return;
	events_add_about(&o->events, wall_us, level, &about, "%.*s %s: %s%s%s",
		(int)(a->id.len < 40 ? a->id.len : 40), a->id.data, what, outcome_label(v->outcome),
		v->message[0] ? ", " : "", v->message);
}

void observer_group(struct observer *o, struct item *item, const struct verdict *v,
	const struct error_where *where, int64_t wall_us)
{
	const struct error_seen seen = {.outcome = v->outcome,
		.status = v->status,
		.code = v->code,
		.message = v->message,
		.id = where->id,
		.id_len = where->id_len,
		.model = where->model,
		.place = where->place};

	error_groups_items(&o->groups, item->group, -1);
	item->group = error_groups_add(&o->groups, &seen, wall_us);
	error_groups_items(&o->groups, item->group, 1);
}
