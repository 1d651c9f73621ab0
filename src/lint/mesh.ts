import { checkMesh } from '../verify/mesh/checks/check-mesh.ts';
import type { MeshOwner } from '../verify/mesh/checks/check.ts';
import type { MeshSnapshot } from '../verify/mesh/objects/snapshot.ts';
import { compareProblems, type Problem } from '../core/model/problem.ts';

/** A mesh, and how much of it is known. */
export interface MeshUnderLint {
  readonly mesh: MeshSnapshot;
  /** The mark of our objects. */
  readonly owner: MeshOwner;
  /** `Kind/namespace/name` of what was read; anything else was taken for granted. */
  readonly given: ReadonlySet<string>;
  /** Is this all there is, as in a cluster? Files may leave out who closes the way around a gateway. */
  readonly complete: boolean;
}

/** `MeshConfig` where the settings of the mesh were read. */
export const meshSettings = 'MeshConfig';

const networkPolicyCheck = 'S24';

/**
 * What in a mesh does not do what it seems to, and which objects of others could undo ours. Of what nobody gave, such as
 * the pods of a gateway that only files name, nothing is said.
 */
export function lintMesh({ mesh, owner, given, complete }: MeshUnderLint): readonly Problem[] {
  const isAssumed = (subject: string): boolean =>
    (subject === meshSettings || subject.startsWith('Service/')) && !given.has(subject);
  return checkMesh(mesh, { owner })
    .filter(({ subject }) => !isAssumed(subject))
    .map(({ id, severity, subject, field, message, fix }): Problem => {
      const eased = id === networkPolicyCheck && !complete ? 'warning' : severity;
      return { severity: eased, subject, field, code: id, message: `${message}. ${fix}` };
    })
    .sort(compareProblems);
}
