import { evaluateMesh } from '../../src/verify/mesh/evaluate.ts';
import {
  checkout,
  entry,
  meshOf,
  plane,
  policy,
  routes,
  server,
  shopSidecar,
  stripe,
  subset,
  to,
} from '../../src/verify/mesh/testing/fixtures.ts';
import type { Asked } from './answered.ts';

/* A service behind the gateway of a mesh, and what becomes of one flow when its objects are others. */

/** The verdict and the path, the mesh, and what is asked of it where it is not `api.stripe.test`. */
export type Trap = readonly [expected: string, yaml: readonly string[], asked?: Asked];

/** @returns `verdict path`, with `?` when it is not certain; `> host:port` when something else than was asked for leaves */
export function judged(
  yaml: readonly string[],
  { client, target = to('api.stripe.test'), config }: Asked = {},
): string {
  const { judge } = evaluateMesh(meshOf(yaml, config));
  const { verdict, certain, path, outside } = judge({ ...checkout, ...client }, target);
  const redirected = verdict === 'Accept' && (outside.host !== (target.host ?? '') || outside.port !== target.port);
  return `${verdict} ${path}${certain ? '' : ' ?'}${redirected ? ` > ${outside.host}:${outside.port}` : ''}`;
}

export const base = [plane, shopSidecar];
export const parts = {
  dr: subset(stripe),
  gw: server(stripe),
  vs: routes(stripe),
  se: entry(stripe),
  ap: policy(stripe),
};
export const { dr, gw, vs, se, ap } = parts;
export const all = [...base, dr, gw, vs, se, ap];
/** What stands for a service behind the gateway, with other objects for some of its parts, or without them: an empty text. */
export function butFor(others: Partial<typeof parts>): readonly string[] {
  return [...base, ...Object.values({ ...parts, ...others }).filter((text) => text !== '')];
}

export const noDefaultDeny = plane.replace(/---\napiVersion: security[\s\S]*$/, '');
