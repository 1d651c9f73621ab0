import { loadAdapter } from '../../adapters/index.ts';
import { offlineAdapter } from '../../src/adapter/registry.ts';
import type { Rule } from '../../src/core/model/desired.ts';
import type { Loss } from '../../src/core/model/resource.ts';
import { nameCovers } from '../../src/net/name.ts';
import { NetworkSet } from '../../src/net/network-set.ts';
import { compileIntent } from '../../src/inspect/intent.ts';
import { readManifests } from '../../src/kube/manifests/read-files.ts';

/* What the emission for point `mesh` says beforehand that it cannot do, and of which flows it says so. */

/** One flow as its service describes it. */
export interface Wish {
  /** `namespace/name` of the ServiceAccount. */
  readonly account: string;
  /** Name or address. */
  readonly to: string;
  /** That the client says, and that the outside sees. */
  readonly port: number;
  readonly outside: number;
  /** The mesh is to make the TLS. */
  readonly originate: boolean;
}

/**
 * Is a wish lost by every rule that grants it in its way, each by a loss that names this host, port and way or the whole rule?
 * Where it is granted in the other way only: by all that others are granted in its way, or by what grants it in the other.
 */
export type IsTold = (wish: Wish) => boolean;

export async function readLosses(manifest: string): Promise<IsTold> {
  const { snapshot } = await readManifests(['-'], () => Promise.resolve(Buffer.from(manifest)));
  const desired = compileIntent(snapshot, Date.now()).desired('mesh');
  const point = snapshot.enforcementPoints.find(({ metadata }) => metadata.name === 'mesh');
  if (point === undefined) throw new Error('There is no point mesh.');
  const { adapter, context } = await offlineAdapter(loadAdapter, point, { cluster: 'manifests' });
  const { losses } = adapter.lower(desired, context);
  const members = new Map(desired.groups.map((group) => [group.id, group.members]));
  const leads = ({ action, destination, ports }: Rule, { to, outside }: Wish): boolean =>
    action === 'Accept' &&
    [...destination.names, ...destination.networks].some((place) => covers(place, to)) &&
    ports.some(({ port, endPort = port }) => port <= outside && outside <= endPort);
  const isFor = ({ sources }: Rule, { account }: Wish): boolean =>
    sources.some((id) => members.get(id)?.includes(account) === true);
  return (wish) => {
    const leading = desired.rules.filter((rule) => leads(rule, wish));
    const inItsWay = leading.filter((rule) => (rule.originate === true) === wish.originate);
    const own = inItsWay.filter((rule) => isFor(rule, wish));
    const areLost = (rules: readonly Rule[]): boolean =>
      rules.length > 0 && rules.every(({ id }) => losses.some((loss) => loss.id === id && isAbout(loss, wish)));
    if (own.length > 0) return areLost(own);
    return areLost(inItsWay) || areLost(leading.filter((rule) => isFor(rule, wish)));
  };
}

/** `Port 443 of api.test is left out: ...`, `Ports 1-99 are left out`, `*.api.test is left out`, `Left out: ...`. */
function isAbout({ effect, message }: Loss, { to, port, outside, originate }: Wish): boolean {
  if (effect !== 'rejected' && effect !== 'narrowed') return false;
  const [, what = ''] = /^(.*?) (?:is|are) (?:left out|open|closed)\b/.exec(message) ?? [];
  const [, first, last = first] = /^Ports? (\d+)(?:-(\d+))?/.exec(what) ?? [];
  const host = first === undefined ? what : what.split(' of ')[1];
  const isPort = [port, outside].some((number) => Number(first) <= number && number <= Number(last));
  const isOtherWay = message.includes('not by TLS of their own') !== originate;
  if (message.includes(' and not by ') && !isOtherWay) return false;
  return (first === undefined || isPort) && (host === undefined || host === '' || covers(host, to));
}

function covers(host: string, to: string): boolean {
  if (host.includes('/')) return /^[\d.]+$/.test(to) && NetworkSet.of([host]).covers(NetworkSet.of([`${to}/32`]));
  return nameCovers(host, to);
}
