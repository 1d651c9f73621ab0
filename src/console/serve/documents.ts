import type { Clock } from '../../adapter/adapter.ts';
import { inSlices } from '../../adapter/in-slices.ts';
import type { AdapterRegistry } from '../../adapter/registry.ts';
import type { FileAuditLines } from '../../audit/files/file-audit-lines.ts';
import { compareProblems } from '../../api/problem.ts';
import { overGrantLoss } from '../../core/status/object-rules.ts';
import { remainingFrom } from '../../verify/values/time.ts';
import { matrixSteps } from '../views/matrix.ts';
import { pointView, stateFromOutcome } from '../views/points.ts';
import type { Made, Overview, PointView, WhyView } from '../views/shapes.ts';
import { Refused } from './access.ts';
import { DocumentCache, type Sent } from './document-cache.ts';
import { hiddenFrom, keyOf, mayName, problemsFor, seenBy, seesNamespace, seesRecord, type Rights } from './rights.ts';
import { readTimeline } from './timeline.ts';
import { answerWhy } from './why.ts';
import type { FollowedWorld, World } from './world.ts';

export interface DocumentsDeps {
  readonly world: World;
  readonly adapters: AdapterRegistry;
  readonly cluster: string;
  readonly version: string;
  /** The record; undefined: it is not kept in files. */
  readonly record: () => Promise<FileAuditLines | undefined>;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly elapsed: () => number;
}

/** The answers of `/api/v1`, each for one viewer. */
export class Documents {
  readonly #deps: DocumentsDeps;
  readonly #cache: DocumentCache;

  constructor(deps: DocumentsDeps) {
    this.#deps = deps;
    this.#cache = new DocumentCache(deps.elapsed);
  }

  overview(rights: Rights): Promise<Sent> {
    const world = this.#world();
    // What became of points changes without a change of the cluster.
    const version = `${world.version} ${Math.floor(this.#deps.clock.now() / 1_000)}`;
    return this.#cache.get(`overview ${rights.name} ${keyOf(rights)}`, version, async () => {
      const { made, ...body } = await this.#overview(world, rights);
      return { made, body };
    });
  }

  matrix(rights: Rights): Promise<Sent> {
    const world = this.#world();
    const { clock } = this.#deps;
    // Policies expire without a change of the cluster.
    const version = `${world.version} ${Math.floor(clock.now() / 60_000)}`;
    return this.#cache.get(`matrix ${keyOf(rights)}`, version, async () => {
      const snapshot = world.snapshot();
      const seen = { snapshot: seenBy(rights, snapshot), policy: (name: string) => mayName(rights, name) };
      return { body: await inSlices(matrixSteps(snapshot, seen, remainingFrom(clock.now()))) };
    });
  }

  async timeline(rights: Rights): Promise<Sent> {
    if (!seesRecord(rights))
      throw new Refused(
        403,
        'the timeline tells of every namespace: you would have to see all of them, and the points',
      );
    const lines = await this.#deps.record();
    if (lines === undefined)
      throw new Refused(503, 'the audit record is not kept in files here: give --audit-dir to have a timeline');
    return this.#cache.get('timeline', await lines.stamp(), async () => ({ body: await readTimeline(lines) }));
  }

  async why(rights: Rights, from: string, to: string): Promise<WhyView> {
    const namespace = from.slice(0, Math.max(0, from.indexOf('/')));
    if (!seesNamespace(rights, namespace))
      throw new Refused(403, `you may not list egresspolicies.postern.dev in namespace ${namespace}`);
    const answer = await answerWhy(this.#world(), { from, to }, this.#deps);
    return rights.points && rights.clusterPolicies ? answer : { ...answer, ...withoutNames(answer, rights) };
  }

  #world(): FollowedWorld {
    const world = this.#deps.world.now;
    if (world === undefined)
      throw new Refused(
        503,
        'this process does not know the cluster: another one leads, or it is still being read; /readyz says what is missing',
      );
    return world;
  }

  async #overview(world: FollowedWorld, rights: Rights): Promise<Overview> {
    const { cluster, version, clock } = this.#deps;
    const made: Made = { at: new Date(clock.now()).toISOString(), cluster, from: 'cluster', live: true };
    const points = rights.points ? await this.#points(world, rights) : [];
    const { publisher } = world;
    const found = await publisher.read((compiled) => compiled.problems());
    const problems = problemsFor(rights, found).toSorted(compareProblems);
    return { api: 1, version, made, viewer: { name: rights.name, hidden: hiddenFrom(rights) }, points, problems };
  }

  #points({ publisher, outcomes, snapshot }: FollowedWorld, rights: Rights): Promise<PointView[]> {
    const { namespaces } = seenBy(rights, snapshot());
    const all = [...publisher.points()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    return Promise.all(
      all.map(async (point) => {
        const { name } = point.metadata;
        const subject = `EnforcementPoint/${name}`;
        const adapter = await this.#deps.adapters(point.spec.adapter);
        const { inMesh, capabilities } = adapter ?? {};
        const outcome = await outcomes.last(name);
        const { desired, problems, overGrants } = await publisher.read((compiled) => ({
          desired: compiled.desired(name),
          problems: compiled.problems().filter((problem) => problem.subject === subject),
          overGrants: compiled.overGrants(name).map(overGrantLoss),
        }));
        const facts = { point, desired, namespaces, inMesh: adapter && inMesh !== undefined };
        const now = new Date(this.#deps.clock.now()).toISOString();
        const state = stateFromOutcome(point, outcome, { problems, overGrants, now });
        const view = pointView({ ...facts, maxMembersPerGroup: capabilities?.maxMembersPerGroup }, state);
        const losses = view.losses.map((loss) => {
          return { ...loss, policies: loss.policies.filter((policy) => mayName(rights, policy)) };
        });
        return { ...view, losses };
      }),
    );
  }
}

/** The answer without names that the person may not see: of each layer only the verdict. */
function withoutNames({ steps, policy, verdict }: WhyView, rights: Rights): Partial<WhyView> {
  return {
    policy: policy !== null && mayName(rights, policy) ? policy : null,
    steps: steps.map(({ layer, verdict: said, ...step }) =>
      layer === 'intent' && (policy === null || mayName(rights, policy))
        ? { layer, verdict: said, ...step }
        : { layer, verdict: said, point: null, rule: '', reason: 'you may not see what decides here', advice: '' },
    ),
    sentence: { Accept: 'It is permitted.', Deny: 'It is denied.', Unknown: 'It is not known.' }[verdict],
    restsOn: [],
  };
}
