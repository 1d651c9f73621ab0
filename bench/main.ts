import { parseArgs } from 'node:util';
import { against } from './against.ts';
import type { Row } from './row.ts';

/** Every benchmark, loaded when it runs: measurements of one must not weigh on another. */
const benchmarks: Readonly<Record<string, () => Promise<() => Iterable<Row> | AsyncIterable<Row>>>> = {
  compile: async () => (await import('./compile.ts')).benchCompile,
  incremental: async () => (await import('./incremental.ts')).benchIncremental,
  memory: async () => (await import('./memory.ts')).benchMemory,
  list: async () => (await import('./list.ts')).benchList,
  propagation: async () => (await import('./propagation.ts')).benchPropagation,
  feed: async () => (await import('./feed.ts')).benchFeed,
  aws: async () => (await import('./aws.ts')).benchAws,
  f5: async () => (await import('./f5.ts')).benchF5,
  audit: async () => (await import('./audit.ts')).benchAudit,
  mesh: async () => (await import('./mesh.ts')).benchMesh,
  verify: async () => (await import('./verify.ts')).benchVerify,
  report: async () => (await import('./report.ts')).benchReport,
  plan: async () => (await import('./plan.ts')).benchPlan,
  diff: async () => (await import('./diff.ts')).benchDiff,
  tenants: async () => (await import('./tenants.ts')).benchTenants,
  fleet: async () => (await import('./fleet.ts')).benchFleet,
  workers: async () => (await import('./workers.ts')).benchWorkers,
  'cold-start': async () => (await import('./cold-start.ts')).benchColdStart,
};

const usage = `npm run bench -- [BENCHMARK...] [--json] [--against DIRECTORY [--rounds N]]

Measures everything, or what is named: ${Object.keys(benchmarks).join(', ')}

  --json               an object per line and figure
  --against DIRECTORY  this checkout and the one in DIRECTORY in turn, as ratios
  --rounds N           how often, with --against (3)
`;

/** @throws Error that says what was not understood, or what there is to choose from */
function asked() {
  const { values, positionals } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      against: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      help: { type: 'boolean', short: 'h', default: false },
    },
    allowPositionals: true,
  });
  const names = positionals.length > 0 ? positionals : Object.keys(benchmarks);
  const unknown = names.find((name) => !Object.hasOwn(benchmarks, name));
  if (unknown === undefined) return { ...values, names };
  throw new Error(`There is no benchmark "${unknown}"; choose from: ${Object.keys(benchmarks).join(', ')}.`);
}

async function measureAll({ names, json, against: directory, rounds, help }: ReturnType<typeof asked>): Promise<void> {
  if (help) return void process.stdout.write(usage);
  for (const name of names) {
    if (directory !== undefined) {
      for await (const text of against(directory, name, Number(rounds))) process.stdout.write(text);
      continue;
    }
    const measure = await benchmarks[name]?.();
    for await (const row of measure?.() ?? []) process.stdout.write(json ? `${JSON.stringify(row)}\n` : line(row));
  }
}

function line({ name, value, unit, aim, met }: Row): string {
  const number = Number(value.toPrecision(3)).toLocaleString('en-US');
  const verdict = aim === null ? 'for comparison' : `${met ? 'met' : 'MISSED'}, aim ${aim.toLocaleString('en-US')}`;
  return `${name.padEnd(60)} ${number.padStart(12)} ${unit.padEnd(8)} ${verdict}\n`;
}

let choice: ReturnType<typeof asked> | undefined;
try {
  choice = asked();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
if (choice !== undefined) await measureAll(choice);
