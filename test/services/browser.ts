import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {longestWaitMs} from '../lifetime.ts';

/** A page that a headless Chromium shows. */
export type BrowserPage = {
	/** Opens an address and resolves when all that it loads is there. */
	readonly open: (url: string) => Promise<void>;
	/** Gives the page this size in pixels. */
	readonly resize: (width: number, height: number) => Promise<void>;
	/** Value of an expression in the page, which its policy does not restrict. */
	readonly evaluate: <T>(expression: string) => Promise<T>;
	/** A picture of the whole page, as PNG. */
	readonly picture: () => Promise<Buffer>;
	/** Addresses that the page asked for since it was opened, its own first. */
	readonly requests: () => readonly string[];
	/** What the page reported to the console, and what its policy refused. */
	readonly reports: () => readonly string[];
	readonly close: () => Promise<void>;
};

type Message = {
	readonly id?: number;
	readonly method?: string;
	readonly params?: Readonly<Record<string, unknown>>;
	readonly result?: Readonly<Record<string, unknown>>;
	readonly error?: {readonly message: string};
};

/** Resolves to the address of the DevTools, which Chromium writes into the folder of its profile. */
const devToolsOf = async (profile: string, failed: () => Error | undefined): Promise<string> => {
	const file = join(profile, 'DevToolsActivePort');
	for (let waited = 0; waited < longestWaitMs; waited += 50) {
		const [port, path] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
		if (port && path) return `ws://127.0.0.1:${port}${path}`;
		const error = failed();
		if (error) throw error;
		await delay(50);
	}
	throw new Error('Chromium does not start.');
};

/** Starts a headless Chromium with its profile in a folder; throws if it is not installed. */
export const startBrowser = async (profile: string): Promise<BrowserPage> => {
	const quiet = ['--disable-background-networking', '--disable-component-update', '--no-first-run', '--disable-gpu'];
	const args = ['--headless', '--no-sandbox', ...quiet, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
	const child = spawn('chromium', args, {stdio: 'ignore'});
	const exit = once(child, 'exit').catch(() => {});
	let failure: Error | undefined;
	child.once('error', () => {
		failure = new Error('Chromium is not installed: apt-get install chromium, which .ci/run does.');
	});
	const socket = new WebSocket(await devToolsOf(profile, () => failure));
	await once(socket, 'open');
	const answers = new Map<number, (message: Message) => void>();
	const listeners = new Map<string, (params: Readonly<Record<string, unknown>>) => void>();
	socket.addEventListener('message', ({data}) => {
		const message = JSON.parse(String(data)) as Message;
		if (message.id !== undefined) answers.get(message.id)?.(message);
		if (message.method !== undefined) listeners.get(message.method)?.(message.params ?? {});
	});
	let sent = 0;
	let sessionId: string | undefined;
	const ask = async (method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> => {
		const id = ++sent;
		const {promise, resolve} = Promise.withResolvers<Message>();
		answers.set(id, resolve);
		socket.send(JSON.stringify({id, method, params, sessionId}));
		const {result, error} = await promise;
		answers.delete(id);
		if (error) throw new Error(`${method}: ${error.message}`);
		return result ?? {};
	};
	const {targetId} = await ask('Target.createTarget', {url: 'about:blank'});
	sessionId = String((await ask('Target.attachToTarget', {targetId, flatten: true})).sessionId);
	let requests: string[] = [];
	let reports: string[] = [];
	listeners.set('Network.requestWillBeSent', ({request}) => requests.push((request as {readonly url: string}).url));
	listeners.set('Runtime.consoleAPICalled', ({args: said}) => reports.push(JSON.stringify(said)));
	listeners.set('Log.entryAdded', ({entry}) => reports.push((entry as {readonly text: string}).text));
	for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await ask(`${domain}.enable`);
	return {
		open: async url => {
			[requests, reports] = [[], []];
			const loaded = new Promise<void>(resolve => listeners.set('Page.loadEventFired', () => resolve()));
			await ask('Page.navigate', {url});
			await loaded;
		},
		resize: async (width, height) => {
			await ask('Emulation.setDeviceMetricsOverride', {width, height, deviceScaleFactor: 1, mobile: false});
		},
		evaluate: async <T>(expression: string): Promise<T> => {
			const {result} = await ask('Runtime.evaluate', {expression, returnByValue: true});
			return (result as {readonly value: T}).value;
		},
		picture: async () => {
			const {data} = await ask('Page.captureScreenshot', {captureBeyondViewport: true});
			return Buffer.from(String(data), 'base64');
		},
		requests: () => requests,
		reports: () => reports,
		close: async () => {
			socket.close();
			child.kill('SIGKILL');
			await exit;
		},
	};
};
