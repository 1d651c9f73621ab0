import type { Device } from '../../../kit/common/session.ts';
import type { WrittenRule } from '../lower/documents.ts';
import type { Filter } from '../objects/resources.ts';
import type { Aws } from '../api/client.ts';
import type { AwsConfig } from '../config.ts';
import type { Family } from '../../../kit/common/groups/parts.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';

export type Firewall = Device<Aws, AwsConfig>;

/** A prefix list of ours as it was last read and written. */
export interface KnownList {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly family: Family;
  /** What the tag says that it is there for. */
  readonly mark: string;
  version: number;
  state: string;
  maxEntries: number;
  /** Canonical CIDRs, the filler among them. */
  entries: ReadonlySet<string>;
}

/** A rule as it was read. */
export type KnownRule = WrittenRule;

/** A container association of ours. */
export interface KnownAssociation {
  readonly name: string;
  readonly arn: string;
  /** Its description: whose it is, and what it is there for. */
  readonly mark: string;
  readonly token: string;
  readonly status: string;
  readonly cluster: string;
  readonly filters: readonly Filter[];
  /** It follows one cluster, as we make them. */
  readonly isSimple: boolean;
}

/** A variable of rule groups that holds addresses: the same in each that has it. */
export interface KnownSet {
  readonly name: string;
  readonly family: Family;
  /** Canonical CIDRs, the filler among them. */
  readonly entries: ReadonlySet<string>;
  /** Not the same in each, when they were read. */
  readonly astray?: true;
}

/** What holds the sources of the rules of a rule group, by the names by which they call it. */
export interface KnownSources {
  /** ARNs. */
  readonly references: Readonly<Record<string, string>>;
  /** Their values, sorted. */
  readonly variables: Readonly<Record<string, readonly string[]>>;
}

/** A rule group of ours. */
export interface KnownGroup extends KnownSources {
  readonly name: string;
  /** Its description: whose it is. */
  readonly mark: string;
  readonly arn: string;
  readonly token: string;
  readonly capacity: number;
  readonly rules: readonly KnownRule[];
}

/** What is kept to write without another read. */
export interface Known {
  readonly policyArn: string;
  policy: { readonly token: string; readonly document: JsonObject };
  readonly lists: Map<string, KnownList>;
  readonly associations: Map<string, KnownAssociation>;
  readonly sets: Map<string, KnownSet>;
  /** Those that were seen or created before, with what they hold by now: a rule that is still to come may need one that stands in no rule group. */
  readonly remembered: Map<string, KnownSet>;
  /** Those that the policy names, in its order. */
  attached: readonly KnownGroup[];
  /** Those that it does not: left behind by a process that ended half way. */
  loose: readonly KnownGroup[];
  /** Names of rule groups that are taken in the account. */
  readonly groupNames: Set<string>;
}
