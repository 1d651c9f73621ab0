import type { Overview } from '../src/console/views/shapes.ts';
import type { Source } from './data/source.ts';
import type { Route } from './routes.ts';

/** What every view is given. */
export interface ViewProps {
  readonly source: Source;
  readonly route: Route;
  readonly overview: Overview;
}
