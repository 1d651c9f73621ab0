import { describe, expect, it } from 'vitest';
import { aPod, aPolicy, aService } from '../../../test/kit/builders.ts';
import type { ObjectChange } from '../../core/model/snapshot.ts';
import { ReviewReminders } from './review-reminders.ts';

const day = 24 * 60 * 60 * 1_000;
const by = '2026-06-30';
const at = Date.parse(`${by}T00:00:00Z`);
const policy = (reviewBy: string | undefined, name = 'web'): ObjectChange => ({
  kind: 'EgressPolicy',
  key: `shop/${name}`,
  object: aPolicy({ governance: { reviewBy } }, { name }),
});

/** When, in days before the date, a policy is reminded of, if somebody asks every six hours. */
function reminders(asked: ReviewReminders, from = 20, to = -3): readonly string[] {
  const said: string[] = [];
  for (let left = from; left >= to; left -= 0.25)
    for (const [subject, { type, reason }] of asked.due(at - left * day))
      said.push(`${left} ${subject} ${type} ${reason}`);
  return said;
}

describe('a date of review', () => {
  it('is told two weeks, a week and a day before, and when it has come, each once', () => {
    const asked = new ReviewReminders();
    asked.take(policy(by));
    expect(reminders(asked)).toEqual([
      '14 EgressPolicy/shop/web Normal ReviewDue',
      '7 EgressPolicy/shop/web Normal ReviewDue',
      '1 EgressPolicy/shop/web Normal ReviewDue',
      '0 EgressPolicy/shop/web Warning ReviewOverdue',
    ]);
  });

  it('is told once by who comes late, and again once there is another date', () => {
    const asked = new ReviewReminders();
    asked.take(policy(by));
    expect(reminders(asked, 3, 2)).toEqual(['3 EgressPolicy/shop/web Normal ReviewDue']);
    asked.take(policy(by)); // a change of something else
    expect(reminders(asked, 2, 2)).toEqual([]);
    asked.take(policy('2026-07-01'));
    expect(reminders(asked, 2, 2)).toEqual(['2 EgressPolicy/shop/web Normal ReviewDue']);
  });

  it('is told of services, too, and not of what is gone or has none', () => {
    const asked = new ReviewReminders();
    asked.take({
      kind: 'ExternalService',
      key: 'github',
      object: aService({ governance: { reviewBy: by } }, { name: 'github' }),
    });
    asked.take({ kind: 'Pod', key: 'shop/web-1', object: aPod() });
    asked.take(policy(undefined, 'none'));
    asked.take(policy(by, 'gone'));
    asked.take({ kind: 'EgressPolicy', key: 'shop/gone', object: undefined });
    expect(reminders(asked, 5, 5)).toEqual(['5 ExternalService/github Normal ReviewDue']);
  });

  it('of many is told a few at a time, and of each once', () => {
    const asked = new ReviewReminders();
    for (let index = 0; index < 120; index += 1) asked.take(policy(by, `web-${index}`));
    const sizes = [1, 2, 3, 4].map(() => asked.due(at - day).size);
    expect(sizes).toEqual([50, 50, 20, 0]);
  });
});
