import type { z } from 'zod';
import type { Document } from '../outcome.ts';
import { hostPatternsOverlap, ofKind, sidecarSchema, specOf } from './objects.ts';
import { both, everybody, type Who } from '../who.ts';

/* The namespaces whose proxies get an object: exportTo limits who may see it, Sidecars who imports it. */

/** The namespaces that exportTo names. */
export function exportedTo(exportTo: readonly string[], namespace: string): Who {
  if (exportTo.includes('*')) return everybody;
  const namespaces = exportTo.filter((one) => one !== '~').map((one) => (one === '.' ? namespace : one));
  return { namespaces, inverted: false };
}

/** The namespaces in which every Sidecar that there may be for a pod imports the host. */
export function importing(documents: readonly Document[], rootNamespace: string, owner: string, host: string): Who {
  const sidecars = ofKind(documents, 'networking.istio.io/Sidecar').map(({ namespace, ...document }) => ({
    namespace,
    ...sidecarOf({ namespace, ...document }, owner, host),
  }));
  const closed = sidecars.filter(({ isOpen }) => !isOpen).map(({ namespace }) => namespace);
  const own: Who = { namespaces: closed, inverted: true };
  const isRootClosed = closed.includes(rootNamespace);
  // Without one for all of its pods, a namespace has that of the root.
  const general = sidecars.filter(({ isGeneral }) => isGeneral).map(({ namespace }) => namespace);
  return isRootClosed ? both(own, { namespaces: general, inverted: false }) : own;
}

function sidecarOf(document: Document, owner: string, host: string): { isOpen: boolean; isGeneral: boolean } {
  const spec = specOf(sidecarSchema, document);
  if (spec === undefined) return { isOpen: false, isGeneral: false };
  const { egress, workloadSelector } = spec;
  const isOpen = egress.length === 0 || egress.some((listener) => opens(listener, document.namespace, owner, host));
  const isNarrow =
    egress.some(isSpecial) ||
    egress.some(({ hosts }) => hosts.some((text) => /^~./.test(text) && !text.startsWith('~/')));
  return { isOpen: isOpen && !isNarrow, isGeneral: workloadSelector === undefined || workloadSelector === null };
}

type Listener = z.output<typeof sidecarSchema>['egress'][number];

/** With a port or an address of its own it replaces what the proxy would listen to. */
function isSpecial({ port, bind, captureMode }: Listener): boolean {
  return (port ?? bind ?? undefined) !== undefined || !['', 'DEFAULT', 'IPTABLES'].includes(captureMode ?? '');
}

/** Does one of `namespace/host` cover it whole? */
function opens({ hosts }: Listener, own: string, owner: string, host: string): boolean {
  return hosts.some((text) => {
    const [namespace = '', pattern = ''] = text.toLowerCase().split('/');
    const isFrom = namespace === '*' || namespace === owner || (namespace === '.' && own === owner);
    const isWhole =
      pattern === host ||
      (pattern.startsWith('*') && hostPatternsOverlap(pattern, host) && pattern.length <= host.length);
    return isFrom && isWhole;
  });
}
