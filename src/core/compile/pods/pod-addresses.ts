import type { Node, Pod } from '../../model/snapshot.ts';
import type { NetworkSet } from '../../../net/network-set.ts';
import type { AddressOwnership } from './address-ownership.ts';
import type { AttachmentOwnership } from './attachment-ownership.ts';

/** What gives a pod addresses on its way out of the cluster. */
export interface EgressGrant {
  /** Equal for equal pools of points; an object's own otherwise. */
  readonly key: string;
  readonly addresses: readonly string[];
}

/** The addresses of pods that are gateways; the same object for the same gateways. */
export interface GatewayMembers {
  members(): readonly string[];
  has(address: string): boolean;
}

/** A way out of the cluster through gateways that are pods. */
export interface Route {
  /** The destinations that take it; undefined: every one. */
  readonly area: NetworkSet | undefined;
  /** The addresses of each. */
  readonly gateways: readonly { readonly set: GatewayMembers }[];
}

/** What a live pod brings into the groups it belongs to. */
export interface PodAddresses {
  /** The addresses it has to itself; none on the host network. */
  readonly own: readonly string[];
  /** By network beside the pod network: the addresses there that nobody else claims. */
  readonly attached: ReadonlyMap<string, readonly string[]>;
  /** The addresses of the node it runs on. */
  readonly node: readonly string[];
  /** `namespace/serviceaccount`; none on the host network, where no proxy vouches for it. */
  readonly identity: readonly string[];
  /** What gives it other addresses on its way out, of the network plugin and of points; none on the host network. */
  readonly egress: readonly EgressGrant[];
  /** The ways out through pods that lead others out; none on the host network. */
  readonly behind: readonly Route[];
  /** On the pod network, so that it is seen behind gateways and static addresses. */
  readonly inside: boolean;
}

export const nothing: PodAddresses = {
  own: [],
  attached: new Map(),
  node: [],
  identity: [],
  egress: [],
  behind: [],
  inside: false,
};

/** Who knows what a pod has. */
export interface AddressBook {
  readonly ownership: AddressOwnership;
  readonly attachments: AttachmentOwnership;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly egress: { of(pod: Pod): readonly EgressGrant[] };
  readonly gateways: { of(pod: Pod): readonly Route[] };
}

/** What a pod brings at the moment, looked up when it is asked for: a group wants one thing of it. */
export class CurrentAddresses implements PodAddresses {
  readonly #pod: Pod;
  readonly #book: AddressBook;

  constructor(pod: Pod, book: AddressBook) {
    this.#pod = pod;
    this.#book = book;
  }

  get own(): readonly string[] {
    return this.#book.ownership.of(this.#pod);
  }

  get attached(): ReadonlyMap<string, readonly string[]> {
    return this.#book.attachments.of(this.#pod);
  }

  get node(): readonly string[] {
    return this.#book.nodes.get(this.#pod.node)?.addresses ?? nothing.node;
  }

  get identity(): readonly string[] {
    const { namespace, serviceAccount } = this.#pod;
    return this.inside ? [`${namespace}/${serviceAccount}`] : nothing.identity;
  }

  get egress(): readonly EgressGrant[] {
    return this.#book.egress.of(this.#pod);
  }

  get behind(): readonly Route[] {
    return this.#book.gateways.of(this.#pod);
  }

  get inside(): boolean {
    return !this.#pod.hostNetwork;
  }
}
