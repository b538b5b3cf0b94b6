// Bundles the styles, fonts, icons and scripts of the web door into door/web/static,
// which is embedded into the binary. Run by `make web` after `npm ci`.
import { build } from 'esbuild';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(here, '..', 'door', 'web', 'static');
const keep = '.gitignore'; // the committed placeholder that lets go:embed compile

// The emblem, the flag and the marks of other providers belong to their owners: a
// site that is not an official one must not show them, so they never enter the bundle.
const foreign = /ico_(logo_|flag|login_certify|youtube|facebook|instagram|blog|sns_)/;

const withoutMarks = {
  name: 'without-marks',
  setup(b) {
    b.onResolve({ filter: /\.svg$/ }, (args) => (foreign.test(args.path) ? { path: args.path, namespace: 'none' } : undefined));
    b.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: '<svg xmlns="http://www.w3.org/2000/svg"/>', loader: 'dataurl' }));
  },
};

async function empty() {
  await mkdir(out, { recursive: true });
  for (const name of await readdir(out)) {
    if (name !== keep) await rm(path.join(out, name), { recursive: true });
  }
}

await empty();
const result = await build({
  absWorkingDir: here,
  entryPoints: { app: 'src/app.css', naru: 'src/app.js' },
  outdir: out,
  bundle: true,
  minify: true,
  target: ['chrome120', 'firefox121', 'safari17'],
  format: 'iife',
  loader: { '.svg': 'file', '.woff2': 'file' },
  assetNames: '[name]-[hash]',
  entryNames: '[name]-[hash]',
  legalComments: 'none',
  metafile: true,
  plugins: [withoutMarks],
  logLevel: 'warning',
});

const manifest = {};
let bytes = 0;
for (const [file, meta] of Object.entries(result.metafile.outputs)) {
  bytes += meta.bytes;
  if (!meta.entryPoint) continue;
  manifest[path.basename(meta.entryPoint)] = path.basename(file);
}
await writeFile(path.join(out, 'manifest.json'), JSON.stringify(manifest, null, 1) + '\n');
console.log(`door/web/static: ${Object.keys(result.metafile.outputs).length} files, ${(bytes / 1024).toFixed(0)} KB`);
