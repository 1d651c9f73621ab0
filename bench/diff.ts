import type { ExternalService } from '../src/api/kinds.ts';
import type { Snapshot } from '../src/core/model/snapshot.ts';
import { flowChanges } from '../src/diff/flow-changes.ts';
import { costsOf } from '../src/inspect/diff/costs.ts';
import { remainingFrom } from '../src/verify/values/time.ts';
import { reference, row, type Row } from './row.ts';
import { companyOf } from './worlds/verify-company.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const size = { pods: 10_000, namespaces: 50, services: 300 };

/** What opens and closes between two worlds of ten thousand pods, and what that takes on their devices. */
export async function* benchDiff(): AsyncIterable<Row> {
  const what = `${size.pods} pods, ${size.services} services`;
  const before = companyOf(size);
  await costsOf(before, before, now); // loads the adapters
  for (const [title, after] of [
    ['one service moves', withService(before, 7, 'api.moved.example')],
    [
      'every service and policy changes',
      {
        ...before,
        externalServices: before.externalServices.map(moved),
        egressPolicies: before.egressPolicies.map(widened),
      },
    ],
  ] as const) {
    const started = process.cpuUsage();
    const changes = flowChanges(before, after, remainingFrom(now));
    const flows = secondsSince(started);
    const { points } = await costsOf(before, after, now);
    if (changes.length === 0 || points.length !== 2)
      throw new Error('these worlds differ, and diff says that they do not');
    yield row(`diff ${what}, ${title}, CPU of all threads`, secondsSince(started), 's', 3);
    yield reference(`diff ${what}, ${title}, of that for the flows`, flows, 's');
  }
}

function secondsSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

function withService(world: Snapshot, which: number, name: string): Snapshot {
  const externalServices = world.externalServices.map((service, at) =>
    at === which ? leadingTo(service, name) : service,
  );
  return { ...world, externalServices };
}

function moved(service: ExternalService, index: number): ExternalService {
  return leadingTo(service, `api-${index}.moved.example`);
}

function leadingTo(service: ExternalService, name: string): ExternalService {
  return { ...service, spec: { ...service.spec, domainNames: [name] } };
}

function widened(policy: Snapshot['egressPolicies'][number]): Snapshot['egressPolicies'][number] {
  const to = [...policy.spec.to, { networks: ['203.0.113.0/24'], ports: [{ port: 443, protocol: 'TCP' as const }] }];
  return { ...policy, spec: { ...policy.spec, to } };
}
