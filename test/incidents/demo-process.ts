import {startDemo} from '../../source/demo/demo.ts';

const demo = await startDemo({scenario: process.argv[2]});
process.stdout.write(`${JSON.stringify(demo.connection)}\n`);
setInterval(() => {}, 1000);
