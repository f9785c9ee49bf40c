// Asks for one name; shows the server's refusal in place.
import { useState } from "react";
import { Dialog } from "./Dialog";
import { ErrorBox } from "./State";

interface Props {
  title: string;
  verb: string;
  name: string; // to begin with
  longest: number;
  busy: boolean;
  error: unknown;
  onName: (name: string) => void;
  onClose: () => void;
}

export function NameDialog({ title, verb, name, longest, busy, error, onName, onClose }: Props) {
  const [text, setText] = useState(name);
  const next = text.trim();
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); if (next) onName(next); }}>
        <label className="inline">Name
          <input className="field" autoFocus maxLength={longest} value={text} aria-invalid={error ? true : undefined} onFocus={(event) => event.target.select()} onChange={(event) => setText(event.target.value)} />
        </label>
        {error ? <ErrorBox error={error} /> : null}
        <div className="buttons">
          <button type="button" className="field" onClick={onClose}>Cancel</button>
          <button type="submit" className="field primary" disabled={!next || next === name || busy}>{verb}</button>
        </div>
      </form>
    </Dialog>
  );
}
