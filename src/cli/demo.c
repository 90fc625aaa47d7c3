#include "cli/demo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "mock/demo_input.h"
#include "ledger/paths.h"

enum { DEMO_SEED = 7 };

static char *path_in(const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *path = xmalloc(size);

	snprintf(path, size, "%s/%s", folder, name);
	return path;
}

bool demo_prepare(struct run_settings *s, int64_t items, struct error *err)
{
	char *folder = path_in(io_temp_folder(), "sluice-demo-XXXXXX");
	bool ok = mkdtemp(folder) != NULL;

	if (!ok) {
		error_set(err, "cannot create a folder for the demo, %s: %s; set TMPDIR", folder,
			strerror(errno));
	} else {
		free(s->input.path);
		s->input.path = path_in(folder, "demo.jsonl");
		if (!s->output.results)
			s->output.results = path_in(folder, "demo.results.jsonl");
		ok = demo_input_write(s->input.path, items, DEMO_SEED, err);
	}
	free(folder);
	return ok;
}

void demo_clean(const struct run_settings *s)
{
	char *folder =
		xstrndup(s->input.path, (size_t)(strrchr(s->input.path, '/') - s->input.path));
	struct ledger_paths paths;

	unlink(s->input.path);
	if (!strncmp(s->output.results, folder, strlen(folder))) {
		ledger_paths_init(&paths, s->output.results);
		unlink(paths.results);
		unlink(paths.errors);
		unlink(paths.journal);
		ledger_paths_free(&paths);
	}
	rmdir(folder);
	free(folder);
}
