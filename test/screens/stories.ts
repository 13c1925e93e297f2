import type {Size} from '../../source/core/state/key.ts';
import type {Message} from '../../source/core/state/message.ts';
import {registry} from '../../source/panes/index.ts';
import {fleetSamples, noFleet} from './fleet.ts';
import {nineteen} from './nineteen.ts';
import {pooled} from './pooled.ts';
import type {RecordingName} from './recorded.ts';

/** Default screen sizes of a story. */
export const sizes: readonly Size[] = [
	{columns: 80, rows: 24},
	{columns: 120, rows: 40},
	{columns: 200, rows: 50},
];

/** A step of a story: a number of samples, the name of a key, or a message. */
type Step = number | string | Message;

/** A golden screen: its recording and the steps to it. */
export type Story = {
	readonly name: string;
	readonly recording: RecordingName;
	readonly steps: readonly Step[];
	readonly readOnly?: string;
	/** Plays the samples as a recording. */
	readonly replays?: true;
	/** Draws only ASCII. */
	readonly ascii?: boolean;
	/** Shows a fleet instead of a server. */
	readonly isFleet?: boolean;
	/** The label of the server. */
	readonly label?: string;
	readonly sizes?: readonly Size[];
};

const typed = (text: string): readonly string[] => text.split('').map(character => (character === ' ' ? 'space' : character));
const ready: Message = {type: 'link', link: {state: 'ready'}};
const refused = {code: 'ECONNREFUSED', message: 'The server at db1.example:5432 refused the connection.', hint: 'Is it running?'};

/** Panes that a recording holds. */
const shownPanes: readonly string[] = registry.panes.filter(({named, own}) => !named && !own).map(({id}) => id);

