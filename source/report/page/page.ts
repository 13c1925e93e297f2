import {type Html, html, htmlLines, htmlText} from '../../core/text/html.ts';
import {type Block, documentOf} from '../document.ts';
import type {Report} from '../report.ts';
import {blockingFigure} from './blocking-figure.ts';
import {loadFigure} from './load-figure.ts';
import {style, styleHash} from './style.ts';

/** Cells of the load over time: one is some pixels wide. */
export const pageCells = 240;

// Nothing is loaded, nothing runs, and only the style of the page applies.
const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;

/** A report as one HTML file without scripts and without references to others; text from the server is escaped. */
export const reportPage = (report: Report): string => {
	const blocks = documentOf(report);
	const title = blocks.find(block => block.kind === 'heading')?.text ?? '';
	const sections = blocks.flatMap(block => (block.kind === 'heading' && block.level === 2 ? [block.text] : []));
	const first = blocks.findIndex(block => block.kind === 'heading' && block.level === 2);
	return htmlText(html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${blocks.map((block, index) => [index === first ? navigation(sections) : '', elementOf(block, report)])}</body>
</html>
`);
};

/** The name of a section in an address. */
const anchorOf = (section: string): string => section.toLowerCase().replaceAll(' ', '-');

const navigation = (sections: readonly string[]): Html => html`<nav>${sections.map(
	section => html`<a href="#${anchorOf(section)}">${section}</a> `,
)}</nav>
`;

const elementOf = (block: Block, report: Report): Html => {
	switch (block.kind) {
		case 'heading':
			return headingElement(block);
		case 'paragraph':
			return html`<p>${block.text}</p>
`;
		case 'list':
			return html`<ul>${block.items.map(item => html`<li>${item}</li>`)}</ul>
`;
		case 'table':
			return tableElement(block);
		case 'code':
			return html`<pre>${htmlLines(block.text)}</pre>
`;
		case 'figure':
			return block.figure === 'load' ? loadFigure(report) : blockingFigure(report);
		default:
			return block satisfies never;
	}
};

const headingElement = ({level, text, number}: Extract<Block, {kind: 'heading'}>): Html => {
	switch (level) {
		case 1:
			return html`<h1>${text}</h1>
`;
		case 2:
			return html`<h2 id="${anchorOf(text)}">${text}</h2>
`;
		case 3:
			return html`<h3 id="item-${number ?? ''}">${number ?? ''}. ${text}</h3>
`;
		default:
			return level satisfies never;
	}
};

// Longer texts are broken into lines.
const mostUnbroken = 20;

type Table = Extract<Block, {kind: 'table'}>;

const tableElement = ({heads, rows, right, sql, events}: Table): Html => {
	const hasTitles = heads.some(head => head !== '');
	const cell = (text: string, column: number): Html => {
		const isWord = text.length <= mostUnbroken && !sql.includes(column);
		const severity = column === 0 && (text === 'critical' || text === 'warning') ? text : '';
		const kind = sql.includes(column) ? 'sql' : isWord ? 'word' : 'text';
		const classes = [right.includes(column) ? 'right' : '', kind, severity];
		return html`<td class="${classes.filter(name => name !== '').join(' ')}">${text}</td>`;
	};
	const titles = hasTitles
		? html`<thead><tr>${events ? html`<th></th>` : ''}${heads.map(
				(head, column) => html`<th class="${right.includes(column) ? 'right' : ''}">${head}</th>`,
			)}</tr></thead>
`
		: '';
	const body = rows.map((cells, index) => {
		if (!hasTitles)
			return html`<tr><th>${cells[0] ?? ''}</th>${cells.slice(1).map(text => html`<td>${text}</td>`)}</tr>
`;
		const number = events ? html`<td class="right">${index + 1}</td>` : '';
		const row = events ? html`<tr id="event-${index + 1}" class="${events[index]?.severity ?? ''}">` : html`<tr>`;
		return html`${row}${number}${cells.map(cell)}</tr>
`;
	});
	return html`<div class="scroll"><table>
${titles}<tbody>
${body}</tbody></table></div>
`;
};
