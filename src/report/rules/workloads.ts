import { append } from '../../core/model/grouped.ts';
import { isLive } from '../../core/model/pods.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import type { AddressGroup, Origin } from '../../core/model/desired.ts';
import { compareText } from '../../api/problem.ts';
import type { Labels, Pod, Snapshot } from '../../core/model/snapshot.ts';
import { labelsOfNamespace } from '../../core/select/subject.ts';
import { subjectMatcher } from '../../verify/intent/rules.ts';
import type { PolicyCatalogue } from './governance.ts';
import { type Who } from '../report.ts';
import { objectName } from '../../core/text/wording.ts';

type Vantage = EnforcementPoint['spec']['vantage'];

/** Finds the workloads behind the sources of a rule. */
export class WorkloadFinder {
  readonly #catalogue: PolicyCatalogue;
  readonly #labels: ReadonlyMap<string, Labels>;
  readonly #pods: readonly Pod[];
  readonly #byAddress = new Map<string, Pod>();
  readonly #byAccount = new Map<string, Pod[]>();
  readonly #byNamespace = new Map<string, Pod[]>();
  readonly #ofGroup = new Map<AddressGroup, readonly Who[]>();
  readonly #ofPolicy = new Map<string, readonly Who[] | null>();

  constructor(snapshot: Snapshot, catalogue: PolicyCatalogue) {
    this.#catalogue = catalogue;
    this.#labels = new Map(snapshot.namespaces.map(({ name, labels }) => [name, labels]));
    this.#pods = snapshot.pods.filter(isLive);
    for (const pod of this.#pods) {
      append(this.#byNamespace, pod.namespace, pod);
      append(this.#byAccount, `${pod.namespace}/${pod.serviceAccount}`, pod);
      if (pod.hostNetwork) continue;
      for (const address of pod.addresses) {
        const other = this.#byAddress.get(address);
        if (other === undefined || other.created <= pod.created) this.#byAddress.set(address, pod);
      }
    }
  }

  /** The workloads in a rule's groups; if the members do not tell, those that the policy selects. Null: not known. */
  behind(groups: readonly AddressGroup[], origin: Origin, { type, network }: Vantage): readonly Who[] | null {
    if ((type !== 'Pod' && type !== 'Identity') || network !== undefined) return this.#selected(origin);
    const [only = [], ...more] = groups.map((group) => this.#inGroup(group, type));
    if (only === null || more.includes(null)) return this.#selected(origin);
    return more.length === 0 ? only : distinct([...only, ...more.flatMap((who) => who ?? [])]);
  }

  /** Null: the group has whole networks, which do not tell. */
  #inGroup(group: AddressGroup, vantage: 'Pod' | 'Identity'): readonly Who[] | null {
    const known = this.#ofGroup.get(group);
    if (known !== undefined) return known;
    if (vantage === 'Pod' && group.members.some((member) => member.includes('/'))) return null;
    const pods = group.members.flatMap((member) => {
      return vantage === 'Pod' ? (this.#byAddress.get(member) ?? []) : (this.#byAccount.get(member) ?? []);
    });
    const who = workloadsOf(pods);
    this.#ofGroup.set(group, who);
    return who;
  }

  #selected(origin: Origin): readonly Who[] | null {
    const key = objectName(origin);
    const known = this.#ofPolicy.get(key);
    if (known !== undefined) return known;
    const who = this.#select(origin);
    this.#ofPolicy.set(key, who);
    return who;
  }

  #select(origin: Origin): readonly Who[] | null {
    const policy = this.#catalogue.policy(origin);
    const matches = policy && subjectMatcher(policy);
    if (matches === undefined) return null;
    const { kind, namespace } = origin;
    const candidates = kind === 'EgressPolicy' ? (this.#byNamespace.get(namespace) ?? []) : this.#pods;
    const selected = candidates.filter((pod) => {
      return matches({ ...pod, namespaceLabels: labelsOfNamespace(pod.namespace, this.#labels.get(pod.namespace)) });
    });
    return workloadsOf(selected);
  }
}

function whoOf({ namespace, workload, workloadBy, serviceAccount }: Pod): Who {
  return { namespace, workload, serviceAccount, ...(workloadBy && { workloadBy }) };
}

/** Each once, as the last of its pods has it. */
function workloadsOf(pods: readonly Pod[]): readonly Who[] {
  return distinct(pods).map(whoOf);
}

function distinct<T extends Who>(all: readonly T[]): readonly T[] {
  const byKey = new Map<string, T>();
  for (const who of all) byKey.set(`${who.namespace} ${who.workload} ${who.serviceAccount}`, who);
  return [...byKey].sort(([a], [b]) => compareText(a, b)).map(([, who]) => who);
}
