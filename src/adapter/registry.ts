import { findingsOf, pathText, relevantIssues, zodDefaultMessage } from '../api/validation-errors.ts';
import { z } from 'zod';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { Adapter, LowerContext } from './adapter.ts';
import { AdapterError } from './errors.ts';
import { assume, type AssumedFact, type Assumption } from './assumptions.ts';
import type { Owner } from './owner.ts';

type VantageType = EnforcementPoint['spec']['vantage']['type'];

const statusSchema = z.object({ deviceVersion: z.string().optional() });

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
 * The adapter of a point without connecting to its device, which is taken to have every capability of its kind but for what is
 * said of it, or in the status of the point.
 *
 * @throws AdapterError `unsupported` for an unknown adapter, `invalid` for a config that it refuses
 */
export async function offlineAdapter(
  registry: AdapterRegistry,
  point: EnforcementPoint,
  { cluster }: Pick<Owner, 'cluster'>,
  said: readonly Assumption[] = [],
): Promise<PointAdapter & { readonly assumed: readonly AssumedFact[] }> {
  const adapter = await adapterFor(registry, point);
  const owner = { cluster, point: point.metadata.name };
  const config = parseConfig(adapter, point);
  const deviceVersion = statusSchema.safeParse(point['status']).data?.deviceVersion;
  const { capabilities, facts } = assume(adapter, owner.point, { said, deviceVersion });
  return { adapter, context: { config, capabilities, owner }, assumed: adapter.inMesh === undefined ? facts : [] };
}

/** What an adapter refuses of a point, field by field. */
export interface PointIssue {
  /** `spec.config.url` */
  readonly field: string;
  readonly message: string;
}

/** `spec.config` as the adapter wants it, at a vantage that it supports. @throws AdapterError `invalid`, naming the fields */
export function parseConfig(adapter: Adapter, point: EnforcementPoint): unknown {
  const { config, issues } = readConfig(adapter, point);
  if (issues.length === 0) return config;
  const faults = issues.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new AdapterError('invalid', `EnforcementPoint/${point.metadata.name} ${faults}`);
}

/** The same without throwing: the config counts only where there is no issue. */
export function readConfig(
  adapter: Adapter,
  { spec }: EnforcementPoint,
): { readonly config: unknown; readonly issues: readonly PointIssue[] } {
  const parsed = adapter.config.safeParse(spec.config);
  const refused = relevantIssues(parsed.error?.issues ?? []).flatMap((issue): readonly PointIssue[] => {
    const within = (field: string): string => ['spec.config', field].filter(Boolean).join('.');
    if (isInOurWords(issue))
      return findingsOf(issue, adapter.config, spec.config).map(({ field, message }) => ({
        field: within(field),
        message,
      }));
    return [{ field: within(pathText(issue.path)), message: issue.message }];
  });
  const unseen = vantageRefusal(adapter, spec.vantage.type, parsed.data);
  const vantage = unseen === undefined ? [] : [{ field: 'spec.vantage.type', message: unseen }];
  return { config: parsed.data, issues: [...vantage, ...refused] };
}

/** Where zod has only a sentence of its own, without the value and what the field is for. What an adapter says itself stays. */
function isInOurWords({ code, message }: z.core.$ZodIssue): boolean {
  if (code === 'unrecognized_keys' || code === 'invalid_value') return true;
  if (code === 'invalid_union') return message === zodDefaultMessage;
  return code !== 'custom' && zodSentence.test(message);
}

const zodSentence = /^(?:Invalid (?:input: expected|string: must|number: must)|Too (?:big|small): expected) /;

/** @param config undefined: it was refused */
function vantageRefusal(adapter: Adapter, type: VantageType, config: unknown): string | undefined {
  const { kind, sees } = adapter;
  if (adapter.refusesVantage !== undefined)
    return config === undefined ? undefined : adapter.refusesVantage(type, config);
  const named = type === 'Identity' || type === 'Labels';
  if (sees === (named ? type : undefined)) return undefined;
  return `${kind} cannot work with ${type}; set ${sees ?? 'Pod, Node, EgressGateway, EgressIP or Static'}`;
}

/** Where a point writes to, if its adapter is there and takes its config. */
export async function placeOf(registry: AdapterRegistry, point: EnforcementPoint): Promise<string | undefined> {
  const adapter = await registry(point.spec.adapter);
  const config = adapter?.config.safeParse(point.spec.config);
  if (adapter === undefined || config?.success !== true || adapter.inMesh !== undefined) return undefined;
  return placeIn(adapter, point, config.data);
}

/** The keys that the Secret of a point must have, if its adapter is there and takes its config. */
export async function secretKeysOf(registry: AdapterRegistry, point: EnforcementPoint): Promise<readonly string[]> {
  const adapter = await registry(point.spec.adapter);
  const config = adapter?.config.safeParse(point.spec.config);
  return config?.success === true ? (adapter?.secretKeys?.(config.data) ?? []) : [];
}

/**
 * Where a point with this config writes to, as a text that is the same for whatever means the same place; undefined: its
 * adapter does not say. Objects in the cluster are distinguished by their point.
 */
export function placeIn(adapter: Adapter, { spec }: EnforcementPoint, config: unknown): string | undefined {
  if (adapter.inMesh !== undefined) return `${adapter.kind} in the cluster`;
  const place = adapter.place?.(config);
  if (place === undefined) return undefined;
  const as = adapter.placeByCredentials === true ? ` as Secret/${spec.secretRef?.name ?? ''}` : '';
  return `${adapter.kind} ${place}${as}`;
}
