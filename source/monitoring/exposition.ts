import type {Metric, Point} from './metrics.ts';

/** A text format of metrics: OpenMetrics 1.0, or the older one of Prometheus. */
export type Exposition = 'openmetrics' | 'prometheus';

/** Content types of the formats. */
export const contentTypes: Readonly<Record<Exposition, string>> = {
	openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
	prometheus: 'text/plain; version=0.0.4; charset=utf-8',
};

/** The format for the Accept header of a request: OpenMetrics only if it is asked for, as exporters do. */
export const expositionFor = (accept: string | undefined): Exposition =>
	/application\/openmetrics-text\b(?!\s*;[^,]*\bq=0(?:\.0*)?\s*(?:,|$))/i.test(accept ?? '') ? 'openmetrics' : 'prometheus';

// A label value is cleaned before; these three have a meaning in both formats.
const escapes: Readonly<Record<string, string>> = {'\\': '\\\\', '"': '\\"', '\n': '\\n'};

const escaped = (text: string): string => text.replace(/[\\"\n]/g, character => escapes[character] ?? '');

const labels = (all: Point['labels']): string => {
	const pairs = Object.entries(all).map(([name, value]) => `${name}="${escaped(value)}"`);
	return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

const unitOf = (name: string): string | undefined => /_(bytes|seconds)$/.exec(name)?.[1];

const linesOf = ({name, type, help, points}: Metric, format: Exposition): readonly string[] => {
	if (points.length === 0) return [];
	const total = type === 'counter' ? `${name}_total` : name;
	const family = format === 'openmetrics' ? name : total;
	const unit = format === 'openmetrics' ? unitOf(name) : undefined;
	return [
		`# TYPE ${family} ${type}`,
		...(unit === undefined ? [] : [`# UNIT ${family} ${unit}`]),
		`# HELP ${family} ${escaped(help)}`,
		...points.map(point => `${total}${labels(point.labels)} ${point.value}`),
	];
};

/** Metrics as text, those with values only. */
export const exposed = (metrics: readonly Metric[], format: Exposition): string =>
	[...metrics.flatMap(metric => linesOf(metric, format)), ...(format === 'openmetrics' ? ['# EOF'] : [])].join('\n').concat('\n');
