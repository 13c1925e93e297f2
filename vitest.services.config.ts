import {defineConfig} from 'vitest/config';
import base from './vitest.config.ts';

/** Tests against programs that npm does not bring, such as PgBouncer: they are no part of `npm test`. */
export default defineConfig({...base, test: {...base.test, include: ['test/services/**/*.test.ts'], exclude: []}});
