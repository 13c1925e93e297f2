import type {Sample} from '../../core/sample/sample.ts';
import type {ServerIdentity} from '../../core/sample/server-identity.ts';
import {factsOf} from './answers.ts';

/** Identity of the server in a sample; undefined before it is read, and null for a recording that lacks a part of it. */
export const serverOf = (sample: Sample): ServerIdentity | undefined => {
	const facts = factsOf(sample);
	if (!facts) return undefined;
	const {system_identifier, version, server_address, timeline, started} = facts;
	return {system_identifier, major: Math.floor(version / 10_000), address: server_address, timeline, started, seen: sample.at};
};
