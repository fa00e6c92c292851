// cql-execution with cql-exec-fhir: one Bundle at a time.
//   node run_cql_execution.mjs MODULES LIBRARIES DATA OUT.csv
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { begun, libraryText, modulesIn, written } from "./shared.mjs";

const [modules, libraries, data, out] = process.argv.slice(2);
const require = modulesIn(modules);
const cql = require("cql-execution");
const fhir = require("cql-exec-fhir");
const elm = (name) => JSON.parse(libraryText(libraries, name));
const library = new cql.Library(elm("Eleven"), new cql.Repository({ FHIRHelpers: elm("FHIRHelpers") }));
const executor = new cql.Executor(library, new cql.CodeService({}));
const source = fhir.PatientSource.FHIRv401();

const started = begun();
const found = [];
const lines = readline.createInterface({ input: fs.createReadStream(path.join(data, "bundles.ndjson")) });
for await (const line of lines) {
  source.loadBundles([JSON.parse(line)]);
  const { patientResults } = await executor.exec(source);
  found.push(...Object.entries(patientResults));
  source.reset();
}
written(out, found, started);
