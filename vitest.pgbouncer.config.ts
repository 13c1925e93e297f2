import {defineConfig} from 'vitest/config';
import base from './vitest.config.ts';

/** What needs a PgBouncer, which npm does not bring: it is no part of `npm test`. */
export default defineConfig({...base, test: {...base.test, include: ['test/pgbouncer/*.check.ts']}});
