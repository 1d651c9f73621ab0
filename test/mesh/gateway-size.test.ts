import { describe, expect, it } from 'vitest';
import { checkMesh } from '../../src/verify/mesh/checks/check-mesh.ts';
import { behindGateway, meshOf, plane, shopSidecar } from '../../src/verify/mesh/testing/fixtures.ts';

describe('a gateway', () => {
  const sizeOf = (hosts: number, accounts: number): readonly string[] => {
    const members = Array.from({ length: accounts }, (_, at) => `shop/account-${at}`);
    const bundles = Array.from({ length: hosts }, (_, at) => ({ host: `host-${at}.test`, kind: 'tls' as const }));
    const mesh = meshOf([plane, shopSidecar, ...bundles.map((one) => behindGateway({ ...one, accounts: members }))]);
    return checkMesh(mesh).flatMap(({ id, subject, message }) => (id === 'S34' ? [`${subject} ${message}`] : []));
  };

  it('of some hosts is of a size that a proxy can hold', () => {
    expect(sizeOf(50, 20)).toEqual([]);
  });

  it('has each policy once for every host, and S34 says when that is too much', () => {
    expect(sizeOf(100, 20)).toEqual([
      expect.stringMatching(
        /^Service\/\S+ the gateway is served about 80 MB, for each of its 100 servers has all 2000 /,
      ),
    ]);
  });
});
