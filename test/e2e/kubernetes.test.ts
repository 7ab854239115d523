import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { placeIn } from '../../core/engine/world/place.js';
import { runCommand } from './command-line.js';

const MANIFEST = new URL('../../../deploy/kubernetes/parallel-training.yaml', import.meta.url);
const IMAGE = new URL('../../../deploy/images/parallel-training.Dockerfile', import.meta.url);

describe('the Kubernetes job of a training in several processes', () => {
  it('uses options that the command has', async () => {
    const { stdout } = await runCommand(['train', '--help'], '.');
    const flags = [
      ...((await readFile(MANIFEST, 'utf8')) + (await readFile(IMAGE, 'utf8').then(entryPoint))).matchAll(
        /(?<=[ "])--[a-z-]+/g,
      ),
    ];
    assert.ok(flags.length >= 8);
    for (const [flag] of flags) assert.ok(stdout.includes(`${flag} <`), flag);
  });

  it('sets the variables that say where a process stands', async () => {
    const text = await readFile(MANIFEST, 'utf8');
    const variables = Object.fromEntries(
      [...text.matchAll(/- name: ([A-Z_]+)\n +value: '?([^'\n]+)'?\n/g)].map(
        ([, name = '', value]) => [name, value] as const,
      ),
    );
    assert.match(text, /- name: RANK\n +valueFrom:\n +fieldRef:\n +fieldPath: metadata.annotations/);
    const [, completions] = /completions: (\d+)/.exec(text) ?? [];
    const [, parallelism] = /parallelism: (\d+)/.exec(text) ?? [];
    const place = placeIn({ ...variables, RANK: '1' }, 1);
    assert.equal(place?.size, Number(completions));
    assert.equal(place.size, Number(parallelism));
    const [, job, service] = /^(.+)-0\.(.+)$/.exec(place.host) ?? [];
    assert.equal(job, 'maxmargin-training');
    assert.match(text, new RegExp(`subdomain: ${service}\n`));
    const [, batchSize] = /--batch-size\n +- '(\d+)'/.exec(text) ?? [];
    assert.equal(Number(batchSize) % place.size, 0);
  });
});

const entryPoint = (dockerfile: string): string => /^ENTRYPOINT .*$/m.exec(dockerfile)?.[0] ?? '';
