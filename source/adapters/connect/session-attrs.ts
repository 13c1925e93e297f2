import type {Failure} from '../../core/sample/sample.ts';

/** Values of target_session_attrs. */
export const sessionAttrs = ['any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'] as const;

/** libpq's target_session_attrs. */
export type SessionAttrs = (typeof sessionAttrs)[number];

/** Kind of server, as a new session sees it. */
export type Nature = {readonly inRecovery: boolean; readonly readOnly: boolean};

const meets: Readonly<Record<SessionAttrs, (nature: Nature) => boolean>> = {
	any: () => true,
	'read-write': ({inRecovery, readOnly}) => !inRecovery && !readOnly,
	'read-only': ({inRecovery, readOnly}) => inRecovery || readOnly,
	primary: ({inRecovery}) => !inRecovery,
	standby: ({inRecovery}) => inRecovery,
	'prefer-standby': ({inRecovery}) => inRecovery,
};

/** Failure code for a server of the wrong kind. */
export const notAsAsked = 'session_attrs';

/** Failure if a server is not of the wanted kind; undefined if it is. */
export const mismatch = (wanted: SessionAttrs, nature: Nature, address: string): Failure | undefined => {
	if (meets[wanted](nature)) return undefined;
	const what = nature.inRecovery ? 'a standby' : nature.readOnly ? 'a primary with read-only sessions' : 'a primary';
	return {
		code: notAsAsked,
		message: `${address} is ${what}, but target_session_attrs=${wanted} asks for another kind.`,
		hint: 'List the other servers too, separated by commas, or omit target_session_attrs.',
	};
};
