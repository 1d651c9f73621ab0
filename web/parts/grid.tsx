import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { MatrixModel, Selected, WorkloadRow } from '../data/matrix-model.ts';
import { portText, workloadParts } from '../data/words.ts';
import { Mark } from './parts.tsx';

/** A cell, by its place among those that are shown. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

interface Sizes {
  readonly row: number;
  readonly column: number;
  readonly head: number;
  readonly side: number;
}

interface Window {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

interface GridProps {
  readonly model: MatrixModel;
  readonly selected: Selected;
  readonly place: Place;
  readonly onPlace: (place: Place) => void;
}

const wide: Sizes = { row: 26, column: 30, head: 196, side: 330 };
const narrow: Sizes = { row: 34, column: 34, head: 164, side: 158 };
const narrowest = 640;
const beyond = 6;

/** Heads are as high as the longest name needs, within reason. */
function sizesFor({ columns }: MatrixModel, selected: Selected, width: number): Sizes {
  const sizes = width < narrowest ? narrow : wide;
  const lengths = selected.columns.map((at) => {
    const column = columns[at];
    return column === undefined ? 0 : column.destination.length * 7.3 + portText(column).length * 6.3 + 28;
  });
  const longest = lengths.reduce((most, length) => Math.max(most, length), 104);
  return { ...sizes, head: Math.min(sizes.head, longest) };
}

/**
 * A table of which only what can be seen is there, so that ten thousand rows cost what forty do. Heads stay in sight; the arrow
 * keys go from cell to cell.
 */
export function Grid({ model, selected, place, onPlace }: GridProps): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<Window>({ top: 0, left: 0, width: 1200, height: 700 });
  const sizes = useMemo(() => sizesFor(model, selected, view.width), [model, selected, view.width < narrowest]);
  useWindow(scroller, setView);
  useInSight(scroller, place, sizes);
  const rows = rangeOf(view.top, view.height - sizes.head, sizes.row, selected.rows.length);
  const columns = rangeOf(view.left, view.width - sizes.side, sizes.column, selected.columns.length);
  const move = (event: KeyboardEvent): void => {
    const next = moved(event, place, selected, Math.floor((view.height - sizes.head) / sizes.row) - 1);
    if (next === undefined) return;
    event.preventDefault();
    onPlace(next);
  };
  const extent = {
    width: `${sizes.side + selected.columns.length * sizes.column + 24}px`,
    height: `${sizes.head + selected.rows.length * sizes.row}px`,
    '--side': `${sizes.side}px`,
    '--head': `${sizes.head}px`,
    '--row': `${sizes.row}px`,
    '--column': `${sizes.column}px`,
  };
  return (
    <div
      class="grid"
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label="Workloads by destinations; the arrow keys go from cell to cell"
      aria-rowcount={selected.rows.length + 1}
      aria-colcount={selected.columns.length + 1}
      aria-activedescendant={cellId(place)}
      onKeyDown={move}
    >
      <div class="grid-extent" role="presentation" style={extent}>
        <Heads {...{ model, selected, place, columns, sizes }} />
        {rows.map((row) => {
          const workload = selected.rows[row];
          return workload && <Row key={row} {...{ model, selected, place, onPlace, columns, sizes, row, workload }} />;
        })}
      </div>
    </div>
  );
}

interface HeadsProps extends Omit<GridProps, 'onPlace'> {
  readonly columns: readonly number[];
  readonly sizes: Sizes;
}

function Heads({ model, selected, place, columns, sizes }: HeadsProps): VNode {
  return (
    <div class="grid-heads" role="row" aria-rowindex={1}>
      <div class="grid-corner" role="columnheader" aria-colindex={1}>
        <span>Workload</span>
        <span class="dim">reaches</span>
      </div>
      {columns.map((at) => {
        const column = model.columns[selected.columns[at] ?? -1];
        if (column === undefined) return null;
        const lit = at === place.column ? ' lit' : '';
        return (
          <div
            key={at}
            class={`grid-head${lit}`}
            role="columnheader"
            aria-colindex={at + 2}
            style={{ left: `${sizes.side + at * sizes.column}px` }}
            title={`${column.destination} ${portText(column)}`}
          >
            <span class={column.service ? 'grid-service' : 'grid-inline'}>{column.destination}</span>
            <span class="dim">{portText(column)}</span>
          </div>
        );
      })}
    </div>
  );
}

interface RowProps extends GridProps {
  readonly columns: readonly number[];
  readonly sizes: Sizes;
  readonly row: number;
  readonly workload: WorkloadRow;
}

