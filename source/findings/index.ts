import {rootBlocker} from './root-blocker.ts';
import type {Rule} from './rule.ts';

/** The rules of triage; among findings that are equally bad the earlier rule's come first. */
export const rules: readonly Rule[] = [rootBlocker];
