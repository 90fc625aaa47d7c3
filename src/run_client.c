#include "run_client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/lines.h"
#include "cli/command_differs.h"
#include "launch/again.h"
#include "launch/ending.h"
#include "launch/follow.h"

/* A run whose connection broke has most likely ended; its last work may take a moment. */
static const double look_s = 1;

enum { TEXT_MAX = 64 << 10, EXIT_USAGE = 2 };

static void say_buf(struct buf *text)
{
	if (text->len)
		say("%s", buf_str(text));
	buf_free(text);
}

static int left(const struct begun *run)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	ending_say_left(run, &text);
	say_buf(&text);
	return ENDING_GOES_ON;
}

static int ended(int status)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	ending_say_killed(status, &text);
	say_buf(&text);
	return ending_code(status);
}

static enum screen_end how(enum attach_end end, const struct run_client *c)
{
	switch (end) {
	case ATTACH_LEFT:
		return *c->hung_up ? SCREEN_HUNG_UP : SCREEN_LEFT;
	case ATTACH_ENDED:
		return SCREEN_ENDED;
	case ATTACH_LOST:
	case ATTACH_REFUSED:
		break;
	}
	return SCREEN_LOST;
}

static struct attach_config config_of(const struct run_client *c, const struct begun *run)
{
	return (struct attach_config){.fd = -1,
		.name = run->name,
		.results = c->settings->run.output.results,
		.read_only = c->settings->run.read_only,
		.exits = c->settings->ui.exit,
		.screen = c->screen};
}

/* The screen is gone. */
static int conclude(struct follow *f, enum screen_end end, bool drains, const struct begun *run)
{
	enum then then = ending_then(end, drains);

	if (end == SCREEN_HUNG_UP)
		follow_hang_up(f);
	if (follow_wait(f, then == THEN_WAIT ? -1 : then == THEN_LOOK ? look_s : 0))
		return ended(f->status);
	return left(run);
}

static int show(struct launch *launch, const struct run_client *c, const struct begun *run)
{
	const bool drains = c->settings->run.on_hangup == HANGUP_DRAIN;
	struct attach_config config = config_of(c, run);
	struct error err = {""};
	struct attach_result result;
	struct follow follow;
	int code;

	config.fd = launch->link;
	config.started_here = true;
	config.drains_on_hangup = drains;
	launch->link = -1;
	follow_begin(&follow, launch, ev_default_loop(EVFLAG_AUTO));
	result = attach_run(&config, &err);
	if (result.end == ATTACH_REFUSED && err.text[0])
		say("%s", err.text);
	code = conclude(&follow, how(result.end, c), drains, run);
	follow_end(&follow);
	return code;
}

int run_client(struct launch *launch, const struct run_client *c)
{
	struct begun run = {0};
	struct buf line;
	int code;

	buf_init(&line, BEGUN_MAX);
	if (follow_start(launch, &line, &code)) {
		begun_read(line.data, line.len, &run);
		code = show(launch, c, &run);
	}
	launch_close(launch, NULL);
	begun_free(&run);
	buf_free(&line);
	return code;
}

/* ---- the same command again ---- */

/* ctx: the other process, whose paths are relative to its folder. */
static bool same_file(void *ctx, const char *ours, const char *theirs)
{
	const struct begun *other = ctx;
	struct stat a, b;
	struct buf path;
	bool same;

	buf_init(&path, TEXT_MAX);
	if (theirs[0] != '/')
		buf_addf(&path, "/proc/%" PRId64 "/cwd/", other->pid);
	buf_adds(&path, theirs);
	same = !stat(ours, &a) && !stat(buf_str(&path), &b) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
	buf_free(&path);
	return same;
}

void run_client_say_again(const struct begun *first, char *const *words, struct buf *out)
{
	char **theirs = again_words(first->pid);
	struct buf names;

	buf_init(&names, TEXT_MAX);
	if (theirs)
		command_differs(words, theirs, same_file, (void *)first, &names);
	buf_addf(out, "the run is already live, as pid %" PRId64 ", with its own options",
		first->pid);
	if (names.len)
		buf_addf(out, ", not %s", buf_str(&names));
	say("%s", buf_str(out));
	buf_free(&names);
	again_free_words(theirs);
}

int run_client_again(const struct begun *first, const struct run_client *c)
{
	struct attach_config config = config_of(c, first);
	struct error err = {""};
	struct attach_result result;

	config.socket = first->socket;
	result = attach_run(&config, &err);
	if (result.end == ATTACH_ENDED && result.exit_code >= 0)
		return result.exit_code;
	if (result.end == ATTACH_LEFT)
		return left(first);
	if (err.text[0])
		say("%s", err.text);
	return result.end == ATTACH_REFUSED ? EXIT_USAGE : ENDING_GOES_ON;
}

int run_refuse_second(const char *results, const struct begun *first)
{
	struct error err;
	struct buf text;

	buf_init(&text, sizeof(err.text));
	again_refuse(results, first, &text);
	error_set(&err, "%s", buf_str(&text));
	buf_free(&text);
	say("%s", err.text);
	return EXIT_USAGE;
}

/* ---- without a dashboard ---- */

int run_detached(struct launch *launch)
{
	struct buf line;
	int code = 0;

	buf_init(&line, BEGUN_MAX);
	if (follow_start(launch, &line, &code) &&
		!io_write_all(STDOUT_FILENO, line.data, line.len)) {
		say("the run has begun as pid %ld, but its line cannot be printed: %s",
			(long)launch->run, strerror(errno));
		code = EXIT_USAGE;
	}
	buf_free(&line);
	return code;
}
