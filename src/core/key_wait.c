#include "core/key_wait.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/engine_internal.h"

void key_wait_set(struct engine *e, const char *why)
{
	char note[sizeof(e->key_wait.note)];

	text_sanitise(note, sizeof(note), why, strlen(why));
	if (!strcmp(note, e->key_wait.note))
		return;
	snprintf(e->key_wait.note, sizeof(e->key_wait.note), "%s", note);
	if (note[0])
		engine_warn(e, "the key was refused (401)", note);
}

void key_wait_over(struct engine *e, const char *from)
{
	events_add(&e->observer.events, e->wall_us, EVENT_INFO, "continuing with a new key from %s",
		from);
}
