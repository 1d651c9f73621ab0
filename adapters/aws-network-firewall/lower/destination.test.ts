import { expect, it } from 'vitest';
import { aRule } from '../../../test/kit/builders.ts';
import { destinationForms } from './destination.ts';

/** What lines for this protocol look for where a rule names these hosts. */
function matches(spoken: string, action: 'Accept' | 'Deny', names: readonly string[]): readonly string[] {
  const rule = aRule({ id: '000000000001', action, to: names, ports: [] });
  const forms = destinationForms(rule, ['IPv4'], 1000).filter(({ protocol }) => protocol === spoken);
  return forms.map(({ match }) => match.join('; '));
}

it('denies a host in any case, with or without the dot of the root, and no other', () => {
  expect(matches('http', 'Deny', ['api.example.com', '*.example.org'])).toEqual([
    String.raw`http.host; pcre:"/\.example\.org\.?$/i"`,
    String.raw`http.host; pcre:"/^api\.example\.com\.?$/i"`,
  ]);
});

it('accepts a host as the engine writes it', () => {
  expect(matches('http', 'Accept', ['api.example.com', '*.example.org'])).toEqual([
    'http.host; content:".example.org"; endswith',
    'http.host; content:"api.example.com"; startswith; endswith',
  ]);
});

it('denies a server name in any case, with or without the dot of the root, and no other', () => {
  const names = ['api.example.com', '*.example.org'];
  expect(matches('tls', 'Deny', names)).toEqual([
    String.raw`tls.sni; pcre:"/\.example\.org\.?$/i"`,
    String.raw`tls.sni; pcre:"/^api\.example\.com\.?$/i"`,
  ]);
  expect(matches('quic', 'Deny', names)).toEqual([
    'quic.sni; content:".example.org"; endswith; nocase',
    'quic.sni; content:".example.org."; endswith; nocase',
    'quic.sni; content:"api.example.com"; startswith; endswith; nocase',
    'quic.sni; content:"api.example.com."; startswith; endswith; nocase',
  ]);
});

it('accepts a server name without the dot of the root, as clients send it', () => {
  expect(matches('tls', 'Accept', ['api.example.com'])).toEqual([
    'tls.sni; content:"api.example.com"; startswith; endswith; nocase',
  ]);
});
