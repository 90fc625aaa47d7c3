/* Files an earlier session left: a journal, a line "----", results. What is read from them is the
 * same after they were mended and closed, and each record can be read again by its offset. */
#include <sys/stat.h>

#include "fuzz.h"
#include "ledger/priority_changes.h"
#include "ledger/paths.h"
#include "ledger/read_back.h"
#include "ledger/replay.h"
#include "ledger/record.h"
#include "ledger/stage_records.h"
#include "ledger/result_view.h"

enum { MAX = 1 << 20, ENTRIES = 64 };

static void put(const char *path, const char *data, size_t len)
{
	FILE *f = fopen(path, "w");

	must(f && fwrite(data, 1, len, f) == len && fclose(f) == 0);
}

struct seen {
	size_t n;
	uint64_t id_bytes, bad;
	int64_t bumps; /* of all lines, weighted */
	size_t stages; /* that pipelines kept */
	struct {
		uint64_t offset, request_hash;
		bool forget;
	} stage[ENTRIES];
	struct {
		uint64_t offset;
		enum item_state state;
	} entry[ENTRIES];
};

static void visit(void *ctx, const struct ledger_entry *e)
{
	struct seen *s = ctx;

	must(e->attempts >= 0 && e->outcome < OUTCOME_COUNT);
	must(e->cost.in >= -1 && e->cost.out >= -1 && e->cost.nano_usd >= -1);
	s->id_bytes += e->id_len;
	if (s->n < ENTRIES) {
		s->entry[s->n].state = e->state;
		s->entry[s->n].offset = e->state == ITEM_OK ? e->results_offset : e->journal_offset;
	}
	s->n++;
}

static void look(struct ledger *l, const struct seen *s)
{
	struct result_record record;
	struct result_view view;
	struct verdict verdict;
	struct buf text;
	int64_t wall_us;

	buf_init(&text, MAX);
	for (size_t i = 0; i < s->n && i < ENTRIES; i++) {
		if (s->entry[i].state == ITEM_QUEUED)
			continue;
		must(s->entry[i].state == ITEM_OK
				? ledger_read_result(l, s->entry[i].offset, &text)
				: ledger_read_final(l, s->entry[i].offset, &text, &wall_us));
		must(result_record_parse(buf_str(&text), text.len, &record));
		if (result_view_parse(buf_str(&text), text.len, &view))
			result_view_judge(&view, &verdict);
	}
	buf_free(&text);
}

static void visit_stage(void *ctx, const struct ledger_stage *stage)
{
	struct seen *s = ctx;

	must(stage->cost.in >= -1 && stage->cost.out >= -1 && stage->cost.nano_usd >= -1);
	if (s->stages < ENTRIES) {
		s->stage[s->stages].offset = stage->offset;
		s->stage[s->stages].request_hash = stage->request_hash;
		s->stage[s->stages].forget = stage->forget;
	}
	s->stages++;
	s->id_bytes += stage->id_len + stage->stage_len;
}

/* What was visited is there when it is wanted. */
static void look_at_stages(struct ledger *l, const struct seen *s)
{
	struct ledger_stage stage;
	struct buf text;

	buf_init(&text, MAX * 4);
	for (size_t i = 0; i < s->stages && i < ENTRIES; i++) {
		bool there = ledger_read_stage(l, s->stage[i].offset, &stage, &text);

		must(there == !s->stage[i].forget);
		must(!there || stage.request_hash == s->stage[i].request_hash);
	}
	buf_free(&text);
}

/* A session that adds nothing, but the errors file. False when the files are none of ours. */
static bool session(const char *results, struct seen *s)
{
	struct error err = {""};
	struct ledger *l = ledger_open(results, &err);
	uint64_t offsets[ENTRIES];
	size_t n = 0;

	*s = (struct seen){0};
	if (!l) {
		must(err.text[0]);
		must_be_harmless(err.text);
		return false;
	}
	must(ledger_replay(l, visit, s, &s->bad, &err));
	look(l, s);
	must(ledger_replay_stages(l, visit_stage, s, &err));
	look_at_stages(l, s);
	for (uint32_t line = 1; line < 300; line++)
		s->bumps += (int64_t)line *
			    priority_changes_of(ledger_priority_changes(l), line, line, line);
	for (size_t i = 0; i < s->n && i < ENTRIES; i++)
		if (s->entry[i].state == ITEM_FAILED || s->entry[i].state == ITEM_CANCELLED)
			offsets[n++] = s->entry[i].offset;
	must(ledger_write_errors(l, offsets, n, &err));
	must(ledger_close(l, &err));
	return true;
}

static void check_line(const char *text, size_t len)
{
	struct result_record result, answer;
	struct journal_record journal;
	char words[32];

	/* a text that is none may still have an answer's ends */
	if (result_record_parse(text, len, &result) && result_record_answer(text, len, &answer))
		must(answer.id.at == result.id.at && answer.id.len == result.id.len);
	if (result_record_parse(text, len, &result)) {
		must(result.id.at >= text && result.id.at + result.id.len <= text + len);
		must(json_span_type(result.id) == JSON_VALUE_STRING && result.id.len >= 2);
		text_latency(result.latency_us, words, sizeof(words));
		text_latency(result.first_byte_us, words, sizeof(words));
	}
	if (journal_record_parse(text, len, &journal) && journal.kind == JOURNAL_FINAL)
		must(journal.line.at > text && journal.line.at + journal.line.len < text + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char mark[] = "\n----\n";
	static char folder[64], results[96];
	const char *text = (const char *)data, *end = text + size, *line;
	const char *split = memmem(text, size, mark, sizeof(mark) - 1);
	struct ledger_paths paths;
	struct seen first, second;
	size_t len;

	if (size > MAX)
		return 0;
	if (!folder[0]) {
		strcpy(folder, "/dev/shm/fuzz-ledger-XXXXXX");
		must(mkdtemp(folder));
		snprintf(results, sizeof(results), "%s/x.jsonl", folder);
	}
	ledger_paths_init(&paths, results);
	put(paths.journal, text, split ? (size_t)(split + 1 - text) : size);
	line = split ? split + sizeof(mark) - 1 : end;
	put(paths.results, line, (size_t)(end - line));
	if (session(results, &first)) {
		must(session(results, &second));
		must(second.n == first.n && second.bad == first.bad &&
			second.id_bytes == first.id_bytes && second.bumps == first.bumps &&
			second.stages == first.stages);
	}
	while (next_line(&text, end, &line, &len))
		check_line(line, len);
	unlink(paths.results);
	unlink(paths.journal);
	unlink(paths.errors);
	ledger_paths_free(&paths);
	return 0;
}
