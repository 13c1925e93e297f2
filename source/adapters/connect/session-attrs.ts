import type {Failure} from '../../core/sample/sample.ts';

/** What target_session_attrs may ask of a server. */
export const sessionAttrs = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;

/** libpq's target_session_attrs. */
export type SessionAttrs = (typeof sessionAttrs)[number];

/** What a server is to a session that nothing was set in yet. */
export type Nature = {readonly inRecovery: boolean; readonly readOnly: boolean};

const meets: Readonly<Record<SessionAttrs, (nature: Nature) => boolean>> = {
	any: () => true,
	'read-write': ({inRecovery, readOnly}) => !inRecovery && !readOnly,
	'read-only': ({inRecovery, readOnly}) => inRecovery || readOnly,
	primary: ({inRecovery}) => !inRecovery,
	standby: ({inRecovery}) => inRecovery,
	'prefer-standby': ({inRecovery}) => inRecovery,
};

/** The code of the failure that a server is not what was asked for. */
export const notAsAsked = 'session_attrs';

/** Why a server is not what is looked for; undefined where it is. */
export const mismatch = (wanted: SessionAttrs, nature: Nature, address: string): Failure | undefined => {
	if (meets[wanted](nature)) return undefined;
	const what = nature.inRecovery ? 'a standby' : nature.readOnly ? 'a primary whose sessions only read' : 'a primary';
	return {
		code: notAsAsked,
		message: `${address} is ${what}, and target_session_attrs=${wanted} wants another.`,
		hint: 'Name the other servers too, separated by commas, or leave target_session_attrs out.',
	};
};
