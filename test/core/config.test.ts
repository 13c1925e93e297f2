import {describe, expect, it} from 'vitest';
import {type Allowed, checkConfig, noConfig} from '../../source/core/config.ts';

const allowed: Allowed = {
	options: {pane: 'value', ascii: 'switch'},
	thresholds: {
		blocked_seconds: {warning: 2, critical: 60},
		ends_in_seconds: {warning: 600, critical: 60, below: true},
		heavy_ratio: {warning: 0.5, critical: null},
	},
};

describe('a configuration', () => {
	it('sets options and levels, and leaves out those it does not name', () => {
		const given = {
			options: {pane: 'triage', ascii: true},
			thresholds: {blocked_seconds: {critical: 30}, heavy_ratio: {warning: null}},
		};
		expect(checkConfig(given, allowed)).toEqual({config: given, problems: []});
	});

	it('may be empty', () => {
		expect(checkConfig({}, allowed)).toEqual({config: noConfig, problems: []});
	});

	it.each([
		['a list', [], /must be a JSON object/],
		['a misspelled part', {treshold: {}}, /"treshold" is not known/],
		['an unknown option', {options: {panel: 'x'}}, /options\."panel" is not an option\. Did you mean pane\?/],
		['an option of all objects', {options: {constructor: 'x'}}, /options\."constructor" is not an option/],
		['a switch that is a string', {options: {ascii: 'yes'}}, /options\.ascii must be true or false/],
		['a value that is a number', {options: {pane: 3}}, /options\.pane must be a string/],
		['an unknown threshold', {thresholds: {blocked: {warning: 1}}}, /Did you mean blocked_seconds\?/],
		['a threshold without levels', {thresholds: {blocked_seconds: 5}}, /must be an object with "warning" and "critical"/],
		['an unknown level', {thresholds: {blocked_seconds: {fatal: 5}}}, /"fatal" is not a level/],
		['a level that is not a number', {thresholds: {blocked_seconds: {warning: '5s'}}}, /warning must be a number of at least 0/],
		['a negative level', {thresholds: {blocked_seconds: {warning: -1}}}, /warning must be a number of at least 0/],
		[
			'levels in the wrong order',
			{thresholds: {blocked_seconds: {warning: 90}}},
			/"critical" \(60\) comes before "warning" \(90\)/,
		],
		[
			'falling levels in the wrong order',
			{thresholds: {ends_in_seconds: {critical: 900}}},
			/"critical" \(900\) comes before "warning"/,
		],
		['a name that would move the cursor', {options: {'\u001b[2J': 'x'}}, /^options\."\\u001b\[2J" is not an option/],
	])('with %s reports the problem and ignores that part', (_, json, problem) => {
		const {config, problems} = checkConfig(json, allowed);
		expect(problems).toEqual([expect.stringMatching(problem)]);
		expect(config).toEqual(noConfig);
	});

	it('reports every problem at once', () => {
		expect(checkConfig({a: 1, options: {b: 1}, thresholds: {c: 1}}, allowed).problems).toHaveLength(3);
	});
});
