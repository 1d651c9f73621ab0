import { nextTryOf } from '../../../adapter/errors.ts';
import type { Problem } from '../../../api/problem.ts';
import type { Loss } from '../../../core/model/resource.ts';
import { counted, sentences } from '../../../core/text/wording.ts';
import { inForceOf, leftOut } from '../../../core/status/left-out.ts';
import { renderPlan, summary } from '../../../core/plan/render.ts';
import type { SyncReport } from '../../../worker/sync-report.ts';
import { exitCodes, painter, type ExitCode, type Io } from '../../io.ts';

type FullReport = Extract<SyncReport, { path: 'full' }>;

/** How a point is doing: as desired, as desired but for rules that it cannot have or mode Observe leaves undone, or not. */
type Standing = 'good' | 'leftOut' | 'pending' | 'bad';

/** What `postern run --manifests` prints: a block of lines for each thing that happened. */
export class RunLines {
  readonly #io: Io;
  readonly #paint: ReturnType<typeof painter>;
  readonly #standing = new Map<string, Standing>();
  /** What was said of a point last: one that stays as it is does not fill the screen. */
  readonly #written = new Map<string, string>();
  readonly #again: boolean;
  #trouble = '';
  #refused = false;

  /** @param again a point that failed is tried again for as long as the process runs */
  constructor(io: Io, again: boolean) {
    this.#again = again;
    this.#io = io;
    this.#paint = painter(io.out, io.environment);
  }

  /** 1 while an object was not taken or a point is not as it should be, 2 while mode Observe leaves something undone, 5 with rules left out. */
  get exitCode(): ExitCode {
    const standings = [...this.#standing.values()];
    if (this.#refused || standings.includes('bad')) return exitCodes.error;
    if (standings.includes('pending')) return exitCodes.pending;
    return standings.includes('leftOut') ? exitCodes.leftOut : exitCodes.ok;
  }

  changes(count: number, problems: readonly Problem[]): void {
    this.#refused = problems.some(({ severity }) => severity === 'error');
    this.#written.clear();
    const lines = problems
      .filter(({ severity }) => severity !== 'info')
      .map(({ severity, subject, field, message }) => {
        const where = field === '' ? subject : `${subject} ${field}`;
        return this.#paint(`  ${severity}: ${where}: ${message}`, severity === 'error' ? 'bad' : 'warn');
      });
    const head = `${count === 0 ? 'no object' : counted(count, 'object')} changed`;
    this.#print(count === 0 && this.#refused ? lines : [head, ...lines]);
  }

  /**
   * Something that no report of a point says: an outcome that cannot be recorded, for instance. Nothing is as it should be
   * until the point has another report.
   *
   * @param subject a point, or a part of the program
   */
  trouble(subject: string, message: string): void {
    this.#standing.set(subject, 'bad');
    const text = `${subject}: ${message}`;
    if (text !== this.#trouble) this.#print([this.#paint(text, 'bad')]);
    this.#trouble = text;
  }

  /** @param overGrants who else gains what is granted at the point */
  report(report: SyncReport, overGrants: readonly Loss[]): void {
    const { point, path } = report;
    if (path === 'none') {
      this.#standing.set(point, 'bad');
      const { error } = report;
      this.#say(point, [this.#paint(this.#again ? sentences(error.message, nextTryOf(error)) : error.message, 'bad')]);
    } else if (path === 'full') {
      const standing = standingOf(report);
      this.#standing.set(point, standing);
      this.#say(point, this.#full(report, overGrants, standing));
    } else if (report.result.outcomes.length > 0) {
      const { outcomes, nativeCalls } = report.result;
      this.#written.delete(point);
      this.#print([
        `${point}: ${counted(outcomes.length, 'membership change')} sent, in ${counted(nativeCalls, 'native call')}`,
      ]);
    }
  }

  #full({ result, desired }: FullReport, overGrants: readonly Loss[], standing: Standing): readonly string[] {
    const { state, plan, nativeCalls, violations, losses, quarantined, error } = result;
    const { changes } = plan;
    const detailed = changes.length > 0 && changes.length <= 40;
    const planned = detailed ? `\n${renderPlan(changes, nativeCalls, this.#paint)}` : summary(changes, nativeCalls);
    const missing = leftOut(desired.rules, { losses, refused: [] });
    const size = `${inForceOf(desired.rules.length, missing)}, ${counted(desired.groups.length, 'group')}`;
    const why = missing.count === 0 ? '' : `; ${missing.count} left out, because ${missing.because.replace(/\.$/, '')}`;
    return [
      ...(changes.length > 0 ? [planned] : []),
      ...[...losses, ...overGrants].map(({ effect, message }) => this.#paint(`${effect}: ${message}`, 'warn')),
      ...violations.map(({ message }) => this.#paint(`held: ${message}`, 'bad')),
      ...quarantined.map((item) => this.#paint(`quarantined: ${item.error.message}`, 'bad')),
      ...(error === undefined ? [] : [this.#paint(error.message, 'bad')]),
      `${this.#paint(state, meanings[standing])}, ${size}${why}`,
    ];
  }

  #say(point: string, sentences: readonly string[]): void {
    const text = sentences.join('\n');
    if (this.#written.get(point) === text) return;
    this.#written.set(point, text);
    this.#print(sentences.map((sentence) => `${point}:${sentence.startsWith('\n') ? '' : ' '}${sentence}`));
  }

  #print(lines: readonly string[]): void {
    const time = this.#paint(new Date(this.#io.clock.now()).toISOString().slice(11, 19), 'dim');
    for (const line of lines) this.#io.out.write(`${time} ${line}\n`);
  }
}

const meanings = { good: 'good', leftOut: 'warn', pending: 'warn', bad: 'bad' } as const;

function standingOf({ result: { state, losses }, desired }: FullReport): Standing {
  if (state === 'programmed' || state === 'activating' || state === 'in-progress')
    return leftOut(desired.rules, { losses, refused: [] }).count > 0 ? 'leftOut' : 'good';
  return state === 'planned' ? 'pending' : 'bad';
}
