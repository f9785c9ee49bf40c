// The files of a run: folders open where they are, the chosen file is shown beside them and kept in the address.
import { useState } from "react";
import { useArtifacts } from "../../api/queries";
import type { ArtifactEntry } from "../../api/types";
import { Ask, Empty } from "../../components/State";
import { bytes } from "../../lib/format";
import { useUrlState } from "../../lib/urlState";
import { Preview } from "./Preview";

const MOST = 500; // entries of one folder that are drawn

interface Choice {
  chosen: string;
  onChoose: (path: string) => void;
}

function Entry({ run, entry, chosen, onChoose }: { run: string; entry: ArtifactEntry } & Choice) {
  const name = entry.path.split("/").at(-1);
  const [open, setOpen] = useState(chosen.startsWith(`${entry.path}/`));
  if (!entry.is_folder) {
    return <button type="button" className="link file" onClick={() => onChoose(entry.path)} aria-pressed={chosen === entry.path}>{name} <span className="sub">{bytes(entry.size)}</span></button>;
  }
  return (
    <>
      <button type="button" className="link file" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? "▾" : "▸"} {name}/</button>
      {open && <Folder run={run} path={entry.path} chosen={chosen} onChoose={onChoose} />}
    </>
  );
}

function Folder({ run, path, ...choice }: { run: string; path: string } & Choice) {
  const entries = useArtifacts(run, path);
  return (
    <Ask answer={entries} height={60} isEmpty={(list) => list.length === 0} empty="No artifacts were logged.">
      {(list) => (
        <ul className="files">
          {list.slice(0, MOST).map((entry) => <li key={entry.path}><Entry run={run} entry={entry} {...choice} /></li>)}
          {list.length > MOST && <li className="sub">{list.length - MOST} more files</li>}
        </ul>
      )}
    </Ask>
  );
}

function Chosen({ run, path }: { run: string; path: string }) {
  const folder = useArtifacts(run, path.split("/").slice(0, -1).join("/"));
  return (
    <Ask answer={folder} height={200}>
      {(list) => {
        const entry = list.find((one) => one.path === path);
        return entry ? <Preview run={run} entry={entry} /> : <Empty>There is no file {path}.</Empty>;
      }}
    </Ask>
  );
}

export function Artifacts({ runId }: { runId: string }) {
  const [query, change] = useUrlState();
  const chosen = query.get("artifact") ?? "";
  return (
    <section className="card artifacts" aria-label="Artifacts">
      <div style={{ minWidth: 0 }}><Folder run={runId} path="" chosen={chosen} onChoose={(artifact) => change({ artifact })} /></div>
      {chosen ? <Chosen run={runId} path={chosen} /> : <Empty>Choose a file to see it.</Empty>}
    </section>
  );
}
