import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startF5Afm } from '../../adapters/f5-afm/simulator/simulator.ts';
import { startFortigate } from '../../adapters/fortigate/simulator/simulator.ts';
import { adapters } from '../../adapters/index.ts';
import type { Simulator } from '../../kit/simulator/simulator.ts';
import { readManifests } from '../kube/manifests/read-files.ts';
import { systemClock } from '../compose/clock.ts';
import { demo } from './demo.ts';
import type { Trial } from './proof.ts';
import { Tally } from './tally.ts';

describe('the demo', () => {
  let fortigate: Simulator;
  let bigIp: Simulator;
  beforeEach(async () => {
    fortigate = await startFortigate({ port: 0 });
    bigIp = await startF5Afm({ port: 0, prepared: true });
  });
  afterEach(() => Promise.all([fortigate.close(), bigIp.close()]));

  async function play(other: Simulator): ReturnType<typeof demo> {
    const { snapshot } = await readManifests(['examples/company'], () => Promise.reject(new Error('not asked for')));
    const firewalls = [
      { point: 'fortigate', title: 'FortiGate', device: fortigate },
      { point: 'big-ip', title: 'BIG-IP', device: other },
    ];
    const lines: string[] = [];
    const paint = (text: string): string => text;
    const write = (line: string): void => void lines.push(line);
    const loaded = async (kind: string) => adapters[kind]?.();
    const proof = await demo({ company: snapshot, firewalls, adapters: loaded, clock: systemClock, write, paint, pauseMs: 0 }); // prettier-ignore
    const text = lines.join('\n');
    expect(text).toContain('\n8. Time passes');
    expect(text).toContain('AFM knows no wildcard names');
    expect(text.match(/one to one, in order; chain of \d+ records intact/g)).toHaveLength(2);
    expect(text).not.toContain('they do not match');
    return proof;
  }

  it('ends with two firewalls that agree with the intent at every moment, and a record of every request', async () => {
    const { flows, mismatches } = await play(bigIp);
    expect(flows).toBeGreaterThan(7_000);
    expect(mismatches).toBe(0);
  });

  it('counts every packet that one of them lets through and nobody asked for', async () => {
    const lenient: Simulator = {
      ...bigIp,
      verdict: (flow) => (flow.host === 'smtp.mail.example' ? { action: 'Accept', rule: 'old' } : bigIp.verdict(flow)),
    };
    expect((await play(lenient)).mismatches).toBe(50);
  });
});

describe('a tally', () => {
  const trial: Trial = {
    ...{ who: 'shop/web', src: '10.0.0.1', to: 'www.example.com', destination: '*.example.com' },
    ...{ port: 443, protocol: 'TCP', intent: 'Accept', firewall: 'Deny', rule: 'implicit' },
  };
  const firewall = { point: 'edge', title: 'Edge', device: {} as Simulator };
  const told = new Set(['*.example.com']);

  it('excuses what a firewall said that it does not accept', () => {
    const counted = { flows: 1, accepted: 0, leftOut: 1, mismatches: [] };
    expect(new Tally().add(firewall, [trial], told)).toEqual(counted);
  });

  it('excuses nothing else, and never what is let through', () => {
    const open: Trial = { ...trial, intent: 'Deny', firewall: 'Accept' };
    const tally = new Tally();
    tally.add(firewall, [open], told);
    tally.add(firewall, [trial], new Set());
    expect(tally.all).toEqual({ flows: 2, accepted: 1, leftOut: 0, mismatches: [open, trial] });
  });
});
