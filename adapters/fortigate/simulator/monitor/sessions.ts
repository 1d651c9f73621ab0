import { scalar } from '../../../../kit/simulator/tables/rows.ts';
import type { Json } from '../../../../src/core/model/json.ts';
import { bodyOf } from '../api/call.ts';
import type { Endpoints, Observation } from './endpoint.ts';

/** `firewall/sessions` is what 7.6.5 calls it; that `firewall/session` went with 7.6.0 is a guess. */
export const sessionEndpoints: Endpoints = {
  'GET firewall/session': { group: 'sysgrp.cfg', in: ({ from }) => !from('7.6.0'), answer: sessions },
  'GET firewall/sessions': { group: 'sysgrp.cfg', answer: sessions },
  'POST firewall/session/close': { group: 'sysgrp.cfg', answer: (seen) => close(seen, 4, 'pro') },
  'POST firewall/session/close-multiple': { group: 'sysgrp.cfg', answer: (seen) => close(seen, 4) },
  'POST firewall/session6/close-multiple': { group: 'sysgrp.cfg', answer: (seen) => close(seen, 6) },
};

/** `?ip_version=ipv4|ipv6|ipboth&count=`: the first so many; the summary counts them all. */
function sessions({ device, call }: Observation): Json {
  const version = call.query.get('ip_version');
  const open = device.traffic
    .sessions()
    .filter(({ family }) => version === null || version === 'ipboth' || version === `ipv${family}`);
  const shown = open.slice(0, Number(call.query.get('count') ?? open.length)).map((session) => ({
    proto: session.protocol,
    saddr: session.source,
    daddr: session.destination,
    dport: session.port,
    policyid: session.policyId,
  }));
  return { summary: { matched_count: open.length }, details: shown };
}

/** Closes the sessions for which every criterion holds that is given. */
function close({ device, call }: Observation, family: 4 | 6, proto = 'proto'): Json {
  const body = bodyOf(call);
  const names: Readonly<Record<string, string>> = { tcp: '6', udp: '17' };
  const holds = (name: string, own: string | number): boolean => {
    const given = scalar(body[name]).toLowerCase();
    return body[name] === undefined || (names[given] ?? given) === String(own);
  };
  const closed = device.traffic.end(
    (session) =>
      session.family === family &&
      holds(proto, session.protocol) &&
      holds('saddr', session.source) &&
      holds('daddr', session.destination) &&
      holds('dport', session.port) &&
      holds('policy', session.policyId),
  );
  return { closed };
}
