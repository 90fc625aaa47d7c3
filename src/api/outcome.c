#include "api/outcome.h"

#include <string.h>

static const struct outcome_info outcomes[OUTCOME_COUNT] = {
	[OUTCOME_OK] = {"ok", "ok", RETRY_NEVER},
	[OUTCOME_RATE_LIMITED] = {"rate_limited", "429 rate limit", RETRY_RATE},
	[OUTCOME_SERVER_ERROR] = {"server_error", "5xx server", RETRY_ATTEMPTS},
	[OUTCOME_TIMEOUT] = {"timeout", "timeout", RETRY_ATTEMPTS},
	[OUTCOME_NETWORK] = {"network", "network", RETRY_ATTEMPTS},
	[OUTCOME_CLIENT_ERROR] = {"client_error", "4xx client", RETRY_NEVER},
	[OUTCOME_AUTH] = {"auth", "401/403 auth", RETRY_HOLD},
	[OUTCOME_QUOTA] = {"quota", "quota used up", RETRY_HOLD},
	[OUTCOME_BAD_RESPONSE] = {"bad_response", "bad response", RETRY_ATTEMPTS},
	[OUTCOME_TOO_LARGE] = {"too_large", "too large", RETRY_NEVER},
	[OUTCOME_CANCELLED] = {"cancelled", "cancelled", RETRY_NEVER},
	[OUTCOME_BAD_INPUT] = {"bad_input", "bad input line", RETRY_NEVER},
};

static const char *const item_states[ITEM_STATE_COUNT] = {
	"queued", "waiting", "in flight", "held", "ok", "failed", "cancelled"};

static const char *const bounds[BOUND_COUNT] = {"nothing", "conc", "rpm", "tpm", "window",
	"adaptive", "shared", "server", "client", "hold", "backoff", "pause", "input", "done"};

static const char *const run_states[RUN_STATE_COUNT] = {
	"RUNNING", "PAUSED", "HELD", "DISK FULL", "DRAINING", "CANCELLING", "DONE", "STOPPED"};

const struct outcome_info *outcome_info(enum outcome o)
{
	return &outcomes[o];
}

bool outcome_by_name(const char *name, enum outcome *out)
{
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		if (!strcmp(name, outcomes[i].name)) {
			*out = (enum outcome)i;
			return true;
		}
	}
	return false;
}

const char *outcome_name(enum outcome o)
{
	return outcomes[o].name;
}

const char *outcome_label(enum outcome o)
{
	return outcomes[o].label;
}

const char *item_state_name(enum item_state s)
{
	return item_states[s];
}

const char *bound_name(enum bound b)
{
	return bounds[b];
}

const char *run_state_name(enum run_state s)
{
	return run_states[s];
}
