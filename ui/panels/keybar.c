/* The last line: the keys that matter, from the one key table. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "phrases.h"
#include "view.h"

enum { ENTRIES = 20 };

/* "+-" and "conc", of adjacent bindings that share a word. */
struct entry {
	char keys[16];
	const char *word;
	int rank, cells;
};

/* The word of a key in the current state. */
static const char *word_now(const struct view *v, const char *word)
{
	if (!strcmp(word, "pause") && v->snap.past)
		return "go on";
	if (!strcmp(word, "pause") && v->snap.state == RUN_PAUSED && !v->snap.standstill)
		return "resume";
	if (!strcmp(word, "pause") && v->screen == SCREEN_BATCHES) {
		const struct batch_row *b = service_view_selected(&v->service);

		return b && b->paused ? "resume" : word;
	}
	if (!strcmp(word, "limit"))
		return v->limit;
	if (!strcmp(word, "endpoint") && v->snap.pipeline)
		return "stage";
	if (!strcmp(word, "quit") && v->looks_back)
		return "back";
	if (!strcmp(word, "quit") && v->screen == view_home(v) && v->overlay == OVERLAY_NONE &&
		!v->below && v->leaving == UI_LEAVING_ONLY)
		return "leave";
	if (!strcmp(word, "quit") &&
		(v->screen != view_home(v) || v->below || v->overlay != OVERLAY_NONE))
		return "back";
	return word;
}

/* "+-", but "p/F5": a name of more than a character does not run into its neighbour. */
static void add_key(struct entry *e, const char *name)
{
	size_t len = strlen(e->keys);
	bool apart = len && (text_cells(name) > 1);

	snprintf(e->keys + len, sizeof(e->keys) - len, "%s%s", apart ? "/" : "", name);
}

/* Is there nothing that the key could change or choose? */
static bool is_idle_key(const struct view *v, const struct key_binding *k)
{
	static const char *const steering[] = {
		"toggle", "drain", "concurrency", "limit", "next endpoint"};
	const struct snapshot *s = &v->snap;

	if (!strcmp(k->bar, "endpoint") && s->n_endpoints < 2)
		return true;
	if (!strcmp(k->command, "look back"))
		return !s->replay.on;
	if (!strcmp(k->command, "look live"))
		return !v->looks_back;
	if (s->past && !strcmp(k->bar, "pause"))
		return false; /* the run goes on */
	if (!strcmp(k->bar, "retry failed"))
		return !phrase_over(s) || !phrase_retryable(s);
	for (size_t i = 0; phrase_over(s) && i < sizeof(steering) / sizeof(steering[0]); i++)
		if (!strncmp(k->command, steering[i], strlen(steering[i])))
			return true;
	return false;
}

static size_t entries_of(const struct view *v, struct entry out[ENTRIES])
{
	size_t count, n = 0;
	const struct key_binding *k = binding_table(&count);
	enum key_context context = binding_context(v);

	for (size_t i = 0; i < count; i++) {
		struct entry *e = n ? &out[n - 1] : NULL;
		char name[8];

		if (!k[i].bar || !(k[i].contexts & context) || is_idle_key(v, &k[i]) ||
			(k[i].bar_contexts && !(k[i].bar_contexts & context)) ||
			command_is_off(v, k[i].command))
			continue;
		binding_key_name(k[i].key, name);
		if (!e || strcmp(e->word, k[i].bar) != 0) {
			if (n == ENTRIES)
				break;
			e = &out[n++];
			*e = (struct entry){.word = k[i].bar, .rank = k[i].rank};
		}
		add_key(e, name);
	}
	for (size_t i = 0; i < n; i++) {
		out[i].word = word_now(v, out[i].word);
		out[i].cells = text_cells(out[i].keys) + 1 + text_cells(out[i].word) + 2;
	}
	return n;
}

/* The rank up to which entries fit. */
static int rank_that_fits(const struct entry *e, size_t n, int cells)
{
	int rank = 0;

	for (int used = 1;; rank++) {
		int more = 0;

		for (size_t i = 0; i < n; i++)
			more += e[i].rank == rank + 1 ? e[i].cells : 0;
		used += more;
		if (used - 2 > cells || rank >= ENTRIES)
			return rank;
	}
}

static void keybar_recalculate(struct panel *p, const struct view *v)
{
	struct entry e[ENTRIES];
	char out[PANEL_LINE] = "";
	size_t n, at = 0;
	int rank;

	if (v->overlay == OVERLAY_PROMPT) {
		panel_line(p, 0,
			" " R_KEY "Enter" R_DIM " do it  " R_KEY "Tab" R_DIM " complete  " R_KEY
			"Esc" R_DIM " leave");
		return;
	}
	n = entries_of(v, e);
	rank = rank_that_fits(e, n, p->at.cols);
	for (size_t i = 0; i < n; i++)
		if (e[i].rank <= rank)
			at += (size_t)snprintf(out + at, sizeof(out) - at,
				"%s" R_KEY "%s" R_DIM " %s", at ? "  " : " ", e[i].keys, e[i].word);
	panel_line(p, 0, "%s", out);
}

const struct panel_ops keys_panel = {keybar_recalculate, panel_draw_plain, NULL};
