import type { Document } from '../outcome.ts';
import type { Checkpoint } from './authorization.ts';
import type { Exit } from './destinations.ts';
import { ofKind, policySchema, specOf, type MeshSettings, type Policy } from './objects.ts';

/**
 * The policies that a waypoint asks about a ServiceEntry, by `targetRefs`; undefined: there are none. Sidecars do not go by
 * waypoints, so that what is carried over is what both ways permit.
 */
export function waypointOf(
  all: readonly Document[],
  entry: Document,
  exit: Exit,
  settings: MeshSettings,
): Checkpoint | undefined {
  const about = ofKind(all, 'security.istio.io/AuthorizationPolicy').flatMap((document) => {
    const spec = specOf(policySchema, document);
    const targets = spec === undefined ? [] : targetsOf(spec);
    const isSure =
      document.namespace === entry.namespace &&
      targets.some(({ kind, name }) => kind === 'ServiceEntry' && name === entry.name);
    const isPossible =
      isSure ||
      (document.namespace === settings.rootNamespace && targets.some(({ kind }) => kind === 'GatewayClass')) ||
      targets.some(({ kind, name }) => kind === 'Gateway' && mayBeWaypoint(entry, document, name));
    return isPossible ? [{ document, isSure }] : [];
  });
  if (about.length === 0) return undefined;
  return {
    policies: about.map(({ document }) => document),
    unsure: about.find(({ isSure }) => !isSure)?.document,
    ...{ knowsClients: true, readsRequests: exit.protocol === 'HTTP', host: exit.name ?? '' },
    ...{ port: exit.port, sni: undefined },
  };
}

type Target = NonNullable<Policy['targetRef']>;

export function targetsOf({ targetRef, targetRefs }: Pick<Policy, 'targetRef' | 'targetRefs'>): readonly Target[] {
  return [...(targetRef ? [targetRef] : []), ...(targetRefs ?? [])];
}

/** The waypoint that the entry asks for or, where it asks for none, any of its namespace. */
function mayBeWaypoint({ namespace, value }: Document, policy: Document, name: string): boolean {
  const text = JSON.stringify(value['metadata']);
  const [, asked] = /"istio\.io\/use-waypoint":"([^"]*)"/.exec(text) ?? [];
  const [, where = namespace] = /"istio\.io\/use-waypoint-namespace":"([^"]*)"/.exec(text) ?? [];
  return policy.namespace === where && (asked === undefined || asked === name);
}
