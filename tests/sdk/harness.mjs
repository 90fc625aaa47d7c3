// What the tests of the SDKs share: a server that the built program is, or stands in front of, and clients of it.
// SDK_TARGET says which: "mock" (the default) is `sluice mock`; "serve" is `sluice serve` in front of one. The first
// line that either prints is its URL. Nothing sleeps to synchronise.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

export const target = process.env.SDK_TARGET || 'mock';
// For tests of what only the mock does: limits, keys and answers that are its own.
export const mockOnly = { skip: target !== 'mock' && 'the mock alone' };
const sluice = process.env.SLUICE || './sluice';
const QUICK = ['--latency', '5ms', '--sigma', '0'];

// A folder that goes away with the tests of the file.
export async function folder() {
	const path = await mkdtemp(join(tmpdir(), 'sluice-sdk-'));
	after(() => rm(path, { recursive: true, force: true }));
	return path;
}

// Starts a command of the program that prints its URL, and ends it after the tests of the file.
export async function start(command, ...options) {
	const process = spawn(sluice, [command, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
	const exited = once(process, 'exit');
	let said = '';
	process.stderr.on('data', (text) => { said += text; });
	after(async () => {
		process.kill('SIGTERM');
		await exited;
	});
	const [line] = await Promise.race([once(createInterface({ input: process.stdout }), 'line'),
		exited.then(([code]) => Promise.reject(new Error(`sluice ${command} exited with ${code}: ${said}`)))]);
	return line.trim();
}

// Runs a command of the program to its end: its exit code and what it wrote to stderr.
export async function run(...words) {
	const process = spawn(sluice, words, { stdio: ['ignore', 'ignore', 'pipe'] });
	let stderr = '';
	process.stderr.on('data', (text) => { stderr += text; });
	const [code] = await once(process, 'close');
	return { code, stderr };
}

// The service under test: `url`, and `mock`, the URL of the mock that answers in the end. Options are the mock's;
// `answers` are lines for its --answers.
export async function service({ options = [], answers } = {}) {
	if (answers) {
		const file = join(await folder(), 'answers.jsonl');
		await writeFile(file, answers.map((line) => JSON.stringify(line) + '\n').join(''));
		options = [...options, '--answers', file];
	}
	const mock = await start('mock', ...QUICK, ...options);
	return target === 'mock' ? { url: mock, mock } : inFrontOf(mock);
}

async function inFrontOf(mock, ...options) {
	const url = await start('serve', '--data', await folder(), '--listen', '127.0.0.1:0', '--url', mock, ...options);
	return { url, mock };
}

// `sluice serve` in front of a mock, for what only a service does. Options are the service's.
export async function serving({ options = [] } = {}) {
	return inFrontOf(await start('mock', '--latency', '20ms', '--sigma', '0'), ...options);
}

// What the mock counted.
export async function stats(s) {
	return (await fetch(s.mock + '/stats')).json();
}

export function openai(s, options = {}) {
	return new OpenAI({ baseURL: s.url + '/v1', apiKey: 'k', maxRetries: 0, ...options });
}

export function anthropic(s, options = {}) {
	return new Anthropic({ baseURL: s.url, apiKey: 'k', maxRetries: 0, ...options });
}

// Asks until the answer is what is waited for; the SDKs have no poll for batches.
export async function until(ask, isEnd) {
	for (;;) {
		const answer = await ask();
		if (isEnd(answer))
			return answer;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

// The error that a promise fails with; fails when it does not.
export async function failure(promise) {
	try {
		await promise;
	} catch (error) {
		return error;
	}
	throw new Error('no error came');
}

export async function collect(stream) {
	const all = [];
	for await (const event of stream)
		all.push(event);
	return all;
}
