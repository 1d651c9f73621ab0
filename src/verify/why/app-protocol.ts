import type { Snapshot } from '../../core/model/snapshot.ts';
import { parseAddress } from '../../net/address.ts';
import { containsCidr, parseCidr } from '../../net/cidr.ts';
import { nameCovers } from '../../net/name.ts';
import { boundariesOfIntent, boundariesOfService, type Boundary } from '../flows/boundaries.ts';
import type { AskedFlow } from './step.ts';

/**
 * The flow with its application protocol, where policies and services of this snapshot state one for its destination and none
 * states another: the mesh is told the same. Otherwise the port decides.
 */
export function withStatedAppProtocol(flow: AskedFlow, snapshot: Snapshot): AskedFlow {
  if (flow.speaks !== undefined) return flow;
  const about = boundariesOfIntent(snapshot).filter((boundary) => isAbout(boundary, flow));
  const said = new Set(about.flatMap(({ speaks }) => speaks ?? []));
  const [speaks] = said;
  return speaks === undefined || said.size > 1 ? flow : { ...flow, speaks };
}

/**
 * Of HTTP to a host whose TLS the mesh makes (`tls: Originate`): what is to leave, and what policies speak of. Undefined:
 * the flow leaves as it is.
 */
export function asOriginated(flow: AskedFlow, { externalServices }: Snapshot): AskedFlow | undefined {
  const { host, port } = flow;
  if (host === undefined || port !== 80) return undefined;
  const outside: AskedFlow = { ...flow, port: 443 };
  const isMade = externalServices.some(
    ({ spec }) => spec.tls === 'Originate' && boundariesOfService(spec).some((boundary) => isAbout(boundary, outside)),
  );
  return isMade ? outside : undefined;
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
