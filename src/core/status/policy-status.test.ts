import { describe, expect, it } from 'vitest';
import type { Problem } from '../../api/problem.ts';
import { policyStatus, type StatusInput } from './policy-status.ts';
import type { PointShare } from './object-rules.ts';

const [early, late] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];

function aShare(fields: Partial<PointShare> = {}): PointShare {
  return {
    point: 'edge',
    observes: false,
    rules: 1,
    addresses: 2,
    programmed: true,
    losses: [],
    refused: undefined,
    outcome: { state: 'programmed', reason: 'Programmed', message: 'Read back.' },
    ...fields,
  };
}

function aProblem(fields: Partial<Problem> = {}): Problem {
  return {
    severity: 'error',
    subject: 'EgressPolicy/shop/web',
    field: 'spec.to[0]',
    code: 'invalid',
    message: 'no',
    ...fields,
  };
}

function status(fields: Partial<StatusInput> = {}) {
  return policyStatus({
    generation: 1,
    problems: [],
    shares: [aShare()],
    mayBeUnused: false,
    before: undefined,
    now: early,
    ...fields,
  });
}

const words = (fields: Partial<StatusInput>): string[] =>
  (status(fields).conditions ?? []).map(
    ({ type, status: is, reason, message }) => `${type} ${is} ${reason}: ${message}`,
  );
const programmed = (fields: Partial<StatusInput>): string | undefined =>
  words(fields).find((text) => text.startsWith('Programmed'));

describe('what of a policy waits for a change window', () => {
  const outcome = { state: 'held', reason: 'WaitsForWindow', message: 'Two changes wait.' } as const;
  const waiting = (fields: Partial<PointShare>): string | undefined =>
    programmed({ shares: [aShare({ programmed: false, outcome, ...fields })] });

  it('is said by it alone, and whether the rest is in force', () => {
    const message = '1 change waits for a change window (Mon 22:00-04:00 UTC): spec.to[0]: 192.0.2.0/24.';
    expect(waiting({ waits: { message, partly: true } })).toBe(`Programmed False PartlyWaits: edge: ${message}`);
    const failed = { state: 'failed', reason: 'Failed', message: 'No answer.' } as const;
    expect(waiting({ waits: { message, partly: true }, outcome: failed })).toBe(
      'Programmed False Failed: edge: No answer.',
    );
    expect(waiting({ waits: { message, partly: false } })).toBe(`Programmed False WaitsForWindow: edge: ${message}`);
    expect(waiting({})).toBe('Programmed False WaitsForWindow: edge: Two changes wait.');
    expect(waiting({ programmed: true })).toBe(
      'Programmed True Programmed: In force at every enforcement point that it concerns.',
    );
  });
});

describe('the proxies of the subjects of a policy', () => {
  const behind = [{ of: 'shop/web', pod: 'shop/web-1', reason: 'runs without a sidecar' }];
  const live = (fields: Partial<StatusInput>): string | undefined =>
    words(fields).find((text) => text.startsWith('Live'));

  it('are told at each point and as a whole, and hold nobody up', () => {
    const shares = [aShare(), aShare({ point: 'mesh', proxies: { pods: 3, current: 2, behind } })];
    const told = status({ shares });
    expect(live({ shares })).toBe('Live False ProxiesBehind: mesh: shop/web-1 runs without a sidecar.');
    expect([told.ready, told.points, told.enforcementPoints?.map(({ proxies }) => proxies)]).toEqual([
      'True',
      '2/2',
      [undefined, '2/3'],
    ]);
    expect(told.enforcementPoints?.[1]?.conditions?.map(({ type, status: is }) => `${type} ${is}`)).toEqual([
      'Live False',
      'Programmed True',
    ]);
    expect(told.enforcementPoints?.[1]?.liveSince).toBe(early);
  });

  it('are not spoken of where nobody can tell, or nothing is to be in force', () => {
    expect(live({})).toBeUndefined();
    expect(live({ shares: [aShare({ observes: true, proxies: { pods: 3, current: 2, behind } })] })).toBeUndefined();
  });

  it('that all have it are in force since they do', () => {
    const all = aShare({ proxies: { pods: 2, current: 2, behind: [] } });
    const before = status({ shares: [all] });
    const later = status({ shares: [all], before, now: late });
    expect(later.conditions?.find(({ type }) => type === 'Live')).toMatchObject({
      status: 'True',
      lastTransitionTime: early,
    });
  });
});

