import type {Timeline} from '../../history/timeline.ts';
import type {Sample} from '../../sample/sample.ts';
import type {Registry} from '../../state/registry.ts';
import type {ServerRole, Toast} from '../../state/state.ts';

/** The role that a server has with this sample, where it had another one when that was last known; else undefined. */
export const newRoleOf = ({role: roleOf}: Registry, {samples}: Timeline, sample: Sample): ServerRole | undefined => {
	const role = roleOf(sample);
	if (role === undefined) return undefined;
	for (let index = samples.length - 1; index >= 0; index--) {
		const before = samples.at(index);
		const last = before && roleOf(before);
		if (last !== undefined) return last === role ? undefined : role;
	}
	return undefined;
};

/** What is said of it until a key is pressed. */
export const roleToast = (role: ServerRole, seq: number): Toast => ({
	text: `This server is a ${role} now${role === 'primary' ? ': it was promoted' : ''}. Actions take a typed word from here on.`,
	tone: 'warn',
	seq,
	stays: true,
});
