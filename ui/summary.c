#include "summary.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "figures_text.h"
#include "phrases.h"

enum { ERRORS_SHOWN = 5 };

static void print_failures(const struct snapshot *s, struct lines *out)
{
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (s->final_failures[i])
			lines_add(out, "  failed     %" PRIu64 " by %s", s->final_failures[i],
				outcome_label((enum outcome)i));
}

/* The commonest errors of all attempts, in the words of the server. */
static void print_errors(const struct port *port, struct lines *out)
{
	struct error_group g[ERRORS_SHOWN];
	size_t total, n = port_errors(port, g, ERRORS_SHOWN, &total);
	char text[PHRASE_SIZE];

	for (size_t i = 0; i < n; i++)
		lines_add(out, "  error      %s", phrase_error(&g[i], text));
	if (total > n)
		lines_add(out, "  error      and %zu other kinds", total - n);
}

static void print_attempts(const struct snapshot *s, struct lines *out)
{
	double ok = 100. * (double)s->outcomes[OUTCOME_OK] / (double)s->attempts;
	char rate[16];

	if (!s->attempts) { /* of none, none was bad */
		lines_add(out, "  attempts   0");
		return;
	}
	lines_add(out, "  attempts   %" PRIu64 ", %.1f%% ok, %" PRIu64 " retries, %s/s",
		s->attempts, ok, s->retries, text_count(s->answers_avg, rate, sizeof(rate)));
	if (s->resent)
		lines_add(out,
			"  resent     %" PRIu64
			" of them because connections ended without an answer",
			s->resent);
	if (s->packed_requests)
		lines_add(out, "  packed     %" PRIu64 " items in %" PRIu64 " requests",
			s->packed_items, s->packed_requests);
}

static void print_latency(const struct snapshot *s, struct lines *out)
{
	const struct session_view *v = &s->session;
	const struct latency_summary *l = &s->latency;
	char a[16], b[16], c[16], d[16], e[16], text[FIGURES_TEXT_SIZE];

	if (v->p50_us < 0)
		return;
	lines_add(out, "  latency    avg %s  p50 %s  p90 %s  p99 %s  max %s",
		text_latency(v->avg_us, e, sizeof(e)), text_latency(v->p50_us, a, sizeof(a)),
		text_latency(v->p90_us, b, sizeof(b)), text_latency(v->p99_us, c, sizeof(c)),
		text_latency(v->max_us, d, sizeof(d)));
	if (figures_speed_up(v->speed_up, text)[0])
		lines_add(out, "  speed-up   %s", text);
	if (l->first_byte_p50_us >= 0)
		lines_add(out, "  first byte p50 %s  p99 %s%s",
			text_latency(l->first_byte_p50_us, a, sizeof(a)),
			text_latency(l->first_byte_p99_us, b, sizeof(b)),
			s->past ? "" : " (last 60 s)");
}

static void print_streams(const struct stream_summary *l, struct lines *out)
{
	char a[16], b[16], c[16], d[16];

	if (!l->any)
		return;
	lines_add(out, "  streams    first token p50 %s  p99 %s, gap p50 %s  p99 %s",
		text_latency(l->first_token_p50_us, a, sizeof(a)),
		text_latency(l->first_token_p99_us, b, sizeof(b)),
		text_latency(l->gap_p50_us, c, sizeof(c)),
		text_latency(l->gap_p99_us, d, sizeof(d)));
	if (l->tokens_per_s >= 0)
		lines_add(out, "  writing    %s tokens/s an answer",
			text_count(l->tokens_per_s, a, sizeof(a)));
}

/* What is not known is not left out: it is "?". */
static void print_cost(const struct cost_view *c, struct lines *out)
{
	char usd[16], text[FIGURES_TEXT_SIZE];

	if (c->usd >= 0 || c->expected || c->n_models > 1)
		lines_add(out, "  cost       %s%s", figures_cost(c->usd, (double)c->unpriced, text),
			c->earlier ? ", earlier sessions included" : "");
	for (int i = 0; c->n_models > 1 && i < c->n_models; i++) {
		const struct model_cost_view *m = &c->model[i];

		lines_add(out, "  model      %s: %s, %s, %" PRIu64 " answer%s", m->name,
			text_usd(m->usd, usd, sizeof(usd)),
			figures_tokens(m->tokens_in, m->tokens_cached, m->tokens_cache_write,
				m->tokens_out, text),
			m->answers, m->answers == 1 ? "" : "s");
	}
}

