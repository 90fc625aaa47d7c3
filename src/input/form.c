#include "config.h"

#include "input/form.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"

#define MAGIC(bytes)    bytes, sizeof(bytes) - 1
#define WRAPPED(reader) NULL, reader
#define N_OF(a)         (sizeof(a) / sizeof((a)[0]))

/* A tar file's mark is at TAR_MARK; the names in a zip file are before ZIP_HEAD. */
enum { TAR_MARK = 257, TAR_HEAD = 512, ZIP_HEAD = 4096 };

static const struct form_found more = {FORM_MORE, NULL, NULL, NULL};
static const struct form_found lines = {FORM_TEXT, NULL, NULL, NULL};
static const struct form_found tar = {
	FORM_FOREIGN, "a tar file", "tar -xOf FILE | sluice run - -o NAME", NULL};
static const struct form_found binary = {
	FORM_FOREIGN, "a binary file", "give a file of requests or of rows", NULL};

/* By the bytes at the start, where '?' is any byte. Longer ones before their own beginnings.
 * Sources: the formats' specifications and file(1)'s magic. */
static const struct magic {
	const char *bytes;
	size_t len;
	const char *name, *remedy;
	bytes_reader *reader;
} magics[] = {
	{MAGIC("\x1f\x8b"), "gzip", WRAPPED(bytes_gzip)},
	{MAGIC("\x28\xb5\x2f\xfd"), "zstd", WRAPPED(bytes_zstd)},
	/* a skippable frame, of which there are sixteen: pzstd's files begin with one (RFC 8878) */
	{MAGIC("?\x2a\x4d\x18"), "zstd", WRAPPED(bytes_zstd)},
	{MAGIC("\xff\xfe\0\0"), "UTF-32 text",
		"iconv -f UTF-32 -t UTF-8 FILE | sluice run - -o NAME", NULL},
	{MAGIC("\0\0\xfe\xff"), "UTF-32 text",
		"iconv -f UTF-32 -t UTF-8 FILE | sluice run - -o NAME", NULL},
	{MAGIC("\xff\xfe"), "UTF-16 (little endian)", WRAPPED(bytes_utf16le)},
	{MAGIC("\xfe\xff"), "UTF-16 (big endian)", WRAPPED(bytes_utf16be)},
	{MAGIC("BZh?1AY&SY"), "a bzip2 file", "bzcat FILE | sluice run - -o NAME", NULL},
	{MAGIC("\xfd"
	       "7zXZ\0"),
		"an xz file", "xzcat FILE | sluice run - -o NAME", NULL},
	{MAGIC("\x04\x22\x4d\x18"), "an lz4 file", "lz4 -dc FILE | sluice run - -o NAME", NULL},
	{MAGIC("\x5d\0\0"), "an lzma file", "xzcat --format=lzma FILE | sluice run - -o NAME",
		NULL},
	{MAGIC("LZIP\1"), "an lzip file", "lzip -dc FILE | sluice run - -o NAME", NULL},
	{MAGIC("\x1f\x9d"), "a compress (.Z) file", "zcat FILE | sluice run - -o NAME", NULL},
	{MAGIC("7z\xbc\xaf\x27\x1c"), "a 7z file", "7z x -so FILE | sluice run - -o NAME", NULL},
	{MAGIC("Rar!\x1a\7"), "a RAR file", "unrar p -inul FILE | sluice run - -o NAME", NULL},
	{MAGIC("PAR1\x15"), "a Parquet file",
		"duckdb -c \"COPY (FROM 'FILE') TO 'NAME.jsonl' (FORMAT json)\"; its rows then "
		"need a --template",
		NULL},
	{MAGIC("ARROW1\0"), "an Arrow file",
		"write its rows as JSON lines with the tool that created it", NULL},
	{MAGIC("Obj\x01"), "an Avro file", "write its rows as JSON lines: avro-tools tojson FILE",
		NULL},
	{MAGIC("SQLite format 3\0"), "an SQLite database",
		"sqlite3 -csv -header FILE 'SELECT …' >NAME.csv", NULL},
	{MAGIC("%PDF-"), "a PDF file", "give a file of requests or of rows", NULL},
	{MAGIC("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an Excel (.xls) file",
		"save it as \"CSV UTF-8\" in the spreadsheet program; its rows need a --template",
		NULL},
	{MAGIC("\x89PNG"), "a picture", "give a file of requests or of rows", NULL},
	{MAGIC("\x7f"
	       "ELF"),
		"a program", "give a file of requests or of rows", NULL},
	{MAGIC("version https://git-lfs"), "a Git LFS pointer",
		"get the real file with git lfs pull", NULL},
	{MAGIC("<!DOCTYPE html"), "a web page", "the download failed: get the file again", NULL},
	{MAGIC("<html"), "a web page", "the download failed: get the file again", NULL},
};

/* A zip file by the name of its first member. */
static struct form_found zip_of(const char *head, size_t len)
{
	struct form_found zip = {
		FORM_FOREIGN, "a zip file", "unzip -p FILE | sluice run - -o NAME", NULL};
	size_t look = len < ZIP_HEAD ? len : ZIP_HEAD;

	if (memmem(head, look, "[Content_Types].xml", 19) || memmem(head, look, "xl/", 3) ||
		memmem(head, look, "oasis.opendocument.spreadsheet", 30))
		return (struct form_found){FORM_FOREIGN, "an xlsx or ods spreadsheet",
			"save it as \"CSV UTF-8\" in the spreadsheet program; its rows need a "
			"--template",
			NULL};
	return zip;
}

static bool begins_with(const char *head, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (head[i] != bytes[i] && bytes[i] != '?')
			return false;
	return true;
}

static struct form_found by_magic(const char *head, size_t len, bool whole)
{
	for (size_t i = 0; i < N_OF(magics); i++) {
		const struct magic *m = &magics[i];

		if (!begins_with(head, m->bytes, len < m->len ? len : m->len))
			continue;
		if (len >= m->len)
			return (struct form_found){m->reader ? FORM_WRAPPED : FORM_FOREIGN, m->name,
				m->remedy, m->reader};
		if (!whole)
			return more;
	}
	if (len < 4 || memcmp(head, "PK\3\4", 4) != 0)
		return lines;
	return whole || len >= ZIP_HEAD ? zip_of(head, len) : more;
}

static size_t skip_blank(const char *text, size_t len, size_t at)
{
	while (at < len && strchr(" \t\r\n", text[at]) && text[at])
		at++;
	return at;
}

/* UTF-16 without a byte order mark: every other byte of ASCII text is zero. */
static struct form_found by_zeros(const char *head, size_t len, bool whole)
{
	size_t line = 0, first = skip_blank(head, len, 0);

	while (line < len && head[line] && head[line] != '\n' && head[line] != '\r')
		line++;
	if (line == len || head[line])
		return lines;
	if (len < 4)
		return whole ? binary : more;
	if (head[0] && !head[1] && head[2] && !head[3])
		return (struct form_found){
			FORM_WRAPPED, "UTF-16 (little endian)", NULL, bytes_utf16le};
	if (!head[0] && head[1] && !head[2] && head[3])
		return (struct form_found){
			FORM_WRAPPED, "UTF-16 (big endian)", NULL, bytes_utf16be};
	/* a JSON line with a zero byte is a bad line */
	if (first < len && (head[first] == '{' || head[first] == '['))
		return lines;
	if (!whole && len < TAR_HEAD)
		return more;
	return len >= TAR_MARK + 5 && !memcmp(head + TAR_MARK, "ustar", 5) ? tar : binary;
}

/* ---- text ---- */

/* The end of the object that begins at `at`, by its brackets alone; 0: it is not there. */
static size_t object_end(const char *text, size_t len, size_t at)
{
	size_t depth = 0;
	bool in_string = false;

	for (; at < len; at++) {
		char c = text[at];

		if (in_string) {
			if (c == '\\')
				at++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && !--depth) {
			return at + 1;
		}
	}
	return 0;
}

static bool is_object(const char *text, size_t at, size_t end)
{
	return json_pick(text + at, end - at, NULL, 0, NULL) == JSON_VALUE_OBJECT;
}

static const struct form_found values = {
	FORM_WRAPPED, "JSON over several lines", NULL, bytes_values};
static const struct form_found array = {FORM_WRAPPED, "a JSON array", NULL, bytes_values};
static const struct form_found list = {FORM_FOREIGN,
	"a JSON array of elements that are not objects",
	"make rows with jq -c '.[] | {text: .}' FILE | sluice run - -o NAME, and use {{text}} in "
	"the --template",
	NULL};
static const struct form_found cr = {FORM_WRAPPED, "CR line ends", NULL, bytes_cr};

/* By what ends the first line: of text from `at` on. */
static struct form_found by_line_end(const char *text, size_t len, size_t at, bool whole)
{
	for (; at < len; at++) {
		if (text[at] == '\n')
			return lines;
		if (text[at] != '\r')
			continue;
		if (at + 1 < len)
			return text[at + 1] == '\n' ? lines : cr;
		return whole ? cr : more;
	}
	return whole ? lines : more;
}

/* May the text be the beginning of a JSON value? */
static bool may_go_on(const char *text, size_t len, bool whole)
{
	/* an escape or a character that the end of the head may have cut */
	size_t cut = !whole || len > FORM_HEAD / 2 ? 8 : 0;
	struct json_fault fault = {0, ""};

	json_pick(text, len, NULL, 0, &fault);
	return fault.at + cut >= len;
}

/* The text begins with an object whose end is not there: a broken line, unless all of it may be the
 * beginning of a value. */
static struct form_found of_open_object(const char *text, size_t len, size_t at, bool whole)
{
	if (!whole)
		return more;
	return memchr(text + at, '\n', len - at) && may_go_on(text + at, len - at, whole) ? values
											  : lines;
}

static struct form_found of_object(const char *text, size_t len, size_t at, bool whole)
{
	size_t end = object_end(text, len, at), next;

	if (!end)
		return of_open_object(text, len, at, whole);
	if (memchr(text + at, '\n', end - at) || memchr(text + at, '\r', end - at))
		return is_object(text, at, end) ? values : by_line_end(text, len, at, whole);
	next = end;
	while (next < len && (text[next] == ' ' || text[next] == '\t'))
		next++;
	if (next < len && text[next] == '{' && is_object(text, at, end))
		return values;
	return by_line_end(text, len, next, whole);
}

/* An array of texts, numbers or arrays. Over several lines it is no text, though {{line}} would
 * take each of its brackets for a prompt. */
static struct form_found of_list(const char *text, size_t len, size_t at, bool whole)
{
	size_t end = object_end(text, len, at), stop = end ? end : len;

	if (!memchr(text + at, '\n', stop - at) ||
		(end ? json_pick(text + at, end - at, NULL, 0, NULL) != JSON_VALUE_ARRAY
		     : !may_go_on(text + at, len - at, whole)))
		return by_line_end(text, len, at, whole);
	return end || whole ? list : more;
}

static struct form_found of_array(const char *text, size_t len, size_t at, bool whole)
{
	size_t first = skip_blank(text, len, at + 1), end;

	if (first == len)
		return whole ? by_line_end(text, len, at, whole) : more;
	if (text[first] == ']')
		return array;
	if (text[first] != '{')
		return of_list(text, len, at, whole);
	end = object_end(text, len, first);
	if (!end)
		return whole ? array : more;
	return is_object(text, first, end) ? array : by_line_end(text, len, at, whole);
}

static struct form_found of_text(const char *text, size_t len, bool whole)
{
	size_t at;

	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	} else if (!whole && len < 3 && !memcmp(text, "\xef\xbb\xbf", len)) {
		return more;
	}
	at = skip_blank(text, len, 0);
	if (at == len)
		return whole ? lines : more;
	if (text[at] == '{')
		return of_object(text, len, at, whole);
	if (text[at] == '[')
		return of_array(text, len, at, whole);
	return by_line_end(text, len, at, whole);
}

