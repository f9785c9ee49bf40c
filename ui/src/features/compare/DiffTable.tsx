// One row a param, metric or tag, one column a run; rows that differ are marked.
import { useCallback, useMemo } from "react";
import type { Run } from "../../api/types";
import { DataGrid, type GridColumn, type GridItem } from "../../components/DataGrid";
import { Empty } from "../../components/State";
import { seriesColor } from "../../lib/series";
import { useUrlState } from "../../lib/urlState";
import { columnOf, textOf, type Column } from "../experiments/columns";

interface Line {
  column: Column;
  texts: string[];
  differs: boolean;
}

const KINDS = { attributes: "Attributes", metrics: "Metrics", params: "Parameters", tags: "Tags" } as const;
const SHOWN = ["status", "start_time", "duration", "user_id"];

function linesOf(runs: Run[]): Line[] {
  const keys = (kind: "metrics" | "params" | "tags") => [...new Set(runs.flatMap((run) => Object.keys(run[kind])))].sort().map((key) => `${kind}.${key}`);
  const ids = [...SHOWN.map((key) => `attributes.${key}`), ...keys("params"), ...keys("metrics"), ...keys("tags")];
  return ids.map((id) => {
    const column = columnOf(id)!;
    const texts = runs.map((run) => textOf(run, column));
    return { column, texts, differs: new Set(texts).size > 1 };
  });
}

function itemsOf(lines: Line[]): GridItem<Line>[] {
  const items: GridItem<Line>[] = [];
  let kind = "";
  for (const line of lines) {
    if (line.column.kind !== kind) items.push({ heading: KINDS[line.column.kind] });
    kind = line.column.kind;
    items.push({ row: line, id: line.column.id });
  }
  return items;
}

const nothing = () => undefined;

export function DiffTable({ runs, onlyDifferences }: { runs: Run[]; onlyDifferences?: boolean }) {
  const [query, change] = useUrlState();
  const only = onlyDifferences ?? query.get("diff") === "1";
  const lines = useMemo(() => linesOf(runs), [runs]);
  const items = useMemo(() => itemsOf(only ? lines.filter((line) => line.differs) : lines), [lines, only]);
  const columns = useMemo((): GridColumn<Line>[] => [
    { id: "key", title: "", width: 210, cell: ({ column }) => column.title },
    ...runs.map((run, i): GridColumn<Line> => ({
      id: run.id, title: run.name, width: 170,
      cell: (line) => <span title={line.texts[i]} className={line.differs ? "differs" : undefined} style={{ padding: "1px 4px", borderBottom: line.differs ? `2px solid ${seriesColor(i)}` : undefined }}>{line.texts[i]}</span>,
    })),
  ], [runs]);
  const itemAt = useCallback((index: number) => items[index], [items]);
  return (
    <section className="card" aria-label="Differences">
      <div className="bar" style={{ marginTop: 0 }}>
        <label className="inline"><input type="checkbox" checked={only} onChange={(event) => change({ diff: event.target.checked ? "1" : null })} />Only differences</label>
        <span className="sub">{lines.filter((line) => line.differs).length} of {lines.length} rows differ</span>
      </div>
      {items.length === 0 ? <Empty>These runs do not differ.</Empty> : (
        <DataGrid label="Params, metrics and tags" count={items.length} itemAt={itemAt} columns={columns} height="calc(100vh - 300px)" onShow={nothing} />
      )}
    </section>
  );
}
