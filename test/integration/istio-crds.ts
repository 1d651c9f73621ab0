import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { skipped } from '../kit/skipped.ts';

/** The kinds of Istio in a file, as Istio publishes it (`istio/api kubernetes/customresourcedefinitions.gen.yaml`). */
export const istioCrds =
  process.env['ISTIO_CRDS'] ?? fileURLToPath(new URL('../../../shared/schemas/istio-crds.yaml', import.meta.url));

export function hasIstioCrds(): boolean {
  return (
    existsSync(istioCrds) || skipped('no kinds of Istio: set ISTIO_CRDS to a file with its CustomResourceDefinitions')
  );
}
