import { expect, it } from 'vitest';
import { NamespaceIndex } from './namespace-index.ts';
import { everyone, subjectOf } from './subject.ts';

const local = subjectOf({ ...everyone, namespace: 'shop' })!;
const namesIn = (index: NamespaceIndex): readonly string[] => [...index.domains()].map(({ name }) => name);

it('forgets with a subject the namespace that nobody else mentions, and finds it again with the next', () => {
  const index = new NamespaceIndex();
  const every = index.acquire(everyone);
  index.drop(index.acquire(local));
  expect([namesIn(index), every.domains.size]).toEqual([[], 0]);
  const scope = index.acquire(local);
  expect([...scope.domains]).toEqual([index.domain('shop')]);
  expect(every.domains.size).toBe(1);
});

it('keeps one that is described, whatever subjects come and go', () => {
  const index = new NamespaceIndex();
  index.describe('shop', { team: 'a' });
  index.drop(index.acquire(local));
  expect(namesIn(index)).toEqual(['shop']);
});
