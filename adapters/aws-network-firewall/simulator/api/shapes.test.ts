import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ec2Shapes, networkFirewallShapes, unsimulated } from './shapes.ts';

/* The models of the real services are beside this repository, in ../shared/schemas/aws. */

const folder = '../shared/schemas/aws';
const there = existsSync(folder);
if (!there)
  console.warn(`SKIPPED: the shapes of the AWS simulator against the service models: ${folder} is not there.`);

const shapeSchema = z.object({
  type: z.string(),
  required: z.array(z.string()).default([]),
  members: z.record(z.string(), z.object({ shape: z.string(), locationName: z.string().optional() })).default({}),
  member: z.object({ shape: z.string() }).optional(),
  key: z.object({ shape: z.string() }).optional(),
  value: z.object({ shape: z.string() }).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  pattern: z.string().optional(),
  enum: z.array(z.string()).optional(),
});
type ModelShape = z.output<typeof shapeSchema>;
const modelSchema = z.object({ shapes: z.record(z.string(), shapeSchema) });

/** A shape of the model as `shapes.ts` writes it. */
function lineOf(name: string, shape: ModelShape, ec2: boolean): string {
  return `${name} ${shape.type === 'structure' ? structureOf(shape, ec2) : bodyOf(shape)}`;
}

function bodyOf({ type, min, max, member, key, value, pattern, enum: values }: ModelShape): string {
  const range = rangeOf(min, max);
  if (type === 'list') return `[${member?.shape ?? ''}]${range}`;
  if (type === 'map') return `<${key?.shape ?? ''} ${value?.shape ?? ''}>${range}`;
  if (values !== undefined) return `${values.join('|')}${values.length === 1 ? '|' : ''}`;
  return `${type}${range}${pattern === undefined ? '' : ` ${pattern}`}`;
}

function rangeOf(min: number | undefined, max: number | undefined): string {
  return min === undefined && max === undefined ? '' : ` ${min ?? ''}..${max ?? ''}`;
}

function structureOf({ members, required }: ModelShape, ec2: boolean): string {
  const texts = Object.entries(members).map(([field, { shape, locationName }]) => {
    const wire = ec2 && locationName !== undefined ? locationName.replace(/^./, (first) => first.toUpperCase()) : field;
    return `${wire}${required.includes(field) ? '!' : ''}${shape === wire ? '' : `:${shape}`}`;
  });
  return `{${texts.join(' ')}}`;
}

describe.runIf(there)('the shapes of the simulator', () => {
  it.each([
    ['network-firewall', networkFirewallShapes],
    ['ec2-prefix-lists', ec2Shapes],
  ])('are those of the service model: %s', (file, text) => {
    const { shapes } = modelSchema.parse(JSON.parse(readFileSync(`${folder}/${file}.json`, 'utf8')));
    const lines = text.trim().split('\n');
    const names = new Set(lines.map((line) => line.slice(0, line.indexOf(' '))));
    const expected = lines.map((line) => {
      const name = line.slice(0, line.indexOf(' '));
      const shape = shapes[name];
      // Of some thirty types of resources one is simulated.
      return shape === undefined || name === 'ResourceType' ? line : lineOf(name, shape, file.startsWith('ec2'));
    });
    expect(lines).toEqual(expected);
    expect([...names].filter((name) => shapes[name] === undefined)).toEqual([]);
    const mentioned = lines.flatMap((line) => {
      const shape = shapes[line.slice(0, line.indexOf(' '))];
      return shape === undefined
        ? []
        : [...Object.values(shape.members), shape.member, shape.key, shape.value].flatMap((of) => of?.shape ?? []);
    });
    expect([...new Set(mentioned)].filter((name) => !names.has(name) && !unsimulated.has(name))).toEqual([]);
  });
});
