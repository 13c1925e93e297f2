import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {metricNames, ownMetricNames} from '../../source/monitoring/metrics.ts';

const folder = join(import.meta.dirname, '../../docs/grafana');
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

type Panel = {
	readonly id: number;
	readonly type: string;
	readonly title: string;
	readonly gridPos: {readonly x: number; readonly y: number; readonly w: number; readonly h: number};
	readonly datasource: unknown;
	readonly targets: readonly {readonly expr: string; readonly refId: string; readonly datasource: unknown}[];
};

type Dashboard = {
	readonly uid: string;
	readonly title: string;
	readonly schemaVersion: number;
	readonly panels: readonly Panel[];
	readonly templating: {readonly list: readonly {readonly name: string; readonly type: string}[]};
};

const dashboard = JSON.parse(read('dashboard.json')) as Dashboard;
const known = new Set([...metricNames, ...ownMetricNames]);
const named = (text: string): readonly string[] => [...text.matchAll(/\bpgtriage_[a-z_]+/g)].map(([name]) => name);

describe('the dashboard', () => {
	it('has panels with a place, a query and the data source that is chosen', () => {
		expect(dashboard).toMatchObject({uid: 'pgtriage', title: 'pgtriage', schemaVersion: expect.any(Number)});
		expect(dashboard.panels.length).toBeGreaterThan(10);
		expect(new Set(dashboard.panels.map(({id}) => id)).size).toBe(dashboard.panels.length);
		for (const {title, type, gridPos, datasource, targets} of dashboard.panels) {
			expect(title).not.toBe('');
			expect(['stat', 'timeseries', 'state-timeline']).toContain(type);
			expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
			expect(targets.length).toBeGreaterThan(0);
			for (const each of [{datasource}, ...targets]) expect(each.datasource).toEqual({type: 'prometheus', uid: `\${datasource}`});
			expect(new Set(targets.map(({refId}) => refId)).size).toBe(targets.length);
		}
		expect(dashboard.templating.list.map(({name, type}) => [name, type])).toEqual([
			['datasource', 'datasource'],
			['instance', 'query'],
		]);
	});

	it('has no two panels in one place', () => {
		const cells = dashboard.panels.flatMap(({gridPos: {x, y, w, h}}) =>
			Array.from({length: w * h}, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
		);
		expect(new Set(cells).size).toBe(cells.length);
	});

	it('shows every metric, and none that does not exist', () => {
		expect(new Set(dashboard.panels.flatMap(({targets}) => targets.flatMap(({expr}) => named(expr))))).toEqual(known);
	});
});

it('alert rules name only metrics that exist', () => {
	const names = named(read('alerts.yml'));
	expect(names.length).toBeGreaterThan(4);
	expect(names.filter(name => !known.has(name))).toEqual([]);
});
