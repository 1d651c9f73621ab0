import { expect, it } from 'vitest';
import { aRule } from '../../../test/kit/builders.ts';
import type { Observed, Session } from '../adapter.ts';
import { connect } from './connect.ts';

it('lets through all that a session tells of its device, without the credentials in it', async () => {
  const observed: Observed = {
    complete: true,
    resources: [{ kind: 'rule', name: aRule().id, spec: { note: 'token s3cret-value' }, refs: [], effect: 'None' }],
    foreign: [{ kind: 'rule', name: 'theirs', found: 'comment: s3cret-value' }],
    neighbours: { points: ['second'], areFirst: true },
  };
  const session = { observe: () => Promise.resolve(observed), close: () => Promise.resolve() } as Session;
  const deps = {
    point: 'edge',
    secret: { token: 's3cret-value' },
    owner: { cluster: 'east' },
    clock: { now: () => 0, elapsed: () => 0, sleep: () => Promise.resolve() },
    signal: new AbortController().signal,
  };
  const outside = await connect({ connect: () => Promise.resolve(session) }, {}, deps);
  const told = await outside.observe();
  expect(told).toMatchObject({ complete: true, neighbours: { points: ['second'], areFirst: true } });
  expect(JSON.stringify(told)).not.toContain('s3cret');
});