static void print_volume(const struct snapshot *s, struct lines *out)
{
	char a[16], b[16], text[FIGURES_TEXT_SIZE];

	if (s->tokens_in || s->tokens_out)
		lines_add(out, "  tokens     %s",
			figures_tokens((double)s->tokens_in, (double)s->cost.tokens_cached,
				(double)s->cost.tokens_cache_write, (double)s->tokens_out, text));
	if ((s->estimated_in || s->estimated_out) &&
		(s->tokens_in || s->tokens_out || s->session.streams.any))
		lines_add(out, "  estimated  %s",
			figures_estimated((double)s->estimated_in, (double)s->estimated_out, text));
	print_cost(&s->cost, out);
	if (!s->past) /* the files of a run do not have them */
		lines_add(out, "  bytes      %s in, %s out",
			text_bytes((double)s->bytes_in, a, sizeof(a)),
			text_bytes((double)s->bytes_out, b, sizeof(b)));
}

/* The outcomes of rows at each stage of a pipeline. */
static void print_stages(const struct snapshot *s, struct lines *out)
{
	for (int i = 0; s->pipeline && i < s->n_endpoints; i++) {
		const struct endpoint_view *e = &s->endpoints[i];

		lines_add(out,
			"  stage      %s: done %" PRIu64 "  failed %" PRIu64 "  skipped %" PRIu64
			"  requests %" PRIu64,
			e->name, e->stage.done, e->stage.failed, e->stage.skipped,
			e->lane.answered);
	}
}

static void print_items(const struct snapshot *s, struct lines *out)
{
	const struct item_counts *c = &s->items;
	uint64_t done = phrase_done(c), left = c->total - done;
	char up[32], total[PHRASE_SIZE], part[FIGURES_TEXT_SIZE];

	lines_add(out, "%s: %s after %s", s->run_name, run_state_name(s->state),
		text_clock(s->elapsed_us, up, sizeof(up)));
	lines_add(out,
		"  items      %s: ok %" PRIu64 "  failed %" PRIu64 "  cancelled %" PRIu64
		"  not finished %" PRIu64,
		phrase_total(s, total), c->ok, c->failed, c->cancelled, left);
	if (input_part_is(&s->part))
		lines_add(out, "  part       %s; the same command without --%s continues with all",
			figures_part(&s->part, part), s->part.first ? "first" : "sample");
	if (done)
		lines_add(out, "  success    %.1f%% of the items that ended",
			100. * (double)c->ok / (double)done);
	if (s->resumed)
		lines_add(out, "  resumed    %" PRIu64 " of them had ended before this session",
			s->resumed);
}

/* Where the answers are, and the way back to what failed. */
static void print_files(const struct snapshot *s, struct lines *out)
{
	if (!s->results[0])
		return;
	lines_add(out, "  answers    %s", s->results);
	if (!s->items.failed)
		return;
	lines_add(out, "  failures   %s; --retry-failed requests them again", s->errors);
}

void summary_print(const struct port *port, struct lines *out)
{
	char bound[PHRASE_SIZE], reused[PHRASE_SIZE];
	struct snapshot copy;
	const struct snapshot *s = &copy;

	port_snapshot(port, &copy);
	print_items(s, out);
	print_failures(s, out);
	print_attempts(s, out);
	print_errors(port, out);
	print_stages(s, out);
	if (s->doubtful)
		lines_add(out,
			"  in doubt   %" PRIu64 " answers may belong to other requests (journal: "
			"doubt); --on-doubt retry requests them again",
			s->doubtful);
	if (phrase_reused(s, reused)[0])
		lines_add(out, "  reused     %s, without a request of their own", reused);
	print_latency(s, out);
	print_streams(&s->session.streams, out);
	print_volume(s, out);
	print_files(s, out);
	if (s->attempts)
		lines_add(out, "  bound by   %s", phrase_shares(s->session.bound_share, 4, bound));
}
