// OpenAI's SDK: embeddings, models, limits in headers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI, { AzureOpenAI } from 'openai';
import { collect, failure, mockOnly, openai, service } from './harness.mjs';

const s = await service();
const client = openai(s);
const model = 'text-embedding-3-small';
const length = (v) => Math.hypot(...v);

test('base64, which the SDK asks for, and float are the same numbers', async () => {
	const packed = await client.embeddings.create({ model, input: 'hello' });
	const plain = await client.embeddings.create({ model, input: 'hello', encoding_format: 'float' });
	const raw = await client.embeddings.create({ model, input: 'hello', encoding_format: 'base64' });
	assert.equal(packed.data[0].embedding.length, 1536);
	assert.deepEqual(packed.data[0].embedding, plain.data[0].embedding.map(Math.fround));
	assert.equal(typeof raw.data[0].embedding, 'string');
	assert.equal(Buffer.from(raw.data[0].embedding, 'base64').length, 4 * 1536);
	assert.ok(Math.abs(length(packed.data[0].embedding) - 1) < 1e-5);
});

test('dimensions', async () => {
	for (const dimensions of [1, 256, 3072]) {
		const e = await client.embeddings.create({ model, input: 'hello', dimensions });
		assert.equal(e.data[0].embedding.length, dimensions);
		assert.ok(Math.abs(length(e.data[0].embedding) - 1) < 1e-5);
	}
});

test('several inputs, and one of tokens', async () => {
	const many = await client.embeddings.create({ model, input: ['a', 'b', 'a'], dimensions: 8 });
	assert.deepEqual(many.data.map((one) => one.index), [0, 1, 2]);
	assert.deepEqual(many.data[0].embedding, many.data[2].embedding);
	assert.notDeepEqual(many.data[0].embedding, many.data[1].embedding);
	assert.equal(many.usage.total_tokens, many.usage.prompt_tokens);
	assert.equal((await client.embeddings.create({ model, input: [1, 2, 3], dimensions: 8 })).data.length, 1);
	assert.equal((await client.embeddings.create({ model, input: [[1, 2], [3]], dimensions: 8 })).data.length, 2);
});

test('models: the list, and one of them', async () => {
	const list = await collect(await client.models.list());
	assert.ok(list.length > 1);
	assert.ok(list.every((one) => one.object === 'model' && one.id && one.created && one.owned_by));
	assert.equal((await client.models.retrieve(list[0].id)).id, list[0].id);
});

test('only the models that there are', mockOnly, async () => {
	const few = openai(await service({ options: ['--models', 'one,org/two'] }));
	assert.deepEqual((await collect(await few.models.list())).map((one) => one.id), ['one', 'org/two']);
	assert.equal((await few.models.retrieve('org/two')).id, 'org/two');
	assert.ok(await failure(few.models.retrieve('three')) instanceof OpenAI.NotFoundError);
	const error = await failure(few.chat.completions.create({ model: 'three', messages: [{ role: 'user', content: 'a' }] }));
	assert.ok(error instanceof OpenAI.NotFoundError);
	assert.equal(error.code, 'model_not_found');
});

test('the headers name the limits in force', mockOnly, async () => {
	const limited = openai(await service({ options: ['--rpm', '1800', '--tpm', '90000'] }));
	const { response } = await limited.chat.completions.create(
		{ model: 'm', messages: [{ role: 'user', content: 'a' }] }).withResponse();
	assert.equal(response.headers.get('x-ratelimit-limit-requests'), '1800');
	assert.equal(response.headers.get('x-ratelimit-limit-tokens'), '90000');
	assert.ok(Number(response.headers.get('x-ratelimit-remaining-requests')) >= 1799);
	assert.match(response.headers.get('x-ratelimit-reset-requests'), /^\d+ms$/);
});

test("Azure's client: deployments, streams, errors", mockOnly, async () => {
	const azure = new AzureOpenAI({ endpoint: s.url, apiKey: 'k', apiVersion: '2024-10-21', deployment: 'd', maxRetries: 0 });
	const messages = [{ role: 'user', content: 'a' }];
	const c = await azure.chat.completions.create({ model: 'd', messages });
	assert.equal(c.choices[0].content_filter_results.hate.severity, 'safe');
	const chunks = await collect(await azure.chat.completions.create({ model: 'd', messages, stream: true }));
	assert.equal(chunks[0].prompt_filter_results[0].prompt_index, 0);
	assert.ok(await failure(azure.chat.completions.create({ model: 'd' })) instanceof OpenAI.BadRequestError);
});
