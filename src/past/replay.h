/* The replay of a run: an index of its moments, made of the journal and the results in one pass,
 * and the player that stands at one of them. It takes time and records and does no I/O: for the
 * figures of a moment its caller reads the journal from the nearest key on. Pure. */
#ifndef SLUICE_PAST_REPLAY_H
#define SLUICE_PAST_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "ledger/replay.h"
#include "past/marks.h"
#include "past/past_figures.h"
#include "past/past_log.h"
#include "past/player.h"
#include "past/spans.h"
#include "past/axis.h"
#include "port.h"

enum { REPLAY_KEYS = 128 };

/* The figures after a record; from `offset` of the journal on the others follow. */
struct replay_key {
	int64_t at_ms;
	uint64_t offset;
	struct past_figures figures;
};

/* A record that the log shows and that is no failed attempt. */
struct replay_event {
	uint32_t at_ms;
	uint64_t place;
};

struct replay {
	struct axis axis;
	struct marks marks;
	struct player player;
	struct spans spans;
	struct replay_key *key; /* at most REPLAY_KEYS; each second one goes when they are full */
	size_t keys;
	uint64_t every, since_key; /* records from one key to the next */
	uint32_t *tick;            /* when they were */
	size_t ticks, ticks_cap;
	struct replay_event *event;
	size_t events, events_cap, events_settled;
	int64_t known_ms; /* of the last record whose time is known for sure */
	uint64_t end;     /* of the journal, as far as it was read */
	bool headless;    /* its first record is no start */
	uint64_t untimed; /* results without a time: they count from the end of their session */
	uint8_t mark[REPLAY_PARTS];
	bool settled;
};

struct replay *replay_new(void);
void replay_free(struct replay *r);
/* Takes the next record of the journal. after: the figures once they have taken it; tried: the
 * failed attempt that it is about, NULL: none; key: of its item; shown: the log shows it. */
void replay_take(struct replay *r, const struct journal_record *record,
	const struct ledger_line *line, const struct past_figures *after,
	const struct past_try *tried, uint64_t key, bool shown);
/* Takes the record of an item's end, as ledger_replay() visits it: after the journal's record that
 * it is in, or after the journal. */
void replay_take_entry(struct replay *r, const struct ledger_entry *entry, uint64_t key);
/* The journal was read: the replay can be played and sought, and stands at the start. */
void replay_begin(struct replay *r);
/* All items are known: their states follow from now on. */
void replay_settle(struct replay *r, const struct idmap *by_id, uint32_t n_items);

/* The last key that is not behind the moment; NULL: none. */
const struct replay_key *replay_key_before(const struct replay *r, int64_t at_ms);
/* Fills what the bar shows. */
void replay_show(const struct replay *r, struct replay_view *out);

/* replay_time.c: reads a moment in words: "14:03" or "14:03:07" (local time, the first one of the
 * run), "2026-01-31 14:03", "50%", "-10m" (before the end), "10m" (after the start). False and err
 * when it is none, or not of the run. */
bool replay_time(const struct replay *r, const char *text, int64_t *at_ms, struct error *err);

/* replay_command.c: the commands of a replay. They move the player and nothing else. */
extern const struct command_info replay_commands[];
extern const size_t replay_commands_n;
/* Carries out a command that begins with "replay"; false: it is none of these. */
bool replay_command(struct replay *r, const char *text, int64_t now_us, struct command_reply *out);

#endif
