import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aFolderOfTest } from '../kit/folders.ts';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { describeWith } from '../kit/redis-server.ts';
import { deployFolder } from './kustomize.ts';

/** Values of a series, one a minute, in the notation of promtool: `1x5` is 1 and five more of it, `_` is none. */
type Series = Readonly<Record<string, string>>;

interface Case {
  /** Minute at which is looked. */
  readonly at: number;
  readonly fires: Series;
  readonly quiet: Series;
}

const state = (name: string): Case => ({
  at: 20,
  fires: { [`postern_point_state{point="edge",state="${name}"}`]: '1x30' },
  quiet: { [`postern_point_state{point="edge",state="${name}"}`]: '1x8 0x30' },
});
const gauge = (at: number, series: string, bad: number, good: number): Case => ({
  at,
  fires: { [series]: `${bad}x60` },
  quiet: { [series]: `${good}x60` },
});
/** A counter that is there for the first time a minute before, and one that stands still. */
const counter = (series: string, windowMinutes: number): Case => ({
  at: 3 * windowMinutes,
  fires: { [series]: `_x${3 * windowMinutes - 2} 1x9` },
  quiet: { [series]: `1x${4 * windowMinutes}` },
});
/** Observations of a histogram whose buckets end at these seconds, by how many there are in each. */
const histogram = (name: string, labels: string, buckets: Series): Series =>
  Object.fromEntries(Object.entries(buckets).map(([le, values]) => [`${name}_bucket{${labels},le="${le}"}`, values]));

const stale = 'postern_stale_grant_seconds';
const propagation = 'postern_propagation_seconds';
const calls = 'postern_device_calls_total';

const cases: Readonly<Record<string, Case>> = {
  PosternPointFailed: state('failed'),
  PosternPointHeld: state('held'),
  PosternPointPartial: state('partial'),
  PosternPointActivating: state('activating'),
  PosternPointNotReadBack: {
    at: 40,
    fires: { 'postern_point_last_sync_timestamp_seconds{point="edge"}': '0x60' },
    quiet: {
      'postern_point_last_sync_timestamp_seconds{point="edge"}': '0+60x60',
      'postern_point_last_sync_timestamp_seconds{point="watched"}': '0x60',
      'postern_point_state{point="watched",state="planned"}': '1x60',
    },
  },
  PosternChangeRefused: gauge(20, 'postern_point_quarantined{point="edge"}', 2, 0),
  PosternStaleGrants: {
    at: 32,
    // The first since the start, and only one.
    fires: histogram(stale, 'point="edge"', { '30': '_x20 0x60', '60': '_x20 1x60', '+Inf': '_x20 1x60' }),
    quiet: histogram(stale, 'point="edge"', { '1': '_x20 0+3x60', '30': '_x20 0+3x60', '+Inf': '_x20 0+3x60' }),
  },
  PosternSlowPropagation: {
    at: 40,
    fires: histogram(propagation, 'point="edge",stage="sent"', { '60': '0x60', '120': '0+2x60', '+Inf': '0+2x60' }),
    quiet: {
      ...histogram(propagation, 'point="edge",stage="sent"', { '60': '0+2x60', '120': '0+2x60', '+Inf': '0+2x60' }),
      ...histogram(propagation, 'point="edge",stage="live"', { '60': '0x60', '120': '0+2x60', '+Inf': '0+2x60' }),
    },
  },
  PosternQueueWaits: gauge(10, 'postern_queue_oldest_seconds', 120, 30),
  PosternWorkWaits: {
    at: 10,
    fires: { 'postern_point_late{point="edge",reason="WorkWaits"}': '_x5 1x60' },
    quiet: { 'postern_point_late{point="edge",reason="WorkWaits"}': '1x3 _x60' },
  },
  PosternCredentialsRefused: counter('postern_errors_total{point="edge",class="auth"}', 15),
  PosternDeviceErrors: {
    at: 40,
    fires: { [`${calls}{point="edge",result="error"}`]: '0+1x60', [`${calls}{point="edge",result="ok"}`]: '0+5x60' },
    quiet: { [`${calls}{point="edge",result="error"}`]: '3x60', [`${calls}{point="edge",result="ok"}`]: '0+5x60' },
  },
  PosternDeviceChangedByHand: counter('postern_drift_total{point="edge"}', 60),
  PosternForeignObjects: gauge(20, 'postern_foreign_objects{point="edge"}', 1, 0),
  PosternCapacity: {
    at: 40,
    fires: {
      'postern_capacity_used{point="edge",resource="policies"}': '900x60',
      'postern_capacity_limit{point="edge",resource="policies"}': '1000x60',
    },
    quiet: {
      'postern_capacity_used{point="edge",resource="policies"}': '700x60',
      'postern_capacity_limit{point="edge",resource="policies"}': '1000x60',
    },
  },
  PosternBypassPossible: {
    at: 10,
    fires: { 'postern_inconsistent_flows{point="edge",side="perimeter_only"}': '1x60' },
    quiet: { 'postern_inconsistent_flows{point="edge",side="mesh_only"}': '1x60' },
  },
  PosternLayersDisagree: {
    at: 20,
    fires: { 'postern_inconsistent_flows{point="edge",side="mesh_only"}': '1x60' },
    quiet: { 'postern_inconsistent_flows{point="edge",side="perimeter_only"}': '1x60' },
  },
  PosternAuditNotKept: counter('postern_audit_failures_total{operation="append"}', 10),
  PosternAbsent: { at: 10, fires: {}, quiet: { 'postern_build_info{version="1"}': '1x60' } },
  PosternNoLeader: {
    at: 10,
    // The controller is gone, workers live.
    fires: { 'postern_build_info{pod="worker"}': '1x60', 'postern_leader{pod="controller"}': '1x3 _x60' },
    quiet: { 'postern_leader{pod="first"}': '0x60', 'postern_leader{pod="second"}': '1x60' },
  },
  PosternClusterNotRead: gauge(15, 'postern_caches_synced', 0, 1),
  PosternObjectUnreadable: gauge(10, 'postern_unreadable_objects{resource="clusteregresspolicies"}', 1, 0),
  PosternObjectNotCompiled: gauge(10, 'postern_uncompiled_objects', 1, 0),
  PosternWatchStalled: gauge(5, 'postern_watch_healthy{resource="pods"}', 0, 1),
};

