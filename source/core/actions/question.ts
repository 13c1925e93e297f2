import type {ExplainRequest} from '../explain/request.ts';
import type {Tone} from '../text/line.ts';
import type {Instant} from '../values/instant.ts';
import type {AdminCommand} from './admin.ts';
import type {Maintenance, RelationRef} from './maintenance.ts';
import type {Signal} from './signal.ts';
import type {KnownTarget} from './target.ts';

/** What a person can have done to the server, with frozen copies of what it is done to. */
export type Action =
	| {readonly kind: 'signal'; readonly signal: Signal; readonly targets: readonly KnownTarget[]}
	| {readonly kind: 'maintain'; readonly maintenance: Maintenance; readonly relation: RelationRef}
	| {readonly kind: 'admin'; readonly command: AdminCommand}
	| {readonly kind: 'explain'; readonly request: ExplainRequest};

/** One thing that must be seen before an answer: a label and its text, which takes at most `lines` lines. */
export type Fact = {readonly label: string; readonly text: string; readonly tone: Tone; readonly lines: number};

/** A question before a deed: what it is done to as it was when the question was asked, the exact SQL, and what confirms it. */
export type Question = {
	readonly kind: 'confirm';
	readonly action: Action;
	readonly title: string;
	/** The most important first: on a small screen the last ones go. */
	readonly facts: readonly Fact[];
	readonly sql: string;
	readonly risks: readonly string[];
	/** What yes does, as in `terminates it`. */
	readonly verb: string;
	/** The word that must be typed where there are risks; undefined where the key `y` confirms. */
	readonly word: string | undefined;
	/** What is said after No. */
	readonly declineText: string;
	readonly input: string;
	readonly askedAt: Instant;
	/** The key that opened it, which never confirms. */
	readonly openedBy: string;
	/** Monotonic milliseconds when it stood on the screen; keys read before that, and shortly after, are not for it. */
	readonly paintedAt: number | undefined;
};

/** A fact in few words. */
export const fact = (label: string, text: string, tone: Tone = 'calm', lines = 2): Fact => ({label, text, tone, lines});

/** When and how a question was asked. */
export type QuestionContext = {
	readonly askedAt: Instant;
	readonly openedBy: string;
	/** The server was something else, primary or standby, when we came. */
	readonly roleChanged: boolean;
	/** We came to another server since then. */
	readonly moved?: boolean;
};

type Words = Pick<Question, 'action' | 'title' | 'facts' | 'sql' | 'risks' | 'verb' | 'declineText'> & {
	/** What has to be typed where there are risks. */
	readonly word: string;
};

/** A question as it is first shown. */
export const question = ({askedAt, openedBy, roleChanged, moved}: QuestionContext, {word, ...words}: Words): Question => {
	const risks = [
		...words.risks,
		...(moved ? ['This is another server than the one that pgtriage first came to.'] : []),
		...(roleChanged && !moved ? ['This server changed its role since pgtriage came here.'] : []),
	];
	return {
		kind: 'confirm',
		...words,
		risks,
		word: risks.length > 0 ? word : undefined,
		input: '',
		askedAt,
		openedBy,
		paintedAt: undefined,
	};
};