function Row({ model, selected, place, onPlace, columns, sizes, row, workload }: RowProps): VNode {
  const { kind, name } = workloadParts(workload.workload);
  const { namespace, serviceAccount } = workload;
  const reach = model.reach(workload, selected.columns);
  const lit = row === place.row ? ' lit' : '';
  return (
    <div
      class={`grid-row${lit}`}
      role="row"
      aria-rowindex={row + 2}
      style={{ top: `${sizes.head + row * sizes.row}px` }}
    >
      <div
        class="grid-side"
        role="rowheader"
        aria-colindex={1}
        title={`${namespace}/${workload.workload}, ServiceAccount ${serviceAccount}`}
      >
        <span class="grid-namespace">{namespace}</span>
        <span class="grid-name">{name}</span>
        <span class="grid-kind dim">{kind}</span>
        <span class={`grid-reach${reach === 0 ? ' dim' : ''}`}>{reach}</span>
      </div>
      {columns.map((at) => {
        const column = selected.columns[at] ?? -1;
        const cell = model.kind(workload, column);
        const active = row === place.row && at === place.column;
        return (
          <div
            key={at}
            id={active ? cellId(place) : undefined}
            class={`cell${at === place.column ? ' lit' : ''}${active ? ' active' : ''}`}
            role="gridcell"
            aria-colindex={at + 2}
            aria-selected={active}
            aria-label={words[cell]}
            style={{ left: `${sizes.side + at * sizes.column}px` }}
            onClick={() => onPlace({ row, column: at })}
          >
            <Mark kind={cell} />
          </div>
        );
      })}
    </div>
  );
}

const words = {
  accept: 'accepted',
  partial: 'accepted in part',
  deny: 'denied by a policy',
  default: 'denied',
} as const;

function cellId({ row, column }: Place): string {
  return `cell-${row}-${column}`;
}

function rangeOf(from: number, length: number, size: number, count: number): readonly number[] {
  const first = Math.max(0, Math.floor(from / size) - beyond);
  const last = Math.min(count - 1, Math.ceil((from + length) / size) + beyond);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
}

function useWindow(scroller: { readonly current: HTMLDivElement | null }, setView: (view: Window) => void): void {
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    let frame = 0;
    const measure = (): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        const { scrollTop: top, scrollLeft: left, clientWidth: width, clientHeight: height } = element;
        setView({ top, left, width, height });
      });
    };
    measure();
    element.addEventListener('scroll', measure, { passive: true });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      cancelAnimationFrame(frame);
      element.removeEventListener('scroll', measure);
      observer.disconnect();
    };
  }, [scroller, setView]);
}

/** The cell that one has come to by keys is not behind the heads, nor out of sight. */
function useInSight(scroller: { readonly current: HTMLDivElement | null }, { row, column }: Place, sizes: Sizes): void {
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || document.activeElement !== element) return;
    const [top, left] = [row * sizes.row, column * sizes.column];
    const [height, width] = [element.clientHeight - sizes.head, element.clientWidth - sizes.side];
    if (top < element.scrollTop) element.scrollTop = top;
    if (top + sizes.row > element.scrollTop + height) element.scrollTop = top + sizes.row - height;
    if (left < element.scrollLeft) element.scrollLeft = left;
    if (left + sizes.column > element.scrollLeft + width) element.scrollLeft = left + sizes.column - width;
  }, [scroller, row, column, sizes]);
}

/** Undefined: the key is not about cells. */
function moved(
  { key, ctrlKey }: KeyboardEvent,
  { row, column }: Place,
  { rows, columns }: Selected,
  page: number,
): Place | undefined {
  const inside = (at: number, count: number): number => Math.max(0, Math.min(count - 1, at));
  const to = (down: number, right: number): Place => ({
    row: inside(row + down, rows.length),
    column: inside(column + right, columns.length),
  });
  switch (key) {
    case 'ArrowDown':
      return to(1, 0);
    case 'ArrowUp':
      return to(-1, 0);
    case 'ArrowRight':
      return to(0, 1);
    case 'ArrowLeft':
      return to(0, -1);
    case 'PageDown':
      return to(page, 0);
    case 'PageUp':
      return to(-page, 0);
    case 'Home':
      return to(ctrlKey ? -rows.length : 0, -columns.length);
    case 'End':
      return to(ctrlKey ? rows.length : 0, columns.length);
    default:
      return undefined;
  }
}
