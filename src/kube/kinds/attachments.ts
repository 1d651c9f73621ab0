import { z } from 'zod';
import { canonicalAddress } from '../../net/address.ts';
import type { Attachment, Pod } from '../../core/model/snapshot.ts';

/** Where Multus and its like write which networks a pod is on, and under which addresses. */
export const networkStatus = 'k8s.v1.cni.cncf.io/network-status';

/** More than a plugin gives, and few enough that no pod fills a group of a device alone. */
const mostAddresses = 16;

/** https://github.com/k8snetworkplumbingwg/multi-net-spec (Network Attachment Status) */
const statusSchema = z.array(
  z.object({
    name: z.string().min(1),
    ips: z
      .array(z.string().transform((text, context) => canonicalAddress(text) ?? context.addIssue('is no address')))
      .max(mostAddresses)
      .nullish(),
  }),
);

/** What is not of that form is read as a whole or not at all. */
export function attachmentsOf(
  annotations: Readonly<Record<string, string>> | null | undefined,
): Pick<Pod, 'attachments'> {
  const text = annotations?.[networkStatus];
  if (text === undefined) return {};
  const byNetwork = new Map<string, Set<string>>();
  const read = statusSchema.safeParse(parsed(text));
  if (!read.success) return { attachments: 'unreadable' };
  for (const { name, ips } of read.data) {
    const addresses = byNetwork.get(name) ?? new Set();
    for (const address of ips ?? []) if (address !== undefined) addresses.add(address);
    byNetwork.set(name, addresses);
  }
  const attachments = [...byNetwork].map(([network, addresses]): Attachment => ({
    network,
    addresses: [...addresses],
  }));
  return attachments.some(({ addresses }) => addresses.length > mostAddresses)
    ? { attachments: 'unreadable' }
    : { attachments };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
