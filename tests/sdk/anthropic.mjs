// Anthropic's SDK: messages, streams, tools, tokens, models, errors.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { anthropic, collect, failure, mockOnly, service, stats } from './harness.mjs';

const s = await service();
const client = anthropic(s);
const model = 'claude-haiku-4-5', max_tokens = 1000;
const messages = [{ role: 'user', content: 'What is the weather in Oslo?' }];
const tools = [{ name: 'get_weather', description: 'the weather', input_schema: { type: 'object',
	properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1, maximum: 7 } }, required: ['city', 'days'] } }];

test('a message', async () => {
	const { data, response } = await client.messages.create({ model, max_tokens, messages }).withResponse();
	assert.equal(data.type, 'message');
	assert.equal(data.role, 'assistant');
	assert.equal(data.content[0].type, 'text');
	assert.ok(data.content[0].text.length > 10);
	assert.equal(data.stop_reason, 'end_turn');
	assert.ok(data.usage.input_tokens > 0 && data.usage.output_tokens > 0);
	assert.equal(data.usage.cache_read_input_tokens, 0);
	assert.equal(data._request_id, response.headers.get('request-id'));
});

test('max_tokens cuts it', async () => {
	const m = await client.messages.create({ model, max_tokens: 2, messages });
	assert.equal(m.stop_reason, 'max_tokens');
	assert.equal(m.usage.output_tokens, 2);
});

test('the events of a stream, in order', async () => {
	const events = await collect(await client.messages.create({ model, max_tokens, messages, stream: true }));
	const types = events.map((event) => event.type).filter((type, i, all) => type !== all[i - 1]);
	assert.deepEqual(types, ['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop',
		'message_delta', 'message_stop']);
	assert.equal(events[0].message.stop_reason, null);
});

test("the SDK's own reading of a stream", async () => {
	const stream = client.messages.stream({ model, max_tokens, messages });
	let seen = '';
	stream.on('text', (text) => { seen += text; });
	const m = await stream.finalMessage();
	assert.equal(seen, m.content[0].text);
	assert.equal(m.stop_reason, 'end_turn');
	assert.ok(m.usage.output_tokens > 0);
});

test('a tool is used, then its result gives a text', async () => {
	const m = await client.messages.create({ model, max_tokens, messages, tools });
	const [use] = m.content;
	assert.equal(m.stop_reason, 'tool_use');
	assert.equal(use.type, 'tool_use');
	assert.match(use.id, /^toolu_/);
	assert.equal(use.name, 'get_weather');
	assert.equal(typeof use.input.city, 'string');
	assert.ok(use.input.days >= 1 && use.input.days <= 7);
	const next = await client.messages.create({ model, max_tokens, tools, messages: [...messages,
		{ role: 'assistant', content: m.content },
		{ role: 'user', content: [{ type: 'tool_result', tool_use_id: use.id, content: '4' }] }] });
	assert.equal(next.stop_reason, 'end_turn');
});

test('a tool is used in a stream', async () => {
	const m = await client.messages.stream({ model, max_tokens, messages, tools }).finalMessage();
	assert.equal(m.stop_reason, 'tool_use');
	assert.deepEqual(Object.keys(m.content[0].input), ['city', 'days']);
});

test('tool_choice is obeyed', async () => {
	const two = [...tools, { name: 'other', input_schema: { type: 'object', properties: {} } }];
	const ask = (tool_choice) => client.messages.create({ model, max_tokens, messages, tools: two, tool_choice });
	assert.equal((await ask({ type: 'none' })).stop_reason, 'end_turn');
	assert.equal((await ask({ type: 'any' })).content[0].name, 'get_weather');
	assert.equal((await ask({ type: 'tool', name: 'other' })).content[0].name, 'other');
	assert.equal((await failure(ask({ type: 'tool', name: 'third' }))).status, 400);
});

test('output_config.format fits the schema', async () => {
	const m = await client.messages.create({ model, max_tokens, messages, output_config: { format: { type: 'json_schema',
		schema: { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] } } } });
	assert.ok(Number.isInteger(JSON.parse(m.content[0].text).a));
});

