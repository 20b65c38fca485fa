// The servers of the tests: TLS (client certificates where asked), a token endpoint, FHIR engines, and faults.
//   node server.mjs DIR      DIR/config.json: { NAME: { engine: "router"|"fhirworks", transactions, mtls, cert, clients, lifetime_s } }
// Writes DIR/NAME.https and DIR/NAME.control, the ports, when ready. Everything listens on 127.0.0.1 only. The control
// port takes POST /NAME with a JSON body and answers JSON; /log gives what reached the engine.
//   rules: [{ match, skip, times, do }], do = drop_before | drop_after | dup | truncate:N | cut:N | status:CODE[:Header=Value]
//     | delay:MS | html | badjson | redirect:URL | slow:BYTES_PER_S | strip:header,header | stale_date:S | next:URL | huge:MB | deep:N | type:TEXT
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const dir = process.argv[2];
const BASE = '/fhir/R4';
const json = { 'content-type': 'application/fhir+json' };
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const outcome = (code) => JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code }] });
const deep = (n) => `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":${'{"a":'.repeat(n)}1${'}'.repeat(n)}}]}`;
const listen = (server) => new Promise((done) => { server.listen(0, '127.0.0.1', () => done(server.address().port)); });
const pem = (name) => fs.readFileSync(`${dir}/${name}`);
const bodyOf = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
};

