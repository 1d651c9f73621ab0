import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../test/kit/builders.ts';
import type { DesiredState } from '../../src/core/model/desired.ts';
import { diff } from '../../src/core/plan/diff.ts';
import { f5Afm } from './adapter.ts';
import { batch } from './batch.ts';
import { f5AfmConfigSchema } from './config.ts';
import type { Context } from './lower/context.ts';
import { unprobed } from './unprobed.ts';

const config = f5AfmConfigSchema.parse({ url: 'https://192.0.2.1' });
const context: Context = { config, capabilities: unprobed, owner: { cluster: 'east' } };

function batches(
  from: DesiredState,
  to: DesiredState,
  within = context,
): readonly (readonly [string, number, boolean])[] {
  const [before, after] = [from, to].map((desired) => f5Afm.lower(desired, within).resources);
  return batch(diff(after ?? [], before ?? []).changes, within).map(({ changes, atomic, nativeCalls }) => [
    changes.map(({ op, key }) => `${op} ${key.kind.split('/').at(-1) ?? ''}`).join(', '),
    nativeCalls,
    atomic,
  ]);
}

const nothing = aDesiredState();
const state = (members: readonly string[], rules = [aRule()]): DesiredState =>
  aDesiredState({ groups: [aGroup({ members })], rules });

describe('the batches of a plan', () => {
  it('put what is built into one transaction', () => {
    expect(batches(nothing, state(['10.0.0.1']))).toEqual([
      [
        'create address-list, create address-list, create policy, create port-list, create rule-list, create rules, create context, create rules',
        11,
        true,
      ],
    ]);
  });

  it('take away one by one what nobody uses any more, first what permits and last what holds it', () => {
    expect(batches(state(['10.0.0.1']), nothing)).toEqual([
      ['delete rules', 1, false],
      ['delete context', 2, false],
      ['delete rules', 1, false],
      ['delete address-list', 1, false],
      ['delete address-list', 1, false],
      ['delete policy', 1, false],
      ['delete port-list', 1, false],
      ['delete rule-list', 1, false],
    ]);
  });

  it('leave members to themselves: a withdrawal waits for no transaction', () => {
    const two = [aRule(), aRule({ id: '000000000002', to: ['198.51.100.0/24'] })];
    expect(batches(state(['10.0.0.1']), state(['10.0.0.2'], two))).toEqual([
      ['members address-list', 1, false],
      ['create address-list, create rules', 4, true],
      ['members address-list', 1, false],
    ]);
  });

  it('are no larger than the device can take before it drops a transaction', () => {
    const rules = Array.from({ length: 300 }, (_, index) =>
      aRule({ id: String(index).padStart(12, '0'), to: [`10.${index >> 8}.${index & 255}.0/24`] }),
    );
    const sizes = batches(nothing, state([], rules)).map(([, calls]) => calls);
    expect([sizes.length, Math.max(...sizes)]).toEqual([9, 202]);
  });

  it('are single changes on a device without transactions', () => {
    const within = { ...context, capabilities: { ...unprobed, transactions: false } };
    expect(new Set(batches(nothing, state([]), within).map(([, , atomic]) => atomic))).toEqual(new Set([false]));
  });
});
