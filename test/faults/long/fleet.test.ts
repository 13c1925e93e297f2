import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, it} from 'vitest';
import {type Server, startServer} from '../../../source/demo/server.ts';
import {endsWithTest} from '../../lifetime.ts';
import {startProxy} from '../../postgres/proxy.ts';
import {binariesOf, serverVersions} from '../../postgres/servers.ts';
import {folder} from '../../pty/program.ts';
import {atOnceMs, start} from '../../pty/screen.ts';

// The least that a server starts with.
const minimal = {shared_buffers: '1MB', max_connections: '20', max_wal_size: '64MB', autovacuum: 'off'};

const clusters = 20;

it('twenty servers of all versions are on one screen, and one that is stopped and one that hangs cost the others nothing', async () => {
	const servers: Server[] = [];
	endsWithTest(() => Promise.all(servers.map(server => server.remove())));
	for (let index = 0; index < clusters; index++) {
		const version = serverVersions[index % serverVersions.length] ?? 18;
		servers.push(await startServer({binaries: binariesOf(version), settings: minimal}));
	}
	const [hanging, stopped] = servers as [Server, Server];
	const proxy = await startProxy(`${hanging.host}/.s.PGSQL.${hanging.port}`);
	const fleet = servers.map((server, index) => {
		const {host, port} = index === 0 ? proxy : server;
		return {connection: `host=${host} port=${port} user=postgres dbname=postgres sslmode=disable`, label: `S${index + 1}`};
	});
	const configuration = join(folder, 'twenty.json');
	writeFileSync(configuration, JSON.stringify({fleet}));
	const screen = start(['fleet', '--config', configuration], {columns: 120, rows: 40});
	await screen.until(/servers 20 +down 0 +primaries 20/);
	proxy.set('freeze');
	await stopped.stop('immediate');
	await screen.until(/servers 20 +down 2 +primaries 18/);
	const seen = screen.text().split('\n');
	for (let index = 1; index <= clusters; index++) expect(seen.some(row => new RegExp(`^.S${index} `).test(row))).toBe(true);
	expect(seen.findIndex(row => /^.S1 +down/.test(row))).toBeLessThan(seen.findIndex(row => /^.S3 +primary/.test(row)));
	// The clock of the header goes on, and the figures of the others with it.
	const clocks = new Set<string>();
	const end = performance.now() + 6000;
	while (performance.now() < end) {
		clocks.add(screen.text().slice(0, 22));
		await new Promise(resolve => setTimeout(resolve, 100));
	}
	expect(clocks.size).toBeGreaterThanOrEqual(5);
	proxy.set('pass');
	await stopped.restart();
	await screen.until(/servers 20 +down 0 +primaries 20/);
	screen.press('down');
	await screen.until(/^▶S1 /m);
	screen.press('enter');
	await screen.until(/S1 +pgtriage/);
	screen.press('F');
	await screen.until('S1 stays in focus');
	const begun = performance.now();
	screen.press('q', 'q');
	expect(await screen.exited).toBe(0);
	expect(performance.now() - begun).toBeLessThan(atOnceMs);
	expect(screen.unrestored()).toEqual([]);
});
