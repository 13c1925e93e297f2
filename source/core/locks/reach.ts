/** Strongly connected components: the component of each vertex, numbered so that every edge leads to an equal or lower number. */
export type Components = {readonly of: Int32Array; readonly count: number};

/** Tarjan's algorithm without recursion, because a queue of waiters can be thousands deep. `edges[v]` are v's successors. */
export const componentsOf = (edges: readonly (readonly number[])[]): Components => {
	const size = edges.length;
	const of = new Int32Array(size).fill(-1);
	const index = new Int32Array(size).fill(-1);
	const low = new Int32Array(size);
	const next = new Int32Array(size);
	const open: number[] = [];
	const path: number[] = [];
	let clock = 0;
	let count = 0;
	for (let start = 0; start < size; start++) {
		if (index[start] !== -1) continue;
		path.push(start);
		while (path.length > 0) {
			const vertex = path[path.length - 1] as number;
			if (index[vertex] === -1) {
				index[vertex] = low[vertex] = clock++;
				open.push(vertex);
			}
			const successors = edges[vertex] as readonly number[];
			let deeper = false;
			while ((next[vertex] as number) < successors.length) {
				const successor = successors[next[vertex] as number] as number;
				if (index[successor] === -1) {
					path.push(successor);
					deeper = true;
					break;
				}
				if (of[successor] === -1) low[vertex] = Math.min(low[vertex] as number, low[successor] as number);
				next[vertex] = (next[vertex] as number) + 1;
			}
			if (deeper) continue;
			path.pop();
			if (low[vertex] !== index[vertex]) continue;
			for (let member = open.pop() as number; ; member = open.pop() as number) {
				of[member] = count;
				if (member === vertex) break;
			}
			count++;
		}
	}
	return {of, count};
};

/**
 * The vertices from which each vertex can be reached, computed when asked for; the vertex itself is not among them. Takes time in
 * the number of edges, however many waiters block each other.
 */
export const sourcesOf = (edges: readonly (readonly number[])[]): ((vertex: number) => ReadonlySet<number>) => {
	let backward: readonly number[][] | undefined;
	const turned = (): readonly number[][] => {
		const sources: number[][] = edges.map(() => []);
		for (const [vertex, successors] of edges.entries()) for (const successor of successors) sources[successor]?.push(vertex);
		return sources;
	};
	return vertex => {
		backward ??= turned();
		const found = new Set([vertex]);
		for (const next of found) for (const source of backward[next] ?? []) found.add(source);
		found.delete(vertex);
		return found;
	};
};

/** Waiters behind one vertex: their number, the number with a known weight, and the sum of those weights. */
export type Behind = {readonly count: number; readonly known: number; readonly sum: number};

/**
 * For each of the first `counted` vertices, the distinct other counted vertices from which it can be reached. Only vertices with a
 * successor are behind anything. `weights` are per counted vertex, NaN if unknown. One bit per waiter and component, so that shared
 * sets of holders cost their number and not their product.
 */
export const behindOf = (
	edges: readonly (readonly number[])[],
	components: Components,
	counted: number,
	weights: Float64Array,
): readonly Behind[] => {
	// In the order of the weights, the waiters behind one of a queue are neighbors, and whole words of bits are summed at once.
	const slots = Array.from({length: counted}, (_, vertex) => vertex)
		.filter(vertex => (edges[vertex]?.length ?? 0) > 0)
		.sort((a, b) => orderOf(weights[a] as number) - orderOf(weights[b] as number));
	const slot = new Int32Array(counted).fill(-1);
	for (const [at, vertex] of slots.entries()) slot[vertex] = at;
	const words = (slots.length + 31) >>> 5;
	const whole = Array.from({length: words}, (_, word) => sumOfWeights(slots.slice(word * 32, word * 32 + 32), weights));
	const bits = new Uint32Array(components.count * words);
	const members: number[][] = Array.from({length: components.count}, () => []);
	for (const [vertex, component] of components.of.entries()) members[component]?.push(vertex);

	const sumOf = (component: number): Behind => {
		let count = 0;
		let known = 0;
		let sum = 0;
		for (let word = 0; word < words; word++) {
			const all = bits[component * words + word] as number;
			if (all === 0xffffffff) {
				const behind = whole[word] as Behind;
				count += behind.count;
				known += behind.known;
				sum += behind.sum;
				continue;
			}
			for (let rest = all; rest !== 0; rest &= rest - 1) {
				const weight = weights[slots[word * 32 + 31 - Math.clz32(rest & -rest)] as number] as number;
				count++;
				if (Number.isNaN(weight)) continue;
				known++;
				sum += weight;
			}
		}
		return {count, known, sum};
	};

	const behind: Behind[] = Array.from({length: counted}, () => nothing);
	for (let component = components.count - 1; component >= 0; component--) {
		const own = members[component] as number[];
		const knot = own.length > 1;
		const alone = own[0] as number;
		if (!knot && alone < counted) behind[alone] = sumOf(component);
		for (const vertex of own) {
			const at = vertex < counted ? (slot[vertex] as number) : -1;
			if (at !== -1) bits[component * words + (at >>> 5)] = (bits[component * words + (at >>> 5)] as number) | (1 << (at & 31));
		}
		if (knot) {
			const all = sumOf(component);
			for (const vertex of own) if (vertex < counted) behind[vertex] = without(all, weights[vertex] as number);
		}
		for (const vertex of own) {
			for (const successor of edges[vertex] as readonly number[]) {
				const target = components.of[successor] as number;
				if (target === component) continue;
				for (let word = 0; word < words; word++) {
					bits[target * words + word] = (bits[target * words + word] as number) | (bits[component * words + word] as number);
				}
			}
		}
	}
	return behind;
};

// Unknown weights last.
const orderOf = (weight: number): number => (Number.isNaN(weight) ? Number.MAX_VALUE : weight);

const sumOfWeights = (vertices: readonly number[], weights: Float64Array): Behind => {
	const known = vertices.map(vertex => weights[vertex] as number).filter(weight => !Number.isNaN(weight));
	return {count: vertices.length, known: known.length, sum: known.reduce((sum, weight) => sum + weight, 0)};
};

const nothing: Behind = {count: 0, known: 0, sum: 0};

const without = (all: Behind, weight: number): Behind =>
	Number.isNaN(weight) ? {...all, count: all.count - 1} : {count: all.count - 1, known: all.known - 1, sum: all.sum - weight};
