// CQL -> ELM, with the FHIR model that cql-exec-fhir brings along.
//   node translate.mjs MODULES HERE OUT       (HERE: this folder; OUT: Eleven.json, FHIRHelpers.json)
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [modules, here, out] = process.argv.slice(2);
const within = (name) => path.join(modules, ...name.split("/"));
const own = (name) => path.join(here, name);
const cql = await import(pathToFileURL(within("@cqframework/cql/cql-to-elm.mjs")).href);
const source = (file) => cql.stringAsSource(fs.readFileSync(file, "utf8"));
const modelFiles = {
  System: own("system-modelinfo.xml"),
  FHIR: within("cql-exec-fhir/lib/modelInfos/fhir-modelinfo-4.0.1.xml"),
};

const models = new cql.ModelManager();
models.modelInfoLoader.registerModelInfoProvider(
  cql.createModelInfoProvider((name) => (name in modelFiles ? source(modelFiles[name]) : null)),
);
const libraries = new cql.LibraryManager(models);
libraries.librarySourceLoader.registerProvider(
  cql.createLibrarySourceProvider((name) => (name === "FHIRHelpers" ? source(own("FHIRHelpers.cql")) : null)),
);
for (const [file, name] of [["FHIRHelpers.cql", "FHIRHelpers"], ["eleven.cql", "Eleven"]]) {
  const made = cql.CqlTranslator.fromText(fs.readFileSync(own(file), "utf8"), libraries);
  const errors = [...made.errors.asJsReadonlyArrayView()];
  if (errors.length) {
    console.error(`${file}: ${errors.map((error) => error.message).join("\n")}`);
    process.exit(1);
  }
  fs.writeFileSync(path.join(out, `${name}.json`), made.toJson());
}
