/* The built-in mock API: a believable LLM server with limits, errors and delays, to try sluice
 * without a key or network. Listens on 127.0.0.1 only. */
#ifndef SLUICE_MOCK_MOCK_H
#define SLUICE_MOCK_MOCK_H

#include "base/buf.h"
#include "base/error.h"
#include "mock/settings.h"

struct mock;

/* Starts serving in its own thread; the settings must outlive it. NULL and err when the port is
 * taken or a setting is invalid. Free with mock_stop(). */
struct mock *mock_start(const struct mock_settings *settings, struct error *err);
/* "http://127.0.0.1:PORT", owned by the mock. */
const char *mock_url(const struct mock *m);
/* Ends the thread and drops open connections; mock_stats() still works. */
void mock_halt(struct mock *m);
/* After mock_halt(): appends what GET /stats answers, a JSON object on one line. */
void mock_stats(const struct mock *m, struct buf *out);
/* Halts the mock if needed and releases everything. NULL is fine. */
void mock_stop(struct mock *m);

/* `sluice mock`: serves until SIGINT or SIGTERM; prints the URL on stdout and, at the end, the
 * counts on stderr. Returns the exit code of the process. */
int mock_serve(const struct mock_settings *settings);

#endif
