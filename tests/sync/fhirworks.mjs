// The REST layer and DynamoDB persistence of "FHIR Works on AWS" (npm) over the dynalite emulator: another dialect.
// Ours: the search (a scan) and a transactWriteItems, which the emulator lacks.
import http from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(process.env.SYNC_MODULES + '/');
Object.assign(process.env, { AWS_REGION: 'us-west-2', AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none', RESOURCE_TABLE: 'resource',
  IS_OFFLINE: 'true', LOG_LEVEL: 'error', AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: '1' });

const listen = (server) => new Promise((done) => { const s = server.listen(0, '127.0.0.1', () => done(s.address().port)); });
const TYPES = ['Patient', 'Observation', 'Device', 'CarePlan', 'Provenance', 'AuditEvent', 'DocumentReference', 'Binary', 'Procedure',
  'AdverseEvent', 'ServiceRequest', 'DeviceRequest', 'Task', 'Practitioner', 'Organization'];
const PRIVATE = ['vid', 'documentStatus', 'lockEndTs', '_references', '_id', '_tenantId'];

async function database() {
  const dynalite = require('dynalite')({ createTableMs: 0 });
  const port = await listen(dynalite);
  const AWS = require('aws-sdk');
  const db = new AWS.DynamoDB({ endpoint: `http://127.0.0.1:${port}`, region: 'us-west-2' });
  await db.createTable({ TableName: 'resource', BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }, { AttributeName: 'vid', KeyType: 'RANGE' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }, { AttributeName: 'vid', AttributeType: 'N' }] }).promise();
  await db.waitFor('tableExists', { TableName: 'resource' }).promise();
  let chain = Promise.resolve();
  db.transactWriteItems = ({ TransactItems }) => {
    const run = async () => {
      for (const item of TransactItems) {
        const [verb, args] = Object.entries(item)[0];
        const plain = { ...args };
        delete plain.ReturnValuesOnConditionCheckFailure;
        await db[{ Put: 'putItem', Update: 'updateItem', Delete: 'deleteItem' }[verb]](plain).promise();
      }
      return {};
    };
    const done = chain.then(run, run);
    chain = done.catch(() => {});
    return { promise: () => done };
  };
  return { db, unmarshall: AWS.DynamoDB.Converter.unmarshall };
}

function matches(resource, query) {
  return Object.entries(query).every(([name, given]) => [].concat(given).every((value) => {
    if (name === '_id') return resource.id === value;
    if (name === 'identifier' || name === '_tag') {
      const [system, code] = value.includes('|') ? value.split('|') : [undefined, value];
      const list = name === '_tag' ? (resource.meta?.tag ?? []).map((t) => ({ system: t.system, value: t.code })) : [resource.identifier ?? []].flat();
      return list.some((i) => i.value === code && (!system || i.system === system));
    }
    if (name === '_lastUpdated' && value.startsWith('ge')) return Date.parse(resource.meta.lastUpdated) >= Date.parse(value.slice(2));
    if (name === '_lastUpdated' && value.startsWith('lt')) return Date.parse(resource.meta.lastUpdated) < Date.parse(value.slice(2));
    return true;
  }));
}

function searchOver({ db, unmarshall }, base, stubs) {
  return { ...stubs.search, getCapabilities: async () => ({}), async typeSearch({ resourceType, queryParams }) {
    const newest = new Map();
    let key;
    do {
      const page = await db.scan({ TableName: 'resource', ExclusiveStartKey: key }).promise();
      for (const x of page.Items.map((i) => unmarshall(i)))
        if (x.resourceType === resourceType && x.documentStatus === 'AVAILABLE' && (newest.get(x.id)?.vid ?? -1) < x.vid) newest.set(x.id, x);
      key = page.LastEvaluatedKey;
    } while (key);
    const found = [...newest.values()].filter((x) => matches(x, queryParams)).sort((a, b) => (a.meta.lastUpdated < b.meta.lastUpdated ? -1 : 1));
    for (const x of found) for (const field of PRIVATE) delete x[field];
    const some = found.slice(0, queryParams._summary === 'count' ? 0 : Number(queryParams._count ?? 100));
    return { message: '', result: { numberOfResults: found.length,
      entries: some.map((resource) => ({ search: { mode: 'match' }, fullUrl: `${base}/${resource.resourceType}/${resource.id}`, resource })) } };
  } };
}

export async function start() {
  const data = await database();
  const { DynamoDbDataService, DynamoDbBundleService } = require('fhir-works-on-aws-persistence-ddb');
  const { generateServerlessRouter } = require('fhir-works-on-aws-routing');
  const { stubs } = require('fhir-works-on-aws-interface');
  const Validator = require('fhir-works-on-aws-routing/lib/router/validation/jsonSchemaValidator').default;
  const base = 'https://fhirworks.example';
  const app = generateServerlessRouter({ configVersion: 1.0, productInfo: { orgName: 'test' },
    auth: { strategy: {}, authorization: stubs.passThroughAuthz }, server: { url: base }, validators: [new Validator('4.0.1')],
    profile: { systemOperations: ['transaction'], bundle: new DynamoDbBundleService(data.db, true), systemSearch: stubs.search,
      systemHistory: stubs.history, fhirVersion: '4.0.1', genericResource: { fhirVersions: ['4.0.1'],
        operations: ['create', 'read', 'update', 'delete', 'vread', 'search-type'], persistence: new DynamoDbDataService(data.db, true),
        typeSearch: searchOver(data, base, stubs), typeHistory: stubs.history } } }, TYPES);
  const port = await listen(http.createServer(app));
  const handle = ({ method, path, headers, body }) => new Promise((done, fail) => {
    const kept = Object.fromEntries(['content-type', 'accept', 'if-match', 'if-none-exist'].filter((h) => headers[h]).map((h) => [h, headers[h]]));
    const out = http.request({ host: '127.0.0.1', port, method, path: path || '/', headers: { ...kept, 'content-length': Buffer.byteLength(body) } }, (reply) => {
      const parts = [];
      reply.on('data', (part) => parts.push(part));
      reply.on('end', () => {
        const given = { ...reply.headers };
        for (const h of ['transfer-encoding', 'connection', 'content-length', 'keep-alive']) delete given[h];
        done({ status: reply.statusCode, headers: given, body: Buffer.concat(parts).toString() });
      });
    });
    out.on('error', fail);
    out.end(body);
  });
  return { handle, control: {
    count: async ({ type, system, value }) => (await searchOver(data, base, stubs).typeSearch({ resourceType: type,
      queryParams: { [['AdverseEvent', 'Provenance', 'AuditEvent'].includes(type) ? '_tag' : 'identifier']: `${system}|${value}` } })).result.numberOfResults,
  } };
}
