import type {Failure} from '../core/sample.ts';

/** Why something was not read while the locks had to be. */
export const putOff: Failure = {
	code: 'put_off',
	message: 'This takes longer than a second to read and was put off, because sessions wait for locks.',
	hint: 'It is read again once nobody waits.',
};

/** Whether a poll that failed says nothing of the server that the next one will not: cancelled, late or cut off. */
export const passing = ({code}: Failure): boolean =>
	code === '57014' || code === 'deadline' || code.startsWith('08') || code === '57P01';
