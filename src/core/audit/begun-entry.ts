import type { Change } from '../model/plan.ts';
import type { ResourceKey } from '../model/resource.ts';
import { hashOf } from './chain.ts';
import type { AuditReason, BegunEntry } from './record.ts';
import type { Purpose } from './purposes.ts';

/** What a sync knows of the reasons for its writes. */
export interface WriteContext {
  readonly adapter: string;
  /** Version of the desired state that the sync applies. */
  readonly version: number;
  /**
   * `first`: nothing was ever written to this point. `healing`: the device was in this state before, and has drifted.
   */
  readonly path: 'first' | 'full' | 'healing' | 'delta' | 'withdrawal' | 'adoption';
  /** Addresses of pods that have ended. */
  readonly ended: ReadonlySet<string>;
  /** The purpose of a rule or group by its id, of the desired state of now or the one before; undefined: not known. */
  readonly purposeOf: (id: string) => Purpose | undefined;
  /** Id of the rule or group that an object stands for, where the change does not name it. */
  readonly idOf: (key: ResourceKey) => string | undefined;
  /** @param time RFC 3339 */
  readonly isOver: (time: string) => boolean;
}

/** The record of a change, to be appended before the change is sent. */
export function begunEntry(change: Change, occasion: WriteContext): BegunEntry {
  const { phase, key, op } = change;
  const id = change.after?.desiredId ?? change.before?.desiredId ?? occasion.idOf(key);
  const subject = id === undefined ? undefined : occasion.purposeOf(id);
  return {
    type: 'begun',
    adapter: occasion.adapter,
    version: occasion.version,
    reason: reasonOf(change, subject, occasion),
    op,
    phase,
    kind: key.kind,
    name: key.name,
    ...(id !== undefined && { id }),
    ...described(change, subject),
    ...contentOf(change),
  };
}

function described({ op, after }: Change, subject: Purpose | undefined): Partial<BegunEntry> {
  const title = after?.title ?? subject?.title;
  return {
    ...(title !== undefined && { title }),
    ...(subject && subject.policies.length > 0 && { policies: [...subject.policies] }),
    ...(subject?.rule && op !== 'delete' && { rule: subject.rule }),
  };
}

function reasonOf(change: Change, subject: Purpose | undefined, occasion: WriteContext): AuditReason {
  const { path, ended, isOver } = occasion;
  // A change of members without `after` comes from a delta, which may be sent in the course of a full sync.
  if (change.op === 'members' && change.after === undefined) return membership(change, ended);
  if (path === 'first') return 'first-sync';
  if (path === 'healing') return 'drift-healed';
  if (path === 'withdrawal') return 'withdrawn';
  if (path === 'adoption') return 'adopted';
  if (change.op === 'members') return membership(change, ended);
  // A delta creates and deletes objects only on devices that have an object for each address.
  if (path === 'delta') return change.op === 'create' ? 'pod-added' : ended.size > 0 ? 'pod-ended' : 'members-changed';
  const goes = change.op === 'delete' && subject !== undefined && subject.ends.length > 0;
  return goes && subject.ends.every(isOver) ? 'expired' : 'policy-changed';
}

function membership({ add, remove }: MembersChange, ended: ReadonlySet<string>): AuditReason {
  if (remove.length === 0) return 'pod-added';
  return add.length === 0 && remove.every((address) => ended.has(address)) ? 'pod-ended' : 'members-changed';
}

type MembersChange = Change & { readonly op: 'members' };
type Content = Partial<Pick<BegunEntry, 'before' | 'after' | 'add' | 'remove' | 'omitted' | 'placeAfter'>>;

function contentOf(change: Change): Content {
  switch (change.op) {
    case 'create':
      return { after: change.after.spec, ...members(change.after.members), ...placed(change.place?.after) };
    case 'update':
      return { before: change.before.spec, after: change.after.spec };
    case 'members':
      return members(change.add, change.remove);
    case 'move':
      return placed(change.place.after);
    case 'delete':
      return { before: change.before.spec, ...members([], change.before.members) };
  }
}

function placed(after: string | null | undefined): Content {
  return after === undefined ? {} : { placeAfter: after };
}

/** Most characters of a list of members in a record: some ten thousand addresses. */
const room = 512 * 1024;

/** The members that join and leave. Of a longer list, the record holds the count and a hash. */
function members(add: readonly string[] = [], remove: readonly string[] = []): Content {
  const [joins, leaves] = [fitting(add), fitting(remove)];
  const omitted = { ...(joins.omitted && { add: joins.omitted }), ...(leaves.omitted && { remove: leaves.omitted }) };
  return {
    ...(joins.list.length > 0 && { add: joins.list }),
    ...(leaves.list.length > 0 && { remove: leaves.list }),
    ...((joins.omitted ?? leaves.omitted) && { omitted }),
  };
}

function fitting(list: readonly string[]) {
  const text = list.length * 4 > room ? undefined : list.join('\n');
  if (text !== undefined && text.length <= room) return { list: [...list], omitted: undefined };
  return { list: [], omitted: { count: list.length, sha256: hashOf([...list].sort().join('\n')) } };
}
