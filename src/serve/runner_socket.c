/* The control socket of a batch's run, for those who want to see its lines: made when one asks for
 * it, in the batch's folder, until the run ends. */
#include "control/socket.h"

#include "port.h"
#include "serve/runner_impl.h"
#include "serve/runner_view.h"
#include "session/session.h"

bool runner_open_socket(struct batch_record *b, const char *path, struct error *err)
{
	struct batch_run *run = b->run;
	struct port port;

	if (!run || !run->session || run->ended)
		return error_set(err, "%s does not send now; its results are a run's", b->id);
	if (run->control)
		return true;
	port = session_far_port(run->session);
	run->control = control_socket_open(run->runner->loop, path, &port, err);
	return run->control != NULL;
}

void runner_close_socket(struct batch_run *run)
{
	if (run->control)
		control_socket_close(run->control, session_exit_code(run->session));
	run->control = NULL;
}
