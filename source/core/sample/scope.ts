import {identifier, relationName} from '../values/quote.ts';

/** A relation as a person names it; without a schema it is looked up as the application would. */
export type NamedRelation = {readonly schema: string | null; readonly name: string};

/** What the held locks are read of: all of them, those of a session, or those on a relation and its relatives. */
export type LockScope =
	| {readonly kind: 'everything'}
	| {readonly kind: 'session'; readonly pid: number}
	/** A relation of our database by its oid; `name` is for display. */
	| {readonly kind: 'relation'; readonly oid: number; readonly name: string}
	| ({readonly kind: 'named'} & NamedRelation);

/** The relation of a preflight, and the lock mode or command as it was written. */
export type PreflightScope = {readonly relation: NamedRelation; readonly lock: string};

/** What the queries about locks are asked about, by pane; `details` is the pid of the session whose details are shown. */
export type Scopes = {readonly held?: LockScope; readonly preflight?: PreflightScope; readonly details?: number | undefined};

/** Name of a relation as SQL writes it. */
export const nameOfRelation = ({schema, name}: NamedRelation): string =>
	schema === null ? identifier(name) : relationName(schema, name);
