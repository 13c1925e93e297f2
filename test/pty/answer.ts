import {setTimeout as delay} from 'node:timers/promises';
import {settled} from './polled.ts';
import type {Screen} from './screen.ts';

/** How every question ends. */
export const question = /\[any other key\] abort|Esc: abort|\[any key\] close/;

// A busy machine may tell the program late that its question is shown: a key that came before is none, and is pressed again.
const heardMs = 8000;
const lettersApartMs = 100;

/** Presses a key until a question hears it, after the question stood for its first moment. */
const pressUntil = async (screen: Screen, key: string, heard: (text: string) => boolean): Promise<void> => {
	for (let times = 0; times < 4; times++) {
		await settled();
		screen.press(key);
		const isHeard = await Promise.race([screen.until(heard).then(() => true), delay(heardMs, false, {ref: false})]);
		if (isHeard) return;
	}
	await screen.until(heard);
};

/** Answers the question on the screen, which goes with that. */
export const answered = (screen: Screen, key: string): Promise<void> => pressUntil(screen, key, text => !question.test(text));

/** Types a part of the word that a question wants, letter by letter. */
export const typed = async (screen: Screen, word: string, part: string): Promise<void> => {
	await screen.until(`Type "${word}" + Enter`);
	for (const [index, letter] of [...part].entries()) {
		// Rows of the table may stand beside the box.
		const seen = new RegExp(`Esc: abort[^\\n]*\\n(?:[^\\n]*│)? *${part.slice(0, index + 1).padEnd(word.length, '_')}`);
		if (index === 0) await pressUntil(screen, letter, text => seen.test(text));
		else {
			// Letters that arrive together are no answer.
			await delay(lettersApartMs);
			screen.press(letter);
			await screen.until(seen);
		}
	}
};

/** Types the word that a question wants, and Enter. */
export const confirmed = async (screen: Screen, word: string): Promise<void> => {
	await typed(screen, word, word);
	screen.press('enter');
	await screen.until(text => !question.test(text));
};
