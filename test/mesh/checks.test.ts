import { describe, expect, it } from 'vitest';
import { checkMesh, meshChecks } from '../../src/verify/mesh/checks/check-mesh.ts';
import type { MeshConfig } from '../../src/verify/mesh/objects/config.ts';
import { meshOf, soundMesh } from '../../src/verify/mesh/testing/fixtures.ts';
import { badMeshes } from './bad-meshes.ts';
import { object, plus, rule } from './mesh-objects.ts';

describe('checks of a mesh', () => {
  it('find nothing in a sound one', () => {
    expect(checkMesh(meshOf(soundMesh))).toEqual([]);
  });

  it.each(badMeshes)('%s finds %s', (id, _, yaml, found) => {
    const findings = checkMesh(meshOf(yaml)).filter((finding) => finding.id === id);
    expect(findings.map(({ subject, field }) => `${subject} ${field}`)).toContain(found);
  });

  it.each<[string, Partial<MeshConfig>]>([
    ['an open mesh', { outboundTrafficPolicy: 'ALLOW_ANY' }],
    ['hidden ServiceEntries', { serviceEntryVisibility: 'NAMESPACE' }],
    ['an Istio before v1', { version: '1.21.6' }],
  ])('S30 finds %s', (_, config) => {
    const findings = checkMesh(meshOf(soundMesh, config)).map(({ id, subject }) => `${id} ${subject}`);
    expect(findings).toEqual(['S30 MeshConfig']);
  });

  it('S29 finds more rules than the API server takes', () => {
    const rules = Array.from(
      { length: 513 },
      (_, index) =>
        `{ from: [{ source: { namespaces: [n${index}] } }], when: [{ key: connection.sni, values: [a.test] }] }`,
    );
    const yaml = plus(object('AuthorizationPolicy', 'x', `${rule}: [${rules.join(', ')}]`));
    expect(checkMesh(meshOf(yaml)).map(({ id, field }) => `${id} ${field}`)).toEqual(['S29 spec.rules']);
  });
});

describe('the list of checks', () => {
  it('has a bad example for each check', () => {
    const shown = new Set([...badMeshes.map(([id]) => id), 'S25', 'S29', 'S30', 'S31', 'S32', 'S33', 'S34', 'S35']);
    expect(meshChecks.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
  });

  it('has each check once, in order', () => {
    const ids = meshChecks.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
  });
});
