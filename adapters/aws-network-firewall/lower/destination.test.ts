import { expect, it } from 'vitest';
import { aRule } from '../../../test/kit/builders.ts';
import { destinationForms } from './destination.ts';

/** What lines for HTTP look for where a rule names these hosts. */
function hostMatches(action: 'Accept' | 'Deny', names: readonly string[]): readonly string[] {
  const rule = aRule({ id: '000000000001', action, to: names, ports: [{ port: 80, protocol: 'TCP' }] });
  const forms = destinationForms(rule, ['IPv4'], 1000).filter(({ protocol }) => protocol === 'http');
  return forms.map(({ match }) => match.join('; '));
}

it('denies a host in any case, with or without the dot of the root, and no other', () => {
  expect(hostMatches('Deny', ['api.example.com', '*.example.org'])).toEqual([
    String.raw`http.host; pcre:"/\.example\.org\.?$/i"`,
    String.raw`http.host; pcre:"/^api\.example\.com\.?$/i"`,
  ]);
});

it('accepts a host as the engine writes it', () => {
  expect(hostMatches('Accept', ['api.example.com', '*.example.org'])).toEqual([
    'http.host; content:".example.org"; endswith',
    'http.host; content:"api.example.com"; startswith; endswith',
  ]);
});
