import type {Situation} from '../actions/flow/situation.ts';
import type {Binding} from './binding.ts';

const replay = (situation: Situation): boolean => situation.replay;

/** The keys that go through time; of a recording some mean something else. */
export const timeKeys: readonly Binding[] = [
	{
		keys: ['p'],
		does: 'Freeze the screen and go on; samples are still collected',
		group: 'Time',
		command: {type: 'freeze'},
	},
	{
		keys: ['['],
		does: 'Go back by a sample, in all panes; samples are still collected',
		group: 'Time',
		command: {type: 'step', forward: false},
	},
	{keys: [']'], does: 'Go forward by a sample', group: 'Time', command: {type: 'step', forward: true}},
	{keys: ['{'], does: 'Go back to the oldest sample', group: 'Time', command: {type: 'leap', forward: false}},
	{keys: ['}'], does: 'Go back to live, or to the end of a recording', group: 'Time', command: {type: 'leap', forward: true}},
	{keys: ["'"], does: 'Mark the moment that is shown, or unmark it', group: 'Time', command: {type: 'bookmark', name: undefined}},
	{keys: ['('], does: 'Go to the mark before', group: 'Time', command: {type: 'go-bookmark', forward: false}},
	{keys: [')'], does: 'Go to the next mark', group: 'Time', command: {type: 'go-bookmark', forward: true}},
	{
		keys: ['f'],
		does: 'Go forward to where the worst finding begins or is another one',
		group: 'Time',
		command: {type: 'find'},
	},
	{
		keys: ['d'],
		does: 'Mark the rows that came (+), went (-) or changed (~) until now; live, since the last mark',
		group: 'Time',
		command: {type: 'compare'},
	},
	{keys: ['p'], does: 'Of a recording: play or pause', group: 'Time', command: {type: 'freeze'}, when: replay},
	{
		keys: ['+'],
		does: 'Of a recording: play faster, up to 60 times',
		group: 'Time',
		command: {type: 'speed', by: 1},
		when: replay,
	},
	{keys: ['-'], does: 'Of a recording: play slower', group: 'Time', command: {type: 'speed', by: -1}, when: replay},
];
