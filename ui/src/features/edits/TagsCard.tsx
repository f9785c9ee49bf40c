// The tags of an experiment or a run: found, added, changed, removed.
import { useState, type ReactNode } from "react";
import { useDeleteTag, useSetTag, type Subject } from "../../api/edits";
import { KeyValues } from "../../components/KeyValues";
import { TagForm, type TagDraft } from "../../components/TagForm";

export function TagsCard({ subject, tags }: { subject: Subject; tags: Record<string, string> }) {
  const set = useSetTag(subject);
  const remove = useDeleteTag(subject);
  const [editing, setEditing] = useState<TagDraft | null>(null);
  const entries = Object.entries(tags).filter(([key]) => !key.startsWith("mlflow.")).sort(([a], [b]) => a.localeCompare(b));
  const act = (key: string, value: ReactNode) => (
    <>
      <button type="button" className="link" aria-label={`Edit the tag ${key}`} onClick={() => setEditing({ key, value: String(value) })}>Edit</button>
      <button type="button" className="link" aria-label={`Remove the tag ${key}`} disabled={remove.isPending} onClick={() => remove.mutate(key)}>×</button>
    </>
  );
  return (
    <KeyValues label="Tags" entries={entries} empty="No tags were set." act={act}>
      <TagForm known={(key) => key in tags} editing={editing} busy={set.isPending} error={set.error ?? remove.error} onSet={(tag, done) => set.mutate(tag, { onSuccess: done })} />
    </KeyValues>
  );
}
