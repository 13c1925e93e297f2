import type {Past} from '../../core/history/past.ts';
import {definePane, type Hidden} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Line, line, wrap} from '../../core/text/line.ts';
import {senders, slots, standby} from '../../queries/replication.ts';
import {databaseNames} from '../../queries/sessions.ts';
import {subscriptions} from '../../queries/subscriptions.ts';
import {archiveBacklog, archiver, wal, walDirectory} from '../../queries/wal.ts';
import {monitorGrant} from '../reading/hidden.ts';
import {type PartRow, type SectionPart, sectionsOf} from '../reading/sections.ts';
import {signalTarget} from '../reading/target.ts';
import {archiverPart} from './archiver.ts';
import {senderPart} from './sender.ts';
import {slotPart} from './slot.ts';
import {receiverPart, standbyPart} from './standby.ts';
import {subscriptionPart} from './subscription.ts';
import {walPart} from './wal.ts';

const parts: readonly SectionPart<PartRow>[] = [
	senderPart,
	slotPart,
	receiverPart,
	standbyPart,
	subscriptionPart,
	archiverPart,
	walPart,
];

const partOf = ({section}: PartRow): SectionPart<PartRow> | undefined => parts.find(({id}) => id === section);

const allRows = (sample: Sample, past: Past): readonly PartRow[] => parts.flatMap(part => part.rows(sample, past));

const hidden = (sample: Sample): Hidden | undefined => {
	const masked = allRows(sample, []).filter(row => partOf(row)?.masked(row, sample)).length;
	return masked === 0 ? undefined : {rows: masked, hint: monitorGrant(sample)};
};

const remarkLines = (row: PartRow, sample: Sample, width: number): readonly Line[] => {
	const remarks = partOf(row)?.remarks(row, sample) ?? [];
	return [
		line('Remarks', 'strong'),
		...(remarks.length === 0 ? [line('  Nothing is wrong.', 'dim')] : []),
		...remarks.flatMap(({text, tone}) => wrap(text, width - 2).map(part => line(`  ${part}`, tone))),
	];
};

/** Everything that carries WAL away from this server or brings it here, and what keeps it. */
export const replicationPane = definePane<PartRow>({
	id: 'replication',
	keys: ['4'],
	title: 'Replication',
	tab: 'Repl',
	help: 'Senders, slots, standby receive and replay, subscriptions, the archiver and WAL. Sender lag counts from the end of WAL here, so each stage includes those before it.',
	queries: [wal, senders, slots, standby, subscriptions, archiver, walDirectory, archiveBacklog, databaseNames],
	rows: allRows,
	identity: row => `${row.section} ${partOf(row)?.name(row) ?? ''}`,
	target: (row, sample) => {
		const pid = partOf(row)?.backend(row);
		return pid === undefined ? undefined : signalTarget(pid, sample);
	},
	copied: row => partOf(row)?.name(row) ?? '',
	sections: sectionsOf(parts),
	rates: true,
	empty: 'No WAL information reported.',
	hidden,
	inspect: remarkLines,
});
