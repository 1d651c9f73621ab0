import { expect, it } from 'vitest';
import { aPod } from '../../../test/kit/builders.ts';
import type { Probe } from '../flows/probes.ts';
import type { SeenGateway } from '../perimeter/perimeters.ts';
import { atGateways } from './at-gateways.ts';
import { Findings, type Side } from './findings.ts';

const probes = ['a', 'b', 'c', 'd', 'e'].map((host, index): Probe => ({
  index,
  host: `${host}.example`,
  port: 443,
  protocol: 'TCP',
}));
/** Lets out all but the last, by two rules. */
const gateway: SeenGateway = {
  at: 0,
  point: 'edge',
  letOut: Uint8Array.of(1, 1, 1, 1, 0),
  ruleOf: ({ index }) => (index < 3 ? 'EgressPolicy/shop/one' : 'EgressPolicy/shop/two'),
};

/** What is told of two classes, of three pods and of one, whose flows are all stopped in the cluster. */
function told(mayAnybody: (probe: { readonly index: number }) => boolean): Findings {
  const findings = new Findings();
  const add = atGateways({
    index: { probes },
    perimeters: { gateways: () => [gateway] },
    sharedAccess: { atGateway: (_, probe) => mayAnybody(probe) },
    foreignRoles: new Map([['edge', new Map([['EgressPolicy/shop/two', 'moved below a rule of others']])]]),
    findings,
  });
  for (const [name, count] of [
    ['web', 3],
    ['db', 1],
  ] as const)
    add({ pod: aPod({ name, workload: `Deployment/${name}` }), count, seenAt: [] }, probes);
  return findings;
}

const shown = (findings: Findings, side: Side): readonly string[] =>
  findings.on(side).map(({ workload, rule, count, reason }) => `${count} ${workload} ${rule}: ${reason}`);

it('counts what the gateway is let out with for others of its clients, once for the point', () => {
  const findings = told(() => true);
  const same = 'it sees only the gateway, so all clients of the gateway get the same access; the mesh tells them apart';
  expect(shown(findings, 'known')).toEqual([
    `12 Deployment/web EgressPolicy/shop/one: ${same}`,
    `4 Deployment/web EgressPolicy/shop/two: ${same}; moved below a rule of others`,
  ]);
  expect(findings.on('wider')).toEqual([]);
});

it('calls wider what no client of the gateway may reach, by rule and workload', () => {
  const wider = 'no client of the gateway may reach it; the mesh stops it';
  const findings = told(({ index }) => index === 1);
  expect(shown(findings, 'wider')).toEqual([
    `6 Deployment/web EgressPolicy/shop/one: ${wider}`,
    `3 Deployment/web EgressPolicy/shop/two: ${wider}; moved below a rule of others`,
    `2 Deployment/db EgressPolicy/shop/one: ${wider}`,
    `1 Deployment/db EgressPolicy/shop/two: ${wider}; moved below a rule of others`,
  ]);
  expect(shown(findings, 'known').map((text) => Number.parseInt(text, 10))).toEqual([4]);
});
