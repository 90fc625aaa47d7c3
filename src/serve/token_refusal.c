#include "serve/token_refusal.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

enum { TOO_MANY = 429, SOON_S = 1 };

static const struct {
	const char *type, *code, *of;
} words[] = {
	[TOKEN_RPM] = {"requests", "rate_limit_exceeded", "requests per min (RPM)"},
	[TOKEN_TPM] = {"tokens", "rate_limit_exceeded", "tokens per min (TPM)"},
	[TOKEN_USD] = {"insufficient_quota", "insufficient_quota", NULL},
};

static int whole_seconds(int64_t us)
{
	return us == NEVER_US ? SOON_S : (int)((us + US_PER_S - 1) / US_PER_S);
}

void token_refusal(const struct token_client *client, const struct token_ask *ask,
	const struct token_verdict *v, int64_t now_us, int64_t wall_us, struct token_refusal *out)
{
	const struct token_limits *l = &client->meter.limits;
	bool tokens = v->bound == TOKEN_TPM;
	char usd[16], day[32];

	*out = (struct token_refusal){.type = words[v->bound].type,
		.code = words[v->bound].code,
		.retry_after_s = whole_seconds(v->wait_us),
		.final = v->bound == TOKEN_USD && v->wait_us != NEVER_US};
	if (v->bound == TOKEN_USD) {
		clock_rfc3339(token_next_day_us(wall_us), day, sizeof(day));
		snprintf(out->message, sizeof(out->message),
			"You exceeded your current quota: %s has used its budget of %s a day. You "
			"will regain access on %.10s at 00:00 UTC.",
			client->name, text_usd(l->usd, usd, sizeof(usd)), day);
		return;
	}
	snprintf(out->message, sizeof(out->message),
		"Rate limit reached for %s on %s: Limit %.0f, Used %.0f, Requested %.0f. Please "
		"try again in %ds.",
		client->name, words[v->bound].of, tokens ? l->tpm : l->rpm,
		token_meter_used(&client->meter, v->bound, now_us), tokens ? ask->tokens : 1,
		out->retry_after_s);
}

void token_refuse(struct call *c, const struct token_refusal *refusal)
{
	const struct problem p = {.status = TOO_MANY,
		.type = refusal->type,
		.code = refusal->code,
		.message = refusal->message};

	if (refusal->final && c->x)
		http_add_header(c->x, "x-should-retry", "false");
	call_refuse_with(c, &p, refusal->retry_after_s);
}
