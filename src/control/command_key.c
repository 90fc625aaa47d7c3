/* The command about keys. */
#include "control/command_impl.h"

bool command_key_reload(struct control *c, const char *args, struct command_reply *reply)
{
	struct engine *e = c->engine;
	char words[sizeof(reply->text)];

	(void)args;
	if (!e->ops.reload_keys)
		return command_say(reply, false, "the key cannot be reloaded");
	return command_say(reply, e->ops.reload_keys(e->ctx, words, sizeof(words)), "%s", words);
}
