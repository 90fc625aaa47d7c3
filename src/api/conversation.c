#include "api/conversation.h"

#include <stdio.h>
#include <string.h>

#include "api/answer_text.h"
#include "base/buf.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

enum {
	TEXT_MAX = 1 << 30,
	ROLE_MAX = 96,
	VECTOR_SHOWN = 240, /* bytes of a vector, whose numbers nobody reads */
	NESTING = 4         /* of contents within results of tools */
};

/* The part that is being put together. */
struct part {
	const struct conversation *to;
	char role[ROLE_MAX];
	struct buf text;
	bool any; /* a part was given */
	int depth;
};

static void flush(struct part *p)
{
	if (!p->text.len)
		return;
	p->to->part(p->to->ctx, p->role, buf_str(&p->text), p->text.len);
	p->any = true;
	buf_clear(&p->text);
}

static void begin(struct part *p, const char *role)
{
	flush(p);
	snprintf(p->role, sizeof(p->role), "%.95s", role);
}

static void new_line(struct part *p)
{
	if (p->text.len && p->text.data[p->text.len - 1] != '\n')
		buf_addc(&p->text, '\n');
}

/* Strings decoded, all else as it stands. */
static void add_value(struct part *p, struct json_span v)
{
	if (!v.at || json_span_is(v, JSON_VALUE_NULL))
		return;
	new_line(p);
	if (!json_string_decode(v, &p->text))
		buf_add(&p->text, v.at, v.len);
}

/* The first of the members that is there. */
static struct json_span first_of(struct json_span v, const char *const *names, size_t n)
{
	struct json_span found = {NULL, 0};

	for (size_t i = 0; i < n && !found.at; i++)
		found = json_find(v, names[i]);
	return found;
}

/* ---- what is no text ---- */

/* "[image: image/png, 12345 bytes of base64]", "[input_file: report.pdf]" */
static void add_named(struct part *p, struct json_span v, const char *what)
{
	static const char *const addresses[] = {"image_url.url", "image_url", "source.url", "url",
		"fileData.fileUri", "file_data.file_uri", "file.filename", "filename", "file_id",
		"file.file_id", "source.file_id"};
	static const char *const types[] = {"source.media_type", "inlineData.mimeType",
		"inline_data.mime_type", "input_audio.format"};
	static const char *const datas[] = {"source.data", "inlineData.data", "inline_data.data",
		"input_audio.data", "file.file_data", "file_data", "result"};
	struct json_span address = first_of(v, addresses, N_OF(addresses));
	struct json_span data = first_of(v, datas, N_OF(datas));
	char type[80], text[200];

	json_string_text(first_of(v, types, N_OF(types)), type, sizeof(type));
	json_string_text(address, text, sizeof(text));
	if (!strncmp(text, "data:", 5)) { /* data:image/png;base64,iVBOR… */
		data = address;
		snprintf(type, sizeof(type), "%.*s", (int)strcspn(text + 5, ";,"), text + 5);
		text[0] = '\0';
	}
	new_line(p);
	buf_addf(&p->text, "[%s", what);
	if (type[0] || text[0])
		buf_addf(&p->text, ": %s%s%s", type, type[0] && text[0] ? ", " : "", text);
	if (data.len > 2)
		buf_addf(&p->text, "%s%zu bytes of base64", type[0] || text[0] ? ", " : ": ",
			data.len - 2);
	buf_addc(&p->text, ']');
}

/* A call of a tool, as a part of its own between those of its speaker. */
static void add_call(struct part *p, struct json_span name, struct json_span arguments)
{
	char role[ROLE_MAX], tool[64], call[ROLE_MAX + 80];

	flush(p);
	memcpy(role, p->role, sizeof(role));
	json_string_text(name, tool, sizeof(tool));
	snprintf(call, sizeof(call), "%.24s calls %s", role[0] ? role : "assistant", tool);
	begin(p, call);
	add_value(p, arguments);
	if (!p->text.len)
		buf_adds(&p->text, "{}");
	begin(p, role);
}

static void add_thoughts(struct part *p, struct json_span text)
{
	char role[ROLE_MAX], thinks[ROLE_MAX + 8];

	if (!json_span_is(text, JSON_VALUE_STRING) || text.len <= 2)
		return;
	flush(p);
	memcpy(role, p->role, sizeof(role));
	snprintf(thinks, sizeof(thinks), "%.80s thinks", role);
	begin(p, thinks);
	add_value(p, text);
	begin(p, role);
}

