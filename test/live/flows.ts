import type { Simulator } from '../../kit/simulator/simulator.ts';
import type { Snapshot } from '../../src/core/model/snapshot.ts';
import { addressIntervals } from '../../src/verify/flows/intervals.ts';
import type { FlowSet } from '../../src/verify/flows/flow-set.ts';
import { readIntent } from '../../src/verify/intent/intent.ts';

/** `10.7.0.1 -> github.com:443` */
export type Flow = string;

/** Where packets are tried to: every destination of a scenario, and some that no pod may reach. */
const destinations = [
  { to: '203.0.113.10', port: 443 },
  { to: '203.0.113.10', port: 80 },
  { to: '198.51.100.7', port: 5435 },
  { to: '198.51.100.7', port: 5441 },
  { to: 'github.com', port: 443 },
  { to: 'example.com', port: 443 },
  { to: '169.254.169.254', port: 80 },
] as const;

/** Every address that pods of the scenarios ever have. */
export const addresses = Array.from({ length: 24 }, (_, index) => `10.7.0.${index + 1}`);

const isName = (to: string): boolean => /[a-z]/.test(to);

/** What the intent permits, read straight off the objects. */
export function intended(snapshot: Snapshot): ReadonlySet<Flow> {
  const judgeOf = readIntent(snapshot, (time) => Date.parse(time) - Date.now());
  const live = snapshot.pods.filter(({ deleting, phase }) => !deleting && phase !== 'Succeeded' && phase !== 'Failed');
  return new Set(
    live.flatMap((pod) => {
      const { judge } = judgeOf(pod);
      return destinations
        .filter(({ to, port }) => judge(flowsTo(to, port)).verdict === 'Accept')
        .flatMap(({ to, port }) => pod.addresses.map((src) => `${src} -> ${to}:${port}`));
    }),
  );
}

function flowsTo(to: string, port: number): FlowSet {
  return {
    to: isName(to) ? { name: to, except: [] } : { addresses: addressIntervals([`${to}/32`]) },
    ports: [{ space: 'TCP', first: BigInt(port), last: BigInt(port) }],
  };
}

/** What the firewall lets through, by its own tables. */
export function permitted(firewall: Pick<Simulator, 'verdict'>): ReadonlySet<Flow> {
  return new Set(
    addresses.flatMap((src) =>
      destinations.flatMap(({ to, port }) => {
        const flow = { src, port, protocol: 'TCP', ...(isName(to) ? { host: to } : { dst: to }) } as const;
        return firewall.verdict(flow).action === 'Accept' ? [`${src} -> ${to}:${port}`] : [];
      }),
    ),
  );
}
