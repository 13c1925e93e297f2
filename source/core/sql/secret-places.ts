import type {Token} from './lexer.ts';
import {isSecretName, type Range} from './secret-names.ts';

/** Places in a statement where literals are secrets, found as its tokens are read. */
export type SecretPlaces = {
	/** Takes the next token; true if it is a literal in such a place. `content` is that of a literal. */
	readonly take: (token: Token, content?: string) => boolean;
	/** Secrets that only a later token showed to be some, and values without quotes. */
	readonly found: () => readonly Range[];
};

const first = new Set([0]);
const second = new Set([1]);

/** Functions by the arguments that are keys or passwords: those of pgcrypto, and the vault of Supabase. */
const functions: Readonly<Record<string, ReadonlySet<number>>> = {
	pgp_sym_encrypt: second,
	pgp_sym_encrypt_bytea: second,
	pgp_sym_decrypt: second,
	pgp_sym_decrypt_bytea: second,
	pgp_pub_decrypt: new Set([1, 2]),
	pgp_pub_decrypt_bytea: new Set([1, 2]),
	hmac: second,
	encrypt: second,
	decrypt: second,
	encrypt_iv: second,
	decrypt_iv: second,
	crypt: first,
	create_secret: first,
	update_secret: second,
};

/** Functions that take a name and then its value. */
const pairing = new Set([
	'set_config',
	'json_build_object',
	'jsonb_build_object',
	'hstore',
	'jsonb_set',
	'jsonb_insert',
	'http_header',
]);

/** Words between the name of a secret and its value. */
const leading = new Set(['to', 'in', 'like', 'ilike', 'similar', 'not', 'any', 'all', 'some', 'array', 'row', 'values']);

/** Words that begin another clause. */
const clauses = 'from where returning order group having limit offset fetch union except intersect on join window for';
/** Words that begin another part of the statement, so that the value before them has ended. */
const ending = new Set(`${clauses} and or as then else when end is select using into valid with set begin loop do`.split(' '));
const clausal = new Set(clauses.split(' '));

// A verifier of a password is masked behind its mark.
const verifier = /^(?:SCRAM-SHA-256\$|md5[0-9a-f]{32}$)/i;

const unsecret = /^(?:default|null|true|false|on|off|none)$/i;

/** A pair of parentheses, or the statement around all of them. */
type Frame = {
	/** The arguments that are secrets. */
	secrets: ReadonlySet<number> | 'all' | undefined;
	readonly isPairing: boolean;
	/** Number of the argument. */
	index: number;
	/** For each item true if it is the name of a secret; undefined if the items are not only names. */
	names: boolean[] | undefined;
	/** Tokens of this item. */
	tokens: number;
	/** Columns that are secrets in the tuples that follow. */
	tuples: ReadonlySet<number> | undefined;
	/** True if `secrets` are columns of a SELECT without parentheses. */
	isSelect: boolean;
	/** True behind the name of a secret and an operator: the value is a secret up to the end of the expression. */
	isValue: boolean;
};

const frameOf = (secrets: Frame['secrets'], isPairing = false): Frame => ({
	secrets,
	isPairing,
	index: 0,
	names: [],
	tokens: 0,
	tuples: undefined,
	isSelect: false,
	isValue: false,
});

const isSecretHere = ({isValue, secrets, index}: Frame): boolean =>
	isValue || secrets === 'all' || (secrets?.has(index) ?? false);

const indexes = (names: readonly boolean[]): ReadonlySet<number> | undefined =>
	names.includes(true) ? new Set(names.flatMap((isSecret, index) => (isSecret ? [index] : []))) : undefined;

type Reading = {
	readonly stack: Frame[];
	readonly ranges: Range[];
	/** The word or quoted name before, in lower case; empty behind anything else. */
	word: string;
	/** The word before that. */
	wordBefore: string;
	/** Operator characters since anything else, and those before the last name. */
	operator: string;
	operatorBefore: string;
	/** True behind the name of a secret. */
	isNamed: boolean;
	/** Columns of a list of names that has just ended and may be assigned to. */
	columns: ReadonlySet<number> | undefined;
	/** A literal that is compared with what follows, and the name of a secret that follows. */
	compared: Token | undefined;
	isReversed: boolean;
	/** First word of the statement. */
	head: string;
	/** Prepared statements that handle a secret, of this text. */
	readonly prepared: Set<string>;
	preparing: string;
	/** A setting: `name` once SET was read, `value` behind `to` or `=`. */
	setting: 'none' | 'name' | 'value';
	/** Start and end of a value without quotes. */
	bare: [number, number] | undefined;
};

