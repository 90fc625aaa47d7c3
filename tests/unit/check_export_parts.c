/* The parts of an export that are pure: cells, file names, columns, the facts of an item. */
#include <string.h>

#include "base/json.h"
#include "export/cell.h"
#include "export/file_name.h"
#include "export/writer.h"
#include "unit.h"

/* ---- cells ---- */

static const struct {
	const char *text;
	char separator;
	const char *cell;
} cells[] = {
	{"", ',', ""},
	{"plain", ',', "plain"},
	{"a,b", ',', "\"a,b\""},
	{"a,b", '\t', "a,b"},
	{"a\tb", '\t', "\"a\tb\""},
	{"say \"hi\"", ',', "\"say \"\"hi\"\"\""},
	{"two\nlines", ',', "\"two\nlines\""},
	{"old\rmac", '\t', "\"old\rmac\""},
	{" blank", ',', "\" blank\""},
	{"blank ", ',', "\"blank \""},
	{"\xc3\xa9\xf0\x9f\x98\x80", ',', "\xc3\xa9\xf0\x9f\x98\x80"},
	/* formulas */
	{"=1+1", ',', "'=1+1"},
	{"=HYPERLINK(\"http://x\",\"y\")", ',', "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""},
	{"+cmd|' /C calc'!A0", ',', "'+cmd|' /C calc'!A0"},
	{"-2+3", ',', "'-2+3"},
	{"@SUM(A1)", ',', "'@SUM(A1)"},
	{"\t=1", ',', "'\t=1"},
	{"\r=1", ',', "\"'\r=1\""},
	{"  =1", ',', "\"'  =1\""},
	{"\xef\xbc\x9d"
	 "1",
		',',
		"'\xef\xbc\x9d"
		"1"},
	{"- a list", ',', "'- a list"},
	/* numbers are none */
	{"-5", ',', "-5"},
	{"+1.5e-3", ',', "+1.5e-3"},
	{"-1,234.50", ',', "\"-1,234.50\""},
	{"-12.5%", ',', "-12.5%"},
	{"-", ',', "'-"},
	{"+e5", ',', "'+e5"},
	{"-1e", ',', "'-1e"},
	{"5-3", ',', "5-3"},
};

START_TEST(cells_are_quoted_and_guarded)
{
	struct buf out;

	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		buf_clear(&out);
		ck_assert(cell_add(
			&out, cells[i].text, strlen(cells[i].text), cells[i].separator, true));
		ck_assert_str_eq(buf_str(&out), cells[i].cell);
		buf_clear(&out);
		cell_add(&out, cells[i].text, strlen(cells[i].text), cells[i].separator, false);
		ck_assert_msg(!out.len || out.data[0] != '\'', "%s", cells[i].text);
	}
	buf_clear(&out);
	ck_assert(cell_add(&out, "a\0b", 3, ',', true));
	ck_assert_str_eq(buf_str(&out), "a\xef\xbf\xbd"
					"b");
	buf_free(&out);
}
END_TEST

START_TEST(a_cell_that_does_not_fit_is_reported)
{
	struct buf out;

	for (size_t max = 0; max < 9; max++) {
		buf_init(&out, max);
		ck_assert(!cell_add(&out, "=\"a\",b", 6, ',', true));
		buf_free(&out);
	}
}
END_TEST

/* ---- names of files ---- */

static const struct {
	const char *id, *name; /* up to the hash, if the name has one */
	bool hash;
} names[] = {
	{"item-7", "item-7", false},
	{"A_b.c", "A_b.c", false},
	{"\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9", false},
	{"a/b", "a_b", true},
	{"../../etc/passwd", "_._.._etc_passwd", true},
	{".profile", "_profile", true},
	{"-rf", "_rf", true},
	{"a b", "a_b", true},
	{"a\nb", "a_b", true},
	{"x\x1b[2J", "x__2J", true},
	{"\xe2\x80\xae"
	 "txt",
		"_txt", true},
	{"\xff", "_", true},
	{"", "", true},
	{"..", "_.", true},
	{"C:\\con", "C__con", true},
	{"a-0123456789abcdef", "a-0123456789abcdef", true},
};

