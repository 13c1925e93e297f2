/** Actual figures of an executed node; times in milliseconds, per loop. */
export type Actual = {readonly rows: number; readonly loops: number; readonly startMs: number; readonly ms: number};

/** One step of a plan; null if EXPLAIN does not report a value. */
export type PlanNode = {
	/** Title as in psql: `Index Scan using t_pkey on t`. */
	readonly title: string;
	/** Relation to the step above if it is not a plain input: `InitPlan 1`, `CTE x`. */
	readonly role: string;
	readonly startupCost: number | null;
	readonly totalCost: number | null;
	readonly rows: number | null;
	readonly width: number | null;
	readonly actual: Actual | null;
	/** True if the plan was executed without this step. */
	readonly never: boolean;
	/** Its own share of the whole, without its inputs, from 0 to 1: of the time if executed, else of the cost. */
	readonly share: number | null;
	/** Actual rows divided by planned rows. */
	readonly misestimate: number | null;
	/** Conditions, keys, buffers and everything else that EXPLAIN reports of it. */
	readonly details: readonly (readonly [label: string, text: string])[];
	readonly children: readonly PlanNode[];
};

/** Result of EXPLAIN: one tree for each statement that rewrite rules produced, and totals. */
export type Plan = {
	readonly roots: readonly PlanNode[];
	readonly analyzed: boolean;
	readonly notes: readonly (readonly [label: string, text: string])[];
};

type Json = Readonly<Record<string, unknown>>;

// Far more than any plan that a person reads; deeper or longer ones are cut.
const deepest = 100;
const mostNodes = 5000;

const objectOf = (value: unknown): Json | undefined =>
	typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const objectsOf = (values: readonly unknown[]): readonly Json[] => values.map(objectOf).filter(value => value !== undefined);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

const joinWords = (parts: readonly string[]): string => parts.filter(part => part !== '').join(' ');

const aggregates: Readonly<Record<string, string>> = {
	Plain: 'Aggregate',
	Sorted: 'GroupAggregate',
	Hashed: 'HashAggregate',
	Mixed: 'MixedAggregate',
};

const kindOf = (node: Json): string => {
	const type = textOf(node['Node Type']) || 'Unknown step';
	const strategy = textOf(node.Strategy);
	const join = textOf(node['Join Type']);
	if (type === 'Aggregate') {
		const partial = textOf(node['Partial Mode']);
		return joinWords([partial === 'Simple' ? '' : partial, aggregates[strategy] ?? type]);
	}
	if (type === 'SetOp') return joinWords([strategy === 'Hashed' ? 'HashSetOp' : type, textOf(node.Command)]);
	if (type === 'ModifyTable') return textOf(node.Operation) || type;
	if (join === '' || join === 'Inner') return type;
	return type === 'Nested Loop' ? `${type} ${join} Join` : type.replace(/ Join$/, ` ${join} Join`);
};

const titleOf = (node: Json): string => {
	const alias = textOf(node.Alias);
	const schema = textOf(node.Schema);
	const named =
		textOf(node['Relation Name']) ||
		textOf(node['Function Name']) ||
		textOf(node['Table Function Name']) ||
		textOf(node['CTE Name']) ||
		textOf(node['Tuplestore Name']);
	const object = named === '' ? alias : joinWords([schema === '' ? named : `${schema}.${named}`, alias === named ? '' : alias]);
	const index = textOf(node['Index Name']);
	const on = node['Node Type'] === 'Bitmap Index Scan';
	return joinWords([
		node['Parallel Aware'] === true ? 'Parallel' : '',
		node['Async Capable'] === true ? 'Async' : '',
		kindOf(node),
		node['Scan Direction'] === 'Backward' ? 'Backward' : '',
		index === '' ? '' : `${on ? 'on' : 'using'} ${index}`,
		object === '' ? '' : `on ${object}`,
	]);
};

const relationship = (node: Json): string => textOf(node['Parent Relationship']);

const roleOf = (node: Json): string => {
	const name = textOf(node['Subplan Name']);
	const parent = relationship(node);
	return name || (parent === 'InitPlan' || parent === 'SubPlan' ? parent : '');
};

const blocks = (node: Json, where: string): string => {
	const parts = (['Hit', 'Read', 'Dirtied', 'Written'] as const).flatMap(kind => {
		const count = numberOf(node[`${where} ${kind} Blocks`]);
		return count ? [`${kind.toLowerCase()}=${count}`] : [];
	});
	return parts.length === 0 ? '' : `${where.toLowerCase()} ${parts.join(' ')}`;
};

/** Buffers of a step and its inputs, in psql's format. */
const buffersOf = (node: Json): string =>
	['Shared', 'Local', 'Temp']
		.map(where => blocks(node, where))
		.filter(text => text !== '')
		.join(', ');

