import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Overview } from '../src/console/views/shapes.ts';
import type { Source } from './data/source.ts';
import { useDocument, type Read } from './data/use-document.ts';
import { clockOf, dayOf } from './data/words.ts';
import { Emblem, Icon, type IconName } from './parts/icons.tsx';
import { Failed, Loading } from './parts/parts.tsx';
import { ThemeButton } from './parts/theme.tsx';
import { Viewer } from './parts/viewer.tsx';
import { hrefOf, useRoute } from './routes.ts';
import { Gaps } from './views/gaps.tsx';
import { MapView } from './views/map.tsx';
import { Matrix } from './views/matrix.tsx';
import { Point } from './views/point.tsx';
import { Points } from './views/points.tsx';
import { SignIn } from './views/sign-in.tsx';
import { Timeline } from './views/timeline.tsx';
import type { ViewProps } from './view-props.ts';
import { Why } from './views/why.tsx';

const views: readonly { readonly view: IconName; readonly title: string }[] = [
  { view: 'points', title: 'Points' },
  { view: 'matrix', title: 'Matrix' },
  { view: 'map', title: 'Map' },
  { view: 'why', title: 'Why' },
  { view: 'timeline', title: 'Timeline' },
  { view: 'gaps', title: 'Gaps' },
];

export function App({ source }: { readonly source: Source }): VNode {
  const route = useRoute();
  const [round, setRound] = useState(0);
  const overview = useDocument(source, 'overview', 5_000, round);
  const title = views.find(({ view }) => view === route.view)?.title ?? 'Postern';
  useEffect(() => {
    const cluster = overview.value?.made.cluster;
    document.title = [route.name || title, cluster, 'Postern'].filter(Boolean).join(' · ');
  }, [title, route.name, overview.value?.made.cluster]);
  const signIn = (token: string): void => {
    source.signIn(token);
    setRound(round + 1);
  };
  const signOut = (): void => {
    source.signOut();
    setRound(round + 1);
  };
  return (
    <>
      <a class="skip" href="#main" onClick={focusMain}>
        To the content
      </a>
      <header class="top">
        <a class="brand" href={hrefOf('points')} aria-label="Postern, points">
          <Emblem />
          <span class="brand-name">Postern</span>
        </a>
        <nav class="tabs" aria-label="Views">
          {views.map(({ view, title: text }) => (
            <a key={view} href={hrefOf(view)} aria-current={route.view === view ? 'page' : undefined}>
              <Icon name={view} />
              <span>{text}</span>
            </a>
          ))}
        </nav>
        <Freshness overview={overview} />
        {overview.value !== undefined && <Viewer viewer={overview.value.viewer} onSignOut={signOut} />}
        <ThemeButton />
      </header>
      <main id="main" tabIndex={-1} class={`view view-${route.view}`}>
        {overview.value === undefined ? (
          <Beginning overview={overview} source={source} signIn={signIn} />
        ) : (
          <View source={source} route={route} overview={overview.value} />
        )}
      </main>
    </>
  );
}

function focusMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function Beginning({
  overview: { error },
  source: { signedIn },
  signIn,
}: {
  readonly overview: Read<Overview>;
  readonly source: Source;
  readonly signIn: (token: string) => void;
}): VNode {
  const asked = error?.status === 401 || (error?.status === 403 && signedIn);
  if (error !== undefined && asked) return <SignIn message={error.message} onToken={signIn} />;
  return error === undefined ? <Loading what="the cluster" /> : <Failed failure={error} what="The cluster" />;
}

function View(props: ViewProps): VNode {
  switch (props.route.view) {
    case 'matrix':
      return <Matrix {...props} />;
    case 'map':
      return <MapView {...props} />;
    case 'why':
      return <Why {...props} />;
    case 'timeline':
      return <Timeline {...props} />;
    case 'gaps':
      return <Gaps {...props} />;
    default:
      return props.route.name === '' ? <Points {...props} /> : <Point {...props} />;
  }
}

/** Of when this is, and whether it still is. */
function Freshness({ overview: { value, error } }: { readonly overview: Read<Overview> }): VNode | null {
  if (value === undefined) return null;
  const { at, cluster, live } = value.made;
  const state = !live ? 'kept' : error === undefined ? 'live' : 'lost';
  const words = { kept: `as of ${dayOf(at)}`, live: 'live', lost: 'not answering since' }[state];
  return (
    <p class={`fresh fresh-${state}`}>
      <span class="fresh-cluster mono">{cluster}</span>
      <span class="fresh-state" role={state === 'lost' ? 'alert' : undefined}>
        <span class="fresh-sign" aria-hidden="true" />
        <span class="fresh-words">{words}</span> <time dateTime={at}>{clockOf(at)}</time>
      </span>
    </p>
  );
}
