import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { fetchDataset, fetchSource } from '../../../../../trainer/data/fetch/fetch-dataset.js';
import { SOURCES, type FetchedFile } from '../../../../../trainer/data/fetch/sources.js';
import { referenceData } from '../../../../support/reference-data.js';
import { temporaryDirectory } from '../../../../support/temporary-directory.js';

const CONTENTS: Readonly<Record<string, Buffer>> = {
  'one.gz': Buffer.alloc(100_000, 'one'),
  'two.gz': Buffer.alloc(50_000, 'two'),
};
const FILES: readonly FetchedFile[] = Object.entries(CONTENTS).map(([name, bytes]) => describeFile(name, bytes));

describe('downloading a data set', () => {
  const directory = temporaryDirectory();
  let server: Server | undefined;
  let asked: string[] = [];

  beforeEach(() => {
    asked = [];
  });
  afterEach(async () => {
    server?.closeAllConnections();
    if (server?.listening === true) await promisify(server.close.bind(server))();
    server = undefined;
  });

  async function serve(answer: RequestListener): Promise<string> {
    const listening = createServer((request, response) => {
      asked.push(request.url ?? '');
      answer(request, response);
    });
    server = listening;
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(listening.address() as AddressInfo).port}/`;
  }
  const contents: RequestListener = (request, response) => {
    const bytes = CONTENTS[(request.url ?? '').slice(1)];
    if (bytes === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  };
  const fetchTwo = (mirrors: readonly string[]) => fetchSource('two', { mirrors, files: FILES }, directory());
  const names = async () => (await readdir(directory())).sort();

  it('puts files under their names, whole, and says how far it is', async () => {
    const mirror = await serve(contents);
    const progress: string[] = [];
    const fetched = await fetchSource('two', { mirrors: [mirror], files: FILES }, directory(), {
      onProgress: (file, received, total) => progress.push(`${file} ${received} ${String(total)}`),
    });
    assert.deepEqual(fetched, ['one.gz', 'two.gz']);
    assert.deepEqual(await names(), ['one.gz', 'two.gz']);
    assert.deepEqual(await readFile(join(directory(), 'one.gz')), CONTENTS['one.gz']);
    assert.equal(progress.at(-1), 'two.gz 50000 50000');
  });

  it('downloads only what is not there, or not right', async () => {
    const mirror = await serve(contents);
    await writeFile(join(directory(), 'one.gz'), CONTENTS['one.gz']!);
    await writeFile(join(directory(), 'two.gz'), Buffer.alloc(50_000, 'not'));
    assert.deepEqual(await fetchTwo([mirror]), ['two.gz']);
    assert.deepEqual(asked, ['/two.gz']);
    assert.deepEqual(await readFile(join(directory(), 'two.gz')), CONTENTS['two.gz']);
    assert.deepEqual(await fetchTwo([mirror]), []);
    assert.equal(asked.length, 1);
  });

  it('asks the next mirror where one fails', async () => {
    const mirror = await serve((request, response) => {
      if (request.url?.startsWith('/broken/') === true) response.writeHead(500).end();
      else contents(request, response);
    });
    assert.deepEqual(await fetchTwo([`${mirror}broken/`, mirror]), ['one.gz', 'two.gz']);
    assert.deepEqual(asked, ['/broken/one.gz', '/one.gz', '/two.gz']);
  });

  const faults: readonly (readonly [what: string, answer: RequestListener, message: RegExp])[] = [
    ['an HTTP error', (_, response) => response.writeHead(404).end('no'), /one.gz: expected HTTP status 200, got 404/],
    [
      'other bytes',
      (_, response) => response.end(Buffer.alloc(100_000, 'eno')),
      /one.gz: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}/,
    ],
    ['too few bytes', (_, response) => response.end('short'), /one.gz: expected 100000 bytes, got 5/],
    ['too many bytes', (_, response) => response.end(Buffer.alloc(100_001)), /one.gz: expected 100000 bytes, got more/],
    [
      'a connection that breaks',
      (_, response) => {
        response.writeHead(200, { 'content-length': 100_000 });
        response.write(Buffer.alloc(5000), () => response.destroy());
      },
      /terminated/,
    ],
  ];
  for (const [what, answer, message] of faults) {
    it(`names the mirror and the file for ${what}, and leaves nothing`, async () => {
      const mirror = await serve(answer);
      await assert.rejects(fetchTwo([mirror]), (error: Error & { kind?: string }) => {
        assert.equal(error.kind, 'unavailable');
        assert.ok(error.message.includes(mirror), error.message);
        assert.match(error.message, message);
        return true;
      });
      assert.deepEqual(await names(), []);
    });
  }

  it('leaves no directory behind where nothing was downloaded, and says where the files go', async () => {
    const mirror = await serve((_, response) => response.writeHead(404).end());
    const fresh = join(directory(), 'data', 'two');
    await assert.rejects(fetchSource('two', { mirrors: [mirror], files: FILES }, fresh), {
      kind: 'unavailable',
      message: new RegExp(`^Without a network, put these into ${fresh}: one\\.gz, two\\.gz$`, 'm'),
    });
    assert.deepEqual(await names(), []);
  });

  it('says why nobody answers', async () => {
    const mirror = await serve(contents);
    server?.closeAllConnections();
    if (server !== undefined) await promisify(server.close.bind(server))();
    await assert.rejects(fetchTwo([mirror]), { kind: 'unavailable', message: /ECONNREFUSED/ });
  });

  it('stops when it is told to, and leaves what was whole', async () => {
    const stopping = new AbortController();
    const mirror = await serve((request, response) => {
      if (request.url !== '/two.gz') {
        contents(request, response);
        return;
      }
      response.writeHead(200, { 'content-length': 50_000 }).write(Buffer.alloc(100));
    });
    const attempt = fetchSource('two', { mirrors: [mirror], files: FILES }, directory(), {
      signal: stopping.signal,
      onProgress: (file) => {
        if (file === 'two.gz') stopping.abort();
      },
    });
    await assert.rejects(attempt, { name: 'AbortError' });
    assert.deepEqual(await names(), ['one.gz']);
  });

  describe('from an archive', () => {
    const source = (mirror: string) => ({ mirrors: [mirror], archive: 'all.tar.gz', files: FILES });
    const serveArchive = (archive: Buffer) => serve((_, response) => response.end(archive));
    const files = Object.entries(CONTENTS).map(([name, bytes]) => [`folder/${name}`, bytes] as const);

    it('takes the files that belong to the data set, wherever they are in it', async () => {
      const mirror = await serveArchive(gzipSync(tar([['folder/readme.html', Buffer.alloc(700)], ...files])));
      assert.deepEqual(await fetchSource('two', source(mirror), directory()), ['one.gz', 'two.gz']);
      assert.deepEqual(await names(), ['one.gz', 'two.gz']);
      assert.deepEqual(await readFile(join(directory(), 'two.gz')), CONTENTS['two.gz']);
    });

    const wrong: readonly (readonly [what: string, archive: Buffer, message: RegExp])[] = [
      ['without one of the files', gzipSync(tar(files.slice(1))), /expected one.gz in it/],
      [
        'with a file of another size',
        gzipSync(tar([['one.gz', Buffer.alloc(7)]])),
        /one.gz: expected 100000 bytes, got 7/,
      ],
      ['with other bytes', gzipSync(tar([['one.gz', Buffer.alloc(100_000)]])), /one.gz: expected SHA-256/],
      ['that is cut', gzipSync(tar(files)).subarray(0, 100), /unexpected end of file/],
      ['that ends early', gzipSync(tar(files).subarray(0, 2000)), /expected a whole archive, got its end within/],
      ['that is not packed', tar(files), /incorrect header check/],
      ['that is no archive', gzipSync(Buffer.alloc(1024, 'x')), /expected a tar archive/],
    ];
    for (const [what, archive, message] of wrong) {
      it(`refuses an archive ${what}, and leaves no half file`, async () => {
        const mirror = await serveArchive(archive);
        await assert.rejects(fetchSource('two', source(mirror), directory()), { kind: 'unavailable', message });
        for (const name of await names())
          assert.deepEqual(await readFile(join(directory(), name)), CONTENTS[name], `${name} is whole`);
      });
    }
  });

  it('downloads MNIST, checked by the published checksums (skipped where ../shared/data is not there)', async function () {
    const reference = referenceData('mnist');
    if (reference === undefined) this.skip();
    const mirror = await serve((request, response) => {
      const path = join(reference, request.url ?? '');
      if (existsSync(path)) createReadStream(path).pipe(response);
      else response.writeHead(404).end();
    });
    const fetched = await fetchDataset('mnist', directory(), { from: mirror.slice(0, -1) });
    assert.equal(fetched.length, 4);
    assert.deepEqual(await fetchDataset('mnist', directory(), { from: 'http://127.0.0.1:1/' }), []);
  });

  it('knows the published checksums of Fashion-MNIST (skipped where ../shared/data is not there)', async function () {
    const reference = referenceData('fashion-mnist');
    if (reference === undefined) this.skip();
    for (const file of SOURCES['fashion-mnist'].files.filter(({ name }) => name.startsWith('t10k'))) {
      const bytes: Buffer = await readFile(join(reference, file.name));
      const hex = createHash('md5').update(bytes).digest('hex');
      assert.deepEqual(file, { name: file.name, sizeBytes: bytes.length, checksum: { algorithm: 'md5', hex } });
    }
  });

  it('knows the published checksums of CIFAR-10 (skipped where ../shared/data is not there)', async function () {
    const reference = referenceData('cifar10');
    if (reference === undefined) this.skip();
    for (const file of SOURCES.cifar10.files) {
      const bytes = gunzipSync(await readFile(join(reference, `${file.name}.gz`)));
      assert.deepEqual(describeFile(file.name, bytes), file);
    }
  });
});

function describeFile(name: string, bytes: Uint8Array): FetchedFile {
  return {
    name,
    sizeBytes: bytes.length,
    checksum: { algorithm: 'sha256', hex: createHash('sha256').update(bytes).digest('hex') },
  };
}

/** A POSIX archive. */
function tar(files: readonly (readonly [path: string, bytes: Buffer])[]): Buffer {
  const blocks = files.flatMap(([path, bytes]) => {
    const header = Buffer.alloc(512);
    header.write(path, 0);
    header.write('0000644\0', 100);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        0ustar\x0000', 148);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
