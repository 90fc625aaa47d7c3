#include "snapshot_json.h"

#include <math.h>

#include "base/clock.h"

/* A number, null when it is negative or none: unknown. */
static void put_known(struct json_writer *w, double n)
{
	if (n >= 0 && isfinite(n))
		json_put_real(w, n);
	else
		json_put_null(w);
}

/* Tokens of a model: they may be estimates. */
static void put_whole(struct json_writer *w, double n)
{
	json_put_uint(w, n >= 0 && n < 0x1p63 ? (uint64_t)n : 0);
}

static void put_bounds(struct json_writer *w, const double share[BOUND_COUNT])
{
	json_open_object(w);
	for (int i = 0; i < BOUND_COUNT; i++) {
		json_key(w, bound_name((enum bound)i));
		put_known(w, share[i]);
	}
	json_close_object(w);
}

static void put_outcomes(struct json_writer *w, const uint64_t n[OUTCOME_COUNT])
{
	json_open_object(w);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		json_member_uint(w, outcome_name((enum outcome)i), n[i]);
	json_close_object(w);
}

static void put_duration(struct json_writer *w, int64_t us, int64_t unit_us)
{
	put_known(w, us < 0 ? -1 : (double)us / (double)unit_us);
}

static void put_wall(struct json_writer *w, int64_t us)
{
	char time[32];

	clock_rfc3339(us, time, sizeof(time));
	json_put_text(w, time);
}

/* Writes a value that holds no record. */
static void put_value(struct json_writer *w, const struct report *r, const struct field *f,
	const void *record, const void *value)
{
	int64_t left;

	switch (f->kind) {
	case FIELD_TEXT:
		json_put_text(w, value);
		break;
	case FIELD_BOOL:
		json_put_bool(w, *(const bool *)value);
		break;
	case FIELD_INT:
		json_put_int(w, *(const int *)value);
		break;
	case FIELD_UINT32:
		json_put_uint(w, *(const uint32_t *)value);
		break;
	case FIELD_UINT64:
		json_put_uint(w, *(const uint64_t *)value);
		break;
	case FIELD_WHOLE:
		put_whole(w, *(const double *)value);
		break;
	case FIELD_REAL:
		put_known(w, f->figure ? f->figure(r, record) : *(const double *)value);
		break;
	case FIELD_DURATION:
		put_duration(w, *(const int64_t *)value, f->unit_us);
		break;
	case FIELD_UNTIL:
		left = *(const int64_t *)value - r->snapshot->now_us;
		put_duration(w, left > 0 ? left : 0, f->unit_us);
		break;
	case FIELD_WALL:
		put_wall(w, *(const int64_t *)value);
		break;
	case FIELD_WORD:
		json_put_text(w, f->word(value));
		break;
	case FIELD_BOUNDS:
		put_bounds(w, value);
		break;
	case FIELD_OUTCOMES:
		put_outcomes(w, value);
		break;
	case FIELD_OBJECT:
	case FIELD_PART:
	case FIELD_LIST:
		break;
	}
}

static void put_members(struct json_writer *w, const struct report *r, const struct field *fields,
	const void *record);

static void put_list(
	struct json_writer *w, const struct report *r, const struct field *f, const void *record)
{
	size_t n;
	const char *row = f->rows(r, record, &n);

	json_open_array(w);
	for (; n--; row += f->row_size) {
		json_open_object(w);
		put_members(w, r, f->fields, row);
		json_close_object(w);
	}
	json_close_array(w);
}

static bool is_present(const struct report *r, const struct field *f, const void *record)
{
	if (f->absent_if_0)
		return *(const uint64_t *)((const char *)record + f->offset) > 0;
	return !f->present || f->present(r, record);
}

static void put_members(struct json_writer *w, const struct report *r, const struct field *fields,
	const void *record)
{
	for (const struct field *f = fields; f->name; f++) {
		const void *value = (const char *)record + f->offset;

		if (!is_present(r, f, record))
			continue;
		if (f->kind == FIELD_PART) {
			put_members(w, r, f->fields, value);
			continue;
		}
		json_key(w, f->name);
		if (f->known && !f->known(r, record)) {
			if (f->kind == FIELD_TEXT)
				json_put_text(w, "");
			else
				json_put_null(w);
		} else if (f->kind == FIELD_OBJECT) {
			json_open_object(w);
			put_members(w, r, f->fields, value);
			json_close_object(w);
		} else if (f->kind == FIELD_LIST) {
			put_list(w, r, f, record);
		} else {
			put_value(w, r, f, record, value);
		}
	}
}

void snapshot_json(struct json_writer *w, const struct report *r)
{
	json_open_object(w);
	put_members(w, r, snapshot_fields, r->snapshot);
	json_close_object(w);
}

void snapshot_json_of(struct json_writer *w, const struct port *port)
{
	struct snapshot s;
	struct error_group errors[REPORTED_ERRORS];
	struct report r = {.snapshot = &s, .errors = errors};
	size_t total;

	port_snapshot(port, &s);
	r.n_errors = port_errors(port, errors, REPORTED_ERRORS, &total);
	snapshot_json(w, &r);
}