START_TEST(file_names_are_safe_and_differ)
{
	char name[FILE_NAME_SIZE], other[FILE_NAME_SIZE], id[1000];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i].name);

		file_name_of(names[i].id, strlen(names[i].id), ".txt", name);
		ck_assert_msg(!strncmp(name, names[i].name, len), "%s", name);
		ck_assert_uint_eq(strlen(name), len + (names[i].hash ? 17 : 0) + 4);
		ck_assert_str_eq(name + strlen(name) - 4, ".txt");
		ck_assert_ptr_null(strpbrk(name, "/\\ \n"));
	}
	file_name_of("a/b", 3, "", name);
	file_name_of("a?b", 3, "", other);
	ck_assert_str_ne(name, other);
	/* its own name as an id is another's */
	file_name_of(name, strlen(name), "", other);
	ck_assert_str_ne(name, other);
	memset(id, 'x', sizeof(id));
	file_name_of(id, sizeof(id), ".json", name);
	ck_assert_uint_lt(strlen(name), 255);
}
END_TEST

/* ---- columns ---- */

START_TEST(columns_are_named_once)
{
	char answer[] = "answer=text", city[] = "city=input.city", id[] = "custom_id=metadata.key";
	char *fields[] = {answer, city, id, NULL};
	char *twice[] = {answer, answer, NULL};
	struct columns c;
	struct error err;

	ck_assert(columns_init(&c, fields, &err));
	ck_assert_uint_eq(c.n, 3);
	ck_assert_str_eq(c.at[0].name, "custom_id");
	ck_assert_int_eq(c.at[0].at.root, FACT_RECORD);
	ck_assert_str_eq(c.at[2].at.rest, "city");
	ck_assert(columns_add_input(&c, "city") && columns_add_input(&c, "zip.code") &&
		  columns_add_input(&c, "zip.code") && columns_add_input(&c, "custom_id"));
	ck_assert_uint_eq(c.n, 5);
	ck_assert_str_eq(columns_of_table(&c, 0)->name, "custom_id");
	ck_assert_str_eq(columns_of_table(&c, 1)->name, "input.city");
	ck_assert_str_eq(columns_of_table(&c, 2)->name, "zip.code");
	ck_assert_str_eq(columns_of_table(&c, 3)->name, "answer");
	columns_free(&c);
	ck_assert(!columns_init(&c, twice, &err));
	columns_free(&c);
	ck_assert(column_field_valid("a=b") && !column_field_valid("a=") &&
		  !column_field_valid("=b") && !column_field_valid("ab"));
}
END_TEST

/* ---- facts ---- */

#define BODY                                                                                       \
	"{\"id\":\"c\",\"model\":\"m-1\",\"choices\":[{\"message\":{\"role\":\"assistant\","       \
	"\"content\":\"```json\\n{\\\"a\\\":[1,\\\"x\\\"]}\\n```\"},\"finish_reason\":\"stop\"}]," \
	"\"usage\":{\"prompt_tokens\":3}}"
static const char line[] =
	"{\"custom_id\":\"i\",\"id\":\"sluice-4\",\"response\":{\"status_code\":200,"
	"\"request_id\":\"r\",\"body\":" BODY "},\"error\":null,\"metadata\":{\"k\":7},"
	"\"sluice\":{\"line\":4,\"attempts\":2,\"tokens_in\":3,\"model\":\"asked\"}}";
static const char row[] = "{\"custom_id\":\"i\",\"user\":{\"name\":\"N\"},\"a.b\":true,\"n\":null}";

static const struct {
	const char *path;
	enum fact_kind kind;
	const char *value;
} facts[] = {
	{"custom_id", FACT_IS_TEXT, "i"},
	{"line", FACT_IS_JSON, "4"},
	{"state", FACT_IS_TEXT, "ok"},
	{"status", FACT_IS_JSON, "200"},
	{"text", FACT_IS_TEXT, "```json\n{\"a\":[1,\"x\"]}\n```"},
	{"json", FACT_IS_JSON, "{\"a\":[1,\"x\"]}"},
	{"json.a.1", FACT_IS_JSON, "\"x\""},
	{"json.b", FACT_NONE, ""},
	{"finish_reason", FACT_IS_JSON, "\"stop\""},
	{"model", FACT_IS_JSON, "\"m-1\""},
	{"error", FACT_NONE, ""},
	{"attempts", FACT_IS_JSON, "2"},
	{"tokens_in", FACT_IS_JSON, "3"},
	{"tokens_out", FACT_NONE, ""},
	{"sluice.model", FACT_IS_JSON, "\"asked\""},
	{"metadata.k", FACT_IS_JSON, "7"},
	{"response.request_id", FACT_IS_JSON, "\"r\""},
	{"response.body.choices.0.message.role", FACT_IS_JSON, "\"assistant\""},
	{"choices.0.message.role", FACT_IS_JSON, "\"assistant\""},
	{"body.id", FACT_IS_JSON, "\"c\""},
	{"usage.prompt_tokens", FACT_IS_JSON, "3"},
	{"input.user.name", FACT_IS_JSON, "\"N\""},
	{"input.n", FACT_NONE, ""},
	{"input", FACT_IS_JSON, row},
	{"nothing.there", FACT_NONE, ""},
	/* texts and numbers have no members: it is one of the body */
	{"text.a", FACT_NONE, ""},
	{"model.name", FACT_NONE, ""},
	{"custom_id.0", FACT_NONE, ""},
};

