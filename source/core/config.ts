import {clean} from './text/clean.ts';

/** Levels of one threshold as a configuration file gives them; a level that is absent keeps its default. */
export type Levels = {readonly warning?: number | null; readonly critical?: number | null};

/** A valid configuration: defaults of options, which the command line overrides, and levels of thresholds. */
export type Config = {
	readonly options: Readonly<Record<string, string | boolean>>;
	readonly thresholds: Readonly<Record<string, Levels>>;
};

/**
 * Names that a configuration file may use: options, by whether they take a value, and thresholds with their default levels; `below`
 * if lower is worse.
 */
export type Allowed = {
	readonly options: Readonly<Record<string, 'value' | 'switch'>>;
	readonly thresholds: Readonly<
		Record<string, {readonly warning: number | null; readonly critical: number | null; readonly below?: true}>
	>;
};

/** The empty configuration. */
export const noConfig: Config = {options: {}, thresholds: {}};

type Checked = {readonly config: Config; readonly problems: readonly string[]};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const named = (name: string): string => clean(JSON.stringify(name));

/** Names the option or threshold that a mistyped name begins like, or lists all. */
const meant = (name: string, known: readonly string[]): string => {
	const near = known.find(each => each.startsWith(name.slice(0, 3)));
	return near === undefined ? ` Known names: ${known.join(', ')}.` : ` Did you mean ${near}?`;
};

/**
 * Checks a configuration file, already parsed as JSON. Each problem is a sentence that names its place; the configuration has the
 * parts without problems.
 */
export const checkConfig = (given: unknown, allowed: Allowed): Checked => {
	if (!isObject(given)) return {config: noConfig, problems: ['The configuration must be a JSON object: it begins with {.']};
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
	if (!isObject(given)) return {found: {}, problems: ['options must be an object of options by name.']};
	const found: Record<string, string | boolean> = {};
	const problems: string[] = [];
	for (const [name, value] of Object.entries(given)) {
		const kind = Object.hasOwn(options, name) ? options[name] : undefined;
		if (kind === undefined) problems.push(`options.${named(name)} is not an option.${meant(name, Object.keys(options))}`);
		else if (kind === 'switch' && typeof value !== 'boolean') problems.push(`options.${name} must be true or false.`);
		else if (kind === 'value' && typeof value !== 'string')
			problems.push(`options.${name} must be a string, like the value of --${name}.`);
		else found[name] = value as string | boolean;
	}
	return {found, problems};
};

const thresholdsIn = (given: unknown, {thresholds}: Allowed): Found<Levels> => {
	if (given === undefined) return {found: {}, problems: []};
	if (!isObject(given)) return {found: {}, problems: ['thresholds must be an object of thresholds by name.']};
	const found: Record<string, Levels> = {};
	const problems: string[] = [];
	for (const [name, levels] of Object.entries(given)) {
		const standing = Object.hasOwn(thresholds, name) ? thresholds[name] : undefined;
		const wrong = standing
			? problemOf(name, levels, standing)
			: `thresholds.${named(name)} is not a threshold.${meant(name, Object.keys(thresholds))}`;
		if (wrong === undefined) found[name] = levels as Levels;
		else problems.push(wrong);
	}
	return {found, problems};
};

const problemOf = (name: string, given: unknown, standing: Allowed['thresholds'][string]): string | undefined => {
	const where = `thresholds.${name}`;
	if (!isObject(given)) return `${where} must be an object with "warning" and "critical".`;
	const unknown = Object.keys(given).find(key => key !== 'warning' && key !== 'critical');
	if (unknown !== undefined) return `${where}.${named(unknown)} is not a level: use "warning" and "critical".`;
	for (const [level, value] of Object.entries(given))
		if (value !== null && (typeof value !== 'number' || !Number.isFinite(value) || value < 0))
			return `${where}.${level} must be a number of at least 0, or null for never.`;
	const {warning, critical} = {...standing, ...(given as Levels)};
	if (warning == null || critical == null) return undefined;
	const isOrdered = standing.below ? warning >= critical : warning <= critical;
	return isOrdered ? undefined : `${where}: "critical" (${critical}) comes before "warning" (${warning}).`;
};
