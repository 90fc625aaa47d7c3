#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool error_set(struct error *err, const char *format, ...)
{
	char raw[sizeof(err->text)];
	va_list ap;

	if (!err)
		return false;
	va_start(ap, format);
	vsnprintf(raw, sizeof(raw), format, ap);
	va_end(ap);
	text_sanitise(err->text, sizeof(err->text), raw, strlen(raw));
	return false;
}
