import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ViewProps } from '../view-props.ts';
import { MatrixModel, type Filter } from '../data/matrix-model.ts';
import { useDocument } from '../data/use-document.ts';
import { counted, number } from '../data/words.ts';
import { CellDetail } from '../parts/cell-detail.tsx';
import { Grid, type Place } from '../parts/grid.tsx';
import { Empty, Failed, Loading, Mark, SearchField, SelectField } from '../parts/parts.tsx';
import { refine, type Route } from '../routes.ts';

/** Every workload by every destination. */
export function Matrix({ source, route }: ViewProps): VNode {
  const { value, error } = useDocument(source, 'matrix', 15_000);
  const model = useMemo(() => value && new MatrixModel(value), [value]);
  if (model === undefined)
    return error === undefined ? <Loading what="the matrix" /> : <Failed failure={error} what="The matrix" />;
  if (model.rows.length === 0 || model.columns.length === 0) return <Nothing model={model} />;
  return <Filtered model={model} route={route} />;
}

function filterIn({ params }: Route): Filter {
  return {
    who: params.get('who') ?? '',
    where: params.get('where') ?? '',
    namespace: params.get('namespace') ?? '',
    reachable: params.get('open') === '1',
  };
}

function Filtered({ model, route }: { readonly model: MatrixModel; readonly route: Route }): VNode {
  const filter = filterIn(route);
  const { who, where, namespace, reachable } = filter;
  const selected = useMemo(
    () => model.select({ who, where, namespace, reachable }),
    [model, who, where, namespace, reachable],
  );
  const [place, setPlace] = useState<Place>({ row: 0, column: 0 });
  const { rows, columns } = selected;
  const at = { row: Math.min(place.row, rows.length - 1), column: Math.min(place.column, columns.length - 1) };
  const [row, column] = [rows[at.row], columns[at.column]];
  const shown = `${number(rows.length)} of ${counted(model.rows.length, 'workload')}, ${number(columns.length)} of ${counted(model.columns.length, 'destination')}`;
  return (
    <div class="matrix">
      <h1 class="visually-hidden">Who may reach what</h1>
      <Filters model={model} route={route} shown={shown} />
      {model.left > 0 && (
        <p class="notice">
          {counted(model.left, 'more workload')} are too many for one page; `postern matrix -o csv` has them all.
        </p>
      )}
      {row === undefined || column === undefined ? (
        <Empty title="Nothing fits">
          <p>
            No workload and destination have all of these words. <a href="#/matrix">Show everything</a>
          </p>
        </Empty>
      ) : (
        <>
          <Grid model={model} selected={selected} place={at} onPlace={setPlace} />
          <CellDetail row={row} column={model.columns[column]} answer={model.answer(row, column)} />
          <Legend />
        </>
      )}
    </div>
  );
}

function Filters({
  model,
  route,
  shown,
}: {
  readonly model: MatrixModel;
  readonly route: Route;
  readonly shown: string;
}): VNode {
  const { who, where, namespace, reachable } = filterIn(route);
  return (
    <div class="filters" role="search">
      <SearchField
        id="who"
        label="Who"
        value={who}
        placeholder="workload"
        onValue={(value) => refine(route, { who: value })}
      />
      <SearchField
        id="where"
        label="Where"
        value={where}
        placeholder="destination, policy:NAME"
        onValue={(value) => refine(route, { where: value })}
      />
      <SelectField
        id="namespace"
        label="Namespace"
        value={namespace}
        options={[['', 'all'], ...model.namespaces.map((name) => [name, name] as const)]}
        onValue={(value) => refine(route, { namespace: value })}
      />
      <label class="check" for="open">
        <input
          id="open"
          type="checkbox"
          checked={reachable}
          onChange={(event) => refine(route, { open: event.currentTarget.checked ? '1' : '' })}
        />
        Only reachable destinations
      </label>
      <p class="shown" role="status">
        {shown}
      </p>
    </div>
  );
}

function Legend(): VNode {
  return (
    <ul class="legend" aria-label="Legend">
      <li>
        <Mark kind="accept" /> accepted
      </li>
      <li>
        <Mark kind="partial" /> in part
      </li>
      <li>
        <Mark kind="deny" /> denied by a policy
      </li>
      <li>
        <Mark kind="default" /> no policy permits it
      </li>
    </ul>
  );
}

function Nothing({ model }: { readonly model: MatrixModel }): VNode {
  const [title, hint] =
    model.rows.length === 0
      ? ([
          'There are no workloads',
          'A row is an application: live pods of one Deployment, Job or the like under one ServiceAccount. There are none here.',
        ] as const)
      : ([
          'There are no destinations',
          'A column is an ExternalService, or a name or network that a policy contains. There are none here yet.',
        ] as const);
  return (
    <Empty title={title} whole>
      <p>{hint}</p>
    </Empty>
  );
}
