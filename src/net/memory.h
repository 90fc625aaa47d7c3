/* libcurl's memory. In 7.88 a failed allocation may crash it or corrupt an answer, so it ends the
 * run, which can be resumed, as a failed allocation of ours does. libcurl allocates and frees some
 * thirty blocks for each request, nearly always of the same sizes, so freed blocks are kept for the
 * next request. */
#ifndef SLUICE_NET_MEMORY_H
#define SLUICE_NET_MEMORY_H

#include <curl/curl.h>

/* Replaces curl_global_init(), whose first call in a process decides which allocator libcurl uses.
 * Only the thread of the first call keeps freed blocks, 8 MiB at most. */
CURLcode memory_curl_init(void);
/* Replaces curl_global_cleanup(), once for each memory_curl_init(). Releases the kept blocks. */
void memory_curl_cleanup(void);

#endif
