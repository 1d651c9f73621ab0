import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runPostern } from '../../src/cli/testing/run-postern.ts';

const example = fileURLToPath(new URL('../../examples/egress-gateway', import.meta.url));

async function shown(...argv: readonly string[]): Promise<string> {
  const { out, code } = await runPostern([...argv, '-f', example], { width: 160 });
  return `${out}${code === 0 ? '' : `exit code ${code}\n`}`;
}

interface Rendered {
  readonly kind: string;
  readonly name: string;
  readonly members?: readonly string[];
}

/** Addresses that a firewall lets out, as resources of its adapter. */
async function sources(point: string): Promise<readonly string[]> {
  const resources = JSON.parse(await shown('render', '--point', point, '--format', 'resources')) as readonly Rendered[];
  return resources.flatMap(({ kind, members = [] }) => (kind === 'firewall/addrgrp' ? members : []));
}

describe('examples/egress-gateway: three layers around a gateway for each namespace', () => {
  it.each([
    ['verify', 'verify.txt'],
    ['lint --mesh', 'lint-mesh.txt'],
    ['render --point mesh --format yaml', 'mesh.yaml'],
    ['render --point network --format yaml', 'network.yaml'],
  ])('%s prints what was reviewed', async (command, file) => {
    await expect(await shown(...command.split(' '))).toMatchFileSnapshot(`${example}/expected/${file}`);
  });

  it.each([
    ['edge-shop', '10.20.3.11'],
    ['edge-news', '10.20.3.12'],
  ])('%s lets out the gateway %s of its namespace, and no pod', async (point, gateway) => {
    expect([...new Set(await sources(point))].sort()).toEqual(['10.20.0.0/16', gateway]);
  });
});

describe('why, of HTTP to a host whose TLS the gateway makes', () => {
  it('says of a flow that is stopped before what policies say of what was to leave', async () => {
    expect(await shown('why', 'shop/web-1', 'api.bank.example:80')).toContain(
      'EgressPolicy/shop/checkout spec.to[0] permits it to other pods',
    );
  });
});
