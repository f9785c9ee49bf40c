import { useState } from "react";
import { Link } from "wouter";
import { useDeleteRuns, useRestoreRuns } from "../../api/tracking";
import { Confirm } from "../../components/Confirm";
import { ErrorBox } from "../../components/State";
import { FilterBox } from "../../components/FilterBox";
import { count } from "../../lib/format";
import type { Selection } from "../../lib/selection";
import { writeList } from "../../lib/urlState";
import { allColumns } from "./columns";
import { ColumnsButton } from "./Columns";
import { CsvButton } from "./CsvButton";
import type { RunsTable } from "./useRunsTable";
import { runVocabulary } from "./vocabulary";
import { ViewsButton } from "./Views";

const COMPARED = 100; // as many as /compare takes

function Chosen({ table, selection }: { table: RunsTable; selection: Selection }) {
  const [asking, setAsking] = useState(false);
  const remove = useDeleteRuns();
  const restore = useRestoreRuns();
  const deleted = table.view === "deleted";
  const change = deleted ? restore : remove;
  const verb = deleted ? "Restore" : "Delete";
  const { ids } = selection;
  const done = () => {
    setAsking(false);
    selection.none();
  };
  return (
    <div className="bar">
      <b role="status">{count(ids.length)} chosen</b>
      {ids.length > 1 && ids.length <= COMPARED && <Link className="field" href={`/compare?runs=${encodeURIComponent(writeList(ids))}`}>Compare</Link>}
      {ids.length > COMPARED && <span className="sub">At most {COMPARED} runs can be compared.</span>}
      <button type="button" className="field" onClick={() => setAsking(true)}>{verb}</button>
      <button type="button" className="link" onClick={selection.none}>Clear</button>
      {asking && (
        <Confirm title={`${verb} ${ids.length === 1 ? "this run" : `${count(ids.length)} runs`}?`} verb={verb} busy={change.isPending} error={change.error}
          onClose={() => setAsking(false)} onYes={() => change.mutate(ids, { onSuccess: done })}>
          {!deleted && <p className="sub">They can be restored from the deleted ones.</p>}
        </Confirm>
      )}
    </div>
  );
}

function GroupBy({ table }: { table: RunsTable }) {
  const choices = allColumns(table.keys).filter(({ kind, key }) => kind === "params" || kind === "tags" || key === "status" || key === "user_id");
  const known = choices.some(({ id }) => id === table.group);
  return (
    <select className="field" aria-label="Group by" value={table.group} onChange={(event) => table.change({ group: event.target.value })}>
      <option value="">No groups</option>
      {table.group && !known && <option value={table.group}>By {table.group}</option>}
      {choices.map(({ id, title }) => <option key={id} value={id}>By {title}</option>)}
    </select>
  );
}

export function Toolbar({ table, selection, name }: { table: RunsTable; selection: Selection; name: string }) {
  const [failed, setFailed] = useState<unknown>(null);
  const error = table.runs.error instanceof Error ? table.runs.error.message : null;
  return (
    <>
      <FilterBox label="Filter runs" example="metrics.rmse < 1 AND params.model = 'xgb'" value={table.filter} vocabulary={() => runVocabulary(table.keys)} error={error} onApply={(filter) => table.change({ filter })} />
      <div className="bar">
        <select className="field" aria-label="Which runs" value={table.view} onChange={(event) => { selection.none(); table.change({ view: event.target.value === "deleted" ? "deleted" : null, selected: null }); }}>
          <option value="active">Active</option>
          <option value="deleted">Deleted</option>
        </select>
        <label className="field"><input type="checkbox" checked={table.nested} onChange={({ target }) => { selection.none(); table.change({ nested: target.checked ? null : "0", selected: null }); }} /> Nested runs</label>
        <GroupBy table={table} />
        <ColumnsButton keys={table.keys} stamp={table.keyStamp} chosen={table.columns.map(({ id }) => id)} onChange={table.choose} />
        <ViewsButton experiment={table.search.experiment} />
        <CsvButton search={table.search} ids={selection.ids} columns={table.columns} name={name} onError={setFailed} />
        {selection.ids.length > 0 && <Chosen table={table} selection={selection} />}
      </div>
      {failed ? <ErrorBox error={failed} /> : null}
    </>
  );
}
