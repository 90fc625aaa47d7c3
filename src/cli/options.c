#include "cli/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/near.h"
#include "cli/command_line.h"
#include "cli/help.h"
#include "cli/options_file.h"
#include "cli/options_shape.h"
#include "cli/options_table.h"
#include "cli/options_value.h"
#include "cli/version.h"
#include "config.h"

/* The state of the parser. */
struct parser {
	int argc;
	char **argv;
	int next; /* of argv */
	enum command_id command;
	struct settings *settings;
	struct error *err;
	bool only_operands; /* after -- */
	bool shown;
	struct option_origins origins;
};

static bool command_by_name(const char *name, enum command_id *out)
{
	for (int i = 0; i < COMMAND_COUNT; i++) {
		if (!strcmp(command_row((enum command_id)i)->name, name)) {
			*out = (enum command_id)i;
			return true;
		}
	}
	return false;
}

static bool unknown_command(const char *name, struct error *err)
{
	const char *meant = NULL;
	size_t best = NEAR_MAX_NAME;

	for (int i = 0; i < COMMAND_COUNT; i++)
		if (near_is_nearer(name, command_row((enum command_id)i)->name, &best))
			meant = command_row((enum command_id)i)->name;
	if (meant)
		return error_set(
			err, "'%.60s' is not a command; did you mean 'sluice %s'?", name, meant);
	if (strchr(name, '.') || strchr(name, '/'))
		return error_set(
			err, "'%.200s' is not a command; to run that file: sluice run FILE", name);
	return error_set(err, "'%.60s' is not a command; see sluice --help", name);
}

/* The row of a long name (len bytes) or, with name NULL, of a letter. */
static const struct option_row *find_row(
	unsigned commands, const char *name, size_t len, char letter)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (!(rows[i].commands & commands))
			continue;
		if (name ? strlen(rows[i].name) == len && !memcmp(rows[i].name, name, len)
			 : rows[i].letter == letter)
			return &rows[i];
	}
	return NULL;
}

/* Repeat only the name: the text after a = may be a secret. */
static bool unknown_long(const struct parser *p, const char *name, size_t len)
{
	const char *command = command_row(p->command)->name;
	const struct option_row *other = find_row(FOR_ALL, name, len, 0);
	const char *meant = NULL;
	char asked[NEAR_MAX_NAME + 1];
	size_t best = NEAR_MAX_NAME, n;
	const struct option_row *rows = option_table(&n);

	if (other)
		return error_set(p->err, "--%s is not an option of sluice %s; see sluice %s --help",
			other->name, command, command);
	len = len < NEAR_MAX_NAME ? len : NEAR_MAX_NAME;
	memcpy(asked, name, len);
	asked[len] = '\0';
	for (size_t i = 0; i < n; i++)
		if (rows[i].commands & 1U << p->command &&
			near_is_nearer(asked, rows[i].name, &best))
			meant = rows[i].name;
	if (meant)
		return error_set(p->err, "unknown option --%s; did you mean --%s?", asked, meant);
	if (strstr(asked, "key") || strstr(asked, "token"))
		return error_set(p->err,
			"unknown option --%s; never give a key on the command line: set the "
			"provider's variable, or use --key-env NAME, --key-file FILE or "
			"--key-command CMD",
			asked);
	return error_set(p->err, "unknown option --%s; see sluice %s --help", asked, command);
}

/* Carries one option out. attached: the value in the same word, or NULL. */
static bool take_option(struct parser *p, const struct option_row *o, const char *attached)
{
	const char *word = p->argv[p->next - 1], *value = attached;
	const char *arg = o->arg ? o->arg : o->choices;

	switch (o->type) {
	case TYPE_HELP:
		help_command(p->command);
		p->shown = true;
		return true;
	case TYPE_VERSION:
		version_print(stdout);
		p->shown = true;
		return true;
	case TYPE_FLAG: /* a value only as --FLAG=false, which overrides a file */
		break;
	default:
		if (!value && p->next < p->argc && strncmp(p->argv[p->next], "--", 2) != 0)
			value = p->argv[p->next++];
		if (!value)
			return error_set(
				p->err, "--%s needs a value: --%s %s", o->name, o->name, arg);
	}
	if (!option_set(p->settings, o, value, p->err))
		return false;
	if (value != attached) {
		command_line_add(&p->settings->run.command, word, o, NULL);
		word = value;
	}
	command_line_add(&p->settings->run.command, word, o, value);
	option_origins_note(&p->origins, o, 0, option_note(p->settings, o, value));
	return true;
}

static bool take_long(struct parser *p, const char *word)
{
	size_t len = strcspn(word, "=");
	const struct option_row *o = find_row(1U << p->command, word, len, 0);

	if (!o)
		return unknown_long(p, word, len);
	return take_option(p, o, word[len] ? word + len + 1 : NULL);
}

