#include "ledger/cost_record.h"

void cost_record_add(struct json_writer *w, const struct cost_record *r)
{
	if (r->in >= 0)
		json_member_int(w, "tokens_in", r->in);
	if (r->out >= 0)
		json_member_int(w, "tokens_out", r->out);
	if (r->cached > 0)
		json_member_int(w, "tokens_cached", r->cached);
	if (r->cache_write > 0)
		json_member_int(w, "tokens_cache_write", r->cache_write);
	if (r->estimated_in > 0)
		json_member_int(w, "estimated_in", r->estimated_in);
	if (r->estimated_out > 0)
		json_member_int(w, "estimated_out", r->estimated_out);
	if (r->nano_usd >= 0)
		json_member_double(w, "cost_usd", (double)r->nano_usd / NANO_PER_USD, 9);
	if (r->model_len)
		json_member_string(w, "model", r->model, r->model_len);
}
