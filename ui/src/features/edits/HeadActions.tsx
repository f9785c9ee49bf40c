// Rename, delete and restore, beside the name of an experiment or a run.
import { useState } from "react";
import { LONGEST_NAME, useRemoval, useRename, type Subject } from "../../api/edits";
import { Confirm } from "../../components/Confirm";
import { NameDialog } from "../../components/NameDialog";

const AFTER = {
  experiment: { delete: "Its runs go with it. All can be restored from the deleted ones.", restore: "Its runs come back with it." },
  run: { delete: "It can be restored from the deleted ones.", restore: "It is seen among the others again." },
};

function RenameDialog({ subject, name, onClose }: { subject: Subject; name: string; onClose: () => void }) {
  const rename = useRename(subject);
  return (
    <NameDialog title={`Rename this ${subject.kind}`} verb="Rename" name={name} longest={LONGEST_NAME} busy={rename.isPending} error={rename.error} onClose={onClose}
      onName={(next) => rename.mutate(next, { onSuccess: onClose })} />
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
