/* Takes back the operator's last act. */
#include "control/command_impl.h"

bool command_undo(struct control *c, const char *args, struct command_reply *reply)
{
	struct undo *u = &c->undo;
	char text[160];

	(void)args;
	if (!u->acts_at && !u->limits_at)
		return command_say(reply, false, "nothing to undo since the last undo");
	if (u->acts_at > u->limits_at)
		return bulk_undo(c, reply);
	undo_set_limits(u, c->engine, text, sizeof(text));
	return command_say(reply, true, "undone: %s", text[0] ? text : "the limits are the same");
}
