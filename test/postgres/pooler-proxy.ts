import {mkdtempSync, rmSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const backendKey = Buffer.from('K\0\0\0\x0c', 'latin1');

/** Starts a proxy that acts as a pooler: the pid reported at login is not the backend's. Keeps the statements it forwards. */
export const startPooler = async (path: string) => {
	const folder = mkdtempSync(join(tmpdir(), 'pooler-'));
	const said: string[] = [];
	const server = createServer(client => {
		const upstream = connect(path);
		client.on('data', bytes => {
			said.push(bytes.toString('latin1'));
			upstream.write(bytes);
		});
		upstream.on('data', bytes => {
			const at = bytes.indexOf(backendKey);
			if (at >= 0) bytes.writeInt32BE(7, at + backendKey.length);
			client.write(bytes);
		});
		client.on('error', () => {}).on('close', () => upstream.destroy());
		upstream.on('error', () => {}).on('close', () => client.destroy());
	});
	await new Promise<void>(resolve => server.listen(join(folder, '.s.PGSQL.5432'), resolve));
	const close = () => {
		server.close();
		rmSync(folder, {recursive: true, force: true});
	};
	return {host: folder, port: 5432, said, close};
};
