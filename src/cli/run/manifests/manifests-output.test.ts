import { describe, expect, it } from 'vitest';
import { aDesiredState, aRule } from '../../../../test/kit/builders.ts';
import type { Loss } from '../../../core/model/resource.ts';
import type { SyncReport } from '../../../worker/sync-report.ts';
import { nothingApplied } from '../../../worker/sync/apply-batches.ts';
import { ioOf } from '../../testing/run-postern.ts';
import { RunLines } from './manifests-output.ts';

function aReport(losses: readonly Loss[] = []): SyncReport {
  return {
    point: 'edge',
    path: 'full',
    version: 1,
    desired: aDesiredState({ rules: ['a', 'b', 'c'].map((id) => aRule({ id })), groups: [] }),
    vantage: 'Pod',
    drift: [],
    pending: [],
    result: {
      ...nothingApplied,
      state: 'programmed',
      plan: { changes: [] },
      violations: [],
      losses,
      foreign: [],
      evidence: '',
      observed: [],
    },
  };
}

function run(losses: readonly Loss[]): { readonly last: string; readonly code: number } {
  let text = '';
  const lines = new RunLines(
    ioOf((more) => (text += more)),
    false,
  );
  lines.report(aReport(losses), []);
  return { last: text.trimEnd().split('\n').at(-1)?.slice(9) ?? '', code: lines.exitCode };
}

it('says nothing but the errors where they are why no object changed', () => {
  let text = '';
  const lines = new RunLines(
    ioOf((more) => (text += more)),
    false,
  );
  lines.changes(0, [
    { severity: 'error', subject: 'nowhere', field: '', code: 'unreadable-file', message: 'not there' },
  ]);
  expect(text.trimEnd().split('\n')).toEqual([expect.stringMatching(/ error: nowhere: not there$/)]);
});

describe('what `postern run --manifests --once` ends with', () => {
  it('is an error where something of a point was not kept, until the point is as desired again', () => {
    let text = '';
    const lines = new RunLines(
      ioOf((more) => (text += more)),
      false,
    );
    lines.report(aReport(), []);
    lines.trouble('edge', 'there is no room left');
    lines.trouble('edge', 'there is no room left');
    expect([lines.exitCode, text.split('no room left').length - 1]).toEqual([1, 1]);
    lines.report(aReport(), []);
    expect(lines.exitCode).toBe(0);
  });

  const loss = { id: 'b', code: 'wildcard-unsupported', message: 'AFM knows no wildcard names.' } as const;

  it('says how many rules are left out and why, with an exit code of its own', () => {
    expect(run([{ ...loss, effect: 'rejected' }])).toEqual({
      last: 'edge: programmed, 2 of 3 rules, 0 groups; 1 left out, because AFM knows no wildcard names',
      code: 5,
    });
  });

  it('does not count what is there in another form', () => {
    expect(run([{ ...loss, effect: 'narrowed' }])).toEqual({ last: 'edge: programmed, 3 rules, 0 groups', code: 0 });
  });
});
