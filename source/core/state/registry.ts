import type {Prepared, StatementStatistics} from '../actions/admin.ts';
import type {RelationNow, RelationRef} from '../actions/maintenance.ts';
import type {PoolClientRef, PoolRef} from '../actions/pooler.ts';
import type {Fact} from '../actions/question.ts';
import type {SlotRef} from '../actions/slot.ts';
import type {ConnectedSession, KnownTarget, Target} from '../actions/target.ts';
import type {Past} from '../history/past.ts';
import type {Pane} from '../pane/pane.ts';
import type {Sample} from '../sample/sample.ts';
import type {ServerIdentity} from '../sample/server-identity.ts';
import type {Line, Parts} from '../text/line.ts';
import type {Instant} from '../values/instant.ts';
import type {Sentence, ServerRole, State, Watch} from './state.ts';

/** Knowledge of PostgreSQL from outside the core: panes in tab order, header, effects of signals. */
export type Registry = {
	readonly panes: readonly Pane[];
	/** The pane with this id; throws a RangeError without one. */
	readonly pane: (id: string) => Pane;
	/**
	 * Computes what a screen of a live sample needs, step by step, before the state has the sample; what is computed is remembered.
	 */
	readonly prepare: (state: State, sample: Sample) => Iterable<unknown>;
	/** Header lines, most important first, in parts that are shown whole or not at all. */
	readonly header: (state: State, sample: Sample | undefined) => readonly Parts[];
	/** Lines above the table of the shown pane, as many as its chart has; none in a pane without one. */
	readonly chart: (state: State, sample: Sample) => readonly Line[];
	/** Findings of the samples in the chart, of a few more than the state has; the same map if all are there. */
	readonly judged: (state: State) => State['judged'];
	/** Name of the worst alarming finding, stable across samples; undefined without one. */
	readonly alarm: (sample: Sample, past: Past) => string | undefined;
	/** Effect of a signal as seen in a sample; undefined until it is visible. */
	readonly outcome: (watch: Watch, sample: Sample) => Sentence | undefined;
	/** Current activity of a target without an effect yet, as the end of a sentence. */
	readonly delay: (watch: Watch, sample: Sample) => string;
	/** A target as it is in a sample: undefined after it ended, `unread` if the sample has no sessions. */
	readonly targetNow: (target: KnownTarget, sample: Sample) => Target | 'unread' | undefined;
	/** Client sessions that connected after a moment, other than our own. */
	readonly connectedSince: (sample: Sample, since: Instant) => readonly ConnectedSession[];
	readonly role: (sample: Sample) => ServerRole | undefined;
	/** Identity of the server; undefined before it is read. */
	readonly server: (sample: Sample) => ServerIdentity | undefined;
	/** Version of the server as in server_version_num. */
	readonly version: (sample: Sample) => number | undefined;
	/** Database of our connection. */
	readonly database: (sample: Sample) => string | undefined;
	/** pg_stat_statements of our database; undefined without it. */
	readonly statistics: (sample: Sample) => StatementStatistics | undefined;
	/** A replication slot as it is in a sample: undefined without it, `unread` if the slots were not read since a moment. */
	readonly slotNow: (name: string, sample: Sample, since: Instant) => SlotRef | 'unread' | undefined;
	/** A database of PgBouncer as it is in a sample: undefined without it, `unread` if it was not read since a moment. */
	readonly poolNow: (pool: PoolRef, sample: Sample, since: Instant) => PoolRef | 'unread' | undefined;
	/** A client of PgBouncer as it is in a sample: undefined after it left, `unread` if clients were not read since a moment. */
	readonly poolClientNow: (client: PoolClientRef, sample: Sample, since: Instant) => PoolClientRef | 'unread' | undefined;
	/** Bytes of WAL that slots make the server keep, and those in pg_wal; null if unknown. */
	readonly walKept: (sample: Sample) => {readonly bySlots: number | null; readonly directory: number | null};
	/** A relation as it is in a sample: its name if it was read, and the commands that run on it; `unread` if neither is known. */
	readonly relationNow: (relation: RelationRef, sample: Sample, since: Instant) => RelationNow | 'unread';
	/** Statement and state of a session as in a sample; undefined after it ended, `unread` if the sample has no sessions. */
	readonly statementNow: (pid: number, sample: Sample) => Pick<Target, 'query' | 'state'> | 'unread' | undefined;
	/** True if a prepared transaction exists in a sample; `unread` if they were not read since a moment. */
	readonly preparedNow: (prepared: Prepared, sample: Sample, since: Instant) => boolean | 'unread';
	/** Holder of the xmin horizon, as a sentence; undefined without one or if unknown. */
	readonly holder: (sample: Sample) => {readonly sentence: string; readonly isTrouble: boolean} | undefined;
	/** Effects of a configuration reload: settings that wait for it, errors in the files. */
	readonly pending: (sample: Sample) => readonly Fact[];
	/** Names of the tags that statements of a sample have. */
	readonly tags: (sample: Sample) => readonly string[];
	/** Progress of a backend's command, in a few words. */
	readonly progress: (pid: number, sample: Sample, past: Past) => string | undefined;
};
