#include "core/changed.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "core/engine_internal.h"
#include "ledger/replay.h"

void engine_set_sent(struct engine *e, const struct sent_settings *now)
{
	const struct sent_table *t = ledger_sent(e->recorder.ledger);
	uint8_t first = sent_table_of(t, 0);

	for (int i = 0; i < t->n; i++)
		e->changed.settings[i + 1] = (uint8_t)sent_settings_differ(&t->at[i], now);
	/* Results name their session unless it has the settings of the first. After lines were
	 * voided, all do: a void line is known by its place and content, and no later one may have
	 * both. */
	if (t->sessions && (!first || !sent_settings_same(&t->at[first - 1], now) ||
				   e->config.redo_changed || ledger_any_void(e->recorder.ledger)))
		e->recorder.session = t->sessions + 1;
}

bool changed_settings(const struct engine *e, const struct ended *ended)
{
	return (ended->state == ITEM_OK || ended->state == ITEM_FAILED) &&
	       e->changed.settings[ended->made];
}

bool changed_redo(const struct engine *e, const struct ended *ended, bool line)
{
	return e->config.redo_changed && (line || changed_settings(e, ended));
}

bool changed_take_back(struct engine *e, const struct ended *ended, const struct buf *id)
{
	struct recorder *r = &e->recorder;

	e->changed.redone++;
	if (ended->state != ITEM_OK) {
		recorder_requeued(r, e->wall_us, id->data, id->len);
		return true;
	}
	if (ledger_add_void(r->ledger, e->wall_us, id->data, id->len, ended->offset)) {
		r->journal_added++;
		return true;
	}
	engine_abort(
		e, "a result that must be requested again is missing from the results", e->wall_us);
	return false;
}

bool changed_refuses(const struct engine *e, uint32_t line, const struct ended *ended,
	const struct buf *id, bool other_line, char *why)
{
	bool ok = ended->state == ITEM_OK;
	const char *state = item_state_name((enum item_state)ended->state);
	char name[36], what[60];

	if (e->config.accept_changed || e->config.looks_only ||
		(!other_line && !changed_settings(e, ended)))
		return false;
	text_sanitise(name, sizeof(name), id->data, id->len);
	sent_settings_name(e->changed.settings[ended->made], what, sizeof(what));
	if (other_line)
		snprintf(why, CHANGED_WHY,
			"line %" PRIu32 " changed since \"%s\" ended as %s: give it a new "
			"custom_id, or --redo-changed to request it again, or --accept-changed to "
			"keep its result%s",
			line, name, state, ok ? "" : ", or --retry-failed");
	else
		snprintf(why, CHANGED_WHY,
			"%s changed since line %" PRIu32 ", \"%s\", ended as %s: --redo-changed "
			"requests it again, --accept-changed keeps the results",
			what, line, name, state);
	return true;
}
