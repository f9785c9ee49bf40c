// A grid of any length and width: only the cells in view are drawn. Rows may come later (undefined) or be headings. It is one
// stop of the Tab key; inside it the arrows move, Space selects, Enter opens.
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useId, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import "./grid.css";

export interface GridColumn<T> {
  id: string;
  title: string;
  width: number;
  numeric?: boolean;
  sort?: "ascending" | "descending" | "none"; // undefined: cannot be sorted by
  cell: (row: T) => ReactNode;
}

export type GridItem<T> = { row: T; id: string } | { heading: ReactNode } | undefined;

export interface Selecting {
  has: (id: string) => boolean;
  toggle: (index: number, range: boolean) => void;
  all: () => void;
  none: () => void;
}

interface Props<T> {
  label: string;
  count: number;
  itemAt: (index: number) => GridItem<T>;
  columns: GridColumn<T>[]; // the first stays in view
  height: string;
  stale?: boolean;
  onShow: (first: number, last: number) => void;
  onSort?: (id: string) => void;
  onOpen?: (row: T) => void;
  selecting?: Selecting;
}

const ROW = 34;
const CHECK = 34;

interface RowProps<T> {
  item: GridItem<T>;
  index: number;
  top: number;
  id: string;
  pinned: GridColumn<T>;
  pinWidth: number;
  shown: { column: GridColumn<T>; left: number }[];
  width: number;
  selected: boolean | null; // null: rows cannot be selected
  active: boolean;
}

function Row<T>({ item, index, top, id, pinned, pinWidth, shown, width, selected, active }: RowProps<T>) {
  const common = { role: "row", id, "aria-rowindex": index + 2, "data-index": index, style: { transform: `translateY(${top}px)`, width } };
  if (!item) return <div {...common} className="gridrow waiting" aria-busy="true" />;
  if ("heading" in item) return <div {...common} className="gridrow heading"><div role="gridcell" className="pin">{item.heading}</div></div>;
  return (
    <div {...common} className={`gridrow${selected ? " selected" : ""}${active ? " active" : ""}`} aria-selected={selected ?? undefined}>
      <div role="gridcell" className="pin" style={{ width: pinWidth }}>
        {selected !== null && <input type="checkbox" tabIndex={-1} checked={selected} readOnly aria-label={`Select row ${index + 1}`} />}
        <span className="cut">{pinned.cell(item.row)}</span>
      </div>
      {shown.map(({ column, left }) => (
        <div key={column.id} role="gridcell" className={column.numeric ? "num" : undefined} style={{ left, width: column.width }}>
          {column.cell(item.row)}
        </div>
      ))}
    </div>
  );
}

const MemoRow = memo(Row, (a, b) => {
  const sameItem = a.item === b.item || (a.item && b.item && "row" in a.item && "row" in b.item && a.item.row === b.item.row);
  return Boolean(sameItem) && a.top === b.top && a.selected === b.selected && a.active === b.active && a.shown === b.shown && a.width === b.width && a.id === b.id;
}) as typeof Row;

const ARROWS: Record<string, string> = { ascending: " ↑", descending: " ↓" };

function Header<T>({ column, left, width, pinned, onSort, children }: { column: GridColumn<T>; left?: number; width: number; pinned?: boolean; onSort?: (id: string) => void; children?: ReactNode }) {
  return (
    <div role="columnheader" className={pinned ? "pin" : column.numeric ? "num" : undefined} style={{ left, width }} aria-sort={column.sort}>
      {children}
      {column.sort && onSort
        ? <button type="button" className="cut" title={column.title} onClick={() => onSort(column.id)}>{column.title}{ARROWS[column.sort]}</button>
        : <span className="cut" title={column.title}>{column.title}</span>}
    </div>
  );
}

