import { setImmediate as tick } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import type { FakeApiServer, FakeObject } from '../../../../test/kit/api-server.ts';
import type { ObjectReader } from '../../../../kit/protobuf/reader.ts';
import { Transport } from '../../client/transport.ts';
import type { ApiObject } from '../../encoding/decode.ts';
import { Reflector, type ReflectorTiming } from '../reflector.ts';
import type { ObjectUpdate } from '../tracker.ts';

/** Follows `things` of the fake: a sleep takes no time but moves the clock. */
export class Follower {
  readonly observations: string[] = [];
  readonly waits: number[] = [];
  readonly states: string[] = [];
  readonly reports: string[] = [];
  readonly reflector: Reflector<string>;
  /** Called with each observation before it is noted. */
  meddle: (observation: ObjectUpdate<string>) => void = () => undefined;
  time = 0;
  readonly #stop = new AbortController();
  readonly #transport: Transport;
  readonly #done: Promise<void>;

  constructor(fake: FakeApiServer, timing: Partial<ReflectorTiming> = {}, protobuf?: ObjectReader, more: object = {}) {
    this.#transport = new Transport(fake.credentials());
    const things = {
      kind: 'Thing',
      apiVersion: 'v1',
      plural: 'things',
      transform: ({ data }: ApiObject) => (data === 'bad' ? { problems: [badData] } : { object: String(data) }),
      ...(protobuf && { protobuf }),
      ...more,
    };
    this.reflector = new Reflector(things, {
      api: this.#transport,
      clock: { now: () => this.time, elapsed: () => this.time, sleep: (ms) => this.#sleep(ms) },
      random: () => 0.5,
      deliver: (observation) => this.#note(observation),
      report: (message) => this.reports.push(message),
      changed: () => this.states.push(this.reflector.health.state),
      timing,
    });
    this.#done = this.reflector.run(this.#stop.signal);
  }

  get state(): string {
    return this.reflector.health.state;
  }

  /** What was observed since this was last asked. */
  news(): readonly string[] {
    return this.observations.splice(0);
  }

  async watching(): Promise<void> {
    await vi.waitFor(() => expect([this.state, this.reflector.synced]).toEqual(['healthy', true]), waiting);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped by the test'));
    await this.#done;
    this.#transport.close();
  }

  async #sleep(ms: number): Promise<void> {
    this.waits.push(ms);
    this.time += ms;
    await tick();
  }

  #note(observation: ObjectUpdate<string>): void {
    this.meddle(observation);
    const { key, object, cause } = observation;
    this.observations.push(`${object === undefined ? '-' : '+'}${key}${object ? `=${object}` : ''} ${cause}`);
  }
}

export const emptyList: Parameters<FakeApiServer['misbehave']>[1] = (_request, response) =>
  response.end('{"metadata":{"resourceVersion":"900"},"items":null}');
export const waiting = { timeout: 40_000, interval: 2 };
export const badData = {
  severity: 'error',
  subject: 'Thing/x',
  field: 'data',
  code: 'invalid',
  message: 'bad data',
} as const;

export function thing(name: string, data = '', uid?: string): FakeObject {
  return { metadata: { name, ...(uid && { uid }) }, data };
}

export function many(count: number): readonly FakeObject[] {
  return Array.from({ length: count }, (_, index) => thing(`t${index}`));
}
