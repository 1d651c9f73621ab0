import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseObject } from '../src/api/parse.ts';
import { toChanges } from '../src/core/compile/changes.ts';
import { Compiler } from '../src/core/compile/compiler.ts';
import { importCes } from '../src/import/ces/ces.ts';
import type { Imported } from '../src/import/importer.ts';
import { originAnnotation } from '../src/import/write.ts';
import { evaluator } from '../src/verify/perimeter/desired.ts';
import { cesPermits, servicesOf, type CesFlow, type CesRule, type CesWorld } from './import-ces-model.ts';
import { anyWorld, flows, manifestsOf, pods, soundWorld, subjectOf } from './import-ces-world.ts';
import { aNamespace, aPod, aSnapshot } from './kit/builders.ts';

/** The import as an enforcement point would have it: what it permits, and by which rule of CES. */
interface Here {
  readonly report: Imported['report'];
  readonly permits: (flow: CesFlow) => { readonly permitted: boolean; readonly rule: string };
}

function imported(world: CesWorld): Here {
  const { objects, report } = importCes(manifestsOf(world), { home: 'kube-system', point: 'big-ip' });
  const parsed = objects.map((object) => {
    const read = parseObject(object);
    if ('problems' in read) throw new Error(JSON.stringify({ object, problems: read.problems }));
    return read.object;
  });
  const snapshot = aSnapshot({
    namespaces: ['a', 'b'].map((name) => aNamespace(name)),
    pods: pods.map(({ namespace, name, app, address }) =>
      aPod({ namespace, name, labels: { app }, addresses: [address] }),
    ),
    externalServices: parsed.filter((object) => object.kind === 'ExternalService'),
    egressPolicies: parsed.filter((object) => object.kind === 'EgressPolicy'),
    clusterEgressPolicies: parsed.filter((object) => object.kind === 'ClusterEgressPolicy'),
    enforcementPoints: parsed.filter((object) => object.kind === 'EnforcementPoint'),
  });
  const compiler = new Compiler();
  compiler.apply(toChanges(snapshot), '2026-06-01T00:00:00Z');
  const errors = compiler.problems().filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  const desired = compiler.desired('big-ip')!;
  const origins = new Map(
    parsed.map(({ kind, metadata }) => [
      [kind, metadata.namespace ?? '', metadata.name].join('/'),
      metadata.annotations[originAnnotation] ?? '',
    ]),
  );
  const rules = new Map(
    desired.rules.map(({ id, origin }) => [
      id,
      origins.get([origin.kind, origin.namespace, origin.name].join('/')) ?? '',
    ]),
  );
  const decide = evaluator(desired);
  return {
    report,
    permits: (flow) => {
      const { action, rule } = decide(flow);
      return { permitted: action === 'Accept', rule: rules.get(rule) ?? '' };
    },
  };
}

const fromPods = flows.filter(({ src }) => pods.some(({ address }) => address === src));

/** A rule that CES never brought into force for everybody who was meant. */
const comesIntoForce = ['no-namespace-network', 'pod-outside-network', 'not-in-endpoints', 'no-endpoints'];
/** A Deny that CES never brought into force. */
const deniesMore = ['bad-port', 'unknown-protocol', 'host-bits'];
/** A rule that CES brought into force for more than was meant. */
const closed = ['empty-source', 'stale-address', 'shared-network', 'port-missing'];
/** Something that CES permitted, some of the time, and that is not permitted now. */
const withheld = ['withheld-for-order', 'withheld-for-denied-name', 'order-of-arrival', 'deny-asked-first'];

/** The codes of the report on a rule and on the services that it names. */
function codesOn(world: CesWorld, report: Imported['report'], rule: CesRule): readonly string[] {
  const services = servicesOf(world, rule).map(({ namespace, name }) => `ExternalService/${namespace}/${name}`);
  return report
    .filter(({ subject }) => subject === subjectOf(rule) || services.includes(subject))
    .map(({ code }) => code);
}

