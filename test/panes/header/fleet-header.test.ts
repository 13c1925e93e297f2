import {expect, it} from 'vitest';
import {textOf} from '../../../source/core/text/line.ts';
import {fleetFindings} from '../../../source/findings/fleet.ts';
import {thresholds} from '../../../source/findings/thresholds.ts';
import {fleetHeader} from '../../../source/panes/header/fleet-header.ts';
import {type FleetServer, fleet} from '../../../source/queries/beside/fleet.ts';
import {answer, makeSample} from '../../findings/samples.ts';
import {stateConnected} from '../../screens/driver.ts';

const seen: Partial<FleetServer> = {status: 'up', hidden: 0, active: 2, blocked: 0, connections: 5};

const headerOf = (...servers: readonly Partial<FleetServer>[]): readonly string[] => {
	const rows = servers.map((each, position) => ({server: `s${position}`, label: `s${position}`, position, ...each}));
	const sample = makeSample(0, answer(fleet, ...rows));
	const parts = fleetHeader(stateConnected({columns: 120, rows: 40}), sample, [sample], fleetFindings(thresholds));
	return parts.map(line => line.map(textOf).join('  '));
};

it('the all-clear of a fleet names servers that were read only in part, and sums are lower bounds then', () => {
	const [, calm, whole] = headerOf(seen, seen);
	expect(calm).toBe('No trouble found by the question to each server');
	expect(whole).toMatch(/active 4 {2}blocked 0$/);
	const [, verdict, sums] = headerOf(seen, {...seen, hidden: 3, active: 0});
	expect(verdict).toBe('1 of 2 servers read only in part; no trouble found in the rest');
	expect(sums).toMatch(/active 2\+ {2}blocked 0\+$/);
	expect(headerOf({...seen, hidden: 3})[2]).toMatch(/active - {2}blocked -$/);
	expect(headerOf(seen, {status: 'down'})[2]).toMatch(/connections 5\+ {2}active 2\+ {2}blocked 0\+$/);
});

it('a server that refuses a figure is read only in part, also if something worse is found there', () => {
	const refused = [{fields: ['s1 disk'], error: {code: '42501', message: 'The role may not read data_directory.'}}];
	const headerWith = (changes: Partial<FleetServer>): readonly string[] => {
		const rows = [seen, {...seen, ...changes}].map((each, position) => ({
			server: `s${position}`,
			label: `s${position}`,
			position,
			...each,
		}));
		const base = makeSample(0, answer(fleet, ...rows));
		const read = base.results.fleet;
		const sample = {...base, results: {fleet: {...(read as Extract<typeof read, {ok: true}>), refused}}};
		const parts = fleetHeader(stateConnected({columns: 120, rows: 40}), sample, [sample], fleetFindings(thresholds));
		return parts.map(line => line.map(textOf).join('  '));
	};
	expect(headerWith({})[1]).toBe('1 of 2 servers read only in part; no trouble found in the rest');
	expect(headerWith({idle_in_transaction_seconds: 75})[1]).toMatch(/^warning: s1: .*1 of 2 servers read only in part$/);
});
