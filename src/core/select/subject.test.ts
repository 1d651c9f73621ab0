import { describe, expect, it } from 'vitest';
import { requirementsOf } from './requirements.ts';
import {
  conjoinSubjects,
  everyone,
  localise,
  subjectImplies,
  subjectImpliesWithin,
  subjectOf,
  subjectTitle,
  type Subject,
} from './subject.ts';

const labels = (pairs: Record<string, string>): Subject['pods'] => requirementsOf({ matchLabels: pairs })!;
const subject = (parts: Partial<Subject>): Subject => subjectOf({ ...everyone, ...parts })!;

const team = subject({ namespaces: labels({ team: 'a' }) });
const web = subject({ namespace: 'shop', pods: labels({ app: 'web' }) });
const shop = subject({ namespace: 'shop' });
const runner = subject({ serviceAccounts: ['ops/runner', 'shop/web'] });

describe('a subject', () => {
  it('implies one that asks for less of the same', () => {
    expect(subjectImplies(web, shop)).toBe(true);
    expect(subjectImplies(shop, web)).toBe(false);
    expect(subjectImplies(team, everyone)).toBe(true);
    expect(subjectImplies(everyone, team)).toBe(false);
    expect(subjectImplies(runner, subject({ serviceAccounts: ['ops/runner'] }))).toBe(false);
    expect(subjectImplies(subject({ serviceAccounts: ['ops/runner'] }), runner)).toBe(true);
  });

  it('of one namespace takes from a cluster-wide one what concerns it', () => {
    expect(localise(team, 'shop', { team: 'b' })).toBeUndefined();
    expect(localise(team, 'shop', { team: 'a' })).toEqual(shop);
    expect(localise(runner, 'shop', {})).toEqual(subject({ namespace: 'shop', serviceAccounts: ['shop/web'] }));
    expect(localise(runner, 'other', {})).toBeUndefined();
  });

  it.each([everyone, team, runner, subject({ serviceAccounts: ['ops/runner'] })])(
    'implies within a namespace what it implies of the part there (%#)',
    (wide) => {
      for (const namespaceLabels of [{ team: 'a' }, { team: 'b' }]) {
        for (const local of [web, shop, subject({ namespace: 'shop', serviceAccounts: ['shop/web'] })]) {
          const part = localise(wide, 'shop', namespaceLabels);
          const implied = part !== undefined && subjectImplies(local, part);
          expect(subjectImpliesWithin(namespaceLabels, local, wide)).toBe(implied);
        }
      }
    },
  );

  it('meets another in what both ask for', () => {
    expect(conjoinSubjects(web, shop)).toBe(web);
    expect(conjoinSubjects(team, runner)).toEqual(
      subject({ namespaces: labels({ team: 'a' }), serviceAccounts: ['ops/runner', 'shop/web'] }),
    );
  });

  it('provably misses another of a different namespace, label or account', () => {
    expect(conjoinSubjects(web, subject({ namespace: 'blog' }))).toBeUndefined();
    expect(conjoinSubjects(web, subject({ namespace: 'shop', pods: labels({ app: 'db' }) }))).toBeUndefined();
    expect(conjoinSubjects(runner, subject({ serviceAccounts: ['ops/other'] }))).toBeUndefined();
  });

  it('has a title for people', () => {
    expect(subjectTitle(everyone)).toBe('pods in every namespace');
    expect(subjectTitle(web)).toBe('pods app=web in namespace shop');
    expect(subjectTitle(subject({ namespaces: labels({ team: 'a' }), serviceAccounts: ['ops/runner'] }))).toBe(
      'pods in namespaces team=a as ServiceAccount ops/runner',
    );
  });
});