/** All golden screens. */
export const stories: readonly Story[] = [
	{
		name: 'stale-calm',
		recording: 'calm',
		steps: [ready, 6, '0', {type: 'link', link: {state: 'waiting', failure: refused}}, {type: 'elapsed', staleMs: 6000}],
	},
	{
		name: 'starting-log-in',
		recording: 'lock-chain',
		steps: [
			{type: 'link', link: {state: 'connecting', phase: 'waiting for its answer'}},
			{type: 'elapsed', staleMs: 8000},
		],
		sizes: [{columns: 80, rows: 24}],
	},
	{
		name: 'starting-list',
		recording: 'lock-chain',
		steps: [ready, {type: 'elapsed', staleMs: 12_000}],
		sizes: [{columns: 80, rows: 24}],
	},
	{name: 'lock-chain', recording: 'lock-chain', steps: [ready, 6]},
	{name: 'lock-chain-locks', recording: 'lock-chain', steps: [ready, 6, '2', 'down']},
	{name: 'lock-chain-waiting-only', recording: 'lock-chain', steps: [ready, 6, 'f2']},
	{name: 'lock-chain-root', recording: 'lock-chain', steps: [ready, 6, 'f2', 'G', 'b']},
	{name: 'lock-chain-inspect', recording: 'lock-chain', steps: [ready, 5, '2', 'down', 'down', 'enter', 1]},
	{name: 'lock-chain-terminate', recording: 'lock-chain', steps: [ready, 6, '2', 'down', 'K']},
	{name: 'label', recording: 'lock-chain', label: 'PROD', steps: [ready, 6]},
	{name: 'label-terminate', recording: 'lock-chain', label: 'PROD', steps: [ready, 6, '2', 'down', 'K']},
	{name: 'ddl-queue', recording: 'ddl-queue', steps: [ready, 6]},
	{name: 'ddl-queue-locks', recording: 'ddl-queue', steps: [ready, 6, 'f3']},
	{name: 'runaway-query', recording: 'runaway-query', steps: [ready, 6, 'v']},
	{name: 'all-incidents', recording: 'all-incidents-15', steps: [ready, 6]},
	{name: 'all-incidents-locks', recording: 'all-incidents-15', steps: [ready, 6, '2']},
	{name: 'all-incidents-all-backends', recording: 'all-incidents-18', steps: [ready, 6, 'i', 'a', 'T', 't']},
	{name: 'all-incidents-13-locks', recording: 'all-incidents-13', steps: [ready, 6, '2', 'down']},
	{name: 'filter', recording: 'all-incidents-15', steps: [ready, 6, '/', ...typed('app=api,checkout query~^update'), 'enter']},
	{name: 'filter-without-rows', recording: 'all-incidents-15', steps: [ready, 6, '/', ...typed('nowhere'), 'enter']},
	{name: 'tagged-and-scrolled', recording: 'all-incidents-15', steps: [ready, 4, 'down', 'space', 'space', 'right', 'right', 2]},
	{name: 'frozen', recording: 'all-incidents-15', steps: [ready, 3, 'space', 3]},
	{name: 'timeline', recording: 'all-incidents-15', steps: [ready, 6, 'S', '+', '+', 'left', 'left', 'down']},
	{name: 'timeline-ascii', recording: 'lock-chain', steps: [ready, 6, 'S', '+', '+'], ascii: true},
	{name: 'triage', recording: 'all-incidents-15', steps: [ready, 6, '0']},
	{name: 'triage-inspect', recording: 'all-incidents-15', steps: [ready, 6, '0', 'enter']},
	{name: 'triage-lock-chain', recording: 'lock-chain', steps: [ready, 6, '0', 'K']},
	...(
		[
			'xmin-slot',
			'xmin-prepared',
			'xmin-standby',
			'slot-fills-disk',
			'connections-exhausted',
			'replication-lag',
			'wraparound-near',
		] as const
	).map((scenario): Story => ({name: `triage-${scenario}`, recording: scenario, steps: [ready, 8, '0']})),
	{name: 'triage-connections-culprit', recording: 'connections-exhausted', steps: [ready, 8, '0', 'b', '*']},
	{name: 'rewound', recording: 'lock-chain', steps: [ready, 6, '2', 'down', '[', '[', "'"]},
	{name: 'rewound-diff', recording: 'plain-role', steps: [ready, 8, '5', '{', ']', ']', 'd', 'down', 'K']},
	{
		name: 'replay',
		recording: 'lock-chain',
		replays: true,
		readOnly: 'Actions are off: this is a recording.',
		steps: [ready, 6, ']', ']', 'p', '+', '+'],
	},
	{
		name: 'stale',
		recording: 'all-incidents-15',
		steps: [ready, 6, {type: 'link', link: {state: 'waiting', failure: refused}}, {type: 'elapsed', staleMs: 4000}],
	},
	{
		name: 'read-only',
		recording: 'all-incidents-15',
		readOnly: 'Actions are off: pgtriage runs with --read-only.',
		steps: [ready, 6, 'down', 'K'],
	},
	{name: 'connecting', recording: 'lock-chain', steps: []},
	{name: 'connecting-failed', recording: 'lock-chain', steps: [{type: 'link', link: {state: 'waiting', failure: refused}}]},
	{name: 'plain-role', recording: 'plain-role', steps: [ready, 6]},
	{name: 'plain-role-locks', recording: 'plain-role', steps: [ready, 6, '2', 'down', 'down', 'K']},
	{name: 'prepared-transaction', recording: 'prepared-transaction', steps: [ready, 6, '2', 'down']},
	{name: 'prepared-transaction-inspect', recording: 'prepared-transaction', steps: [ready, 6, '2', 'down', 'enter']},
	{name: 'hostile-text', recording: 'hostile-text', steps: [ready, 6]},
	{name: 'hostile-text-inspect', recording: 'hostile-text', steps: [ready, 6, 'down', 'down', 'enter']},
	{name: 'hostile-text-terminate', recording: 'hostile-text', steps: [ready, 6, '2', 'down', 'K']},
	...['bloat', 'replication', 'statements', 'indexes', 'progress', 'databases', 'horizon', 'waits', 'settings', 'roles'].map(
		(pane): Story => ({name: `trouble-${pane}`, recording: 'trouble-18', steps: [ready, 8, {type: 'pane', pane}]}),
	),
	// Every pane in three incidents, on a calm primary and on a standby.
	...(['lock-chain', 'runaway-query', 'slot-fills-disk', 'standby', 'calm'] as const).flatMap(recording =>
		shownPanes.map((pane): Story => ({name: `pane-${recording}-${pane}`, recording, steps: [ready, 8, {type: 'pane', pane}]})),
	),
	{name: 'nineteen-progress', recording: 'trouble-18', steps: [ready, 8, {type: 'sample', sample: nineteen()}, '7']},
	{name: 'pooler', recording: 'calm', steps: [ready, 8, {type: 'sample', sample: pooled()}, {type: 'pane', pane: 'pooler'}]},
	{
		name: 'pooler-pause',
		recording: 'calm',
		steps: [
			ready,
			8,
			{type: 'sample', sample: pooled()},
			{type: 'pane', pane: 'pooler'},
			'down',
			{type: 'admin', command: 'pooler-pause'},
		],
	},
	{name: 'pooler-triage', recording: 'calm', steps: [ready, 8, {type: 'sample', sample: pooled()}, '0']},
	{name: 'trouble-bloat-inspect', recording: 'trouble-18', steps: [ready, 8, '3', 'down', 'enter']},
	{name: 'trouble-vacuum', recording: 'trouble-18', steps: [ready, 8, '3', 'down', 'V']},
	{name: 'trouble-indexes-inspect', recording: 'trouble-18', steps: [ready, 8, '6', 'down', 'enter']},
	{
		name: 'trouble-rollback-prepared',
		recording: 'trouble-18',
		steps: [ready, 6, '9', 'down', 'down', {type: 'admin', command: 'rollback-prepared'}],
	},
	{
		name: 'bulk-terminate',
		recording: 'connections-exhausted',
		steps: [ready, 8, 'i', '/', ...typed('app=mobile-api'), 'enter', '*', 'K'],
	},
	{
		name: 'slot-drop',
		recording: 'slot-fills-disk',
		steps: [ready, 8, {type: 'pane', pane: 'replication'}, 'down', {type: 'admin', command: 'drop-slot'}],
	},
	{
		name: 'statements-reset',
		recording: 'trouble-18',
		steps: [ready, 8, '5', 'down', {type: 'admin', command: 'reset-statements'}],
	},
	{name: 'trouble-13-bloat', recording: 'trouble-13', steps: [ready, 8, '3']},
	{name: 'trouble-13-replication', recording: 'trouble-13', steps: [ready, 8, '4']},
	{name: 'trouble-13-statements', recording: 'trouble-13', steps: [ready, 8, '5']},
	{name: 'standby', recording: 'standby', steps: [ready, 6]},
	{name: 'standby-bloat', recording: 'standby', steps: [ready, 6, '3']},
	{name: 'standby-replication', recording: 'standby', steps: [ready, 6, '4']},
	{name: 'standby-horizon', recording: 'standby', steps: [ready, 6, '9']},
	{name: 'plain-role-bloat', recording: 'plain-role', steps: [ready, 6, '3']},
	{name: 'plain-role-statements', recording: 'plain-role', steps: [ready, 6, '5']},
	{name: 'plain-role-settings', recording: 'plain-role', steps: [ready, 6, ...typed(':settings'), 'enter']},
	{name: 'tagged-terminate', recording: 'all-incidents-15', steps: [ready, 6, 'down', 'space', 'space', 'space', 'K']},
	{name: 'fleet', recording: 'calm', isFleet: true, steps: [ready, ...fleetSamples]},
	{name: 'fleet-cursor', recording: 'calm', isFleet: true, steps: [ready, ...fleetSamples, 'down', 'down']},
	{name: 'fleet-none', recording: 'calm', steps: [ready, 6, 'F', noFleet], sizes: [{columns: 80, rows: 24}]},
	{name: 'command-line', recording: 'lock-chain', steps: [ready, 6, ':', ...typed('sort que')], sizes: [{columns: 80, rows: 24}]},
	{name: 'help', recording: 'lock-chain', steps: [ready, 6, '?']},
	{
		name: 'ascii',
		recording: 'lock-chain',
		ascii: true,
		steps: [ready, 6, '2', 'down', 'space'],
		sizes: [{columns: 80, rows: 24}],
	},
	{name: 'tiny', recording: 'all-incidents-15', steps: [ready, 6], sizes: [{columns: 30, rows: 6}]},
	{name: 'tiny-connecting', recording: 'all-incidents-15', steps: [], sizes: [{columns: 30, rows: 6}]},
];
