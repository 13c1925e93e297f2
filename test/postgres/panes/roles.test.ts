import {expect, it} from 'vitest';
import type {Row, Sample, Value} from '../../../source/core/sample/sample.ts';
import {textOf} from '../../../source/core/text/line.ts';
import {rolesPane} from '../../../source/panes/roles.ts';
import {connect, serverVersions, withServer} from '../servers.ts';
import {watch} from '../watched.ts';

const named = (rows: readonly Row[], name: string): Row | undefined => rows.find(({rolname}) => rolname === name);

const rowOf = (sample: Sample, name: string): Row => named(rolesPane.rows(sample, []), name) as Row;

/** Tone of a column for a role. */
const tone = (sample: Sample, name: string, id: string): string | undefined => {
	const column = rolesPane.columns.find(each => each.id === id);
	const row = rowOf(sample, name);
	return column?.tone(column.value(row, sample.at) as Value, row);
};

it.each(serverVersions)('the roles of PostgreSQL %i have their privileges, limits and expiry', async version => {
	await withServer(version, async server => {
		const client = await connect(server);
		await client.query(`
			create role admins createrole;
			create role boss superuser createdb;
			create role team;
			grant admins to team with admin option;
			create role app login connection limit 2;
			grant team to app;
			create role deputy login;
			grant boss to deputy;
			create role loader login;
			grant pg_write_server_files to loader;
			create role gone login password 'geheim' valid until '2020-01-01 00:00:00+00';
			create role retired valid until '2020-01-01 00:00:00+00';
			create role forever login valid until 'infinity';
			create role leaving login;
			alter role leaving set work_mem = '8MB';
		`);
		const {rows: clock} = await client.query<{then: string}>("select (now() + interval '3 days')::text as then");
		await client.query(`alter role leaving valid until '${clock[0]?.then}'`);
		if (version >= 16) await client.query('create role guest login; grant boss to guest with inherit false, set false');
		for (let opened = 0; opened < 2; opened++) await connect(server, {user: 'app'});
		await using seen = await watch(server, rolesPane, 'plain');
		const sample = await seen.until('the connections', rows => named(rows, 'app')?.connections === 2);
		const rows = seen.rows(sample);

		expect(named(rows, 'app')).toMatchObject({
			rolcanlogin: true,
			rolsuper: false,
			rolconnlimit: 2,
			rights: 'createrole by admins',
			memberships: 'team',
			expires_in_seconds: null,
		});
		expect(named(rows, 'team')).toMatchObject({memberships: 'admins (admin)', members: 1, rolcanlogin: false});
		expect(rolesPane.inspect(rowOf(sample, 'app'), sample, 80, []).map(textOf)).toContain('  app > team > admins');
		expect(named(rows, 'deputy')?.rights).toBe('superuser by boss, createdb by boss');
		expect(named(rows, 'monitor')?.rights).toBe('pg_monitor, pg_signal_backend');
		expect(named(rows, 'leaving')).toMatchObject({config_count: 1});
		expect(named(rows, 'gone')?.expires_in_seconds).toBeLessThan(0);
		expect(named(rows, 'forever')).toMatchObject({rolvaliduntil: 'infinity', expires_in_seconds: null});
		if (version >= 16) expect(named(rows, 'guest')).toMatchObject({memberships: 'boss', rights: ''});

		expect(tone(sample, 'app', 'connections')).toBe('danger');
		expect(tone(sample, 'postgres', 'connections')).toBe('calm');
		expect(tone(sample, 'deputy', 'rights')).toBe('warn');
		expect(tone(sample, 'loader', 'rights')).toBe('warn');
		for (const name of ['postgres', 'app', 'monitor']) expect(tone(sample, name, 'rights')).toBe('calm');
		expect(tone(sample, 'gone', 'expires_in_seconds')).toBe('danger');
		expect(tone(sample, 'leaving', 'expires_in_seconds')).toBe('warn');
		for (const name of ['retired', 'forever', 'app']) expect(tone(sample, name, 'expires_in_seconds')).toBe('calm');

		expect(JSON.stringify(sample.results)).not.toMatch(/geheim|SCRAM|md5/);
		const shown = rolesPane.rows(sample, []).filter(row => rolesPane.shown(row, {background: false} as never));
		expect(shown.map(({rolname}) => rolname)).not.toContain('pg_monitor');
		expect(named(rows, 'pg_monitor')).toBeDefined();
	});
});
