import type { Clock } from '../adapter/adapter.ts';
import { MemoryAuditStore } from '../audit/memory-audit-store.ts';
import { toChanges } from '../core/compile/changes.ts';
import { tableLines } from '../core/text/text-table.ts';
import { counted } from '../core/text/wording.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import type { AdapterRegistry } from '../adapter/registry.ts';
import { startEmbedded } from '../compose/embedded.ts';
import { Cluster } from './cluster.ts';
import { pointOf, secretOf } from './firewalls.ts';
import { drawRules } from './picture.ts';
import { checkRecord, isComparable } from './record.ts';
import { showRefusals } from './refusals.ts';
import { alike, Reports } from './reports.ts';
import { expires, play, printFailures } from './scenes.ts';
import { desiredAt, type Stage } from './stage.ts';
import { story, type Scene } from './story.ts';
import { Tally } from './tally.ts';

export interface DemoDeps extends Pick<Stage, 'firewalls' | 'clock' | 'write' | 'paint' | 'pauseMs'> {
  /** The company as it is when the day begins; its enforcement points are replaced by `firewalls`. */
  readonly company: Snapshot;
  readonly adapters: AdapterRegistry;
  /** How long a temporary access is given: longer than the slowest firewall takes until it is there. */
  readonly temporaryAccessMs: number;
}

/**
 * A day in the life of firewalls of several makers, side by side under one intent: a company moves in, things happen to
 * it, and after each of them every packet is tried at each firewall.
 *
 * @returns what was tried, and where a firewall and the intent disagree
 */
export async function demo(deps: DemoDeps): Promise<Tally> {
  const { clock } = deps;
  const cluster = new Cluster();
  const [reports, audit] = [new Reports(), new MemoryAuditStore(clock)];
  const embedded = startEmbedded({ ...wiring(deps, reports, clock), audit });
  const stage: Stage = { ...deps, cluster, embedded, reports, audit, tally: new Tally() };
  try {
    await play(stage, opening(deps));
    await showRules(stage);
    const soon = (): string => new Date(clock.now() + deps.pauseMs * 2 + deps.temporaryAccessMs).toISOString();
    for (const scene of story(soon)) await play(stage, scene);
    await expires(stage, 'Time passes: the temporary access ends by itself.');
    printFailures(stage);
    await showRefusals(stage);
    await showRecord(stage);
    showProof(stage);
    return stage.tally;
  } finally {
    await embedded.close();
  }
}

function wiring({ adapters, firewalls }: DemoDeps, reports: Reports, clock: Clock) {
  const secrets = (name: string) => {
    const named = firewalls.find(({ point }) => point === name);
    return Promise.resolve(named && secretOf(named));
  };
  return {
    ...{ adapters, secrets, owner: { cluster: 'demo' }, clock, random: () => 0.5 },
    ...{ readBackAfterMs: 20, recheckEveryMs: 3_600_000 },
    report: (report: Parameters<Reports['note']>[0]) => reports.note(report, clock.now()),
    onError: (subject: string, error: unknown) => reports.failed(subject, error),
  };
}

function opening({ company, firewalls }: DemoDeps): Scene {
  return {
    title: `A company moves in behind ${listed(firewalls.map(({ title }) => `${/^[AEIOU]/.test(title) ? 'an' : 'a'} ${title}`))}.`,
    expect: 'one intent, written once; each firewall says it in its own words',
    changes: [...toChanges({ ...company, enforcementPoints: [] }), ...firewalls.map(pointOf)],
  };
}

/** `a`, `a and b`, `a, b and c` */
function listed(texts: readonly string[]): string {
  const [last = '', ...rest] = texts.toReversed();
  return rest.length === 0 ? last : `${rest.toReversed().join(', ')} and ${last}`;
}

/** The rules, which are the same everywhere, and what is not. */
async function showRules(stage: Stage): Promise<void> {
  const { firewalls, reports, write, paint } = stage;
  const [first] = firewalls;
  if (first === undefined) return;
  write(
    paint(
      `\n   The rules of ${firewalls.length === 1 ? 'it' : firewalls.length === 2 ? 'both' : 'all'}, in order:`,
      'strong',
    ),
  );
  for (const line of drawRules(await desiredAt(stage, first), paint)) write(`   ${line}`);
  write('');
  for (const { title, point } of firewalls) {
    write(paint(`   ${title} keeps that as ${reports.inventory(point)}.`, 'dim'));
    for (const { message, rules } of alike(reports.losses(point)))
      write(paint(`   ${title}: ${message}${rules > 1 ? ` (${rules} rules)` : ''}`, 'warn'));
  }
}

/** What each firewall was asked, and what is on record of it. */
async function showRecord({ audit, firewalls, write, paint }: Stage): Promise<void> {
  write(paint('\nThe audit record', 'strong'));
  for (const { point, title, device } of firewalls.filter(isComparable)) {
    const { chain, writes, requests, mismatches } = await checkRecord(audit, point, device);
    const intact = chain.findings.length === 0 ? `chain of ${chain.records} records intact` : 'the chain is broken';
    const one = mismatches.length === 0 ? 'one to one, in order' : 'they do not match';
    const good = mismatches.length + chain.findings.length === 0;
    const told = `${counted(writes, 'write')} on record, ${counted(requests, 'request')} in the log of the ${title}`;
    write(paint(`   ${told}: ${one}; ${intact}`, good ? 'dim' : 'bad'));
    for (const mismatch of mismatches) write(paint(`   ! ${mismatch}`, 'bad'));
    for (const { code, where, message } of chain.findings) write(paint(`   ! ${code} ${where}: ${message}`, 'bad'));
  }
}

function showProof({ firewalls, tally, write, paint }: Stage): void {
  const who = 'every workload, and every address that no pod has any more, tried every destination';
  write(paint(`\nThe proof: at ${tally.moments} moments ${who}`, 'strong'));
  const rows = firewalls.map((firewall) => {
    const { flows, accepted, leftOut, mismatches } = tally.of(firewall.point);
    const denied = flows - accepted;
    const told = leftOut.length === 0 ? '' : `${leftOut.length} of these it had said that it cannot accept`;
    return [
      firewall.title,
      `${flows} flows`,
      `${accepted} accepted`,
      `${denied} denied`,
      `${mismatches.length} mismatches`,
      told,
    ];
  });
  for (const line of tableLines(rows, [1, 2, 3, 4])) write(`   ${line}`);
}
