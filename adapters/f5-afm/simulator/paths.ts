import { Rejection } from './failure.ts';

/** The segments of a path below `/mgmt`, decoded and without empty ones, and its query. */
export function decodedUri(uri: string): { readonly segments: readonly string[]; readonly query: URLSearchParams } {
  const url = new URL(uri, 'https://device');
  try {
    const segments = url.pathname.split('/').filter((segment) => segment !== '');
    return { segments: segments.slice(1).map(decodeURIComponent), query: url.searchParams };
  } catch {
    throw new Rejection(400, 'Found invalid encoding in the request path');
  }
}
