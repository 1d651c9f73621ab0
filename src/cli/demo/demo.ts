import type { Clock } from '../../adapter/adapter.ts';
import type { Simulator } from '../../adapter/simulator.ts';
import { enforcementPointSchema } from '../../api/enforcement-point.ts';
import { apiVersion } from '../../api/meta.ts';
import { toChanges } from '../../core/compile/changes.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import type { Paint } from '../../core/plan/render.ts';
import type { AdapterRegistry } from '../../worker/sessions.ts';
import type { SyncReport } from '../../worker/worker.ts';
import { MemoryAuditStore } from '../../audit/memory-audit-store.ts';
import { startEmbedded, type Embedded } from '../compose/embedded.ts';
import { Cluster } from './cluster.ts';
import { drawDifference, drawRules } from './picture.ts';
import { prove, type Trial } from './proof.ts';
import { checkRecord } from './record.ts';
import { story, type Scene } from './story.ts';

export interface DemoDeps {
  /** The company as it is when the day begins; its enforcement point is replaced by `firewall`. */
  readonly company: Snapshot;
  readonly firewall: Simulator;
  readonly adapters: AdapterRegistry;
  readonly clock: Clock;
  readonly write: (line: string) => void;
  readonly paint: Paint;
  /** Pause after each scene, in milliseconds, for people to read. */
  readonly pauseMs: number;
}

const point = 'edge';
const empty: DesiredState = { point, defaultAction: 'Deny', groups: [], rules: [] };
const temporaryAccessMs = 1_500;

/**
 * A day in the life of a firewall: a company moves in, things happen to it, and at the end every packet is tried.
 *
 * @returns how many flows were tried, and those where the firewall and the intent disagree
 */
export async function demo(deps: DemoDeps): Promise<{ readonly flows: number; readonly mismatches: readonly Trial[] }> {
  const { clock, write, paint, firewall } = deps;
  const cluster = new Cluster(toChanges(deps.company));
  const failures: string[] = [];
  const audit = new MemoryAuditStore(clock);
  const embedded = startEmbedded({ ...wiring(deps), audit, report: (report) => failures.push(...complaint(report)) });
  try {
    const stage: Stage = { ...deps, embedded, cluster };
    await play(stage, opening(firewall, cluster));
    write(paint('\nThe firewall now:', 'dim'));
    for (const line of drawRules(embedded.controller.desired(point) ?? empty, paint)) write(line);
    for (const scene of story(new Date(clock.now() + deps.pauseMs * 4 + temporaryAccessMs).toISOString())) {
      await play(stage, scene);
    }
    await expiry(stage);
    for (const failure of failures) write(paint(`  ! ${failure}`, 'remove'));
    await record(audit, stage);
    return proof(stage);
  } finally {
    await embedded.close();
  }
}

interface Stage extends DemoDeps {
  readonly embedded: Embedded;
  readonly cluster: Cluster;
}

function wiring({ adapters, clock, firewall }: DemoDeps) {
  const secrets = () => Promise.resolve({ ...firewall.credentials, 'ca.crt': firewall.ca });
  const owner = { cluster: 'demo' };
  return { adapters, secrets, owner, clock, random: () => 0.5, readBackAfterMs: 20, recheckEveryMs: 3_600_000 };
}

function opening(firewall: Simulator, cluster: Cluster): Scene {
  const object = enforcementPointSchema.parse({
    apiVersion,
    kind: 'EnforcementPoint',
    metadata: { name: point, uid: point, generation: 1 },
    spec: {
      adapter: firewall.kind,
      mode: 'Enforce',
      clusterNetworks: ['10.20.0.0/16', '2001:db8:20::/48'],
      secretRef: { name: point },
      config: { url: firewall.url },
    },
  });
  return {
    title: `A company moves in behind a ${firewall.kind} ${firewall.version}.`,
    expect: 'rules and groups for what its teams asked for, and a closing Deny',
    changes: [...cluster.everything(), { kind: 'EnforcementPoint', key: point, object }],
  };
}

/** Lets a scene happen, waits until the firewall has been read back, and shows what it did there. */
async function play(stage: Stage, scene: Scene): Promise<void> {
  const { embedded, firewall, write, paint, clock } = stage;
  const before = embedded.controller.desired(point) ?? empty;
  const [requests, started] = [firewall.requests().length, clock.now()];
  write(`\n${scene.title}`);
  write(paint(`  look: ${scene.expect}`, 'dim'));
  stage.cluster.take(scene.changes);
  await embedded.apply(scene.changes, true);
  await embedded.settled();
  for (const line of drawDifference(before, embedded.controller.desired(point) ?? empty, paint)) write(line);
  const writes = firewall
    .requests()
    .slice(requests)
    .filter(({ wrote }) => wrote).length;
  const cost = `${count(scene.changes.length, 'change')} in the cluster, ${count(writes, 'writing call')}`;
  write(paint(`  ${cost}, read back after ${clock.now() - started} ms`, 'dim'));
  await clock.sleep(stage.pauseMs);
}

/** Nobody does anything, and yet something changes. */
async function expiry(stage: Stage): Promise<void> {
  const { embedded, clock, write, paint } = stage;
  const before = embedded.controller.desired(point) ?? empty;
  const due = embedded.controller.nextDeadline();
  write('\nTime passes: the temporary access ends by itself.');
  while (embedded.controller.nextDeadline() === due && due !== undefined) await clock.sleep(50);
  await embedded.settled();
  for (const line of drawDifference(before, embedded.controller.desired(point) ?? empty, paint)) write(line);
}

/** What the firewall was asked, and what is on record of it. */
async function record(audit: MemoryAuditStore, { firewall, write, paint }: Stage): Promise<void> {
  const { chain, writes, requests, mismatches } = await checkRecord(audit, point, firewall);
  write(`\nThe audit record: ${count(writes, 'write')} in ${count(requests, 'request')} to the firewall.`);
  for (const mismatch of mismatches) write(paint(`  ! ${mismatch}`, 'remove'));
  for (const { code, where, message } of chain.findings) write(paint(`  ! ${code} ${where}: ${message}`, 'remove'));
  const matches = mismatches.length === 0 ? 'every request is on record, in its order' : 'they do not match';
  const intact =
    chain.findings.length === 0 ? `the chain of ${chain.records} records is intact` : 'the chain is broken';
  write(paint(`  ${matches}; ${intact}`, mismatches.length + chain.findings.length === 0 ? 'dim' : 'remove'));
}

function proof({ cluster, firewall, clock, write, paint }: Stage): { flows: number; mismatches: readonly Trial[] } {
  write("\nProof: every workload, and every address that is nobody's any more, tries every destination.");
  const trials = prove(cluster.snapshot(), cluster.abandoned(), firewall, clock.now());
  const mismatches = trials.filter(({ intent, firewall: action }) => intent !== action);
  for (const { who, to, port, protocol, intent, firewall: action, rule } of mismatches) {
    write(
      paint(
        `  ${who} -> ${to} ${protocol} ${port}: the intent says ${intent}, the firewall ${action} (${rule})`,
        'remove',
      ),
    );
  }
  const accepted = trials.filter(({ intent }) => intent === 'Accept').length;
  write(paint(`  ${accepted} flows accepted, ${trials.length - accepted} denied`, 'dim'));
  return { flows: trials.length, mismatches };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function complaint(report: SyncReport): string[] {
  const error = report.path === 'none' ? report.error : report.result.error;
  return error === undefined ? [] : [error.message];
}
