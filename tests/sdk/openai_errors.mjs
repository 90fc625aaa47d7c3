// OpenAI's SDK: its classes of errors, and its own retries.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { collect, failure, mockOnly, openai, service, stats } from './harness.mjs';

const s = await service();
const client = openai(s);
const model = 'gpt-4o-mini';
const messages = [{ role: 'user', content: 'hello' }];

test('what is missing or wrong is a 400 that names it', async () => {
	const cases = [
		[() => client.chat.completions.create({ model }), 'messages', 'missing_required_parameter'],
		[() => client.chat.completions.create({ messages }), null, null, /you must provide a model parameter/],
		[() => client.chat.completions.create({ model, messages: [] }), 'messages', 'empty_array'],
		[() => client.chat.completions.create({ model, messages: 'hello' }), 'messages', 'invalid_type'],
		[() => client.chat.completions.create({ model, messages: [{ content: 'a' }] }), 'messages[0].role', 'missing_required_parameter'],
		[() => client.chat.completions.create({ model, messages, n: 0 }), 'n', 'integer_below_min_value'],
		[() => client.chat.completions.create({ model, messages, temperature: 3 }), 'temperature', 'decimal_above_max_value'],
		[() => client.chat.completions.create({ model, messages, tools: [{ type: 'function', function: {} }] }),
			'tools[0].function.name', 'missing_required_parameter'],
		[() => client.chat.completions.create({ model, messages, response_format: { type: 'xml' } }), 'response_format.type', 'invalid_value'],
		[() => client.completions.create({ model }), 'prompt', 'missing_required_parameter'],
		[() => client.embeddings.create({ model }), 'input', 'missing_required_parameter'],
		[() => client.embeddings.create({ model, input: '' }), 'input', 'invalid_value'],
		[() => client.embeddings.create({ model, input: [] }), 'input', 'empty_array'],
		[() => client.embeddings.create({ model, input: 'a', dimensions: 0 }), 'dimensions', 'integer_below_min_value'],
		[() => client.embeddings.create({ model, input: Array(2049).fill('a') }), 'input', 'array_above_max_length'],
		[() => client.responses.create({ model }), 'input', 'missing_required_parameter'],
	];
	for (const [call, param, code, message = /./] of cases) {
		const error = await failure(call());
		assert.ok(error instanceof OpenAI.BadRequestError, String(error));
		assert.equal(error.type, 'invalid_request_error');
		assert.deepEqual([error.param, error.code], [param, code]);
		assert.match(error.message, message);
		assert.match(error.requestID, /^req_/);
	}
});

