import {describe, expect, it} from 'vitest';
import {signalTarget} from '../../../source/panes/reading/target.ts';
import {progress} from '../../../source/queries/activity/progress.ts';
import {answer, answerAt, instantAt, makeSample} from '../../findings/samples.ts';
import {sessionAnswers, sessionRow} from '../../findings/session-rows.ts';

describe('the target of a signal', () => {
	it('is the session that runs a REPACK if its decoding worker is selected', () => {
		const worker = sessionRow(12, {backend_type: 'REPACK decoding worker', leader_pid: 11, state: null});
		const sample = makeSample(0, ...sessionAnswers(sessionRow(11, {query: 'repack (concurrently) orders'}), worker));
		expect(signalTarget(12, sample)).toMatchObject({pid: 11, backend_type: 'client backend'});
	});

	const vacuum = {pid: 11, command: 'VACUUM', mode: 'failsafe', started_by: 'manual'};
	const session = sessionRow(11, {query: 'vacuum orders', query_start: instantAt(-5)});

	it('has the mode of its VACUUM from progress that was read since it began', () => {
		const sample = makeSample(0, ...sessionAnswers(session), answerAt(-4, answer(progress, vacuum)));
		expect(signalTarget(11, sample)?.vacuum).toEqual({mode: 'failsafe', started_by: 'manual'});
	});

	it('has none from progress of an earlier statement, or of another command', () => {
		const earlier = answerAt(-6, answer(progress, vacuum));
		expect(signalTarget(11, makeSample(0, ...sessionAnswers(session), earlier))?.vacuum).toBeUndefined();
		const analyze = answer(progress, {...vacuum, command: 'ANALYZE'});
		expect(signalTarget(11, makeSample(0, ...sessionAnswers(session), analyze))?.vacuum).toBeUndefined();
	});
});
