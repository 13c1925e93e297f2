import {expect} from 'vitest';
import {registry} from '../../source/panes/index.ts';
import {answered, confirmed, question} from './answer.ts';
import type {Screen} from './screen.ts';

/** A row of a table, by its pid or by text that only this row shows. */
type RowDriver = {
	readonly isShown: () => Promise<void>;
	/** The cursor is on the row. */
	readonly isSelected: () => Promise<void>;
	/** Moves the cursor down until it is on the row. */
	readonly select: () => Promise<void>;
};

type QuestionDriver = {
	/** The question is shown, with this title. */
	readonly asks: (title: string) => Promise<void>;
	/** A fact of the question, by its label. */
	readonly says: (label: string, fact: string) => void;
	readonly confirm: () => Promise<void>;
	/** Types the word that the question wants, and Enter. */
	readonly confirmWith: (word: string) => Promise<void>;
	readonly abort: (key?: string) => Promise<void>;
};

/** Steps of a story in the words of a user of the screen. A step that fails rejects with the screen. */
export type Driver = {
	readonly press: Screen['press'];
	/** The pane is open: its tab stands out. */
	readonly paneIsOpen: (title: string) => Promise<void>;
	readonly row: (what: number | string | undefined) => RowDriver;
	readonly question: QuestionDriver;
	/** Waits for the first answer about locks, which comes after the first list of sessions. */
	readonly knowsLocks: () => Promise<void>;
	/** The screen shows a text, or a match, anywhere. */
	readonly shows: (text: string | RegExp) => Promise<void>;
	readonly showsNo: (text: string) => Promise<void>;
	/** Quits and returns the exit status. */
	readonly quit: () => Promise<number>;
};

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Title of the pane whose tab is bold; undefined before the tabs are drawn. */
const openPane = (screen: Screen): string | undefined => {
	const row = screen.rows().findIndex(text => text.includes('1 Sessions'));
	const tabs = screen.rows()[row] ?? '';
	return registry.panes.map(({title}) => title).find(title => tabs.includes(title) && screen.cell(row, tabs.indexOf(title)).bold);
};

/** Pid of the row that the cursor is on, undefined before it is on any. */
const selectedPid = (text: string): string | undefined => /^▶\W*(\d+) /m.exec(text)?.[1];

/** A driver of the program on a screen. */
export const drive = (screen: Screen): Driver => {
	const until = async (wanted: Parameters<Screen['until']>[0]): Promise<void> => {
		await screen.until(wanted);
	};
	const row = (what: number | string | undefined): RowDriver => {
		// A filter behind the tabs, which begin with a digit, may name the same text: a row begins with its pid.
		const isRow = (line: string): boolean =>
			/^\W*\d{2,} /.test(line) && (typeof what === 'string' ? line.includes(what) : new RegExp(`^\\W*${what} `).test(line));
		const isShown = (text: string): boolean => text.split('\n').some(isRow);
		const isSelected = (text: string): boolean => text.split('\n').some(line => line.startsWith('▶') && isRow(line));
		return {
			isShown: () => until(isShown),
			isSelected: () => until(isSelected),
			select: async () => {
				await until(isShown);
				while (!isSelected(screen.text())) {
					const before = selectedPid(screen.text());
					screen.press('down');
					// Not any new frame, which a refresh brings too: a key sent before this one is heard may be taken as typed ahead.
					await until(text => selectedPid(text) !== before);
				}
			},
		};
	};
	return {
		press: screen.press,
		paneIsOpen: title => until(() => openPane(screen) === title),
		row,
		question: {
			asks: title => until(text => text.includes(title) && question.test(text)),
			says: (label, fact) => expect(screen.text()).toMatch(new RegExp(`${escaped(label)} +${escaped(fact)}`)),
			confirm: () => answered(screen, 'y'),
			confirmWith: word => confirmed(screen, word),
			abort: (key = 'esc') => answered(screen, key),
		},
		knowsLocks: () => until(/ blockers \d/),
		shows: until,
		showsNo: text => until(all => !all.includes(text)),
		quit: () => {
			screen.press('q', 'q');
			return screen.exited;
		},
	};
};
