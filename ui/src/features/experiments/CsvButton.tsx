// Saves the chosen runs, or all that match, with the columns shown. Pages are asked for one after the other and put into the
// file as text, so that 100,000 runs need no more memory than their lines.
import { useRef, useState } from "react";
import { searchRuns, type RunSearch } from "../../api/tracking";
import type { Run } from "../../api/types";
import { csvLine, save } from "../../lib/csv";
import { count } from "../../lib/format";
import { inGrammar, valueOf, type Column } from "./columns";

const IDS_AT_ONCE = 100;

// The questions whose answers make the file: the chosen runs by their ids, or the search itself.
function questions(search: RunSearch, ids: string[]): RunSearch[] {
  if (ids.length === 0) return [search];
  const parts: RunSearch[] = [];
  for (let i = 0; i < ids.length; i += IDS_AT_ONCE) {
    const list = ids.slice(i, i + IDS_AT_ONCE).map((id) => `'${id}'`).join(", ");
    parts.push({ ...search, filter: `${inGrammar("attributes", "run_id")} IN (${list})` });
  }
  return parts;
}

const lineOf = (run: Run, columns: Column[]) => csvLine([run.id, run.name, ...columns.map((column) => {
  const value = valueOf(run, column);
  return column.kind === "attributes" && /_time$/.test(column.key) && typeof value === "number" ? new Date(value).toISOString() : value;
})]);

export function CsvButton({ search, ids, columns, name, onError }: { search: RunSearch; ids: string[]; columns: Column[]; name: string; onError: (error: unknown) => void }) {
  const [done, setDone] = useState<number | null>(null);
  const abort = useRef<AbortController | null>(null);
  const start = async () => {
    abort.current = new AbortController();
    const { signal } = abort.current;
    const parts = [csvLine(["run_id", "run_name", ...columns.map((column) => column.id)])];
    let rows = 0;
    try {
      for (const question of questions(search, ids)) {
        for (let token: string | null = ""; token !== null; ) {
          setDone(rows);
          const page: Awaited<ReturnType<typeof searchRuns>> = await searchRuns(question, token, signal);
          parts.push(page.items.map((run) => lineOf(run, columns)).join(""));
          rows += page.items.length;
          token = page.next;
        }
      }
      save(`${name.replace(/[^\w.-]+/g, "-")}-runs.csv`, parts);
    } catch (error) {
      if (!signal.aborted) onError(error);
    } finally {
      setDone(null);
    }
  };
  if (done !== null) return <button type="button" className="field" onClick={() => abort.current?.abort()}>{count(done)} rows… Stop</button>;
  return <button type="button" className="field" onClick={() => void start()} title={ids.length > 0 ? "The chosen runs" : "All runs that match"}>CSV</button>;
}
