import type { Resource } from '../src/core/model/resource.ts';
import { diff } from '../src/core/plan/diff.ts';
import { row, type Row } from './row.ts';

const count = 100_000;

/** A plan for a device with very many objects, of which three in a hundred come, go or are different. */
export function benchPlan(): Row[] {
  const wanted = objects((i) => (i % 100 === 0 ? undefined : addressOf(i, i % 100 === 2 ? 'moved' : 'bench')));
  const there = objects((i) => (i % 100 === 1 ? undefined : addressOf(i, 'bench')));
  const before = process.cpuUsage();
  const { changes } = diff(wanted, there);
  const { user, system } = process.cpuUsage(before);
  if (changes.length !== (3 * count) / 100) throw new Error(`${changes.length} changes are not what differs`);
  const what = `plan of ${count} objects, 3 in 100 differ`;
  return [
    row(`${what}, CPU of all threads`, (user + system) / 1e6, 's', 0.55),
    row(`${what}, peak resident`, process.resourceUsage().maxRSS / 1024, 'MiB', 250),
  ];
}

function objects(make: (i: number) => Resource | undefined): Resource[] {
  return Array.from({ length: count }, (_, i) => make(i)).filter((object) => object !== undefined);
}

function addressOf(i: number, comment: string): Resource {
  const subnet = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255} 255.255.255.255`;
  const spec = { type: 'ipmask', subnet, comment };
  return { kind: 'address', name: `app-${i}.team-${i % 1_000}`, effect: 'None', spec, members: [], refs: [] };
}