/* No two short options are flags, so a letter is followed by its value or by nothing. */
static bool take_short(struct parser *p, const char *word)
{
	const struct option_row *o = find_row(1U << p->command, NULL, 0, word[0]);

	if (!o)
		return error_set(p->err, "unknown option -%c; see sluice %s --help", word[0],
			command_row(p->command)->name);
	return take_option(p, o, word[1] ? word + 1 + (word[1] == '=') : NULL);
}

static void *operand_of(struct settings *s, const struct command_row *c)
{
	return (char *)s + c->offset;
}

/* Is the operand still missing? */
static bool lacks_operand(struct settings *s, const struct command_row *c)
{
	return c->operand && !c->optional && !*(void **)operand_of(s, c);
}

static bool take_operand(struct parser *p, const char *word)
{
	const struct command_row *c = command_row(p->command);
	char **operand;

	if (!c->operand)
		return error_set(p->err, "%s takes no file, but got '%.200s'", c->name, word);
	if (c->many)
		return option_list_add(operand_of(p->settings, c), word) ||
		       error_set(p->err, "%s takes fewer words", c->name);
	operand = operand_of(p->settings, c);
	if (*operand && (p->command == COMMAND_RUN || p->command == COMMAND_CHECK))
		return error_set(p->err,
			"a run has one INPUT, but got '%.100s' and '%.100s': join JSON lines first "
			"(awk 1 A.jsonl B.jsonl >ALL.jsonl), or run each alone: for f in A B; do "
			"sluice %s \"$f\" || break; done",
			*operand, word, c->name);
	if (*operand)
		return error_set(p->err, "%s takes one %s, but got '%.100s' and '%.100s'", c->name,
			c->operand, *operand, word);
	if (!word[0])
		return error_set(p->err, "the name of %s is empty", c->operand);
	*operand = xstrdup(word);
	return true;
}

/* "-5" and "-10%" are values of commands of a run. */
static bool is_option(const struct parser *p, const char *word)
{
	bool number = command_row(p->command)->many && isdigit((unsigned char)word[1]);

	return !p->only_operands && word[0] == '-' && word[1] && !number && strcmp(word, "--") != 0;
}

static bool take_word(struct parser *p)
{
	const char *word = p->argv[p->next++];

	if (is_option(p, word))
		return word[1] == '-' ? take_long(p, word + 2) : take_short(p, word + 1);
	command_line_add(&p->settings->run.command, word, NULL, NULL);
	if (p->only_operands || strcmp(word, "--") != 0)
		return take_operand(p, word);
	p->only_operands = true;
	return true;
}

/* The defaults of the rows that belong to the command, or of all others. */
static void set_defaults_of(enum command_id command, bool own, struct settings *s)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	for (size_t i = 0; i < n; i++) {
		const char *value = option_default(&rows[i], command);

		if (value && own == !!(rows[i].commands & 1U << command))
			option_set(s, &rows[i], value, NULL);
	}
}

/* Commands may share a setting with different defaults: the command's own row is the last. */
static void set_defaults(enum command_id command, struct settings *s)
{
	*s = (struct settings){0};
	set_defaults_of(command, false, s);
	set_defaults_of(command, true, s);
}

/* INPUT with .results.jsonl for its ending, in place of .jsonl when it has that. */
static char *default_output(const char *input)
{
	static const char ending[] = ".jsonl", results[] = ".results.jsonl";
	size_t len = strlen(input);
	char *out;

	if (len > strlen(ending) && !strcmp(input + len - strlen(ending), ending))
		len -= strlen(ending);
	out = xmalloc(len + sizeof(results));
	memcpy(out, input, len);
	memcpy(out + len, results, sizeof(results));
	return out;
}

static bool finish_output(struct run_settings *run, struct error *err)
{
	const char *input = run->input.path;
	char **results = &run->output.results;
	struct stat in, out;

	if (!*results) {
		if (!strcmp(input, "-"))
			return error_set(err,
				"the input is standard input: give the results a name "
				"with -o FILE");
		*results = default_output(input);
	}
	if (!strcmp(*results, "-"))
		return error_set(err, "-o - is not supported: the results must be a file, so that "
				      "the run can be resumed");
	if (!stat(input, &in) && !stat(*results, &out) && in.st_dev == out.st_dev &&
		in.st_ino == out.st_ino && S_ISREG(in.st_mode))
		return error_set(err, "input and results are the same file, %.300s", *results);
	return true;
}

static void finish_lane(struct limit_settings *limits)
{
	struct lane_config *lane = &limits->lane;

	*lane = (struct lane_config){
		.mode = (enum pace_mode)limits->pace,
		.concurrency = (int)limits->concurrency,
		.max_concurrency = (int)limits->max_concurrency,
		.rpm = limits->rpm,
		.tpm = limits->tpm,
	};
	if (lane->max_concurrency < lane->concurrency)
		lane->max_concurrency = lane->concurrency;
	if (limits->window)
		option_read_window(limits->window, &lane->window_count, &lane->window_us);
}

