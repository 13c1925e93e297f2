import type {Tone} from '../../core/text/line.ts';

/** Part of a session in blocking: whether it waits, and how many wait for it; null if that is unknown. */
export type Part = {readonly waits: boolean; readonly blocks: number | null};

/** True for a culprit: it blocks others and waits for none. */
export const isCulprit = ({waits, blocks}: Part): boolean => !waits && (blocks ?? 0) > 0;

/** Tone of what names a session: the culprit is the loudest of all, in every pane. */
export const nameTone = (part: Part): Tone => (isCulprit(part) ? 'danger' : 'calm');

/** Tone of what shows a wait: those who wait are victims, and quieter than the culprit. */
export const waitTone = ({waits}: Part): Tone => (waits ? 'warn' : 'calm');

/** Tone of the number of sessions that one blocks: between culprit and victims there are those who are both. */
export const blocksTone = (part: Part): Tone => (isCulprit(part) ? 'danger' : (part.blocks ?? 0) > 0 ? 'warn' : 'dim');
