// One artifact as far as a browser can show it. What is large, or of a kind not shown here, is offered as a download.
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { getText, segment } from "../../api/client";
import { filesOf, type Keeper } from "../../api/queries";
import type { ArtifactEntry } from "../../api/types";
import { DataGrid, type GridColumn } from "../../components/DataGrid";
import { Markdown } from "../../components/Markdown";
import { Ask, Empty } from "../../components/State";
import { parseCsv } from "../../lib/csv";
import { bytes, count } from "../../lib/format";

const TEXT_LIMIT = 2_000_000;
const IMAGE_LIMIT = 50_000_000;
const MOST_ROWS = 10_000;

type Kind = "image" | "page" | "table" | "json" | "markdown" | "text" | "other";

const KINDS: [RegExp, Kind][] = [
  [/\.(svg|png|jpe?g|gif|webp|bmp|avif)$/i, "image"],
  [/\.html?$/i, "page"],
  [/\.(csv|tsv)$/i, "table"],
  [/\.json$/i, "json"],
  [/\.(md|markdown)$/i, "markdown"],
  [/(\.(txt|ya?ml|log|py|toml|ini|cfg|conf|sh|r|sql|xml|jsonl|ndjson|patch|diff|geojson)|(^|\/)(MLmodel|Dockerfile|LICENSE|README))$/i, "text"],
];

function kindOf({ path, size }: ArtifactEntry): Kind {
  const kind = KINDS.find(([form]) => form.test(path))?.[1] ?? "other";
  const limit = kind === "image" ? IMAGE_LIMIT : kind === "page" ? Infinity : TEXT_LIMIT;
  return size <= limit ? kind : "other";
}

const urlOf = (keeper: Keeper, path: string) => `${filesOf(keeper)}/${path.split("/").map(segment).join("/")}`;

const nothing = () => undefined;

function Table({ head, rows }: { head: string[]; rows: unknown[][] }) {
  const columns = useMemo(() => head.map((title, i): GridColumn<unknown[]> => ({
    id: `${i} ${title}`, title, width: Math.max(110, Math.min(260, title.length * 9 + 30)), numeric: i > 0 && rows.slice(0, 20).every((row) => row[i] !== "" && !Number.isNaN(Number(row[i]))),
    cell: (row) => { const value = row[i]; return typeof value === "object" ? JSON.stringify(value) : String(value ?? ""); },
  })), [head, rows]);
  const itemAt = useCallback((index: number) => ({ row: rows[index], id: String(index) }), [rows]);
  if (head.length === 0) return <Empty>This table has no columns.</Empty>;
  return (
    <>
      <p className="sub">{count(rows.length)}{rows.length === MOST_ROWS ? " first" : ""} rows, {head.length} columns</p>
      <DataGrid label="Rows" count={rows.length} itemAt={itemAt} columns={columns} height="460px" onShow={nothing} />
    </>
  );
}

function Csv({ text, path }: { text: string; path: string }) {
  const [head = [], ...rows] = useMemo(() => parseCsv(text, /tsv$/i.test(path) ? "\t" : ",", MOST_ROWS + 1), [text, path]);
  return <Table head={head} rows={rows} />;
}

interface TableJson {
  columns: string[];
  data: unknown[][];
}

// What mlflow.log_table and pandas' orient="split" write.
const isTable = (value: unknown): value is TableJson =>
  typeof value === "object" && value !== null && Array.isArray((value as TableJson).columns) && Array.isArray((value as TableJson).data) && (value as TableJson).data.every(Array.isArray);

function Json({ text }: { text: string }) {
  const value = useMemo(() => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return undefined;
    }
  }, [text]);
  if (isTable(value)) return <Table head={value.columns.map(String)} rows={value.data.slice(0, MOST_ROWS)} />;
  return <pre className="log" tabIndex={0}>{value === undefined ? text : JSON.stringify(value, null, 2)}</pre>;
}

function TextPreview({ url, entry, kind }: { url: string; entry: ArtifactEntry; kind: Kind }) {
  const text = useQuery({ queryKey: ["artifact", url, entry.size], queryFn: ({ signal }) => getText(url, signal) });
  return (
    <Ask answer={text} height={120}>
      {(raw) =>
        kind === "table" ? <Csv text={raw} path={entry.path} />
        : kind === "json" ? <Json text={raw} />
        : kind === "markdown" ? <Markdown text={raw} />
        : <pre className="log" tabIndex={0}>{raw}</pre>}
    </Ask>
  );
}

function Body({ url, entry }: { url: string; entry: ArtifactEntry }) {
  const kind = kindOf(entry);
  if (kind === "image") return <img className="preview" src={url} alt={entry.path} />;
  // A page from a run is not trusted: its scripts run, but in an origin of their own; the server's headers cut the network off.
  if (kind === "page") return <iframe className="preview" title={entry.path} src={url} sandbox="allow-scripts" />;
  if (kind === "other") return <Empty>{entry.size > TEXT_LIMIT ? "Too large to be shown here." : "No preview for this kind of file."} <a href={url} download>Download {bytes(entry.size)}</a></Empty>;
  return <TextPreview url={url} entry={entry} kind={kind} />;
}

export function Preview({ keeper, entry }: { keeper: Keeper; entry: ArtifactEntry }) {
  const url = urlOf(keeper, entry.path);
  return (
    <section aria-label="Preview" style={{ minWidth: 0 }}>
      <div className="bar" style={{ marginTop: 0 }}>
        <b className="mono" style={{ overflowWrap: "anywhere" }}>{entry.path}</b><span className="sub">{bytes(entry.size)}</span>
        <a className="field" href={url} download>Download</a>
      </div>
      <Body key={url} url={url} entry={entry} />
    </section>
  );
}