const { groups } = z
  .looseObject({
    spec: z.strictObject({
      groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ alert: z.string() })) })),
    }),
  })
  .parse(parse(readFileSync(join(deployFolder, 'monitoring/alerts.yaml'), 'utf8'))).spec;

it('every alert has a case in which it fires and one in which it stays quiet', () => {
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  expect(Object.keys(cases).sort()).toEqual([...alerts].sort());
});

describeWith(['promtool'], 'The alerts, by Prometheus itself', () => {
  it('are rules that it takes, that fire and that stay quiet', () => {
    const folder = aFolderOfTest();
    writeFileSync(join(folder, 'rules.yaml'), stringify({ groups }));
    execFileSync('promtool', ['check', 'rules', join(folder, 'rules.yaml')]);
    const tests = Object.entries(cases).flatMap(([alert, { at, fires, quiet }]) => [
      unitTest(alert, at, fires, 1),
      unitTest(alert, at, quiet, 0),
    ]);
    writeFileSync(join(folder, 'tests.yaml'), stringify({ rule_files: ['rules.yaml'], tests }));
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'tests.yaml'], { cwd: folder });
    expect([status, stdout.toString() + stderr.toString()]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });
});

/** In the format of promtool: so many alerts of this name fire at that minute. */
function unitTest(alert: string, at: number, series: Series, count: number): object {
  const firing = `count(ALERTS{alertname="${alert}", alertstate="firing"})`;
  return {
    name: `${alert} ${count === 0 ? 'stays quiet' : 'fires'}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      { expr: firing, eval_time: `${at}m`, exp_samples: count === 0 ? [] : [{ labels: '{}', value: count }] },
    ],
  };
}
