import { minOf } from '../../core/model/extremes.ts';
import type { Change } from '../../core/model/plan.ts';
import { besideInFlight, narrows } from '../../core/plan/in-flight/commuting.ts';
import {
  membersIn,
  splitChanges,
  mergeByGroup,
  withoutEarlier,
  type MemberChange,
  type Waiting,
} from '../../core/plan/in-flight/waiting.ts';
import type { DesiredStore, MemberChanges } from '../../store/desired-store.ts';
import type { BatchTarget } from './apply-batches.ts';
import { MemberObjects, type Leftover } from './member-objects.ts';
import type { CallContent, OpenCalls } from './open-calls.ts';
import { lowerDeltas } from './sync-delta.ts';
import { UnexplainedRemovals } from './unexplained-removals.ts';

export interface NextCallDeps {
  readonly point: string;
  readonly store: Pick<DesiredStore, 'changesSince'>;
  readonly target: BatchTarget;
  /** What earlier turns have left to be tidied up. */
  readonly leftovers: readonly Leftover[];
}

/**
 * What waits to be sent, and what of it goes into the next call. What may overlap is decided in `core/plan/commuting`. What
 * does not commute - rules, removals that nothing explains - ends it.
 */
export class NextCall {
  readonly #deps: NextCallDeps;
  readonly #calls: OpenCalls;
  /** What has left in this turn and nothing explains. */
  readonly unexplained = new UnexplainedRemovals();
  readonly #objects: MemberObjects;
  /** What waits for a call about the same address, or that makes its object. */
  #later: readonly Waiting[] = [];
  #news: MemberChanges;
  #isOver = false;
  /** Are members let in? Otherwise calls only withdraw. */
  grants = true;

  /** @param first what may be sent: all that was not acknowledged */
  constructor(deps: NextCallDeps, calls: OpenCalls, first: MemberChanges) {
    this.#deps = deps;
    this.#calls = calls;
    this.#objects = new MemberObjects(deps.target, deps.leftovers);
    this.#news = { ...first, groups: [], version: 0 };
    this.unexplained.add(first);
    this.#take(first);
  }

