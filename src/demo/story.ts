import type { EgressPolicy } from '../api/kinds.ts';
import type { ObjectChange, Pod } from '../core/model/snapshot.ts';

/** One thing that happens to the company, and what a watcher should look for on the firewall. */
export interface Scene {
  readonly title: string;
  readonly expect: string;
  readonly changes: readonly ObjectChange[];
}

/** What a pod of the story is: the rest is the same for all of them. */
interface Cast {
  readonly namespace: string;
  readonly name: string;
  readonly app: string;
  readonly account?: string;
  readonly address: string | readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly phase?: Pod['phase'];
}

function enters({ namespace, name, app, account = 'default', address, labels, phase = 'Running' }: Cast): ObjectChange {
  const object: Pod = {
    uid: `${namespace}-${name}`,
    namespace,
    name,
    labels: { app, ...labels },
    serviceAccount: account,
    node: 'node-1',
    hostNetwork: false,
    phase,
    deleting: false,
    addresses: typeof address === 'string' ? [address] : address,
    created: '2026-11-02T08:00:00Z',
    workload: `Deployment/${app}`,
  };
  return { kind: 'Pod', key: `${namespace}/${name}`, object };
}

function leaves(namespace: string, name: string): ObjectChange {
  return { kind: 'Pod', key: `${namespace}/${name}`, object: undefined };
}

function dualStack(node: number, host: number): readonly string[] {
  return [`10.20.${node}.${host}`, `2001:db8:20:${node}::${host}`];
}

const checkout = { namespace: 'shop', app: 'checkout', account: 'checkout' } as const;

/**
 * A working day, in scenes, one after the other.
 *
 * @param soon when the temporary access of the wiki is to end, asked when it is given; RFC 3339
 */
export function* story(soon: () => string): Generator<Scene> {
  yield {
    title: 'The checkout scales from two pods to five.',
    expect: 'their addresses of both families join the groups; nothing else is touched',
    changes: [3, 4, 5].map((index) =>
      enters({ ...checkout, name: `checkout-${index}`, address: dualStack(3, 40 + index) }),
    ),
  };
  yield {
    title: 'A catalogue pod ends, and a web pod gets its address a moment later.',
    expect: 'the address leaves the group before anything else: the web pod inherits nothing',
    changes: [
      leaves('shop', 'catalogue-1'),
      enters({ namespace: 'shop', name: 'web-2', app: 'web', address: '10.20.1.42' }),
      enters({ namespace: 'shop', name: 'catalogue-2', app: 'catalogue', address: '10.20.3.50' }),
    ],
  };
  yield {
    title: 'The build job has finished; its pod stays behind as Succeeded.',
    expect: 'its address is withdrawn, and the group is empty: nothing, not any',
    changes: [
      enters({ namespace: 'build', name: 'runner-1', app: 'runner', address: '10.20.1.51', phase: 'Succeeded' }),
    ],
  };
  yield {
    title: 'A checkout pod behaves oddly: the security team labels it quarantine=true.',
    expect: 'it joins the denying group above everything its own team was granted',
    changes: [enters({ ...checkout, name: 'checkout-2', address: dualStack(2, 41), labels: { quarantine: 'true' } })],
  };
  yield {
    title: 'The wiki gets access to the warehouse for a moment, with an end built in.',
    expect: 'a rule that goes by itself',
    changes: [temporaryAccess(soon())],
  };
  yield {
    title: 'Rush hour: forty pods of the checkout are replaced at once.',
    expect: 'many changes, a handful of native calls',
    changes: [
      ...[3, 4, 5].map((index) => leaves('shop', `checkout-${index}`)),
      ...Array.from({ length: 40 }, (_, index) =>
        enters({ ...checkout, name: `checkout-r${index}`, address: dualStack(4, index + 1) }),
      ),
    ],
  };
}

function temporaryAccess(expiresAt: string): ObjectChange {
  const object: EgressPolicy = {
    apiVersion: 'postern.dev/v1alpha1',
    kind: 'EgressPolicy',
    metadata: {
      name: 'stock-taking',
      namespace: 'office',
      uid: 'stock-taking',
      generation: 1,
      labels: {},
      annotations: {},
    },
    spec: {
      subject: { podSelector: { matchLabels: { app: 'wiki' } } },
      action: 'Accept',
      to: [{ externalService: 'warehouse-db' }],
      governance: { owner: 'team-office', justification: 'stock-taking', ticket: 'APP-45', expiresAt },
    },
  };
  return { kind: 'EgressPolicy', key: 'office/stock-taking', object };
}
