// The files of a run and of the models that it logged: folders open where they are, the chosen file is shown beside them and
// kept in the address.
import { useState } from "react";
import { useArtifacts, type Keeper } from "../../api/queries";
import { useLoggedModels } from "../../api/tracking";
import type { ArtifactEntry, TrackingRun } from "../../api/types";
import { Ask, Empty } from "../../components/State";
import { bytes } from "../../lib/format";
import { useUrlState } from "../../lib/urlState";
import { Preview } from "./Preview";

const MOST = 500; // entries of one folder that are drawn

interface Choice {
  chosen: string;
  onChoose: (path: string) => void;
}

function Entry({ keeper, entry, chosen, onChoose }: { keeper: Keeper; entry: ArtifactEntry } & Choice) {
  const name = entry.path.split("/").at(-1);
  const [open, setOpen] = useState(chosen.startsWith(`${entry.path}/`));
  if (!entry.is_folder) {
    return <button type="button" className="link file" onClick={() => onChoose(entry.path)} aria-pressed={chosen === entry.path}>{name} <span className="sub">{bytes(entry.size)}</span></button>;
  }
  return (
    <>
      <button type="button" className="link file" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? "▾" : "▸"} {name}/</button>
      {open && <Folder keeper={keeper} path={entry.path} chosen={chosen} onChoose={onChoose} />}
    </>
  );
}

function Folder({ keeper, path, empty = "No artifacts were logged.", ...choice }: { keeper: Keeper; path: string; empty?: string } & Choice) {
  const entries = useArtifacts(keeper, path);
  return (
    <Ask answer={entries} height={60} isEmpty={(list) => list.length === 0} empty={empty}>
      {(list) => (
        <ul className="files">
          {list.slice(0, MOST).map((entry) => <li key={entry.path}><Entry keeper={keeper} entry={entry} {...choice} /></li>)}
          {list.length > MOST && <li className="sub">{list.length - MOST} more files</li>}
        </ul>
      )}
    </Ask>
  );
}

function Chosen({ keeper, path }: { keeper: Keeper; path: string }) {
  const folder = useArtifacts(keeper, path.split("/").slice(0, -1).join("/"));
  return (
    <Ask answer={folder} height={200}>
      {(list) => {
        const entry = list.find((one) => one.path === path);
        return entry ? <Preview keeper={keeper} entry={entry} /> : <Empty>There is no file {path}.</Empty>;
      }}
    </Ask>
  );
}

export function Artifacts({ run }: { run: TrackingRun }) {
  const [query, change] = useUrlState();
  const models = useLoggedModels(run.id, run.experiment_id).data ?? [];
  const chosen = query.get("artifact") ?? "";
  const model = query.get("model"); // whose file is chosen; the run's when there is none
  const keeper: Keeper = model ? { kind: "logged-models", id: model } : { kind: "runs", id: run.id };
  const choiceIn = (of: string | null): Choice => ({ chosen: of === model ? chosen : "", onChoose: (artifact) => change({ artifact, model: of }) });
  return (
    <section className="card artifacts" aria-label="Artifacts">
      <div style={{ minWidth: 0 }}>
        <Folder keeper={{ kind: "runs", id: run.id }} path="" empty={models.length > 0 ? "The run itself logged no files." : undefined} {...choiceIn(null)} />
        {models.map(({ info }) => (
          <section key={info.model_id} aria-label={`Model ${info.name}`}>
            <h3 title={info.model_id}>Model {info.name}</h3>
            <Folder keeper={{ kind: "logged-models", id: info.model_id }} path="" {...choiceIn(info.model_id)} />
          </section>
        ))}
      </div>
      {chosen ? <Chosen keeper={keeper} path={chosen} /> : <Empty>Choose a file to see it.</Empty>}
    </section>
  );
}
