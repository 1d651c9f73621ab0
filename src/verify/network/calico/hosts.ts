import { z } from 'zod';
import { clusterScoped, maybe, text, texts } from '../../values/fields.ts';
import { readKind } from '../../values/objects.ts';
import type { NetworkObjects } from '../objects.ts';
import { nodePolicy } from '../nodes.ts';
import type { Policy } from '../rules.ts';
import type { CalicoPolicy } from './objects.ts';
import { parseSelector } from './selector.ts';

const hostEndpoint = clusterScoped('HostEndpoint', z.object({ node: maybe(text), profiles: texts }));

/** Host endpoints that Calico makes by itself let everything through, until a policy selects them. */
const letsThrough = 'projectcalico-default-allow';

export function readHosts(
  { byKind, nodes }: NetworkObjects,
  group: string,
  policies: readonly CalicoPolicy[],
): readonly Policy[] {
  const { objects } = readKind(byKind, `${group}/HostEndpoint`, hostEndpoint, 'Cluster');
  return objects.flatMap(({ id, labels, node, profiles }) => {
    const selecting = policies.find(
      ({ selector, types, egress }) =>
        (egress.length > 0 || types.includes('Egress')) && parseSelector(selector)?.(labels) !== false,
    );
    if (selecting === undefined && profiles.includes(letsThrough)) return [];
    const why = 'stands for its node, and what policies make of it is not modelled';
    return [nodePolicy(id, why, nodes, ({ name }) => node === undefined || name === node)];
  });
}
