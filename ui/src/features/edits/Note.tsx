// The description of an experiment or a run.
import { noteOf, useSetNote, type Subject } from "../../api/edits";
import { EditableText } from "../../components/EditableText";

export function Note({ subject, text }: { subject: Subject; text: string }) {
  return (
    <section className="card" aria-label="Description">
      <h2>Description</h2>
      <EditableText label="Description" text={text} saving={useSetNote(subject)} latest={() => noteOf(subject)} />
    </section>
  );
}
