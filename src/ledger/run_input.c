#include "ledger/run_input.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/path.h"

void run_input_free(struct run_input *in)
{
	free(in->name);
	free(in->path);
	*in = (struct run_input){.format = FORMAT_AUTO};
}

void run_input_read(struct run_input *in, const char *record, size_t len)
{
	enum { NAME, PATH, FORM, SETTINGS, WANTED };
	struct json_want want[WANTED] = {[NAME] = {.name = "input"},
		[PATH] = {.name = "path"},
		[FORM] = {.name = "form"},
		[SETTINGS] = {.name = "settings"}};
	struct json_want format = {.name = "format"};
	int64_t n;

	run_input_free(in);
	if (json_pick(record, len, want, WANTED, NULL) != JSON_VALUE_OBJECT)
		return;
	in->name = json_string_copy(want[NAME].value);
	in->path = json_string_copy(want[PATH].value);
	json_string_text(want[FORM].value, in->form, sizeof(in->form));
	if (json_span_is(want[SETTINGS].value, JSON_VALUE_OBJECT))
		json_pick(want[SETTINGS].value.at, want[SETTINGS].value.len, &format, 1, NULL);
	if (json_span_int(format.value, &n) && n > FORMAT_AUTO && n <= FORMAT_CSV)
		in->format = (enum input_format)n;
}

bool run_input_is_pipe(const struct run_input *in)
{
	return in->name && !strcmp(in->name, "-");
}

char *run_input_place(const struct run_input *in, const char *results)
{
	const char *was = in->path ? in->path : run_input_is_pipe(in) ? NULL : in->name;
	char *near;

	if (!was)
		return NULL;
	near = path_beside(results, path_base(was));
	/* a name alone may be another file's from here */
	if ((!in->path || !path_is_file(was)) && path_is_file(near))
		return near;
	free(near);
	return xstrdup(was);
}
