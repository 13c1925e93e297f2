import type {Finding} from '../core/finding.ts';
import {literal} from '../core/quote.ts';
import type {Sample} from '../core/sample.ts';
import {clean} from '../core/text.ts';
import {duration, secondsBetween} from '../core/units.ts';
import {locks} from '../queries/locks.ts';
import {type Session, sessions} from '../queries/sessions.ts';
import {queueOf} from './ddl-queue.ts';
import {rootName, type Tree, treesOf} from './forest.ts';
import {defineRule} from './rule.ts';
import {severityOf, worst} from './thresholds.ts';
import {doing, lockSession, many, placeOf, remedyOf, sessionName} from './who.ts';

/** Sessions that wait, by the one they all wait for in the end. */
export const rootBlocker = defineRule({
	id: 'root-blocker',
	help: 'A session or prepared transaction that others wait for, and that waits for nobody itself.',
	queries: [locks, sessions],
	find: (sample, _, limits) =>
		treesOf(sample).flatMap(tree => {
			const {blocks_total, waiters_wait_seconds, cycle} = tree.root;
			const waited = severityOf(waiters_wait_seconds, limits.blocked_seconds);
			const severity = waited && worst(waited, severityOf(blocks_total, limits.blocked_sessions));
			// What the server ends by itself, and what another rule says better.
			if (!severity || cycle || queueOf(tree, sample)) return [];
			return [found(tree, severity, sample)];
		}),
});

const found = ({root}: Tree, severity: Finding['severity'], sample: Sample): Omit<Finding, 'rule'> => {
	const session = root.gid === null ? lockSession(root.pid, sample) : undefined;
	const waited = root.waiters_wait_seconds === null ? '' : `, ${duration(root.waiters_wait_seconds)} of waiting in all`;
	const name = root.gid === null ? (session ? sessionName(session, sample) : `Session ${root.pid}`) : preparedName(root.gid);
	const holds = `It holds ${root.mode ?? 'a lock'}${root.target === null ? '' : ` on ${root.target}`}`;
	return {
		subject: rootName(root, session?.backend_start),
		severity,
		weight: root.blocks_total,
		summary: clean(`${name} blocks ${many(root.blocks_total, 'session')}${waited}.`),
		evidence: clean(`${holds}${session ? `, ${doing(session, sample)}${openFor(session, sample)}` : ''}.`),
		pid: root.gid === null ? root.pid : null,
		leads: session ? placeOf(session) : {pane: 'locks', identity: root.gid === null ? null : `prepared ${root.gid}`},
		action: root.gid !== null ? 'F9 offers ROLLBACK PREPARED.' : session ? remedyOf(session) : null,
	};
};

const preparedName = (gid: string): string => `The prepared transaction ${literal(gid)}`;

const openFor = ({xact_start}: Session, {at}: Sample): string => {
	const seconds = secondsBetween(xact_start, at);
	return seconds === null ? '' : `, its transaction open for ${duration(seconds)}`;
};
