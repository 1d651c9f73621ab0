import type { Compiled } from '../../core/compile/compiler.ts';
import type { KubernetesObjects } from '../../adapter/kubernetes-objects.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import type { PointOutcome } from '../../core/model/outcome.ts';
import type { ObjectChange, Snapshot } from '../../core/model/snapshot.ts';
import { SnapshotKeeper } from '../../core/model/snapshot-keeper.ts';

/** What a process that follows a cluster knows of it and of its points. */
export interface FollowedParts {
  readonly publisher: {
    points(): readonly EnforcementPoint[];
    /** What is compiled is read in here: it waits while something is being compiled. */
    read<T>(answer: (compiled: Pick<Compiled, 'desired' | 'overGrants' | 'problems'>) => T): Promise<T>;
  };
  readonly outcomes: { last(point: string): Promise<PointOutcome | undefined> };
  /** Has everything been read that was there at the start? */
  readonly synced: () => boolean;
  /** The objects of the cluster, for what a mesh in it does; absent: manifests stand for it. */
  readonly kubernetes?: KubernetesObjects | undefined;
}

/** One term in which a cluster is followed. */
export interface Following {
  changes(changes: readonly ObjectChange[]): void;
  end(): void;
}

export interface FollowedWorld extends FollowedParts {
  readonly snapshot: () => Snapshot;
  /** Changes with the cluster. */
  readonly version: number;
}

/** The cluster as this process follows it, as long as it does. */
export class World {
  readonly #parts = new Map<FollowedParts, SnapshotKeeper>();
  #version = 0;

  /** Is told everything from now on. */
  follow(parts: FollowedParts): Following {
    const keeper = new SnapshotKeeper();
    this.#parts.set(parts, keeper);
    return {
      changes: (changes) => {
        keeper.apply(changes);
        if (changes.length > 0) this.#version += 1;
      },
      end: () => void this.#parts.delete(parts),
    };
  }

  /** Undefined: another process leads, or the cluster is still being read: a policy less would be another answer. */
  get now(): FollowedWorld | undefined {
    const [last] = [...this.#parts].slice(-1);
    if (last === undefined) return undefined;
    const [parts, keeper] = last;
    if (!parts.synced()) return undefined;
    return { ...parts, version: this.#version, snapshot: () => keeper.snapshot() };
  }
}