async function openServer(name, config) {
  const engine = await (await import(`./${config.engine}.mjs`)).start(config);
  const log = [];
  let rules = [], origin = '', tokens;

  function drawRule(line) {
    for (const rule of rules) {
      if (!new RegExp(rule.match).test(line)) continue;
      const n = (rule.seen = (rule.seen ?? 0) + 1) - 1, skip = rule.skip ?? 0;
      if (n >= skip && n < skip + (rule.times ?? 1)) return rule.do;
    }
    return '';
  }
  async function ask(request, body) {
    const path = request.url.slice(BASE.length);
    if (!request.url.startsWith(BASE)) return { status: 404, headers: json, body: outcome('not-found') };
    if (tokens && !path.startsWith('/metadata') && !tokens.check(request.headers.authorization)) return { status: 401, headers: json, body: outcome('login') };
    return engine.handle({ method: request.method, path: path === '/' ? '' : path, headers: request.headers, body, base: origin + BASE });
  }

  // What the fault makes of the engine's answer.
  function bend(verb, value, answer) {
    const headers = { ...answer.headers };
    let { status, body } = answer;
    if (verb === 'badjson') body = body.slice(0, body.length / 2) + '}';
    if (verb === 'strip') for (const name of value.split(',')) delete headers[name];
    if (verb === 'stale_date') headers.date = new Date(Date.now() + 1000 * Number(value)).toUTCString();
    if (verb === 'type') headers['content-type'] = value;
    if (verb === 'deep') body = deep(Number(value));
    if (verb === 'next') body = JSON.stringify({ ...JSON.parse(body), link: [{ relation: 'next', url: value }] });
    return { status, headers, body };
  }

  // a reset below the TLS, as a cable pulled or a process killed would give
  function kill(response) {
    try {
      response.socket?._parent?.resetAndDestroy();
    } catch { /* gone already */ }
    response.socket?.destroy();
  }

  async function send(response, answer, verb, value) {
    const body = Buffer.from(answer.body ?? '');
    response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
    if (verb === 'cut' || verb === 'truncate') {
      response.write(body.subarray(0, Math.min(Number(value), body.length - 1)));
      await wait(50);
      return verb === 'cut' ? kill(response) : response.socket.end();
    }
    if (verb === 'slow') {
      const step = Math.max(1, Math.floor(Number(value) / 10));
      for (let i = 0; i < body.length && !response.destroyed; i += step) {
        response.write(body.subarray(i, i + step));
        await wait(100);
      }
    } else {
      response.write(body);
    }
    response.end();
  }

  async function huge(response, megabytes) {
    response.writeHead(200, json); // chunked: no length to refuse beforehand
    const block = Buffer.alloc(1 << 20, 32);
    for (let i = 0; i < megabytes && !response.destroyed; i++)
      if (!response.write(block)) await new Promise((done) => { response.once('drain', done); response.once('close', done); });
    response.end();
  }

  async function serve(request, response) {
    if (tokens && !request.url.startsWith(BASE) && !request.url.startsWith('/.well-known/smart')) {
      const rule = drawRule(`${request.method} ${request.url}`), [verb, ...rest] = rule.split(':');
      if (verb === 'status') return send(response, { status: Number(rest[0]), headers: json, body: '{"error":"server_error"}' });
      if (verb === 'stale_date') response.setHeader('date', new Date(Date.now() + 1000 * Number(rest[0])).toUTCString());
      request.headers['x-forwarded-proto'] = 'https';
      return tokens.callback(request, response);
    }
    const body = await bodyOf(request), line = `${request.method} ${request.url}`;
    const rule = drawRule(line), [verb] = rule.split(':', 1), value = rule.slice(verb.length + 1);
    const entry = { line, fault: rule, ifMatch: request.headers['if-match'], ifNoneExist: request.headers['if-none-exist'], auth: Boolean(request.headers.authorization), bytes: body.length };
    log.push(entry);
    if (request.url.endsWith('/.well-known/smart-configuration')) return send(response, { status: tokens ? 200 : 404, headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token_endpoint: `${origin}/token`, token_endpoint_auth_methods_supported: ['private_key_jwt'], token_endpoint_auth_signing_alg_values_supported: ['ES384', 'RS384'], capabilities: ['client-confidential-asymmetric'] }) });
    if (verb === 'drop_before') return kill(response);
    if (verb === 'delay') await wait(Number(value));
    if (verb === 'html') return send(response, { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><body>Welcome to the guest network</body></html>' });
    if (verb === 'redirect') return send(response, { status: 302, headers: { location: value }, body: '' });
    if (verb === 'huge') return huge(response, Number(value));
    if (verb === 'status') {
      const [code, extra] = value.split(':'), [name, given] = (extra ?? '').split('=');
      return send(response, { status: Number(code), headers: name ? { ...json, [name]: given } : json, body: outcome('transient') });
    }
    if (verb === 'dup') await ask(request, body);
    const from = performance.now();
    const answer = await ask(request, body);
    entry.status = answer.status;
    entry.ms = performance.now() - from; // the engine's own
    if (verb === 'drop_after') return kill(response);
    return send(response, bend(verb, value, answer), verb, value);
  }

  const front = https.createServer({ key: pem(`${config.cert ?? 'server'}.key`), cert: pem(`${config.cert ?? 'server'}.pem`),
    ...(config.mtls ? { requestCert: true, rejectUnauthorized: true, ca: pem('ca.pem') } : {}) }, (q, r) => serve(q, r).catch((e) => { console.error(e); kill(r); }));
  front.keepAliveTimeout = 60000;

  const control = http.createServer(async (request, response) => {
    const name = request.url.slice(1), text = await bodyOf(request);
    try {
      let out = null;
      if (name === 'log') out = log;
      else if (name === 'busy') out = log.reduce((sum, entry) => sum + (entry.ms ?? 0), 0);
      else if (name === 'rules') rules = JSON.parse(text);
      else if (name === 'forget') log.length = 0;
        else out = await engine.control[name](text ? JSON.parse(text) : {});
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(out ?? null));
    } catch (error) {
      response.writeHead(500);
      response.end(String(error));
    }
  });

  const ports = { https: await listen(front), control: await listen(control) };
  origin = `https://127.0.0.1:${ports.https}`;
  if (config.clients) tokens = (await import('./tokens.mjs')).start({ issuer: origin, clients: config.clients, lifetime_s: config.lifetime_s ?? 300 });
  fs.writeFileSync(`${dir}/${name}.control`, String(ports.control));
  fs.writeFileSync(`${dir}/${name}.https`, String(ports.https));
}

for (const [name, config] of Object.entries(JSON.parse(fs.readFileSync(`${dir}/config.json`)))) await openServer(name, config);
fs.writeFileSync(`${dir}/ready`, 'ready');
// the tests end this process; should they die, so does this one
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
