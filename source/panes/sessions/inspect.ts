import type {LockNode} from '../../core/locks/graph.ts';
import type {Wait} from '../../core/locks/parties.ts';
import {lockTarget as lockTargetOf} from '../../core/locks/tag.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {tagsOf, tagText} from '../../core/sql/comment-tags.ts';
import {formattedStatement} from '../../core/sql/formatted.ts';
import {type Line, line, span} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {type Instant, secondsBetween} from '../../core/values/instant.ts';
import {bytes, duration, milliseconds} from '../../core/values/units.ts';
import {graphOf, locksKnown} from '../reading/answers.ts';
import {indented} from '../reading/indented.ts';
import {isHead} from '../reading/statement.ts';
import {liveTempOf, tempUseOf} from '../reading/temp-files.ts';
import {normOf} from '../reading/usual-time.ts';
import {holdsLines} from './holds.ts';
import {poolerLines} from './pooler.ts';
import type {SessionRow} from './rows.ts';

/** What a session runs, who it is and for how long, and its part in blocking: the page of a session, and its detail panel. */
export const sessionLines = (row: SessionRow, sample: Sample, width: number): readonly Line[] => [
	...statementLines(row, sample, width),
	...whoLines(row, sample, width),
	...tempLines(row, sample, width),
	...lockLines(row, sample, width),
	...holdsLines(row, sample, width),
	...poolerLines(row, sample, width),
];

const listed = (parts: readonly (string | false | null)[]): string => parts.filter(part => part).join(', ');

/** Role, database, application and client of a session, and the ages of its connection, transaction and state. */
const whoLines = (row: SessionRow, sample: Sample, width: number): readonly Line[] => {
	const age = (since: Instant | null): string | undefined => {
		const seconds = secondsBetween(since, sample.at);
		return seconds === null ? undefined : duration(seconds);
	};
	const [connected, opened, changed] = [row.backend_start, row.xact_start, row.state_change].map(age);
	const isClient = row.backend_type === 'client backend';
	const wait = row.wait_event_type === null ? '' : `, waiting for ${row.wait_event_type}/${row.wait_event}`;
	const who = listed([
		row.usename !== null && `role ${row.usename}`,
		row.datname !== null && `database ${row.datname}`,
		row.application_name !== null && row.application_name !== '' && `application ${row.application_name}`,
		row.client_addr === null ? isClient && 'client on a socket of the server' : `client ${row.client_addr}`,
	]);
	const ages = listed([
		row.state !== null && `${row.state}${changed === undefined ? '' : ` for ${changed}`}${wait}`,
		opened !== undefined && `transaction open for ${opened}`,
		connected !== undefined && `connected for ${connected}`,
	]);
	return [line('Session', 'strong'), ...[who, ages].filter(text => text !== '').flatMap(text => indented(text, width))];
};

/** Temporary files of a session, if it has any. */
const tempLines = (row: SessionRow, sample: Sample, width: number): readonly Line[] => {
	const use = tempUseOf(sample, row);
	if (!use || !row.temp_bytes) return [];
	const places = [...use.byTablespace.keys()].filter(name => name !== 'pg_default');
	const where = places.length > 0 ? ` (${listed(places.map(name => `tablespace ${name}`))})` : '';
	const least = liveTempOf(sample)?.complete === true ? '' : ', without those of parallel hash joins';
	return indented(`temporary files: ${bytes(row.temp_bytes)} in ${plural(use.files, 'file')}${where}${least}`, width);
};

const statementLines = (row: SessionRow, sample: Sample, width: number): readonly Line[] => {
	const since = secondsBetween(row.query_start, sample.at);
	const running = since === null ? '' : `, running for ${duration(since)}`;
	const norm = row.state === 'active' ? normOf(row, sample) : undefined;
	const usual = norm ? `, usually ${milliseconds(norm.meanMs)} (mean of ${plural(norm.calls, 'call')})` : '';
	const title = row.state === 'active' ? `Statement${running}${usual}` : 'Last statement';
	const why = isHead(row) ? 'Long statement: only the first 4 kB are read.' : 'Cut by the server at track_activity_query_size.';
	const cut = row.query_truncated ? [line(why, 'warn')] : [];
	const text =
		row.query === null || row.query === ''
			? [line('  None.', 'dim')]
			: formattedStatement(row.query, width - 2).map((each): Line => [span('  '), ...each]);
	const tags = tagText(tagsOf(row.query));
	return [line(title, 'strong'), ...text, ...cut, ...(tags === null ? [] : indented(`Tags: ${tags}`, width, 'dim'))];
};

// A wait for a transaction is shown as a wait for the row it changed, if the server reports the row.
const awaitedOf = ({tuple}: LockNode, {row}: Wait): string =>
	lockTargetOf(row.locktype === 'transactionid' ? (tuple ?? row) : row);

const mostNamed = 8;

const listOf = (all: readonly number[]): string => {
	const named = all.slice(0, mostNamed).map(pid => (pid === 0 ? 'a prepared transaction' : String(pid)));
	const more = all.length - named.length;
	return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

/** Clause on the holders that block a waiter, and on the waiters ahead of it. */
const blockersOf = (node: LockNode): string => {
	const ahead = node.queuedBehind();
	const holders = node.blockedBy().slice(0, -ahead.length || undefined);
	const held = holders.length > 0 ? `, blocked by ${listOf(holders)}` : '';
	const queued = ahead.length > 0 ? `, queued behind ${listOf(ahead)}` : '';
	return `${held}${queued}`;
};

const lockLines = (row: SessionRow, sample: Sample, width: number): readonly Line[] => {
	const graph = graphOf(sample);
	const node = graph.byPid.get(row.pid);
	if (!locksKnown(sample)) return [line('The locks could not be read.', 'warn')];
	if (!node) return [line('It waits for no lock and blocks no session.', 'dim')];
	const waited = secondsBetween(node.wait?.since ?? null, sample.at);
	const waitTime = waited === null ? '' : ` for ${duration(waited)}`;
	const waits = node.wait
		? indented(`Waits${waitTime} for ${node.wait.row.mode} on ${awaitedOf(node, node.wait)}${blockersOf(node)}.`, width, 'danger')
		: [];
	const behind = row.blocks ?? 0;
	const direct = node.blocksDirect;
	const blocks = behind > 0 ? indented(`Blocks ${plural(behind, 'session')}, ${direct} directly.`, width, 'danger') : [];
	const culprit = node.root?.prepared ? `the prepared transaction ${node.root.prepared.gid}` : String(node.root?.pid);
	const root = node.root && node.root !== node ? indented(`The root blocker is ${culprit}; b goes there.`, width, 'strong') : [];
	return [line('Locks', 'strong'), ...waits, ...root, ...blocks];
};