const top = ({stack}: Reading): Frame => stack.at(-1) as Frame;

/** Creates the reading of one statement, or of several after each other. */
export const createSecretPlaces = (sql: string): SecretPlaces => {
	const reading: Reading = {
		stack: [frameOf(undefined)],
		ranges: [],
		word: '',
		wordBefore: '',
		operator: '',
		operatorBefore: '',
		isNamed: false,
		columns: undefined,
		compared: undefined,
		isReversed: false,
		head: '',
		prepared: new Set(),
		preparing: '',
		setting: 'none',
		bare: undefined,
	};
	return {
		take: (token, content = '') => {
			const {kind, from, to} = token;
			if (kind === 'space') endBare(reading);
			if (kind === 'space' || kind === 'comment') return false;
			const character = kind === 'other' ? sql.charAt(from) : '';
			settleReversed(reading, character);
			if (takeBare(reading, token, character, sql)) return false;
			switch (kind) {
				case 'literal':
				case 'dollar':
					return takeLiteral(reading, token, content);
				case 'word':
				case 'name':
					takeName(reading, kind === 'name' ? sql.slice(token.first, token.last) : sql.slice(from, to), kind);
					return false;
				case 'number':
				case 'parameter':
					takeOperand(reading);
					return false;
				case 'other':
					takeSign(reading, character);
					return false;
				default:
					kind satisfies never;
					return false;
			}
		},
		found: () => {
			settleReversed(reading, '');
			endBare(reading);
			return reading.ranges;
		},
	};
};

/** Masks a literal that was compared with the name of a secret, unless the name only qualifies another one. */
const settleReversed = (reading: Reading, character: string): void => {
	if (!reading.isReversed) return;
	reading.isReversed = false;
	if (character === '.') return;
	if (reading.compared) reading.ranges.push([reading.compared.first, reading.compared.last]);
	reading.compared = undefined;
};

const endBare = (reading: Reading): void => {
	if (reading.bare) reading.ranges.push(reading.bare);
	reading.bare = undefined;
};

/** Takes a part of the value of a setting that has no quotes. */
const takeBare = (reading: Reading, {kind, from, to}: Token, character: string, sql: string): boolean => {
	if (reading.bare) {
		if (character === ';' || character === ',' || kind === 'literal') {
			endBare(reading);
			return false;
		}
		reading.bare[1] = to;
		return true;
	}
	if (reading.setting !== 'value') return false;
	reading.setting = 'none';
	if ((kind !== 'word' && kind !== 'name' && kind !== 'number') || unsecret.test(sql.slice(from, to))) return false;
	reading.bare = [from, to];
	return true;
};

/** Forgets what only the next token could have used. */
const forget = (reading: Reading): void => {
	reading.isNamed = false;
	reading.operator = '';
	reading.columns = undefined;
};

const takeOperand = (reading: Reading): void => {
	const frame = top(reading);
	frame.names = undefined;
	frame.tokens++;
	forget(reading);
	reading.compared = undefined;
	[reading.wordBefore, reading.word] = [reading.word, ''];
};

