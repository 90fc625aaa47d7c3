#include "cli/examples.h"

/* clang-format off */
static const struct example examples[] = {
	{ "OpenAI batch lines", "sluice run examples/chat.jsonl --price 0.15,0.60" },
	{ "Anthropic batch lines", "sluice run examples/anthropic.jsonl" },
	{ "Bare bodies", "sluice run examples/bodies.jsonl --url http://localhost:8000" },
	{ "Any HTTP calls", "sluice run examples/http.jsonl --url https://api.example.com" },
	{ "Azure OpenAI", "sluice run examples/azure.jsonl --provider azure" },
	{ "Streaming", "sluice run examples/stream.jsonl --stream" },
	{ "Rows and a template",
	  "sluice run examples/template-rows.jsonl --template examples/template.json" },
	{ "Rows of a CSV file",
	  "sluice run examples/template-rows.csv --template examples/template-csv.json" },
	{ "Show the first filled request",
	  "sluice check examples/template-rows.jsonl --template examples/template.json" },
	{ "Stages: extract, analyse, summarise",
	  "sluice run examples/pipeline-rows.jsonl --pipeline examples/pipeline.json" },
	{ "Stages: cache check, search, answer",
	  "sluice run examples/retrieval-rows.jsonl --pipeline examples/retrieval.json" },
	{ "Show the first requests of the stages",
	  "sluice check examples/retrieval-rows.jsonl --pipeline examples/retrieval.json" },
	{ "A trial on a part of the input", "sluice run examples/chat.jsonl --first 2" },
	{ "Priorities", "sluice run examples/priorities.jsonl" },
	{ "Packing embeddings", "sluice run examples/embeddings.jsonl --pack 64" },
	{ "Cache and coalescing", "sluice run examples/again.jsonl --cache ~/.cache/sluice --dedupe" },
	{ "Several endpoints",
	  "sluice run examples/chat.jsonl "
	  "--endpoint east=https://east.example.com/v1,key-env=EAST_KEY,weight=2,fallback=spare "
	  "--endpoint west=https://west.example.com/v1,key-env=WEST_KEY,rpm=500 "
	  "--endpoint spare=https://api.example.com/v1,weight=0" },
	{ "Success predicates",
	  "sluice run examples/expect.jsonl --expect json --expect finish_reason=stop "
	  "--expect-nonempty" },
	{ "List the runs that go on", "sluice ps" },
	{ "Anthropic's result lines",
	  "sluice run examples/anthropic.jsonl --result-format anthropic" },
	{ "A table of answers and their rows",
	  "sluice export examples/template-rows.results.jsonl --input examples/template-rows.csv "
	  "--with-input --format csv" },
	{ "A field of the answers",
	  "sluice export examples/template-rows.results.jsonl --field tokens=usage.total_tokens" },
	{ "A configuration file", "sluice run examples/chat.jsonl --config examples/config" },
	{ "Show the effective settings and their origin",
	  "sluice run --config examples/config --print-config" },
};
/* clang-format on */

const struct example *example_table(size_t *n)
{
	*n = sizeof(examples) / sizeof(examples[0]);
	return examples;
}
