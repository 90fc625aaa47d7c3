#include "api/csv_shape.h"

#include <string.h>
#include <strings.h>

#include "api/csv.h"

bool csv_sep_line(const char *line, size_t len, char *delimiter)
{
	if (len >= 2 && *line == '"' && line[len - 1] == '"') {
		line++;
		len -= 2;
	}
	if (len != 5 || strncasecmp(line, "sep=", 4) != 0)
		return false;
	*delimiter = line[4];
	return *delimiter != '"' && *delimiter != '\r';
}

static size_t count_wanted(const struct csv *c, csv_wanted *wanted, void *ctx)
{
	const char *const *names;
	size_t n = csv_columns(c, &names), found = 0;

	for (size_t i = 0; i < n; i++)
		found += wanted(ctx, names[i]);
	return found;
}

char csv_delimiter(const char *header, size_t len, csv_wanted *wanted, void *ctx, size_t *n_wanted)
{
	static const char delimiters[] = ",;\t|";
	const char *const *names;
	size_t best_n = 0;
	char best = ',';

	*n_wanted = 0;
	for (const char *d = delimiters; *d; d++) {
		struct csv *c = csv_new(header, len, *d, NULL);
		size_t n, found;

		if (!c)
			continue;
		n = csv_columns(c, &names);
		found = count_wanted(c, wanted, ctx);
		if (found > *n_wanted || (found == *n_wanted && n > best_n)) {
			best = *d;
			best_n = n;
			*n_wanted = found;
		}
		csv_free(c);
	}
	return best;
}
