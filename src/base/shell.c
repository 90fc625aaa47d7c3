#include "base/shell.h"

#include <string.h>

void shell_add_quoted(struct buf *out, const char *text, size_t len)
{
	buf_addc(out, '\'');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, text[i]);
	}
	buf_addc(out, '\'');
}

void shell_add_word(struct buf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_./:=,+@%";

	if (*word && !word[strspn(word, plain)])
		buf_adds(out, word);
	else
		shell_add_quoted(out, word, strlen(word));
}
