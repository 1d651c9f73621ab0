import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gcpShapes } from './shapes.ts';

/* The documents of the real services are beside this repository, in ../shared/schemas/gcp. */

const files = ['compute-firewall-policies', 'networksecurity-address-groups'].map(
  (name) => `../shared/schemas/gcp/${name}.json`,
);
const there = files.every((file) => existsSync(file));
if (!there)
  console.warn(
    `SKIPPED: the shapes of the simulator of Google Cloud against its documents: ${files.join(', ')} are not there.`,
  );

const propertySchema = z.object({
  enum: z.array(z.string()).optional(),
  items: z.object({ enum: z.array(z.string()).optional() }).optional(),
});
const documentSchema = z.object({
  schemas: z.record(z.string(), z.object({ properties: z.record(z.string(), propertySchema) })),
});

const lines = gcpShapes
  .trim()
  .split('\n')
  .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
const shapes = new Map(lines);
const read = (): z.output<typeof documentSchema>['schemas'] => {
  const documents = files.map((file) => documentSchema.parse(JSON.parse(readFileSync(file, 'utf8'))));
  return Object.fromEntries(documents.flatMap(({ schemas }) => Object.entries(schemas)));
};

describe.runIf(there)('the shapes of the simulator', () => {
  it('have the members that the documents have', () => {
    const documents = read();
    const structures = lines.filter(([name, body]) => body.startsWith('{') && name in documents);
    const ours = structures.map(([name, body]) => [name, body.slice(1, -1).split(' ').map(nameOf).sort()]);
    expect(ours).toEqual(structures.map(([name]) => [name, Object.keys(documents[name]?.properties ?? {}).sort()]));
    expect(structures.length).toBeGreaterThan(7);
  });

  it('have the values that the documents have', () => {
    const documents = read();
    const members = lines.flatMap(([name, body]) =>
      body.startsWith('{')
        ? body
            .slice(1, -1)
            .split(' ')
            .map((member) => [name, nameOf(member), shapeOf(member)] as const)
        : [],
    );
    const compared = members.flatMap(([name, member, shape]) => {
      const property = documents[name]?.properties[member];
      const values = property?.enum ?? property?.items?.enum;
      const element = /^\[(\w+)\]/.exec(shapes.get(shape) ?? '')?.[1] ?? shape;
      return values === undefined
        ? []
        : [[name, member, values.toSorted(), (shapes.get(element) ?? '').split('|').sort()] as const];
    });
    expect(compared.map(([name, member, , own]) => [name, member, own])).toEqual(
      compared.map(([name, member, values]) => [name, member, values]),
    );
    expect(compared.length).toBeGreaterThan(9);
  });
});

function nameOf(member: string): string {
  return member.replace(/!?(:.*)?$/, '');
}

function shapeOf(member: string): string {
  return /:(.+)$/.exec(member)?.[1] ?? nameOf(member);
}
