#include "net/environment.h"

#include <stdlib.h>
#include <unistd.h>

const char *const environment_proxies[] = {
	"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};

static const char *from_environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static void apply_authorities(CURL *easy)
{
	const curl_version_info_data *built = curl_version_info(CURLVERSION_NOW);
	const char *file = from_environment("CURL_CA_BUNDLE");
	const char *folder = file ? NULL : from_environment("SSL_CERT_DIR");

	if (!file)
		file = from_environment("SSL_CERT_FILE");
	if (file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, file);
	else
		file = built->cainfo;
	/* With a folder beside the file libcurl reads all authorities again for each connection (40
	 * ms); without it once per multi handle. Both hold the same. */
	if (folder)
		curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
	else if (file && access(file, R_OK) == 0)
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

/* libcurl reads these variables and no_proxy at each request; without a proxy that is switched off.
 */
static void apply_proxies(CURL *easy)
{
	for (const char *const *name = environment_proxies; *name; name++)
		if (from_environment(*name))
			return;
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
}

void environment_apply(CURL *easy)
{
	apply_authorities(easy);
	apply_proxies(easy);
}
