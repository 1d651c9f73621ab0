import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { azureShapes } from './shapes.ts';

/* The models of the real service are beside this repository, in ../shared/schemas/azure. */

const file = '../shared/schemas/azure/azure-firewall.json';
const there = existsSync(file);
if (!there) console.warn(`SKIPPED: the shapes of the Azure simulator against the models: ${file} is not there.`);

const modelSchema = z.object({
  models: z.record(z.string(), z.object({ base: z.array(z.string()), members: z.record(z.string(), z.string()) })),
  enums: z.record(z.string(), z.array(z.string())),
});

const lines = azureShapes
  .trim()
  .split('\n')
  .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
const read = (): z.output<typeof modelSchema> => modelSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

describe.runIf(there)('the shapes of the simulator', () => {
  it('have the members that the models have', () => {
    const { models } = read();
    const membersOf = (name: string): readonly string[] => {
      const { base = [], members = {} } = models[name] ?? {};
      return [...base.flatMap(membersOf), ...Object.keys(members)];
    };
    const structures = lines.filter(([name, body]) => body.startsWith('{') && name in models);
    const ours = structures.map(([name, body]) => [name, body.slice(1, -1).split(' ').map(nameOf).sort()]);
    expect(ours).toEqual(structures.map(([name]) => [name, [...new Set(membersOf(name))].sort()]));
    expect(structures.length).toBeGreaterThan(9);
  });

  it('have the values that the models have', () => {
    const { enums } = read();
    const values = lines.filter(([name]) => name in enums);
    expect(values.map(([name, body]) => [name, body.split('|').sort()])).toEqual(
      values.map(([name]) => [name, [...(enums[name] ?? [])].sort()]),
    );
    expect(values.length).toBeGreaterThan(3);
  });
});

function nameOf(member: string): string {
  return member.replace(/!?(:.*)?$/, '');
}
