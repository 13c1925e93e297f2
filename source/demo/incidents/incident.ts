import type {Connect} from '../connect.ts';
import type {Scenario} from '../scenarios.ts';
import type {Server} from '../server.ts';
import type {DemoStandby} from '../standby.ts';

/** A running incident: the pids of its sessions by part, and `end`. */
export type RunningIncident = {readonly pids: Readonly<Record<string, number>>; end(): Promise<void>};

/** Settings of a server by name. */
export type ServerSettings = Readonly<Record<string, string>>;

/**
 * An incident on a real server, the same in the demo and in the tests. With `settings`, `standby` or `prepare` it needs a server of
 * its own, and the demo shows it only by name; so it does with one that is heavy.
 */
export type Incident = {
	readonly name: Scenario;
	readonly title: string;
	/** Settings that the server needs at its start. */
	readonly settings?: ServerSettings;
	/** Settings of a standby that streams from the server, through a slot if `primary_slot_name` is set. */
	readonly standby?: ServerSettings;
	/** True if it loads the machine so much that others would suffer. */
	readonly isHeavy?: true;
	/** Prepares the server after the shop is created and before the workload starts; may restart the server. */
	prepare?(server: Server, connect: Connect, standby?: DemoStandby): Promise<void>;
	/** Resolves when the server itself shows the incident; `connect` must default to a superuser. */
	begin(connect: Connect, standby?: DemoStandby): Promise<RunningIncident>;
};

/** True if an incident can run on any server, together with others. */
export const runsTogether = ({settings, standby, prepare, isHeavy}: Incident): boolean =>
	!(settings || standby || prepare || isHeavy);
