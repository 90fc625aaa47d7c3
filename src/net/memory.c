#include "net/memory.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "net/easy_request.h"

enum {
	STEP = 16,
	SMALL_MOST = 4 << 10,
	/* curl's buffer for an answer has a byte more, the one for uploads has not. */
	BUFFER = EASY_BUFFER + STEP,
	SIZES = SMALL_MOST / STEP + 1,
	/* Bytes: what several hundred transfers free in a turn of the loop before the next begin.
	 */
	KEPT_MOST = 8 << 20,
};

struct block {
	struct block *next;
};

/* The kept blocks of STEP, 2 * STEP, ... bytes; the first list is that of the buffers. */
static struct block *kept[SIZES];
static size_t kept_bytes;
/* curl's resolver threads allocate, too, but have no share in the lists. */
static bool is_claimed;
static _Thread_local bool keeps;

/* The size from which a block for this many bytes is made; 0: not one that is kept. */
static size_t whole_size(size_t size)
{
	if (size <= SMALL_MOST)
		return size ? (size + STEP - 1) & ~(size_t)(STEP - 1) : STEP;
	return size == EASY_BUFFER || size == EASY_BUFFER + 1 ? BUFFER : 0;
}

/* The same of an allocated block, which malloc() may have made a little larger. */
static size_t size_of(void *p)
{
	size_t size = malloc_usable_size(p) & ~(size_t)(STEP - 1);

	return size <= SMALL_MOST || size == BUFFER ? size : 0;
}

static struct block **list_of(size_t size)
{
	return &kept[size == BUFFER ? 0 : size / STEP];
}

static void *take(size_t size)
{
	size_t whole = keeps ? whole_size(size) : 0;
	struct block **list, *b;

	if (!whole)
		return xmalloc(size);
	list = list_of(whole);
	b = *list;
	if (!b)
		return xmalloc(whole);
	*list = b->next;
	kept_bytes -= whole;
	return b;
}

static void give_back(void *p)
{
	size_t size = p && keeps ? size_of(p) : 0;
	struct block **list, *b = p;

	if (!size || kept_bytes + size > KEPT_MOST) {
		free(p);
		return;
	}
	list = list_of(size);
	b->next = *list;
	*list = b;
	kept_bytes += size;
}

static void *take_zeroed(size_t n, size_t size)
{
	size_t all;

	if (!keeps || __builtin_mul_overflow(n, size, &all) || !whole_size(all))
		return xcalloc(n, size);
	return memset(take(all), 0, all);
}

static char *take_copy(const char *s)
{
	size_t len = strlen(s) + 1;

	return memcpy(take(len), s, len);
}

static void *resize(void *p, size_t size)
{
	size_t before = p && keeps ? size_of(p) : 0;
	void *larger;

	if (!p)
		return take(size);
	if (!before)
		return xrealloc(p, size, 1);
	if (size <= before)
		return p;
	larger = memcpy(take(size), p, before);
	give_back(p);
	return larger;
}

/* Kept blocks would hide errors from AddressSanitizer. */
static bool may_keep(void)
{
#ifdef __SANITIZE_ADDRESS__
	return false;
#else
	return true;
#endif
}

CURLcode memory_curl_init(void)
{
	if (!is_claimed)
		keeps = is_claimed = may_keep();
	return curl_global_init_mem(
		CURL_GLOBAL_DEFAULT, take, give_back, resize, take_copy, take_zeroed);
}

void memory_curl_cleanup(void)
{
	struct block *b;

	curl_global_cleanup();
	if (!keeps)
		return;
	for (int i = 0; i < SIZES; i++)
		while ((b = kept[i])) {
			kept[i] = b->next;
			free(b);
		}
	kept_bytes = 0;
}
