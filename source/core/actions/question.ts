import type {ExplainRequest} from '../explain/request.ts';
import {inAscii} from '../text/ascii.ts';
import type {Tone} from '../text/line.ts';
import type {Instant} from '../values/instant.ts';
import type {AdminCommand} from './admin.ts';
import type {Bulk} from './bulk.ts';
import type {Maintenance, RelationRef} from './maintenance.ts';
import type {Signal} from './signal.ts';
import type {KnownTarget} from './target.ts';

/** An action on the server, with frozen copies of its targets. */
export type Action =
	| {
			readonly kind: 'signal';
			readonly signal: Signal;
			readonly targets: readonly KnownTarget[];
			/** Origin of several targets, and who is left out. */
			readonly bulk?: Bulk;
	  }
	| {readonly kind: 'maintain'; readonly maintenance: Maintenance; readonly relation: RelationRef}
	| {readonly kind: 'admin'; readonly command: AdminCommand}
	| {readonly kind: 'explain'; readonly request: ExplainRequest};

/** A fact of a question: a label and a text of at most `lines` lines. */
export type Fact = {readonly label: string; readonly text: string; readonly tone: Tone; readonly lines: number};

/** Changes of the targets of an open question, as sentences: `isVoid` if there is nothing left to confirm. */
export type News = {readonly sentences: readonly string[]; readonly isVoid: boolean};

/** The question before an action: its target as of the question, the exact SQL, and the key or word that confirms it. */
export type Question = {
	readonly kind: 'confirm';
	readonly action: Action;
	/** Label of the server, which is in front of the title. */
	readonly label: string | undefined;
	readonly title: string;
	/** Most important first: a small screen drops the last ones. */
	readonly facts: readonly Fact[];
	readonly sql: string;
	/** Consequences to know. */
	readonly cautions: readonly string[];
	/** Reasons for a typed word. */
	readonly risks: readonly string[];
	/** Changes of the targets since the question was asked; undefined while they are as they were. */
	readonly news: News | undefined;
	/** Reason why the last key did not answer; undefined if it did. */
	readonly ignored: string | undefined;
	/** The verb behind `[y]`, such as `terminate`. */
	readonly verb: string;
	/** The word to type if there are risks; undefined if `y` confirms. */
	readonly word: string | undefined;
	/** Toast after an abort. */
	readonly declineText: string;
	readonly input: string;
	readonly askedAt: Instant;
	/** The key that opened it, which never confirms. */
	readonly openedBy: string;
	/** Monotonic milliseconds at which it was painted; earlier keys, and those shortly after, do not answer it. */
	readonly paintedAt: number | undefined;
};

/** Builds a fact. */
export const fact = (label: string, text: string, tone: Tone = 'calm', lines = 2): Fact => ({label, text, tone, lines});

/** Circumstances of a question: time, key, and changes of the server since the start. */
export type QuestionContext = {
	readonly askedAt: Instant;
	readonly openedBy: string;
	/** True if the server changed its role, primary or standby, since the first connection. */
	readonly roleChanged: boolean;
	/** True at another server than the first one. */
	readonly moved?: boolean;
	readonly label?: string | undefined;
	/** Address of the server, which the question names if several are watched. */
	readonly server?: string | undefined;
	/** True if the terminal shows only ASCII. */
	readonly ascii?: boolean;
};

type QuestionText = Pick<Question, 'action' | 'title' | 'facts' | 'sql' | 'risks' | 'verb' | 'declineText'> & {
	readonly cautions?: readonly string[];
	/** The word to type if there are risks. */
	readonly word: string;
};

/** Builds a question, with the risks of a changed server added. */
export const question = (context: QuestionContext, {word, ...text}: QuestionText): Question => {
	const {askedAt, openedBy, roleChanged, moved, label, server} = context;
	const [target, ...others] = text.facts;
	const facts = server === undefined ? text.facts : [...(target ? [target] : []), fact('Server', server), ...others];
	const shown = context.ascii ? inAscii : (words: string): string => words;
	const risks = [
		...text.risks,
		...(moved ? ['This is not the server that pgtriage first connected to.'] : []),
		...(roleChanged && !moved ? ['This server changed its role since pgtriage connected.'] : []),
	];
	return {
		kind: 'confirm',
		...text,
		cautions: (text.cautions ?? []).map(shown),
		label: label === undefined ? undefined : shown(label),
		title: shown(text.title),
		facts: facts.map(each => ({...each, text: shown(each.text)})),
		sql: shown(text.sql),
		risks: risks.map(shown),
		news: undefined,
		ignored: undefined,
		word: risks.length > 0 ? word : undefined,
		input: '',
		askedAt,
		openedBy,
		paintedAt: undefined,
	};
};
