import type { Port } from '../../api/fields/destination.ts';

/** Of `TCP 443, UDP 5000-5010`, as the record writes ports; none of `any port`. */
export function portsOnRecord(text: string): readonly Port[] {
  return [...text.matchAll(/(TCP|UDP) (\d+)(?:-(\d+))?/g)].map(([, protocol, first, last]) => ({
    protocol: protocol === 'UDP' ? 'UDP' : 'TCP',
    port: Number(first),
    ...(last !== undefined && { endPort: Number(last) }),
  }));
}
