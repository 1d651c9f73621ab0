import { maxOf } from '../../../src/core/model/extremes.ts';
import { isAtLeast, readVersion } from '../mesh-facts.ts';
import type { ProxyStatus } from './messages.ts';

/*
 * Has a proxy what was written? istiod says when it sent each type of configuration last, and whether the proxy took it; it
 * does not say what was in it, and sends nothing to proxies that a change does not concern. So a proxy has it that has
 * taken what was sent after the change; and one to which nothing was sent, once istiod would have sent it.
 */

/** The longest that istiod gathers changes (PILOT_DEBOUNCE_MAX), and a second for the full seconds of the API server's times. */
const gatheringMs = 11_000;
const fullSecondMs = 1_000;
/** Meshes change all the time: what a proxy was sent just now says nothing of what it was sent before. */
const patienceMs = 5_000;
/** What is written is in these; endpoints and secrets change for reasons of their own. */
const counted = ['Cluster', 'Listener', 'RouteConfiguration'];
/** A proxy without any is one that does nothing. */
const needed = new Set(['Cluster', 'Listener']);

/** What was written for a proxy. */
export interface Due {
  /** When it was written last, milliseconds since the epoch, the full second before. */
  readonly writtenAt: number;
  /** `[1, 30]`: the oldest proxy that does what it says; absent: any. */
  readonly needs?: readonly [number, number] | undefined;
}

/**
 * Why a proxy lacks what was written, continuing the name of its pod; undefined: it has it.
 *
 * @param status undefined: no istiod knows the proxy
 */
export function lagOf(status: ProxyStatus | undefined, { writtenAt, needs }: Due, now: number): string | undefined {
  if (status === undefined) return 'has a proxy that is connected to no istiod';
  const version = readVersion(status.version);
  if (needs !== undefined && version !== undefined && !isAtLeast(version, needs))
    return `has a proxy of Istio ${status.version}, and what was written needs ${needs.join('.')}: restart the pod`;
  const types = counted.flatMap((name) => {
    const type = status.types.get(name);
    return type === undefined ? [] : [{ name, ...type }];
  });
  const refused = types.find((type) => type.status === 'ERROR');
  if (refused !== undefined) return `has a proxy that refused what istiod sent it: ${firstLine(refused.error ?? '')}`;
  const isNew = now < writtenAt + gatheringMs;
  const waiting = types.filter(({ status: one }) => one === 'STALE');
  if (waiting.some(({ sentAt = 0 }) => isNew || now - sentAt > patienceMs))
    return 'has a proxy that has not acknowledged what istiod sent it';
  if (types.length === 0 || types.some(({ name, status: one }) => one === 'NOT_SENT' && needed.has(name)))
    return 'has a proxy to which istiod has sent nothing yet';
  const sentAt = maxOf(types.map((type) => type.sentAt ?? 0));
  return isNew && sentAt < writtenAt + fullSecondMs ? 'has a proxy that istiod may not have sent it to yet' : undefined;
}

const longest = 200;

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > longest ? `${line.slice(0, longest)}...` : line;
}
