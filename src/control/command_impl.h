/* Shared by the files of the command table. */
#ifndef SLUICE_CONTROL_COMMAND_IMPL_H
#define SLUICE_CONTROL_COMMAND_IMPL_H

#include "control/control_impl.h"

/* command_reply.c: sets reply to the sanitised text and returns ok. */
bool command_say(struct command_reply *reply, bool ok, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Each carries out one command; args is the trimmed text after its name. False, with the reason in
 * reply, when it fails. */
typedef bool command_run_fn(struct control *c, const char *args, struct command_reply *reply);

/* command_limits.c */
command_run_fn command_set_concurrency, command_set_rate, command_set_rpm, command_set_tpm,
	command_set_budget_tokens, command_set_budget_usd, command_auto, command_forget,
	command_resume_hold;
/* command_resend.c */
command_run_fn command_resend;
/* command_undo.c */
command_run_fn command_undo;
/* command_endpoint.c */
command_run_fn command_endpoint, command_next_endpoint;
/* command_key.c */
command_run_fn command_key_reload;
/* command_items.c */
/* The item of an id or "#LINE"; ITEM_NONE, and a reply that there is none. */
uint32_t command_item_named(struct engine *e, const char *name, struct command_reply *reply);
command_run_fn command_cancel, command_retry, command_hold, command_release, command_cancel_where,
	command_retry_where, command_hold_where, command_release_where, command_retry_all,
	command_raise, command_lower, command_raise_where, command_lower_where, command_tag,
	command_untag;

#endif
