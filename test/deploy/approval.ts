import { join } from 'node:path';
import { expect } from 'vitest';
import { policyManifest } from '../live/manifests.ts';
import type { Installed } from './installed.ts';
import { deployFolder } from './kustomize.ts';

/** What goes beyond the catalogue waits. */
const delegation = JSON.stringify({
  apiVersion: 'postern.dev/v1alpha1',
  kind: 'EgressDelegation',
  metadata: { name: 'teams' },
  spec: {
    allNamespaces: true,
    destinations: 'Catalogue',
    allPorts: true,
    denyRules: 'Allowed',
    maxDestinations: 10,
    beyond: 'WaitForApproval',
    approval: { fourEyes: 'NotRequired', maxDays: 1 },
  },
});

/** What goes beyond a delegation waits until a person approves it; then everything is as it was before. */
export async function expectApproval(installed: Installed): Promise<void> {
  const { world, kubeconfig } = installed;
  await world.kubectl(['apply', '-f', join(deployFolder, 'admission/approval/approvers.yaml')]);
  await world.apply(delegation);
  const wide = { to: [{ networks: ['192.0.2.0/24'], ports: [{ port: 443 }] }] };
  await world.apply(policyManifest('wide', wide));
  await world.kubectl(['wait', '-n', 'shop', 'egp/wide', '--for=condition=Approved=False', '--timeout=120s']);
  expect((await installed.converged()).filter((flow) => flow.includes('192.0.2'))).toEqual([]);
  const approved = await installed.postern(
    ...['approve', 'shop/wide', '--generation', '1', '--for', '1h', '--kubeconfig', kubeconfig],
  );
  expect([approved.code, approved.out]).toEqual([0, expect.stringContaining('is approved by')]);
  await world.kubectl(['wait', '-n', 'shop', 'egp/wide', '--for=condition=Programmed', '--timeout=120s']);
  await world.kubectl(['wait', '-n', 'shop', 'ega', '--all', '--for=condition=Accepted', '--timeout=120s']);
  await world.kubectl(['wait', 'egd/teams', '--for=condition=Accepted', '--timeout=120s']);
  await world.kubectl(['delete', '-n', 'shop', 'egp/wide']);
  await world.kubectl(['delete', '-n', 'shop', 'ega', '--all']);
  await world.kubectl(['delete', 'egd/teams']);
  await installed.converged();
}
