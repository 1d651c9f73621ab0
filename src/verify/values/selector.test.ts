import { describe, expect, it } from 'vitest';
import { isValidSelector, namespaceLabels, selects, type LabelSelector } from './selector.ts';

const dev = { environment: 'dev' };
const prodFrontend = { environment: 'production', tier: 'frontend' };
const express = (key: string, operator: string, ...values: string[]): LabelSelector => ({
  matchExpressions: [{ key, operator, ...(values.length > 0 && { values }) }],
});

// The examples of https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
describe('a label selector', () => {
  it.each<[string, LabelSelector | undefined, Readonly<Record<string, string>>, boolean]>([
    ['environment = production', { matchLabels: { environment: 'production' } }, prodFrontend, true],
    ['environment = production', { matchLabels: { environment: 'production' } }, dev, false],
    ['two labels: both', { matchLabels: { environment: 'production', tier: 'frontend' } }, prodFrontend, true],
    ['two labels: one is not enough', { matchLabels: { environment: 'dev', tier: 'frontend' } }, dev, false],
    ['environment in (production, qa)', express('environment', 'In', 'production', 'qa'), prodFrontend, true],
    ['environment in (production, qa)', express('environment', 'In', 'production', 'qa'), dev, false],
    ['In wants the key', express('tier', 'In', 'frontend'), dev, false],
    ['tier notin (frontend, backend)', express('tier', 'NotIn', 'frontend', 'backend'), prodFrontend, false],
    ['NotIn takes objects without the key', express('tier', 'NotIn', 'frontend', 'backend'), dev, true],
    ['partition', express('tier', 'Exists'), prodFrontend, true],
    ['partition', express('tier', 'Exists'), dev, false],
    ['!partition', express('tier', 'DoesNotExist'), dev, true],
    ['!partition', express('tier', 'DoesNotExist'), prodFrontend, false],
    ['empty: everything', {}, dev, true],
    ['absent: everything', undefined, {}, true],
    ['an operator that there is not: nothing', express('tier', 'Gt', '1'), { tier: '2' }, false],
    ['a key that every object of JavaScript has', express('constructor', 'Exists'), dev, false],
    ['the empty value is a value', { matchLabels: { tier: '' } }, dev, false],
  ])('%s', (_, selector, labels, expected) => {
    expect(selects(selector, labels)).toBe(expected);
  });

  it.each<[LabelSelector, boolean]>([
    [{ matchLabels: { 'app.kubernetes.io/name': 'a_b.c-d' } }, true],
    [{ matchLabels: { app: '' } }, true],
    [{ matchLabels: { 'a/b/c': 'x' } }, false],
    [{ matchLabels: { '-a': 'x' } }, false],
    [{ matchLabels: { app: 'x'.repeat(64) } }, false],
    [{ matchLabels: { app: 'a b' } }, false],
    [express('app', 'In'), false],
    [express('app', 'Exists', 'x'), false],
    [express('app', 'Gt', '1'), false],
  ])('%j is valid: %s', (selector, valid) => {
    expect(isValidSelector(selector)).toBe(valid);
  });

  it('finds a namespace by the name that the API server gives it as a label', () => {
    expect(namespaceLabels('shop', { team: 'a' })).toEqual({ team: 'a', 'kubernetes.io/metadata.name': 'shop' });
    expect(namespaceLabels('shop', { 'kubernetes.io/metadata.name': 'other' })).toEqual({
      'kubernetes.io/metadata.name': 'shop',
    });
  });
});
