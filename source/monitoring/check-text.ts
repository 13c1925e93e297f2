import type {Sample} from '../core/sample/sample.ts';
import {sentences} from '../core/sample/sample.ts';
import {clean, toWidth, widthOf} from '../core/text/clean.ts';
import {plural} from '../core/text/words.ts';
import type {Check, CheckStatus} from './check.ts';
import {performanceFigures} from './figures.ts';

// Monitoring systems cut long lines, and a statement in a finding may be as long as it likes.
const longest = 300;

/** Text for the line of a plug-in: cleaned, and without the bar that ends its text. */
const inLine = (text: string): string => {
	const safe = clean(text).replaceAll('|', '\\x7c');
	return widthOf(safe) > longest ? toWidth(safe, longest) : safe;
};

/** The line of a check that could not be made. */
export const unknownLine = (sentence: string): string => `UNKNOWN: ${inLine(sentence)}`;

const more = (count: number): string => (count > 0 ? ` (+${count} more)` : '');

const headline = ({status, failing, findings, missing, asked, checked}: Check): string => {
	const [worst] = failing;
	if (worst) return ` ${worst.rule}: ${inLine(worst.summary)}${more(failing.length - 1)}`;
	if (status === 'unknown') {
		const [first] = missing;
		const rule = first?.rules[0] !== undefined && asked < 3 ? ` ${first.rules[0]}` : '';
		return `${rule}: ${inLine(`Not read: ${first?.what}. ${sentences(first)}`)}${more(missing.length - 1)}`;
	}
	const below = findings.length > 0 ? `; ${plural(findings.length, 'finding')} below --fail-on` : '';
	const rules = plural(asked, 'rule');
	return checked === asked
		? `: No trouble found; ${rules} checked${below}.`
		: `: No trouble found, but only ${checked} of ${rules} could be checked${below}.`;
};

/** One figure for a graph: label, value with its unit, and the least value. Labels are ours and need no quotes. */
const perfdata = (label: string, value: number, unit = ''): string => `${label}=${Number(value.toFixed(3))}${unit};;;0`;

/**
 * A verdict as one line in the manner of monitoring plug-ins: the status, the worst finding, and figures after a bar. What was not
 * read has no figure.
 */
export const checkLine = (check: Check, sample: Sample, seconds: number): string => {
	const counts = (['critical', 'warning', 'notice'] as const).map(level =>
		perfdata(level, check.findings.filter(({severity}) => severity === level).length),
	);
	const figures = performanceFigures(sample).map(({label, value, unit}) => perfdata(label, value, unit));
	return `${word(check.status)}${headline(check)} | ${[...counts, ...figures, perfdata('time', seconds, 's')].join(' ')}`;
};

const word = (status: CheckStatus): string => status.toUpperCase();
