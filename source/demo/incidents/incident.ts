import type {Connect} from '../connect.ts';

/** An incident that stands on a server: the sessions that play it, by the part each one plays, and how it ends. */
export type Standing = {readonly pids: Readonly<Record<string, number>>; end(): Promise<void>};

/** Something that goes wrong on a real server, the same in the demo and in the tests. */
export type Incident = {
	readonly name: string;
	readonly title: string;
	/** Resolves when the server itself says that the incident stands; `connect` must give a superuser by default. */
	begin(connect: Connect): Promise<Standing>;
};
