/* The outcome that a status or the error in a body names. Private to src/api. */
#ifndef SLUICE_API_ERROR_OUTCOME_H
#define SLUICE_API_ERROR_OUTCOME_H

#include "base/json.h"
#include "words.h"

/* The outcome by an HTTP status alone. Pacing reads the status itself to treat 503 and 529
 * (overloaded) apart. */
enum outcome outcome_of_status(int status);
/* The outcome that a word names, a JSON string such as "rate_limit_error"; OUTCOME_BAD_RESPONSE
 * when it is unknown. */
enum outcome outcome_of_word(struct json_span word);
/* The outcome that an error names in its code, status or type, as a word or as an HTTP status: an
 * object, or a string of a few words. OUTCOME_BAD_RESPONSE when it names none. */
enum outcome error_outcome(struct json_span error);

#endif
