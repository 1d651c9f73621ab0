import type { GroupDelta } from '../../core/model/desired.ts';
import { unexplained } from '../../core/plan/guard/explained.ts';
import { portion } from '../../core/plan/in-flight/portion.ts';
import type { Waiting } from '../../core/plan/in-flight/waiting.ts';
import type { MemberChanges } from '../../store/desired-store.ts';
import { UnexplainedRemovals } from './unexplained-removals.ts';

export interface UnsentFrom {
  /** What the store has up to this version has been looked at. */
  readonly since: number;
  /** Of that, what could not be sent yet, and the version that does without it. */
  readonly unsent?: MemberChanges & { readonly after: number };
  /** The device is known to be at that version, but for pending changes of members: members may join, too. */
  readonly grants: boolean;
  /** What has left in this turn before this and nothing explains; absent: nobody has. */
  readonly unexplained?: UnexplainedRemovals;
}

/** Changes of members that are published and not sent, and which of them may be sent before the device is read again. */
export class UnsentMembers {
  #seen: number;
  /** What was published last that was not empty. */
  #news: MemberChanges | undefined;
  #waiting: readonly Waiting[];
  #grants: boolean;
  #rulesChanged = false;
  #isLarge = false;
  readonly #unexplained: UnexplainedRemovals;

  constructor({ since, unsent, grants, unexplained = new UnexplainedRemovals() }: UnsentFrom) {
    this.#seen = since;
    this.#waiting = unsent === undefined ? [] : [unsent];
    this.#news = unsent;
    this.#grants = grants;
    this.#unexplained = unexplained;
  }

  /** The newest version that was looked at. */
  get seen(): number {
    return this.#seen;
  }

  /** What came after this version was not taken in full; Infinity: nothing is left. */
  get reach(): number {
    return this.#waiting[0]?.after ?? Infinity;
  }

  /** Something waits because a request holds no more. */
  get hasMore(): boolean {
    return this.#waiting.length > 0;
  }

  /** May members still be let in? */
  get grants(): boolean {
    return this.#grants;
  }

  stopGrants(): void {
    this.#grants = false;
  }

  /** Have rules been published since? */
  get rulesChanged(): boolean {
    return this.#rulesChanged;
  }

  /** @param news what was published after `seen` */
  add(news: MemberChanges): void {
    this.#waiting = [...this.#waiting, { after: this.#seen, groups: news.groups }];
    // The first look at everything that was not acknowledged tells of rules that are being written, too.
    this.#rulesChanged ||= this.#seen > 0 && !news.membersOnly;
    this.#seen = news.version;
    this.#news = news;
    this.#isLarge = this.#unexplained.add(news);
  }

  /**
   * Takes out what may be sent now: what was published last, with the changes that the next request carries.
   *
   * @param most members of one group that join, and that leave, in one request
   */
  take(most: number | undefined): MemberChanges | undefined {
    const news = this.#news;
    if (news === undefined) return undefined;
    const admitted = this.#waiting.map(({ after, groups }) => ({ after, groups: this.#admitted(groups, news) }));
    const { now, later } = portion(admitted, most);
    this.#waiting = later;
    return { ...news, groups: now };
  }

  #admitted(
    groups: readonly GroupDelta[],
    { ended, synced, membersOnly, point }: MemberChanges,
  ): readonly GroupDelta[] {
    const isLarge = this.#isLarge;
    this.#grants &&= membersOnly && synced && !isLarge;
    if (this.#grants) return groups;
    if (!synced || point.spec.mode !== 'Enforce') return [];
    return groups.map((delta) =>
      withdrawals(delta, (address) => !isLarge || unexplained([address], ended).length === 0),
    );
  }
}

/** Members that leave accepting groups or join denying ones. */
function withdrawals(delta: GroupDelta, mayLeave: (address: string) => boolean): GroupDelta {
  return delta.role === 'Accept'
    ? { ...delta, added: [], removed: delta.removed.filter(mayLeave) }
    : { ...delta, removed: [] };
}
