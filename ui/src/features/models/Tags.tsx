import { useState } from "react";
import { useDeleteTag, useSetTag, type Owner } from "../../api/registry";
import { TagForm, type TagDraft } from "../../components/TagForm";

export function Tags({ owner, tags }: { owner: Owner; tags: Record<string, string> }) {
  const set = useSetTag(owner);
  const remove = useDeleteTag(owner);
  const [editing, setEditing] = useState<TagDraft | null>(null);
  return (
    <div role="group" aria-label="Tags">
      <ul className="chips">
        {Object.entries(tags).sort(([a], [b]) => a.localeCompare(b)).map(([name, text]) => (
          <li key={name} className="chip">
            <button type="button" className="link cut" title={`${name} = ${text}`} aria-label={`Edit the tag ${name}`} onClick={() => setEditing({ key: name, value: text })}>{name} = {text}</button>
            <button type="button" className="link" aria-label={`Remove the tag ${name}`} onClick={() => remove.mutate(name)}>×</button>
          </li>
        ))}
      </ul>
      <TagForm known={(key) => key in tags} editing={editing} busy={set.isPending} error={set.error ?? remove.error} onSet={(tag, done) => set.mutate(tag, { onSuccess: done })} />
    </div>
  );
}
