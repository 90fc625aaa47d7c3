/* A folder of its own for the files of one run, and lines to put into them; for tests of the ledger
 * without an engine. fsync() does nothing in a program that uses it. */
#ifndef SLUICE_TESTS_BOX_H
#define SLUICE_TESTS_BOX_H

#include <sys/types.h>

#include "folder.h"
#include "ledger/ledger.h"
#include "ledger/paths.h"
#include "ledger/read_back.h"
#include "ledger/replay.h"

enum { BOX_FOLDER = 64 };

struct box {
	char folder[BOX_FOLDER];
	struct ledger_paths paths; /* of x.jsonl in it */
};

/* Another empty one, in place of that which was open. It must outlive the test. */
void box_make(struct box *b);
/* A fixture's end: removes the box that is open, if any is. Asserts that nothing but the run's
 * files is left in it. */
void box_tear_down(void);

/* The box's ledger, opened and closed without an error. */
struct ledger *box_open(const struct box *b);
void box_close(struct ledger *l);
/* A process that holds the ledger until it is killed. */
pid_t box_hold(const struct box *b);

/* Lines of results and journal, as texts to be put together. */
#define BOX_HEAD(id, line) "{\"custom_id\":\"" id "\",\"id\":\"sluice-" line "\","
#define BOX_TAIL(line, more)                                                                       \
	"\"metadata\":null,\"sluice\":{\"line\":" line ",\"attempts\":2," more "}}"
#define BOX_GOOD                                                                                   \
	"\"response\":{\"status_code\":200,\"request_id\":null,\"body\":{\"t\":\"\xc3\xa9\\\"\"}}" \
	",\"error\":null,"
#define BOX_BAD "\"response\":null,\"error\":{\"code\":\"timeout\",\"message\":\"\"},"
#define BOX_FIGURES                                                                                \
	"\"latency_ms\":812.4,\"first_byte_ms\":640.0,\"tokens_in\":21,\"tokens_out\":19"
#define BOX_TIMEOUT           "\"outcome\":\"timeout\",\"latency_ms\":30000.0"
#define OK_LINE(id, line)     BOX_HEAD(id, line) BOX_GOOD BOX_TAIL(line, BOX_FIGURES)
#define FAILED_LINE(id, line) BOX_HEAD(id, line) BOX_BAD BOX_TAIL(line, BOX_TIMEOUT)
#define RECORD(event, rest)                                                                        \
	"{\"time\":\"2026-01-31T23:59:59.123Z\",\"event\":\"" event "\"" rest "}"
#define FINAL(state, line) RECORD("final", ",\"state\":\"" state "\",\"line\":" line)

#endif
