import {count, flag, text} from '../../core/pane/column.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {secondsBetween} from '../../core/values/instant.ts';
import {duration} from '../../core/values/units.ts';
import {type Subscription, subscriptions} from '../../queries/replication/subscriptions.ts';
import {databaseNamesOf, rowsOf} from '../reading/answers.ts';
import {danger, defineSection, note, remarksOf, type SectionRow, sectionColumn, warning} from '../reading/sections.ts';
import {
	conflictKindsColumn,
	conflictsColumn,
	databaseColumn,
	messageColumn,
	messageTimeColumn,
	pidColumn,
	receiveLsnColumn,
	silenceSeconds,
	silenceTone,
	slotNameColumn,
} from './columns.ts';
import {walOf} from './wal-past.ts';

/** Subscription with the state of its apply worker; on a standby it does not run. */
type SubscriptionRow = SectionRow &
	Subscription & {readonly database: string | null; readonly worker: 'running' | 'down' | 'disabled' | 'standby'};

const workerOf = ({pid, enabled}: Subscription, sample: Sample): SubscriptionRow['worker'] => {
	if (pid !== null) return 'running';
	if (enabled === false) return 'disabled';
	return walOf(sample)?.in_recovery === true ? 'standby' : 'down';
};

const rows = (sample: Sample): readonly SubscriptionRow[] => {
	const names = databaseNamesOf(sample);
	return rowsOf(sample, subscriptions)
		.map(row => ({
			...row,
			section: 'subscription',
			database: row.datid === null ? null : (names.get(row.datid) ?? String(row.datid)),
			worker: workerOf(row, sample),
		}))
		.sort((a, b) => Number(b.worker === 'down') - Number(a.worker === 'down') || (a.subname < b.subname ? -1 : 1));
};

/** Section of subscriptions. */
export const subscriptionSection = defineSection<SubscriptionRow>({
	id: 'subscription',
	title: 'Subscriptions',
	rows,
	name: row => String(row.subid),
	columns: [
		text<SubscriptionRow>('subname', 'Name of the subscription.', row => row.subname, {
			title: 'SUBSCRIPTION',
			aliases: ['subscription'],
			keep: 100,
			width: {min: 14, max: 30},
		}),
		sectionColumn,
		text<SubscriptionRow>('worker', 'State of its apply worker.', row => row.worker, {
			keep: 96,
			width: {min: 8},
			tone: value => (value === 'down' ? 'danger' : 'calm'),
		}),
		pidColumn,
		databaseColumn,
		flag<SubscriptionRow>('enabled', 'Enabled, so that its worker should run.', row => row.enabled, {
			width: {min: 7},
			title: 'ENABLED',
			format: value => (value === true ? 'yes' : 'no'),
		}),
		count<SubscriptionRow>(
			'apply_error_count',
			'Failed attempts to apply a change; 15 and later.',
			row => row.apply_error_count,
			{
				title: 'APPLY ERR',
				keep: 94,
				width: {min: 9},
				tone: (value, row) => (Number(value) > 0 && row.worker === 'down' ? 'danger' : 'calm'),
			},
		),
		count<SubscriptionRow>('sync_error_count', 'Failed initial table copies; 15 and later.', row => row.sync_error_count, {
			title: 'SYNC ERR',
			keep: 60,
			width: {min: 8},
		}),
		count<SubscriptionRow>(
			'tables_not_ready',
			'Tables still being copied, if it is in this database.',
			row => row.tables_not_ready,
			{
				title: 'NOT READY',
				keep: 82,
				width: {min: 9},
			},
		),
		count<SubscriptionRow>(
			'sequences_not_ready',
			'Sequences still to be synchronized, if it is in this database; 19 and later.',
			row => row.sequences_not_ready ?? null,
			{
				title: 'SEQ NOT READY',
				width: {min: 13},
			},
		),
		count<SubscriptionRow>(
			'sequence_error_count',
			'Failed synchronizations of sequences; 19 and later.',
			row => row.sequence_error_count ?? null,
			{
				title: 'SEQ ERR',
				width: {min: 7},
			},
		),
		count<SubscriptionRow>('sync_workers', 'Workers copying tables.', row => row.sync_workers, {
			title: 'SYNCING',
			keep: 50,
			width: {min: 7},
		}),
		messageColumn,
		conflictsColumn,
		conflictKindsColumn,
		text<SubscriptionRow>('received_lsn', 'WAL position received.', row => row.received_lsn, {
			title: 'RECEIVED',
			keep: 46,
			width: {min: 10, max: 17},
		}),
		receiveLsnColumn,
		slotNameColumn,
		text<SubscriptionRow>('publications', 'Publications it subscribes to.', row => row.publications, {
			keep: 30,
			width: {min: 12, max: 30},
		}),
		count<SubscriptionRow>('tables', 'Tables it replicates, if it is in this database.', row => row.tables, {width: {min: 6}}),
		messageTimeColumn,
	],
	remarks: (row, sample) => {
		const silence = secondsBetween(row.last_msg_receipt_time, sample.at);
		return remarksOf([
			row.worker === 'down' &&
				danger(
					`Its apply worker is down: no changes arrive, and the publisher keeps WAL for it${(row.apply_error_count ?? 0) > 0 ? `; applying failed ${row.apply_error_count} times` : ''}. See the server log; ALTER SUBSCRIPTION ... SKIP skips a transaction (15 and later).`,
				),
			row.worker === 'disabled' &&
				note('Disabled: ALTER SUBSCRIPTION ... ENABLE starts it. Its slot keeps WAL on the publisher meanwhile.'),
			row.worker === 'standby' && note('This server is a standby: subscriptions run on a primary.'),
			row.worker === 'running' &&
				(row.apply_error_count ?? 0) > 0 &&
				note(`Applying failed ${row.apply_error_count} times since the statistics reset.`),
			row.conflict_kinds !== null && warning(`Changes conflicted with local rows: ${row.conflict_kinds}.`),
			(row.tables_not_ready ?? 0) > 0 && note(`${row.tables_not_ready} of ${row.tables} tables are not copied yet.`),
			(row.sequences_not_ready ?? 0) > 0 &&
				note(
					`Sequences not synchronized yet: ${row.sequences_not_ready}${(row.sequence_error_count ?? 0) > 0 ? `; it failed ${row.sequence_error_count} times, see the server log` : ''}.`,
				),
			silence !== null &&
				silence >= silenceSeconds && {
					text: `No message from the publisher for ${duration(silence)}.`,
					tone: silenceTone(silence),
				},
		]);
	},
});
