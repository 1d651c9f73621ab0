import type { EnforcementPoint } from '../api/kinds.ts';
import type { Adapter, LowerContext } from './adapter.ts';
import { AdapterError } from './errors.ts';
import type { Owner } from './owner.ts';

/** Loads an adapter by `spec.adapter`; undefined: there is none of that kind. */
export type AdapterRegistry = (kind: string) => Promise<Adapter | undefined>;

/** An adapter, and what it lowers for at one enforcement point. */
export interface PointAdapter {
  readonly adapter: Adapter;
  readonly context: LowerContext;
}

/** @throws AdapterError `unsupported` when there is no such adapter */
export async function adapterFor(registry: AdapterRegistry, { spec, metadata }: EnforcementPoint): Promise<Adapter> {
  const adapter = await registry(spec.adapter);
  if (adapter !== undefined) return adapter;
  throw new AdapterError(
    'unsupported',
    `EnforcementPoint/${metadata.name} spec.adapter: there is no adapter "${spec.adapter}".`,
  );
}

/**
 * The adapter of a point without connecting to its device, which is taken to have every capability of its kind.
 *
 * @throws AdapterError `unsupported` for an unknown adapter, `invalid` for a config that it refuses
 */
export async function offlineAdapter(
  registry: AdapterRegistry,
  point: EnforcementPoint,
  owner: Owner,
): Promise<PointAdapter> {
  const adapter = await adapterFor(registry, point);
  return { adapter, context: { config: parseConfig(adapter, point), capabilities: adapter.capabilities, owner } };
}

/** `spec.config` as the adapter wants it, at a vantage that it supports. @throws AdapterError `invalid`, naming the field */
export function parseConfig(adapter: Adapter, { spec, metadata }: EnforcementPoint): unknown {
  const { type } = spec.vantage;
  const named = type === 'Identity' || type === 'Labels';
  if (adapter.sees !== (named ? type : undefined)) {
    const wanted = adapter.sees ?? 'Pod, Node, EgressGateway or Static';
    const message = `EnforcementPoint/${metadata.name} spec.vantage.type: an adapter of kind ${adapter.kind} cannot work with ${type}; set ${wanted}.`;
    throw new AdapterError('invalid', message);
  }
  const parsed = adapter.config.safeParse(spec.config);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${['spec', 'config', ...path].join('.')}: ${message}`);
  throw new AdapterError('invalid', `EnforcementPoint/${metadata.name} ${issues.join('; ')}`);
}
