import { z } from 'zod';
import type { Document } from '../outcome.ts';
import { hostPatternsOverlap, ofKind, specOf } from './objects.ts';

/* DestinationRules: the TLS that a sidecar originates towards a gateway. */

const clientTls = z.looseObject({ mode: z.string().optional(), sni: z.string().optional() }).nullish();
const trafficPolicy = z
  .looseObject({
    tls: clientTls,
    portLevelSettings: z
      .array(z.looseObject({ port: z.looseObject({ number: z.int() }).optional(), tls: clientTls }))
      .nullish(),
  })
  .nullish();
const ruleSchema = z.looseObject({
  host: z.string(),
  exportTo: z.array(z.string()).nullish(),
  trafficPolicy,
  subsets: z.array(z.looseObject({ name: z.string(), trafficPolicy })).nullish(),
});

/** The SNI of the mutual TLS to the gateway, or `plain`; undefined: it cannot be determined. */
export function gatewayTlsOf(
  documents: readonly Document[],
  host: string,
  port: number,
  subset: string | undefined,
): string | undefined {
  const all = ofKind(documents, 'networking.istio.io/DestinationRule').map((one) => specOf(ruleSchema, one));
  const own = all.filter(
    (one) => one === undefined || hostPatternsOverlap(one.host, host) || host.startsWith(`${one.host}.`),
  );
  if (own.includes(undefined)) return undefined;
  const rules = own.flatMap((one) => one ?? []);
  if (rules.some((one) => one.host.includes('*') || (one.exportTo ?? ['*']).join() !== '*')) return undefined;
  const named = rules.flatMap(({ subsets }) => subsets ?? []).filter(({ name }) => name === subset);
  if (subset !== undefined && named.length !== 1) return undefined;
  const policies = [...named, ...rules].map((one) => one.trafficPolicy);
  const tls = policies.flatMap((one) => {
    const ofPort = one?.portLevelSettings?.find((level) => level.port?.number === port);
    const found = ofPort?.tls ?? one?.tls;
    return found ? [found] : [];
  });
  if (tls.length === 0) return 'plain';
  const [first] = tls;
  if (first?.mode === 'DISABLE') return 'plain';
  return first?.mode === 'ISTIO_MUTUAL' ? (first.sni?.toLowerCase() ?? '') : undefined;
}
