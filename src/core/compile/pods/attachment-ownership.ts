import type { Pod } from '../../model/snapshot.ts';

/** An address on a network beside the pod network that passed from one pod to another, or to or from nobody. */
export interface AttachmentHandover {
  readonly network: string;
  readonly address: string;
  readonly from: Pod | undefined;
  readonly to: Pod | undefined;
}

interface Claim {
  readonly pods: Set<Pod>;
  holder: Pod | undefined;
}

/**
 * Whose an address is on a network beside the pod network. An annotation says so, which whoever may change the pod can
 * write, and not its node: of several live pods that claim one address nobody has it, and none has what another has by
 * its status, nor what is a node's. One that is being deleted has it only while nobody else claims it.
 */
export class AttachmentOwnership {
  readonly #claims = new Map<string, Map<string, Claim>>();
  readonly #holderByStatus: (address: string) => Pod | undefined;
  readonly #isOfNode: (address: string) => boolean;

  constructor(holderByStatus: (address: string) => Pod | undefined, isOfNode: (address: string) => boolean) {
    this.#holderByStatus = holderByStatus;
    this.#isOfNode = isOfNode;
  }

  /** Neither this pod nor any other claims anything, as in most clusters. */
  isIdle({ attachments }: Pod): boolean {
    return attachments === undefined && this.#claims.size === 0;
  }

  claim(pod: Pod): readonly AttachmentHandover[] {
    return claimedBy(pod).flatMap(({ network, address }) => {
      const at = this.#claims.get(address) ?? new Map<string, Claim>();
      this.#claims.set(address, at);
      const claim = at.get(network) ?? { pods: new Set(), holder: undefined };
      at.set(network, claim);
      claim.pods.add(pod);
      return this.#settle(network, address, claim);
    });
  }

  release(pod: Pod): readonly AttachmentHandover[] {
    return claimedBy(pod).flatMap(({ network, address }) => {
      const at = this.#claims.get(address);
      const claim = at?.get(network);
      if (at === undefined || claim === undefined) return [];
      claim.pods.delete(pod);
      if (claim.pods.size === 0) at.delete(network);
      if (at.size === 0) this.#claims.delete(address);
      return this.#settle(network, address, claim);
    });
  }

  /** Somebody else has these by its status, or a node, or nobody any more. */
  review(addresses: readonly string[]): readonly AttachmentHandover[] {
    if (this.#claims.size === 0) return unclaimed;
    return addresses.flatMap((address) =>
      [...(this.#claims.get(address) ?? [])].flatMap(([network, claim]) => this.#settle(network, address, claim)),
    );
  }

  /** By network. */
  of(pod: Pod): ReadonlyMap<string, readonly string[]> {
    if (pod.attachments === undefined) return nothing;
    const own = claimedBy(pod).filter(
      ({ network, address }) => this.#claims.get(address)?.get(network)?.holder === pod,
    );
    const networks = new Set(own.map(({ network }) => network));
    return new Map(
      [...networks].map((name) => [name, own.flatMap(({ network, address }) => (network === name ? address : []))]),
    );
  }

  #settle(network: string, address: string, claim: Claim): readonly AttachmentHandover[] {
    const from = claim.holder;
    const to = this.#isOfNode(address) ? undefined : soleClaimant(claim.pods, this.#holderByStatus(address));
    claim.holder = to;
    return from === to ? [] : [{ network, address, from, to }];
  }
}

const nothing: ReadonlyMap<string, readonly string[]> = new Map();

function soleClaimant(pods: ReadonlySet<Pod>, byStatus: Pod | undefined): Pod | undefined {
  const staying = [...pods].filter(({ deleting }) => !deleting);
  const [only, ...others] = staying.length > 0 ? staying : pods;
  return others.length > 0 || (byStatus !== undefined && byStatus !== only) ? undefined : only;
}

const unclaimed: readonly never[] = [];

function claimedBy({
  hostNetwork,
  attachments,
}: Pod): readonly { readonly network: string; readonly address: string }[] {
  if (hostNetwork || attachments === undefined || attachments === 'unreadable') return unclaimed;
  return attachments.flatMap(({ network, addresses }) => addresses.map((address) => ({ network, address })));
}
