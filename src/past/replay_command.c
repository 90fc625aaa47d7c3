/* The commands of a replay. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "past/replay.h"

const struct command_info replay_commands[] = {
	{"replay", "toggle|play|pause", "play or pause the replay"},
	{"replay at", "14:03|-10m|10m|50%", "go to a time"},
	{"replay by", "+5s|-60s", "go forward or back"},
	{"replay mark", "next|previous",
		"go to a mark: a 429, hold, limit change, command or new error"},
	{"replay tick", "next|previous", "go to the next or previous second with a change"},
	{"replay speed", "N|up|down", "speed of the replay, 1 to 1000"},
	{"write", "FILE [where FILTER]",
		"write all items, or the items that match a filter, with their answers to a new "
		"file"},
	{"tag", "ID|#LINE", "tag an item; see tag: in filters"},
	{"untag", "ID|#LINE|all", "remove the tag of an item, or all tags"},
	{"quit", "", "leave"},
	{"interrupt", "", "leave"},
};
const size_t replay_commands_n = sizeof(replay_commands) / sizeof(replay_commands[0]);

static bool refuse(struct command_reply *out, const char *text)
{
	out->ok = false;
	snprintf(out->text, sizeof(out->text), "%.199s", text);
	return true;
}

/* Standing still, as one looks at a mark. */
static void stand_at(struct replay *r, int64_t at_ms, int64_t now_us)
{
	player_play(&r->player, false, now_us);
	player_seek(&r->player, at_ms);
}

static bool run_play(struct replay *r, const char *args, int64_t now_us, struct command_reply *out)
{
	bool toggle = !*args || !strcmp(args, "toggle");

	if (!toggle && strcmp(args, "play") != 0 && strcmp(args, "pause") != 0)
		return refuse(out, "replay takes toggle, play, pause, at, by, mark, tick or speed");
	player_play(&r->player, toggle ? !r->player.playing : !strcmp(args, "play"), now_us);
	return true;
}

static bool run_at(struct replay *r, const char *args, int64_t now_us, struct command_reply *out)
{
	struct error err;
	int64_t at_ms;

	(void)now_us;
	if (!replay_time(r, args, &at_ms, &err))
		return refuse(out, err.text);
	player_seek(&r->player, at_ms);
	return true;
}

static bool run_by(struct replay *r, const char *args, int64_t now_us, struct command_reply *out)
{
	int64_t us;

	(void)now_us;
	if ((*args != '+' && *args != '-') || !parse_duration_us(args + 1, &us))
		return refuse(out, "replay by takes a time such as +5s or -1m");
	us /= US_PER_MS;
	player_seek(&r->player, r->player.at_ms + (*args == '-' ? -us : us));
	return true;
}

static bool direction(const char *args, bool *forward)
{
	*forward = !strcmp(args, "next");
	return *forward || !strcmp(args, "previous");
}

static bool run_mark(struct replay *r, const char *args, int64_t now_us, struct command_reply *out)
{
	bool forward;
	int64_t at_ms;

	if (!direction(args, &forward))
		return refuse(out, "replay mark next or previous");
	if (!marks_next(&r->marks, r->player.at_ms, forward, &at_ms))
		return refuse(
			out, forward ? "no mark after this moment" : "no mark before this moment");
	stand_at(r, at_ms, now_us);
	return true;
}

/* The first tick at or behind a point. */
static size_t tick_from(const struct replay *r, int64_t at_ms)
{
	size_t low = 0, high = r->ticks;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->tick[mid] < at_ms)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Runs of releases without ticks go by the second; so does what lies before the first tick. */
static bool run_tick(struct replay *r, const char *args, int64_t now_us, struct command_reply *out)
{
	int64_t at_ms = r->player.at_ms;
	bool forward;
	size_t i;

	if (!direction(args, &forward))
		return refuse(out, "replay tick next or previous");
	i = tick_from(r, forward ? at_ms + 1 : at_ms);
	if (forward)
		at_ms = i < r->ticks ? r->tick[i] : r->ticks ? r->player.length_ms : at_ms + 1000;
	else
		at_ms = i ? r->tick[i - 1] : r->ticks ? 0 : at_ms - 1000;
	stand_at(r, at_ms, now_us);
	return true;
}

static bool run_speed(struct replay *r, const char *args, int64_t now_us, struct command_reply *out)
{
	int64_t speed;

	(void)now_us;
	if (!strcmp(args, "up") || !strcmp(args, "down"))
		player_change_speed(&r->player, !strcmp(args, "up"));
	else if (parse_count(args, 1, PLAYER_FASTEST, &speed))
		player_set_speed(&r->player, (int)speed);
	else
		return refuse(out, "replay speed takes 1 to 1000, up or down");
	return true;
}

bool replay_command(struct replay *r, const char *text, int64_t now_us, struct command_reply *out)
{
	static const struct {
		const char *word;
		bool (*run)(struct replay *r, const char *args, int64_t now_us,
			struct command_reply *out);
	} verbs[] = {{"at", run_at}, {"by", run_by}, {"mark", run_mark}, {"tick", run_tick},
		{"speed", run_speed}};
	const char *args = text + strlen("replay");

	if (strncmp(text, "replay", strlen("replay")) != 0 || (*args && *args != ' '))
		return false;
	memset(out, 0, sizeof(*out));
	out->ok = true;
	args += strspn(args, " ");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		size_t len = strlen(verbs[i].word);

		if (!strncmp(args, verbs[i].word, len) && (!args[len] || args[len] == ' '))
			return verbs[i].run(r, args + len + strspn(args + len, " "), now_us, out);
	}
	return run_play(r, args, now_us, out);
}
