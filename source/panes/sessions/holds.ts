import {answerOf} from '../../core/history/past.ts';
import {conflictsOf, strengthOf} from '../../core/locks/modes.ts';
import {lockTarget, tagOf} from '../../core/locks/tag.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Line, line} from '../../core/text/line.ts';
import {plural} from '../../core/text/words.ts';
import {type HeldLock, sessionLocks} from '../../queries/activity/held-locks.ts';
import {lockScopes} from '../../queries/beside/scopes.ts';
import {rowsOf} from '../reading/answers.ts';
import {indented} from '../reading/indented.ts';
import type {SessionRow} from './rows.ts';

const mostListed = 5;

/**
 * Locks that the session holds, those awaited by most first, then the strongest; empty if the locks of another session were read, or
 * none at this moment. The locks of its own transaction are left out as long as nobody waits for them.
 */
export const holdsLines = ({pid}: SessionRow, sample: Sample, width: number): readonly Line[] => {
	if (!rowsOf(sample, lockScopes).some(scope => scope.pane === 'details' && scope.pid === pid)) return [];
	const result = sample.results[sessionLocks.name];
	if (result?.ok === false) return indented(`The locks that it holds could not be read: ${result.error.message}`, width, 'warn');
	const locks = answerOf(sample, sessionLocks)?.rows.filter(({mode}) => mode !== '');
	if (!locks) return [];
	const waits = Map.groupBy(
		locks.filter(({granted}) => !granted),
		tagOf,
	);
	const held = locks
		.filter(lock => lock.pid === pid && lock.granted)
		.map(lock => ({lock, waiters: waitersOf(lock, waits.get(tagOf(lock)) ?? [])}))
		.filter(({lock, waiters}) => waiters > 0 || !isOwnTransaction(lock))
		.sort((a, b) => b.waiters - a.waiters || strengthOf(b.lock.mode) - strengthOf(a.lock.mode));
	if (held.length === 0) return [line('  Holds no locks but those of its own transaction.', 'dim')];
	const targets = [...Map.groupBy(held, ({lock}) => lockTarget(lock))];
	const rest = targets.length - mostListed;
	return [
		...targets.slice(0, mostListed).flatMap(([target, modes]) => {
			const waiters = modes.reduce((sum, each) => sum + each.waiters, 0);
			const awaited = waiters > 0 ? `, awaited by ${plural(waiters, 'session')}` : '';
			const named = modes.map(({lock}) => lock.mode).join(', ');
			return indented(`Holds ${named} on ${target}${awaited}`, width, waiters > 0 ? 'danger' : 'calm');
		}),
		...(rest > 0 ? [line(`  Holds locks on ${plural(rest, 'more object')}; l lists them.`, 'dim')] : []),
	];
};

const isOwnTransaction = ({locktype}: HeldLock): boolean => locktype === 'virtualxid' || locktype === 'transactionid';

const waitersOf = (held: HeldLock, waits: readonly HeldLock[]): number =>
	waits.filter(wait => wait.pid !== held.pid && (conflictsOf(strengthOf(wait.mode)) & (1 << strengthOf(held.mode))) !== 0).length;
