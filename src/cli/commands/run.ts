import { adapters } from '../../../adapters/index.ts';
import type { Problem } from '../../core/model/problem.ts';
import { renderPlan, summary } from '../../core/plan/render.ts';
import { secretNamed } from '../../kube/manifests/secret.ts';
import { watchManifests } from '../../kube/manifests/watch.ts';
import type { SyncReport } from '../../worker/worker.ts';
import { systemClock } from '../clock.ts';
import { startEmbedded } from '../compose/embedded.ts';
import { exitCodes, painter, type ExitCode, type Io } from '../io.ts';

interface Options {
  readonly manifests: string;
  readonly cluster: string;
  readonly once?: true;
}

const readBackAfterMs = 10_000;
const recheckEveryMs = 60_000;

/** Keeps the enforcement points in step with a directory until told to stop, and prints what it does. */
export async function run({ manifests, cluster, once }: Options, io: Io): Promise<ExitCode> {
  const print = new Printer(io);
  const stop = new AbortController();
  const signal = AbortSignal.any([io.signal, stop.signal]);
  const embedded = startEmbedded({
    adapters: async (kind) => adapters[kind]?.(),
    secrets: async (name) => secretNamed((await watching).secrets(), name, io.environment.namespace),
    owner: { cluster },
    clock: systemClock,
    random: Math.random,
    readBackAfterMs: once === true ? 0 : readBackAfterMs,
    recheckEveryMs,
    report: (report) => print.report(report),
  });
  const watching = watchManifests(
    manifests,
    async (changes, problems) => {
      await embedded.apply(changes, true);
      print.changes(changes.length, [...problems, ...embedded.controller.problems()]);
    },
    { clock: systemClock, signal },
  );
  try {
    const { ended } = await watching;
    if (once === true) await embedded.settled();
    else await ended;
  } finally {
    stop.abort();
    await embedded.close();
  }
  return print.failed ? exitCodes.error : exitCodes.ok;
}

/** One block of lines for each thing that happened. */
class Printer {
  readonly #io: Io;
  readonly #paint: ReturnType<typeof painter>;
  readonly #bad = new Set<string>();

  constructor(io: Io) {
    this.#io = io;
    this.#paint = painter(io.out, io.environment);
  }

  /** Is any point not as it should be? */
  get failed(): boolean {
    return this.#bad.size > 0;
  }

  changes(count: number, problems: readonly Problem[]): void {
    const changed = count === 0 ? 'no object' : count === 1 ? '1 object' : `${count} objects`;
    this.#line(`${changed} changed`);
    for (const { severity, subject, field, message } of problems.filter((problem) => problem.severity !== 'info')) {
      const where = field === '' ? subject : `${subject} ${field}`;
      this.#line(this.#paint(`  ${severity}: ${where}: ${message}`, severity === 'error' ? 'bad' : 'warn'));
    }
  }

  report(report: SyncReport): void {
    const { point, path } = report;
    if (path === 'none') {
      this.#bad.add(point);
      this.#line(this.#paint(`${point}: ${report.error.message}`, 'bad'));
      return;
    }
    if (path === 'delta') {
      const { outcomes, nativeCalls } = report.result;
      if (outcomes.length > 0)
        this.#line(`${point}: ${outcomes.length} membership changes sent, in ${nativeCalls} native calls`);
      return;
    }
    this.#full(point, report);
  }

  #full(point: string, { result, desired }: Extract<SyncReport, { path: 'full' }>): void {
    const { state, plan, nativeCalls, violations, losses, setAside, error } = result;
    const good = state === 'programmed' || state === 'activating';
    if (good) this.#bad.delete(point);
    else this.#bad.add(point);
    if (plan.changes.length > 0) {
      const detailed = plan.changes.length <= 40;
      this.#line(
        detailed
          ? `${point}:\n${renderPlan(plan.changes, nativeCalls, this.#paint)}`
          : `${point}: ${summary(plan.changes, nativeCalls)}`,
      );
    }
    for (const { effect, message } of losses) this.#line(this.#paint(`${point}: ${effect}: ${message}`, 'warn'));
    for (const { message } of violations) this.#line(this.#paint(`${point}: held: ${message}`, 'bad'));
    for (const item of setAside) this.#line(this.#paint(`${point}: set aside: ${item.error.message}`, 'bad'));
    if (error !== undefined) this.#line(this.#paint(`${point}: ${error.message}`, 'bad'));
    const size = `${desired.rules.length} rules, ${desired.groups.length} groups`;
    this.#line(`${point}: ${this.#paint(state, good ? 'good' : 'bad')}, ${size}`);
  }

  #line(text: string): void {
    const time = new Date(systemClock.now()).toISOString().slice(11, 19);
    this.#io.out.write(`${this.#paint(time, 'dim')} ${text}\n`);
  }
}
