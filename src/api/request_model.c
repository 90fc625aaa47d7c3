/* The model that a request asks: its body names it, or its path does. */
#include "config.h"

#include <string.h>

#include "api/request.h"
#include "base/text.h"

/* Gemini's /models/NAME:generateContent, Azure's /deployments/NAME/chat/completions, Bedrock's
 * /model/NAME/converse. */
static const struct {
	const char *before;
	const char *ends; /* what may follow the name */
} paths[] = {{"/models/", ":"}, {"/deployments/", "/"}, {"/model/", "/"}};

static bool in_path(struct json_span url, struct json_span *name)
{
	const char *end = url.at + url.len;

	for (size_t i = 0; url.at && i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *at = memmem(url.at, url.len, paths[i].before, strlen(paths[i].before));
		const char *stop;

		if (!at)
			continue;
		at += strlen(paths[i].before);
		for (stop = at; stop < end && !strchr("/:?#\"", *stop); stop++)
			;
		if (stop == at || stop == end || !strchr(paths[i].ends, *stop))
			continue;
		*name = (struct json_span){at, (size_t)(stop - at)};
		return true;
	}
	return false;
}

void request_model(const struct request_line *line, char *out, size_t size)
{
	struct json_span name;

	json_string_text(line->model, out, size);
	if (!*out && in_path(line->url, &name))
		text_sanitise(out, size, name.at, name.len);
}
