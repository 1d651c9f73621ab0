import { parseArgs } from 'node:util';
import { Chaos } from './chaos.ts';

const usage = `npm run chaos -- [--rounds N] [--seed N] [--aof]

Disturbs an installation of Postern round by round until a round goes wrong, and prints the seed of each. Exit code 1: one went wrong.

  --rounds N  how many rounds at most (50)
  --seed N    of the first round; the next ones have N+1, N+2, ... --seed N --rounds 1 repeats a round
  --aof       Redis keeps what it has on disk
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '50' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      aof: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const chaos = await Chaos.start(values.aof);
  try {
    for (let at = 0; at < Number(values.rounds); at += 1) {
      const { seed, happened, settledMs } = await chaos.round(Number(values.seed) + at);
      process.stdout.write(`seed ${seed}: right after ${settledMs} ms: ${happened.join('; ')}\n`);
    }
  } finally {
    await chaos.stop();
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
});