START_TEST(paths_find_their_values)
{
	const struct export_item item = {
		"i", 1, 4, ITEM_OK, {line, sizeof(line) - 1}, {row, sizeof(row) - 1}};
	struct facts f;

	facts_init(&f);
	for (int round = 0; round < 2; round++) {
		facts_open(&f, &item);
		for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
			struct fact_path path = fact_path_of(facts[i].path);
			struct fact v = facts_find(&f, &path);

			ck_assert_msg(v.kind == facts[i].kind, "%s", facts[i].path);
			ck_assert_uint_eq(v.len, strlen(facts[i].value));
			ck_assert_mem_eq(v.at, facts[i].value, v.len);
		}
	}
	facts_free(&f);
}
END_TEST

START_TEST(an_item_without_an_answer_has_an_error_or_nothing)
{
	static const char failed[] =
		"{\"custom_id\":\"i\",\"response\":{\"status_code\":400,\"request_id\":null,"
		"\"body\":{\"error\":{\"message\":\"no \\u001b such model\",\"code\":\"bad\","
		"\"type\":\"t\"}}},"
		"\"error\":null,\"sluice\":{\"outcome\":\"client_error\"}}";
	static const struct fact_path error = {FACT_ERROR, ""}, code = {FACT_ERROR, "code"},
				      text = {FACT_TEXT, ""}, in = {FACT_SLUICE_MEMBER, "x"};
	struct export_item item = {"i", 1, 0, ITEM_FAILED, {failed, sizeof(failed) - 1}, {NULL, 0}};
	static const struct fact_path tokens = {FACT_SLUICE_MEMBER, "tokens_out"};
	const struct fact_path type = fact_path_of("error.type");
	static const char expired[] = "{\"custom_id\":\"i\",\"result\":{\"type\":\"expired\"}}";
	static const char foreign[] =
		"{\"custom_id\":\"i\",\"result\":{\"type\":\"succeeded\",\"message\":{"
		"\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}}}";
	struct facts f;

	facts_init(&f);
	facts_open(&f, &item);
	ck_assert_str_eq(facts_find(&f, &error).at, "bad: no \\x1b such model");
	ck_assert_str_eq(facts_find(&f, &code).at, "bad");
	ck_assert_int_eq(facts_find(&f, &type).len, strlen("\"t\""));
	ck_assert_int_eq(facts_find(&f, &text).kind, FACT_NONE);
	/* of other tools */
	item.record = (struct json_span){expired, sizeof(expired) - 1};
	facts_open(&f, &item);
	ck_assert_str_eq(facts_find(&f, &error).at, "expired");
	item.state = ITEM_OK;
	item.record = (struct json_span){foreign, sizeof(foreign) - 1};
	facts_open(&f, &item);
	ck_assert_str_eq(facts_find(&f, &tokens).at, "4");
	item.state = ITEM_QUEUED;
	item.record = (struct json_span){NULL, 0};
	facts_open(&f, &item);
	ck_assert_int_eq(facts_find(&f, &error).kind, FACT_NONE);
	ck_assert_int_eq(facts_find(&f, &in).kind, FACT_NONE);
	facts_free(&f);
}
END_TEST

/* ---- formats ---- */

static const struct {
	enum export_format format;
	const char *file;
} files[] = {
	{EXPORT_CSV, "custom_id,a.b,t\r\n\"q\"\"1\",TRUE?,'=x\r\nz,,\r\n"},
	{EXPORT_TSV, "custom_id\ta.b\tt\n\"q\"\"1\"\tTRUE?\t'=x\nz\t\t\n"},
	{EXPORT_JSONL, "{\"custom_id\":\"q\\\"1\",\"t\":\"=x\",\"input\":{\"a.b\":\"TRUE?\"}}\n"
		       "{\"custom_id\":\"z\",\"t\":null,\"input\":null}\n"},
	{EXPORT_JSON, "[\n{\"custom_id\":\"q\\\"1\",\"t\":\"=x\",\"input\":{\"a.b\":\"TRUE?\"}},\n"
		      "{\"custom_id\":\"z\",\"t\":null,\"input\":null}\n]\n"},
	{EXPORT_TEXT, "=x\n\n"},
};

