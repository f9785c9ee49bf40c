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

export function EditableText({ label, text, saving }: { label: string; text: string; saving: Saving }) {
  const [draft, setDraft] = useState<string | null>(null);
  if (draft === null) {
    return (
      <div className="editable">
        {text ? <Markdown text={text} /> : <span className="sub">No {label.toLowerCase()}.</span>}
        <button type="button" className="link" onClick={() => setDraft(text)}>Edit {label.toLowerCase()}</button>
      </div>
    );
  }
  return (
    <form onSubmit={(event) => { event.preventDefault(); saving.mutate(draft, { onSuccess: () => setDraft(null) }); }}>
      <textarea className="field" style={{ width: "100%" }} rows={5} maxLength={LONGEST} aria-label={label} autoFocus value={draft} onChange={(event) => setDraft(event.target.value)} />
      {saving.error ? <ErrorBox error={saving.error} /> : null}
      <div className="buttons">
        <button type="submit" className="field primary" disabled={saving.isPending}>Save</button>
        <button type="button" className="field" onClick={() => setDraft(null)}>Cancel</button>
      </div>
    </form>
  );
}
