/* The check of a batch's input, and the models in it that no endpoint has told. */
#include <string.h>

#include "serve/catalog.h"
#include "serve/runner_impl.h"
#include "serve/scout.h"

enum { ROUNDS_MAX = 8 };

static void start(struct batch_check *c, struct catalog *catalog_take)
{
	c->catalog = catalog_take;
	c->rules.catalog = catalog_take;
	jobs_add(c->runner->jobs, &c->job);
}

static struct catalog *known(const struct batch_check *c)
{
	return catalog_hold(scout_catalog(c->runner->config.scout, c->kind));
}

static void end(struct batch_check *c)
{
	catalog_release(c->catalog);
	c->catalog = NULL;
	c->checked(&c->job);
}

static void on_asked(void *ctx, enum scout_end how)
{
	struct batch_check *c = ctx;

	c->ended = how == SCOUT_ENDED;
	if (c->ended) {
		end(c);
		return;
	}
	batch_check_clear(c);
	catalog_release(c->catalog);
	start(c, how == SCOUT_UNSURE ? NULL : known(c));
}

/* Was one of the names asked for, and is not there? */
static bool is_refused(const struct batch_check *c)
{
	for (size_t i = 0; i < c->unknown.n; i++)
		for (size_t k = 0; k < c->asked.n; k++)
			if (!strcmp(c->unknown.name[i], c->asked.name[k]))
				return true;
	return false;
}

static void on_checked(struct job *job)
{
	struct batch_check *c = (struct batch_check *)job;
	enum scout_end how;

	if (c->failed || !c->unknown.n || is_refused(c) || c->rounds++ == ROUNDS_MAX) {
		end(c);
		return;
	}
	c->asked = c->unknown;
	how = scout_ask(c->runner->config.scout, c->kind, &c->unknown, on_asked, c);
	if (how != SCOUT_ASKED)
		on_asked(c, how);
}

void runner_check_input(struct runner *r, struct batch_check *c)
{
	const struct runner_config *config = &r->config;

	c->runner = r;
	c->checked = c->job.done;
	c->job.done = on_checked;
	c->job.work = batch_check_work;
	if (!c->rules.default_model)
		c->rules.default_model = config->default_model;
	c->lines_max = config->lines_max;
	c->line_max = config->line_max;
	start(c, known(c));
}
