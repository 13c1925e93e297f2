const memberTypes: ReadonlySet<string | null> = new Set(['parallel worker', 'REPACK decoding worker']);

/**
 * True for a process in the lock group of its leader, whose statement it helps to execute: both hold and await locks as one, and a
 * signal has to go to the leader. A parallel apply worker also has a leader, but locks on its own.
 */
export const isGroupMember = ({backend_type}: {readonly backend_type: string | null}): boolean => memberTypes.has(backend_type);
