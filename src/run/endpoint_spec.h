/* One endpoint of a run with several, as --endpoint or the configuration file names it. */
#ifndef SLUICE_RUN_ENDPOINT_SPEC_H
#define SLUICE_RUN_ENDPOINT_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "port.h"

struct endpoint_spec {
	char name[ENDPOINT_NAME_SIZE];
	char *url, *provider, *key_env, *key_file, *fallback; /* owned; NULL: not given */
	double weight;                                        /* 1 unless given */
	double rpm, tpm;         /* 0: as the whole run's option says */
	int64_t concurrency;     /* 0: as the run's option says */
	int64_t max_concurrency; /* 0: as the run's option says */
};

/* Reads "NAME=URL,key-env=VAR,weight=2,…". False and err, which shows neither URL nor values that
 * may be secret, when it is not of that form. Free with endpoint_spec_free() in either case. */
bool endpoint_spec_parse(const char *text, struct endpoint_spec *out, struct error *err);
/* Sets one member by its name, as a section of the configuration file does: url, key-env, key-file,
 * provider, weight, rpm, tpm, concurrency, max-concurrency, fallback. */
bool endpoint_spec_set(
	struct endpoint_spec *spec, const char *name, const char *value, struct error *err);
void endpoint_spec_free(struct endpoint_spec *spec);

/* Do they make one run: names that differ, fallbacks that exist and are not themselves, someone
 * with a weight? */
bool endpoint_specs_check(const struct endpoint_spec *spec, size_t n, struct error *err);

#endif