/* ---- contents ---- */

static void add_content(struct part *p, struct json_span content);

static bool add_thought(void *part, struct json_span v)
{
	add_thoughts(part, json_find(v, "text"));
	return true;
}

/* A piece of a kind that its type or its members name. */
static void add_typed(struct part *p, struct json_span v)
{
	static const char *const texts[] = {"text", "refusal", "output"};
	static const char *const results[] = {"content", "functionResponse.response"};
	struct json_span type = json_find(v, "type"), text = first_of(v, texts, N_OF(texts));
	struct json_span call = json_find(v, "functionCall");
	char name[64];

	json_string_text(type, name, sizeof(name));
	if (!strcmp(name, "tool_use") || !strcmp(name, "server_tool_use"))
		add_call(p, json_find(v, "name"), json_find(v, "input"));
	else if (!strcmp(name, "function_call") || !strcmp(name, "custom_tool_call"))
		add_call(p, json_find(v, "name"),
			first_of(v, (const char *const[]){"arguments", "input"}, 2));
	else if (call.at)
		add_call(p, json_find(call, "name"), json_find(call, "args"));
	else if (!strcmp(name, "thinking"))
		add_thoughts(p, json_find(v, "thinking"));
	else if (!strcmp(name, "reasoning"))
		json_each_element(json_find(v, "summary"), add_thought, p);
	else if (json_span_is(json_find(v, "thought"), JSON_VALUE_TRUE))
		add_thoughts(p, text);
	else if (json_span_is(text, JSON_VALUE_STRING))
		add_value(p, text);
	else if (text.at || json_find(v, "content").at || json_find(v, "functionResponse").at)
		add_content(p, text.at ? text : first_of(v, results, N_OF(results)));
	else if (json_find(v, "inlineData").at || json_find(v, "inline_data").at)
		add_named(p, v, "inline data");
	else if (json_find(v, "fileData").at || json_find(v, "file_data.file_uri").at)
		add_named(p, v, "file");
	else if (!strcmp(name, "image_url") || !strcmp(name, "input_image"))
		add_named(p, v, "image");
	else if (!strcmp(name, "image_generation_call"))
		add_named(p, v, "image");
	else if (name[0])
		add_named(p, v, name);
	else
		add_value(p, v);
}

static bool add_piece(void *part, struct json_span v)
{
	if (json_span_is(v, JSON_VALUE_OBJECT))
		add_typed(part, v);
	else
		add_value(part, v);
	return true;
}

/* A string, a list of pieces, or one piece. */
static void add_content(struct part *p, struct json_span content)
{
	if (p->depth == NESTING)
		return;
	p->depth++;
	if (json_span_is(content, JSON_VALUE_ARRAY))
		json_each_element(content, add_piece, p);
	else if (content.at && !json_span_is(content, JSON_VALUE_NULL))
		add_piece(p, content);
	p->depth--;
}

/* ---- messages ---- */

static bool add_tool_call(void *part, struct json_span v)
{
	struct json_span f = json_find(v, "function");

	add_call(part, json_find(f.at ? f : v, "name"), json_find(f.at ? f : v, "arguments"));
	return true;
}

/* With the role of the message, else the one given. */
static void add_message(struct part *p, struct json_span m, const char *role)
{
	static const char *const contents[] = {"content", "parts"};
	static const char *const thoughts[] = {"reasoning_content", "reasoning", "thinking"};
	struct json_span f = json_find(m, "function_call");
	char own[64];

	json_string_text(json_find(m, "role"), own, sizeof(own));
	begin(p, own[0] && strcmp(own, "model") != 0 ? own : role);
	add_thoughts(p, first_of(m, thoughts, N_OF(thoughts)));
	add_content(p, first_of(m, contents, N_OF(contents)));
	if (json_span_is(json_find(m, "refusal"), JSON_VALUE_STRING))
		add_value(p, json_find(m, "refusal"));
	json_each_element(json_find(m, "tool_calls"), add_tool_call, p);
	if (json_span_is(f, JSON_VALUE_OBJECT))
		add_call(p, json_find(f, "name"), json_find(f, "arguments"));
	flush(p);
}

/* An item of a list that is a conversation, or of a list of texts. */
static bool add_asked(void *part, struct json_span v)
{
	struct part *p = part;
	bool message = json_find(v, "role").at || json_find(v, "parts").at;

	if (message) {
		add_message(p, v, "user");
		return true;
	}
	begin(p, json_span_is(v, JSON_VALUE_OBJECT) && json_find(v, "output").at ? "tool" : "user");
	add_content(p, v);
	flush(p);
	return true;
}

