// The conflict table of PostgreSQL's documentation, section "Explicit Locking"; a mode's bit follows its strength.
const modes = [
	{mode: 'AccessShareLock', conflicts: 0b1000_0000},
	{mode: 'RowShareLock', conflicts: 0b1100_0000},
	{mode: 'RowExclusiveLock', conflicts: 0b1111_0000},
	{mode: 'ShareUpdateExclusiveLock', conflicts: 0b1111_1000},
	{mode: 'ShareLock', conflicts: 0b1110_1100},
	{mode: 'ShareRowExclusiveLock', conflicts: 0b1111_1100},
	{mode: 'ExclusiveLock', conflicts: 0b1111_1110},
	{mode: 'AccessExclusiveLock', conflicts: 0b1111_1111},
] as const;

const strengths: ReadonlyMap<string, number> = new Map(modes.map(({mode}, strength) => [mode, strength]));

/** How many modes there are; a strength is below it. */
export const modeCount = modes.length;

/** A mode's place among the eight heavyweight lock modes, weakest 0; a mode that no server has counts as the strongest. */
export const strengthOf = (mode: string): number => strengths.get(mode) ?? modeCount - 1;

/** The modes, as a mask of `1 << strength`, that cannot be held beside the mode of this strength. */
export const conflictsOf = (strength: number): number => modes[strength]?.conflicts ?? 0;
