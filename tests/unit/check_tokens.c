/* The token file of a service, as it is edited while the service runs. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/run_clock.h"
#include "folder.h"
#include "serve/token_book.h"
#include "serve/tokens.h"
#include "unit.h"

/* The hash of the token "ann". */
#define HASH ":49915e0d7d4b402e3017d010bc1c0e83cac6c797d6c16e66340fe3268693a6a1"
#define ANN  "ann" HASH

static char folder[256], path[300];
static struct run_clock the_clock;
static struct token_book *book;
static struct tokens *tokens;

static void write_file(const char *text)
{
	char temporary[sizeof(path) + 4];
	FILE *f;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	f = fopen(temporary, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	ck_assert_int_eq(rename(temporary, path), 0);
}

static void set_up(void)
{
	struct error err = {""};

	ck_assert(folder_make(folder, sizeof(folder)));
	snprintf(path, sizeof(path), "%s/tokens", folder);
	write_file(ANN "\n");
	book = token_book_open(folder, &the_clock, clock_wall_us(), &err);
	ck_assert_ptr_nonnull(book);
	tokens = tokens_open(path, book, &err);
	ck_assert_msg(tokens != NULL, "%s", err.text);
}

static void tear_down(void)
{
	tokens_free(tokens);
	token_book_close(book);
	folder_remove(folder);
}

START_TEST(a_change_is_told_once_whoever_saw_it_first)
{
	struct token_mark mark;
	char owner[OWNER_SIZE];

	ck_assert(!tokens_look(tokens));
	write_file(ANN " weight=3\n");
	/* a request comes before the look of every second */
	ck_assert(tokens_owner(tokens, "ann", owner, &mark));
	ck_assert(tokens_look(tokens));
	ck_assert(!tokens_look(tokens));
}
END_TEST

START_TEST(a_mark_holds_as_long_as_its_line)
{
	struct token_mark mark;
	char owner[OWNER_SIZE];

	ck_assert(tokens_owner(tokens, "ann", owner, &mark));
	ck_assert_str_eq(owner, "ann");
	write_file("# " ANN "\n" ANN " rpm=1\n");
	ck_assert(tokens_hold(tokens, "ann", &mark));
	/* half written: all stays as it was */
	write_file("ann");
	ck_assert(tokens_hold(tokens, "ann", &mark));
	write_file("bob" HASH "\n");
	ck_assert(!tokens_hold(tokens, "ann", &mark));
	write_file("# none\n");
	ck_assert(!tokens_hold(tokens, "ann", &mark));
	ck_assert(!tokens_owner(tokens, "ann", owner, &mark));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_change_is_told_once_whoever_saw_it_first, a_mark_holds_as_long_as_its_line, NULL};
	const struct unit_suite suite = {
		.name = "tokens", .tests = tests, .set_up = set_up, .tear_down = tear_down};

	return unit_run_suite(&suite);
}
