/* One endpoint of a run with several, as --endpoint or the configuration file names it. */
#ifndef SLUICE_PLAN_ENDPOINT_SPEC_H
#define SLUICE_PLAN_ENDPOINT_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "pace/lanes.h"
#include "words.h"

struct endpoint_spec {
	char name[ENDPOINT_NAME_SIZE];
	/* Owned; NULL: not given. */
	char *url, *provider, *api_version, *key_env, *key_file, *key_command, *fallback;
	char *models;                  /* "a,b": the only ones that it takes */
	bool told;                     /* the server has listed them, which may be not all */
	double weight;                 /* 1 unless given */
	double rpm, tpm;               /* 0: the option of the whole run */
	int64_t concurrency;           /* 0: the run's option */
	int64_t max_concurrency;       /* 0: the run's option */
	struct model_limit *model_rpm; /* limits of single models; owned */
	size_t n_model_rpm;
	char *origin; /* "FILE:LINE" of its section; NULL: from an option; owned */
};

/* One without members, named by len bytes of text; false and err when they are no name. */
bool endpoint_spec_init(
	struct endpoint_spec *spec, const char *name, size_t len, struct error *err);

/* Reads "NAME=URL,key-env=VAR,models=a,b,weight=2,…". False and err, which shows neither URL nor
 * values that may be secret, when it is not of that form. Free with endpoint_spec_free() in either
 * case. */
bool endpoint_spec_parse(const char *text, struct endpoint_spec *out, struct error *err);
/* Sets one member by its name, as a section of the configuration file does: url, key-env, key-file,
 * key-command, provider, api-version, weight, rpm, rpm.MODEL, tpm, concurrency, max-concurrency,
 * models, fallback. */
bool endpoint_spec_set(
	struct endpoint_spec *spec, const char *name, const char *value, struct error *err);
/* Is there such a member? */
bool endpoint_spec_knows(const char *name);
/* out is an independent copy. */
void endpoint_spec_copy(const struct endpoint_spec *spec, struct endpoint_spec *out);
void endpoint_spec_free(struct endpoint_spec *spec);

/* Do they make one run: names that differ, fallbacks that exist and are not themselves, someone
 * with a weight? */
bool endpoint_specs_check(const struct endpoint_spec *spec, size_t n, struct error *err);

#endif
