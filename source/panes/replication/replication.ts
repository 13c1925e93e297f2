import type {Past} from '../../core/history/past.ts';
import {refusedNotice} from '../../core/pane/missing.ts';
import {definePane, type Hidden, type Pane} from '../../core/pane/pane.ts';
import type {Sample} from '../../core/sample/sample.ts';
import {type Line, line} from '../../core/text/line.ts';
import {databaseNames} from '../../queries/activity/sessions.ts';
import {patroniCluster, patroniMembers} from '../../queries/beside/patroni.ts';
import {senders, slots, standby} from '../../queries/replication/replication.ts';
import {subscriptions} from '../../queries/replication/subscriptions.ts';
import {archiveBacklog, archiver, wal, walDirectory} from '../../queries/replication/wal.ts';
import {hiddenRows} from '../reading/hidden.ts';
import {indented} from '../reading/indented.ts';
import {patroniFailureOf} from '../reading/patroni.ts';
import {type PaneSection, type SectionRow, sectionsOf} from '../reading/sections.ts';
import {signalTarget} from '../reading/target.ts';
import {archiverSection} from './archiver.ts';
import {patroniSection} from './patroni.ts';
import {senderSection} from './sender.ts';
import {type SlotRow, slotSection} from './slot.ts';
import {slotOf} from './slot-ref.ts';
import {receiverSection, standbySection} from './standby.ts';
import {subscriptionSection} from './subscription.ts';
import {walSection} from './wal.ts';

const sections: readonly PaneSection<SectionRow>[] = [
	// Rows of every section have the fields of the first one, in JSON.
	senderSection,
	patroniSection,
	slotSection,
	receiverSection,
	standbySection,
	subscriptionSection,
	archiverSection,
	walSection,
];

const sectionOf = ({section}: SectionRow): PaneSection<SectionRow> | undefined => sections.find(({id}) => id === section);

const allRows = (sample: Sample, past: Past): readonly SectionRow[] => sections.flatMap(section => section.rows(sample, past));

const hidden = (sample: Sample): Hidden | undefined => {
	const masked = allRows(sample, []).filter(row => sectionOf(row)?.masked(row, sample)).length;
	return hiddenRows(sample, masked);
};

const remarkLines = (row: SectionRow, sample: Sample, width: number): readonly Line[] => {
	const remarks = sectionOf(row)?.remarks(row, sample) ?? [];
	return [
		line('Remarks', 'strong'),
		...(remarks.length === 0 ? [line('  Nothing is wrong.', 'dim')] : []),
		...remarks.flatMap(({text, tone}) => indented(text, width, tone)),
	];
};

/** Senders, receivers, slots, subscriptions, the archiver and WAL of this server, and the members of its Patroni cluster. */
export const replicationPane: Pane = definePane<SectionRow>({
	id: 'replication',
	keys: ['4'],
	title: 'Replication',
	tab: 'Repl',
	help: 'Senders, slots, standby receive and replay, subscriptions, the archiver and WAL. Sender lag counts from the end of WAL here, so each stage includes those before it.',
	queries: [
		wal,
		senders,
		slots,
		standby,
		subscriptions,
		archiver,
		walDirectory,
		archiveBacklog,
		databaseNames,
		patroniCluster,
		patroniMembers,
	],
	composed: true,
	rows: allRows,
	identity: row => `${row.section} ${sectionOf(row)?.name(row) ?? ''}`,
	target: (row, sample) => {
		const pid = sectionOf(row)?.backend(row);
		return pid === undefined ? undefined : signalTarget(pid, sample);
	},
	slot: (row, sample) => (row.section === 'slot' ? slotOf(slotSection.name(row as SlotRow), sample) : undefined),
	copied: row => sectionOf(row)?.name(row) ?? '',
	sections: sectionsOf(sections),
	rates: true,
	empty: 'No WAL information reported.',
	hidden,
	notice: sample => refusedNotice(replicationPane, sample) ?? patroniFailureOf(sample),
	inspect: remarkLines,
});
