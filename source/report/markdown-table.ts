type Lines = readonly string[];

/** A part of a document under a heading. */
export const section = (title: string, lines: Lines): Lines => ['', `## ${title}`, '', ...lines];

/** A table of cells that are Markdown already; the columns in `right` are aligned to that side. */
export const table = (heads: Lines, rows: readonly Lines[], right: readonly number[] = []): Lines => [
	`| ${heads.join(' | ')} |`,
	`| ${heads.map((_, index) => (right.includes(index) ? '---:' : '---')).join(' | ')} |`,
	...rows.map(cells => `| ${cells.join(' | ')} |`),
];
