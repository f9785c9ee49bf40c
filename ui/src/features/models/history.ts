// An entry of a model's history as a sentence.
import type { HistoryEntry } from "../../api/gates";

const nameOf = (target: string) => {
  if (target === "deployment:*") return "any deployment";
  if (target.startsWith("deployment:")) return `the deployment ${target.slice(11)}`;
  return target.startsWith("stage:") ? `the stage ${target.slice(6)}` : `the alias ${target}`;
};

export function whatHappened({ kind, version, target, before, after }: HistoryEntry): string {
  const one = version === undefined ? "the model" : `version ${version}`;
  switch (kind) {
    case "model.created": return "registered the model";
    case "model.renamed": return `renamed the model from ${before} to ${after}`;
    case "model.deleted": return "deleted the model";
    case "version.created": return `registered version ${version}`;
    case "version.imported": return `imported version ${version}`;
    case "version.deleted": return `deleted version ${version}`;
    case "alias.set": return before ? `moved the alias ${target} from version ${before} to version ${after}` : `gave the alias ${target} to version ${after}`;
    case "alias.deleted": return `took the alias ${target} from version ${before}`;
    case "stage.changed": return `moved version ${version} from ${before || "None"} to ${after}`;
    case "tag.set": return before ? `changed the tag ${target} of ${one} from ${before} to ${after}` : `set the tag ${target} of ${one} to ${after}`;
    case "tag.deleted": return `removed the tag ${target} of ${one}`;
    case "gate.set": return `set the gate of ${nameOf(target)}`;
    case "gate.deleted": return `removed the gate of ${nameOf(target)}`;
    case "approval.given": return `approved version ${version} for ${nameOf(target)}`;
    case "approval.withdrawn": return `withdrew the approval of version ${version} for ${nameOf(target)} by ${before}`;
    case "deployment.asked": return before ? `deployed version ${version} as ${target.slice(11)} in place of version ${before}` : `deployed version ${version} as ${target.slice(11)}`;
    case "promotion.refused": return `asked for ${nameOf(target)} for version ${version}`;
    default: return `${kind} ${target}`.trim(); // of a newer server
  }
}
