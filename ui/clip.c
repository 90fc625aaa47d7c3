#include "config.h"

#include "clip.h"

#include <string.h>
#include <strings.h>

#include "base/shell.h"
#include "base/text.h"

static void add_base64(struct buf *out, const unsigned char *in, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		unsigned long n = (unsigned long)in[i] << 16;

		n |= i + 1 < len ? (unsigned long)in[i + 1] << 8 : 0;
		n |= i + 2 < len ? in[i + 2] : 0;
		buf_addc(out, digits[n >> 18 & 63]);
		buf_addc(out, digits[n >> 12 & 63]);
		buf_addc(out, i + 1 < len ? digits[n >> 6 & 63] : '=');
		buf_addc(out, i + 2 < len ? digits[n & 63] : '=');
	}
}

/* Pasted into a shell, an escape sequence or a carriage return would act. */
static bool is_harmless(uint32_t code)
{
	return code == '\n' || code == '\t' || (code >= 0x20 && code < 0x7f) || code >= 0xa0;
}

void clip_add(struct buf *out, const char *text, size_t len)
{
	struct buf clean;

	buf_init(&clean, CLIP_MAX);
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t code = 0;

		n = text_utf8(text + i, len - i, &code);
		if (!n)
			n = 1; /* no character */
		else if (is_harmless(code) && !buf_add(&clean, text + i, n))
			break;
	}
	buf_adds(out, "\033]52;c;");
	add_base64(out, (const unsigned char *)buf_str(&clean), clean.len);
	buf_adds(out, "\033\\");
	buf_free(&clean);
}

/* The text with the shell's variable in place of each key that is not told. */
static void add_filled(struct buf *out, const char *text, size_t len, const char *before)
{
	static const char redacted[] = "[redacted]";
	size_t n = sizeof(redacted) - 1;
	const char *key;

	while ((key = memmem(text, len, redacted, n))) {
		shell_add_quoted(out, text, (size_t)(key - text));
		buf_addf(out, "\"%s$API_KEY\"", before);
		len -= (size_t)(key - text) + n;
		text = key + n;
	}
	if (len)
		shell_add_quoted(out, text, len);
}

/* "Authorization: [redacted]" lacks a word, too. */
static void add_header(struct buf *out, const char *line, size_t len)
{
	static const char alone[] = "authorization: [redacted]";
	bool bearer = len == sizeof(alone) - 1 && !strncasecmp(line, alone, len);

	buf_adds(out, " \\\n  -H ");
	add_filled(out, line, len, bearer ? "Bearer " : "");
}

bool clip_curl(const struct item_detail *d, struct buf *out)
{
	const char *head = d->request_head, *url;
	size_t len;

	/* without its line an item has words in place of a request */
	if (!head || !strstr(head, "://") ||
		(d->request_body && memchr(d->request_body, '\0', d->request_body_len)))
		return false;
	url = head + strcspn(head, " \n");
	buf_adds(out, "curl -X ");
	shell_add_quoted(out, head, (size_t)(url - head));
	url += *url == ' ';
	len = strcspn(url, "\r\n");
	buf_addc(out, ' ');
	add_filled(out, url, len, "");
	for (head = url + len; *head; head += len) {
		head += strspn(head, "\r\n");
		len = strcspn(head, "\r\n");
		if (len)
			add_header(out, head, len);
	}
	if (d->request_body) {
		buf_adds(out, " \\\n  --data-raw ");
		shell_add_quoted(out, d->request_body, d->request_body_len);
	}
	buf_addc(out, '\n');
	return true;
}
