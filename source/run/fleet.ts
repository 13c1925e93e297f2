import {describe} from '../adapters/connect/connection.ts';
import {createServerDisks} from '../adapters/host/server-disks.ts';
import {watchFleet} from '../adapters/poll/fleet.ts';
import type {Invocation} from '../command-line/options.ts';
import type {Failure} from '../core/sample/sample.ts';
import {sentences} from '../core/sample/sample.ts';
import {joinSentences} from '../core/text/sentence.ts';
import {plural} from '../core/text/words.ts';
import type {Limits} from '../findings/thresholds.ts';
import type {Fleet, LabeledMember} from './fleet-members.ts';
import {openScreen} from './full-screen.ts';
import type {Departure, Ending, Monitor} from './monitor.ts';
import {watchServer} from './server.ts';

/** How a fleet is shown; without an audit file actions are off, and `readOnly` says why. */
export type FleetScreen = {
	readonly invocation: Invocation;
	readonly limits: Limits;
	readonly audit: string | undefined;
	readonly readOnly: string | undefined;
};

type Members = Omit<Fleet, 'close'>;

/** The server in focus: the one whose three connections are open. */
type Focus = {readonly member: LabeledMember; readonly monitor: Monitor};

// A screen waits this long for a slow server; its row then shows the answer before.
const waitMs = 200;
const firstWaitMs = 400;

/** File of the recording of a server: its label before the extensions, so that no file mixes servers. */
const recordingOfMember = (file: string, {label}: LabeledMember): string => {
	const name = label.replaceAll(/[^\p{L}\p{N}.-]+/gu, '_');
	const [, folder = '', stem = file, extensions = ''] = /^(.*\/)?([^/]+?)((?:\.\w+)*)$/.exec(file) ?? [];
	return `${folder}${stem}-${name}${extensions}`;
};

/** The first of the sentences about what could not be found, and how many more there are on stderr. */
const noticeOf = ([first, ...others]: Fleet['missing']): string | undefined =>
	first && joinSentences(sentences(first.error), others.length > 0 ? `+${others.length} more on stderr` : undefined);

const openOverview = ({members, missing}: Members, {invocation, limits}: FleetScreen): Promise<Monitor> => {
	const {intervalMs} = invocation;
	const source = watchFleet(members, {intervalMs, firstWaitMs, waitMs, openDisks: createServerDisks(), missing});
	const notice = noticeOf(missing);
	const own = {...invocation, panes: ['fleet'], group: undefined, record: undefined};
	return openScreen({source, actor: undefined}, own, {
		place: `fleet of ${plural(members.length, 'server')}`,
		fleet: 'overview',
		readOnly: 'Actions are for the server in focus: Enter on a row goes there.',
		limits,
		...(notice !== undefined && {notice}),
	});
};

const openMember = (member: LabeledMember, {invocation, limits, audit, readOnly}: FleetScreen): Promise<Monitor> => {
	const {target, label, mark} = member;
	const {intervalMs, record, patroni} = invocation;
	const watched = watchServer(target, {intervalMs, patroni, audit});
	const own = {
		...invocation,
		filter: '',
		sort: undefined,
		panes: ['triage'],
		record: record === undefined ? undefined : recordingOfMember(record, member),
	};
	return openScreen(watched, own, {
		place: describe(target),
		// Without a label of its own it is named by its address.
		label: {...mark, label},
		fleet: 'member',
		readOnly,
		limits,
	});
};

const isDeparture = (outcome: Ending | Departure | undefined): outcome is Departure => outcome !== undefined && 'to' in outcome;

const whyNot = (failure: Failure | undefined): string => sentences(failure) || 'It cannot be watched.';

/**
 * Shows a fleet and, one at a time, the servers in it, until the person quits. The server that was left goes on being read, so that
 * its history is there when it is entered again; entering another one closes its connections.
 */
export const fleetOnScreen = async ({members, missing}: Members, screen: FleetScreen): Promise<Ending> => {
	const overview = await openOverview({members, missing}, screen);
	let focus: Focus | undefined;
	let outcome = await overview.show();
	while (isDeparture(outcome)) {
		if (outcome.to === 'fleet') {
			if (focus) overview.say(`${focus.member.label} stays in focus: Enter returns to it and its history.`, 'calm');
			outcome = await overview.show(focus?.monitor);
		} else {
			const {server} = outcome;
			const member = members.find(each => each.server === server);
			if (!member) throw new RangeError(`Unknown server ${server} in the fleet.`);
			const entered = await enter(overview, focus, member, screen);
			focus = entered.focus;
			outcome = entered.outcome;
		}
	}
	await Promise.all([overview.end(), focus?.monitor.end()]);
	return outcome;
};

/** Moves to a server as soon as it has answered; the fleet stays on the screen until then, and if it does not answer. */
const enter = async (
	overview: Monitor,
	before: Focus | undefined,
	member: LabeledMember,
	screen: FleetScreen,
): Promise<{readonly focus: Focus | undefined; readonly outcome: Ending | Departure}> => {
	const isSame = before?.member === member;
	const focus = isSame ? before : {member, monitor: await openMember(member, screen)};
	const {monitor} = focus;
	overview.say(`Connecting to ${member.label} …`, 'calm');
	const elsewhere = overview.show();
	const first = await Promise.race([monitor.ready.then(ending => ({ending})), elsewhere]);
	if (!('ending' in first)) {
		// A key was faster than the server.
		if (!isSame) await monitor.end();
		return {focus: before, outcome: first};
	}
	if (first.ending?.fault !== undefined) return {focus: before, outcome: first.ending};
	if (first.ending) {
		overview.say(`${member.label}: ${whyNot(first.ending.failure)}`, 'danger');
		return {focus: isSame ? undefined : before, outcome: await elsewhere};
	}
	if (before && !isSame) {
		monitor.say(`Now at ${member.label}. The history of ${before.member.label} was let go. F: fleet`, 'calm');
		void before.monitor.end();
	}
	return {focus, outcome: await monitor.show(overview)};
};
