#include "remote/lifetime.h"

#include <ctype.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 10 };

bool lifetime_words(const struct lifetime *l, struct buf *out)
{
	if (l->in_session && l->login_kills)
		buf_adds(out, "the run ends with this login (KillUserProcesses=yes): use loginctl "
			      "enable-linger and systemd-run --user --scope sluice run ...");
	else if (l->contained)
		buf_adds(out, "the run ends with its container: use a container that outlives this "
			      "terminal");
	else
		return false;
	return true;
}

int lifetime_setting(const char *text)
{
	static const char name[] = "KillUserProcesses";
	int setting = -1;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *p = line + strspn(line, " \t");

		if (strncasecmp(p, name, sizeof(name) - 1) != 0)
			continue;
		p += sizeof(name) - 1;
		p += strspn(p, " \t");
		if (*p != '=')
			continue;
		p += 1 + strspn(p + 1, " \t");
		/* as systemd reads them: 1, yes, y, true, t, on */
		setting = *p == '1' || tolower((unsigned char)*p) == 'y' ||
			  tolower((unsigned char)*p) == 't' || !strncasecmp(p, "on", 2);
	}
	return setting;
}

bool lifetime_in_session(const char *cgroup)
{
	const char *at = strstr(cgroup, "/session-");

	return at && strstr(at, ".scope");
}

static char *read_file(const char *path, char text[FILE_MAX])
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, FILE_MAX - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return text;
}

/* As systemd takes them: a later file wins. */
static bool login_kills(char text[FILE_MAX])
{
	static const char *const patterns[] = {"/usr/lib/systemd/logind.conf",
		"/etc/systemd/logind.conf", "/usr/lib/systemd/logind.conf.d/*.conf",
		"/run/systemd/logind.conf.d/*.conf", "/etc/systemd/logind.conf.d/*.conf"};
	int kills = 0;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		glob_t found;

		if (glob(patterns[i], 0, NULL, &found))
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++) {
			int setting = lifetime_setting(read_file(found.gl_pathv[k], text));

			kills = setting >= 0 ? setting : kills;
		}
		globfree(&found);
	}
	return kills;
}

bool lifetime_note(int64_t pid, struct buf *out)
{
	char *text = malloc(FILE_MAX);
	struct lifetime l;
	char path[48];

	if (!text)
		return false;
	snprintf(path, sizeof(path), "/proc/%" PRId64 "/cgroup", pid);
	l.in_session = lifetime_in_session(read_file(path, text));
	l.login_kills = login_kills(text);
	l.contained = !access("/.dockerenv", F_OK) || !access("/run/.containerenv", F_OK);
	free(text);
	return lifetime_words(&l, out);
}
