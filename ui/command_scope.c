/* Which commands mean something in what is shown: a run or a service, one of the past, read-only.
 */
#include <string.h>

#include "batches.h"
#include "phrases.h"
#include "view.h"

bool command_refused(const char *text, bool over)
{
	/* these act on the run, or on files */
	static const char *const acting[] = {"toggle", "concurrency", "limit", "save", "write",
		"selected", "matching", "yes", "budget", "open"};
	const char *args;
	const struct ui_command *own = ui_command_find(text, &args);

	if (own && !strcmp(own->name, "prompt") && *args)
		return command_refused(args, over);
	if (own && !strcmp(own->name, "batch"))
		return !batches_only_look(args);
	for (size_t i = 0; own && i < sizeof(acting) / sizeof(acting[0]); i++)
		if (!strcmp(own->name, acting[i]))
			return true;
	if (own)
		return false;
	return *text && !command_is_harmless(text, over);
}

/* What does not act on the run, or does so on one of the past, too. */
static bool is_of_the_past(const struct view *v, const char *text)
{
	static const char *const acting[] = {
		"concurrency", "limit", "selected", "matching", "budget"};
	const char *args;
	const struct ui_command *own = ui_command_find(text, &args);
	const struct command_info *c;
	size_t n;

	if (own && !strcmp(own->name, "prompt"))
		return !*args || is_of_the_past(v, args);
	if (own && !strcmp(own->name, "toggle"))
		return !strcmp(args, "pause");
	for (size_t i = 0; own && i < sizeof(acting) / sizeof(acting[0]); i++)
		if (!strcmp(own->name, acting[i]))
			return !strcmp(args, "retry");
	c = port_commands(&v->port, &n);
	for (size_t i = 0; !own && i < n; i++) {
		size_t len = strlen(c[i].name);

		if (!strncmp(c[i].name, text, len) && (!text[len] || text[len] == ' '))
			return true;
	}
	return own;
}

bool command_is_of_another(const struct view *v, const char *text)
{
	static const char *const of_service[] = {"help", "back", "leave", "screen", "redraw",
		"suspend", "prompt", "theme", "mouse", "scroll", "filter", "level", "fold", "find",
		"find-next", "find-previous", "batch", "yes"};
	const char *args;
	const struct ui_command *own = ui_command_find(text, &args);

	if (!own)
		return false;
	if (!port_is_service(&v->port))
		return !strcmp(own->name, "batch");
	for (size_t i = 0; i < sizeof(of_service) / sizeof(of_service[0]); i++)
		if (!strcmp(own->name, of_service[i]))
			return false;
	return true;
}

bool binding_is_here(const struct view *v, const struct key_binding *k)
{
	const unsigned service = CONTEXT_BATCHES | CONTEXT_CALLS | CONTEXT_EVENTS,
		       both = CONTEXT_HELP | CONTEXT_ASK | CONTEXT_PROMPT;

	return k->contexts & (port_is_service(&v->port) ? service | both : ~service);
}

bool command_is_off(const struct view *v, const char *text)
{
	return command_is_of_another(v, text) ||
	       (v->read_only && command_refused(text, phrase_over(&v->snap) || v->snap.past)) ||
	       (v->snap.past && !is_of_the_past(v, text));
}
