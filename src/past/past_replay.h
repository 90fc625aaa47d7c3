/* The replay of a run by its files: brings engine, figures and log to the player's moment, and
 * shows what differs then from a run that is over. For the files of src/past only. */
#ifndef SLUICE_PAST_PAST_REPLAY_H
#define SLUICE_PAST_PAST_REPLAY_H

#include "past/past_impl.h"

/* Of the journal's next record; tried: NULL unless it is a failed attempt. */
void past_replay_record(struct past *p, const struct journal_record *record,
	const struct ledger_line *line, const struct past_try *tried);
/* Of an item's end. */
void past_replay_item(struct past *p, const struct ledger_entry *entry);
/* The files were read: stands at the moment in words (NULL: at the start). False and err: there is
 * nothing to replay, or no such moment. */
bool past_replay_begin(struct past *p, const char *at, struct error *err);
/* All items are known. */
void past_replay_settle(struct past *p);
/* Brings everything to the player's moment. */
void past_replay_move(struct past *p);
/* Lets time go by. */
void past_replay_turn(struct past *p);
/* What the wall clock showed at the moment. */
int64_t past_replay_wall_us(const struct past *p);

/* past_moment.c: what the port shows. */
void past_moment_snapshot(struct past *p, struct snapshot *out);
size_t past_moment_rows(struct past *p, const struct item_query *q, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info);
bool past_moment_locate(
	struct past *p, const struct item_query *q, uint64_t line, uint64_t *offset);
bool past_moment_row(struct past *p, uint64_t line, struct item_row *out);
size_t past_moment_errors(struct past *p, struct error_group *out, size_t n, size_t *total);
/* What is known of the end only is not known of a moment before it. */
bool past_moment_is_end(const struct past *p);
/* past_moment_charts.c */
size_t past_moment_chart(struct past *p, const struct chart_query *q, struct chart_slot *out,
	size_t n, struct chart_info *info);
/* Before the detail of an item is read: its attempts up to the moment. False: it is not known yet.
 */
bool past_moment_attempts(struct past *p, uint64_t line);

#endif
