import {clean} from './text/clean.ts';

/** The levels of one figure, as a configuration may name them; what it does not name stays as it is. */
export type Levels = {readonly warning?: number | null; readonly critical?: number | null};

/** A configuration, understood: options that stand unless the command line gives others, and levels of figures. */
export type Config = {
	readonly options: Readonly<Record<string, string | boolean>>;
	readonly thresholds: Readonly<Record<string, Levels>>;
};

/** What a configuration may say: options by whether they take a value, figures with the levels that stand, and which is worse. */
export type Allowed = {
	readonly options: Readonly<Record<string, 'value' | 'switch'>>;
	readonly thresholds: Readonly<
		Record<string, {readonly warning: number | null; readonly critical: number | null; readonly below?: true}>
	>;
};

/** The configuration of somebody who has none. */
export const noConfig: Config = {options: {}, thresholds: {}};

type Checked = {readonly config: Config; readonly problems: readonly string[]};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const named = (name: string): string => clean(JSON.stringify(name));

/** The known name that begins like a mistaken one, as a question behind a sentence. */
const meant = (name: string, known: readonly string[]): string => {
	const near = known.find(each => each.startsWith(name.slice(0, 3)));
	return near === undefined ? ` Known are: ${known.join(', ')}.` : ` Did you mean ${near}?`;
};

/**
 * Checks what stands in a configuration file, already read as JSON. Every problem is a sentence that says where it is; the
 * configuration is that of the parts without one.
 */
export const checkConfig = (given: unknown, allowed: Allowed): Checked => {
	if (!isObject(given)) return {config: noConfig, problems: ['The configuration is no JSON object: it begins with {.']};
	const problems = Object.keys(given)
		.filter(key => key !== 'options' && key !== 'thresholds')
		.map(key => `${named(key)} is not known.${meant(key, ['options', 'thresholds'])}`);
	const options = optionsIn(given.options, allowed);
	const thresholds = thresholdsIn(given.thresholds, allowed);
	return {
		config: {options: options.found, thresholds: thresholds.found},
		problems: [...problems, ...options.problems, ...thresholds.problems],
	};
};

type Found<T> = {readonly found: Readonly<Record<string, T>>; readonly problems: readonly string[]};

const optionsIn = (given: unknown, {options}: Allowed): Found<string | boolean> => {
	if (given === undefined) return {found: {}, problems: []};
	if (!isObject(given)) return {found: {}, problems: ['options is no object of options by name.']};
	const found: Record<string, string | boolean> = {};
	const problems: string[] = [];
	for (const [name, value] of Object.entries(given)) {
		const kind = Object.hasOwn(options, name) ? options[name] : undefined;
		if (kind === undefined) problems.push(`options.${named(name)} is no option.${meant(name, Object.keys(options))}`);
		else if (kind === 'switch' && typeof value !== 'boolean') problems.push(`options.${name} is true or false.`);
		else if (kind === 'value' && typeof value !== 'string') problems.push(`options.${name} is a text, as behind --${name}.`);
		else found[name] = value as string | boolean;
	}
	return {found, problems};
};

const thresholdsIn = (given: unknown, {thresholds}: Allowed): Found<Levels> => {
	if (given === undefined) return {found: {}, problems: []};
	if (!isObject(given)) return {found: {}, problems: ['thresholds is no object of figures by name.']};
	const found: Record<string, Levels> = {};
	const problems: string[] = [];
	for (const [name, levels] of Object.entries(given)) {
		const standing = Object.hasOwn(thresholds, name) ? thresholds[name] : undefined;
		const wrong = standing
			? problemOf(name, levels, standing)
			: `thresholds.${named(name)} is no figure.${meant(name, Object.keys(thresholds))}`;
		if (wrong === undefined) found[name] = levels as Levels;
		else problems.push(wrong);
	}
	return {found, problems};
};

const problemOf = (name: string, given: unknown, standing: Allowed['thresholds'][string]): string | undefined => {
	const where = `thresholds.${name}`;
	if (!isObject(given)) return `${where} is an object with "warning" and "critical".`;
	const unknown = Object.keys(given).find(key => key !== 'warning' && key !== 'critical');
	if (unknown !== undefined) return `${where}.${named(unknown)} is no level: there are "warning" and "critical".`;
	for (const [level, value] of Object.entries(given))
		if (value !== null && (typeof value !== 'number' || !Number.isFinite(value) || value < 0))
			return `${where}.${level} is a number from 0 on, or null for never.`;
	const {warning, critical} = {...standing, ...(given as Levels)};
	if (warning == null || critical == null) return undefined;
	const isOrdered = standing.below ? warning >= critical : warning <= critical;
	return isOrdered ? undefined : `${where}: it is critical (${critical}) before it warns (${warning}).`;
};
