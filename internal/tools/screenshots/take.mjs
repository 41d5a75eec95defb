// node take.mjs URL: draws each of deploy/grafana/dashboards with the data of the Prometheus
// at URL, and writes deploy/grafana/screenshots. MINUTES says how many up to now (3); it
// waits until that Prometheus has run for so long.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const here = import.meta.dirname, grafana = join(here, '../../../deploy/grafana');
const prometheus = process.argv[2], minutes = Number(process.env.MINUTES ?? 3);
if (!prometheus || !(minutes > 0 && minutes <= 60)) {
  console.error('usage: MINUTES=N node take.mjs URL, N at most 60');
  process.exit(2);
}
const work = await mkdtemp(join(tmpdir(), 'screenshots-'));
const page = `<!doctype html><meta charset="utf-8"><title>waiting</title><link rel="stylesheet" href="/out/page.css">
<script>window.__grafana_public_path__ = '/public/'</script><div id="root"></div><script src="/out/page.js"></script>`;
const places = {
  '/out/': work, '/dashboards/': join(grafana, 'dashboards'), '/public/': join(here, 'node_modules/@grafana/ui/dist/public'),
};
// Their CommonJS: in their modules (.mjs) what older packages export by default would be
// taken as Node takes it, wrapped in an object.
const alias = Object.fromEntries(['ui', 'data', 'schema'].map((p) =>
  [`@grafana/${p}`, join(here, 'node_modules/@grafana', p, 'dist/cjs/index.cjs')]));
const kinds = { js: 'text/javascript', css: 'text/css', json: 'application/json', svg: 'image/svg+xml' };

async function answer(request, response) {
  const { pathname, search } = new URL(request.url, 'http://localhost');
  if (pathname === '/') return response.setHeader('content-type', 'text/html').end(page);
  if (pathname.startsWith('/api/v1/query')) {
    const got = await fetch(prometheus + pathname + search);
    return response.writeHead(got.status, { 'content-type': 'application/json' }).end(await got.text());
  }
  const place = Object.keys(places).find((p) => pathname.startsWith(p));
  const body = place && await readFile(join(places[place], pathname.slice(place.length))).catch(() => undefined);
  if (!body) return response.writeHead(404).end();
  response.setHeader('content-type', kinds[pathname.split('.').at(-1)] ?? 'application/octet-stream').end(body);
}

const run = promisify(execFile);
const chromium = (...more) => run('chromium', [
  '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', `--user-data-dir=${join(work, 'profile')}`,
  '--virtual-time-budget=20000', ...more,
], { timeout: 120_000, maxBuffer: 1 << 28, env: { ...process.env, TZ: 'UTC' } });

const server = createServer((request, response) => answer(request, response).catch((e) => response.writeHead(502).end(String(e))));
try {
  await build({
    entryPoints: [join(here, 'page.jsx')], outfile: join(work, 'page.js'), bundle: true, minify: true, jsx: 'automatic', alias,
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' }, logLevel: 'error',
    loader: { '.woff': 'dataurl', '.woff2': 'dataurl', '.ttf': 'dataurl', '.svg': 'dataurl', '.png': 'dataurl' },
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { data } = await (await fetch(`${prometheus}/api/v1/status/runtimeinfo`)).json();
  await new Promise((done) => setTimeout(done, Math.max(0, Date.parse(data.startTime) + minutes * 60_000 - Date.now())));
  const out = join(grafana, 'screenshots');
  await mkdir(out, { recursive: true });
  for (const file of (await readdir(join(grafana, 'dashboards'))).filter((f) => f.endsWith('.json')).sort()) {
    const name = basename(file, '.json');
    const { panels } = JSON.parse(await readFile(join(grafana, 'dashboards', file)));
    const high = 56 + 38 * Math.max(...panels.map(({ gridPos: { y, h } }) => y + h)) + 16;
    const url = `http://127.0.0.1:${server.address().port}/?board=${name}&minutes=${minutes}`;
    const { stdout } = await chromium('--dump-dom', `--window-size=1600,${high}`, url);
    const title = /<title>([^]*?)<\/title>/.exec(stdout)?.[1];
    if (title !== 'drawn') throw new Error(`${name}: ${title}`);
    const png = join(out, `${name}.png`);
    await chromium(`--screenshot=${png}`, `--window-size=1600,${high}`, url);
    await run('pngquant', ['--force', '--ext=.png', '256', png]);
    console.log(`${name}.png: ${(await stat(png)).size} bytes`);
  }
} finally {
  server.close();
  await rm(work, { recursive: true, force: true, maxRetries: 5 });
}
