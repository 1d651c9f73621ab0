import { compareText } from '../../../api/problem.ts';
import { modeOf } from '../proxies/listeners.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import { prepare } from '../world.ts';
import type { CheckContext, MeshCheck, MeshFinding, MeshOwner } from './check.ts';
import { entryChecks } from './entries.ts';
import { formChecks } from './form.ts';
import { gatewayChecks } from './gateways.ts';
import { policyChecks } from './policies.ts';
import { routeChecks } from './routes.ts';
import { scopeChecks } from './scopes.ts';
import { foreignObjectChecks } from './foreign.ts';
import { silentChecks } from './silent.ts';
import { sizeChecks } from './size.ts';
import { upstreamChecks } from './upstream.ts';

/** All checks of a snapshot, by id. */
export const meshChecks: readonly MeshCheck[] = [
  ...formChecks,
  ...entryChecks,
  ...routeChecks,
  ...gatewayChecks,
  ...upstreamChecks,
  ...policyChecks,
  ...scopeChecks,
  ...foreignObjectChecks,
  ...silentChecks,
  ...sizeChecks,
].sort((a, b) => compareText(a.id, b.id));

/**
 * Faults of our objects in a mesh, and foreign objects that could undo them; sorted by check and object. Without an
 * `owner` every object counts as ours, and none is foreign.
 */
export function checkMesh(
  snapshot: MeshSnapshot,
  { owner }: { readonly owner?: MeshOwner } = {},
): readonly MeshFinding[] {
  const context = contextOf(snapshot, owner);
  return meshChecks.flatMap(({ id, severity, fix, find }) =>
    find(context)
      .map(({ on, field, message }) => ({ id, severity, subject: on.id, field, message, fix }))
      .sort(
        (a, b) =>
          compareText(a.subject, b.subject) || compareText(a.field, b.field) || compareText(a.message, b.message),
      ),
  );
}

function contextOf(snapshot: MeshSnapshot, owner: MeshOwner | undefined): CheckContext {
  const world = prepare(snapshot);
  const isOurs: CheckContext['isOurs'] = ({ labels }) => owner === undefined || labels[owner.label] === owner.value;
  const gateways = snapshot.services
    .filter(({ selector }) => Object.keys(selector).length > 0)
    .flatMap((service) => world.podsOf(service))
    .filter(({ listeners }) =>
      [...listeners.values()].some(({ servers }) =>
        servers.some(({ gateway, server }) => isOurs(gateway) && modeOf(server) !== 'AUTO_PASSTHROUGH'),
      ),
    );
  return { snapshot, world, isOurs, gateways };
}
