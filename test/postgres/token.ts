// A password command for the tests: gives a role a new password that expires, prints it, and counts its runs in a file.
import {randomBytes} from 'node:crypto';
import {appendFileSync} from 'node:fs';
import pg from 'pg';

const [host, port, role = '', seconds = '10', runs] = process.argv.slice(2);
const client = new pg.Client({host, port: Number(port), user: 'postgres', database: 'postgres'});
await client.connect();
const token = randomBytes(12).toString('hex');
const until = new Date(Date.now() + Number(seconds) * 1000).toISOString();
// 13 would store an MD5 hash.
await client.query("set password_encryption = 'scram-sha-256'");
await client.query(`alter role ${client.escapeIdentifier(role)} password '${token}' valid until '${until}'`);
await client.end();
if (runs !== undefined) appendFileSync(runs, 'run\n');
process.stdout.write(`${token}\n`);
