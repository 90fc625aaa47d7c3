#include "base/process_figures.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t clock)
{
	struct timespec t;

	return clock_gettime(clock, &t) ? -1 : (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Reads a file of /proc/self into text; false: there is none. */
static bool read_proc(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		return false;
	n = fread(text, 1, size - 1, f);
	fclose(f);
	text[n] = '\0';
	return n > 0;
}

/* proc(5): after the name in brackets, which may hold anything, start in ticks since boot is the
 * 20th field. */
static double start_wall_s(void)
{
	char text[1024], *at;
	unsigned long long ticks;

	if (!read_proc("/proc/self/stat", text, sizeof(text)))
		return -1;
	at = strrchr(text, ')');
	if (!at || sscanf(at + 1,
			   " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			   "%*s %*s %*s %llu",
			   &ticks) != 1)
		return -1;
	return seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) +
	       (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static void read_memory(struct process_figures *out)
{
	char text[128];
	unsigned long long whole, resident;
	double page = (double)sysconf(_SC_PAGESIZE);

	if (!read_proc("/proc/self/statm", text, sizeof(text)) ||
		sscanf(text, "%llu %llu", &whole, &resident) != 2)
		return;
	out->virtual_bytes = (double)whole * page;
	out->resident_bytes = (double)resident * page;
}

/* The size of the folder is their number since Linux 6.2, and 0 before. Listing thousands takes
 * milliseconds. */
static double count_fds(void)
{
	static const char folder[] = "/proc/self/fd";
	struct dirent *entry;
	struct stat info;
	int n = -1; /* its own does not count */
	DIR *d;

	if (!stat(folder, &info) && info.st_size > 0)
		return (double)info.st_size;
	d = opendir(folder);
	if (!d)
		return -1;
	while ((entry = readdir(d)))
		n += entry->d_name[0] != '.';
	closedir(d);
	return n;
}

void process_figures_read(struct process_figures *out)
{
	struct rlimit files;

	*out = (struct process_figures){.cpu_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID),
		.start_wall_s = start_wall_s(),
		.resident_bytes = -1,
		.virtual_bytes = -1,
		.open_fds = count_fds(),
		.max_fds = -1};
	read_memory(out);
	if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur != RLIM_INFINITY)
		out->max_fds = (double)files.rlim_cur;
}
