import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compiler } from '../../src/core/compile/compiler.ts';
import * as build from '../../src/core/compile/testing/builders.ts';
import type { Rule } from '../../src/core/model/desired.ts';
import { networks, step, World, type Version } from './approval-world.ts';

const delegated: ReadonlySet<string> = new Set(networks.slice(0, 2));
const around = build.changesOf({
  namespaces: [build.namespace('shop')],
  pods: [build.pod('shop/web-1', { addresses: ['10.0.0.1'] })],
  enforcementPoints: [build.point('e1')],
});

/** The decisions, in this world, by which a version may be in force now: said again, without the code that decides it. */
function mayBeInForce(
  world: World,
  { uid, generation, digest }: Pick<Version, 'uid' | 'generation' | 'digest'>,
): boolean {
  const { delegation } = world;
  if (world.policy?.metadata.uid !== uid || delegation?.spec.beyond === 'Refuse') return false;
  const denied = [...world.approvals.values()].some(
    ({ spec }) => spec.decision === 'Denied' && spec.policy.uid === uid && spec.policy.generation === generation,
  );
  return (
    !denied &&
    [...world.decisions.values()].some(
      ({ version, approver, until, lasts }) =>
        version.uid === uid &&
        version.generation === generation &&
        version.digest === digest &&
        world.now < until &&
        lasts <= 90 &&
        (delegation?.spec.approval?.fourEyes !== 'Required' || approver !== version.author),
    )
  );
}

function rulesOf(compiler: Compiler): readonly Rule[] {
  return (compiler.desired('e1')?.rules ?? []).filter(({ origin }) => origin.kind === 'EgressPolicy');
}

function networksOf(rules: readonly Rule[]): readonly string[] {
  return rules.flatMap(({ destination }) => destination.networks).sort();
}

/** What a generation that is in force, all of it, does not have; nothing where another may be in force. */
function givenUpBy(world: World, rules: readonly Rule[]): readonly string[] {
  const { uid, generation } = rules[0]?.origin ?? {};
  const found = networksOf(rules);
  const inForce = world.versions.some((version) => {
    return version.uid === uid && version.generation === generation && found.join() === [...version.to].sort().join();
  });
  return inForce ? networks.filter((network) => !found.includes(network)) : [];
}

/** When, and by which generation in force. */
interface GivenUp {
  readonly index: number;
  readonly generation: number;
}

interface Past {
  readonly approvedAt: ReadonlyMap<string, number>;
  readonly givenUp: ReadonlyMap<string, GivenUp>;
}

/** Was the approval of a rule given before or after a generation in force gave up what it leads to? */
function ageOfApproval(
  { origin, destination }: Rule,
  { approvedAt, givenUp }: Past,
): 'none needed' | 'never given up' | 'before' | 'after' {
  if (origin.approvedBy === undefined) return 'none needed';
  const since = givenUp.get(`${origin.uid} ${destination.networks[0] ?? ''}`);
  if (since === undefined) return 'never given up';
  // One of a generation after it may have waited for long.
  const given = approvedAt.get(`shop/${origin.approvedBy.approval}`) ?? -1;
  return since.generation < origin.generation || given > since.index ? 'after' : 'before';
}

const delegate = { step: 'delegate', beyond: 'WaitForApproval', fourEyes: true } as const;

/** An edit with an end of its own. */
const ending = fc.tuple(step, fc.constantFrom(1, 6, 40)).map(([one, ends]) => {
  return one.step === 'edit' ? { ...one, ends } : one;
});

