import type { Verdict } from '../../../src/core/model/desired.ts';
import { hash } from './names.ts';

/*
 * One rule as Suricata writes it. Every part is put together from characters that mean nothing to its parser: what people
 * have written gets into `msg` only, and only as letters, digits and a few signs.
 */

export interface Line {
  readonly action: Verdict;
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'tls' | 'http' | 'quic';
  /** `@A4_0a1b2c3d4e5f`, or with a `$` */
  readonly reference: string;
  readonly destination: string;
  readonly ports: string;
  /** What is matched of what the client says. */
  readonly match: readonly string[];
  /** Not before the handshake is done. */
  readonly established?: true;
}

export interface LineOwner {
  /** Name of the rule that it is a line of. */
  readonly rule: string;
  readonly id: string;
  /** For people. */
  readonly words: string;
  readonly log: boolean;
}

/**
 * Every line says `flow:to_server`: what it decides is decided packet by packet, so that a rule about a name further down
 * is still asked, and a set of any size is taken.
 */
export function lineText(
  { action, protocol, reference, destination, ports, match, established }: Line,
  { rule, id, words, log }: LineOwner,
): string {
  const header = `${action === 'Accept' ? 'pass' : 'drop'} ${protocol} ${reference} any -> ${destination} ${ports}`;
  const matched = [
    `flow:to_server${established ? ',established' : ''}`,
    ...match,
    ...(log && action === 'Accept' ? ['alert'] : []),
  ];
  const sid = sidOf(`${rule} ${header} ${matched.join(' ')}`);
  const options = [
    `msg:"${plainWords(words)}"`,
    ...matched,
    `metadata:postern_rule ${rule}, postern_id ${id}`,
    `sid:${sid}`,
    'rev:1',
  ];
  return `${header} (${options.join('; ')};)`;
}

/** The same text has the same number for ever, and another text another one: 1,000,000 to 2^31. */
function sidOf(text: string): number {
  return 1_000_000 + (parseInt(hash(text).slice(0, 12), 16) % (2 ** 31 - 1_000_000));
}

export function plainWords(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9 ._:/()[\]-]+/g, '-')
    .slice(0, 200)
    .trim();
  return plain === '' ? 'postern' : plain;
}

/** What a line says of itself; undefined where it is none of ours. */
export function lineOwner(text: string): Pick<LineOwner, 'rule' | 'id' | 'words'> | undefined {
  const [, rule, id] = /metadata:postern_rule ([A-Za-z0-9.-]+), postern_id ([0-9a-f]{12});/.exec(text) ?? [];
  const [, words = ''] = /\(msg:"([^"]*)"/.exec(text) ?? [];
  return rule === undefined || id === undefined ? undefined : { rule, id, words };
}

export function lineAction(text: string): Verdict {
  return text.startsWith('pass ') ? 'Accept' : 'Deny';
}

export function lineSid(text: string): string {
  return / sid:(\d+);/.exec(text)?.[1] ?? '';
}

/** Names behind an `@` in the header, or behind a `$`. */
export function referencesIn(lines: readonly string[], sigil: '@' | '$'): readonly string[] {
  const found = lines.flatMap((line) => {
    const words = line.slice(0, line.indexOf('(')).split(' ');
    return words.flatMap((word) => (word.startsWith(sigil) ? [word.slice(1)] : []));
  });
  return [...new Set(found)].sort();
}
