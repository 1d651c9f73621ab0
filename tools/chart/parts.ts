import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { choice, isList, isMap, type Node, type NodeMap } from './node.ts';

/*
 * What a kustomization says, as the manifests of a chart. Understood is what stands in deploy/: resources, patches of
 * JSON operations, and patches that delete. Anything else is an error, never left out.
 */

/** A manifest, and the values of the chart under which it is there. */
export interface Part {
  /** File of the chart. */
  readonly file: string;
  readonly manifest: NodeMap;
  readonly when: readonly string[];
  readonly unless: readonly string[];
}

const kustomizationSchema = z.strictObject({
  apiVersion: z.string(),
  kind: z.enum(['Kustomization', 'Component']),
  resources: z.array(z.string()).default([]),
  patches: z
    .array(
      z.strictObject({
        target: z
          .strictObject({
            group: z.string().optional(),
            kind: z.string(),
            name: z.string().optional(),
            labelSelector: z.string().optional(),
          })
          .optional(),
        patch: z.string(),
      }),
    )
    .default([]),
});
type Target = NonNullable<z.infer<typeof kustomizationSchema>['patches'][number]['target']>;

const operationSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.enum(['add', 'replace']), path: z.string(), value: z.json() }),
  z.strictObject({ op: z.literal('remove'), path: z.string() }),
]);
type Operation = z.infer<typeof operationSchema>;
const deletionSchema = z.looseObject({
  $patch: z.literal('delete'),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});

/**
 * The parts with what the kustomization in `folder` adds and changes while `flag` is set; without a flag, always.
 *
 * @param read the text of a file, by its path
 * @throws Error on what is not understood
 */
export function withKustomization(
  parts: readonly Part[],
  folder: string,
  { read, flag }: { readonly read: (path: string) => string; readonly flag?: string },
): readonly Part[] {
  const { resources, patches } = kustomizationSchema.parse(parse(read(`${folder}/kustomization.yaml`)));
  const files = resources.filter((name) => name.endsWith('.yaml'));
  const added = files.flatMap((file) =>
    manifestsIn(read(`${folder}/${file}`)).map((manifest) => newPart(file, manifest, flag)),
  );
  return patches.reduce<readonly Part[]>(
    (all, { target, patch }) => {
      const parsed: unknown = parse(patch);
      if (Array.isArray(parsed)) return changed(all, z.array(operationSchema).parse(parsed), target, flag);
      const { kind, metadata } = deletionSchema.parse(parsed);
      return without(all, { kind, name: metadata.name }, flag);
    },
    [...parts, ...added],
  );
}

function newPart(file: string, manifest: NodeMap, flag: string | undefined): Part {
  return { file, manifest, when: flag === undefined ? [] : [flag], unless: [] };
}

function manifestsIn(text: string): readonly NodeMap[] {
  return parseAllDocuments(text).map((document) => document.toJS() as NodeMap);
}

function changed(
  parts: readonly Part[],
  operations: readonly Operation[],
  target: Target | undefined,
  flag: string | undefined,
): readonly Part[] {
  if (target === undefined) throw new Error('operations need a target');
  return parts.map((part) => {
    if (!isMeant(part.manifest, target)) return part;
    const manifest = operations.reduce<Node>(
      (node, operation) => operated(node, keysOf(operation), operation, flag),
      part.manifest,
    );
    return { ...part, manifest: manifest as NodeMap };
  });
}

function without(parts: readonly Part[], target: Target, flag: string | undefined): readonly Part[] {
  if (flag === undefined) return parts.filter(({ manifest }) => !isMeant(manifest, target));
  return parts.map((part) => (isMeant(part.manifest, target) ? { ...part, unless: [...part.unless, flag] } : part));
}

function isMeant({ apiVersion, kind, metadata }: NodeMap, target: Target): boolean {
  const [group] = typeof apiVersion === 'string' ? apiVersion.split('/') : [];
  if (target.group !== undefined && target.group !== group) return false;
  const { name, labels } = isMap(metadata) ? metadata : {};
  const [key = '', value] = target.labelSelector?.split('=') ?? [];
  const isLabelled = target.labelSelector === undefined || (isMap(labels) && labels[key] === value);
  const kinds = new RegExp(`^(?:${target.kind})$`);
  return (
    typeof kind === 'string' && kinds.test(kind) && (target.name === undefined || target.name === name) && isLabelled
  );
}

function keysOf({ path }: Operation): readonly string[] {
  return path
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** RFC 6902, of which only the last position of a list can be added to. */
function operated(
  node: Node | undefined,
  keys: readonly string[],
  operation: Operation,
  flag: string | undefined,
): Node {
  const [key = '', ...rest] = keys;
  if (isList(node)) {
    if (rest.length === 0) {
      if (operation.op !== 'add' || key !== '-') throw new Error(`${operation.op} ${operation.path} is not understood`);
      return [...node, chosen(flag, operation.value, undefined)];
    }
    return node.map((item, index) => (String(index) === key ? operated(item, rest, operation, flag) : item));
  }
  if (!isMap(node)) throw new Error(`${operation.path} leads nowhere`);
  if (rest.length > 0) return { ...node, [key]: operated(node[key], rest, operation, flag) };
  const value = operation.op === 'remove' ? undefined : (operation.value as Node);
  return { ...node, [key]: chosen(flag, value, node[key]) };
}

function chosen(flag: string | undefined, then: Node | undefined, otherwise: Node | undefined): Node {
  if (flag !== undefined) return choice(flag, then, otherwise);
  if (then === undefined) throw new Error('what is always removed should not be there');
  return then;
}
