#include "cli/version.h"

#include <curl/curl.h>
#include <ev.h>
#include <jansson.h>
#include <microhttpd.h>
#include <sqlite3.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include "commit.h"
#include "config.h"

void version_print(FILE *out)
{
	unsigned xxhash = XXH_versionNumber();

	fprintf(out, "%s (commit %s)\n", PACKAGE_STRING, COMMIT);
	fprintf(out, "%s\n", curl_version()); /* names its TLS and other libraries itself */
	fprintf(out, "libev %d.%d\n", ev_version_major(), ev_version_minor());
	fprintf(out, "jansson %s\n", jansson_version_str());
	fprintf(out, "ncursesw %s\n", NCURSESW_VERSION);
	fprintf(out, "libmicrohttpd %s\n", MHD_get_version());
	fprintf(out, "SQLite %s\n", sqlite3_libversion());
	fprintf(out, "xxHash %u.%u.%u\n", xxhash / 10000, xxhash / 100 % 100, xxhash % 100);
	fprintf(out, "zlib %s\n", zlibVersion());
	fprintf(out, "zstd %s\n", ZSTD_versionString());
}
