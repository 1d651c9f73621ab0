import { expect, it } from 'vitest';
import type { RuleEntry } from '../report.ts';
import { aPointEntry, aRule } from '../testing/reports.ts';
import { joinPoints } from './compare-points.ts';
import type { PointReport } from './point-report.ts';

const { policy } = aRule();
const other = policy && { ...policy, name: 'other', uid: 'u2' };

function aPointReport(name: string, inMesh: boolean, rules: readonly Partial<RuleEntry>[]): PointReport {
  return {
    point: aPointEntry({ name, inMesh }),
    rules: rules.map((fields) => ({
      entry: aRule({ point: name, ...fields }),
      flag: ({ mesh }) =>
        mesh?.some(({ objects }) => objects.length === 0) ? [{ code: 'no-mesh-counterpart', message: '' }] : [],
    })),
  };
}

it('finds the objects of the mesh that come from the same entry of the same policy', () => {
  const [edge] = joinPoints(
    [
      aPointReport('edge', false, [{}, { policy: other }]),
      aPointReport('mesh', true, [
        { deviceRules: ['ServiceEntry shop/api'] },
        { deviceRules: ['Sidecar shop/default'] },
      ]),
    ],
    () => null,
  );
  expect(edge?.rules.map(({ mesh }) => mesh)).toEqual([
    [{ point: 'mesh', objects: ['ServiceEntry shop/api', 'Sidecar shop/default'] }],
    [{ point: 'mesh', objects: [] }],
  ]);
  expect(edge?.rules.map(({ flags }) => flags.length)).toEqual([0, 1]);
  expect(edge?.point.flagged).toBe(1);
});

it('asks for no counterpart without a mesh, in the mesh itself, and for the default of a point', () => {
  const own = policy && ({ ...policy, kind: 'EnforcementPoint' } as const);
  const mesh = aPointReport('mesh', true, [{}]);
  const meshOf = (reports: readonly PointReport[]) => joinPoints(reports, () => null)[0]?.rules[0]?.mesh;
  expect(meshOf([aPointReport('edge', false, [{}])])).toBeNull();
  expect(meshOf([mesh])).toBeNull();
  expect(meshOf([aPointReport('edge', false, [{ policy: own }]), mesh])).toBeNull();
});

it('counts the rules of each state, of the points that are reported', () => {
  const rules = (['yes', 'no', 'no', 'not known'] as const).map((state) => ({ live: { state, reason: '' } }));
  const reports = [aPointReport('edge', false, rules), aPointReport('west', false, [{}])];
  const joined = joinPoints(
    reports,
    () => null,
    (name) => name === 'edge',
  );
  expect(joined.map(({ point: { name, live, notLive, unknown } }) => [name, live, notLive, unknown])).toEqual([
    ['edge', 1, 2, 1],
  ]);
});
