#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "control/command_impl.h"

bool command_say(struct command_reply *reply, bool ok, const char *format, ...)
{
	char raw[400];
	va_list ap;

	va_start(ap, format);
	vsnprintf(raw, sizeof(raw), format, ap);
	va_end(ap);
	text_sanitise(reply->text, sizeof(reply->text), raw, strlen(raw));
	return reply->ok = ok;
}
