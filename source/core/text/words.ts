/** A count with its noun: `1 session`, `12 sessions`; with a verb if both forms are named: `1 session waits`, `2 sessions wait`. */
export const plural = (count: number, singular: string, more = `${singular}s`): string =>
	`${count} ${count === 1 ? singular : more}`;
