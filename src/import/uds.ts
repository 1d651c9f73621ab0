import { z } from 'zod';
import { importing } from './documents.ts';
import { apiServerOutside, inside, lost, unreadable, type Document, type Outcome, type Remark } from './outcome.ts';
import { notPlain, plainName } from './plain-name.ts';
import { namespaceMissing } from './network-policy.ts';
import { networkWithout, type Reach } from './reach.ts';
import { everywhere } from '../net/cidr.ts';
import { writePolicies } from './write.ts';

/* https://uds.defenseunicorns.com/reference/configuration/custom-resources/packages-v1alpha1-cr/ */

const allowSchema = z.strictObject({
  direction: z.enum(['Ingress', 'Egress']),
  description: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  selector: z.record(z.string(), z.string()).optional(),
  podLabels: z.record(z.string(), z.string()).optional(),
  serviceAccount: z.string().optional(),
  port: z.int().optional(),
  ports: z.array(z.int()).optional(),
  remoteCidr: z.string().optional(),
  remoteGenerated: z.string().optional(),
  remoteHost: z.string().optional(),
  remoteNamespace: z.string().optional(),
  remoteSelector: z.record(z.string(), z.string()).optional(),
  remotePodLabels: z.record(z.string(), z.string()).optional(),
  remoteServiceAccount: z.string().optional(),
  remoteProtocol: z.enum(['TLS', 'HTTP', 'TCP', 'UDP']).optional(),
});
type Allow = z.output<typeof allowSchema>;

const packageSchema = z.looseObject({
  spec: z.looseObject({ network: z.looseObject({ allow: z.array(allowSchema).optional() }).optional() }).optional(),
});

/** The metadata service of clouds, which `Anywhere` leaves out. */
const metadataService = '169.254.169.254/32';

/** `network.allow` of UDS Packages, as far as it leads out of the cluster. */
export const importUdsPackages = importing({
  kinds: ['uds.dev/Package'],
  read: () => read,
  about: [
    {
      effect: 'changed',
      severity: 'info',
      subject: 'all packages',
      field: 'spec.network.allow',
      code: 'names-everywhere',
      message:
        'the policies are for enforcement points, in and beside the mesh; keep the Packages, because their operator still manages the NetworkPolicies',
    },
  ],
});

function read(document: Document): Outcome {
  const { data, error } = packageSchema.safeParse(document.value);
  if (data === undefined) return unreadable(error, packageSchema, document.value);
  if (document.namespace === '') return { objects: [], remarks: [namespaceMissing] };
  const { namespace } = document;
  const parts = (data.spec?.network?.allow ?? []).flatMap((allow, at) => {
    if (allow.direction !== 'Egress') return [];
    const { reach, remark } = reachOf(allow, `spec.network.allow[${at}]`);
    const labels = allow.selector ?? allow.podLabels ?? {};
    const subject = {
      podSelector: Object.keys(labels).length === 0 ? undefined : { matchLabels: labels },
      serviceAccounts: allow.serviceAccount === undefined ? undefined : [allow.serviceAccount],
    };
    const name = `${document.name}-${at + 1}`;
    const objects = reach
      ? writePolicies(document, name, { namespace, subject, action: 'Accept', reach: [reach] })
      : [];
    return [{ objects, remarks: remark ? [remark] : [] }];
  });
  return { objects: parts.flatMap(({ objects }) => objects), remarks: parts.flatMap(({ remarks }) => remarks) };
}

interface ReadAllow {
  readonly reach?: Reach;
  readonly remark?: Remark;
}

function reachOf(allow: Allow, field: string): ReadAllow {
  const { remoteHost, remoteCidr, remoteProtocol } = allow;
  const ports = [...(allow.ports ?? []), ...(allow.port === undefined ? [] : [allow.port])];
  if (isAmbiguous(allow)) return { remark: lost(field, 'limit-not-expressible', namedTwice) };
  const protocol = remoteProtocol === 'UDP' ? 'UDP' : 'TCP';
  const through = ports.map((one) => ({ port: one, protocol }) as const);
  if (remoteHost !== undefined) {
    if (remoteProtocol === 'UDP' || remoteProtocol === 'TCP')
      return { remark: lost(`${field}.remoteProtocol`, 'refused', notWithHost) };
    const name = plainName(remoteHost);
    if (name === undefined)
      return { remark: lost(`${field}.remoteHost`, 'pattern-not-expressible', notPlain(remoteHost)) };
    const usual = remoteProtocol === 'HTTP' ? 80 : 443;
    return { reach: { domainNames: [name], ports: ports.length > 0 ? through : [{ port: usual, protocol: 'TCP' }] } };
  }
  if (remoteCidr === undefined) return generated(allow, through, field);
  const networks = networkWithout(remoteCidr, []);
  return networks === undefined
    ? { remark: lost(`${field}.remoteCidr`, 'bad-network', 'is no network in CIDR notation: correct it') }
    : { reach: { networks, ports: through } };
}

const notWithHost =
  'UDS takes a remoteHost with remoteProtocol TLS or HTTP only, and refuses the object: it has no effect there';
const namedTwice = 'it names its destination or its subject twice: which of the two counts is not known here';

function isAmbiguous(allow: Allow): boolean {
  const { remoteNamespace, remoteSelector, remotePodLabels, remoteServiceAccount } = allow;
  const within = remoteNamespace ?? remoteSelector ?? remotePodLabels ?? remoteServiceAccount;
  const isSeveral = (all: readonly unknown[]): boolean => all.filter((one) => one !== undefined).length > 1;
  return (
    isSeveral([allow.selector, allow.podLabels]) ||
    isSeveral([allow.remoteHost, allow.remoteCidr, allow.remoteGenerated, within])
  );
}

function generated({ remoteGenerated }: Allow, ports: Reach['ports'], field: string): ReadAllow {
  switch (remoteGenerated) {
    case undefined:
      return { remark: inside(field, 'other pods') };
    case 'Anywhere':
      return { reach: { networks: networkWithout(everywhere[0], [metadataService]) ?? [], ports } };
    case 'CloudMetadata':
      return { reach: { networks: [metadataService], ports } };
    case 'KubeAPI':
      return { remark: apiServerOutside(`${field}.remoteGenerated`) };
    case 'IntraNamespace':
    case 'KubeNodes':
      return { remark: inside(field, 'pods and nodes') };
    default: {
      const message = `the meaning of ${remoteGenerated} is not known here: write names or networks`;
      return { remark: lost(`${field}.remoteGenerated`, 'unknown-remote', message) };
    }
  }
}
