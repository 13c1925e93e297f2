// The conflict table of PostgreSQL's documentation, section "Explicit Locking"; the bit of a mode follows its strength.
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

/** Number of lock modes, above every strength. */
export const modeCount = modes.length;

/** Rank of a mode among the eight heavyweight lock modes, weakest 0; an unknown mode counts as the strongest. */
export const strengthOf = (mode: string): number => strengths.get(mode) ?? modeCount - 1;

/** Mask of `1 << strength` of the modes that conflict with the mode of this strength. */
export const conflictsOf = (strength: number): number => modes[strength]?.conflicts ?? 0;
