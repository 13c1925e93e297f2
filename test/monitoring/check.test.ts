import {describe, expect, it} from 'vitest';
import {severities} from '../../source/core/pane/finding.ts';
import {clean} from '../../source/core/text/clean.ts';
import {rules} from '../../source/findings/index.ts';
import {thresholds} from '../../source/findings/thresholds.ts';
import {type Check, checkSample, checkStatuses, rulesAsked, secondsAsked} from '../../source/monitoring/check.ts';
import {checkLine, unknownLine} from '../../source/monitoring/check-text.ts';
import {makeSample} from '../findings/samples.ts';
import {type RecordingName, samplesOf} from '../screens/recorded.ts';

const check = (name: RecordingName, ids: readonly string[] = [], failOn: (typeof severities)[number] = 'warning'): Check => {
	const samples = samplesOf(name);
	const last = samples.at(-1);
	if (!last) throw new RangeError(`${name} has no sample.`);
	return checkSample(last, samples, {rules: ids, failOn, limits: thresholds});
};

const lineOf = (verdict: Check): string => checkLine(verdict, makeSample(0), 0.5);

describe('a check', () => {
	it('is critical for a critical finding, and puts it before warnings', () => {
		const verdict = check('lock-chain');
		expect(verdict.status).toBe('critical');
		expect(verdict.failing[0]).toMatchObject({rule: 'root-blocker', severity: 'critical'});
		expect(lineOf(verdict)).toMatch(/^CRITICAL root-blocker: .+ \| critical=\d+;;;0 /);
	});

	it('checks only the rules asked for', () => {
		const {findings, asked} = check('lock-chain', ['wraparound']);
		expect({findings, asked}).toEqual({findings: [], asked: 1});
	});

	it.each(severities)('with --fail-on %s is ok only if all findings are below it', level => {
		const {failing, findings, status} = check('all-incidents-18', [], level);
		const bound = severities.indexOf(level);
		expect(failing).toHaveLength(findings.filter(({severity}) => severities.indexOf(severity) <= bound).length);
		expect(status).not.toBe('ok');
	});

	it('is unknown without answers, and names what was not read', () => {
		const verdict = checkSample(makeSample(0), [], {rules: ['root-blocker'], failOn: 'warning', limits: thresholds});
		expect(verdict).toMatchObject({status: 'unknown', checked: 0, asked: 1});
		expect(verdict.missing.map(({what}) => what)).toContain('sessions');
		expect(lineOf(verdict)).toMatch(/^UNKNOWN root-blocker: Not read: /);
	});

	it('of Patroni or PgBouncer is unknown without its address, and is not missed by a check of all rules', () => {
		const asked = check('calm', ['no-leader', 'patroni-paused']);
		expect(asked).toMatchObject({status: 'unknown', checked: 0, asked: 2, missing: [{code: 'no_patroni'}]});
		expect(lineOf(asked)).toMatch(/^UNKNOWN no-leader: Not read: Patroni\. No address of Patroni is given\. Use --patroni URL/);
		expect(check('calm', ['pool-waits'])).toMatchObject({status: 'unknown', missing: [{code: 'no_pgbouncer'}]});
		const all = check('calm');
		expect(all.missing.map(({code}) => code)).not.toContain('no_pgbouncer');
		expect(all.missing.map(({code}) => code)).not.toContain('no_patroni');
		expect(all.asked).toBe(rules.length - 6);
		expect([...all.unchecked]).toEqual(expect.arrayContaining(['no-leader', 'second-primary', 'timeline-differs', 'pool-waits']));
	});

	it('of all rules is unknown if sessions are hidden from the role', () => {
		const verdict = check('plain-role');
		expect(verdict.missing).toContainEqual(expect.objectContaining({code: 'hidden'}));
		expect(verdict.failing.length > 0 || verdict.status === 'unknown').toBe(true);
	});

	it('of a rule that compares samples is unknown if they span too short a time', () => {
		const [first] = samplesOf('lock-chain');
		if (!first) throw new RangeError('The recording is empty.');
		const verdict = checkSample(first, [first], {rules: ['rollbacks-jump'], failOn: 'warning', limits: thresholds});
		expect(verdict).toMatchObject({status: 'unknown', missing: [{code: 'short', rules: ['rollbacks-jump']}]});
	});

	it('asks for the time that its rules need', () => {
		expect(secondsAsked(['root-blocker'])).toBe(0);
		expect(secondsAsked(['temp-storm', 'wal-flood'])).toBe(8);
		expect(secondsAsked([])).toBe(5);
	});

	it('of all rules leaves out what was not read, which is missing instead', () => {
		expect(rulesAsked([])).toHaveLength(rules.length - 1);
		expect(rulesAsked(['not-read'])).toHaveLength(1);
	});
});

describe('the line of a check', () => {
	const hostile = 'a|b=1;;;\nCRITICAL: \u001b]0;owned\u0007 '.repeat(40);

	it('is one line with one bar, whatever the server says', () => {
		const verdict = check('lock-chain');
		const [first] = verdict.failing;
		if (!first) throw new RangeError('There is no finding.');
		const line = lineOf({...verdict, failing: [{...first, summary: hostile}]});
		expect(line.split('|')).toHaveLength(2);
		expect(line).toBe(clean(line));
		expect(line.length).toBeLessThan(600);
		expect(unknownLine(hostile)).not.toMatch(/[|\n\u001b]/);
	});

	it('has figures that plug-ins may have', () => {
		const [, figures = ''] = lineOf(check('lock-chain')).split(' | ');
		expect(figures.split(' ').filter(figure => !/^[a-z_]+=\d+(\.\d+)?s?;;;0$/.test(figure))).toEqual([]);
	});

	it('has no figure for what was not read', () => {
		expect(lineOf(check('lock-chain'))).not.toMatch(/sessions=/);
	});
});

it('statuses are those of monitoring plug-ins', () => {
	expect(checkStatuses).toEqual({ok: 0, warning: 1, critical: 2, unknown: 3});
});
