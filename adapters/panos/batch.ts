import { isIP } from 'node:net';
import { pack, type Run } from '../../kit/common/batches.ts';
import type { Batch } from '../../src/adapter/adapter.ts';
import type { Change } from '../../src/core/model/plan.ts';
import type { Context } from './lower/context.ts';
import { isTimed } from './lower/groups.ts';
import { kinds, readTag } from './objects/names.ts';

/** Edits in one request at most; the vendor's own client divides there. */
const mostEdits = 500;
/** Addresses in one message at most; the vendor's own clients divide there. */
const mostAddresses = 1_000;

/**
 *   narrows  addresses that leave accepting groups or join denying ones, and tags that nothing uses yet
 *   widens   addresses that join accepting groups or leave denying ones, and tags that nothing uses any more
 *   commits  edits of the configuration, which one commit brings into force
 *
 * The device accepts or refuses the addresses of a message one by one, so no address is added together with a removal that may fail.
 */
type Lane = 'narrows' | 'widens' | 'commits';

export function batch(changes: readonly Change[], context: Context): readonly Batch[] {
  const runs = pack<Lane>(changes, {
    laneOf,
    sizeOf: (change, lane) => (lane === 'commits' ? editsIn(change) : addressesIn(change)),
    joins: (run, _, size) => run.size + size <= (run.lane === 'commits' ? mostEdits : mostAddresses),
  });
  return runs.map((run) => batchOf(run, context));
}

function laneOf({ key, phase }: Change): Lane {
  if (key.kind !== kinds.tag) return 'commits';
  return phase === 'revoke' || phase === 'grow' ? 'narrows' : 'widens';
}

function editsIn({ op, key }: Change): number {
  return op === 'create' && key.kind === kinds.rule ? 2 : 1;
}

function addressesIn(change: Change): number {
  if (change.op === 'members') return change.add.length + change.remove.length;
  return 1 + ((change.after ?? change.before)?.members?.length ?? 0);
}

/** Of a commit: what is running, what was left behind, the edits, and the commit; of addresses: a message for each thousand. */
function batchOf({ lane, changes, size }: Run<Lane>, context: Context): Batch {
  const { config } = context;
  const isPushed = changes.every(({ key }) => key.kind === kinds.push);
  if (lane === 'commits') return { changes, atomic: true, nativeCalls: isPushed ? 2 : 4 };
  const sessions = changes.flatMap((change) => revokedSources(change, config)).length;
  return {
    changes,
    atomic: false,
    nativeCalls: Math.ceil(size / mostAddresses) * roundsOf(changes, context) + sessions,
  };
}

/** Where addresses are forgotten after a time, one that leaves may have any of five tags, and one that is renewed loses the old one. */
function roundsOf(changes: readonly Change[], { config, owner }: Context): number {
  const timed = changes.filter(({ key }) => isTimed(config, readTag(owner, key.name)?.role ?? 'Deny'));
  if (timed.some(leaves)) return 5;
  return timed.some(({ op }) => op === 'update') ? 2 : 1;
}

function leaves(change: Change): boolean {
  return change.op === 'delete' || (change.op === 'members' && change.remove.length > 0);
}

/**
 * Addresses whose sessions are to be ended with this change; the command knows no networks. A group that is deleted ends none
 * where a commit took its rules away before, after which the firewall looks at all sessions again.
 */
export function revokedSources(change: Change, { clearSessions, manage }: Context['config']): readonly string[] {
  if (!clearSessions) return [];
  return leavingMembers(change, manage).filter((member) => isIP(member) !== 0);
}

function leavingMembers(change: Change, manage: Context['config']['manage']): readonly string[] {
  if (change.op === 'members') return change.phase === 'revoke' ? change.remove : [];
  const isWithdrawn = change.op === 'delete' && manage === 'tags' && change.before.effect === 'Accept';
  return isWithdrawn ? (change.before.members ?? []) : [];
}
