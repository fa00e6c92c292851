// fqm-execution: the library as a proportion measure, a hundred Bundles a call.
//   node run_fqm.mjs MODULES LIBRARIES DATA OUT.csv plain|explained
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { begun, libraryText, modulesIn, written } from "./shared.mjs";

const [modules, libraries, data, out, mode] = process.argv.slice(2);
const { Calculator } = modulesIn(modules)("fqm-execution");
const base = "http://example.org";
const inside = (resource) => ({ resource });
const library = (name, version) =>
  inside({
    resourceType: "Library",
    id: name,
    name,
    url: `${base}/Library/${name}`,
    version,
    status: "active",
    type: { coding: [{ code: "logic-library" }] },
    content: [
      {
        contentType: "application/elm+json",
        data: Buffer.from(libraryText(libraries, name)).toString("base64"),
      },
    ],
  });
const population = (code, expression) => ({
  id: code,
  code: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/measure-population", code }] },
  criteria: { language: "text/cql-identifier", expression },
});
const measure = {
  resourceType: "Bundle",
  type: "collection",
  entry: [
    inside({
      resourceType: "Measure",
      id: "eleven",
      url: `${base}/Measure/eleven`,
      version: "1.0.0",
      status: "active",
      library: [`${base}/Library/Eleven`],
      scoring: {
        coding: [{ system: "http://terminology.hl7.org/CodeSystem/measure-scoring", code: "proportion" }],
      },
      group: [
        {
          id: "all",
          population: [
            population("initial-population", "Metastasis"),
            population("denominator", "Metastasis"),
            population("numerator", "Contraindicated"),
          ],
        },
      ],
    }),
    library("Eleven", "1.0.0"),
    library("FHIRHelpers", "4.0.1"),
  ],
};
const explained = mode === "explained";
const options = {
  measurementPeriodStart: "2026-01-01",
  measurementPeriodEnd: "2026-11-01",
  calculateHTML: explained,
  calculateClauseCoverage: explained,
  calculateSDEs: false,
};

const started = begun();
const found = [];
let batch = [];
async function calculate() {
  const { results } = await Calculator.calculate(measure, batch, options);
  for (const result of results) {
    const statements = result.detailedResults[0].statementResults;
    found.push([result.patientId, Object.fromEntries(statements.map((s) => [s.statementName, s.raw]))]);
  }
  batch = [];
}
const lines = readline.createInterface({ input: fs.createReadStream(path.join(data, "bundles.ndjson")) });
for await (const line of lines) {
  batch.push(JSON.parse(line));
  if (batch.length === 100) await calculate();
}
if (batch.length) await calculate();
written(out, found, started);
