/* Results with fewer lines than an earlier session left: paid answers are lost, and nobody should
 * pay again without consent. */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lines.h"
#include "session/session_impl.h"

enum { ANSWER_MS = 60 * 1000 }; /* after that, nobody seems to be there */

/* Does the first line that comes begin with yes? */
static bool says_yes(int tty)
{
	struct pollfd p = {.fd = tty, .events = POLLIN};
	char answer[80];
	ssize_t n;

	if (poll(&p, 1, ANSWER_MS) <= 0)
		return false;
	n = read(tty, answer, sizeof(answer));
	return n > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

/* Standard input may be the batch, so the question goes to the terminal itself, unless it is
 * unwritable. */
static bool ask(const char *what)
{
	static const char question[] = "Request them again and pay again? [y/N] ";
	int tty = isatty(STDERR_FILENO) ? open("/dev/tty", O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1;
	bool yes;

	if (tty < 0)
		return false;
	yes = io_write_all(tty, "sluice: ", 8) && io_write_all(tty, what, strlen(what)) &&
	      io_write_all(tty, "\n", 1) && io_write_all(tty, question, sizeof(question) - 1) &&
	      says_yes(tty);
	close(tty);
	return yes;
}

bool session_accept_lost(struct session *s, struct error *err)
{
	struct ledger_count c = ledger_count(s->ledger);
	struct error what;

	if (c.found >= c.counted)
		return true;
	error_set(&what,
		"%s has %" PRIu64 " good results, the last session counted %" PRIu64 ": %" PRIu64
		" are lost",
		s->settings->output.results, c.found, c.counted, c.counted - c.found);
	if (!s->settings->output.accept_lost && !c.reported && !ask(what.text))
		return error_set(err,
			"%s; restore them, or use --accept-lost to request and pay for them again",
			what.text);
	say_warning("%s; sluice requests them again", what.text);
	engine_warn(s->engine, "results are lost; sluice requests them again", what.text);
	return true;
}