export function DataGrid<T>({ label, count, itemAt, columns, height, stale, onShow, onSort, onOpen, selecting }: Props<T>) {
  const base = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const [pinned, ...others] = columns;
  const narrow = (scroller.current?.clientWidth ?? window.innerWidth) < 520;
  const pinWidth = (narrow ? Math.min(pinned.width, 150) : pinned.width) + (selecting ? CHECK : 0);
  const rows = useVirtualizer({ count, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 10, paddingStart: ROW });
  const across = useVirtualizer({
    horizontal: true, count: others.length, getScrollElement: () => scroller.current, estimateSize: (i) => others[i].width, overscan: 2, paddingStart: pinWidth,
  });
  const shape = others.map((column) => `${column.id}:${column.width}`).join() + pinWidth;
  useEffect(() => across.measure(), [across, shape]);

  const drawn = rows.getVirtualItems();
  const first = drawn[0]?.index ?? 0;
  const last = drawn.at(-1)?.index ?? 0;
  useEffect(() => onShow(first, last), [onShow, first, last]);

  const cells = across.getVirtualItems().filter(({ index }) => index < others.length);
  // The same list while the same columns are drawn, so that unchanged rows need no second look.
  const memory = useRef<{ stamp: unknown[]; shown: RowProps<T>["shown"] }>({ stamp: [], shown: [] });
  const stamp = [columns, ...cells.map(({ start }) => start)];
  if (stamp.length !== memory.current.stamp.length || stamp.some((part, i) => part !== memory.current.stamp[i])) {
    memory.current = { stamp, shown: cells.map(({ index, start }) => ({ column: others[index], left: start })) };
  }
  const { shown } = memory.current;
  const width = pinWidth + others.reduce((sum, column) => sum + column.width, 0);

  const move = (to: number, event: KeyboardEvent) => {
    const step = to < active ? -1 : 1;
    let next = Math.max(0, Math.min(count - 1, to));
    while (next > 0 && next < count - 1 && isHeading(itemAt(next))) next += step;
    if (event.shiftKey && selecting) selecting.toggle(next, true);
    setActive(next);
    rows.scrollToIndex(next, { align: "auto" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW) / ROW) - 2);
    const moves: Record<string, number> = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: count - 1 };
    const item = active >= 0 ? itemAt(active) : undefined;
    if (event.key in moves) move(moves[event.key], event);
    else if (event.key === " " && item && "row" in item) selecting?.toggle(active, event.shiftKey);
    else if (event.key === "Enter" && item && "row" in item) onOpen?.(item.row);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) selecting?.all();
    else if (event.key === "Escape") selecting?.none();
    else return;
    event.preventDefault();
  };
  const onClick = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    if (target.closest("a, button")) return;
    const index = Number(target.closest<HTMLElement>("[data-index]")?.dataset.index ?? -1);
    if (index < 0) return;
    setActive(index);
    if (target.closest("input") || event.shiftKey || event.ctrlKey || event.metaKey) selecting?.toggle(index, event.shiftKey);
  };
  return (
    <div ref={scroller} className={`grid${stale ? " stale" : ""}`} role="grid" aria-label={label} aria-rowcount={count + 1} aria-colcount={columns.length} aria-busy={stale} tabIndex={0}
      aria-multiselectable={selecting ? true : undefined} aria-activedescendant={active >= 0 ? `${base}-${active}` : undefined}
      style={{ height: `min(${height}, ${count * ROW + ROW + 18}px)` }} onKeyDown={onKeyDown} onClick={onClick}>
      <div style={{ height: rows.getTotalSize(), width, position: "relative" }}>
        <div className="gridhead" role="row" aria-rowindex={1} style={{ width }}>
          <Header column={pinned} width={pinWidth} pinned onSort={onSort}>{selecting && <span style={{ width: 20 }} />}</Header>
          {shown.map(({ column, left }) => <Header key={column.id} column={column} left={left} width={column.width} onSort={onSort} />)}
        </div>
        {drawn.filter(({ index }) => index < count).map(({ index, start }) => {
          const item = itemAt(index);
          const selected = selecting && item && "row" in item ? selecting.has(item.id) : null;
          return <MemoRow key={index} item={item} index={index} top={start} id={`${base}-${index}`} pinned={pinned} pinWidth={pinWidth} shown={shown} width={width} selected={selected} active={index === active} />;
        })}
      </div>
    </div>
  );
}

const isHeading = (item: GridItem<unknown>) => Boolean(item && "heading" in item);
