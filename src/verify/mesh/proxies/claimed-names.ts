import { passed, type MeshAnswer, type MeshTarget, type Trail } from '../answer.ts';
import type { Network } from '../../network/network.ts';
import { isPattern } from '../registry/host.ts';
import { keepsAddress } from './kept-address.ts';
import type { Claimable } from '../registry/claimable.ts';
import type { World } from '../world.ts';

/*
 * A sidecar knows what goes to TLS and HTTP ports by the name that the client says. Where it does not resolve that name
 * (`resolution: NONE`, without addresses), it goes to whatever address the client does: nothing compares the two.
 */

/**
 * How a client gets to an address by naming a host that it does not go to; undefined: it does not. Of a flow that says
 * its name there is nothing to be found: it has named what it goes to.
 *
 * @param ask what becomes of another flow of the same client
 */
export function underClaimedName(
  world: World,
  trail: Trail,
  ask: (trail: Trail, within: World) => MeshAnswer,
): MeshAnswer | undefined {
  const { client, target } = trail;
  const { host, address, protocol, port } = target;
  if (client.meshed !== 'sidecar' || protocol !== 'TCP' || host !== undefined || address === undefined)
    return undefined;
  const within = { ...world, network: withoutNames(world.network) };
  const answers = (world.claimable.get(port) ?? []).flatMap((one): readonly MeshAnswer[] => {
    const claim = claimOf(one);
    const asked = { ...trail, target: claiming(target, one) };
    if (!one.byRule) return [{ ...ask(passed(asked, { layer: 'sidecar', ...claim }), within), claim }];
    const answer = ask(asked, within);
    const rule = answer.steps.find(({ reason }) => reason === keepsAddress);
    return rule === undefined ? [] : [{ ...answer, claim: { ...claim, object: rule.object } }];
  });
  const there = answers.filter(
    ({ verdict, path, outside }) =>
      verdict === 'Accept' && path === 'direct' && outside.address === address && outside.port === port,
  );
  const found = there.find(({ certain }) => certain) ?? there[0];
  return found && { ...found, outside: { host: '', address, port } };
}

/** Network plugins go by the addresses that names have, and not by what a client says. */
function withoutNames(network: Network): Network {
  return {
    ...network,
    leaves: (from, to, wire) =>
      network.leaves(from, to.kind === 'outside' ? { ...to, host: undefined, names: undefined } : to, wire),
  };
}

function claimOf({ service: { id, host }, port: { number, protocol } }: Claimable): NonNullable<MeshAnswer['claim']> {
  const said = protocol === 'TLS' ? 'SNI' : 'Host';
  return {
    object: id,
    reason: `takes a connection that names ${host} (${said}) on port ${number} to whatever address it goes to`,
  };
}

function claiming(target: MeshTarget, { service: { host }, port: { number, protocol } }: Claimable): MeshTarget {
  const claimed = isPattern(host) ? host.replace('*', 'any') : host;
  return { ...target, host: claimed, port: number, appProtocol: protocol === 'TLS' ? 'tls' : 'http' };
}
