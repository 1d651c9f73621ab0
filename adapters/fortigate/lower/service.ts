import { portRanges } from '../../../kit/common/rules/ports.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { comment, contentName, tables } from '../objects/names.ts';
import { serviceReader } from '../objects/specs.ts';
import type { Context } from './context.ts';

export interface LoweredService {
  readonly name: string;
  /** Absent for the predefined service that is everything. */
  readonly object?: Resource;
}

/** One custom service per set of ports, shared by all rules that have it; FortiOS's own `ALL` for no restriction. */
export function lowerService(rule: Rule, { owner, capabilities }: Context): LoweredService {
  if (rule.ports.length === 0) return { name: 'ALL' };
  const [tcp, udp] = [portRanges(rule, 'TCP').join(' '), portRanges(rule, 'UDP').join(' ')];
  const hint = [tcp && `tcp-${tcp}`, udp && `udp-${udp}`].filter(Boolean).join('-');
  const name = contentName(owner, hint, `service tcp ${tcp} udp ${udp}`);
  const row = { 'tcp-portrange': tcp, 'udp-portrange': udp, comment: comment(owner, 'service') };
  return { name, object: plainResource(tables.service, name, serviceReader(capabilities.version).read(row)) };
}
