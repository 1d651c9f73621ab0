import { describe, expect, it } from 'vitest';
import type { GroupDelta } from '../../model/desired.ts';
import { besideInFlight, narrows } from './commuting.ts';
import { splitChanges, type Waiting } from './waiting.ts';

const delta = (id: string, added: readonly string[], removed: readonly string[] = []): GroupDelta => ({
  id,
  role: 'Accept',
  added,
  removed,
});
const waiting = (...groups: readonly GroupDelta[]): readonly Waiting[] => [{ after: 1, groups }];

describe('changes of members beside calls in flight', () => {
  it('all go where nothing is in flight', () => {
    const all = waiting(delta('a', ['10.0.0.0/24'], ['10.0.0.1']));
    expect(besideInFlight(all, new Set())).toEqual({ now: all, later: [] });
  });

  it('wait in every group, where a call is about the same address', () => {
    const all = waiting(delta('a', ['10.0.0.1', '10.0.0.2']), delta('b', ['10.0.0.3'], ['10.0.0.1']));
    expect(besideInFlight(all, new Set(['10.0.0.1']))).toEqual({
      now: waiting(delta('a', ['10.0.0.2']), delta('b', ['10.0.0.3'])),
      later: waiting(delta('a', ['10.0.0.1']), delta('b', [], ['10.0.0.1'])),
    });
  });

  it('wait for a network, and a network waits for all', () => {
    const network = waiting(delta('a', ['10.0.1.0/24', '10.0.0.2']));
    expect(besideInFlight(network, new Set(['192.0.2.1']))).toEqual({ now: [], later: network });
    const all = waiting(delta('a', ['10.0.0.2']));
    expect(besideInFlight(all, new Set(['192.0.2.0/24']))).toEqual({ now: [], later: all });
  });
});

describe('what only narrows', () => {
  it('is who leaves accepting groups and who joins denying ones', () => {
    const accepting = delta('a', ['10.0.0.1'], ['10.0.0.2']);
    const denying = { ...delta('d', ['10.0.0.3'], ['10.0.0.4']), role: 'Deny' as const };
    expect(splitChanges(waiting(accepting, denying, delta('b', ['10.0.0.5'])), narrows)).toEqual({
      now: waiting(delta('a', [], ['10.0.0.2']), { ...denying, removed: [] }),
      later: waiting(delta('a', ['10.0.0.1']), { ...denying, added: [] }, delta('b', ['10.0.0.5'])),
    });
  });
});
