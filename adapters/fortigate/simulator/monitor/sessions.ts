import { bodyOf } from '../call.ts';
import { scalar } from '../row.ts';
import type { OpenSession } from '../traffic.ts';
import type { Endpoints } from './monitor.ts';

export const sessionEndpoints: Endpoints = {
  'GET firewall/session': {
    group: 'sysgrp.cfg',
    answer: ({ device }) => ({
      fields: {
        results: {
          summary: { matched_count: device.traffic.sessions().length },
          details: device.traffic.sessions().map((open) => ({
            proto: open.protocol,
            saddr: open.source,
            daddr: open.destination,
            dport: open.port,
            policyid: open.policyId,
          })),
        },
      },
    }),
  },
  'POST firewall/session/close-multiple': {
    group: 'sysgrp.cfg',
    answer: ({ device, call }) => ({ fields: { results: { closed: device.traffic.end(wanted(bodyOf(call))) } } }),
  },
};

/** Every criterion that is given holds. */
function wanted(body: Readonly<Record<string, unknown>>): (session: OpenSession) => boolean {
  const criteria: readonly (readonly [unknown, (session: OpenSession) => string | number])[] = [
    [body['proto'], (session) => session.protocol],
    [body['saddr'], (session) => session.source],
    [body['daddr'], (session) => session.destination],
    [body['dport'], (session) => session.port],
    [body['policy'], (session) => session.policyId],
  ];
  const names: Readonly<Record<string, string>> = { tcp: '6', udp: '17' };
  return (session) =>
    criteria.every(([given, own]) => {
      if (given === undefined) return true;
      const text = scalar(given).toLowerCase();
      return (names[text] ?? text) === String(own(session));
    });
}
