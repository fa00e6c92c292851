// What the harnesses in JavaScript share: where modules come from, and how results are written.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

export const modulesIn = (folder) => createRequire(path.join(folder, "none.js"));

export const libraryText = (folder, name) => fs.readFileSync(path.join(folder, `${name}.json`), "utf8");

export const begun = () => ({ wall: performance.now(), processor: process.cpuUsage() });

const COLUMNS = {
  age: "Age",
  metastasis: "Metastasis",
  corrected: "CorrectedCalcium",
  grade: "HypercalcaemiaGrade",
  clearance: "Clearance",
  contraindicated: "Contraindicated",
};

/** Stop the clocks, write a row for each patient, and say how many seconds it took. */
export function written(out, found, started) {
  const wall = (performance.now() - started.wall) / 1e3;
  const { user, system } = process.cpuUsage(started.processor);
  const processor = (user + system) / 1e6;
  const rows = found.map(([id, values]) => [id, ...Object.values(COLUMNS).map((name) => values[name] ?? "")]);
  fs.writeFileSync(out, ["id", ...Object.keys(COLUMNS)].join() + "\n" + rows.map((row) => `${row.join()}\n`).join(""));
  console.log(JSON.stringify({ wall, processor }));
}