START_TEST(each_format_says_the_same)
{
	static const char answer[] =
		"{\"custom_id\":\"\",\"response\":{\"status_code\":200,\"body\":{"
		"\"text\":\"=x\"}},\"error\":null}";
	static const char input[] = "{\"a.b\":\"TRUE?\"}";
	const struct export_item items[] = {
		{"q\"1", 3, 1, ITEM_OK, {answer, sizeof(answer) - 1}, {input, sizeof(input) - 1}},
		{"z", 1, 2, ITEM_FAILED, {NULL, 0}, {NULL, 0}}};
	char field[] = "t=text", *fields[] = {field, NULL};
	struct columns c;
	struct facts f;
	struct buf out;
	struct export_writer w = {.format = files[_i].format,
		.columns = &c,
		.out = &out,
		.guard = true,
		.with_input = true};

	facts_init(&f);
	buf_init(&out, 1000);
	ck_assert(columns_init(&c, fields, NULL));
	if (w.format == EXPORT_CSV || w.format == EXPORT_TSV)
		columns_add_input(&c, "a.b");
	ck_assert(export_writer_begin(&w));
	for (int i = 0; i < 2; i++) {
		facts_open(&f, &items[i]);
		ck_assert(export_writer_item(&w, &f));
	}
	ck_assert(export_writer_end(&w));
	ck_assert_str_eq(buf_str(&out), files[_i].file);
	ck_assert_uint_eq(w.items, 2);
	buf_free(&out);
	columns_free(&c);
	facts_free(&f);
}
END_TEST

START_TEST(a_file_of_nothing_is_a_file)
{
	static const char *const empty[] = {[EXPORT_JSONL] = "",
		[EXPORT_CSV] = "\xef\xbb\xbf"
			       "custom_id\r\n",
		[EXPORT_TSV] = "\xef\xbb\xbf"
			       "custom_id\n",
		[EXPORT_JSON] = "[]\n",
		[EXPORT_TEXT] = ""};
	char field[] = "custom_id=custom_id", *fields[] = {field, NULL};
	struct columns c;
	struct buf out;

	buf_init(&out, 100);
	columns_init(&c, fields, NULL);
	for (int format = EXPORT_JSONL; format <= EXPORT_TEXT; format++) {
		struct export_writer w = {.format = (enum export_format)format,
			.columns = &c,
			.out = &out,
			.bom = true};

		buf_clear(&out);
		ck_assert(export_writer_begin(&w) && export_writer_end(&w));
		ck_assert_str_eq(buf_str(&out), empty[format]);
	}
	buf_free(&out);
	columns_free(&c);
}
END_TEST

/* Excel takes such a file for another kind; readers skip an empty line. */
START_TEST(a_table_of_one_column_is_read_back)
{
	const struct export_item item = {"", 0, 1, ITEM_OK, {NULL, 0}, {NULL, 0}};
	char name[] = "ID";
	struct column only = {.name = name, .at = {FACT_CUSTOM_ID, ""}};
	struct columns c = {.at = &only, .n = 1, .own = 1};
	struct facts f;
	struct buf out;
	struct export_writer w = {.format = EXPORT_CSV, .columns = &c, .out = &out};

	facts_init(&f);
	buf_init(&out, 100);
	facts_open(&f, &item);
	ck_assert(export_writer_begin(&w) && export_writer_item(&w, &f));
	ck_assert_str_eq(buf_str(&out), "\"ID\"\r\n\"\"\r\n");
	buf_free(&out);
	facts_free(&f);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {cells_are_quoted_and_guarded,
		a_cell_that_does_not_fit_is_reported, file_names_are_safe_and_differ,
		columns_are_named_once, paths_find_their_values,
		an_item_without_an_answer_has_an_error_or_nothing, a_file_of_nothing_is_a_file,
		a_table_of_one_column_is_read_back, NULL};

	return unit_run_suite(&(struct unit_suite){.name = "export parts",
		.tests = tests,
		.loop = each_format_says_the_same,
		.loops = sizeof(files) / sizeof(files[0])});
}
