/* The identity of an input line in a record: a hash under the run's secret, 32 digits; earlier
 * releases wrote a hash without a key, 16 digits. */
#ifndef SLUICE_LEDGER_LINE_HASH_H
#define SLUICE_LEDGER_LINE_HASH_H

#include "base/json_writer.h"
#include "base/keyed_hash.h"

/* As records have it: both halves 0, it is not known; high 0, it has no key and low is
 * hash_bytes(). */
static inline bool line_hash_known(struct hash128 h)
{
	return h.high || h.low;
}
static inline bool line_hash_has_key(struct hash128 h)
{
	return h.high;
}
/* Of a line, with the key. */
struct hash128 line_hash_of(const struct hash_key *key, const void *line, size_t len);
/* Is it this line's? Neither key nor hash need be known: no means that it is another's. */
bool line_hash_is(struct hash128 h, const struct hash_key *key, const void *line, size_t len);
/* Adds the member "line_hash"; nothing when it is not known. */
void line_hash_add(struct json_writer *w, struct hash128 h);
/* From the digits of either kind. */
bool line_hash_read(const char *digits, size_t len, struct hash128 *out);

#endif
