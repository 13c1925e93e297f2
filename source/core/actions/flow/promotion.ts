import type {Timeline} from '../../history/timeline.ts';
import type {Sample} from '../../sample/sample.ts';
import type {Registry} from '../../state/registry.ts';
import type {ServerRole, Toast} from '../../state/state.ts';

/** The server's role in a sample if it differs from the last known one; else undefined. */
export const newRoleOf = ({role: roleOf}: Registry, {samples}: Timeline, sample: Sample): ServerRole | undefined => {
	const role = roleOf(sample);
	if (role === undefined) return undefined;
	for (let index = samples.length - 1; index >= 0; index--) {
		const previous = samples.at(index);
		const last = previous && roleOf(previous);
		if (last !== undefined) return last === role ? undefined : role;
	}
	return undefined;
};

/** The toast about a changed role; it stays until a key is pressed. */
export const roleToast = (role: ServerRole, seq: number): Toast => ({
	text: `This server ${role === 'primary' ? 'was promoted to primary' : 'is now a standby'}. Actions now need a typed word.`,
	tone: 'warn',
	seq,
	stays: true,
});

/** The toast about another server at the same address, by the sign that tells it; it stays until a key is pressed. */
export const otherServerToast = (place: string, sign: string, seq: number): Toast => ({
	text: `Another server answers at ${place}: ${sign}. Actions now need a typed word.`,
	tone: 'warn',
	seq,
	stays: true,
});
