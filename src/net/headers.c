#include "net/headers.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "config.h"

enum { MAX_HEADER = 64 << 10 };

/* The default headers of every request. Two switch curl's off: it would wait for "100 Continue"
 * before large bodies and call any body a form. curl could add the other two, but it formats its
 * own headers twice and character by character, which costs 1 us a request. For the same reason
 * there is no more in them than is of use: whatever compresses can gzip. */
static const char *const defaults[] = {"Expect:", "Content-Type:",
	"User-Agent: " PACKAGE_NAME "/" PACKAGE_VERSION, "Accept-Encoding: gzip"};

static void list_add(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);

	if (longer)
		*list = longer;
}

/* The length of the name before the ':' (or ';', curl's mark for an empty value). */
static size_t name_len(const char *header)
{
	return strcspn(header, ":;");
}

static bool names_equal(const char *a, const char *b)
{
	size_t len = name_len(a);

	return len == name_len(b) && strncasecmp(a, b, len) == 0;
}

static bool list_has(const struct curl_slist *list, const char *header)
{
	for (; list; list = list->next)
		if (names_equal(list->data, header))
			return true;
	return false;
}

static bool is_token(const char *name, size_t len)
{
	static const char others[] = "!#$%&'*+-.^_`|~"; /* RFC 9110, 5.6.2 */

	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    (c && strchr(others, c))))
			return false;
	}
	return len > 0;
}

static bool is_value(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 0x7f)
			return false;
	return true;
}

/* curl frames the message, so the caller's own length or coding could only break it. */
static bool is_framing(const char *header)
{
	return names_equal(header, "Content-Length:") || names_equal(header, "Transfer-Encoding:");
}

/* Adds one header in curl's form: an empty value keeps a header of that name from being sent. */
static bool add_header(struct curl_slist **list, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len), *value;
	struct buf text;
	size_t value_len;

	if (!colon || !is_token(line, (size_t)(colon - line)))
		return false;
	value = colon + 1;
	value_len = len - (size_t)(value - line);
	while (value_len && (*value == ' ' || *value == '\t'))
		value++, value_len--;
	if (!is_value(value, value_len))
		return false;
	buf_init(&text, MAX_HEADER);
	if (!buf_add(&text, line, (size_t)(colon - line)) ||
		!buf_adds(&text, value_len ? ": " : ":") || !buf_add(&text, value, value_len)) {
		buf_free(&text);
		return false;
	}
	if (!is_framing(buf_str(&text)))
		list_add(list, buf_str(&text));
	buf_free(&text);
	return true;
}

bool headers_common(const char *const *headers, struct curl_slist **out)
{
	*out = NULL;
	for (; headers && *headers; headers++)
		if (!add_header(out, *headers, strlen(*headers)))
			return false;
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (!list_has(*out, defaults[i]))
			list_add(out, defaults[i]);
	return true;
}

bool headers_merge(const char *lines, const struct curl_slist *common, struct curl_slist **out)
{
	const struct curl_slist *own;

	*out = NULL;
	while (*lines) {
		size_t len = strcspn(lines, "\n");
		size_t text = len && lines[len - 1] == '\r' ? len - 1 : len;

		if (text && !add_header(out, lines, text))
			return false;
		lines += len + (lines[len] == '\n');
	}
	own = *out;
	for (; common; common = common->next)
		if (!list_has(own, common->data))
			list_add(out, common->data);
	return true;
}
