import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Event } from '../worlds/churn.ts';
import type { FirewallAddress } from '../processes/firewall-process.ts';
import type { Feeds, Peer } from './peers.ts';

/**
 * Nothing but the call: each change is pushed at once, by Node's own client on a connection that is open. What that takes
 * on top of the latency belongs to no part of Postern: TLS and two processes that wake up, the
 * simulator's parsing, its table and its timer, which never fires early, and the bench's own telling of the change.
 */
export function bareCalls({ names }: Feeds, { url, ca, token }: FirewallAddress): Peer {
  const agent = new Agent({ keepAlive: true, ca });
  const path = '/api/v2/monitor/system/external-resource/dynamic?vdom=root';
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const under = new Set<Promise<void>>();
  const push = async ({ namespace, action, address }: Event): Promise<void> => {
    const command = { name: names.get(namespace), command: action === 'Accept' ? 'add' : 'remove', entries: [address] };
    const asked = request(new URL(path, url), { method: 'POST', agent, headers });
    asked.end(JSON.stringify({ commands: [command] }));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    await once(answer.resume(), 'end');
  };
  return {
    take: (event) => {
      const call = push(event).finally(() => under.delete(call));
      under.add(call);
    },
    finish: async () => {
      await Promise.all(under);
      agent.destroy();
    },
  };
}
