import { setTimeout as wait } from 'node:timers/promises';
import { FortigateClient } from '../../adapters/fortigate/api/client.ts';
import { fortigateConfigSchema } from '../../adapters/fortigate/config.ts';
import { sourceName } from '../../adapters/fortigate/objects/names.ts';
import type { DesiredState } from '../../src/core/model/desired.ts';
import type { Event } from '../worlds/churn.ts';
import type { FirewallAddress } from '../processes/firewall-process.ts';

/*
 * When others write, as they publish it, with our client on our simulated firewall: only the moment and the extent of a
 * write differ. What else they do - their reads, their device's own work on a declaration - is not counted against them.
 */

/** Told of each event, writes when its kind does, and ends once everything has been written. */
export interface Peer {
  take(event: Event): void;
  finish(): Promise<void>;
}

export interface Feeds {
  /** What each namespace's feed is called, and its members. */
  readonly names: ReadonlyMap<string, string>;
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
  push(commands: readonly Command[]): Promise<void>;
  close(): void;
}

interface Command {
  readonly name: string;
  readonly command: 'add' | 'remove' | 'snapshot';
  readonly entries: string[];
}

/** The feeds that a synced firewall has: one group for each namespace, known by the destination of its rule. */
export function feedsOf(desired: DesiredState, { url, token, ca }: FirewallAddress): Feeds {
  const client = new FortigateClient(fortigateConfigSchema.parse({ url }), { secret: { token, 'ca.crt': ca } });
  const names = new Map<string, string>();
  const members = new Map<string, ReadonlySet<string>>();
  for (const { origin, sources, action } of desired.rules) {
    const group = desired.groups.find(({ id }) => id === sources[0]);
    if (action !== 'Accept' || group === undefined || origin.kind !== 'EgressPolicy') continue;
    names.set(origin.namespace, sourceName({ cluster: 'bench' }, group.id));
    members.set(origin.namespace, new Set(group.members));
  }
  const call = { method: 'POST', base: 'monitor', table: 'system/external-resource/dynamic' } as const;
  return {
    names,
    members,
    push: async (commands) => {
      const body = { commands: commands.map((command) => ({ ...command })) };
      await client.ask({ ...call, body }, new AbortController().signal);
    },
    close: () => client.close(),
  };
}

function commandFor({ namespace, action, address }: Event, { names }: Feeds): Command {
  return { name: names.get(namespace) ?? '', command: action === 'Accept' ? 'add' : 'remove', entries: [address] };
}

/** F5 Container Egress Services, and any controller that writes from its event handler. */
export function oneCallPerChange(feeds: Feeds): Peer {
  let last = Promise.resolve();
  return {
    take: (event) => {
      last = last.then(() => feeds.push([commandFor(event, feeds)]));
    },
    finish: () => last,
  };
}

/** Consul-Terraform-Sync's buffer period of 5 s; FortiOS' own connector, which asks every 60 s. */
export function everySoOften(feeds: Feeds, ms: number): Peer {
  let waiting: Event[] = [];
  let ended = false;
  const loop = async (): Promise<void> => {
    while (!ended || waiting.length > 0) {
      await wait(ms);
      const taken = waiting;
      waiting = [];
      if (taken.length > 0) await feeds.push(taken.map((event) => commandFor(event, feeds)));
    }
  };
  const done = loop();
  return {
    take: (event) => void waiting.push(event),
    finish: () => {
      ended = true;
      return done;
    },
  };
}

/** F5 AS3 and the like: everything there is, again, as soon as the last declaration has been answered. */
export function wholeDeclaration(feeds: Feeds): Peer {
  const members = new Map([...feeds.members].map(([namespace, known]) => [namespace, new Set(known)]));
  let dirty = false;
  let running: Promise<void> | undefined;
  const loop = async (): Promise<void> => {
    while (dirty) {
      dirty = false;
      await feeds.push(
        [...members].map(([namespace, known]) => ({
          name: feeds.names.get(namespace) ?? '',
          command: 'snapshot',
          entries: [...known],
        })),
      );
    }
    running = undefined;
  };
  return {
    take: ({ namespace, action, address }) => {
      if (action === 'Accept') members.get(namespace)?.add(address);
      else members.get(namespace)?.delete(address);
      dirty = true;
      running ??= loop();
    },
    finish: async () => {
      await running;
    },
  };
}
