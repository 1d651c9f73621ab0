import { tableLines } from '../core/text/text-table.ts';
import { counted } from '../core/text/wording.ts';
import { drawDifference } from './picture.ts';
import type { Firewall } from './firewalls.ts';
import { prove } from './proof.ts';
import { mayChange } from './record.ts';
import { leftOut } from './reports.ts';
import { desiredAt, settled, type Stage } from './stage.ts';
import type { Scene } from './story.ts';
import type { Score } from './tally.ts';

/** Lets a scene happen, waits until every firewall has been read back, and tries every packet at each. */
export async function play(stage: Stage, scene: Scene): Promise<void> {
  const { embedded, cluster, write, paint } = stage;
  write(paint(`\n${stage.tally.moments + 1}. ${scene.title}`, 'strong'));
  write(paint(`   look: ${scene.expect}`, 'dim'));
  await watch(stage, `${counted(scene.changes.length, 'change')} in the cluster`, async () => {
    cluster.take(scene.changes);
    await embedded.apply(scene.changes, true);
  });
}

/** A policy expires. */
export async function expires(stage: Stage, title: string): Promise<void> {
  const { embedded, clock, write, paint } = stage;
  write(paint(`\n${stage.tally.moments + 1}. ${title}`, 'strong'));
  await watch(stage, 'no change in the cluster', async () => {
    const due = embedded.publisher.nextDeadline();
    while (embedded.publisher.nextDeadline() === due && due !== undefined) await clock.sleep(20);
  });
}

async function watch(stage: Stage, what: string, happen: () => Promise<void>): Promise<void> {
  const { firewalls, clock, write, paint } = stage;
  const [first] = firewalls;
  const before = first && (await desiredAt(stage, first));
  const seen = firewalls.map(({ device }) => device.requests().length);
  await happen();
  const started = clock.now();
  const now = await settled(stage);
  stage.tally.moments += 1;
  const after = first && (await desiredAt(stage, first));
  for (const line of before && after ? drawDifference(before, after, paint) : []) write(` ${line}`);
  printFailures(stage);
  const scores = await Promise.all(firewalls.map((firewall) => tried(stage, firewall, now)));
  const rows = firewalls.map((firewall, at) => {
    const provenMs = Math.max(0, stage.reports.provenAt(firewall.point) - started);
    return [firewall.title, ...traffic(firewall, seen[at] ?? 0), `${provenMs} ms`];
  });
  const [head = '', ...lines] = tableLines([[what, 'requests', 'sent', 'read back after'], ...rows], [1, 2, 3]);
  write(paint(`   ${head}`, 'dim'));
  lines.forEach((line, at) => write(`   ${line}   ${verdict(stage, scores[at])}`));
  for (const { mismatches } of scores) tellMismatches(stage, mismatches);
  await clock.sleep(stage.pauseMs);
}

/** What was asked of it that may change something. */
function traffic({ device }: Firewall, since: number): readonly [requests: string, size: string] {
  const sent = device.requests().slice(since).filter(mayChange);
  const bytes = sent.reduce((sum, { body }) => sum + body.length, 0);
  return [`${sent.length}`, `${(bytes / 1_000).toFixed(1)} kB`];
}

async function tried(stage: Stage, firewall: Firewall, now: number): Promise<Score> {
  const { cluster, reports, tally } = stage;
  const desired = await desiredAt(stage, firewall);
  const trials = prove(cluster.snapshot(), cluster.abandoned(), firewall.device, now);
  return tally.add(firewall, trials, leftOut(reports.losses(firewall.point), desired));
}

function verdict({ paint }: Stage, score: Score | undefined): string {
  if (score === undefined) return '';
  const { flows, mismatches } = score;
  const told = score.leftOut.length;
  if (mismatches.length > 0) return paint(`${mismatches.length} of ${flows} flows not as intended`, 'bad');
  if (told === 0) return paint(`all ${flows} flows as intended`, 'good');
  return paint(`${flows - told} of ${flows} flows as intended, ${told} left out as it had said`, 'good');
}

function tellMismatches({ write, paint }: Stage, mismatches: Score['mismatches']): void {
  for (const { who, to, port, protocol, intent, firewall, rule } of mismatches) {
    const said = `the intent says ${intent}, the firewall ${firewall} (${rule})`;
    write(paint(`   ! ${who} -> ${to} ${protocol} ${port}: ${said}`, 'bad'));
  }
}

export function printFailures({ reports, write, paint }: Stage): void {
  for (const failure of reports.failures()) write(paint(`   ! ${failure}`, 'bad'));
}