test('an unknown path is a 404', async () => {
	for (const path of ['/nothing', '/v1/chat/completions', '/chat/completions/chat/completions']) {
		const error = await failure(client.post(path, { body: { model, messages } }));
		assert.ok(error instanceof OpenAI.NotFoundError, path);
		assert.match(error.message, /(Invalid URL \(|Unknown request URL: )POST \/v1\//);
	}
	assert.equal((await failure(client.get('/embeddings'))).status, 405);
});

test('a wrong key is a 401', mockOnly, async () => {
	const locked = await service({ options: ['--require-key', 'right'] });
	const error = await failure(openai(locked).models.list());
	assert.ok(error instanceof OpenAI.AuthenticationError);
	assert.equal(error.code, 'invalid_api_key');
	assert.ok(await openai(locked, { apiKey: 'right' }).models.list());
});

test('each status has its class', mockOnly, async () => {
	const classes = { 400: 'BadRequestError', 403: 'PermissionDeniedError', 404: 'NotFoundError', 409: 'ConflictError',
		422: 'UnprocessableEntityError', 429: 'RateLimitError', 500: 'InternalServerError', 503: 'InternalServerError' };
	const odd = openai(await service({ answers: Object.keys(classes).map((status) => ({ has: `s${status}.`, status: Number(status) })) }));
	for (const [status, name] of Object.entries(classes)) {
		const error = await failure(odd.chat.completions.create({ model, messages: [{ role: 'user', content: `s${status}.` }] }));
		assert.ok(error instanceof OpenAI[name], `${status}: ${error}`);
		assert.ok(error.error.message, status);
	}
});

test('the SDK tries again as Retry-After says, and then succeeds', mockOnly, async () => {
	const odd = await service({ answers: [
		{ has: 'again', status: 429, times: 1, headers: { 'retry-after-ms': '30' } },
		{ has: 'again', status: 503, times: 1, headers: { 'retry-after-ms': '1' } },
		{ has: 'again', drop: true, times: 1 },
		{ has: 'never', status: 503, headers: { 'x-should-retry': 'false' } },
		{ has: 'again', text: 'at last' }] });
	const patient = openai(odd, { maxRetries: 5 });
	const c = await patient.chat.completions.create({ model, messages: [{ role: 'user', content: 'again' }] });
	assert.equal(c.choices[0].message.content, 'at last');
	const before = (await stats(odd)).requests;
	await failure(patient.chat.completions.create({ model, messages: [{ role: 'user', content: 'never' }] }));
	assert.equal((await stats(odd)).requests, before + 1);
});

test('the SDK keeps to a limit by its own retries', mockOnly, async () => {
	const limited = await service({ options: ['--rpm', '1200', '--burst', '2', '--retry-after', 'ms'] });
	const patient = openai(limited, { maxRetries: 8 });
	const all = await Promise.all(Array.from({ length: 8 }, () => patient.chat.completions.create({ model, messages })));
	assert.equal(all.length, 8);
	assert.ok((await stats(limited)).by_status['429'] > 0);
});

test('a refusal names limit and wait', mockOnly, async () => {
	const limited = openai(await service({ options: ['--rpm', '1'] }));
	await limited.chat.completions.create({ model, messages });
	const error = await failure(limited.chat.completions.create({ model, messages }));
	assert.ok(error instanceof OpenAI.RateLimitError);
	assert.equal(error.code, 'rate_limit_exceeded');
	assert.match(error.message, /Limit 1, Used 1, Requested 1\. Please try again in /);
	assert.equal(error.headers.get('x-ratelimit-remaining-requests'), '0');
	assert.ok(Number(error.headers.get('retry-after')) > 50);
});

test('odd answers', mockOnly, async () => {
	const odd = openai(await service({ answers: [
		{ has: 'silent', text: null, finish: 'content_filter' },
		{ has: 'html', body: '<html>busy</html>', headers: { 'content-type': 'text/html' } },
		{ has: 'slow', latency: '5s', body: {} },
		{ has: 'sse', body: 'data: {"error":{"message":"overloaded","type":"server_error"}}\n\n',
			headers: { 'content-type': 'text/event-stream' } }] }));
	const ask = (content, more) => odd.chat.completions.create({ model, messages: [{ role: 'user', content }], ...more });
	const silent = await ask('silent');
	assert.equal(silent.choices[0].message.content, null);
	assert.equal(silent.choices[0].finish_reason, 'content_filter');
	const chunks = await collect(await ask('silent', { stream: true }));
	assert.equal(chunks.at(-1).choices[0].finish_reason, 'content_filter');
	assert.equal(await ask('html'), '<html>busy</html>');
	assert.match((await failure(ask('sse', { stream: true }).then(collect))).message, /overloaded/);
	const slow = openai({ url: odd.baseURL.replace(/\/v1$/, '') }, { timeout: 100 });
	const late = await failure(slow.chat.completions.create({ model, messages: [{ role: 'user', content: 'slow' }] }));
	assert.ok(late instanceof OpenAI.APIConnectionTimeoutError);
});

test('a stream that is cut off fails', mockOnly, async () => {
	const cut = openai(await service({ options: ['--stream-cut', '1'] }));
	assert.ok(await failure(cut.chat.completions.create({ model, messages, stream: true }).then(collect)));
});

test('a call can be given up', async () => {
	const slow = openai(await service({ options: ['--latency', '30s'] }));
	const control = new AbortController();
	const call = failure(slow.chat.completions.create({ model, messages }, { signal: control.signal }));
	control.abort();
	assert.ok(await call instanceof OpenAI.APIUserAbortError);
});
