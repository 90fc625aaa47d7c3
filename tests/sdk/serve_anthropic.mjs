// `sluice serve` by Anthropic's SDK: every method of message batches, of the API and of its beta.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { anthropic, collect, failure, serving, until } from './harness.mjs';

const s = await serving({ options: ['-c', '4'] });
const client = anthropic(s);
const params = { model: 'claude-sonnet-4-5', max_tokens: 20, messages: [{ role: 'user', content: 'hi' }] };
const requests = (n) => [...Array(n).keys()].map((i) => ({ custom_id: `r-${i}`, params }));
const made = [];

const end = (batches, id) => until(() => batches.retrieve(id), (batch) => batch.processing_status === 'ended');

for (const [name, batches] of [['messages', client.messages.batches], ['beta messages', client.beta.messages.batches]]) {
	test(`${name}: create, retrieve, results, cancel, and list`, async () => {
		const batch = await batches.create({ requests: requests(3) });
		assert.equal(batch.processing_status, 'in_progress');
		assert.equal((await end(batches, batch.id)).request_counts.succeeded, 3);
		const lines = await collect(await batches.results(batch.id));
		assert.deepEqual(lines.map((l) => l.custom_id).sort(), ['r-0', 'r-1', 'r-2']);
		assert.deepEqual([...new Set(lines.map((l) => l.result.type + l.result.message.type))], ['succeededmessage']);
		made.unshift(batch.id);

		const many = await batches.create({ requests: requests(500) });
		assert.equal((await batches.cancel(many.id)).processing_status, 'canceling');
		assert.ok(await failure(batches.delete(many.id)) instanceof Anthropic.BadRequestError);
		const counts = (await end(batches, many.id)).request_counts;
		assert.equal(counts.succeeded + counts.canceled, 500);
		const types = (await collect(await batches.results(many.id))).map((l) => l.result.type);
		assert.equal(types.filter((t) => t === 'canceled').length, counts.canceled);
		made.unshift(many.id);
		assert.deepEqual((await collect(batches.list({ limit: 1 }))).map((b) => b.id), made);
	});

	test(`${name}: what is refused`, async () => {
		const empty = await failure(batches.create({ requests: [] }));
		assert.ok(empty instanceof Anthropic.BadRequestError, String(empty));
		assert.match(empty.message, /at least 1 item/);
		assert.match(empty.requestID, /^req_/);
		const twice = [{ custom_id: 'a', params }, { custom_id: 'a', params }];
		assert.ok(await failure(batches.create({ requests: twice })) instanceof Anthropic.BadRequestError);
		assert.ok(await failure(batches.retrieve('msgbatch_none')) instanceof Anthropic.NotFoundError);
	});
}

test('models: list by pages, retrieve, and one that is not there', async () => {
	const all = await until(() => collect(client.models.list({ limit: 2 })), (models) => models.length);
	assert.ok(all.length > 2 && all.some((model) => model.id === 'claude-haiku-4-5'));
	assert.deepEqual([all[0].type, typeof all[0].display_name, typeof all[0].created_at], ['model', 'string', 'string']);
	assert.deepEqual(await client.models.retrieve(all[0].id), all[0]);
	assert.deepEqual((await collect(client.beta.models.list())).map((m) => m.id), all.map((m) => m.id));
	assert.ok(await failure(client.models.retrieve('none')) instanceof Anthropic.NotFoundError);
});

test('delete', async () => {
	assert.deepEqual(await client.messages.batches.delete(made[0]), { id: made[0], type: 'message_batch_deleted' });
	assert.ok(await failure(client.messages.batches.retrieve(made[0])) instanceof Anthropic.NotFoundError);
});