const takeLiteral = (reading: Reading, token: Token, content: string): boolean => {
	const frame = top(reading);
	const isSecret = reading.isNamed || isSecretHere(frame);
	const isName = content.length < 200 && isSecretName(content.replace(/[{}"]/g, ''));
	// The value of a key is a secret too: hstore('password', 'x'), settings->>'password' = 'x'.
	const isKey = /->>?$/.test(reading.operator);
	takeOperand(reading);
	if (isName && frame.isPairing && !isSecret) frame.secrets = new Set([frame.index + 1]);
	reading.isNamed = isKey && isName;
	if (!isSecret && !isKey && !verifier.test(content)) reading.compared = token;
	return isSecret;
};

const takeName = (reading: Reading, text: string, kind: 'word' | 'name'): void => {
	const frame = top(reading);
	const word = text.toLowerCase();
	const isSecret = isSecretName(text);
	const isKeyword = kind === 'word';
	if (frame.names && frame.tokens++ === 0) frame.names.push(isSecret);
	else frame.names = undefined;
	if (reading.head === '' && isKeyword) reading.head = word;
	if (isKeyword) takeKeyword(reading, frame, word);
	reading.isReversed = isSecret && reading.compared !== undefined && reading.operator !== '';
	if (!reading.isReversed && reading.operator === '') reading.compared = undefined;
	if (!isKeyword || !leading.has(word) || !reading.isNamed) reading.isNamed = isSecret;
	else frame.isValue = true;
	if (isSecret && reading.preparing !== '') reading.prepared.add(reading.preparing);
	if (reading.word === 'prepare') reading.preparing = word;
	reading.operatorBefore = reading.operator;
	if (!reading.isReversed) reading.operator = '';
	[reading.wordBefore, reading.word] = [reading.word, word];
};

const takeKeyword = (reading: Reading, frame: Frame, word: string): void => {
	if (ending.has(word)) {
		frame.isValue = false;
		frame.tuples = undefined;
	}
	if (frame.isSelect && clausal.has(word)) [frame.secrets, frame.isSelect] = [undefined, false];
	if (word === 'set' && /^(?:set|alter|create)$/.test(reading.head)) reading.setting = 'name';
	else if (reading.setting === 'name' && word === 'to' && reading.isNamed) reading.setting = 'value';
	if (word === 'values') frame.tuples = reading.columns;
	if (word === 'select' && reading.columns) [frame.secrets, frame.index, frame.isSelect] = [reading.columns, 0, true];
	if (!/^(?:overriding|system|user|value|row)$/.test(word)) reading.columns = undefined;
};

const takeSign = (reading: Reading, sign: string): void => {
	const frame = top(reading);
	switch (sign) {
		case '(':
			open(reading, frame);
			return;
		case ')':
			close(reading, frame);
			return;
		case ',':
			frame.index++;
			frame.tokens = 0;
			frame.isValue = false;
			break;
		case ';':
			reading.stack.splice(1);
			reading.stack[0] = frameOf(undefined);
			reading.head = '';
			reading.preparing = '';
			reading.setting = 'none';
			break;
		case '.':
			frame.names = undefined;
			reading.isNamed = false;
			reading.operator = reading.operatorBefore;
			reading.word = '';
			return;
		case '[':
		case ']':
			return;
		default:
			takeOperator(reading, frame, sign);
			return;
	}
	forget(reading);
	reading.compared = undefined;
	[reading.wordBefore, reading.word] = ['', sign];
};

const takeOperator = (reading: Reading, frame: Frame, sign: string): void => {
	frame.names = undefined;
	frame.tokens++;
	reading.operator += sign;
	if (reading.operator.length > 4) reading.operator = reading.operator.slice(-4);
	if (!/[=<>!~:]/.test(sign)) reading.compared = undefined;
	if (reading.isNamed && /[=<>!~:]/.test(sign)) {
		frame.isValue = true;
		if (reading.setting === 'name' && sign === '=') reading.setting = 'value';
	}
	if (sign !== '=' && sign !== '<' && sign !== '>') reading.columns = undefined;
	if (sign !== ':') reading.isNamed = false;
	reading.word = '';
};

/** Opens a frame: the arguments of a function, a tuple of values, or a list. */
const open = (reading: Reading, frame: Frame): void => {
	const {word, wordBefore, columns, isNamed} = reading;
	frame.names = undefined;
	frame.tokens++;
	const isExecuted = wordBefore === 'execute' && (reading.prepared.has(word) || /passw|secret|token|_key/.test(word));
	const isTuple = frame.tuples !== undefined && (word === 'values' || word === ',');
	const known = Object.hasOwn(functions, word) ? functions[word] : undefined;
	const isAll = isSecretHere(frame) || (isNamed && !known) || isExecuted;
	// The salt of a password is none.
	const secrets = word === 'crypt' ? first : isAll ? 'all' : isTuple ? frame.tuples : (columns ?? known);
	reading.stack.push(frameOf(secrets, pairing.has(word)));
	forget(reading);
	reading.compared = undefined;
	[reading.wordBefore, reading.word] = ['', ''];
};

const close = (reading: Reading, closed: Frame): void => {
	if (reading.stack.length > 1) reading.stack.pop();
	const {isNamed} = reading;
	forget(reading);
	reading.compared = undefined;
	// lower(password) = 'x', but (name, password) = ('x', 'y')
	reading.isNamed = isNamed && (closed.names?.length ?? 1) === 1;
	reading.columns = closed.names && indexes(closed.names);
	[reading.wordBefore, reading.word] = ['', ''];
};
