import { textAt } from '../../../../kit/simulator/tables/rows.ts';
import { packetOf } from '../../../../kit/simulator/traffic/packet.ts';
import type { Json } from '../../../../src/core/model/json.ts';
import { badRequest, notFound } from '../api/failure.ts';
import type { Row } from '../tables/schema.ts';
import type { Endpoints, Observation } from './endpoint.ts';

const table = 'firewall/policy';
const group = 'fwgrp.policy';

export const policyEndpoints: Endpoints = {
  [`GET ${table}`]: { group, answer: statistics },
  [`POST ${table}/clear_counters`]: { group, answer: clearCounters },
  [`POST ${table}/reset`]: { group, answer: resetCounters },
  'GET firewall/policy-lookup': { group, answer: lookup },
};

/** One row per policy and one for the implicit deny, which is policy 0. One that was never hit has no counters. */
function statistics({ device, call, vdom }: Observation): readonly Json[] {
  const wanted = call.query.get('policyid');
  const policies = [...vdom.tables.rows(table).values(), { policyid: 0, uuid: '' } as Row];
  return policies
    .filter((policy) => wanted === null || textAt(policy, 'policyid') === wanted)
    .map((policy) => {
      const id = Number(policy['policyid']);
      const counter = device.traffic.counters.of(id);
      const base = { policyid: id, uuid: policy['uuid'] ?? '', uuid_type: 'flow' };
      const open = device.traffic.sessions().filter((session) => session.policyId === id).length;
      if (counter === undefined) return { ...base, active_sessions: open, bytes: 0, packets: 0 };
      const used = { first: Math.floor(counter.firstUsed / 1_000), last: Math.floor(counter.lastUsed / 1_000) };
      return {
        ...base,
        active_sessions: open,
        bytes: counter.hits * 60,
        packets: counter.hits,
        hit_count: counter.hits,
        session_count: open,
        first_used: used.first,
        last_used: used.last,
        session_first_used: used.first,
        session_last_used: used.last,
      };
    });
}

function clearCounters({ device, call, vdom }: Observation): undefined {
  const body = JSON.parse(call.body || '{}') as { readonly policy?: number | readonly number[] };
  const ids = body.policy === undefined ? [...vdom.tables.rows(table).keys()].map(Number) : [body.policy].flat();
  for (const id of ids) device.traffic.counters.forget(id);
}

function resetCounters({ device }: Observation): undefined {
  device.traffic.counters.clear();
}

const protocols: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132, icmp: 1, icmp6: 58 };

/** Evaluates the table for one packet, as the data plane would. */
function lookup({ device, call, vdom }: Observation): Json {
  const { query } = call;
  const asked = (name: string): string => {
    const value = query.get(name);
    if (value === null || value === '') throw badRequest(`${name} is missing`);
    return value;
  };
  const srcintf = asked('srcintf');
  if (!vdom.tables.has('system/interface', srcintf)) throw notFound();
  const protocol = asked('protocol').toLowerCase();
  const number = protocols[protocol] ?? Number(protocol);
  if (!Number.isInteger(number)) throw badRequest(`protocol ${protocol}`);
  const port = Number(query.get('destport') ?? '0');
  const dest = asked('dest');
  const named = /^[0-9.]+$|:/.test(dest) ? { dst: dest } : { host: dest };
  const packet = packetOf({ src: asked('sourceip'), ...named, port, protocol: number });
  if (packet === undefined) throw badRequest('sourceip is not an address');
  const policy = device.match(vdom, packet, { srcintf });
  if (policy === undefined) return { match: false, success: true, policy_id: 0, policy_action: 'deny' };
  return {
    match: true,
    success: true,
    policy_id: policy['policyid'] ?? 0,
    policy_action: policy['action'] ?? 'deny',
    matched_policy_type: 'policy',
  };
}