describe('approval', () => {
  it('lets no sequence of edits put an unapproved generation in force', () => {
    const met = { delegated: 0, approved: 0, kept: 0 };
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) => {
        const world = new World();
        const compiler = new Compiler();
        compiler.apply(around, world.at);
        for (const one of [delegate, ...steps]) {
          compiler.apply(world.take(one), world.at);
          for (const rule of rulesOf(compiler)) {
            const { uid, generation } = rule.origin;
            expect(uid).toBe(world.policy?.metadata.uid);
            const [network = ''] = rule.destination.networks;
            if (world.delegation === undefined || delegated.has(network)) {
              met.delegated += 1;
              continue;
            }
            const had = world.versions.filter((version) => version.uid === uid && version.generation === generation);
            const approved = had.filter((version) => mayBeInForce(world, version));
            expect(approved.flatMap(({ to }) => to)).toContain(network);
            expect(rule.origin.approvedBy).toBeDefined();
            met.approved += 1;
            if (generation !== world.policy?.metadata.generation) met.kept += 1;
          }
        }
      }),
      { seed: 1, numRuns: 1_500 },
    );
    // The law says little unless the worlds exercise it.
    expect(met.delegated).toBeGreaterThan(500);
    expect(met.approved).toBeGreaterThan(500);
    expect(met.kept).toBeGreaterThan(100);
  });

  it('puts in force what is approved, all of it, and keeps it while later generations wait', () => {
    let kept = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) => {
        const world = new World();
        const compiler = new Compiler();
        compiler.apply(around, world.at);
        let held: { readonly version: Version; readonly networks: readonly string[] } | undefined;
        for (const one of [delegate, ...steps]) {
          compiler.apply(world.take(one), world.at);
          compiler.apply(world.take({ step: 'echo' }), world.at);
          const version = world.policy && world.versions.at(-1);
          const found = networksOf(rulesOf(compiler));
          if (version && mayBeInForce(world, version) && world.delegation) {
            expect(found).toEqual([...version.to].sort());
            held = { version, networks: found };
          } else if (held && one.step === 'edit' && version && mayBeInForce(world, held.version) && world.delegation) {
            const isDelegated = version.to.every((network) => delegated.has(network));
            expect(found).toEqual(isDelegated ? [...version.to].sort() : held.networks);
            kept += 1;
            if (isDelegated) held = undefined;
          } else held = undefined;
        }
      }),
      { seed: 2, numRuns: 800 },
    );
    expect(kept).toBeGreaterThan(100);
  });

  it('brings nothing back that a generation in force had given up, unless somebody approves it anew', () => {
    const met = { approved: 0, givenUp: 0, anew: 0 };
    fc.assert(
      fc.property(fc.array(step, { minLength: 6, maxLength: 24 }), (steps) => {
        const world = new World();
        const compiler = new Compiler();
        compiler.apply(around, world.at);
        const past = { approvedAt: new Map<string, number>(), givenUp: new Map<string, GivenUp>() };
        const had = new Set<string>();
        for (const [index, one] of [delegate, ...steps].entries()) {
          // A controller that is going to restart has written what it knew; between two edits it need not have.
          if (one.step === 'forget') world.remember(compiler);
          compiler.apply(world.take(one), world.at);
          for (const name of world.decisions.keys()) if (!past.approvedAt.has(name)) past.approvedAt.set(name, index);
          const rules = rulesOf(compiler);
          const known = rules.map((rule) => ageOfApproval(rule, past));
          met.approved += known.filter((age) => age !== 'none needed').length;
          met.anew += known.filter((age) => age === 'after').length;
          expect(known).not.toContain('before');
          const { uid, generation } = rules[0]?.origin ?? { uid: '', generation: 0 };
          for (const network of networksOf(rules)) had.add(`${uid} ${network}`);
          for (const network of givenUpBy(world, rules).filter((gone) => had.has(`${uid} ${gone}`))) {
            past.givenUp.set(`${uid} ${network}`, { index, generation });
            met.givenUp += 1;
          }
        }
      }),
      { seed: 4, numRuns: 600 },
    );
    expect(met.approved).toBeGreaterThan(200);
    expect(met.givenUp).toBeGreaterThan(200);
    expect(met.anew).toBeGreaterThan(10);
  });

  it('does not depend on the way', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(step, ending), { minLength: 4, maxLength: 16 }), (steps) => {
        const world = new World();
        const compiler = new Compiler();
        compiler.apply(around, world.at);
        for (const one of steps) {
          compiler.apply(world.take(one), world.at);
          world.remember(compiler);
        }
        const cold = new Compiler();
        cold.apply([...around, ...world.all()], world.at);
        expect(compiler.desired('e1')).toEqual(cold.desired('e1'));
        expect(compiler.problems()).toEqual(cold.problems());
        expect(compiler.nextDeadline()).toEqual(cold.nextDeadline());
      }),
      { seed: 3, numRuns: 400 },
    );
  });
});
