// `sluice serve` by both SDKs: live calls that fail, are tried again, break, are given up, or wait. What succeeds is
// tested by the files for the mock, which run with SDK_TARGET=serve, too.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { anthropic, collect, failure, folder, openai, start, stats } from './harness.mjs';

// A service, with more options, in front of a mock with these answers and options.
async function before({ answers = [], mock = [], options = [] }) {
	const file = join(await folder(), 'answers.jsonl');
	await writeFile(file, answers.map((line) => JSON.stringify(line) + '\n').join(''));
	const url = await start('mock', '--latency', '5ms', '--sigma', '0', '--answers', file, ...mock);
	return { mock: url, url: await start('serve', '--data', await folder(), '--listen', '127.0.0.1:0', '--url', url, ...options) };
}

const chat = (s, content, more = {}, options = {}) => openai(s, options).chat.completions.create(
	{ model: 'gpt-4o-mini', messages: [{ role: 'user', content }], ...more });
const message = (s, content, more = {}, options = {}) => anthropic(s, options).messages.create(
	{ model: 'claude-sonnet-4-5', max_tokens: 99, messages: [{ role: 'user', content }], ...more });
const apis = [['OpenAI', chat, OpenAI], ['Anthropic', message, Anthropic]];

for (const [name, ask, sdk] of apis) {
	test(`${name}: failures are tried again for the client`, async () => {
		const s = await before({ answers: [
			{ has: 'busy', status: 503, body: { error: { message: 'busy' } }, headers: { 'retry-after': '0' }, times: 2 },
			{ has: 'limit', status: 429, body: { error: { message: 'slow down' } }, headers: { 'retry-after-ms': '10' }, times: 2 },
			{ has: 'gone', drop: true, times: 2 }] });
		for (const content of ['busy', 'limit', 'gone']) {
			assert.ok((await ask(s, content)).id);
			assert.ok((await collect(await ask(s, content, { stream: true }))).length > 1);
		}
	});

	test(`${name}: each status has its class`, async () => {
		const s = await before({ options: ['--max-attempts', '1'], answers: [400, 403, 404, 422, 500].map((status) => ({
			has: `is ${status}`, status, body: { type: 'error', error: { type: 'x', message: `no ${status}`, code: 'c' } },
			headers: { 'x-request-id': `up-${status}`, 'request-id': `up-${status}` } })) });
		for (const [status, kind] of [[400, sdk.BadRequestError], [403, sdk.PermissionDeniedError], [404, sdk.NotFoundError],
			[422, sdk.UnprocessableEntityError], [500, sdk.InternalServerError]])
			for (const more of [{}, { stream: true }]) {
				const error = await failure(ask(s, `is ${status}`, more));
				assert.ok(error instanceof kind, String(error));
				assert.match(error.message, new RegExp(`no ${status}`));
				assert.equal(error.requestID, `up-${status}`);
			}
	});

	test(`${name}: the service's own key is not the client's concern`, async () => {
		const s = await before({ mock: ['--require-key', 'other'] });
		const error = await failure(ask(s, 'hi', {}, { maxRetries: 2 }));
		assert.ok(error instanceof sdk.InternalServerError, String(error));
		assert.equal(error.status, 502);
		assert.match(error.message, /refuses the service's key/);
	});

	test(`${name}: a stream that breaks fails`, async () => {
		const s = await before({ mock: ['--stream-cut', '1'] });
		const stream = await ask(s, 'hi', { stream: true });
		const events = [];
		const error = await failure((async () => {
			for await (const event of stream)
				events.push(event);
		})());
		assert.ok(events.length);
		assert.ok(error instanceof sdk.APIError, String(error));
		assert.match(error.message, /cut/);
	});

	test(`${name}: what is given up ends at the endpoint`, async () => {
		const s = await before({ mock: ['--stream-rate', '2', '--tokens-out', '500'], options: ['-c', '1'] });
		const stream = await ask(s, 'hi', { stream: true });
		for await (const _ of stream)
			break;
		stream.controller.abort();
		// its place is free again
		const next = await ask(s, 'hi', { stream: true });
		next.controller.abort();
		const control = new AbortController();
		const sdkClient = name === 'OpenAI' ? openai(s).chat.completions : anthropic(s).messages;
		const call = failure(sdkClient.create({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] },
			{ signal: control.signal }));
		control.abort();
		assert.ok(await call instanceof sdk.APIUserAbortError);
	});

	test(`${name}: a full queue is a 429, which the SDK tries again`, async () => {
		const s = await before({ mock: ['--latency', '150ms'], options: ['-c', '1', '--max-live', '1', '--pace', 'fixed'] });
		const calls = [...Array(4).keys()].map(() => ask(s, 'hi').then(() => 'ok', (error) => error));
		const ends = await Promise.all(calls);
		const refused = ends.filter((e) => e instanceof sdk.RateLimitError);
		assert.ok(refused.length && ends.includes('ok'), String(ends));
		assert.equal(refused[0].headers.get('retry-after'), '1');
		const patient = await Promise.all([...Array(4).keys()].map(() => ask(s, 'hi', {}, { maxRetries: 9 })));
		assert.ok(patient.every((answer) => answer.id));
	});
}

test('Responses: a stream that breaks fails, and one that is whole does not', async () => {
	const cut = await before({ mock: ['--stream-cut', '1'] });
	const ask = async (s) => collect(await openai(s).responses.create({ model: 'm', input: 'hi', stream: true }));
	assert.ok(await failure(ask(cut)) instanceof OpenAI.APIError);
	const whole = await ask(await before({}));
	assert.equal(whole.at(-1).type, 'response.completed');
});

test('the helpers of both SDKs for streams work', async () => {
	const s = await before({});
	const final = await openai(s).chat.completions.stream(
		{ model: 'm', messages: [{ role: 'user', content: 'hi' }], stream_options: { include_usage: true } }).finalChatCompletion();
	assert.ok(final.usage.total_tokens);
	const text = await anthropic(s).messages.stream(
		{ model: 'm', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] }).finalText();
	assert.ok(text);
	assert.ok((await stats(s)).requests >= 2);
});
