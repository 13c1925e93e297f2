import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {confirmationLines} from '../../source/core/actions/flow/dialog.ts';
import {screen} from '../../source/core/screen/screen.ts';
import type {Size} from '../../source/core/state/key.ts';
import type {Message} from '../../source/core/state/message.ts';
import type {State} from '../../source/core/state/state.ts';
import {graphemes, widthOf} from '../../source/core/text/clean.ts';
import {type Line, lineWidth, type Tone, textOf} from '../../source/core/text/line.ts';
import {replayFrom} from '../../source/core/time/replay.ts';
import {thresholds} from '../../source/findings/thresholds.ts';
import {registryWith} from '../../source/panes/index.ts';
import {keyOf, played, stateAtFirst} from './driver.ts';
import {samplesOf} from './recorded.ts';
import {type Story, sizes, stories} from './stories.ts';

const folder = join(import.meta.dirname, 'golden');
const writes = process.env.UPDATE_GOLDENS === '1';

const letters: Readonly<Record<Tone, string>> = {
	calm: 'c',
	dim: 'd',
	strong: 's',
	warn: 'w',
	danger: 'x',
	good: 'g',
	cursor: 'u',
	bar: 'b',
	key: 'k',
	cpu: 'C',
	io: 'I',
	lwlock: 'W',
	lock: 'L',
	client: 'N',
	other: 'O',
	label: 'l',
};

const overview = {fleet: 'overview', pane: 'fleet', place: 'fleet of 6 servers'} as const;

const play = ({recording, steps, readOnly, replays, ascii = false, label, isFleet = false}: Story, size: Size): State => {
	const samples = [...samplesOf(recording)];
	const messages = steps.flatMap((step, index): readonly Message[] => {
		if (typeof step === 'number') return samples.splice(0, step).map(sample => ({type: 'sample', sample}));
		return [typeof step === 'string' ? {type: 'key', key: keyOf(step, 1000 * (index + 1))} : step];
	});
	const first = stateAtFirst(size, readOnly === undefined ? {} : {readOnly});
	const replay = replays && replayFrom(undefined);
	const options = {...first.options, ascii, ...(isFleet && {rates: false, strip: false})};
	return played({...first, label, replay, options, ...(isFleet && overview)}, messages).state;
};

// Ink draws a question over the table; its lines come from the core.
const linesOf = (state: State): readonly Line[] =>
	state.overlay?.kind === 'confirm'
		? confirmationLines(state.overlay, Math.min(100, state.size.columns - 4) - 4, state.size.rows - 2)
		: // A registry of its own, because the timeline judges some more moments at each paint and remembers them.
			screen(registryWith(thresholds), state);

const tonesOf = (line: Line): string => line.map(({text, tone}) => letters[tone].repeat(widthOf(text))).join('');

// The bar at the end of each line keeps editors from trimming it.
const goldenOf = (lines: readonly Line[]): string =>
	[...lines.map(line => `${textOf(line)}|`), '', ...lines.map(line => `${tonesOf(line)}|`), ''].join('\n');

const scenes = stories.flatMap(story =>
	(story.sizes ?? sizes).map(size => ({story, size, file: join(story.name, `${size.columns}x${size.rows}.golden`)})),
);

describe('the screen', () => {
	it.each(scenes)('$file matches its golden', ({story, size, file}) => {
		const state = play(story, size);
		const lines = linesOf(state);
		if (state.overlay?.kind !== 'confirm') expect(lines).toHaveLength(size.rows);
		for (const line of lines) {
			if (state.overlay?.kind !== 'confirm') expect(lineWidth(line)).toBe(size.columns);
			expect(graphemes(textOf(line)).filter(character => /\p{Cc}|\p{Cf}/u.test(character))).toEqual([]);
		}
		const path = join(folder, file);
		if (writes) {
			mkdirSync(dirname(path), {recursive: true});
			writeFileSync(path, goldenOf(lines));
		}
		expect(goldenOf(lines)).toBe(readFileSync(path, 'utf8'));
	});

	it('every golden file belongs to a story', () => {
		const files = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(name => name.endsWith('.golden'));
		expect(files.toSorted()).toEqual(scenes.map(({file}) => file).toSorted());
	});
});
