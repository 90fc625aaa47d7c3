// `sluice run` against a server and a limit that are not ours: Express with express-rate-limit, which names its limit in
// the forms of the IETF's drafts, or of X-RateLimit.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import { folder, run } from './harness.mjs';

const ITEMS = 150, LIMIT = 45, WINDOW_MS = 3000, LATENCY_MS = 20;

async function limited(headers) {
	const app = express(), counts = { ok: 0, refused: 0 };
	const limiter = rateLimit({ windowMs: WINDOW_MS, limit: LIMIT, validate: false,
		...(headers === 'x' ? { legacyHeaders: true, standardHeaders: false } : { legacyHeaders: false, standardHeaders: headers }),
		handler: (request, answer, next, options) => {
			counts.refused++;
			answer.status(options.statusCode).send(options.message);
		} });
	app.post('/v1/chat/completions', limiter, express.json(), (request, answer) => setTimeout(() => {
		counts.ok++;
		answer.json({ id: 'c', object: 'chat.completion', created: 1, model: request.body.model,
			choices: [{ index: 0, message: { role: 'assistant', content: request.body.messages[0].content }, finish_reason: 'stop' }],
			usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 } });
	}, LATENCY_MS));
	const server = await new Promise((listening) => {
		const it = app.listen(0, '127.0.0.1', () => listening(it));
	});
	after(() => server.close());
	return { url: `http://127.0.0.1:${server.address().port}`, counts };
}

async function check(headers, t) {
	const { url, counts } = await limited(headers);
	const input = join(await folder(), 'in.jsonl');
	await writeFile(input, Array.from({ length: ITEMS }, (_, i) => JSON.stringify({ custom_id: `i${i}`, method: 'POST',
		url: '/v1/chat/completions', body: { model: 'm', messages: [{ role: 'user', content: `text ${i}` }] } }) + '\n').join(''));
	const begun = performance.now();
	const { code, stderr } = await run('run', input, '--url', url, '--ui', 'none');
	const windows = (performance.now() - begun) / WINDOW_MS;
	assert.equal(code, 0, stderr);
	const results = (await readFile(input.replace('.jsonl', '.results.jsonl'), 'utf8')).trim().split('\n').map(JSON.parse);
	assert.equal(new Set(results.map((r) => r.custom_id)).size, ITEMS);
	for (const r of results)
		assert.equal(r.response.body.choices[0].message.content, r.custom_id.replace('i', 'text '));
	assert.equal(counts.ok, ITEMS);
	t.diagnostic(`${counts.refused} of ${ITEMS + counts.refused} refused, ${windows.toFixed(2)} windows`);
	assert.ok(counts.refused <= ITEMS / 25);
	assert.ok(windows < 2 * ITEMS / LIMIT);
}

describe('every item is answered once, near the limit', { concurrency: true }, () => {
	for (const headers of ['draft-6', 'draft-7', 'draft-8', 'x'])
		test(headers, (t) => check(headers, t));
});
