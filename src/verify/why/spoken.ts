import type { Snapshot } from '../../core/model/snapshot.ts';
import { parseAddress } from '../../net/address.ts';
import { containsCidr, parseCidr } from '../../net/cidr.ts';
import { nameCovers } from '../../net/name.ts';
import { boundariesOfIntent, type Boundary } from '../flows/boundaries.ts';
import type { AskedFlow } from './step.ts';

/**
 * The flow with what the workload speaks, where the policies and services of this snapshot say so of its destination and
 * all that do agree: it is what the mesh is told, too. Otherwise that goes by the port.
 */
export function withWhatIsSpoken(flow: AskedFlow, snapshot: Snapshot): AskedFlow {
  if (flow.speaks !== undefined) return flow;
  const about = boundariesOfIntent(snapshot).filter((boundary) => isAbout(boundary, flow));
  const said = new Set(about.flatMap(({ speaks }) => speaks ?? []));
  const [speaks] = said;
  return speaks === undefined || said.size > 1 ? flow : { ...flow, speaks };
}

function isAbout({ to, ports }: Boundary, { host, address, port, protocol }: AskedFlow): boolean {
  const isPort = ports.some(
    (one) => one.protocol === protocol && one.port <= port && port <= (one.endPort ?? one.port),
  );
  if (!isPort) return false;
  if (host !== undefined) return to.names.some((name) => nameCovers(name, host));
  const read = parseAddress(address ?? '');
  return (
    read !== undefined &&
    to.networks.some((text) => {
      const network = parseCidr(text);
      return network !== undefined && containsCidr(network, read);
    })
  );
}