const structural =
	/^(Node Type|Strategy|Partial Mode|Operation|Join Type|Command|Parallel Aware|Async Capable|Scan Direction|Index Name|Relation Name|Schema|Alias|Function Name|Table Function Name|CTE Name|Tuplestore Name|Parent Relationship|Subplan Name|Startup Cost|Total Cost|Plan Rows|Plan Width|Actual .*|Plans|Workers|Single Copy|Inner Unique|(Shared|Local|Temp) (Hit|Read|Dirtied|Written) Blocks)$/;

// EXPLAIN's JSON has these as numbers; only its text form gives the unit.
const kilobytes = /Memory Usage$|^Sort Space Used$|^Disk Usage$|^Storage$|Memory$|^Maximum Storage$/;

const textOfValue = (value: unknown): string => {
	if (typeof value === 'string') return value;
	if (typeof value === 'number') return value === 0 ? '' : String(value);
	if (typeof value === 'boolean') return value ? 'true' : '';
	if (Array.isArray(value)) return value.every(part => typeof part === 'string') ? value.join(', ') : JSON.stringify(value);
	return value === null ? '' : JSON.stringify(value);
};

const workersOf = (node: Json): readonly (readonly [string, string])[] =>
	objectsOf(listOf(node.Workers)).flatMap((worker): readonly (readonly [string, string])[] => {
		const rows = numberOf(worker['Actual Rows']);
		const ms = numberOf(worker['Actual Total Time']);
		if (rows === null) return [];
		return [[`Worker ${numberOf(worker['Worker Number']) ?? '?'}`, `${rows} rows${ms === null ? '' : ` in ${ms} ms`}`]];
	});

const detailsOf = (node: Json): PlanNode['details'] => {
	const details = Object.entries(node).flatMap(([label, value]): readonly (readonly [string, string])[] => {
		const isTold = structural.test(label) || (label.startsWith('Original ') && value === node[label.slice('Original '.length)]);
		const plain = isTold ? '' : textOfValue(value);
		const text = plain !== '' && kilobytes.test(label) ? `${plain}kB` : plain;
		return text === '' ? [] : [[label, text]];
	});
	const buffers = buffersOf(node);
	return [...details, ...(buffers === '' ? [] : [['Buffers', buffers] as const]), ...workersOf(node)];
};

const actualOf = (node: Json): Actual | null => {
	const rows = numberOf(node['Actual Rows']);
	const loops = numberOf(node['Actual Loops']);
	return rows === null || loops === null
		? null
		: {rows, loops, startMs: numberOf(node['Actual Startup Time']) ?? 0, ms: numberOf(node['Actual Total Time']) ?? 0};
};

const misestimateOf = (planned: number | null, actual: Actual | null): number | null =>
	planned === null || actual === null || actual.loops === 0 ? null : Math.max(actual.rows, 1) / Math.max(planned, 1);

/** Weight of a step with its inputs: time if executed, else cost. */
const weightOf = (node: Json, analyzed: boolean, side: number): number | null => {
	if (!analyzed) return numberOf(node['Total Cost']);
	const actual = actualOf(node);
	return actual ? (actual.ms * actual.loops) / Math.min(side, Math.max(1, actual.loops)) : null;
};

/** Properties of a whole tree. */
type Tree = {readonly whole: number; readonly analyzed: boolean; readonly budget: {left: number}};

/**
 * Position of a step in its tree. `side` is the number of processes that share the loops: below a Gather they run in parallel, and
 * their times do not add up. `part` is the fraction of its cost that counts.
 */
type Stand = {readonly depth: number; readonly side: number; readonly part: number};

/**
 * Fraction of each input's cost that is part of the cost of a step. A Limit stops its input early. A SubPlan is called for each
 * row, as often as the cost of the step has room for; its own cost is that of one call.
 */
const partsOf = (node: Json, inputs: readonly Json[], weight: number, {side, part}: Stand, tree: Tree): readonly number[] => {
	if (tree.analyzed) return inputs.map(() => 1);
	const costOf = (input: Json): number => weightOf(input, false, side) ?? 0;
	const sum = (costs: readonly number[]): number => costs.reduce((total, cost) => total + cost, 0);
	const once = sum(inputs.filter(input => relationship(input) === 'InitPlan').map(costOf));
	const plain = sum(inputs.filter(input => !/^(InitPlan|SubPlan)$/.test(relationship(input))).map(costOf));
	const taken = node['Node Type'] === 'Limit' && plain > 0 ? Math.max(0, Math.min(1, (weight - once) / plain)) : 1;
	let room = Math.max(0, weight - once - plain * taken);
	return inputs.map(input => {
		if (relationship(input) === 'InitPlan') return part;
		if (relationship(input) !== 'SubPlan') return part * taken;
		const cost = costOf(input);
		const charged = Math.min(room, cost * Math.max(1, numberOf(node['Plan Rows']) ?? 1));
		room -= charged;
		return cost > 0 ? (part * charged) / cost : 0;
	});
};

