import { useDocumentTitle } from "@mantine/hooks";
import { useCallback, useMemo } from "react";
import { Link } from "wouter";
import { useModel } from "../../api/queries";
import { useDescribe } from "../../api/registry";
import type { ModelDetails, ModelVersion } from "../../api/types";
import { DataGrid, type GridColumn } from "../../components/DataGrid";
import { EditableText } from "../../components/EditableText";
import { Ask, Empty } from "../../components/State";
import { ago, count, number, shortId } from "../../lib/format";
import { useSelection, type Selection } from "../../lib/selection";
import { readList, useUrlState, writeList } from "../../lib/urlState";
import { CompareVersions } from "./CompareVersions";
import { Gates } from "./Gates";
import { History } from "./History";
import { Tags } from "./Tags";
import { Version } from "./Version";

const nothing = () => undefined;

const columnsFor = (open: (version: ModelVersion) => void, shown: number): GridColumn<ModelVersion>[] => [
  { id: "version", title: "Version", width: 120, cell: (one) => <button type="button" className="link" aria-pressed={one.version === shown} onClick={() => open(one)}>Version {one.version}</button> },
  { id: "aliases", title: "Aliases", width: 190, cell: (one) => one.aliases.map((alias) => <span className="pill good" key={alias}>{alias}</span>) },
  { id: "stage", title: "Stage", width: 110, cell: (one) => (one.stage && one.stage !== "None" ? one.stage : "–") },
  { id: "mae", title: "Test MAE", width: 100, numeric: true, cell: (one) => (one.tags.test_mae ? number(Number(one.tags.test_mae)) : "–") },
  { id: "run", title: "Trained by", width: 150, cell: (one) => (one.run_id ? <Link href={`/runs/${one.run_id}`}>run {shortId(one.run_id)}</Link> : "–") },
  { id: "created", title: "Created", width: 120, cell: (one) => ago(one.created_ms) },
  { id: "description", title: "Description", width: 260, cell: (one) => one.description },
];

function Versions({ versions, shown, selection, onOpen }: { versions: ModelVersion[]; shown: number; selection: Selection; onOpen: (version: ModelVersion) => void }) {
  const [, change] = useUrlState();
  const columns = useMemo(() => columnsFor(onOpen, shown), [onOpen, shown]);
  const itemAt = useCallback((index: number) => ({ row: versions[index], id: String(versions[index].version) }), [versions]);
  return (
    <section className="card" aria-label="Versions">
      <div className="bar" style={{ marginTop: 0 }}>
        <h2 style={{ margin: 0 }}>Versions <span className="sub">{count(versions.length)}</span></h2>
        <button type="button" className="field" disabled={selection.ids.length !== 2} onClick={() => change({ compare: writeList([...selection.ids].sort((a, b) => Number(a) - Number(b))) })}>Compare two</button>
        {selection.ids.length !== 2 && <span className="sub">Choose two to compare them.</span>}
      </div>
      {versions.length === 0 ? <Empty>This model has no versions yet.</Empty> : (
        <DataGrid label="Versions" count={versions.length} itemAt={itemAt} columns={columns} height="340px" onShow={nothing} onOpen={onOpen} selecting={selection} />
      )}
    </section>
  );
}

function Model({ model }: { model: ModelDetails }) {
  const [query, change] = useUrlState();
  const describe = useDescribe({ name: model.name });
  const versions = useMemo(() => [...model.versions].sort((a, b) => b.version - a.version), [model.versions]);
  const selection = useSelection(versions.length, (index) => String(versions[index]?.version));
  const asked = Number(query.get("version"));
  const shown = versions.find(({ version }) => version === asked) ?? versions[0];
  const pair = useMemo(() => {
    const compared = readList(query.get("compare"));
    return versions.filter(({ version }) => compared.includes(String(version))).reverse();
  }, [versions, query]);
  const open = useCallback((version: ModelVersion) => change({ version: String(version.version), compare: null }), [change]);
  return (
    <>
      <section className="card" aria-label="About">
        <EditableText label="Description" text={model.description} saving={describe} />
        <Tags owner={{ name: model.name }} tags={model.tags} />
      </section>
      <Versions versions={versions} shown={shown?.version ?? 0} selection={selection} onOpen={open} />
      {pair.length === 2 && (
        <>
          <div className="bar"><h2 style={{ margin: 0 }}>Version {pair[0].version} and {pair[1].version}</h2><button type="button" className="link" onClick={() => change({ compare: null })}>Close</button></div>
          <CompareVersions versions={pair} />
        </>
      )}
      {shown && pair.length !== 2 && <Version key={shown.version} model={model} version={shown} />}
      <Gates model={model.name} />
      <History key={`history-${shown?.version}`} model={model.name} version={shown?.version ?? null} />
    </>
  );
}

export default function ModelPage({ name }: { name: string }) {
  useDocumentTitle(`${name} · Treadle`);
  return (
    <>
      <div className="head"><h1><Link href="/models" className="crumb">Models</Link> / {name}</h1></div>
      <Ask answer={useModel(name)} height={400}>{(model) => <Model model={model} />}</Ask>
    </>
  );
}
