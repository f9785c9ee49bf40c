import { describe, expect, it } from "vitest";
import { csvLine, parseCsv } from "./csv";

describe("csv", () => {
  it("quotes only what needs it", () => {
    expect(csvLine(["a", 1, null, 'say "hi"', "x,y", "two\nlines"])).toBe('a,1,,"say ""hi""","x,y","two\nlines"\r\n');
  });

  it("reads back what it wrote", () => {
    const row = ['"', ",", "\r\n", "", "ü", " a "];
    expect(parseCsv(csvLine(row), ",", 10)).toEqual([row]);
  });

  it("reads other separators, line ends of both kinds and a last line without one", () => {
    expect(parseCsv("a\tb\r\n1\t2\n3\t4", "\t", 10)).toEqual([["a", "b"], ["1", "2"], ["3", "4"]]);
  });

  it("stops at the most it was asked for", () => {
    expect(parseCsv("1\n2\n3\n4\n", ",", 2)).toEqual([["1"], ["2"]]);
    expect(parseCsv("", ",", 2)).toEqual([]);
  });

  it("keeps an empty last cell", () => {
    expect(parseCsv("a,\n", ",", 5)).toEqual([["a", ""]]);
  });
});
