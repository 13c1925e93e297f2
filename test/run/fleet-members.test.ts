import {describe, expect, it} from 'vitest';
import {parseArguments} from '../../source/command-line/options.ts';
import {fleetOf} from '../../source/run/fleet-members.ts';

const configuration = {servers: [], fleet: []};

/** Role, host and database of each server of a fleet. */
const placesOf = async (args: readonly string[], environment = {}): Promise<readonly string[]> => {
	const {members} = await fleetOf(parseArguments(['fleet', ...args]), configuration, environment);
	return members.map(({target: {user, endpoints, dbname}}) => `${user}@${endpoints[0]?.host}/${dbname}`);
};

describe('role and database of the servers of a fleet', () => {
	it('are those of -U and -d where a connection string names none', async () => {
		const fleet = ['host=db1', 'host=db2 user=own dbname=crm', 'postgresql://db3/stock', '-U', 'dba', '-d', 'shop'];
		expect(await placesOf(fleet)).toEqual(['dba@db1/shop', 'own@db2/crm', 'dba@db3/stock']);
	});

	it('are those of a connection string for all, and then those of the environment', async () => {
		const environment = {PGUSER: 'env', PGDATABASE: 'env'};
		expect(await placesOf(['host=db1', 'host=db2 user=own', '-d', 'dbname=shop user=dba'], environment)).toEqual([
			'dba@db1/shop',
			'own@db2/shop',
		]);
		expect(await placesOf(['host=db1', '-U', 'dba'], environment)).toEqual(['dba@db1/env']);
	});
});
