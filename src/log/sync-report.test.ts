import { expect, it } from 'vitest';
import type { Outcome } from '../adapter/adapter.ts';
import { nothingApplied } from '../worker/sync/apply-batches.ts';
import { createLog } from './log.ts';
import { logReport } from './sync-report.ts';

it('says that members were sent only where some were', () => {
  const said = (outcomes: readonly Outcome[]): unknown => {
    let text = '';
    const log = createLog((more) => (text += more), 'worker', {});
    const result = { ...nothingApplied, outcomes, nativeCalls: outcomes.length };
    logReport(log, { point: 'edge', path: 'delta', version: 1, result, pending: [] });
    const { msg, changes } = JSON.parse(text) as { readonly msg: string; readonly changes: number };
    return [msg, changes];
  };
  expect(said([])).toEqual(['nothing to send', 0]);
  expect(said([{ key: { kind: 'group', name: 'web' }, result: 'done' }])).toEqual(['members sent', 1]);
});
