import {expect, it} from 'vitest';
import {about, requestToReport} from '../source/about.ts';

it('a crash asks for a report, with its details and the tracker once there is one', () => {
	expect(requestToReport(undefined, undefined)).toBe('Please report it.');
	expect(requestToReport('/tmp/crash.txt', undefined)).toBe('Details are in /tmp/crash.txt; please report it.');
	expect(requestToReport('/tmp/crash.txt', 'https://example.org/bugs')).toBe(
		'Details are in /tmp/crash.txt; please report it at https://example.org/bugs.',
	);
});

it('the project has a version, and a tracker only if it also has a homepage', () => {
	expect(about.version).toMatch(/^\d+\.\d+\.\d+$/);
	expect(about.bugs === undefined).toBe(about.homepage === undefined);
});
