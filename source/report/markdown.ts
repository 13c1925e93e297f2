import {blockInMarkdown, inMarkdown} from '../core/text/markdown.ts';
import {chartOf} from './chart.ts';
import {type Block, documentOf} from './document.ts';
import type {Report} from './report.ts';

type Lines = readonly string[];

/** A report as GitHub Markdown without HTML: tables and fenced blocks; text from the server is escaped. */
export const markdownOf = (report: Report): string => {
	const parts = documentOf(report)
		.map(block => linesOf(block, report))
		.filter(({length}) => length > 0);
	return `${parts.map(lines => lines.join('\n')).join('\n\n')}\n`;
};

const linesOf = (block: Block, report: Report): Lines => {
	switch (block.kind) {
		case 'heading':
			return [`${'#'.repeat(block.level)} ${block.number === undefined ? '' : `${block.number}. `}${inMarkdown(block.text)}`];
		case 'paragraph':
			return [inMarkdown(block.text)];
		case 'list':
			return block.items.map(item => `- ${inMarkdown(item)}`);
		case 'table':
			return tableLines(block);
		case 'code':
			return [blockInMarkdown(block.text, 'sql')];
		case 'figure':
			return block.figure === 'load' ? chartLines(report) : [];
		default:
			return block satisfies never;
	}
};

/** A table of cells in Markdown; columns in `right` are aligned to the right. */
const tableLines = ({heads, rows, right}: Extract<Block, {kind: 'table'}>): Lines => [
	`| ${heads.join(' | ')} |`,
	`| ${heads.map((_, index) => (right.includes(index) ? '---:' : '---')).join(' | ')} |`,
	...rows.map(cells => `| ${cells.map(inMarkdown).join(' | ')} |`),
];

const chartLines = (report: Report): Lines => {
	const {lines, legend} = chartOf(report);
	return [blockInMarkdown(lines.join('\n'), 'text'), '', `${inMarkdown(legend)}.`];
};
