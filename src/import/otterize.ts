import { z } from 'zod';
import type { LabelSelector } from '../api/fields/selector.ts';
import { asNetwork } from '../net/cidr.ts';
import { importing } from './documents.ts';
import { inside, lost, unreadable, type Document, type Outcome, type Remark } from './outcome.ts';
import { notPlain, plainName } from './plain-name.ts';
import { namespaceMissing } from './network-policy.ts';
import { networkWithout, type Reach } from './reach.ts';
import { selectorFrom, selectorSchema } from './selector.ts';
import { writePolicies } from './write.ts';

/* https://docs.otterize.com/reference/intents-and-intents-files : `targets` since v2alpha1, `calls` before. */

const internetSchema = z.strictObject({
  domains: z.array(z.string()).optional(),
  ips: z.array(z.string()).optional(),
  ports: z.array(z.int()).optional(),
});

const targetSchema = z.looseObject({ internet: internetSchema.optional() });
type Target = z.output<typeof targetSchema>;

/** Of a target: what it may do there, and not how it gets there. */
const permissions = ['aws', 'azure', 'gcp'];

const intentsSchema = z.looseObject({
  spec: z.looseObject({
    workload: z.strictObject({ name: z.string(), kind: z.string().optional() }).optional(),
    service: z.looseObject({ name: z.string(), kind: z.string().optional() }).optional(),
    targets: z.array(targetSchema).optional(),
    calls: z.array(targetSchema).optional(),
  }),
});

const workloadKinds = ['apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet', 'apps/ReplicaSet'];

/** Targets on the internet of ClientIntents. Whose pods a workload has is read off the workloads beside them. */
export const importClientIntents = importing({
  kinds: ['k8s.otterize.com/ClientIntents'],
  beside: workloadKinds,
  read: (all) => (document) => read(document, all),
  about: [
    {
      effect: 'changed',
      severity: 'info',
      subject: 'all intents',
      field: 'spec.targets',
      code: 'default-deny',
      message: 'Postern permits nothing else, even where Otterize only observes or protects servers',
    },
  ],
});

function read(document: Document, all: readonly Document[]): Outcome {
  const { data, error } = intentsSchema.safeParse(document.value);
  if (data === undefined) return unreadable(error, intentsSchema, document.value);
  const { namespace, name } = document;
  if (namespace === '') return { objects: [], remarks: [namespaceMissing] };
  const { workload, service, targets, calls = [] } = data.spec;
  const client = workload ?? service;
  const from = targets === undefined ? 'spec.calls' : 'spec.targets';
  const found = (targets ?? calls).map((target, at) => reachOf(target, `${from}[${at}]`));
  const reach = found.flatMap((one) => one.reach ?? []);
  const remarks = found.flatMap((one) => one.remarks);
  if (reach.length === 0) return { objects: [], remarks };
  const podSelector = client && selectorOf(all, namespace, client);
  if (podSelector === undefined) return { objects: [], remarks: [...remarks, noWorkload(client?.name ?? '')] };
  return {
    objects: writePolicies(document, name, { namespace, subject: { podSelector }, action: 'Accept', reach }),
    remarks,
  };
}

function isPermission({ type, ...target }: Readonly<Record<string, unknown>>): boolean {
  return permissions.some((one) => one === type || Object.hasOwn(target, one));
}

function aboutPermissions(field: string): Remark {
  const message = 'is about permissions in a cloud and names no address: write its endpoints separately';
  return { ...lost(field, 'no-destination', message), severity: 'info' };
}

function noWorkload(name: string): Remark {
  const message = `there is no workload ${name} in the input, so its pods are unknown: give it as well (kubectl get deploy,sts,ds,cj,job -A -o yaml)`;
  return lost('spec.workload', 'workload-not-found', message);
}

const workloadSchema = z.looseObject({ spec: z.looseObject({ selector: selectorSchema }) });

/** The labels by which the workload itself finds its pods; undefined where it is not there, or several have the name. */
function selectorOf(
  all: readonly Document[],
  namespace: string,
  { name, kind }: { readonly name: string; readonly kind?: string | undefined },
): LabelSelector | undefined {
  const [own, ...more] = all.filter(
    (one) =>
      one.namespace === namespace &&
      one.name === name &&
      workloadKinds.includes(one.kind) &&
      (kind === undefined || one.kind.endsWith(`/${kind}`)),
  );
  // Its pods may be called otherwise, and are another client then.
  const isRenamed = /"[^"]*otterize[^"]*\/(?:workload|service)-name":/.test(JSON.stringify(own?.value ?? {}));
  const found = own && more.length === 0 && !isRenamed ? workloadSchema.safeParse(own.value).data : undefined;
  return found && selectorFrom(found.spec.selector);
}

interface ReadTarget {
  readonly reach?: Reach;
  readonly remarks: readonly Remark[];
}

function reachOf({ internet, ...target }: Target, field: string): ReadTarget {
  if (internet === undefined && isPermission(target)) return { remarks: [aboutPermissions(field)] };
  if (internet === undefined) return { remarks: [inside(field, 'servers other than those on the internet')] };
  const { domains = [], ips = [], ports = [] } = internet;
  const networks = ips.map((ip) => (ip.includes('/') ? ip : asNetwork(ip)));
  if (networks.some((text) => networkWithout(text, []) === undefined))
    return {
      remarks: [lost(`${field}.internet.ips`, 'bad-network', 'one is neither an address nor a network: correct it')],
    };
  if (domains.length + ips.length === 0)
    return { remarks: [lost(`${field}.internet`, 'no-destination', 'it names neither domains nor addresses')] };
  const domainNames = domains.flatMap((name) => plainName(name) ?? []);
  const remarks = domains
    .filter((name) => plainName(name) === undefined)
    .map((name) => lost(`${field}.internet.domains`, 'pattern-not-expressible', notPlain(name)));
  if (domainNames.length + networks.length === 0) return { remarks };
  return {
    reach: { domainNames, networks, ports: ports.map((port) => ({ port, protocol: 'TCP' as const })) },
    remarks,
  };
}
