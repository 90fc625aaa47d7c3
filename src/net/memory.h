/* libcurl's memory. An allocation that fails inside of it (7.88) may crash it, or end as an answer
 * that is not one; so it ends the run as ours do, to be resumed. */
#ifndef SLUICE_NET_MEMORY_H
#define SLUICE_NET_MEMORY_H

#include <curl/curl.h>

/* In place of curl_global_init(): the first call of a process decides whose memory libcurl takes.
 */
CURLcode memory_curl_init(void);

#endif
