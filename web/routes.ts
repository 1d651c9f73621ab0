import { useEffect, useState } from 'preact/hooks';

/** Where a person is: a view, what of it, and how it is filtered. All of it is in the address, so that it can be passed on. */
export interface Route {
  /** `matrix` */
  readonly view: string;
  /** `edge` of `#/points/edge`; empty: none. */
  readonly name: string;
  readonly params: URLSearchParams;
}

/** `#/points/edge?q=shop` */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [view = '', ...rest] = path.split('/');
  return { view: view || 'points', name: decoded(rest.join('/')), params: new URLSearchParams(query) };
}

export type Params = Readonly<Record<string, string | undefined>>;

/** The address of a view; empty parameters are left out. */
export function hrefOf(view: string, params: Params = {}, name = ''): string {
  const given = Object.entries(params).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const query = new URLSearchParams(given).toString();
  const path = name === '' ? view : `${view}/${encodeURIComponent(name)}`;
  return `#/${path}${query === '' ? '' : `?${query}`}`;
}

/** Filters are written into the address as one types, without a step back for each letter. */
export function refine(route: Route, changes: Params): void {
  const params = { ...Object.fromEntries(route.params), ...changes };
  history.replaceState(null, '', hrefOf(route.view, params, route.name));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const changed = (): void => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
