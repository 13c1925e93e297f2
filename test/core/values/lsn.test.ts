import {expect, test} from 'vitest';
import {bytesBetween, positionOf, segmentNamed, segmentOf, timelineNamed} from '../../../source/core/values/lsn.ts';

const segment = 16 * 1024 ** 2;

test('an LSN is a position in the WAL stream, across the 4 GB of its second half', () => {
	expect(positionOf('0/0')).toBe(0);
	expect(positionOf('16/B374D848')).toBe(0x16_b374_d848);
	expect(bytesBetween('0/FFFFFFFF', '1/1')).toBe(2);
});

test('bytes between LSNs are at least 0, and unknown if one is', () => {
	expect(bytesBetween('0/20', '0/10')).toBe(0);
	expect(bytesBetween(null, '0/10')).toBeNull();
	expect(bytesBetween('0/10', null)).toBeNull();
	expect(positionOf('somewhere')).toBeNull();
});

test('the segment of an LSN is the one in its file name', () => {
	expect(segmentOf('A/FF000010', segment)).toBe(0xa * 256 + 0xff);
	expect(segmentNamed('000000010000000A000000FF', segment)).toBe(0xa * 256 + 0xff);
	expect(segmentNamed('000000010000000A000000FF.00000028.backup', segment)).toBe(0xa * 256 + 0xff);
	expect(segmentNamed('00000002.history', segment)).toBeNull();
	expect(segmentNamed(null, segment)).toBeNull();
});

test('a segment file names its timeline, a history file does not', () => {
	expect(timelineNamed('0000001A000000000000000B')).toBe(26);
	expect(timelineNamed('00000002.history')).toBeNull();
	expect(timelineNamed(null)).toBeNull();
});
