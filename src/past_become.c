#include "past_become.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/lines.h"
#include "past/past.h"

enum { EXIT_OK = 0, EXIT_USAGE = 2 };

/* Did the question in the dashboard show the whole command? */
static bool was_shown(const char *command)
{
	enum { DIALOG_COLS = 66, DIALOG_CHARS = 100 };
	struct winsize size;

	return strlen(command) <= DIALOG_CHARS && !ioctl(STDIN_FILENO, TIOCGWINSZ, &size) &&
	       size.ws_col >= DIALOG_COLS;
}

/* Prints the command, and asks when the operator cannot have read all of it: results may come from
 * anybody, and a command may name hooks. */
static bool confirm(const char *command)
{
	char answer[8] = "";

	say("%s", command);
	say_last();
	if (was_shown(command))
		return true;
	fputs("Run it? [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) &&
	       (!strcmp(answer, "y\n") || !strcmp(answer, "Y\n"));
}

/* Becomes the command that the operator chose, at the same terminal. Returns only when that is not
 * wanted, or impossible. */
int past_become(char **words, const char *folder)
{
	struct buf text;
	bool go;

	buf_init(&text, 1 << 20);
	past_command_text(words, folder, &text);
	go = confirm(buf_str(&text));
	buf_free(&text);
	if (!go)
		return EXIT_OK;
	if (folder && chdir(folder) < 0)
		say("cannot enter %s: %s", folder, strerror(errno));
	else if (execv("/proc/self/exe", words) < 0)
		say("cannot run sluice: %s", strerror(errno));
	return EXIT_USAGE;
}
