import { describe, expect, it } from 'vitest';
import { checkPerimeter, unmarkedRules, wideDiff, widerSteps, type Perimeter } from './invariants.ts';
import { unstableOutput, type WrittenObject } from '../../src/verify/mesh/checks/output.ts';
import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import {
  checkout,
  entry,
  meshOf,
  plane,
  policy,
  routes,
  server,
  shopSidecar,
  stripe,
  subset,
  to,
  wholeMesh,
} from '../../src/verify/mesh/testing/fixtures.ts';

const mesh = evaluateMesh(meshOf(wholeMesh));

/** Rules of a perimeter: `pod` or `gateway`, to a host and port. */
function perimeter(...rules: readonly string[]): Perimeter {
  return ({ kind }, { host, port }) => {
    const covering = rules.filter((rule) => rule.split('#')[0] === `${kind} ${host}:${port}`);
    return { verdict: covering.length > 0 ? 'Accept' : 'Deny', rule: covering[0] ?? '', covering };
  };
}

const stripeFlow = { client: checkout, target: to('api.stripe.test') };
const deniedFlow = { client: checkout, target: to('evil.test') };
const originated = { client: checkout, target: to('payments.example.test', 80) };
const open = evaluateMesh(meshOf([plane, entry({ ...stripe, exportTo: ['shop'] })]));

describe('the perimeter behind a mesh', () => {
  it('is in order when it takes from the gateway what the mesh brings there', () => {
    const rules = perimeter('gateway api.stripe.test:443', 'gateway payments.example.test:443');
    expect(checkPerimeter(mesh, rules, [stripeFlow, deniedFlow, originated])).toEqual([]);
  });

  it.each([
    ['I1', 'stops what the mesh lets out', mesh, [], stripeFlow],
    ['I1', 'lets it out twice', mesh, ['gateway api.stripe.test:443#1', 'gateway api.stripe.test:443#2'], stripeFlow],
    ['I2', 'lets out what the mesh denies', mesh, ['pod evil.test:443'], deniedFlow],
    ['I3', 'takes it from the pod too', mesh, ['gateway api.stripe.test:443', 'pod api.stripe.test:443'], stripeFlow],
    [
      'I4',
      'opens the port of the client',
      mesh,
      ['gateway payments.example.test:443', 'gateway payments.example.test:80'],
      originated,
    ],
    ['I5', 'does not know a name that leaves the pod directly', open, [], stripeFlow],
  ] as const)('breaks %s when it %s', (id, _, evaluator, rules, flow) => {
    expect(checkPerimeter(evaluator, perimeter(...rules), [flow]).map((finding) => finding.id)).toEqual([id]);
  });

  it('breaks I6 with a rule that no log of the mesh can be joined with', () => {
    const rules = [
      { name: 'a', marks: ['3f2a91c4'] },
      { name: 'b', marks: ['other'] },
    ];
    expect(unmarkedRules(rules, new Set(['3f2a91c4'])).map(({ id, subject }) => `${id} ${subject}`)).toEqual(['I6 b']);
  });
});

describe('the steps of a grant', () => {
  const base = [plane, shopSidecar];
  const hidden = { ...stripe, exportTo: ['.'] };
  const step = (...yaml: readonly string[]): ReturnType<typeof evaluateMesh> =>
    evaluateMesh(meshOf([...base, ...yaml]));
  const chain = [subset(stripe), server(stripe), policy(stripe)];

  it('keep I7 when the routes come before the host', () => {
    const steps = [
      step(),
      step(...chain),
      step(...chain, routes(hidden), entry(hidden)),
      step(...chain, routes(stripe), entry(hidden)),
      step(...chain, routes(stripe), entry(stripe)),
    ];
    expect(widerSteps(steps, [stripeFlow])).toEqual([]);
  });

  it('break I7 when the host comes before its routes: it then goes straight out', () => {
    const steps = [step(), step(...chain, entry(stripe)), step(...chain, routes(stripe), entry(stripe))];
    expect(widerSteps(steps, [stripeFlow]).map(({ id, message }) => `${id} ${message}`)).toEqual([
      'I7 after step 1 it leaves (direct api.stripe.test 443), as neither before nor after',
    ]);
  });
});

describe('written objects', () => {
  const object = (kind: string, spec: object): WrittenObject => ({
    apiVersion: 'v1',
    kind,
    metadata: { name: 'a', namespace: 'n' },
    spec,
  });

  it('are the same whatever the order of the intent (S27)', () => {
    const a = object('Gateway', { hosts: ['a', 'b'] });
    expect(unstableOutput([a, object('Sidecar', {})], [object('Sidecar', {}), a])).toEqual([]);
    expect(unstableOutput([a], [object('Gateway', { hosts: ['b', 'a'] })]).map(({ subject }) => subject)).toEqual([
      'Gateway/n/a',
    ]);
  });

  it('change as little as a change of sources asks for (S28)', () => {
    const before = [
      object('AuthorizationPolicy', { rules: [] }),
      object('ServiceEntry', { hosts: ['a'], exportTo: ['.'] }),
    ];
    const after = [
      object('AuthorizationPolicy', { rules: [{}] }),
      object('ServiceEntry', { hosts: ['a'], exportTo: ['.', 'x'] }),
    ];
    expect(wideDiff(before, after)).toEqual([]);
    const wide = [
      ...after.slice(0, 1),
      object('ServiceEntry', { hosts: ['b'], exportTo: ['.', 'x'] }),
      object('Gateway', {}),
    ];
    expect(wideDiff(before, wide).map(({ id, subject }) => `${id} ${subject}`)).toEqual([
      'S28 Gateway/n/a',
      'S28 ServiceEntry/n/a',
    ]);
  });
});
