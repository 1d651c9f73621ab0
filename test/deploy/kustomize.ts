import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';

/** The folder `deploy/`. */
export const deployFolder = fileURLToPath(new URL('../../deploy', import.meta.url));

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** What a person writes for a cluster of his own: a variant, components, patches. */
export interface Choice {
  readonly variant: 'base' | 'embedded' | 'cron' | 'keda' | 'knative';
  readonly components?: readonly string[];
  readonly patches?: readonly object[];
}

/** Renders with the real kustomize, that of kubectl. */
export function rendered({ variant, components = [], patches = [] }: Choice): readonly Manifest[] {
  const kustomization = {
    resources: [`@deploy/${variant}`],
    components: components.map((name) => `@deploy/components/${name}`),
    patches,
  };
  return renderedFrom(stringify(kustomization));
}

/** @param text a kustomization in which `@deploy` stands for the folder `deploy/` */
export function renderedFrom(text: string): readonly Manifest[] {
  const folder = mkdtempSync(join(tmpdir(), 'postern-kustomize-'));
  try {
    writeFileSync(join(folder, 'kustomization.yaml'), text.replaceAll('@deploy', relative(folder, deployFolder)));
    return manifestsIn(execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8', maxBuffer: 2 ** 26 }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function manifestsIn(text: string): readonly Manifest[] {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as unknown);
  return documents.filter((document) => document !== null).map((document) => manifestSchema.parse(document));
}

/** `Deployment/postern-worker` */
export function nameOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.name}`;
}

export function find(manifests: readonly Manifest[], name: string): Manifest {
  const found = manifests.find((manifest) => nameOf(manifest) === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

/** For kubectl. */
export function listOf(items: readonly Manifest[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}
