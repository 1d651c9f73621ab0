import type { Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';

/*
 * Application rules decide by the name that a client says (SNI, Host), where HTTP or TLS is spoken, and only about what no
 * network rule has decided.
 */

export type Port = Rule['ports'][number];

/** Ports on which clients speak HTTP or TLS by default. */
export const webPorts: readonly Port[] = [
  { port: 80, protocol: 'TCP' },
  { port: 443, protocol: 'TCP' },
];

export interface AppPort {
  readonly protocolType: 'Http' | 'Https';
  readonly port: number;
}

/** What an application rule calls the port; undefined: what is spoken there shows it no name. */
export function appPortOf({ protocol, port, endPort = port, appProtocol }: Port): AppPort | undefined {
  if (protocol !== 'TCP' || endPort !== port || appProtocol === 'tcp') return undefined;
  if (appProtocol === 'http' || (appProtocol === undefined && port === 80)) return { protocolType: 'Http', port };
  return appProtocol !== undefined || port === 443 ? { protocolType: 'Https', port } : undefined;
}

/** What is spoken on the ports of a rule, as application rules say it. */
export function appPortsOf({ ports }: Pick<Rule, 'ports'>): readonly AppPort[] {
  const spoken = (ports.length === 0 ? webPorts : ports).flatMap((port) => appPortOf(port) ?? []);
  return [...new Map(spoken.map((one) => [`${one.protocolType} ${one.port}`, one])).values()];
}

/** Does a rule accept names where TLS is spoken on port 80, or HTTP on port 443? A rule for the usual protocols does not see that. */
export function isUnusual({ ports, destination }: Pick<Rule, 'ports' | 'destination'>): boolean {
  const usual = appPortsOf({ ports: webPorts });
  return (
    destination.names.length > 0 &&
    appPortsOf({ ports }).some(
      (one) => usual.some(({ port }) => port === one.port) && !usual.some((other) => isSame(one, other)),
    )
  );
}

function isSame(a: AppPort, b: AppPort): boolean {
  return a.port === b.port && a.protocolType === b.protocolType;
}

/** @param web the ports of the web on which a rule denies everything */
export function applicationFields(rule: Rule, web: readonly Port[]): JsonObject | undefined {
  const isDeny = rule.action === 'Deny';
  const protocols = appPortsOf(isDeny ? { ports: web } : rule).map((one) => ({ ...one }));
  const names = isDeny ? ['*'] : rule.destination.names;
  return protocols.length === 0 || names.length === 0 ? undefined : { protocols, targetFqdns: names };
}
