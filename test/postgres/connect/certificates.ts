import {execFileSync} from 'node:child_process';
import {chmodSync, copyFileSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/**
 * Creates an authority and its certificates in a folder: `server.crt` for the name db.test, `client.crt` for the role certified,
 * `root.crl` that revokes the server's, an authority `other.crt` that signed nothing, keys that others can read or that are
 * encrypted (by `open sesame`), and homes with some of it in their .postgresql.
 */
export const makeCertificates = (folder: string): void => {
	const openssl = (...args: readonly string[]): void => {
		execFileSync('openssl', args, {cwd: folder, stdio: 'pipe'});
	};
	const authority = (name: string): void =>
		openssl('req', '-x509', ...ec, '-days', '2', '-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', `/CN=${name}`);
	const signed = (name: string, subject: string, ...extensions: readonly string[]): void => {
		openssl('req', ...ec, '-new', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
		writeFileSync(join(folder, 'extensions'), extensions.join('\n'));
		const files = ['-CA', 'root.crt', '-CAkey', 'root.key', '-CAcreateserial', '-extfile', 'extensions'];
		openssl('x509', '-req', '-days', '2', '-in', `${name}.csr`, '-out', `${name}.crt`, ...files);
	};
	authority('root');
	authority('other');
	signed('server', '/CN=common.test', 'subjectAltName=DNS:db.test,DNS:*.wild.test');
	signed('client', '/CN=certified');
	copyFileSync(join(folder, 'client.key'), join(folder, 'open.key'));
	chmodSync(join(folder, 'open.key'), 0o644);
	openssl('pkcs8', '-topk8', '-in', 'client.key', '-out', 'locked.key', '-passout', 'pass:open sesame');
	for (const key of ['client.key', 'locked.key']) chmodSync(join(folder, key), 0o600);

	writeFileSync(join(folder, 'index'), '');
	writeFileSync(
		join(folder, 'authority.cnf'),
		'[ca]\ndefault_ca=it\n[it]\ndatabase=index\ncertificate=root.crt\nprivate_key=root.key\ndefault_md=sha256\ndefault_crl_days=2\n',
	);
	openssl('ca', '-config', 'authority.cnf', '-gencrl', '-out', 'empty.crl');
	openssl('ca', '-config', 'authority.cnf', '-revoke', 'server.crt');
	openssl('ca', '-config', 'authority.cnf', '-gencrl', '-out', 'root.crl');

	const home = (name: string, files: Readonly<Record<string, string>>): void => {
		const own = join(folder, name, '.postgresql');
		mkdirSync(own, {recursive: true});
		for (const [to, from] of Object.entries(files)) copyFileSync(join(folder, from), join(own, to));
	};
	home('trusting', {'root.crt': 'root.crt'});
	home('mistaken', {'root.crt': 'other.crt'});
	home('certified', {'postgresql.crt': 'client.crt', 'postgresql.key': 'client.key'});
	home('keyless', {'postgresql.crt': 'client.crt'});
};
