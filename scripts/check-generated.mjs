// Regenerates proto/gen into a temporary directory and compares: what is committed must be what the contract says.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const fresh = mkdtempSync(join(tmpdir(), 'maxmargin-gen-'));
try {
  const template = readFileSync('proto/buf.gen.yaml', 'utf8').replace('out: proto/gen', `out: ${fresh}`);
  execFileSync('npx', ['buf', 'generate', 'proto', '--template', template], { stdio: 'inherit' });
  execFileSync('npx', ['buf', 'build', 'proto', '-o', join(fresh, 'descriptors.binpb')], { stdio: 'inherit' });
  const files = (root) =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .sort();
  const names = new Set([...files(fresh), ...files('proto/gen')]);
  const stale = [...names].filter((name) => {
    const [a, b] = [join(fresh, name), join('proto/gen', name)];
    return !existsSync(a) || !existsSync(b) || !readFileSync(a).equals(readFileSync(b));
  });
  if (stale.length > 0) {
    console.error(`proto/gen is not what proto/ says; run "npm run generate". Differs: ${stale.join(', ')}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
