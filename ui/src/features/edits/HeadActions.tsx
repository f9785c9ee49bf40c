// Rename, delete and restore, beside the name of an experiment or a run.
import { useState } from "react";
import { useRemoval, useRename, type Subject } from "../../api/edits";
import { Confirm } from "../../components/Confirm";
import { Dialog } from "../../components/Dialog";
import { ErrorBox } from "../../components/State";

const LONGEST = 500;
const AFTER = {
  experiment: { delete: "Its runs go with it. All can be restored from the deleted ones.", restore: "Its runs come back with it." },
  run: { delete: "It can be restored from the deleted ones.", restore: "It is seen among the others again." },
};

function RenameDialog({ subject, name, onClose }: { subject: Subject; name: string; onClose: () => void }) {
  const rename = useRename(subject);
  const [text, setText] = useState(name);
  const next = text.trim();
  return (
    <Dialog title={`Rename this ${subject.kind}`} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); if (next) rename.mutate(next, { onSuccess: onClose }); }}>
        <label className="inline">Name
          <input className="field" autoFocus maxLength={LONGEST} value={text} aria-invalid={rename.error ? true : undefined} onFocus={(event) => event.target.select()} onChange={(event) => setText(event.target.value)} />
        </label>
        {rename.error ? <ErrorBox error={rename.error} /> : null}
        <div className="buttons">
          <button type="button" className="field" onClick={onClose}>Cancel</button>
          <button type="submit" className="field primary" disabled={!next || next === name || rename.isPending}>Rename</button>
        </div>
      </form>
    </Dialog>
  );
}

function RemovalDialog({ subject, deleted: asItIs, onClose }: { subject: Subject; deleted: boolean; onClose: () => void }) {
  const [deleted] = useState(asItIs); // it changes before the dialog closes; the question asked does not
  const removal = useRemoval(subject, deleted);
  const verb = deleted ? "Restore" : "Delete";
  return (
    <Confirm title={`${verb} this ${subject.kind}?`} verb={verb} busy={removal.isPending} error={removal.error} onClose={onClose} onYes={() => removal.mutate(undefined, { onSuccess: onClose })}>
      <p className="sub">{AFTER[subject.kind][deleted ? "restore" : "delete"]}</p>
    </Confirm>
  );
}

export function HeadActions({ subject, name, deleted }: { subject: Subject; name: string; deleted: boolean }) {
  const [open, setOpen] = useState<"rename" | "removal" | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      {!deleted && <button type="button" className="link" onClick={() => setOpen("rename")}>Rename</button>}
      <button type="button" className="link" onClick={() => setOpen("removal")}>{deleted ? "Restore" : "Delete"} {subject.kind}</button>
      {open === "rename" && <RenameDialog subject={subject} name={name} onClose={close} />}
      {open === "removal" && <RemovalDialog subject={subject} deleted={deleted} onClose={close} />}
    </>
  );
}
