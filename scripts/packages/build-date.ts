import {spawnSync} from 'node:child_process';
import {join} from 'node:path';

/**
 * The time that a package bears, in seconds since 1970, so that the same source makes the same package: $SOURCE_DATE_EPOCH, or the time
 * of the last commit, or now outside of a checkout.
 */
export const buildSeconds = (): number => {
	const named = Number(process.env.SOURCE_DATE_EPOCH);
	if (named > 0) return named;
	const root = join(import.meta.dirname, '..', '..');
	const {stdout} = spawnSync('git', ['log', '-1', '--format=%ct'], {cwd: root, encoding: 'utf8'});
	return Number(stdout) || Math.floor(Date.now() / 1000);
};
