// The WebSocket of `sluice serve` by `ws`, and by the script of the browser's example on it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import WebSocket from 'ws';
import { folder, start } from './harness.mjs';

const mock = await start('mock', '--latency', '5ms');
const url = await start('serve', '--data', await folder(), '--listen', '127.0.0.1:0', '--url', mock,
	'--default-model', 'm', '--cors-origin', 'http://page.example');

test('ws: prompts with ids, a ping, and a close', async () => {
	const socket = new WebSocket(url.replace('http', 'ws') + '/stream', ['sluice']);
	await once(socket, 'open');
	assert.equal(socket.protocol, 'sluice');
	const texts = { 1: '', b: '' };
	const done = new Promise((resolve) => socket.on('message', (data) => {
		const { id, token, done } = JSON.parse(data);
		if (token)
			texts[id] += token;
		if (done && (texts.done = (texts.done ?? 0) + 1) === 2)
			resolve();
	}));
	for (const id of [1, 'b'])
		socket.send(JSON.stringify({ id, prompt: 'hi' }));
	await done;
	assert.ok(texts[1].length > 9 && texts.b.length > 9);
	socket.ping();
	await once(socket, 'pong');
	socket.close(1000);
	assert.equal((await once(socket, 'close'))[0], 1000);
});

test('ws: a page of another origin is refused', async () => {
	const socket = new WebSocket(url.replace('http', 'ws') + '/stream', { origin: 'http://evil.example' });
	assert.match(String((await once(socket, 'error'))[0]), /403/);
});

test('the page of the browser', async () => {
	const page = await readFile(join(process.env.SRCDIR, 'examples', 'serve-stream.html'), 'utf8');
	const script = /<script>(.*)<\/script>/s.exec(page)[1];
	const at = Object.fromEntries([...page.matchAll(/id="(\w+)"(?: value="([^"]*)")?/g)].map(([, id, value]) => [id, { value }]));
	class Socket extends WebSocket {
		constructor(address, protocols) {
			super(address, protocols, { origin: 'http://page.example' });
		}
	}
	new Function('document', 'WebSocket', script)({ getElementById: (id) => at[id] }, Socket);
	at.service.value = url;
	at.token.value = '';
	await at.form.onsubmit({ preventDefault() {} });
	assert.match(at.answer.textContent, /^[A-Z].*\.$/);
});
