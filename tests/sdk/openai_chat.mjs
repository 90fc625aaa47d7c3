// OpenAI's SDK: chat completions and completions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { collect, openai, service } from './harness.mjs';

const s = await service();
const client = openai(s);
const model = 'gpt-4o-mini';
const messages = [{ role: 'user', content: 'What is the weather in Oslo?' }];
const tools = [{ type: 'function', function: { name: 'get_weather', strict: true,
	parameters: { type: 'object', additionalProperties: false, required: ['city', 'unit'], properties: {
		city: { type: 'string' }, unit: { type: 'string', enum: ['C', 'F'] } } } } }];
const Reading = z.object({ city: z.string(), celsius: z.number(), at: z.array(z.string()), sure: z.boolean(),
	kind: z.enum(['sun', 'rain']), note: z.string().nullable() });

test('a completion', async () => {
	const { data, response } = await client.chat.completions.create({ model, messages }).withResponse();
	assert.equal(data.object, 'chat.completion');
	assert.equal(data.model, model);
	assert.equal(data.choices.length, 1);
	assert.equal(data.choices[0].message.role, 'assistant');
	assert.ok(data.choices[0].message.content.length > 10);
	assert.equal(data.choices[0].finish_reason, 'stop');
	assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens);
	assert.equal(data.usage.prompt_tokens_details.cached_tokens, 0);
	assert.ok(Math.abs(data.created - Date.now() / 1000) < 60);
	assert.equal(data._request_id, response.headers.get('x-request-id'));
});

test('max_tokens cuts it', async () => {
	for (const limit of [{ max_tokens: 3 }, { max_completion_tokens: 3 }]) {
		const c = await client.chat.completions.create({ model, messages, ...limit });
		assert.equal(c.choices[0].finish_reason, 'length');
		assert.equal(c.usage.completion_tokens, 3);
	}
});

test('n gives different texts', async () => {
	const c = await client.chat.completions.create({ model, messages, n: 3 });
	assert.deepEqual(c.choices.map((choice) => choice.index), [0, 1, 2]);
	assert.equal(new Set(c.choices.map((choice) => choice.message.content)).size, 3);
});

test('a stream', async () => {
	const chunks = await collect(await client.chat.completions.create(
		{ model, messages, stream: true, stream_options: { include_usage: true } }));
	assert.ok(chunks.every((chunk) => chunk.object === 'chat.completion.chunk'));
	assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
	assert.ok(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('').length > 10);
	assert.equal(chunks.at(-2).choices[0].finish_reason, 'stop');
	assert.deepEqual(chunks.at(-1).choices, []);
	assert.ok(chunks.at(-1).usage.completion_tokens > 0);
});

test('n in a stream', async () => {
	const runner = client.chat.completions.stream({ model, messages, n: 2 });
	const c = await runner.finalChatCompletion();
	assert.equal(c.choices.length, 2);
	assert.notEqual(c.choices[0].message.content, c.choices[1].message.content);
	assert.equal(c.choices[1].finish_reason, 'stop');
});

test('a tool is called', async () => {
	const c = await client.chat.completions.create({ model, messages, tools });
	const [call] = c.choices[0].message.tool_calls;
	assert.equal(c.choices[0].finish_reason, 'tool_calls');
	assert.equal(c.choices[0].message.content, null);
	assert.equal(call.function.name, 'get_weather');
	assert.match(call.id, /^call_/);
	const args = JSON.parse(call.function.arguments);
	assert.equal(typeof args.city, 'string');
	assert.ok(['C', 'F'].includes(args.unit));
});

test('a tool is called in a stream', async () => {
	const runner = client.chat.completions.stream({ model, messages, tools });
	const c = await runner.finalChatCompletion();
	const [call] = c.choices[0].message.tool_calls;
	assert.equal(c.choices[0].finish_reason, 'tool_calls');
	assert.equal(call.function.name, 'get_weather');
	assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)), ['city', 'unit']);
});

test('tool_choice is obeyed', async () => {
	const two = [...tools, { type: 'function', function: { name: 'other', parameters: { type: 'object', properties: {} } } }];
	const none = await client.chat.completions.create({ model, messages, tools: two, tool_choice: 'none' });
	assert.equal(none.choices[0].message.tool_calls, undefined);
	assert.ok(none.choices[0].message.content);
	const other = await client.chat.completions.create(
		{ model, messages, tools: two, tool_choice: { type: 'function', function: { name: 'other' } } });
	assert.equal(other.choices[0].message.tool_calls[0].function.name, 'other');
	assert.equal(other.choices[0].message.tool_calls[0].function.arguments, '{}');
});

test('runTools comes to an end, streamed and not', async () => {
	for (const stream of [false, true]) {
		let asked = 0;
		const runner = client.chat.completions.runTools({ model, messages, stream, tools: [{ type: 'function', function: {
			name: 'get_weather', parse: JSON.parse, parameters: tools[0].function.parameters,
			function: ({ city }) => { asked++; return `4 degrees in ${city}`; } } }] });
		assert.ok((await runner.finalContent()).length > 10);
		assert.equal(asked, 1);
	}
});

test('response_format json_object', async () => {
	const c = await client.chat.completions.create({ model, messages, response_format: { type: 'json_object' } });
	assert.equal(typeof JSON.parse(c.choices[0].message.content), 'object');
});

test('response_format json_schema fits the schema', async () => {
	const response_format = zodResponseFormat(Reading, 'reading');
	const c = await client.chat.completions.parse({ model, messages, response_format });
	Reading.parse(c.choices[0].message.parsed);
	const streamed = await client.chat.completions.stream({ model, messages, response_format }).finalChatCompletion();
	Reading.parse(streamed.choices[0].message.parsed);
});

test('a recursive schema ends', async () => {
	const Node = z.object({ name: z.string(), get children() { return z.array(Node); } });
	const c = await client.chat.completions.parse({ model, messages, response_format: zodResponseFormat(Node, 'tree') });
	Node.parse(c.choices[0].message.parsed);
});

test('completions, with n, several prompts, and as a stream', async () => {
	const c = await client.completions.create({ model, prompt: ['a', 'b'], n: 2 });
	assert.equal(c.object, 'text_completion');
	assert.deepEqual(c.choices.map((choice) => choice.index), [0, 1, 2, 3]);
	const chunks = await collect(await client.completions.create({ model, prompt: 'a', stream: true }));
	assert.ok(chunks.map((chunk) => chunk.choices[0].text).join('').length > 10);
	assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
});

test('a stream can be left', async () => {
	const stream = await client.chat.completions.create({ model, messages, stream: true });
	for await (const chunk of stream) {
		assert.ok(chunk.id);
		break;
	}
	assert.ok((await client.chat.completions.create({ model, messages })).id);
});
