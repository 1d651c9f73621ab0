import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/model/json.ts';
import { foreignRules } from './foreign-table.ts';
import { ruleSpec } from './objects/rule.ts';

function read(fields: JsonObject, isLast = false) {
  const spec = { ...ruleSpec({ action: 'accept-decisively', ...fields }), handsOn: false, inList: false };
  return foreignRules({ kind: 'rule', name: '/Common/corporate/web', spec, refs: [], effect: 'Accept' }, [], isLast);
}

it.each<[JsonObject, string]>([
  [{ action: 'accept' }, 'action accept'],
  [{ irule: '/Common/tarpit' }, 'irule /Common/tarpit'],
  [{ servicePolicy: '/Common/timers' }, 'servicePolicy /Common/timers'],
  [{ virtualServer: '/Common/proxy' }, 'virtualServer /Common/proxy'],
])('is not like ours where it does more than to accept: %o', (fields, unlike) => {
  expect(read(fields)[0]).toMatchObject({ action: 'Accept', unlike: expect.stringContaining(unlike) as string });
});

it('is like ours where it accepts or denies, and no more', () => {
  for (const fields of [{}, { action: 'drop', irule: '/Common/log' }, { action: 'reject' }])
    expect(read(fields)[0]).not.toHaveProperty('unlike');
});

it('accepts for good where it says so, and where no context is asked behind', () => {
  expect(read({ action: 'accept' })[0]).toMatchObject({ inspected: expect.stringContaining('hands on') as string });
  expect(read({ action: 'accept' }, true)[0]).not.toHaveProperty('inspected');
  expect(read({})[0]).not.toHaveProperty('inspected');
});
