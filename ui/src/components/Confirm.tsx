// Asks before something is done that others would notice; shows the server's refusal in place.
import type { ReactNode } from "react";
import { Dialog } from "./Dialog";
import { ErrorBox } from "./State";

export function Confirm({ title, verb, busy, error, onYes, onClose, children }: { title: string; verb: string; busy: boolean; error: unknown; onYes: () => void; onClose: () => void; children?: ReactNode }) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {error ? <ErrorBox error={error} /> : null}
      <div className="buttons">
        <button type="button" className="field" onClick={onClose}>Cancel</button>
        <button type="button" className="field primary" disabled={busy} onClick={onYes}>{verb}</button>
      </div>
    </Dialog>
  );
}
