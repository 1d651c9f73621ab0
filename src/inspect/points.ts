import { similarTo } from '../api/similar.ts';
import { adapters, loadAdapter } from '../../adapters/index.ts';
import { AdapterError } from '../adapter/errors.ts';
import { readConfig } from '../adapter/registry.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import { compareText, type Problem } from '../api/problem.ts';
import { UsageError } from '../core/model/usage-error.ts';
import type { Intent } from './intent.ts';

/** Objects, and what is wrong with those that could not be read. */
type ReadObjects = Pick<Intent, 'snapshot' | 'problems'>;

/** All of them by name, or the one that is asked for. @throws UsageError when it is not there */
export function choosePoints(intent: ReadObjects, name: string | undefined): readonly EnforcementPoint[] {
  if (name !== undefined) return [pointNamed(intent, name)];
  return [...intent.snapshot.enforcementPoints].sort((a, b) => compareText(a.metadata.name, b.metadata.name));
}

/** The one of that name. @throws UsageError when it is not there, or is there and cannot be read */
export function pointNamed({ snapshot, problems }: ReadObjects, name: string): EnforcementPoint {
  const points = snapshot.enforcementPoints;
  const found = points.find(({ metadata }) => metadata.name === name);
  if (found !== undefined) return found;
  requireRead(problems, `EnforcementPoint/${name}`);
  throw noSuchPoint(name, points.map(({ metadata }) => metadata.name).sort(compareText));
}

/** Is there a point at all, though it cannot be read? */
export function hasUnreadPoint(problems: readonly Problem[]): boolean {
  return problems.some(({ subject, severity }) => severity === 'error' && subject.startsWith('EnforcementPoint/'));
}

/** @throws UsageError when the object is there and cannot be read */
export function requireRead(problems: readonly Problem[], id: string): void {
  const unread = problems.find(({ subject, severity }) => severity === 'error' && subject === id);
  if (unread !== undefined) throw new UsageError(`${id} cannot be read: ${unread.field}: ${unread.message}`);
}

export function noSuchPoint(name: string, known: readonly string[]): UsageError {
  return new UsageError(`there is no EnforcementPoint "${name}"; there are: ${known.join(', ') || 'none'}`);
}

/** Looks at each point in turn. One that cannot be looked at is a problem of its own, and the others are still seen. */
export async function eachPoint<T>(
  points: readonly EnforcementPoint[],
  look: (point: EnforcementPoint) => Promise<T>,
): Promise<{ readonly found: readonly T[]; readonly failures: readonly Problem[] }> {
  const found: T[] = [];
  const failures: Problem[] = [];
  for (const point of points) {
    const problems = await checkPoint(point);
    for (const problem of problems) failures.push(problem);
    if (problems.length > 0) continue;
    try {
      found.push(await look(point));
    } catch (error) {
      failures.push(failureOf(point, error));
    }
  }
  return { found, failures };
}

/** What an adapter refuses of a point before any device is asked: its kind, its vantage, its config. */
export async function checkPoint(point: EnforcementPoint): Promise<readonly Problem[]> {
  const base = { severity: 'error', subject: `EnforcementPoint/${point.metadata.name}` } as const;
  const kind = point.spec.adapter;
  const adapter = await loadAdapter(kind);
  if (adapter !== undefined)
    return readConfig(adapter, point).issues.map((issue) => ({ ...base, code: 'invalid', ...issue }));
  const similar = similarTo(kind, Object.keys(adapters));
  const meant = similar === undefined ? '' : `did you mean ${similar}? `;
  const message = `there is no adapter "${kind}"; ${meant}choose one of: ${Object.keys(adapters).join(', ')}`;
  return [{ ...base, field: 'spec.adapter', code: 'unknown-adapter', message }];
}

/** What a person reads of a point that could not be looked at. Rethrows defects. */
export function failureOf({ metadata }: EnforcementPoint, error: unknown): Problem {
  if (!(error instanceof AdapterError)) throw error;
  const subject = `EnforcementPoint/${metadata.name}`;
  return { severity: 'error', subject, field: '', code: error.errorClass, message: error.message };
}
