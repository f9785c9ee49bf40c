// A description in Markdown that can be changed in place.
import { useState } from "react";
import { Markdown } from "./Markdown";
import { ErrorBox } from "./State";

const LONGEST = 5000;

interface Saving {
  mutate: (text: string, options: { onSuccess: () => void }) => void;
  isPending: boolean;
  error: unknown;
}

interface Props {
  label: string;
  text: string;
  saving: Saving;
  latest?: () => Promise<string>; // what the server has now: asked before it is replaced
}

// Somebody else may have written meanwhile: their text is shown before it is replaced, and only a second "Save" replaces it.
export function EditableText({ label, text, saving, latest }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const [base, setBase] = useState(text); // what the draft began with
  const [refused, setRefused] = useState<unknown>(null);
  const [theirs, setTheirs] = useState<string | null>(null);
  const close = () => {
    setDraft(null);
    setTheirs(null);
    setRefused(null);
  };
  const open = () => {
    setBase(text);
    setDraft(text);
  };
  const save = async (next: string) => {
    setRefused(null);
    try {
      const now = latest ? await latest() : base;
      if (now === base) return saving.mutate(next, { onSuccess: close });
      setBase(now);
      setTheirs(now);
    } catch (error) {
      setRefused(error);
    }
  };
  if (draft === null) {
    return (
      <div className="editable">
        {text ? <Markdown text={text} /> : <span className="sub">No {label.toLowerCase()}.</span>}
        <button type="button" className="link" onClick={open}>Edit {label.toLowerCase()}</button>
      </div>
    );
  }
  const error = refused ?? saving.error;
  return (
    <form onSubmit={(event) => { event.preventDefault(); void save(draft); }}>
      <textarea className="field" style={{ width: "100%" }} rows={5} maxLength={LONGEST} aria-label={label} autoFocus value={draft} onChange={(event) => setDraft(event.target.value)} />
      {theirs !== null && (
        <div role="alert">
          <p className="fielderror">It was changed meanwhile. Save again to put yours in the place of this:</p>
          {theirs ? <Markdown text={theirs} /> : <span className="sub">Nothing.</span>}
        </div>
      )}
      {error ? <ErrorBox error={error} /> : null}
      <div className="buttons">
        <button type="submit" className="field primary" disabled={saving.isPending}>Save</button>
        <button type="button" className="field" onClick={close}>Cancel</button>
      </div>
    </form>
  );
}
