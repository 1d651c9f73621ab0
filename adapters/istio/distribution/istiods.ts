import { AdapterError } from '../../../src/adapter/errors.ts';
import type { KubernetesObjects } from '../../../src/adapter/kubernetes-objects.ts';
import type { KnownCredentials } from '../../../src/adapter/redaction/known-credentials.ts';
import type { IstioConfig } from '../config.ts';
import { mapOf, textOf } from '../objects/fields.ts';
import { read } from '../objects/kinds.ts';
import { UnreadableProtobuf } from '../../../kit/protobuf/reader.ts';
import { askIstiod, type Istiod } from './ask.ts';
import { proxiesIn, statusRequest, type ProxyStatus } from './messages.ts';

/*
 * Every istiod knows the proxies that are connected to it and no others, so each is asked. It answers accounts of its own
 * namespace only: Postern asks as one there that has no rights, with a token that the API server gives for it.
 */

/** https://istio.io/latest/docs/ops/best-practices/security/#configure-third-party-service-account-tokens */
const audience = 'istio-ca';
const port = 15_012;
const rootCertificate = 'istio-ca-root-cert';

interface Asking {
  readonly config: Pick<IstioConfig, 'rootNamespace'>;
  readonly objects: KubernetesObjects;
  /** The ServiceAccount of the root namespace with which istiod is asked. */
  readonly account: string;
  /** Where istiods are, `istiod.istio-system:15012`; empty: each of their pods. */
  readonly addresses: readonly string[];
  readonly credentials?: KnownCredentials | undefined;
  readonly signal: AbortSignal;
}

/** Every proxy that is connected to some istiod, as that says. @throws AdapterError */
export async function proxiesOfMesh(asking: Asking): Promise<readonly ProxyStatus[]> {
  const { config, objects, account, credentials, signal } = asking;
  const namespace = config.rootNamespace;
  const [hosts, ca] = await Promise.all([hostsOf(asking), authorityOf(namespace, objects)]);
  const token = await objects.token({ namespace, name: account }, audience);
  credentials?.add(token);
  const request = statusRequest(namespace);
  const istiods = hosts.map((host): Istiod => {
    return { url: `https://${host}`, ca, serverName: `istiod.${namespace}.svc`, token };
  });
  const answers = await Promise.all(istiods.map((istiod) => askIstiod(istiod, request, signal)));
  return answers.flatMap(statusesIn);
}

function statusesIn(answer: Buffer): readonly ProxyStatus[] {
  try {
    return proxiesIn(answer);
  } catch (error) {
    if (!(error instanceof UnreadableProtobuf)) throw error;
    throw new AdapterError('transient', `istiod answered with what is no status of proxies: ${error.message}.`);
  }
}

async function hostsOf({ config, objects, addresses }: Asking): Promise<readonly string[]> {
  if (addresses.length > 0) return addresses;
  const namespace = config.rootNamespace;
  const pods = await objects.list(read.pod, { namespace, labelSelector: 'app=istiod' });
  const hosts = pods.flatMap(({ metadata, status }) => {
    const { phase, podIP } = mapOf(status);
    if (phase !== 'Running' || 'deletionTimestamp' in metadata) return [];
    const address = textOf(podIP);
    return address === '' ? [] : [`${address.includes(':') ? `[${address}]` : address}:${port}`];
  });
  if (hosts.length > 0) return hosts;
  throw new AdapterError(
    'not-found',
    `no pod in ${namespace} has the label app=istiod; name where istiod is, as distribution.addresses.`,
  );
}

/** Istio keeps it in every namespace, for what is to trust its certificates. */
async function authorityOf(namespace: string, objects: KubernetesObjects): Promise<string> {
  const found = await objects.get(read.configMap, { namespace, name: rootCertificate });
  const pem = textOf(mapOf(found?.['data'])['root-cert.pem']);
  if (pem !== '') return pem;
  throw new AdapterError(
    'not-found',
    `there is no ConfigMap ${namespace}/${rootCertificate}, by which istiod is known.`,
  );
}
