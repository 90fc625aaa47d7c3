/* Where the files of a run are, by the path of its results. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ledger/paths.h"

static char *with_ending(const char *path, size_t len, const char *ending)
{
	size_t n = strlen(ending) + 1;
	char *out = xmalloc(len + n);

	memcpy(out, path, len);
	memcpy(out + len, ending, n);
	return out;
}

void ledger_paths_init(struct ledger_paths *p, const char *results)
{
	static const char ending[] = ".jsonl";
	size_t len = strlen(results), stem = len, n = sizeof(ending) - 1;

	if (len > n && !memcmp(results + len - n, ending, n) && results[len - n - 1] != '/')
		stem -= n;
	p->results = xstrdup(results);
	p->errors = with_ending(results, stem, ".errors.jsonl");
	p->journal = with_ending(results, stem, ".journal");
	p->voided = with_ending(results, stem, ".void.jsonl");
}

void ledger_paths_free(struct ledger_paths *p)
{
	free(p->results);
	free(p->errors);
	free(p->journal);
	free(p->voided);
	*p = (struct ledger_paths){0};
}
