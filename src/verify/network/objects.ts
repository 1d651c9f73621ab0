import type { Node, Pod } from '../../core/model/snapshot.ts';
import type { ObjectsByKind } from '../values/objects.ts';
import type { Plugin } from './plugin.ts';

/** What network policies are read off: the policies, and what they refer to. */
export interface NetworkObjects {
  readonly byKind: ObjectsByKind;
  readonly namespaces: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  /** Where somebody has said so; otherwise it is looked for. */
  readonly plugin?: Plugin | undefined;
}
