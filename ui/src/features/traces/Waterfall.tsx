// The spans of a trace as a tree, each with its bar on the trace's time.
import { useElementSize } from "@mantine/hooks";
import { useCallback, useMemo, useState } from "react";
import type { Span } from "../../api/traces";
import { DataGrid, type GridColumn } from "../../components/DataGrid";
import { duration } from "../../lib/format";
import { branches, type Branch } from "./tree";

const nothing = () => undefined;

export const tookText = (ms: number | null) => (ms === null ? "not ended" : ms < 10 ? `${ms.toFixed(2)} ms` : duration(ms));

function Bar({ span, total }: { span: Span; total: number }) {
  const left = (span.startMs / total) * 100;
  const width = ((span.durationMs ?? total - span.startMs) / total) * 100;
  return <span className={`spanbar${span.error ? " bad" : ""}`} style={{ left: `${left}%`, width: `max(3px, ${Math.min(100 - left, width)}%)` }} />;
}

export function Waterfall({ spans, chosen, onChoose }: { spans: Span[]; chosen: string; onChoose: (id: string) => void }) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [closed, setClosed] = useState<Set<string>>(() => new Set());
  const rows = useMemo(() => branches(spans, closed), [spans, closed]);
  const total = useMemo(() => Math.max(0.001, ...spans.map((span) => span.startMs + (span.durationMs ?? 0))), [spans]);
  const toggle = useCallback((id: string) => setClosed((before) => {
    const next = new Set(before);
    if (!next.delete(id)) next.add(id);
    return next;
  }), []);
  const timeline = Math.max(160, width - 300 - 110);
  const columns = useMemo((): GridColumn<Branch>[] => [
    {
      id: "span", title: "Span", width: 300,
      cell: ({ span, depth, children }) => (
        <span style={{ paddingLeft: depth * 14 }}>
          {children > 0 ? <button type="button" className="link" aria-expanded={!closed.has(span.id)} aria-label={`Spans inside ${span.name}`} onClick={() => toggle(span.id)}>{closed.has(span.id) ? "▸" : "▾"}</button> : <span style={{ paddingLeft: 18 }} />}
          <button type="button" className={`link${span.error ? " failed" : ""}`} aria-pressed={span.id === chosen} onClick={() => onChoose(span.id)}>{span.name}</button>
          <span className="sub">{span.type.toLowerCase()}</span>
        </span>
      ),
    },
    { id: "took", title: "Took", width: 100, numeric: true, cell: ({ span }) => tookText(span.durationMs) },
    { id: "time", title: `0 – ${tookText(total)}`, width: timeline, cell: ({ span }) => <Bar span={span} total={total} /> },
  ], [closed, chosen, onChoose, toggle, total, timeline]);
  const itemAt = useCallback((index: number) => ({ row: rows[index], id: rows[index].span.id }), [rows]);
  return (
    <div ref={ref}>
      <DataGrid label="Spans" count={rows.length} itemAt={itemAt} columns={columns} height="420px" onShow={nothing} onOpen={({ span }) => onChoose(span.id)} />
    </div>
  );
}
