#include "cli/roff.h"

#include <ctype.h>

#include "config.h"

/* A backslash is \e, a dash that is typed \-, and no line may start with a dot or quote. */
void roff_text(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			putc(*text, out);
	}
}

void roff_line(FILE *out, const char *macro, const char *text)
{
	fputs(macro, out);
	roff_text(out, text);
	putc('\n', out);
}

void roff_name(FILE *out, const char *text)
{
	fputs("\\fI", out);
	roff_text(out, text);
	fputs("\\fR", out);
}

void roff_heading(FILE *out, const char *macro, const char *text)
{
	fprintf(out, ".%s %s\n", macro, text);
}

void roff_item(FILE *out, const char *term, const char *text)
{
	fputs(".TP\n", out);
	roff_line(out, "\\fB", term);
	roff_line(out, "\\fR", text);
}

void roff_pairs(FILE *out, const char *title, const struct help_pair *pairs)
{
	roff_heading(out, "SH", title);
	for (; pairs->term; pairs++)
		roff_item(out, pairs->term, pairs->text);
}

void roff_lines(FILE *out, const char *const *lines)
{
	fputs(".PP\n.nf\n", out);
	for (; *lines; lines++)
		roff_line(out, "", *lines);
	fputs(".fi\n.PP\n", out);
}

void roff_page(FILE *out, const char *name, int section, const char *about)
{
	fputs(".TH ", out);
	for (const char *c = name; *c; c++)
		putc(toupper((unsigned char)*c), out);
	fprintf(out, " %d \"\" \"%s\" \"%s\"\n.SH NAME\n", section, PACKAGE_STRING,
		section == 1 ? "User Commands" : "File Formats");
	roff_text(out, name);
	fputs(" \\- ", out);
	roff_line(out, "", about);
}
