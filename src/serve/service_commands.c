#include "serve/service_commands.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/text.h"

enum { WORD_SIZE = 64, MILLI = 1000, WEIGHT_MOST = 1000 };

static const char blanks[] = " \t";

static bool say_reply(struct command_reply *reply, bool ok, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool say_reply(struct command_reply *reply, bool ok, const char *format, ...)
{
	char raw[sizeof(reply->text)];
	va_list ap;

	va_start(ap, format);
	vsnprintf(raw, sizeof(raw), format, ap);
	va_end(ap);
	text_sanitise(reply->text, sizeof(reply->text), raw, strlen(raw));
	reply->ok = ok;
	return ok;
}

/* Each carries out one command on a batch that has not ended; args is what stands behind its id. */
typedef bool batch_command(
	struct service *s, struct batch_record *b, const char *args, struct command_reply *reply);

static uint64_t left_of(const struct batch_record *b)
{
	struct batch_counts n;

	runner_counts(b, &n);
	return n.total - n.ok - n.failed;
}

/* What is in the batch's record has changed. */
static void follow(struct service *s, struct batch_record *b)
{
	store_save_batch(s->store, b, NULL, NULL);
	runner_steer(s->runner, b);
}

static bool pause_batch(
	struct service *s, struct batch_record *b, const char *args, struct command_reply *reply)
{
	(void)args;
	if (b->paused)
		return say_reply(reply, false, "%s is already paused", b->id);
	b->paused = true;
	follow(s, b);
	return say_reply(reply, true,
		"%s paused: requests in flight finish, %" PRIu64 " lines are left", b->id,
		left_of(b));
}

static bool resume_batch(
	struct service *s, struct batch_record *b, const char *args, struct command_reply *reply)
{
	(void)args;
	if (!b->paused)
		return say_reply(reply, false, "%s is not paused", b->id);
	b->paused = false;
	follow(s, b);
	return say_reply(reply, true, "%s resumed: %" PRIu64 " lines are left", b->id, left_of(b));
}

static bool cancel_batch(
	struct service *s, struct batch_record *b, const char *args, struct command_reply *reply)
{
	(void)args;
	if (b->at_us[FACT_CANCELLING])
		return say_reply(reply, false, "%s is already being cancelled", b->id);
	runner_cancel(s->runner, b, NULL, NULL);
	return say_reply(reply, true,
		"%s cancelled: requests in flight finish, existing answers are kept", b->id);
}

static bool raise_batch(
	struct service *s, struct batch_record *b, const char *args, struct command_reply *reply)
{
	(void)args;
	if (b->raised)
		return say_reply(reply, false, "%s is already raised", b->id);
	b->raised = true;
	follow(s, b);
	return say_reply(reply, true, "%s now comes before the other batches of its client", b->id);
}

static bool lower_batch(
	struct service *s, struct batch_record *b, const char *args, struct command_reply *reply)
{
	(void)args;
	if (!b->raised)
		return say_reply(reply, false, "%s is not raised", b->id);
	b->raised = false;
	follow(s, b);
	return say_reply(reply, true, "%s has its normal turns again", b->id);
}

static bool weigh_batch(
	struct service *s, struct batch_record *b, const char *args, struct command_reply *reply)
{
	double weight;

	if (!parse_double(args, &weight) || weight * MILLI < 1 || weight > WEIGHT_MOST)
		return say_reply(
			reply, false, "weigh BATCH N: give a number from 0.001 to %d", WEIGHT_MOST);
	b->weight_milli = (int64_t)(weight * MILLI + 0.5);
	follow(s, b);
	return say_reply(
		reply, true, "%s has weight %g among the batches of its client", b->id, weight);
}

static const struct {
	struct command_info info;
	batch_command *run;
	bool takes_all, takes_more;
} table[] = {
	{{"pause", "BATCH|all", "send nothing new of the batch; requests in flight finish"},
		pause_batch, true, false},
	{{"resume", "BATCH|all", "continue a paused batch"}, resume_batch, true, false},
	{{"cancel", "BATCH", "cancel the batch and keep its answers"}, cancel_batch, false, false},
	{{"raise", "BATCH", "put the batch before the others of its client"}, raise_batch, false,
		false},
	{{"lower", "BATCH", "give the batch its normal turns again"}, lower_batch, false, false},
	{{"weigh", "BATCH N", "set the weight of the batch among those of its client (default 1)"},
		weigh_batch, false, true},
};

enum { COMMANDS = sizeof(table) / sizeof(table[0]) };

const struct command_info *service_command_table(size_t *n)
{
	static struct command_info infos[COMMANDS];

	for (int i = 0; i < COMMANDS; i++)
		infos[i] = table[i].info;
	*n = COMMANDS;
	return infos;
}

/* The first word, and what stands behind it. */
static const char *take_word(const char *text, char word[WORD_SIZE])
{
	size_t len;

	text += strspn(text, blanks);
	len = strcspn(text, blanks);
	snprintf(word, WORD_SIZE, "%.*s", (int)len, text);
	return text + len + strspn(text + len, blanks);
}

struct batch_record *service_open_batch(
	const struct service *s, const char *id, struct command_reply *reply)
{
	struct batch_record *b = store_batch(s->store, id), *found = NULL;

	if (b && batch_record_ended(b)) {
		say_reply(reply, false, "%s has ended: %s", id,
			batch_state_name(batch_record_state(b)));
		return NULL;
	}
	if (b)
		return b;
	TAILQ_FOREACH (b, store_batches(s->store), next) {
		if (batch_record_ended(b) || strncmp(b->id, id, strlen(id)) != 0)
			continue;
		if (found) {
			say_reply(reply, false, "%s and %s begin with \"%s\": give more of the id",
				found->id, b->id, id);
			return NULL;
		}
		found = b;
	}
	if (!found)
		say_reply(reply, false, "no open batch \"%s\"", id);
	return found;
}

static void run_for_all(struct service *s, batch_command *run, struct command_reply *reply)
{
	struct batch_record *b;
	uint64_t n = 0;

	TAILQ_FOREACH (b, store_batches(s->store), next)
		if (!batch_record_ended(b))
			n += run(s, b, "", reply);
	reply->items = n;
	say_reply(reply, true, "%" PRIu64 " batches", n);
}

void service_command(struct service *s, const struct command_request *r, struct command_reply *out)
{
	char name[WORD_SIZE], id[WORD_SIZE];
	const char *args = take_word(take_word(r->text, name), id);
	struct batch_record *b;

	*out = (struct command_reply){.ok = false};
	for (int i = 0; i < COMMANDS; i++) {
		if (strcmp(table[i].info.name, name) != 0)
			continue;
		if (!*id || (*args && !table[i].takes_more)) {
			say_reply(out, false, "usage: %s %s", name, table[i].info.args);
		} else if (r->dry_run) {
			say_reply(out, false, "commands of a service do not support dry_run");
		} else if (table[i].takes_all && !strcmp(id, "all")) {
			run_for_all(s, table[i].run, out);
		} else {
			b = service_open_batch(s, id, out);
			out->items = b && table[i].run(s, b, args, out);
		}
		return;
	}
	say_reply(out, false,
		"\"%s\" is not a command of a service; use pause, resume, cancel, raise, lower or "
		"weigh",
		name);
}
