import type { Simulator } from '../../kit/simulator/simulator.ts';
import type { FakeObject } from '../kit/api-server.ts';
import { addresses } from '../live/flows.ts';
import type { ChaosCluster } from './cluster.ts';
import type { Random } from './random.ts';

const apps = ['web', 'job', 'idle'] as const;
const pods = '/api/v1/pods';
const policies = '/apis/postern.dev/v1alpha1/egresspolicies';

interface Pod {
  readonly name: string;
  readonly ip: string;
  readonly app: string;
  readonly uid: string;
}

/** What people and controllers do to a small cluster: pods come, end, are labelled anew; addresses are used again; policies change. */
export class ChaosWorld {
  readonly #cluster: ChaosCluster;
  readonly #pods = new Map<string, Pod>();
  #made = 0;
  #jobs = false;

  constructor(cluster: ChaosCluster, points: ReadonlyMap<string, Pick<Simulator, 'url' | 'kind' | 'config'>>) {
    this.#cluster = cluster;
    for (const name of ['shop', 'postern-system']) cluster.core('Namespace', 'namespaces', { metadata: { name } });
    cluster.core('ServiceAccount', 'serviceaccounts', { metadata: { name: 'default', namespace: 'shop' } });
    for (const [name, spec] of services)
      cluster.our('ExternalService', 'externalservices', { metadata: { name }, spec });
    cluster.our('ClusterEgressPolicy', 'clusteregresspolicies', { metadata: { name: 'no-metadata' }, spec: guardRail });
    this.#policy('pay', 'web', 'payments');
    for (const [name, { url, kind, config = { url } }] of points) {
      const spec = { adapter: kind, mode: 'Enforce', secretRef: { name }, clusterNetworks: ['10.7.0.0/24'], config };
      cluster.our('EnforcementPoint', 'enforcementpoints', { metadata: { name }, spec });
    }
    for (const app of ['web', 'job', 'web', 'idle']) this.#add(app, this.#free()[0] ?? '');
  }

  /** One change. @returns what it was */
  change(random: Random): string {
    const some = [...this.#pods.values()];
    const free = this.#free();
    const kind = random.of(['add', 'add', 'end', 'end', 'replace', 'label', 'policy'] as const);
    if (kind === 'policy') return this.#togglePolicy();
    if (some.length < 3 || (kind === 'add' && free.length > 8)) return this.#add(random.of(apps), random.of(free));
    const pod = random.of(some);
    if (kind === 'label') return this.#label(pod, random.of(apps));
    this.#end(pod);
    return kind === 'replace' ? this.#add(random.of(apps), pod.ip) : `${pod.name} ends`;
  }

  #free(): readonly string[] {
    const used = new Set([...this.#pods.values()].map(({ ip }) => ip));
    return addresses.filter((ip) => !used.has(ip));
  }

  #add(app: string, ip: string): string {
    this.#made += 1;
    const pod = { name: `pod-${this.#made}`, ip, app, uid: `uid-pod-${this.#made}` };
    this.#pods.set(pod.name, pod);
    this.#cluster.core('Pod', 'pods', objectOf(pod));
    return `${pod.name} (${app}) at ${ip}`;
  }

  #end({ name }: Pod): void {
    this.#pods.delete(name);
    this.#cluster.remove(pods, name, 'shop');
  }

  #label(pod: Pod, app: string): string {
    const labelled = { ...pod, app };
    this.#pods.set(pod.name, labelled);
    this.#cluster.core('Pod', 'pods', objectOf(labelled));
    return `${pod.name} is ${app}`;
  }

  #togglePolicy(): string {
    this.#jobs = !this.#jobs;
    if (this.#jobs) this.#policy('jobs', 'job', this.#made % 2 === 0 ? 'ledger' : 'github');
    else this.#cluster.remove(policies, 'jobs', 'shop');
    return `jobs ${this.#jobs ? 'may' : 'may not'}`;
  }

  #policy(name: string, app: string, service: string): void {
    const spec = {
      subject: { podSelector: { matchLabels: { app } } },
      action: 'Accept',
      to: [{ externalService: service }],
    };
    this.#cluster.our('EgressPolicy', 'egresspolicies', { metadata: { name, namespace: 'shop' }, spec });
  }
}

const services = [
  ['payments', { networks: ['203.0.113.0/24'], ports: [{ port: 443 }], allNamespaces: true }],
  ['ledger', { networks: ['198.51.100.0/24'], ports: [{ port: 5432, endPort: 5440 }], allNamespaces: true }],
  ['github', { domainNames: ['github.com'], ports: [{ port: 443, appProtocol: 'tls' }], allNamespaces: true }],
] as const;
const guardRail = {
  tier: 'Admin',
  priority: 10,
  subject: { allNamespaces: true, allPods: true },
  egress: [{ name: 'metadata', action: 'Deny', to: [{ networks: ['169.254.169.254/32'], allPorts: true }] }],
};

function objectOf({ name, ip, app, uid }: Pod): FakeObject {
  return {
    metadata: { name, namespace: 'shop', uid, labels: { app } },
    spec: { serviceAccountName: 'default', containers: [{ name: 'main', image: 'none' }] },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
  };
}
