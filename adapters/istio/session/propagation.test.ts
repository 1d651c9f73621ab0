import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/adapter/adapter.ts';
import { MemoryObjects } from '../../../kit/kubernetes/testing/memory-objects.ts';
import type { KubernetesObject } from '../../../src/adapter/kubernetes-objects.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { kinds } from '../objects/kinds.ts';
import { formed } from '../testing/forms.ts';
import { states } from '../testing/states.ts';
import { wider } from '../testing/wider.ts';
import { aCluster, everyKind, sync } from '../testing/world.ts';

/** A clock that stands still but for those who wait, and that somebody sets back all the time. */
class Waiting implements Clock {
  readonly waits: number[] = [];
  #now = 1_000_000;

  now(): number {
    return 1e12 - 1_000 * this.#now;
  }

  elapsed(): number {
    return this.#now;
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  sleep(ms: number): Promise<void> {
    this.waits.push(ms);
    this.pass(ms);
    return Promise.resolve();
  }
}

const nothing: DesiredState = { ...formed([]), namespaces: ['news', 'shop'] };

async function writesOf(
  objects: MemoryObjects,
  desired: DesiredState,
  config: Readonly<Record<string, unknown>> = {},
): Promise<readonly string[]> {
  const clock = new Waiting();
  const writes: string[] = [];
  const start = clock.elapsed();
  objects.onWritten = ({ verb, kind }) => writes.push(`${clock.elapsed() - start} ${verb} ${kind}`);
  expect((await sync(objects, desired, { clock, config })).error).toBeUndefined();
  return writes;
}

describe('a way that is built', () => {
  it('has settled before clients are shown it, and what they saw before it is taken down', async () => {
    const objects = aCluster();
    await writesOf(objects, nothing);
    expect(await writesOf(objects, formed(['tls-passthrough']))).toEqual([
      '0 patch DestinationRule',
      '0 patch Gateway',
      '0 patch VirtualService',
      '0 patch AuthorizationPolicy',
      '5000 patch ServiceEntry',
    ]);
    expect(await writesOf(objects, nothing)).toEqual([
      '0 delete AuthorizationPolicy',
      '0 delete ServiceEntry',
      '5000 delete VirtualService',
      '5000 delete DestinationRule',
      '5000 delete Gateway',
    ]);
  });

  it('is waited for once, however many there are, and as long as is configured', async () => {
    const objects = aCluster();
    await writesOf(objects, nothing);
    const three = formed(['tls-passthrough', 'plain-http', 'opaque-tcp']);
    const writes = await writesOf(objects, three, { settleSeconds: 12 });
    expect(new Set(writes.map((line) => line.split(' ')[0]))).toEqual(new Set(['0', '12000']));
    expect((await writesOf(aCluster(), three, { settleSeconds: 0 })).every((line) => line.startsWith('0 '))).toBe(true);
  });

  it('may have been built by somebody who was just broken off', async () => {
    const objects = aCluster();
    const desired = formed(['tls-passthrough']);
    await writesOf(objects, desired);
    for (const { kind, metadata } of objects.all().filter((object) => object.kind === 'ServiceEntry')) {
      const { namespace = '', name, uid = '' } = metadata;
      expect(kind).toBe(kinds.serviceEntry.kind);
      await objects.remove(kinds.serviceEntry, { namespace, name, uid });
    }
    expect(await writesOf(objects, desired)).toEqual(['5000 patch ServiceEntry']);
  });

  it('is not waited for by who joins others of the namespace, nor by who leaves', async () => {
    const objects = aCluster();
    const state = formed(['opaque-tcp']);
    const live = (...members: string[]) => ({ ...state, groups: state.groups.map((group) => ({ ...group, members })) });
    await writesOf(objects, live('shop/checkout'));
    expect(await writesOf(objects, live('shop/checkout', 'shop/orders'))).toEqual(['0 patch AuthorizationPolicy']);
    expect(await writesOf(objects, live('shop/orders'))).toEqual(['0 patch AuthorizationPolicy']);
  });
});

/** Kinds of which istiod may not have heard yet. */
const lagging = [
  ['VirtualService'],
  ['ServiceEntry'],
  ['AuthorizationPolicy'],
  ['DestinationRule', 'Gateway'],
  ['VirtualService', 'AuthorizationPolicy'],
  ['ServiceEntry', 'AuthorizationPolicy'],
  ['DestinationRule', 'Gateway', 'VirtualService'],
  ['Sidecar', 'VirtualService'],
];
const settleMs = 5_000;

/** What proxies go by where some kinds are as old as they may be. */
class History {
  readonly #clock: Clock;
  readonly #states: { readonly at: number; readonly objects: readonly KubernetesObject[] }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(objects: MemoryObjects): void {
    this.#states.push({ at: this.#clock.elapsed(), objects: [...objects.all()] });
  }

  view(late: readonly string[]): MemoryObjects {
    const old = this.#states.filter(({ at }) => at <= this.#clock.elapsed() - settleMs).at(-1) ?? this.#states[0];
    const view = new MemoryObjects(everyKind);
    for (const object of this.#states.at(-1)?.objects ?? []) if (!late.includes(object.kind)) view.put(object);
    for (const object of old?.objects ?? []) if (late.includes(object.kind)) view.put(object);
    return view;
  }
}

describe.each([
  ['through a gateway', { plane: 'gateway', canonicalHosts: { '*.example.org': 'www.example.org' } }],
  ['through a waypoint', { plane: 'ambient', istioVersion: '1.31.0', waypoint: { wildcardTls: true } }],
])('a mesh, %s', (_, config) => {
  it('is at no moment wider than before or after, whichever kind reaches the proxies late', async () => {
    const isAmbient = config.plane === 'ambient';
    await fc.assert(
      fc.asyncProperty(fc.array(states, { minLength: 1, maxLength: 2 }), async (walk) => {
        const objects = aCluster({ waypoint: true });
        const clock = new Waiting();
        await sync(objects, nothing, { config, clock });
        let before = nothing;
        for (const desired of [...walk, nothing]) {
          clock.pass(60_000);
          const history = new History(clock);
          history.add(objects);
          const objections: string[] = [];
          objects.onWritten = ({ verb, kind, name }) => {
            history.add(objects);
            for (const late of lagging) {
              for (const objection of wider(history.view(late), [before, desired], isAmbient))
                objections.push(`after ${verb} ${kind} ${name}, without ${late.join(', ')}: ${objection}`);
            }
          };
          expect((await sync(objects, desired, { config, clock })).error).toBeUndefined();
          expect(objections.slice(0, 2)).toEqual([]);
          before = desired;
        }
      }),
      { seed: 20_261_122, numRuns: 4 },
    );
  });
});
