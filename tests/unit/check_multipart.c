/* Forms in pieces of any size. */
#include <string.h>

#include "base/buf.h"
#include "http/multipart.h"
#include "unit.h"

static bool begin(void *ctx, const struct multipart_part *part)
{
	return buf_addf(ctx, "[%s|%s|", part->name, part->has_filename ? part->filename : "-");
}

static bool data(void *ctx, const char *text, size_t len)
{
	return buf_add(ctx, text, len);
}

static bool end(void *ctx)
{
	return buf_addc(ctx, ']');
}

/* The parts of the body, fed in pieces of this size; "fault" or "torn" behind them. */
static const char *read_form(const char *type, const char *body, size_t piece)
{
	static const struct multipart_handlers handlers = {begin, data, end};
	static char text[2000];
	struct buf out;
	struct multipart *m;
	size_t len = strlen(body);
	bool ok = true;

	buf_init(&out, sizeof(text) - 1);
	m = multipart_new(type, &handlers, &out);
	if (!m)
		return "none";
	for (size_t at = 0; ok && at < len; at += piece)
		ok = multipart_feed(m, body + at, len - at < piece ? len - at : piece);
	buf_adds(&out, !ok ? "fault" : multipart_is_whole(m) ? "" : "torn");
	strcpy(text, buf_str(&out));
	multipart_free(m);
	buf_free(&out);
	return text;
}

#define TYPE "multipart/form-data; boundary=B"

static const struct {
	const char *type, *body, *parts;
} forms[] = {
	{TYPE, "--B\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--B--\r\n",
		"[purpose|-|batch]"},
	{TYPE,
		"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n"
		"Content-Type: x/y\r\n\r\n1\r\n--\r\n--C\r\r\n2\r\n--B\r\n"
		"content-disposition:form-data;name=purpose\r\n\r\n\r\n--B--",
		"[file|a.jsonl|1\r\n--\r\n--C\r\r\n2][purpose|-|]"},
	{"Multipart/Form-Data; boundary=\"B\"; charset=utf-8",
		"preamble\r\n--B  \r\nContent-Disposition: form-data; name=\"a\\\"b\"; "
		"filename*=UTF-8''%e2%82%ac.jsonl; filename=\"euro\"\r\n\r\nx\r\n--B--\r\nepilogue",
		"[a\"b|\xe2\x82\xac.jsonl|x]"},
	{TYPE, "--B\r\n\r\nno header\r\n--B--", "[|-|no header]"},
	{TYPE, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nto the end",
		"[a|-|to the endtorn"},
	{TYPE, "", "torn"},
	{TYPE, "--B--", ""},
	{TYPE, "--Bx\r\n\r\n\r\n--B--", "fault"},
	{TYPE, "--B\nContent-Disposition: form-data; name=\"a\"\n\nx\n--B--", "fault"},
	{"application/json", "{}", "none"},
	{"multipart/form-data", "--", "none"},
	{"multipart/form-data; boundary=", "--", "none"},
	{"multipart/form-data-x; boundary=B", "--", "none"},
};

START_TEST(a_form_has_its_parts)
{
	for (size_t piece = 1; piece < 300; piece++)
		ck_assert_str_eq(read_form(forms[_i].type, forms[_i].body, piece), forms[_i].parts);
}
END_TEST

START_TEST(a_header_has_an_end)
{
	static char body[10000];

	memset(body, 'x', sizeof(body) - 1);
	memcpy(body, "--B\r\n", 5);
	ck_assert_str_eq(read_form(TYPE, body, 100), "fault");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_header_has_an_end, NULL};
	const struct unit_suite suite = {.name = "multipart",
		.tests = tests,
		.loop = a_form_has_its_parts,
		.loops = sizeof(forms) / sizeof(forms[0])};

	return unit_run_suite(&suite);
}
