import type {Belonging} from '../../core/memberships.ts';
import type {Source} from '../../core/state/source.ts';
import {type Right, rights} from '../../queries/server/roles.ts';

/** A source, and how our role belonged to a predefined role in its last sample; undefined before that is known. */
export type RightsSeen = {readonly source: Source; readonly belongingTo: (role: string) => Belonging | undefined};

/** Wraps a source so that a refused action can name the grant that lacks without asking the server again. */
export const withRightsSeen = (source: Source): RightsSeen => {
	let rows: readonly Right[] = [];
	return {
		source: dispatch =>
			source(message => {
				const answer = message.type === 'sample' ? message.sample.results[rights.name] : undefined;
				if (answer?.ok) rows = answer.rows as readonly Right[];
				dispatch(message);
			}),
		belongingTo: role => rows.find(({rolname}) => rolname === role),
	};
};
