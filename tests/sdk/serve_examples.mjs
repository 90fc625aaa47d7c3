// The examples that use the SDKs, against `sluice serve`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { serving } from './harness.mjs';

const s = await serving();
const env = { ...process.env, OPENAI_BASE_URL: s.url + '/v1', ANTHROPIC_BASE_URL: s.url };

async function example(...words) {
	return (await promisify(execFile)(process.execPath, words, { env })).stdout;
}

test('OpenAI: the answers of a file', async () => {
	const said = await example('serve-openai.mjs', join(process.env.SRCDIR, 'examples', 'again.jsonl'));
	assert.match(said, /chat\.completion/);
});

test('Anthropic: the results of a batch', async () => {
	const said = await example('serve-anthropic.mjs');
	assert.deepEqual(said.trim().split('\n').sort(), ['prompt-0 succeeded', 'prompt-1 succeeded']);
});