struct form_found form_of(const char *head, size_t len, bool whole)
{
	struct form_found found;

	if (len > FORM_HEAD)
		len = FORM_HEAD;
	if (!len)
		return whole ? lines : more;
	found = by_magic(head, len, whole);
	if (found.form == FORM_TEXT)
		found = by_zeros(head, len, whole);
	if (found.form == FORM_TEXT)
		found = of_text(head, len, whole);
	return found;
}

/* ---- words ---- */

/* May a shell read the name as it is? */
static bool is_plain(const char *name)
{
	return *name && *name != '-' &&
	       !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				  "-._/+=@%,:")];
}

void form_remedy(const char *remedy, const char *name, char *out, size_t size)
{
	const char *file = is_plain(name) ? name : "FILE", *at;
	size_t n = 0;

	*out = '\0';
	for (; (at = strstr(remedy, "FILE")) && n < size; remedy = at + 4)
		n += (size_t)snprintf(
			out + n, size - n, "%.*s%s", (int)(at - remedy), remedy, file);
	if (n < size)
		snprintf(out + n, size - n, "%s", remedy);
}

bool form_refuse(const struct form_found *found, const char *name, struct error *err)
{
	char remedy[400];

	form_remedy(found->remedy, name, remedy, sizeof(remedy));
	return error_set(
		err, "%s is %s, which sluice cannot read directly: %s", name, found->name, remedy);
}

/* May the end of the text have cut a character? */
static bool is_cut_character(const char *text, size_t len)
{
	if (len > 3 || (unsigned char)text[0] < 0xc2)
		return false;
	for (size_t i = 1; i < len; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return false;
	return true;
}

bool form_is_latin1(const char *text, size_t len)
{
	bool some = false;
	uint32_t code;

	for (size_t i = 0, n; i < len; i += n) {
		if ((unsigned char)text[i] < 0x80) {
			n = 1;
			continue;
		}
		n = text_utf8(text + i, len - i, &code);
		if (n > 1)
			return false;
		if (n)
			continue;
		if (is_cut_character(text + i, len - i))
			break;
		some = true;
		n = 1;
	}
	return some;
}