test('tokens are counted', async () => {
	const few = await client.messages.countTokens({ model, messages });
	const more = await client.messages.countTokens({ model, messages: [{ role: 'user', content: 'word '.repeat(1000) }] });
	assert.ok(few.input_tokens > 0 && more.input_tokens > few.input_tokens + 500);
});

test('models: the list, and one of them', async () => {
	const list = await collect(client.models.list());
	assert.ok(list.length > 1);
	assert.ok(list.every((one) => one.type === 'model' && one.id && one.display_name && one.created_at));
	assert.equal((await client.models.retrieve(list[0].id)).id, list[0].id);
});

test('what is missing or wrong is a 400 that names it', async () => {
	const cases = [
		[{ model, messages }, /^400 .*max_tokens: Field required/],
		[{ max_tokens, messages }, /model: Field required/],
		[{ model, max_tokens }, /messages: Field required/],
		[{ model, max_tokens, messages: [] }, /messages: at least one message is required/],
		[{ model, max_tokens, messages: 'hello' }, /messages: Input should be a valid list/],
		[{ model, max_tokens: 0, messages }, /max_tokens: Input should be greater than or equal to 1/],
		[{ model, max_tokens, messages, temperature: 1.5 }, /temperature: Input should be less than or equal to 1/],
		[{ model, max_tokens, messages: [{ role: 'system', content: 'a' }] }, /Unexpected role/],
		[{ model, max_tokens, messages: [{ role: 'user' }] }, /messages\.0\.content: Field required/],
		[{ model, max_tokens, messages, tools: [{ name: 'a' }] }, /tools\.0\.input_schema: Field required/],
	];
	for (const [body, message] of cases) {
		const error = await failure(client.messages.create(body, { timeout: 10000 }));
		assert.ok(error instanceof Anthropic.BadRequestError, String(error));
		assert.equal(error.error.error.type, 'invalid_request_error');
		assert.match(error.message, message);
		assert.match(error.requestID, /^req_/);
	}
	assert.equal((await failure(client.messages.countTokens({ model }))).status, 400);
});

test('each status has its class and type', mockOnly, async () => {
	const kinds = { 401: ['AuthenticationError', 'authentication_error'], 403: ['PermissionDeniedError', 'permission_error'],
		404: ['NotFoundError', 'not_found_error'], 413: [null, 'request_too_large'], 429: ['RateLimitError', 'rate_limit_error'],
		500: ['InternalServerError', 'api_error'], 529: [null, 'overloaded_error'] };
	const odd = anthropic(await service({ answers: Object.keys(kinds).map((status) => ({ has: `s${status}.`, status: Number(status) })) }));
	for (const [status, [name, type]] of Object.entries(kinds)) {
		const error = await failure(odd.messages.create({ model, max_tokens, messages: [{ role: 'user', content: `s${status}.` }] }));
		assert.equal(error.status, Number(status));
		assert.ok(!name || error instanceof Anthropic[name], `${status}: ${error}`);
		assert.equal(error.error.error.type, type);
	}
	assert.ok(await failure(client.post('/v1/nothing', { body: {} })) instanceof Anthropic.NotFoundError);
	const locked = anthropic(await service({ options: ['--require-key', 'right'] }));
	assert.ok(await failure(locked.messages.create({ model, max_tokens, messages })) instanceof Anthropic.AuthenticationError);
});

test('the SDK tries again as Retry-After says, and then succeeds', mockOnly, async () => {
	const odd = await service({ answers: [
		{ has: 'again', status: 529, times: 1, headers: { 'retry-after-ms': '5' } },
		{ has: 'again', drop: true, times: 1 },
		{ has: 'again', text: 'at last' }] });
	const m = await anthropic(odd, { maxRetries: 4 }).messages.create(
		{ model, max_tokens, messages: [{ role: 'user', content: 'again' }] });
	assert.equal(m.content[0].text, 'at last');
	assert.equal((await stats(odd)).requests, 3);
});

test('the headers name the limits in force', mockOnly, async () => {
	const limited = anthropic(await service({ options: ['--rpm', '1800'] }));
	const { response } = await limited.messages.create({ model, max_tokens, messages }).withResponse();
	assert.equal(response.headers.get('anthropic-ratelimit-requests-limit'), '1800');
	assert.match(response.headers.get('anthropic-ratelimit-requests-reset'), /^\d{4}-\d\d-\d\dT.*Z$/);
});
