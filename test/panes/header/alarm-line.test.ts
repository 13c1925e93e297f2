import {expect, it} from 'vitest';
import type {Finding} from '../../../source/core/pane/finding.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {rulesMeasuring} from '../../../source/findings/coverage.ts';
import {rules} from '../../../source/findings/index.ts';
import {alarmParts} from '../../../source/panes/header/alarm-line.ts';
import {sessions} from '../../../source/queries/activity/sessions.ts';
import {wal} from '../../../source/queries/replication/wal.ts';
import {databases} from '../../../source/queries/server/databases.ts';
import {pulse} from '../../../source/queries/server/server.ts';
import {answer, makeSample} from '../../findings/samples.ts';

const finding = (changed: Partial<Finding>): Finding => ({
	rule: 'rule',
	subject: 'subject',
	severity: 'warning',
	ongoing: true,
	sessions: 0,
	weight: 0,
	summary: 'Something is wrong.',
	evidence: '',
	pid: null,
	leads: {pane: 'sessions', identity: null},
	action: null,
	...changed,
});

const flood = finding({summary: 'WAL floods.'});
const deadlocks = finding({summary: '3 deadlocks, the last one 5m00 ago.', ongoing: false});
const notice = finding({severity: 'notice', summary: 'An index is unused.'});

const live = {isRecorded: false, since: undefined};

const words = (...findings: readonly Finding[]): readonly string[] =>
	alarmParts({findings, pending: [], measuring: 0}, live, 80).map(textOf);

it('the headline is what goes on, and counts the others', () => {
	expect(words(flood, notice, deadlocks)).toEqual(['warning: WAL floods.', '+1 more, press 0']);
	expect(words(flood)).toEqual(['warning: WAL floods.', 'press 0 for more']);
});

it('the headline is a trouble of the past, named as such, if nothing else alarms', () => {
	const [headline] = alarmParts({findings: [notice, deadlocks], pending: [], measuring: 0}, live, 80);
	expect(headline?.map(({text, tone}) => [text, tone])).toEqual([['past warning: 3 deadlocks, the last one 5m00 ago.', 'calm']]);
});

it('the headline without an alarm counts the notices', () => {
	expect(words(notice)).toEqual(['No trouble found', '1 notice, press 0']);
});

it('the all-clear comes after the rules that measure rates have measured them', () => {
	const line = (measuring: number) => alarmParts({findings: [], pending: [], measuring}, live, 80).map(textOf);
	expect(line(1)).toEqual(['No trouble found so far; still measuring rates']);
	expect(line(0)).toEqual(['No trouble found']);
	const read = (second: number) =>
		makeSample(second, answer(pulse), answer(wal), answer(sessions), answer(databases, {datid: 5}));
	const measuring = (...seconds: readonly number[]) => {
		const samples = seconds.map(read);
		return rulesMeasuring(rules, samples.at(-1) ?? expect.fail(), samples);
	};
	expect(measuring(0, 3)).toBeGreaterThan(measuring(0, 3, 6));
	expect(measuring(0, 3, 6)).toBeGreaterThan(0);
	expect(measuring(0, 3, 6, 13)).toBe(0);
	expect(rulesMeasuring(rules, makeSample(0), [])).toBe(0);
});

it('a server that does not answer ends the all-clear, and leaves a finding where it is', () => {
	const silent = {isRecorded: false, since: '2026-12-01T05:59:49.000000+00:00'};
	const shown = (...findings: readonly Finding[]) => alarmParts({findings, pending: [], measuring: 0}, silent, 80);
	expect(shown(notice)).toEqual([[{text: 'The server has not answered since 05:59:49', tone: 'danger'}]]);
	expect(shown(flood).map(textOf)).toEqual(['warning: WAL floods.', 'press 0 for more']);
});

it('the number of others is shown on a narrow screen too', () => {
	const at = (width: number): string | undefined =>
		alarmParts({findings: [flood, deadlocks], pending: [], measuring: 0}, live, width).map(textOf)[1];
	expect([at(40), at(30), at(24)]).toEqual(['+1 more, press 0', '+1 more', '+1']);
});
