// `sluice serve` by OpenAI's SDK: every method of files and batches.
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import OpenAI, { toFile } from 'openai';
import { collect, failure, folder, openai, serving, stats, until } from './harness.mjs';

const s = await serving({ options: ['-c', '4'] });
const client = openai(s);
const rule = { endpoint: '/v1/chat/completions', completion_window: '24h' };

function lines(n) {
	const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] };
	return [...Array(n).keys()].map((i) => JSON.stringify({
		custom_id: `r${i}`, method: 'POST', url: rule.endpoint, body }) + '\n').join('');
}

async function upload(text, name = 'in.jsonl', more = {}) {
	return client.files.create({ file: await toFile(Buffer.from(text), name), purpose: 'batch', ...more });
}

const end = (id) => until(() => client.batches.retrieve(id),
	(batch) => ['completed', 'failed', 'expired', 'cancelled'].includes(batch.status));

async function content(file) {
	return (await (await client.files.content(file)).text()).trim().split('\n').map((line) => JSON.parse(line));
}

test('files: create from a stream and from memory, retrieve, wait, read, list, delete', async () => {
	const path = join(await folder(), 'in.jsonl');
	await writeFile(path, lines(3));
	const file = await client.files.create({ file: createReadStream(path), purpose: 'batch' });
	assert.deepEqual([file.object, file.filename, file.bytes], ['file', 'in.jsonl', (await stat(path)).size]);
	const short = await upload(lines(1), 'ünïcode a.jsonl', { expires_after: { anchor: 'created_at', seconds: 3600 } });
	assert.equal(short.filename, 'ünïcode a.jsonl');
	assert.equal(short.expires_at, short.created_at + 3600);
	assert.deepEqual(await client.files.retrieve(file.id), file);
	assert.equal((await client.files.waitForProcessing(file.id)).status, 'processed');
	assert.equal(await (await client.files.content(file.id)).text(), await readFile(path, 'utf8'));
	assert.deepEqual((await collect(client.files.list({ limit: 1 }))).map((f) => f.id), [short.id, file.id]);
	assert.deepEqual((await collect(client.files.list({ order: 'asc', purpose: 'batch' }))).map((f) => f.id), [file.id, short.id]);
	assert.deepEqual(await client.files.delete(short.id), { id: short.id, object: 'file', deleted: true });
	assert.ok(await failure(client.files.retrieve(short.id)) instanceof OpenAI.NotFoundError);
});

test('models: list, retrieve, and one that is not there', async () => {
	const all = await until(() => collect(client.models.list()), (models) => models.length);
	assert.ok(all.some((model) => model.id === 'gpt-4o-mini'));
	const [first] = all;
	assert.deepEqual(Object.keys(first), ['id', 'object', 'created', 'owned_by']);
	assert.deepEqual(await client.models.retrieve(first.id), first);
	const error = await failure(client.models.retrieve('no/model'));
	assert.ok(error instanceof OpenAI.NotFoundError, String(error));
	assert.equal(error.code, 'model_not_found');
});

test('files that are refused', async () => {
	const error = await failure(upload('x', 'a.txt'));
	assert.ok(error instanceof OpenAI.BadRequestError, String(error));
	assert.match(error.message, /jsonl/);
	assert.match(error.requestID, /^req_/);
	const window = await failure(upload('x', 'a.jsonl', { expires_after: { anchor: 'created_at', seconds: 1 } }));
	assert.ok(window instanceof OpenAI.BadRequestError);
});

test('batches: create, retrieve, results, list, and cancel', async () => {
	const file = await upload(lines(3));
	const made = await client.batches.create({ ...rule, input_file_id: file.id, metadata: { team: 'a' } });
	assert.equal(made.status, 'validating');
	const batch = await end(made.id);
	assert.equal(batch.status, 'completed');
	assert.deepEqual(batch.request_counts, { total: 3, completed: 3, failed: 0 });
	assert.deepEqual(batch.metadata, { team: 'a' });
	const answers = await content(batch.output_file_id);
	assert.deepEqual(answers.map((l) => l.custom_id).sort(), ['r0', 'r1', 'r2']);
	assert.equal(answers[0].response.body.object, 'chat.completion');
	assert.ok(await failure(client.batches.cancel(made.id)) instanceof OpenAI.BadRequestError);

	const bad = await client.batches.create({ ...rule, input_file_id: (await upload('{\n')).id });
	assert.equal((await end(bad.id)).errors.data[0].code, 'invalid_json_line');

	const many = await client.batches.create({ ...rule, input_file_id: (await upload(lines(500))).id });
	assert.equal((await client.batches.cancel(many.id)).status, 'cancelling');
	const cancelled = await end(many.id);
	assert.equal(cancelled.status, 'cancelled');
	const left = await content(cancelled.error_file_id);
	assert.equal(left.length + cancelled.request_counts.completed, 500);
	assert.equal(left[0].error.code, 'batch_cancelled');

	assert.deepEqual((await collect(client.batches.list({ limit: 2 }))).map((b) => b.id), [many.id, bad.id, made.id]);
	const none = await failure(client.batches.create({ ...rule, input_file_id: 'file-none' }));
	assert.ok(none instanceof OpenAI.BadRequestError);
	assert.equal(none.param, 'input_file_id');
	assert.ok(await failure(client.batches.retrieve('batch_none')) instanceof OpenAI.NotFoundError);
});

test('the same create with an idempotency key makes one batch, at the same time, too', async () => {
	const input_file_id = (await upload(lines(2))).id;
	// a request whose key is in use is answered 409, and sent again
	const patient = openai(s, { maxRetries: 5 });
	const create = () => patient.batches.create({ ...rule, input_file_id }, { idempotencyKey: 'k-1', headers: { 'Idempotency-Key': 'k-1' } });
	const made = await Promise.all([1, 2, 3, 4, 5].map(create));
	assert.equal(new Set(made.map((b) => b.id)).size, 1);
	const before = (await stats(s)).requests;
	await end(made[0].id);
	assert.equal((await create()).id, made[0].id);
	assert.ok((await stats(s)).requests - before <= 2);
});