/** The codes that explain why a flow is judged otherwise here than there; none: it is not explained. */
function explanations(world: CesWorld, here: Here, flow: CesFlow): readonly string[] {
  const theirs = cesPermits(world, flow);
  const ours = here.permits(flow);
  const decider = world.rules.find((rule) => subjectOf(rule) === ours.rule);
  const named = (rules: readonly (CesRule | undefined)[], codes: readonly string[]): readonly string[] =>
    rules
      .flatMap((rule) => (rule === undefined ? [] : codesOn(world, here.report, rule)))
      .filter((code) => codes.includes(code));
  if (ours.permitted) return [...named([decider], comesIntoForce), ...named(theirs.trail, closed)];
  if (!pods.some(({ address }) => address === flow.src)) return ['pods-only'];
  return [
    ...named([theirs.trail.at(-1)], [...closed, ...withheld]),
    ...named([decider], [...comesIntoForce, ...deniesMore]),
  ];
}

describe('the import of CES objects', () => {
  it('permits what CES permits, and every difference is one that the report names', () => {
    const seen = new Map<string, number>();
    const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
    fc.assert(
      fc.property(anyWorld, (world) => {
        const here = imported(world);
        for (const flow of flows) {
          const theirs = cesPermits(world, flow).permitted;
          const ours = here.permits(flow).permitted;
          count(`${theirs} there, ${ours} here`);
          if (theirs === ours) continue;
          const why = explanations(world, here, flow);
          expect({ flow, theirs, ours, why: why.length > 0 ? 'named' : here.report }).toEqual({
            flow,
            theirs,
            ours,
            why: 'named',
          });
          for (const code of new Set(why)) count(code);
        }
      }),
      { seed: 1, numRuns: 400 },
    );
    expect([...seen.keys()].filter((what) => !what.includes(' ')).sort()).toEqual(
      [...comesIntoForce, ...deniesMore, ...closed, ...withheld, 'pods-only'].sort(),
    );
    expect(Math.min(...seen.values())).toBeGreaterThan(5);
  });

  it('tells of a rule of which nothing is written that it is lost, and no difference of what is not here', () => {
    let dropped = 0;
    fc.assert(
      fc.property(anyWorld, (world) => {
        const { report } = imported(world);
        for (const rule of world.rules) {
          const told = report.filter(({ subject }) => subject === subjectOf(rule));
          if (told.some(({ effect }) => effect === 'carried')) continue;
          dropped += 1;
          // That `accept` hands on is what such a rule means, whatever is written.
          const others = told.filter(({ effect, code }) => effect !== 'lost' && code !== 'accept-is-not-final');
          expect(others).toEqual([]);
          expect(told.filter(({ message }) => message.includes('; here '))).toEqual([]);
        }
      }),
      { seed: 4, numRuns: 100 },
    );
    expect(dropped).toBeGreaterThan(50);
  });

  it('permits exactly what CES permits to pods where the report has nothing to warn of', () => {
    const harmless = ['every-port', 'accept-is-not-final', 'no-endpoints'];
    let [permitted, worlds] = [0, 0];
    fc.assert(
      fc.property(soundWorld, (world) => {
        const here = imported(world);
        if (here.report.some(({ severity, code }) => severity !== 'info' && !harmless.includes(code))) return;
        worlds += 1;
        for (const flow of fromPods) {
          const theirs = cesPermits(world, flow).permitted;
          expect({ flow, permitted: here.permits(flow).permitted }).toEqual({ flow, permitted: theirs });
          if (theirs) permitted += 1;
        }
      }),
      { seed: 2, numRuns: 200 },
    );
    expect(worlds).toBeGreaterThan(50);
    expect(permitted).toBeGreaterThan(500);
  });

  it('permits nothing that CES stops in some order of arrival, once every rule of CES is in force', () => {
    let permitted = 0;
    fc.assert(
      fc.property(soundWorld, fc.gen(), (world, draw) => {
        const here = imported(world);
        const { rules } = world;
        const shuffled = draw(fc.shuffledSubarray, [...rules], { minLength: rules.length, maxLength: rules.length });
        const orders = [world, { ...world, rules: [...rules].reverse() }, { ...world, rules: shuffled }];
        for (const flow of fromPods) {
          if (!here.permits(flow).permitted) continue;
          permitted += 1;
          for (const order of orders) {
            expect({ flow, permitted: cesPermits(order, flow).permitted }).toEqual({ flow, permitted: true });
          }
        }
      }),
      { seed: 3, numRuns: 200 },
    );
    expect(permitted).toBeGreaterThan(500);
  });
});
