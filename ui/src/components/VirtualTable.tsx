// A table that draws only the rows in view, so that 10,000 of them scroll like ten.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, type ReactNode } from "react";

export interface ColumnDef<T> {
  name: string;
  width: string; // a grid track
  wide?: boolean; // left out on narrow screens
  cell: (row: T) => ReactNode;
}

export function VirtualTable<T>({ rows, columns, keyOf, label, height = 560 }: {
  rows: T[];
  columns: ColumnDef<T>[];
  keyOf: (row: T) => string;
  label: string;
  height?: number;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => 36, overscan: 12 });
  const grid = { gridTemplateColumns: columns.map((column) => column.width).join(" ") };
  return (
    <div className="vtable" role="table" aria-label={label} aria-rowcount={rows.length}>
      <div className="vhead" role="row" style={grid}>
        {columns.map((column) => (
          <div key={column.name} role="columnheader" className={column.wide ? "wide" : undefined}>
            {column.name}
          </div>
        ))}
      </div>
      <div className="vbody" ref={scroller} style={{ height: Math.min(height, rows.length * 36 + 4) }} tabIndex={0} role="rowgroup" aria-label={`${label}, rows`}>
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return (
              <div key={keyOf(row)} className="vrow" role="row" aria-rowindex={item.index + 1} style={{ ...grid, transform: `translateY(${item.start}px)` }}>
                {columns.map((column) => (
                  <div key={column.name} role="cell" className={column.wide ? "wide" : undefined}>
                    {column.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
