import type {Effect} from './effect.ts';
import type {Tone} from './line.ts';
import type {Instant} from './sample.ts';
import type {Signal} from './signal.ts';
import type {KnownTarget} from './target.ts';

/** What a person can have done to the server, with frozen copies of what it is done to. */
export type Deed = {readonly kind: 'signal'; readonly signal: Signal; readonly targets: readonly KnownTarget[]};

/** One thing that must be seen before an answer: a label and its text, which takes at most `lines` lines. */
export type Fact = {readonly label: string; readonly text: string; readonly tone: Tone; readonly lines: number};

/** A question before a deed: what it is done to as it was when the question was asked, the exact SQL, and what confirms it. */
export type Question = {
	readonly kind: 'confirm';
	readonly deed: Deed;
	readonly title: string;
	/** The most important first: on a small screen the last ones go. */
	readonly facts: readonly Fact[];
	readonly sql: string;
	readonly risks: readonly string[];
	/** What yes does, as in `terminates it`. */
	readonly does: string;
	/** The word that must be typed where there are risks; undefined where the key `y` confirms. */
	readonly word: string | undefined;
	/** What is said after No. */
	readonly declined: string;
	readonly typed: string;
	readonly askedAt: Instant;
	/** The key that opened it, which never confirms. */
	readonly openedBy: string;
	/** Monotonic milliseconds when it stood on the screen; keys read before that, and shortly after, are not for it. */
	readonly paintedAt: number | undefined;
};

/** A fact in few words. */
export const fact = (label: string, text: string, tone: Tone = 'calm', lines = 2): Fact => ({label, text, tone, lines});

/** What the outside world has to do first for a deed; the rest follows from what it answers. */
export const effectsOf = ({signal, targets: [first]}: Deed): readonly Effect[] =>
	first ? [{type: 'signal', signal, target: first}] : [];