static bool add_prices(struct prices *p, char *const *text, struct error *err)
{
	for (; text && *text; text++)
		if (!prices_add(p, *text, err))
			return false;
	return true;
}

static bool finish_prices(struct budget_settings *budget, struct error *err)
{
	return add_prices(&budget->prices, budget->file_price, err) &&
	       add_prices(&budget->prices, budget->price, err);
}

/* Settings that depend on more than one option. */
static bool finish_run(struct run_settings *run, struct error *err)
{
	const struct target_settings *t = &run->target;

	if (!!t->key_env + !!t->key_file + !!t->key_command > 1)
		return error_set(err, "give one of --key-env, --key-file and --key-command");
	if (run->output.accept_changed && run->output.redo_changed)
		return error_set(err, "give --accept-changed or --redo-changed, not both");
	if (run->input.first && run->input.sample)
		return error_set(err, "give --first or --sample, not both");
	run->input.part.first = (uint64_t)run->input.first;
	if (run->input.sample)
		option_read_sample(
			run->input.sample, &run->input.part.sample, &run->input.part.seed);
	if (run->pack.items > 1 && run->request.stream)
		return error_set(
			err, "give --pack or --stream, not both: embeddings are not streamed");
	if (!finish_prices(&run->budget, err))
		return false;
	if (run->retry.stop_on_errors)
		option_read_stop_on_errors(
			run->retry.stop_on_errors, &run->retry.stop_errors, &run->retry.stop_share);
	finish_lane(&run->limits);
	return true;
}

static bool finish_serve(const struct serve_settings *serve, const char *usage, struct error *err)
{
	if (serve->new_token)
		return serve->token_file ||
		       error_set(err, "--new-token needs --token-file FILE to store the hash");
	if (!serve->tls_cert != !serve->tls_key)
		return error_set(err, "give both --tls-cert and --tls-key, or neither");
	return serve->data || error_set(err, "--data is missing: %s", usage);
}

static bool finish(enum command_id command, struct settings *s, struct error *err)
{
	const struct command_row *c = command_row(command);

	if (lacks_operand(s, c))
		return error_set(err, "%s is missing: %s", c->operand, c->usage);
	if (command == COMMAND_SERVE && !finish_serve(&s->serve, c->usage, err))
		return false;
	return finish_run(&s->run, err) && (command != COMMAND_RUN || finish_output(&s->run, err));
}

/* `sluice help COMMAND` */
static enum options_result help_of(struct parser *p, const char *name)
{
	enum command_id id;

	if (!command_by_name(name, &id)) {
		unknown_command(name, p->err);
		return OPTIONS_ERROR;
	}
	help_command(id);
	return OPTIONS_SHOWN;
}

/* The first word: a command, or an option in its place. GO: a command. */
static enum options_result take_command(struct parser *p)
{
	const char *word = p->argc > 1 ? p->argv[1] : NULL;

	if (!word) {
		error_set(p->err, "the command is missing: sluice run INPUT, or see sluice --help");
		return OPTIONS_ERROR;
	}
	if (!strcmp(word, "help") && p->argc > 2)
		return help_of(p, p->argv[2]);
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
		help_overview();
		return OPTIONS_SHOWN;
	}
	if (!strcmp(word, "--version")) {
		version_print(stdout);
		return OPTIONS_SHOWN;
	}
	if (word[0] == '-') {
		error_set(p->err, "the command comes first: sluice run INPUT [options]");
		return OPTIONS_ERROR;
	}
	if (!command_by_name(word, &p->command)) {
		unknown_command(word, p->err);
		return OPTIONS_ERROR;
	}
	p->next = 2;
	return OPTIONS_GO;
}

enum options_result options_parse(
	int argc, char **argv, enum command_id *command, struct settings *out, struct error *err)
{
	struct parser p = {.argc = argc, .argv = argv, .settings = out, .err = err};
	enum options_result result;
	bool good = true;

	*out = (struct settings){0};
	result = take_command(&p);
	if (result != OPTIONS_GO)
		return result;
	*command = p.command;
	set_defaults(p.command, out);
	for (int i = 0; i < p.next; i++)
		command_line_add(&out->run.command, argv[i], NULL, NULL);
	while (good && !p.shown && p.next < argc)
		good = take_word(&p);
	if (good && !p.shown)
		good = options_file_read(out, p.command, out->config, &p.origins, err);
	if (good && !p.shown && out->print_config) {
		options_file_print(p.command, &p.origins, stdout);
		result = OPTIONS_PRINTED;
	} else if (good && !p.shown) {
		good = finish(p.command, out, err);
	}
	option_origins_free(&p.origins);
	if (good && !p.shown)
		return result;
	settings_free(out);
	return good ? OPTIONS_SHOWN : OPTIONS_ERROR;
}