/** Reads a step and everything below it. */
const read = (node: Json, at: Stand, tree: Tree): PlanNode => {
	const {whole, analyzed, budget} = tree;
	const actual = actualOf(node);
	const weight = weightOf(node, analyzed, at.side);
	const launched = /^Gather/.test(textOf(node['Node Type'])) ? (numberOf(node['Workers Launched']) ?? 0) : 0;
	const side = launched > 0 ? launched + 1 : at.side;
	const inputs = at.depth >= deepest ? [] : objectsOf(listOf(node.Plans)).slice(0, Math.max(0, budget.left));
	budget.left -= inputs.length;
	const parts = partsOf(node, inputs, weight ?? 0, at, tree);
	const taken = inputs.reduce((sum, input, index) => sum + (weightOf(input, analyzed, side) ?? 0) * (parts[index] ?? 0), 0);
	const rows = numberOf(node['Plan Rows']);
	return {
		title: titleOf(node),
		role: roleOf(node),
		startupCost: numberOf(node['Startup Cost']),
		totalCost: numberOf(node['Total Cost']),
		rows,
		width: numberOf(node['Plan Width']),
		actual,
		never: actual?.loops === 0,
		share: weight === null || whole <= 0 ? null : Math.max(0, Math.min(1, (weight * at.part - taken) / whole)),
		misestimate: misestimateOf(rows, actual),
		details: detailsOf(node),
		children: inputs.map((input, index) => read(input, {depth: at.depth + 1, side, part: parts[index] ?? 0}, tree)),
	};
};

const ms = (value: unknown): string => {
	const time = numberOf(value);
	return time === null ? '' : `${time} ms`;
};

const settingsOf = (value: unknown): string =>
	Object.entries(objectOf(value) ?? {})
		.filter(([name]) => name !== 'plan_cache_mode' && name !== 'search_path')
		.map(([name, setting]) => `${name} = ${textOfValue(setting)}`)
		.join(', ');

const jitOf = (value: unknown): string => {
	const jit = objectOf(value);
	if (!jit) return '';
	return joinWords([`${numberOf(jit.Functions) ?? '?'} functions`, ms(objectOf(jit.Timing)?.Total)]);
};

/** Memory of the planner, reported from 17 on. */
const memoryOf = (planning: Json | undefined): string => {
	const used = numberOf(planning?.['Memory Used']);
	const allocated = numberOf(planning?.['Memory Allocated']);
	return used === null ? '' : joinWords([`used=${used}kB`, allocated === null ? '' : `allocated=${allocated}kB`]);
};

/** Time and volume of the rows as text, reported from 17 on. */
const serializationOf = (value: unknown): string => {
	const written = objectOf(value);
	const volume = numberOf(written?.['Output Volume']);
	return written ? joinWords([ms(written.Time), volume === null ? '' : `output=${volume}kB`]) : '';
};

const notesOf = (part: Json): Plan['notes'] => {
	const planning = objectOf(part.Planning);
	const triggers = objectsOf(listOf(part.Triggers)).map((trigger): readonly [string, string] => {
		const name = textOf(trigger['Trigger Name']) || textOf(trigger['Constraint Name']);
		return [`Trigger ${name}`, joinWords([ms(trigger.Time), `in ${numberOf(trigger.Calls) ?? '?'} calls`])];
	});
	const all: readonly (readonly [string, string])[] = [
		['Settings', settingsOf(part.Settings)],
		['Planning buffers', planning ? buffersOf(planning) : ''],
		['Planning memory', memoryOf(planning)],
		['Planning time', ms(part['Planning Time'])],
		...triggers,
		['JIT', jitOf(part.JIT)],
		['Serialization', serializationOf(part.Serialization)],
		['Execution time', ms(part['Execution Time'])],
	];
	return all.filter(([, text]) => text !== '');
};

/** Parses EXPLAIN's JSON; undefined if it is not a plan. Missing or unknown fields do no harm. */
export const planOf = (json: string): Plan | undefined => {
	let parsed: unknown;
	try {
		parsed = JSON.parse(json);
	} catch {
		return undefined;
	}
	const parts = objectsOf(listOf(parsed));
	const plans = objectsOf(parts.map(part => part.Plan));
	if (plans.length === 0) return undefined;
	const budget = {left: mostNodes};
	const analyzed = plans.some(plan => plan['Actual Loops'] !== undefined);
	const roots = plans.map(plan =>
		read(plan, {depth: 0, side: 1, part: 1}, {whole: weightOf(plan, analyzed, 1) ?? 0, analyzed, budget}),
	);
	return {roots, analyzed, notes: parts.flatMap(notesOf)};
};
