import type {Sample} from '../../sample/sample.ts';
import type {Effect} from '../../state/effect.ts';
import {sayLasting, type Updated} from '../../state/pane-state.ts';
import type {Registry} from '../../state/registry.ts';
import type {SlotWatch, State} from '../../state/state.ts';
import {type Instant, secondsBetween} from '../../values/instant.ts';
import {bytes} from '../../values/units.ts';

// WAL is removed by checkpoints, which come every five minutes by default.
const watchSeconds = 900;

/** Checks a sample for the effect of dropped slots: the slot is gone, and then the WAL in pg_wal falls. */
export const followSlots = (registry: Registry, state: State, sample: Sample): Updated => {
	if (state.slotWatches.length === 0) return [state];
	let current = state;
	const notes: Effect[] = [];
	const report = (name: string, text: string, tone: 'good' | 'warn'): void => {
		current = sayLasting(current, text, tone);
		notes.push(noteOf(name, text, sample.at));
	};
	const {bySlots, directory} = registry.walKept(sample);
	const slotWatches = state.slotWatches.flatMap((watch): readonly SlotWatch[] => {
		const {name, sentAt} = watch;
		if (!watch.isGone) {
			const slot = registry.slotNow(name, sample, sentAt);
			if (slot === 'unread') return [watch];
			if (slot) {
				report(name, `Slot ${name} exists again: something created it after it was dropped.`, 'warn');
				return [];
			}
			const keeps = bySlots === null ? '' : ` Slots keep ${bytes(bySlots)} of WAL${fell(watch.bySlots, bySlots)}.`;
			report(name, `Slot ${name} is gone.${keeps}`, 'good');
			return watch.directory === null ? [] : [{...watch, isGone: true}];
		}
		if (directory !== null && watch.directory !== null && directory < watch.directory) {
			report(name, `pg_wal fell from ${bytes(watch.directory)} to ${bytes(directory)} after the drop of slot ${name}.`, 'good');
			return [];
		}
		return (secondsBetween(sentAt, sample.at) ?? 0) < watchSeconds ? [watch] : [];
	});
	return [{...current, slotWatches}, ...notes];
};

const fell = (before: number | null, now: number): string =>
	before === null || before <= now ? '' : ` (${bytes(before)} before)`;

const noteOf = (name: string, text: string, at: Instant): Effect => ({
	type: 'note',
	entry: {
		at,
		kind: 'effect',
		connection: null,
		statement: null,
		target: `drop slot ${name}`,
		outcome: text,
		sqlstate: null,
		took_ms: null,
	},
});