static void add_all(struct part *p, struct json_span v, const char *role)
{
	if (json_span_is(v, JSON_VALUE_ARRAY)) {
		json_each_element(v, add_asked, p);
	} else {
		begin(p, role);
		add_content(p, v);
		flush(p);
	}
}

static struct part part_for(const struct conversation *c)
{
	struct part p = {.to = c};

	buf_init(&p.text, TEXT_MAX);
	return p;
}

bool conversation_of_request(struct json_span body, const struct conversation *c)
{
	static const char *const systems[] = {
		"system", "instructions", "systemInstruction", "system_instruction"};
	static const char *const asked[] = {
		"messages", "contents", "input", "prompt", "inputs", "texts", "content", "query"};
	struct json_span system = first_of(body, systems, N_OF(systems));
	struct json_span parts = json_find(system, "parts");
	struct part p = part_for(c);

	if (!json_span_is(body, JSON_VALUE_OBJECT)) {
		buf_free(&p.text);
		return false;
	}
	begin(&p, "system");
	add_content(&p, parts.at ? parts : system);
	for (size_t i = 0; i < N_OF(asked); i++)
		add_all(&p, json_find(body, asked[i]), "user");
	flush(&p);
	buf_free(&p.text);
	return p.any;
}

/* ---- answers ---- */

static bool add_choice(void *part, struct json_span v)
{
	struct part *p = part;
	struct json_span message = json_find(v, "message");

	if (message.at) {
		add_message(p, message, "assistant");
		return true;
	}
	if (json_find(v, "content").at) { /* a candidate of Gemini's */
		add_message(p, json_find(v, "content"), "assistant");
		return true;
	}
	begin(p, "assistant");
	add_value(p, json_find(v, "text"));
	flush(p);
	return true;
}

/* Of a response: messages, calls, thoughts. */
static bool add_output(void *part, struct json_span v)
{
	struct part *p = part;

	if (json_find(v, "role").at) {
		add_message(p, v, "assistant");
		return true;
	}
	begin(p, "assistant");
	add_content(p, v);
	flush(p);
	return true;
}

/* In OpenAI's, Anthropic's and Gemini's forms. */
static void add_known(struct part *p, struct json_span body)
{
	json_each_element(json_find(body, "choices"), add_choice, p);
	json_each_element(json_find(body, "candidates"), add_choice, p);
	if (json_span_is(json_find(body, "content"), JSON_VALUE_ARRAY))
		add_message(p, body, "assistant");
	json_each_element(json_find(body, "output"), add_output, p);
	if (!p->any && json_span_is(json_find(body, "message"), JSON_VALUE_OBJECT))
		add_message(p, json_find(body, "message"), "assistant");
	flush(p);
}

/* Of its numbers the beginning is enough. */
static void add_vector(struct part *p, struct json_span v)
{
	begin(p, "vector");
	buf_add(&p->text, v.at, v.len < VECTOR_SHOWN ? v.len : VECTOR_SHOWN);
	if (v.len > VECTOR_SHOWN)
		buf_addf(&p->text, "... (%zu bytes)", v.len);
	flush(p);
}

static void add_error(struct part *p, struct json_span body)
{
	static const char *const messages[] = {"error.message", "error", "message", "detail"};
	struct json_span v = first_of(body, messages, N_OF(messages));

	begin(p, "error");
	if (json_span_is(v, JSON_VALUE_STRING))
		add_value(p, v);
	flush(p);
}

bool conversation_of_answer(struct json_span body, const struct conversation *c)
{
	struct part p = part_for(c);
	struct json_span json = {NULL, 0};
	struct buf text;

	if (json_span_is(json_find(body, "error"), JSON_VALUE_OBJECT) ||
		json_span_is(json_find(body, "error"), JSON_VALUE_STRING))
		add_error(&p, body);
	if (!p.any)
		add_known(&p, body);
	buf_init(&text, TEXT_MAX);
	if (!p.any) {
		enum answer_content_kind kind = answer_content_find(body, &text, &json);

		begin(&p, "assistant");
		if (kind == CONTENT_TEXT)
			buf_add(&p.text, text.data, text.len);
		else if (kind == CONTENT_JSON && json.at != body.at)
			add_vector(&p, json);
		flush(&p);
	}
	buf_free(&text);
	buf_free(&p.text);
	return p.any;
}
