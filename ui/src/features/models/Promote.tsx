// Moves an alias or the stage to a version. When a gate refuses, its reasons stand in the dialog and nothing has changed.
import { useState, type FormEvent } from "react";
import { useDeleteAlias, useSetAlias, useSetStage } from "../../api/registry";
import type { ModelDetails, ModelVersion } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { ErrorBox } from "../../components/State";
import { GateState } from "./GateState";

const STAGES = ["None", "Staging", "Production", "Archived"];
const USUAL = ["champion", "challenger"];

interface Props {
  model: ModelDetails;
  version: ModelVersion;
  onClose: () => void;
}

function Reason({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  return <label className="inline" style={{ marginTop: 10 }}>Why<input className="field" maxLength={1000} placeholder="for its history" value={value} onChange={(event) => onChange(event.target.value)} /></label>;
}

function AliasDialog({ model, version, onClose }: Props) {
  const set = useSetAlias(model.name);
  const [alias, setAlias] = useState(USUAL[0]);
  const [reason, setReason] = useState("");
  const holder = model.aliases[alias.trim()];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate({ alias: alias.trim(), version: version.version, reason }, { onSuccess: onClose });
  };
  return (
    <Dialog title={`Give version ${version.version} an alias`} onClose={onClose}>
      <form onSubmit={submit}>
        <label className="inline">Alias
          <input className="field" list="known-aliases" maxLength={255} autoFocus value={alias} onChange={(event) => setAlias(event.target.value)} />
        </label>
        <datalist id="known-aliases">{[...new Set([...Object.keys(model.aliases), ...USUAL])].map((name) => <option key={name} value={name} />)}</datalist>
        <p className="sub">{holder === undefined ? "No version has it now." : holder === version.version ? "This version has it already." : `Version ${holder} has it now and loses it.`}</p>
        <GateState model={model.name} version={version.version} target={alias.trim()} />
        <Reason value={reason} onChange={setReason} />
        {set.error ? <ErrorBox error={set.error} /> : null}
        <div className="buttons">
          <button type="button" className="field" onClick={onClose}>Cancel</button>
          <button type="submit" className="field primary" disabled={!alias.trim() || set.isPending}>Set alias</button>
        </div>
      </form>
    </Dialog>
  );
}

function StageDialog({ model, version, onClose }: Props) {
  const set = useSetStage(model.name);
  const [stage, setStage] = useState<string>(version.stage);
  const [archive, setArchive] = useState(true);
  const [reason, setReason] = useState("");
  const others = model.versions.filter((other) => other.stage === stage && other.version !== version.version).map((other) => other.version);
  return (
    <Dialog title={`Stage of version ${version.version}`} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); set.mutate({ version: version.version, stage, archive: archive && others.length > 0, reason }, { onSuccess: onClose }); }}>
        <label className="inline">Stage
          <select className="field" value={stage} onChange={(event) => setStage(event.target.value)}>{STAGES.map((name) => <option key={name}>{name}</option>)}</select>
        </label>
        {(stage === "Staging" || stage === "Production") && others.length > 0 && (
          <label className="check" style={{ marginTop: 8 }}><input type="checkbox" checked={archive} onChange={(event) => setArchive(event.target.checked)} />Archive version {others.join(", ")}, which is there now</label>
        )}
        <GateState model={model.name} version={version.version} target={stage === "None" ? "" : `stage:${stage}`} />
        <Reason value={reason} onChange={setReason} />
        {set.error ? <ErrorBox error={set.error} /> : null}
        <div className="buttons">
          <button type="button" className="field" onClick={onClose}>Cancel</button>
          <button type="submit" className="field primary" disabled={set.isPending}>Set stage</button>
        </div>
      </form>
    </Dialog>
  );
}

export function Promote({ model, version }: { model: ModelDetails; version: ModelVersion }) {
  const [open, setOpen] = useState<"alias" | "stage" | null>(null);
  const remove = useDeleteAlias(model.name);
  const close = () => setOpen(null);
  return (
    <>
      <button type="button" className="field" onClick={() => setOpen("alias")}>Set alias</button>
      <button type="button" className="field" onClick={() => setOpen("stage")}>Set stage</button>
      {version.aliases.map((alias) => (
        <span key={alias} className="chip"><span className="cut">{alias}</span><button type="button" className="link" aria-label={`Remove the alias ${alias}`} onClick={() => remove.mutate(alias)}>×</button></span>
      ))}
      {remove.error ? <ErrorBox error={remove.error} /> : null}
      {open === "alias" && <AliasDialog model={model} version={version} onClose={close} />}
      {open === "stage" && <StageDialog model={model} version={version} onClose={close} />}
    </>
  );
}
