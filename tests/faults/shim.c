/* Preloaded into a run to make its calls fail: LD_PRELOAD=shim.so with
 *
 *   SHIM_CALL   which calls: names of the table below, separated by commas
 *   SHIM_AT     the number of the call (from 1, in order over all of those) that fails
 *   SHIM_EVERY  or each call whose number this divides
 *   SHIM_ON     1: from SHIM_AT on all of them
 *   SHIM_WHILE  or all of them while this file exists
 *   SHIM_ERRNO  with which error; 0: reads and writes do only one byte of their work, or half of it
 *   SHIM_COUNT  a file that gets the number of calls at the end
 *
 * It counts from main() on. Errors are injected in place of the call, never after it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum call { MALLOC, READ, WRITE, PREAD, PWRITE, OPEN, SOCKET, SEND, RECV, SYNC, RESOLVE, THREAD };
static const char *const names[] = {"malloc", "read", "write", "pread", "pwrite", "open", "socket",
	"send", "recv", "sync", "resolve", "thread"};
enum { CALLS = sizeof(names) / sizeof(names[0]) };

static struct {
	bool active, on, chosen[CALLS];
	long at, every;
	int error;
	const char *during, *count_file;
} shim;
static atomic_long calls;

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

static long number(const char *name)
{
	const char *text = getenv(name);

	return text ? atol(text) : 0;
}

static void configure(void)
{
	const char *text = getenv("SHIM_CALL");

	for (int i = 0; text && i < CALLS; i++) {
		const char *at = strstr(text, names[i]);
		size_t len = strlen(names[i]);

		while (at && ((at > text && at[-1] != ',') || (at[len] && at[len] != ',')))
			at = strstr(at + 1, names[i]);
		shim.chosen[i] = at != NULL;
	}
	shim.at = number("SHIM_AT");
	shim.every = number("SHIM_EVERY");
	shim.on = number("SHIM_ON") != 0;
	shim.error = (int)number("SHIM_ERRNO");
	shim.during = getenv("SHIM_WHILE");
	shim.count_file = getenv("SHIM_COUNT");
	shim.active = true;
}

static void write_count(void)
{
	char text[32];
	int fd, len;

	shim.active = false;
	if (!shim.count_file)
		return;
	len = snprintf(text, sizeof(text), "%ld\n", atomic_load(&calls));
	fd = (int)syscall(
		SYS_openat, AT_FDCWD, shim.count_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd >= 0 && syscall(SYS_write, fd, text, len) == len)
		syscall(SYS_close, fd);
}

/* Counts the call; true when it is one of those that fail. */
static bool fails(enum call call)
{
	long n;

	if (!shim.active || !shim.chosen[call])
		return false;
	n = atomic_fetch_add(&calls, 1) + 1;
	if (shim.during)
		return syscall(SYS_faccessat, AT_FDCWD, shim.during, F_OK) == 0;
	if (shim.every)
		return n % shim.every == 0;
	return shim.at && (shim.on ? n >= shim.at : n == shim.at);
}

/* The same with errno set; a failure without an error is for reads and writes to do less. */
static bool is_error(enum call call, size_t *len)
{
	if (!fails(call))
		return false;
	if (shim.error) {
		errno = shim.error;
		return true;
	}
	if (len && *len > 1)
		*len = atomic_load(&calls) % 2 ? 1 : *len / 2;
	return false;
}

/* ---- where it begins and ends ---- */

static int (*real_main)(int, char **, char **);

static int counted_main(int argc, char **argv, char **env)
{
	int code;

	configure();
	atexit(write_count);
	code = real_main(argc, argv, env);
	shim.active = false;
	return code;
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	__typeof__(&__libc_start_main) real =
		(__typeof__(real))dlsym(RTLD_NEXT, "__libc_start_main");

	real_main = main;
	return real(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}

/* ---- memory ---- */

#ifndef SHIM_WITHOUT_MALLOC
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

void *malloc(size_t size)
{
	if (fails(MALLOC)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (fails(MALLOC)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	if (size && fails(MALLOC)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(p, size);
}
#endif

/* ---- files and sockets ---- */

ssize_t read(int fd, void *data, size_t len)
{
	return is_error(READ, &len) ? -1 : REAL(read)(fd, data, len);
}

ssize_t write(int fd, const void *data, size_t len)
{
	return is_error(WRITE, &len) ? -1 : REAL(write)(fd, data, len);
}

/* Under both of their names: which one is used depends on how a library was built. */
#define PREAD_AS(name)                                                                             \
	ssize_t name(int fd, void *data, size_t len, off_t at)                                     \
	{                                                                                          \
		return is_error(PREAD, &len) ? -1 : REAL(name)(fd, data, len, at);                 \
	}
#define PWRITE_AS(name)                                                                            \
	ssize_t name(int fd, const void *data, size_t len, off_t at)                               \
	{                                                                                          \
		return is_error(PWRITE, &len) ? -1 : REAL(name)(fd, data, len, at);                \
	}
#define OPEN_AS(name)                                                                              \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		va_list ap;                                                                        \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(ap, flags);                                                               \
		mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;                     \
		va_end(ap);                                                                        \
		return is_error(OPEN, NULL) ? -1 : REAL(name)(path, flags, mode);                  \
	}

PREAD_AS(pread)
PREAD_AS(pread64)
PWRITE_AS(pwrite)
PWRITE_AS(pwrite64)
OPEN_AS(open)
OPEN_AS(open64)

ssize_t __read_chk(int fd, void *data, size_t len, size_t size)
{
	return len > size ? -1 : read(fd, data, len);
}

ssize_t __pread_chk(int fd, void *data, size_t len, off_t at, size_t size)
{
	return len > size ? -1 : pread(fd, data, len, at);
}

ssize_t __pread64_chk(int fd, void *data, size_t len, off64_t at, size_t size)
{
	return len > size ? -1 : pread64(fd, data, len, at);
}

int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

int __open64_2(const char *path, int flags)
{
	return open64(path, flags);
}

int socket(int family, int type, int protocol)
{
	return is_error(SOCKET, NULL) ? -1 : REAL(socket)(family, type, protocol);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	return is_error(SEND, &len) ? -1 : REAL(send)(fd, data, len, flags);
}

ssize_t recv(int fd, void *data, size_t len, int flags)
{
	return is_error(RECV, &len) ? -1 : REAL(recv)(fd, data, len, flags);
}

ssize_t __recv_chk(int fd, void *data, size_t len, size_t size, int flags)
{
	return len > size ? -1 : recv(fd, data, len, flags);
}

int fdatasync(int fd)
{
	return is_error(SYNC, NULL) ? -1 : REAL(fdatasync)(fd);
}

int fsync(int fd)
{
	return is_error(SYNC, NULL) ? -1 : REAL(fsync)(fd);
}

/* ---- the rest ---- */

int getaddrinfo(
	const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	/* A name of our own, since libcurl resolves localhost by itself. */
	if (host && !strcmp(host, "api.faults"))
		host = "127.0.0.1";
	return fails(RESOLVE) ? EAI_AGAIN : REAL(getaddrinfo)(host, service, hints, out);
}

int pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *arg)
{
	return fails(THREAD) ? EAGAIN : REAL(pthread_create)(thread, attributes, run, arg);
}
