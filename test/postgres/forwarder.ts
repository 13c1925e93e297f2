// A tunnel for the tests: forwards a port of 127.0.0.1 to another port, or to a socket by its path, and writes its pid to a file.
import {writeFileSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';

const [port, host = '', serverPort, pidFile, delayMs = '0'] = process.argv.slice(2);
if (pidFile !== undefined) writeFileSync(pidFile, String(process.pid));
await delay(Number(delayMs));
const server = createServer(client => {
	const upstream = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${serverPort}`) : connect({host, port: Number(serverPort)});
	for (const [from, to] of [
		[client, upstream],
		[upstream, client],
	] as const) {
		from.on('error', () => {}).on('close', () => to.destroy());
		from.pipe(to);
	}
});
server.on('error', error => {
	process.stderr.write(`bind: ${error.message}\n`);
	process.exit(255);
});
server.listen(Number(port), '127.0.0.1');
