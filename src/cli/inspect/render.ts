import { adapters } from '../../../adapters/index.ts';
import type { Adapter, LowerContext } from '../../adapter/adapter.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import { toChanges } from '../../core/compile/changes.ts';
import { Compiler } from '../../core/compile/compiler.ts';
import type { DesiredState } from '../../core/model/desired.ts';
import type { Loss } from '../../core/model/resource.ts';
import { systemClock } from '../../compose/clock.ts';
import { complain, exitFor, readInput, type InputOptions } from '../input.ts';
import { UsageError, type ExitCode, type Io } from '../io.ts';
import { emptyDevices } from '../../inspect/plan-point.ts';
import { chosen } from '../../inspect/plan-points.ts';

export interface RenderOptions extends InputOptions {
  readonly point: string;
  readonly format: string;
  readonly cluster: string;
}

/** What one enforcement point should enforce, in a format of its adapter. Asks no device. */
export async function render(options: RenderOptions, io: Io): Promise<ExitCode> {
  const { snapshot, problems } = await readInput(options, io);
  const [point] = chosen(snapshot.enforcementPoints, options.point);
  if (point === undefined) throw new UsageError(`there is no EnforcementPoint "${options.point}"`);
  const compiler = new Compiler();
  compiler.apply(toChanges(snapshot), new Date(systemClock.now()).toISOString());
  const desired = compiler.desired(options.point) ?? nothingFor(point);
  const { text, losses } = await rendered(point, desired, options);
  const all = [...problems, ...compiler.problems()];
  complain(all, io);
  for (const { effect, message } of losses) io.err.write(`${effect}: ${message}\n`);
  io.out.write(text);
  return exitFor(all);
}

function nothingFor({ metadata, spec }: EnforcementPoint): DesiredState {
  return { point: metadata.name, defaultAction: spec.defaultAction, groups: [], rules: [] };
}

async function rendered(
  point: EnforcementPoint,
  desired: DesiredState,
  { format, cluster }: RenderOptions,
): Promise<{ readonly text: string; readonly losses: readonly Loss[] }> {
  try {
    const { adapter, context } = await emptyDevices(async (kind) => adapters[kind]?.(), { cluster })(point);
    return { text: formatNamed(adapter, format)(desired, context), losses: adapter.lower(desired, context).losses };
  } catch (error) {
    if (error instanceof AdapterError) throw new UsageError(error.message);
    throw error;
  }
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
