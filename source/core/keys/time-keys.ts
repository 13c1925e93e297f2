import type {Situation} from '../actions/flow/situation.ts';
import type {Binding} from './binding.ts';

const chart = ({pane}: Situation): boolean => pane.id === 'timeline';

const replay = (situation: Situation): boolean => situation.replay;

/** Keys that travel through time; some have another meaning in a recording. */
export const timeKeys: readonly Binding[] = [
	{
		keys: ['p'],
		does: 'Freeze or resume the screen; sampling continues',
		group: 'Time',
		command: {type: 'freeze'},
	},
	{
		keys: ['['],
		does: 'Back one sample in all panes; sampling continues',
		group: 'Time',
		command: {type: 'step', forward: false},
	},
	{keys: [']'], does: 'Forward one sample', group: 'Time', command: {type: 'step', forward: true}},
	{keys: ['{'], does: 'Jump to the oldest sample', group: 'Time', command: {type: 'leap', forward: false}},
	{keys: ['}'], does: 'Return to live, or to the end of a recording', group: 'Time', command: {type: 'leap', forward: true}},
	{keys: ["'"], does: 'Mark or unmark the shown moment', group: 'Time', command: {type: 'bookmark', name: undefined}},
	{keys: ['('], does: 'Previous mark', group: 'Time', command: {type: 'go-bookmark', forward: false}},
	{keys: [')'], does: 'Next mark', group: 'Time', command: {type: 'go-bookmark', forward: true}},
	{
		keys: ['f'],
		does: 'Jump to the next change of the worst finding',
		group: 'Time',
		command: {type: 'find'},
	},
	{
		keys: ['d'],
		does: 'Diff with now (live: with the last mark): new (+), gone (-), changed (~) rows',
		group: 'Time',
		command: {type: 'compare'},
	},
	{keys: ['left'], does: 'Back one cell of the chart (Timeline)', group: 'Time', command: {type: 'shift', by: -1}, when: chart},
	{
		keys: ['right'],
		does: 'Forward one cell of the chart (Timeline)',
		group: 'Time',
		command: {type: 'shift', by: 1},
		when: chart,
	},
	{keys: ['+'], does: 'Zoom in (Timeline)', group: 'Time', command: {type: 'zoom', by: 1}, when: chart},
	{keys: ['-'], does: 'Zoom out (Timeline)', group: 'Time', command: {type: 'zoom', by: -1}, when: chart},
	{keys: ['p'], does: 'Play/pause (recordings)', group: 'Time', command: {type: 'freeze'}, when: replay},
	{
		keys: ['+'],
		does: 'Play faster, up to 60x (recordings)',
		group: 'Time',
		command: {type: 'speed', by: 1},
		when: replay,
	},
	{keys: ['-'], does: 'Play slower (recordings)', group: 'Time', command: {type: 'speed', by: -1}, when: replay},
];
