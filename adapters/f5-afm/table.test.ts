import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../test/kit/builders.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import { readTable } from '../../src/verify/perimeter/table.ts';
import { f5Afm } from './adapter.ts';
import { f5AfmConfigSchema } from './config.ts';
import { tables } from './objects/names.ts';
import { table } from './table.ts';
import { unprobed } from './unprobed.ts';

const config = f5AfmConfigSchema.parse({ url: 'https://192.0.2.1' });
const context = { config, capabilities: unprobed, owner: { cluster: 'east' } };
const rules = [
  aRule({ id: '00000000000d', action: 'Deny', sources: ['00000000000d'], to: ['203.0.113.0/25'], ports: [] }),
  aRule(),
];
const groups = [
  aGroup({ members: ['10.0.0.1', '10.0.0.2'] }),
  aGroup({ id: '00000000000d', role: 'Deny', members: ['10.0.0.2'] }),
];
const { resources } = f5Afm.lower(aDesiredState({ rules, groups }), context);

/** Who of three reaches the first half of the network. */
function reaching(found: readonly Resource[]): readonly string[] {
  const decide = readTable(table(found, context));
  const flow = { dst: '203.0.113.5', port: 443, protocol: 'TCP' } as const;
  return ['10.0.0.1', '10.0.0.2', '10.0.0.9'].filter((src) => decide({ ...flow, src }).action === 'Accept');
}

function edited(kind: string, effect: Resource['effect'], edit: JsonObject): readonly Resource[] {
  return resources.map((resource) =>
    resource.kind === kind && resource.effect === effect
      ? { ...resource, spec: { ...resource.spec, ...edit } }
      : resource,
  );
}

describe('what AFM does with its objects', () => {
  it('is what was asked for', () => {
    expect(reaching(resources)).toEqual(['10.0.0.1']);
  });

  it.each<[string, readonly Resource[]]>([
    ['nothing where no policy refers to the rules', resources.filter(({ kind }) => kind !== tables.entry)],
    ['nothing where no context enforces the policy', resources.filter(({ kind }) => kind !== tables.context)],
    [
      'nothing where the rule that refers to them is switched off',
      edited(tables.entry, 'None', { status: 'disabled' }),
    ],
  ])('is %s', (_, found) => {
    expect(reaching(found)).toEqual([]);
  });

  it.each<[string, readonly Resource[], readonly string[]]>([
    ['a source that was emptied is everybody', edited(tables.rule, 'Accept', { source: {} }), ['10.0.0.1', '10.0.0.9']],
    [
      'what is not understood may accept',
      edited(tables.rule, 'Accept', { destination: { geo: ['US'] } }),
      ['10.0.0.1', '10.0.0.9'],
    ],
    [
      'what is not understood denies nothing',
      edited(tables.rule, 'Deny', { source: { vlans: ['/Common/x'] } }),
      ['10.0.0.1', '10.0.0.2'],
    ],
    [
      'a denying rule that is switched off denies nothing',
      edited(tables.rule, 'Deny', { status: 'disabled' }),
      ['10.0.0.1', '10.0.0.2'],
    ],
    [
      'an accepting rule that hands on still accepts here',
      edited(tables.rule, 'Accept', { action: 'accept' }),
      ['10.0.0.1'],
    ],
    ['another protocol accepts nothing of ours', edited(tables.rule, 'Accept', { ipProtocol: 'icmp' }), []],
  ])('is read cautiously: %s', (_, found, wanted) => {
    expect(reaching(found)).toEqual(wanted);
  });
});
