// OpenAI's SDK: the Responses API.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { collect, openai, service } from './harness.mjs';

const s = await service();
const client = openai(s);
const model = 'gpt-4o-mini';
const tools = [{ type: 'function', name: 'get_weather', strict: true, parameters: { type: 'object',
	properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false } }];

test('a response', async () => {
	const r = await client.responses.create({ model, input: 'hello', instructions: 'be short', metadata: { a: 'b' } });
	assert.equal(r.object, 'response');
	assert.equal(r.status, 'completed');
	assert.ok(r.output_text.length > 10);
	assert.equal(r.instructions, 'be short');
	assert.deepEqual(r.metadata, { a: 'b' });
	assert.equal(r.usage.output_tokens_details.reasoning_tokens, 0);
	assert.equal(r.usage.total_tokens, r.usage.input_tokens + r.usage.output_tokens);
});

test('max_output_tokens leaves it incomplete', async () => {
	const r = await client.responses.create({ model, input: 'hello', max_output_tokens: 2 });
	assert.equal(r.status, 'incomplete');
	assert.equal(r.incomplete_details.reason, 'max_output_tokens');
	const events = await collect(await client.responses.create({ model, input: 'hello', max_output_tokens: 2, stream: true }));
	assert.equal(events.at(-1).type, 'response.incomplete');
});

test('the events of a stream, in order', async () => {
	const events = await collect(await client.responses.create({ model, input: 'hello', stream: true }));
	const types = events.map((event) => event.type).filter((type, i, all) => type !== all[i - 1]);
	assert.deepEqual(types, ['response.created', 'response.in_progress', 'response.output_item.added',
		'response.content_part.added', 'response.output_text.delta', 'response.output_text.done',
		'response.content_part.done', 'response.output_item.done', 'response.completed']);
	assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, i) => i));
	const text = events.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join('');
	assert.equal(text, events.find((event) => event.type === 'response.output_text.done').text);
	assert.equal(text, events.at(-1).response.output[0].content[0].text);
	assert.equal(events[0].response.status, 'in_progress');
	assert.equal(events[0].response.usage, null);
});

test("the SDK's own reading of a stream", async () => {
	const stream = client.responses.stream({ model, input: 'hello' });
	let seen = '';
	stream.on('response.output_text.delta', (event) => { seen += event.delta; });
	const r = await stream.finalResponse();
	assert.equal(seen, r.output_text);
});

test('a tool is called, then its result gives a text', async () => {
	const input = [{ role: 'user', content: 'weather?' }];
	const r = await client.responses.create({ model, input, tools });
	const [call] = r.output;
	assert.equal(call.type, 'function_call');
	assert.equal(call.name, 'get_weather');
	assert.equal(typeof JSON.parse(call.arguments).city, 'string');
	const next = await client.responses.create({ model, tools,
		input: [...input, ...r.output, { type: 'function_call_output', call_id: call.call_id, output: '4' }] });
	assert.ok(next.output_text.length > 10);
});

test('a tool is called in a stream', async () => {
	const events = await collect(await client.responses.create({ model, input: 'weather?', tools, stream: true }));
	const done = events.find((event) => event.type === 'response.function_call_arguments.done');
	assert.equal(events.filter((event) => event.type === 'response.function_call_arguments.delta')
		.map((event) => event.delta).join(''), done.arguments);
	const r = await client.responses.stream({ model, input: 'weather?', tools }).finalResponse();
	assert.equal(r.output[0].name, 'get_weather');
	assert.equal(typeof JSON.parse(r.output[0].arguments).city, 'string');
});

test('text.format fits the schema', async () => {
	const Out = z.object({ title: z.string(), pages: z.number().int(), tags: z.array(z.string()) });
	const text = { format: zodTextFormat(Out, 'book') };
	Out.parse((await client.responses.parse({ model, input: 'a book', text })).output_parsed);
	const r = await client.responses.stream({ model, input: 'a book', text }).finalResponse();
	Out.parse(r.output_parsed);
	const any = await client.responses.create({ model, input: 'json', text: { format: { type: 'json_object' } } });
	assert.equal(typeof JSON.parse(any.output_text), 'object');
});
