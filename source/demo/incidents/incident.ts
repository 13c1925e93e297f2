import type {Connect} from '../connect.ts';
import type {Scenario} from '../scenarios.ts';
import type {Server} from '../server.ts';
import type {DemoStandby} from '../standby.ts';

/** An incident that stands on a server: the sessions that play it, by the part each one plays, and how it ends. */
export type RunningIncident = {readonly pids: Readonly<Record<string, number>>; end(): Promise<void>};

/** Settings of a server by their names. */
export type ServerSettings = Readonly<Record<string, string>>;

/**
 * Something that goes wrong on a real server, the same in the demo and in the tests. One that declares `settings`, `standby` or
 * `prepare` wants a server of its own, and the demo shows it only where it is named.
 */
export type Incident = {
	readonly name: Scenario;
	readonly title: string;
	/** What the server has to be set to before it starts. */
	readonly settings?: ServerSettings;
	/** A standby streams from the server, set to this; through a slot where `primary_slot_name` is among it. */
	readonly standby?: ServerSettings;
	/** What is done when the shop is furnished and nobody works in it yet; the server may be stopped and started again. */
	prepare?(server: Server, connect: Connect, standby?: DemoStandby): Promise<void>;
	/** Resolves when the server itself says that the incident stands; `connect` must give a superuser by default. */
	begin(connect: Connect, standby?: DemoStandby): Promise<RunningIncident>;
};

/** Whether an incident can stand beside others, on any server. */
export const isSelfContained = ({settings, standby, prepare}: Incident): boolean => !(settings || standby || prepare);
