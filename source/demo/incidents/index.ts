import {ddlQueue} from './ddl-queue.ts';
import type {Incident} from './incident.ts';
import {lockChain} from './lock-chain.ts';
import {runawayQuery} from './runaway-query.ts';
import {xminPrepared} from './xmin-prepared.ts';

/** Every incident the demo can show and the tests rely on; the names are what `--scenario` takes. */
export const incidents: readonly Incident[] = [lockChain, ddlQueue, runawayQuery, xminPrepared];
