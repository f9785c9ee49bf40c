// What an experiment is for, folded to a line so that the runs come first.
import { NOTE } from "../../api/edits";
import { Note } from "../edits/Note";
import { TagsCard } from "../edits/TagsCard";

export function About({ id, tags, open, onToggle }: { id: string; tags: Record<string, string>; open: boolean; onToggle: (open: boolean) => void }) {
  const subject = { kind: "experiment" as const, id };
  const note = tags[NOTE] ?? "";
  return (
    <section aria-label="About">
      <div className="bar" style={{ marginTop: 0, flexWrap: "nowrap" }}>
        <button type="button" className="link" style={{ flex: "none" }} aria-expanded={open} onClick={() => onToggle(!open)}>{open ? "▾" : "▸"} Description and tags</button>
        {!open && <span className="sub cut">{note.split("\n")[0]}</span>}
      </div>
      {open && (
        <div className="two even">
          <Note subject={subject} text={note} />
          <TagsCard subject={subject} tags={tags} />
        </div>
      )}
    </section>
  );
}