describe('the status of a policy', () => {
  it('is ready when it is in force at every point, and says so point by point, sorted', () => {
    expect(status({ shares: [aShare({ point: 'west' }), aShare({ point: 'east', addresses: 5 })] })).toEqual({
      observedGeneration: 1,
      ready: 'True',
      conditions: [
        ['Accepted', 'Accepted', 'The object is valid.'],
        ['Programmed', 'Programmed', 'In force at every enforcement point that it concerns.'],
        ['ResolvedRefs', 'ResolvedRefs', 'All references resolve.'],
      ].map(([type, reason, message]) => ({
        type,
        status: 'True',
        reason,
        message,
        observedGeneration: 1,
        lastTransitionTime: early,
      })),
      points: '2/2',
      enforcementPoints: [
        ['east', 5],
        ['west', 2],
      ].map(([name, addresses]) => ({
        name,
        conditions: [
          {
            type: 'Programmed',
            status: 'True',
            reason: 'Programmed',
            message: `Read back from ${name}.`,
            observedGeneration: 1,
            lastTransitionTime: early,
          },
        ],
        rules: 1,
        addresses,
        losses: [],
        liveSince: early,
      })),
    });
  });

  it('is not held up by a point that only observes, as long as another enforces', () => {
    const outcome = { state: 'planned', reason: 'ObserveOnly', message: 'Differs.' } as const;
    const watching = aShare({ point: 'watch', observes: true, programmed: false, outcome });
    const unseen = aShare({ point: 'new', observes: true, programmed: false, outcome: undefined });
    expect(status({ shares: [aShare(), watching, unseen] })).toMatchObject({ ready: 'True', points: '1/1' });
    expect(programmed({ shares: [aShare(), watching, unseen] })).toMatch(/^Programmed True Programmed/);
    expect(status({ shares: [watching] })).toMatchObject({ ready: 'Unknown', points: '0/0' });
    expect(programmed({ shares: [watching] })).toMatch(/^Programmed Unknown OnlyWatched/);
  });

  it('is the same text however often it is worked out, and in whatever order the points come', () => {
    const shares = [aShare({ point: 'b' }), aShare({ point: 'a' })];
    const first = status({ shares });
    expect(status({ shares: shares.toReversed(), before: first, now: late })).toEqual(first);
  });

  it.each([
    [
      'nobody has dealt with the point',
      aShare({ outcome: undefined, programmed: false }),
      'Unknown Pending: edge has not been synced yet.',
    ],
    [
      'the device refused a rule',
      aShare({ refused: 'name taken', programmed: false }),
      'False ChangeRefused: edge: name taken',
    ],
    [
      'the device cannot express it',
      aShare({
        losses: [{ effect: 'rejected', id: '1', code: 'names-need-a-gateway', message: 'No domain names there.' }],
      }),
      'False NotSupportedByDevice: edge: No domain names there.',
    ],
    [
      'its rules are on their way',
      aShare({ programmed: false, outcome: { state: 'sent', reason: 'Programmed', message: '' } }),
      'Unknown Pending: edge is being brought up to date.',
    ],
    [
      'a guard holds its rules back',
      aShare({ programmed: false, outcome: { state: 'held', reason: 'Held', message: 'Too much at once.' } }),
      'False Held: edge: Too much at once.',
    ],
    [
      'the device is away but had its rules',
      aShare({ outcome: { state: 'failed', reason: 'DeviceUnavailable', message: 'No answer.' } }),
      'True Programmed: In force at every enforcement point that it concerns.',
    ],
  ])('when %s', (_, share, expected) => {
    expect(programmed({ shares: [share] })).toBe(`Programmed ${expected}`);
  });

  it('says which of several points stands in the way', () => {
    const { points } = status({ shares: [aShare(), aShare({ point: 'west', refused: 'full' })] });
    expect([points, programmed({ shares: [aShare(), aShare({ point: 'west', refused: 'full' })] })]).toEqual([
      '1/2',
      'Programmed False ChangeRefused: west: full',
    ]);
  });

  it('tells an unused service from a policy without a rule, one that has expired, and one that says nothing usable', () => {
    const expired = aProblem({
      severity: 'warning',
      field: 'spec.governance.expiresAt',
      code: 'expired',
      message: 'expired',
    });
    expect([
      programmed({ shares: [], mayBeUnused: true }),
      programmed({ shares: [] }),
      programmed({ shares: [], mayBeUnused: true, problems: [expired] }),
      programmed({
        shares: [],
        problems: [aProblem({ code: 'unresolved-reference', message: 'there is no such service' })],
      }),
    ]).toEqual([
      'Programmed True NotUsed: No rule uses it.',
      'Programmed False NoEnforcementPoint: No enforcement point has a rule for this object: it contributes nothing, or no point covers its namespace.',
      'Programmed False Expired: spec.governance.expiresAt: expired.',
      'Programmed False NothingToProgram: It contributes nothing: spec.to[0]: there is no such service.',
    ]);
  });

  it('says of no version that could not be compiled that it is in force', () => {
    const left = aProblem({ code: 'not-compiled', field: '', message: 'it makes the compiler fail' });
    const { points, conditions, enforcementPoints } = status({ problems: [left] });
    const [own] = enforcementPoints?.[0]?.conditions ?? [];
    expect(points).toBe('0/1');
    for (const condition of [own, conditions?.find(({ type }) => type === 'Programmed')])
      expect(condition).toMatchObject({
        status: 'False',
        reason: 'EarlierVersion',
        message: expect.stringContaining('edge has an earlier version: it makes the compiler fail') as string,
      });
    const held = { state: 'held', reason: 'Held', message: 'a guard' } as const;
    expect(programmed({ problems: [left], shares: [aShare({ programmed: false, outcome: held })] })).toContain('Held');
  });

  it('says that a policy which only repeats others has no rule of its own, and what of one that waits is in force', () => {
    const repeats = aProblem({ severity: 'warning', code: 'redundant', message: 'another already says the same' });
    const waits = aProblem({ severity: 'warning', code: 'waits-for-approval', message: 'generation 2 waits' });
    expect([programmed({ shares: [], problems: [repeats] }), programmed({ problems: [waits] })]).toEqual([
      'Programmed False NoRuleOfItsOwn: Other policies decide its flows: spec.to[0]: another already says the same.',
      'Programmed True Programmed: The version that Approved names is in force at every enforcement point that it concerns.',
    ]);
  });

  it('keeps references apart from other errors, and mentions warnings without taking them amiss', () => {
    const problems = [
      aProblem({ severity: 'warning', code: 'shadowed', message: 'never matches' }),
      aProblem({ code: 'unresolved-reference', message: 'there is no ExternalService x' }),
      aProblem({ field: '', code: 'invalid-selector', message: 'the selector is not valid' }),
      aProblem({ severity: 'info', message: 'left out' }),
    ];
    expect(words({ problems })).toEqual([
      'Accepted False Invalid: the selector is not valid. Warnings: spec.to[0]: never matches.',
      expect.stringMatching(/^Programmed True/),
      'ResolvedRefs False RefNotUsable: spec.to[0]: there is no ExternalService x.',
    ]);
    expect(words({ problems: problems.slice(0, 1) })[0]).toBe(
      'Accepted True Accepted: The object is valid. Warnings: spec.to[0]: never matches.',
    );
  });

  it('has been live since it came into force, through trouble of the device, and until its rules change', () => {
    const before = status();
    const since = (shares: PointShare[]) => status({ shares, before, now: late }).enforcementPoints?.[0]?.liveSince;
    const failed = { state: 'failed', reason: 'DeviceUnavailable', message: 'No answer.' } as const;
    expect([since([aShare({ outcome: failed })]), since([aShare({ programmed: false, outcome: failed })])]).toEqual([
      early,
      undefined,
    ]);
  });
});
