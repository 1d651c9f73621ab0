import type { Rule } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { normalisePorts } from '../../../src/core/net/ports.ts';
import { comment, contentName, tables } from '../names.ts';
import { plainResource } from '../native.ts';
import type { Context } from './carrier.ts';

type Port = Rule['ports'][number];

export interface LoweredService {
  readonly name: string;
  /** Absent for the predefined service that is everything. */
  readonly object?: Resource;
}

/** One custom service per set of ports, shared by all rules that have it; FortiOS's own `ALL` for no restriction. */
export function lowerService({ ports }: Rule, { owner }: Context): LoweredService {
  if (ports.length === 0) return { name: 'ALL' };
  const plain = normalisePorts(ports.map(({ appProtocol: _, ...port }) => port));
  const tcp = rangesOf(plain, 'TCP');
  const udp = rangesOf(plain, 'UDP');
  const hint = [tcp && `tcp-${tcp}`, udp && `udp-${udp}`].filter(Boolean).join('-');
  const name = contentName(owner, hint, `service tcp ${tcp} udp ${udp}`);
  const spec = { 'tcp-portrange': tcp, 'udp-portrange': udp, comment: comment(owner, 'service', '', 255) };
  return { name, object: plainResource(tables.service, name, spec) };
}

/** `443 8443-8450`. */
function rangesOf(ports: readonly Port[], protocol: Port['protocol']): string {
  return ports
    .filter((port) => port.protocol === protocol)
    .map(({ port, endPort }) => (endPort === undefined ? `${port}` : `${port}-${endPort}`))
    .join(' ');
}
