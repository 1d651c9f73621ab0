import { parseArgs } from 'node:util';
import { Chaos } from './chaos.ts';

/*
 * `npm run chaos -- --rounds 250 [--seed 7] [--aof]`: until a round goes wrong, whose seed is printed. `--seed N --rounds 1`
 * plans that round again. Ends with 1 if something was wrong.
 */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    aof: { type: 'boolean', default: false },
  },
});
const chaos = await Chaos.start(values.aof);
try {
  for (let at = 0; at < Number(values.rounds); at += 1) {
    const { seed, happened, settledMs } = await chaos.round(Number(values.seed) + at);
    process.stdout.write(`seed ${seed}: right after ${settledMs} ms: ${happened.join('; ')}\n`);
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await chaos.stop();
}