  /** What was published then can only be sent by the full path. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Up to this version all was looked at, and nothing of it waits. */
  get begun(): number {
    return Math.min(this.#news.version, minOf(this.#later.map(({ after }) => after)));
  }

  /** What waits, and up to which version all was looked at. */
  get left(): { readonly since: number; readonly unsent?: MemberChanges & { readonly after: number } } {
    const { version: since } = this.#news;
    const [first] = this.#later;
    return {
      since,
      ...(first && { unsent: { ...this.#news, after: first.after, groups: mergeByGroup(this.#later) } }),
    };
  }

  get leftovers(): readonly Leftover[] {
    return this.#objects.leftovers;
  }

  /** Takes what was published since, if it may be sent. @returns was there anything? */
  async look(): Promise<boolean> {
    const { store, point } = this.#deps;
    // A store that does not answer is asked again.
    const news = await store.changesSince(point, this.#news.version).catch(() => undefined);
    if (news === undefined) return false;
    this.#isOver ||= !this.#isOurs(news);
    if (!this.#isOver) this.#take(news);
    return true;
  }

  /** @returns undefined: nothing may be sent now. Empty of changes: it was looked at, and there is no need */
  take(): CallContent | undefined {
    const { now } = besideInFlight(
      this.grants ? this.#later : splitChanges(this.#later, narrows).now,
      this.#calls.members(),
    );
    const unmade = membersIn(splitChanges(now, (change) => !this.#objects.isReady(change)).now);
    // Nobody leaves what denies before what is to deny instead has the object.
    const mayGo = (change: MemberChange): boolean => narrows(change) || !unmade.has(change.address);
    const ready = this.#mayChangeGroups
      ? splitChanges(now, (change) => this.#objects.isReady(change) && mayGo(change)).now
      : [];
    const [member] = this.#hasRoomBeside ? unmade : [];
    // One at a time, they take turns: whoever goes would otherwise keep out all who come.
    const isTurnOfObjects = this.#calls.pace.limit === 1 && this.#calls.isLastOfGroups;
    if (member !== undefined && (ready.length === 0 || isTurnOfObjects))
      return this.#ofObjects(this.#objects.make(member, now), [member]);
    return this.#ofGroups(ready);
  }

  /** Who is to be shut out does not wait until all are in who are being let in. */
  get mayOvertake(): boolean {
    return this.#calls.most === 1 || this.#objects.areMadeAhead;
  }

  /** What goes within a call that changes groups. */
  async takeUrgent(): Promise<CallContent | undefined> {
    if (!(await this.look()) || this.#isOver) return undefined;
    const { now } = besideInFlight(this.#later, this.#calls.members(false));
    return this.#ofGroups(splitChanges(now, (change) => narrows(change) && this.#objects.isReady(change)).now);
  }

  /** Nobody waits: what nothing uses any more is taken away, a little at a time. */
  takeLeftover(): CallContent | undefined {
    const leftover = this.#hasRoomBeside ? this.#objects.takeLeftover(this.#calls.members()) : undefined;
    return leftover && this.#ofObjects(leftover.changes, [leftover.member], leftover.news);
  }

  /** All of that. */
  takeLeftovers(): CallContent {
    const changes = this.#objects.takeLeftovers().flatMap((leftover) => leftover.changes);
    return this.#ofObjects(changes, []);
  }

  /** Only members have changed, and no more of them leave than may without a look at the whole. */
  #isOurs(news: MemberChanges): boolean {
    return news.membersOnly && news.synced && news.point.spec.mode === 'Enforce' && !this.unexplained.add(news);
  }

  #take(news: MemberChanges): void {
    this.#later = withoutEarlier([...this.#later, { after: this.#news.version, groups: news.groups }]);
    this.#news = news;
    this.#objects.keepFor(this.#later);
  }

  get #mayChangeGroups(): boolean {
    return !this.#objects.areMadeAhead || this.#calls.count(true) === 0;
  }

  /** One place is left for a call that shuts somebody out. */
  get #hasRoomBeside(): boolean {
    if (!this.#objects.areMadeAhead) return this.#calls.count() === 0;
    return this.#calls.count(false) < Math.max(1, this.#calls.pace.limit - 1);
  }

  /** No version counts on what no group holds. */
  #ofObjects(changes: readonly Change[], members: readonly string[], news = this.#news): CallContent {
    return { changes, members: new Set(members), from: Infinity, isOfGroups: false, news };
  }

  /** Takes these out of what waits; undefined: there is nothing to send, or it has to take the full path. */
  #ofGroups(ready: readonly Waiting[]): CallContent | undefined {
    const groups = mergeByGroup(ready);
    const lowered = lowerDeltas(groups, this.#deps.target);
    const isMembersOnly = lowered?.every(({ op }) => op === 'members') === true;
    const { areMadeAhead } = this.#objects;
    if (lowered === undefined || (this.#calls.most > 1 && !areMadeAhead && !isMembersOnly)) {
      this.#isOver = true;
      return undefined;
    }
    const going = new Set(
      groups.flatMap(({ id, added, removed }) => [...added, ...removed].map((who) => `${id} ${who}`)),
    );
    if (!isMembersOnly) this.#objects.left(groups, this.#later, this.#news);
    this.#later = splitChanges(this.#later, ({ address }, group) => !going.has(`${group} ${address}`)).now;
    const changes = lowered.filter(({ op }) => op !== 'delete' && (op !== 'create' || !areMadeAhead));
    if (changes.length === 0) return undefined;
    return {
      changes,
      members: membersIn(ready),
      from: ready[0]?.after ?? Infinity,
      isOfGroups: true,
      news: this.#news,
    };
  }
}
