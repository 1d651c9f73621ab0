import { checkMesh } from '../verify/mesh/checks/check-mesh.ts';
import type { MeshOwner } from '../verify/mesh/checks/check.ts';
import type { MeshSnapshot } from '../verify/mesh/objects/snapshot.ts';
import { compareProblems, type Problem } from '../api/problem.ts';

/** A mesh to check. */
export interface MeshUnderLint {
  readonly mesh: MeshSnapshot;
  /** The mark of our objects. */
  readonly owner: MeshOwner;
  /** `Kind/namespace/name` of the objects that were read; others are assumed to exist. */
  readonly given: ReadonlySet<string>;
  /** All objects were read, as from a cluster. Files may leave out the policies that block a bypass. */
  readonly complete: boolean;
}

/** `MeshConfig` where the settings of the mesh were read. */
export const meshSettings = 'MeshConfig';

const networkPolicyCheck = 'S24';

/**
 * Objects of ours that do not work as they seem to, and foreign objects that could undo them. Objects that were not
 * read,
 * such as the pods of a gateway in files, have no findings.
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
