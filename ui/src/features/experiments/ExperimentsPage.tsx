import { useDebouncedCallback, useDocumentTitle } from "@mantine/hooks";
import { useCallback, useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { LONGEST_NAME } from "../../api/edits";
import { usePages } from "../../api/pages";
import { searchExperiments, useCreateExperiment, useDeleteExperiments, useRestoreExperiments, type ExperimentSearch, type View } from "../../api/tracking";
import type { Experiment } from "../../api/types";
import { Confirm } from "../../components/Confirm";
import { DataGrid, type GridColumn } from "../../components/DataGrid";
import { NameDialog } from "../../components/NameDialog";
import { Empty, ErrorBox, Loading } from "../../components/State";
import { ago, count } from "../../lib/format";
import { useSelection } from "../../lib/selection";
import { useUrlState } from "../../lib/urlState";

const PAGE = 1000;
const ORDERS: Record<string, string> = { name: "name", created: "creation_time", updated: "last_update_time" };

function columnsFor(sort: string): GridColumn<Experiment>[] {
  const direction = (id: string) => (sort === id ? "ascending" : sort === `-${id}` ? "descending" : "none");
  return [
    { id: "name", title: "Experiment", width: 320, sort: direction("name"), cell: (one) => <Link href={`/experiments/${one.id}`}>{one.name}</Link> },
    { id: "runs", title: "Runs", width: 100, numeric: true, cell: (one) => count(one.run_count) },
    { id: "updated", title: "Updated", width: 150, sort: direction("updated"), cell: (one) => ago(one.updated_ms) },
    { id: "created", title: "Created", width: 150, sort: direction("created"), cell: (one) => ago(one.created_ms) },
    { id: "id", title: "Id", width: 100, cell: (one) => one.id },
    { id: "note", title: "Description", width: 320, cell: (one) => one.tags["mlflow.note.content"] ?? "" },
  ];
}

function Actions({ ids, view, onDone }: { ids: string[]; view: View; onDone: () => void }) {
  const [asking, setAsking] = useState(false);
  const remove = useDeleteExperiments();
  const restore = useRestoreExperiments();
  const change = view === "deleted" ? restore : remove;
  const verb = view === "deleted" ? "Restore" : "Delete";
  const done = () => {
    setAsking(false);
    onDone();
  };
  return (
    <div className="bar" role="status">
      <b>{count(ids.length)} chosen</b>
      <button type="button" className="field" onClick={() => setAsking(true)}>{verb}</button>
      <button type="button" className="link" onClick={onDone}>Clear</button>
      {asking && (
        <Confirm title={`${verb} ${ids.length === 1 ? "this experiment" : `${count(ids.length)} experiments`}?`} verb={verb} busy={change.isPending} error={change.error}
          onClose={() => setAsking(false)} onYes={() => change.mutate(ids, { onSuccess: done })}>
          <p className="sub">{view === "deleted" ? "Their runs come back with them." : "Their runs go with them. Both can be restored from the deleted ones."}</p>
        </Confirm>
      )}
    </div>
  );
}

function NewExperiment() {
  const [open, setOpen] = useState(false);
  const [, navigate] = useLocation();
  const create = useCreateExperiment();
  const begin = () => {
    create.reset();
    setOpen(true);
  };
  return (
    <>
      <button type="button" className="field" onClick={begin}>New experiment</button>
      {open && (
        <NameDialog title="New experiment" verb="Create" name="" longest={LONGEST_NAME} busy={create.isPending} error={create.error} onClose={() => setOpen(false)}
          onName={(name) => create.mutate(name, { onSuccess: ({ experiment_id }) => navigate(`/experiments/${experiment_id}`) })} />
      )}
    </>
  );
}

export default function ExperimentsPage() {
  useDocumentTitle("Experiments · Treadle");
  const [, navigate] = useLocation();
  const [query, change] = useUrlState();
  const view: View = query.get("view") === "deleted" ? "deleted" : "active";
  const sort = query.get("sort") ?? "-updated";
  const text = query.get("q") ?? "";
  const search: ExperimentSearch = { text, view, order: `${ORDERS[sort.replace("-", "")] ?? "last_update_time"} ${sort.startsWith("-") ? "DESC" : "ASC"}` };
  const list = usePages(["experiments", search], PAGE, (token, signal) => searchExperiments(search, token, signal));
  const selection = useSelection(list.count, (index) => list.at(index)?.id);
  const columns = useMemo(() => columnsFor(sort), [sort]);
  const find = useDebouncedCallback((value: string) => change({ q: value }), 200);
  const itemAt = (index: number) => {
    const row = list.at(index);
    return row && { row, id: row.id };
  };
  const onSort = useCallback((id: string) => change({ sort: sort === id ? `-${id}` : id }), [change, sort]);
  return (
    <>
      <div className="head">
        <h1>Experiments</h1>
        <span className="sub">{list.stale ? "" : `${count(list.count)}${list.complete ? "" : "+"}`}</span>
        <span className="grow" />
        <input className="field" type="search" data-shortcut="/" aria-label="Find an experiment" placeholder="Name" defaultValue={text} onChange={(event) => find(event.target.value)} />
        <select className="field" aria-label="Which experiments" value={view} onChange={(event) => { selection.none(); change({ view: event.target.value === "deleted" ? "deleted" : null, selected: null }); }}>
          <option value="active">Active</option>
          <option value="deleted">Deleted</option>
        </select>
        <NewExperiment />
      </div>
      {selection.ids.length > 0 && <Actions ids={selection.ids} view={view} onDone={selection.none} />}
      <section className="card flush" aria-label="Experiments">
        {list.error ? <ErrorBox error={list.error} retry={list.retry} /> : null}
        {list.stale && list.count === 0 && !list.error && <Loading height={300} />}
        {!list.stale && list.count === 0 && <Empty>{text ? "No experiment has such a name." : view === "deleted" ? "No experiment is deleted." : "There is no experiment yet."}</Empty>}
        {list.count > 0 && (
          <DataGrid label="Experiments" count={list.count} itemAt={itemAt} columns={columns} height="calc(100vh - 190px)" stale={list.stale} onShow={list.show}
            onSort={onSort} onOpen={(one) => navigate(`/experiments/${one.id}`)} selecting={selection} />
        )}
      </section>
    </>
  );
}
