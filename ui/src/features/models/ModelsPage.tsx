import { useDebouncedCallback, useDocumentTitle } from "@mantine/hooks";
import { useCallback, useMemo } from "react";
import { Link, useLocation } from "wouter";
import { usePages } from "../../api/pages";
import { searchModels } from "../../api/registry";
import type { Model } from "../../api/types";
import { DataGrid, type GridColumn } from "../../components/DataGrid";
import { Empty, ErrorBox, Loading } from "../../components/State";
import { ago, count } from "../../lib/format";
import { useUrlState } from "../../lib/urlState";

const PAGE = 1000;
const ORDERS: Record<string, string> = { name: "name", updated: "last_updated_timestamp" };
const pathOf = (model: Model) => `/models/${encodeURIComponent(model.name)}`;

function columnsFor(sort: string): GridColumn<Model>[] {
  const direction = (id: string) => (sort === id ? "ascending" : sort === `-${id}` ? "descending" : "none");
  return [
    { id: "name", title: "Name", width: 280, sort: direction("name"), cell: (model) => <Link href={pathOf(model)}>{model.name}</Link> },
    { id: "aliases", title: "Aliases", width: 220, cell: (model) => Object.entries(model.aliases).map(([alias, version]) => `${alias} → ${version}`).join(", ") || "–" },
    { id: "versions", title: "Versions", width: 100, numeric: true, cell: (model) => count(model.versions_count) },
    { id: "updated", title: "Updated", width: 130, sort: direction("updated"), cell: (model) => ago(model.updated_ms) },
    { id: "description", title: "Description", width: 300, cell: (model) => model.description },
  ];
}

export default function ModelsPage() {
  useDocumentTitle("Models · Treadle");
  const [, navigate] = useLocation();
  const [query, change] = useUrlState();
  const text = query.get("q") ?? "";
  const sort = query.get("sort") ?? "name";
  const order = `${ORDERS[sort.replace("-", "")] ?? "name"} ${sort.startsWith("-") ? "DESC" : "ASC"}`;
  const list = usePages(["models", "list", text, order], PAGE, (token, signal) => searchModels(text, order, token, signal));
  const columns = useMemo(() => columnsFor(sort), [sort]);
  const find = useDebouncedCallback((value: string) => change({ q: value }), 200);
  const onSort = useCallback((id: string) => change({ sort: sort === id ? `-${id}` : id }), [change, sort]);
  const itemAt = (index: number) => {
    const row = list.at(index);
    return row && { row, id: row.name };
  };
  return (
    <>
      <div className="head">
        <h1>Models</h1>
        <span className="sub">{list.stale ? "" : `${count(list.count)}${list.complete ? "" : "+"}`}</span>
        <span className="grow" />
        <input className="field" type="search" data-shortcut="/" aria-label="Find a model" placeholder="Name" defaultValue={text} onChange={(event) => find(event.target.value)} />
      </div>
      <section className="card flush" aria-label="Models">
        {list.error ? <ErrorBox error={list.error} retry={list.retry} /> : null}
        {list.stale && list.count === 0 && !list.error && <Loading height={300} />}
        {!list.stale && list.count === 0 && <Empty>{text ? "No model has such a name." : "No model is registered yet. A training pipeline, or the MLflow client's register_model, adds one."}</Empty>}
        {list.count > 0 && <DataGrid label="Models" count={list.count} itemAt={itemAt} columns={columns} height="calc(100vh - 190px)" stale={list.stale} onShow={list.show} onSort={onSort} onOpen={(model) => navigate(pathOf(model))} />}
      </section>
    </>
  );
}
