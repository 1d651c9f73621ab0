import { loadAdapter } from '../../../adapters/index.ts';
import type { Adapter, LowerContext } from '../../adapter/adapter.ts';
import { AdapterError } from '../../adapter/errors.ts';
import { offlineAdapter, type PointAdapter } from '../../adapter/registry.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { compileIntent, readIntent } from '../../inspect/intent.ts';
import { choosePoints } from '../../inspect/points.ts';
import { exitFor, writeProblems, type ExitCode, type Io } from '../io.ts';

export interface RenderOptions {
  readonly filename: readonly string[];
  readonly point: string;
  readonly format: string;
  readonly cluster: string;
}

/** What one enforcement point should enforce, in a format of its adapter. Asks no device. */
export async function render(options: RenderOptions, io: Io): Promise<ExitCode> {
  const intent = await readIntent(options, io);
  const { snapshot, problems, cluster } = intent;
  const compiled = compileIntent(snapshot, io.clock.now());
  for (const point of choosePoints(intent, options.point)) {
    const desired = compiled.desired(point.metadata.name);
    const { adapter, context } = await adapterOf(point, cluster);
    const text = formatNamed(adapter, options.format)(desired, context);
    writeProblems([...problems, ...compiled.problems()], io);
    for (const { effect, message } of adapter.lower(desired, context).losses) io.err.write(`${effect}: ${message}\n`);
    io.out.write(text);
  }
  return exitFor([...problems, ...compiled.problems()]);
}

async function adapterOf(point: EnforcementPoint, cluster: string): Promise<PointAdapter> {
  return offlineAdapter(loadAdapter, point, { cluster }).catch((error: unknown) => {
    throw error instanceof AdapterError ? new UsageError(error.message) : error;
  });
}

function formatNamed(adapter: Adapter, name: string): (desired: DesiredState, context: LowerContext) => string {
  const own = adapter.formats ?? {};
  const format = Object.hasOwn(own, name) ? own[name] : undefined;
  if (format !== undefined) return format;
  if (name === 'resources') return (desired, context) => resources(adapter, desired, context);
  const known = ['resources', ...Object.keys(own)].join(', ');
  throw new UsageError(`adapter ${adapter.kind} has no format "${name}"; it has: ${known}`);
}

function resources(adapter: Adapter, desired: DesiredState, context: LowerContext): string {
  return `${JSON.stringify(adapter.lower(desired, context).resources, null, 2)}\n`;
}
