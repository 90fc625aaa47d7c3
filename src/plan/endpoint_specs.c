#include "plan/endpoint_specs.h"

static struct endpoint_spec *add(struct endpoint_specs *specs, struct error *err)
{
	if (specs->n < ENDPOINTS_MAX)
		return &specs->at[specs->n++];
	error_set(err, "at most %d endpoints", ENDPOINTS_MAX);
	return NULL;
}

bool endpoint_specs_read(
	const struct endpoints_settings *settings, struct endpoint_specs *out, struct error *err)
{
	struct endpoint_spec *spec;

	for (char *const *texts = settings->options; texts && *texts; texts++) {
		spec = add(out, err);
		if (!spec || !endpoint_spec_parse(*texts, spec, err))
			return false;
	}
	for (size_t i = 0; i < settings->n_sections; i++) {
		spec = add(out, err);
		if (!spec)
			return false;
		endpoint_spec_copy(&settings->sections[i], spec);
	}
	return endpoint_specs_check(out->at, out->n, err);
}

bool endpoint_specs_alone(
	const struct endpoint_specs *specs, const struct target_settings *run, struct error *err)
{
	if (!specs->n)
		return true;
	if (run->url)
		return error_set(err, "give --url (or url in a file) or endpoints, not both");
	if (run->key_env || run->key_file || run->key_command)
		return error_set(err, "--key-env, --key-file and --key-command belong to --url: "
				      "give each endpoint its own key, as in --endpoint "
				      "NAME=URL,key-env=VAR");
	return true;
}

void endpoint_specs_free(struct endpoint_specs *specs)
{
	for (size_t i = 0; i < specs->n; i++)
		endpoint_spec_free(&specs->at[i]);
	specs->n = 0;
}

struct target_settings endpoint_spec_target(
	const struct endpoint_spec *spec, const struct target_settings *run)
{
	struct target_settings target = *run;

	if (!spec->url)
		return target;
	/* The run's key is for --url: an endpoint has its own or none. */
	target.url = spec->url;
	target.key_env = spec->key_env;
	target.key_file = spec->key_file;
	target.key_command = spec->key_command;
	if (spec->provider)
		target.provider = spec->provider;
	if (spec->api_version)
		target.api_version = spec->api_version;
	return target;
}
