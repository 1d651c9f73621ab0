import { describe, expect, it } from 'vitest';
import type { BegunRecord } from '../../core/audit/record.ts';
import type { RecordedState } from '../record/recorded-state.ts';
import { aDesiredRule, aGroupObject, anObject, aReading, aRecord } from '../testing/records.ts';
import { differingMembers, inForceNow, inForceOnRecord, type LiveReading, type RuleContext } from './in-force.ts';

const rule = aDesiredRule();
const known: RuleContext = { rule, differingSources: 0, mode: 'Enforce', losses: [], lowered: true };
const live = aReading();

const aGroup = aGroupObject(['10.0.0.1']);

describe('by what the device shows now, a rule is', () => {
  it.each<[string, Partial<RuleContext>, Partial<LiveReading>, string]>([
    ['in force where it was read and is live', {}, {}, 'yes'],
    ['in force where the device does not tell whether it is live', {}, { state: 'unknown' }, 'yes'],
    ['not in force where it differs', {}, { differing: new Set(['r1']) }, 'no'],
    ['not in force where a group of it differs', {}, { differing: new Set(['g1']) }, 'no'],
    ['not in force where something common differs', {}, { differing: new Set(['*']) }, 'no'],
    ['in force where another rule differs', {}, { differing: new Set(['r2']) }, 'yes'],
    ['not known where the device could not be read completely', {}, { complete: false }, 'not known'],
    ['not in force where the data plane lags behind', {}, { state: 'pending' }, 'no'],
    ['not in force where the device needs no rule for it', { lowered: false }, {}, 'no'],
    [
      'not in force where it was rejected',
      { losses: [{ effect: 'rejected', id: 'r1', code: 'ipv4-only', message: 'm' }] },
      {},
      'no',
    ],
    [
      'in force where it was narrowed',
      { losses: [{ effect: 'narrowed', id: 'r1', code: 'ipv4-only', message: 'm' }] },
      {},
      'yes',
    ],
  ])('%s', (_, context, reading, state) => {
    expect(inForceNow({ ...known, ...context }, { ...live, ...reading }).state).toBe(state);
  });
});

it('tells beside it which proxies of its subjects have it', () => {
  const behind = [{ of: 'shop/web', pod: 'shop/web-1', reason: 'runs without a sidecar' }];
  const reasonOf = (pods: number, current: number): string =>
    inForceNow({ ...known, proxies: { pods, current, behind: behind.slice(0, pods - current) } }, live).reason;
  expect(reasonOf(2, 2)).toMatch(/; 2 of 2 pods of its subjects have a proxy with it$/);
  expect(reasonOf(1, 0)).toMatch(
    /; 0 of 1 pod of its subjects has a proxy with it: shop\/web-1 runs without a sidecar$/,
  );
  expect(reasonOf(0, 0)).toBe(inForceNow(known, live).reason);
});

describe('by the record, a rule is', () => {
  const uncertain = [{ id: 'g1' } as BegunRecord];
  it.each<[string, RecordedState | undefined, Partial<RuleContext>, string]>([
    ['in force where a reading has confirmed it', aRecord([anObject(), aGroup]), {}, 'yes'],
    ['not known without a record', undefined, {}, 'not known'],
    [
      'not known where a write for it may or may not have been done',
      aRecord([anObject(), aGroup], { uncertain }),
      {},
      'not known',
    ],
    ['not in force where it was never written', aRecord([aGroup]), {}, 'no'],
    [
      'not in force where it was written before the intent changed',
      aRecord([anObject({ rule: { ...(anObject().rule ?? ({} as never)), ports: 'TCP 80' } }), aGroup]),
      {},
      'no',
    ],
    ['not in force where source addresses differ', aRecord([anObject(), aGroup]), { differingSources: 2 }, 'no'],
    [
      'not in force where the device differed at the last reading',
      aRecord([anObject(), aGroup], { differs: ({ id }) => id === 'g1' }),
      {},
      'no',
    ],
    ['not known where it has not been read back', aRecord([anObject({ confirmedAt: '' }), aGroup]), {}, 'not known'],
  ])('%s', (_, record, context, state) => {
    expect(inForceOnRecord({ ...known, ...context }, record).state).toBe(state);
  });

  it.each([
    ['missing', 'not known'],
    ['lost', 'not known'],
    ['time', 'no'],
  ] as const)('is on record as not there only where no record is %s that may have written it', (why, state) => {
    const holes = [{ from: 7, to: 7, after: '2026-01-01T00:00:00Z', before: '2026-01-01T00:00:01Z', why }];
    const older = anObject({ rule: { ...(anObject().rule ?? ({} as never)), ports: 'TCP 80' } });
    const [neverWritten, changed] = [aRecord([aGroup], { holes }), aRecord([older, aGroup], { holes })];
    expect(inForceOnRecord(known, neverWritten).state).toBe(state);
    expect(inForceOnRecord(known, changed).state).toBe(state);
    const complete = aRecord([anObject(), aGroup], { holes });
    expect(inForceOnRecord({ ...known, differingSources: 1 }, complete).state).toBe(state);
    expect(inForceOnRecord(known, complete).state).toBe('yes');
    expect(inForceOnRecord({ ...known, mode: 'Observe' }, neverWritten).state).toBe('no');
  });

  it('is not known where the device was asked and could not be read, whatever the record says of then', () => {
    const confirmed = aRecord([anObject(), aGroup]);
    expect(inForceOnRecord(known, confirmed).state).toBe('yes');
    const { state, reason } = inForceOnRecord(known, confirmed, true);
    expect(state).toBe('not known');
    expect(reason).toMatch(/^the device could not be read now; by the record: read back at /);
    expect(inForceOnRecord(known, aRecord([]), true).state).toBe('no');
  });

  it('says why it is not there: the point only observes', () => {
    const { reason } = inForceOnRecord({ ...known, mode: 'Observe' }, aRecord([]));
    expect(reason).toBe('the point only observes');
  });

  it('confirmed as of the object that was confirmed first', () => {
    const record = aRecord([anObject({ confirmedAt: '2026-01-05T00:00:00Z' }), aGroup]);
    expect(inForceOnRecord(known, record).reason).toBe('read back at 2026-01-02T00:00:00Z');
  });
});

describe('members that only one side has', () => {
  const group = { id: 'g1', role: 'Accept', title: '', members: ['10.0.0.1', '10.0.0.2'] } as const;

  it('are counted on both sides', () => {
    const found = anObject({ id: 'g1', members: new Set(['10.0.0.1', '10.0.0.9']) });
    expect(differingMembers(group, aRecord([found]))).toBe(2);
    expect(differingMembers(group, aRecord([]))).toBe(2);
  });

  it('are not counted where the record does not hold all members, or the device has none', () => {
    expect(differingMembers(group, aRecord([anObject({ id: 'g1', exact: false, members: new Set(['x']) })]))).toBe(0);
    expect(differingMembers(group, aRecord([anObject({ id: 'g1', members: new Set() })]))).toBe(0);
  });
});
