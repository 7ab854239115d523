import assert from 'node:assert/strict';
import { progressBar } from '../../../../../clients/cli/output/progress-bar.js';

function recorder(terminal: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  const write = (text: string | Uint8Array): boolean => {
    written.push(String(text));
    return true;
  };
  return { written, stream: { ...terminal, write } };
}

describe('progress bar', () => {
  it('redraws one line on a terminal, never wider than it, and takes it away', () => {
    const { written, stream } = recorder({ isTTY: true, columns: 40 });
    const bar = progressBar(stream);
    bar.update('training', 0.5, '50/100 and figures that do not fit');
    bar.clear();
    assert.equal(written.length, 2);
    const [line = '', cleared] = written;
    assert.match(line, /^\r\x1b\[2Ktraining +▕█{12} {12}▏/);
    assert.equal(line.replace('\r\x1b[2K', '').length, 39);
    assert.equal(cleared, '\r\x1b[2K');
  });

  it('does not redraw more often than a person sees, but always a new title and the end', () => {
    const { written, stream } = recorder({ isTTY: true });
    const bar = progressBar(stream);
    bar.update('training', 0.1, 'a');
    bar.update('training', 0.2, 'b');
    bar.update('validating', 0.2, 'c');
    bar.update('validating', 1, 'd');
    assert.deepEqual(
      written.map((line) => line.at(-1)),
      ['a', 'c', 'd'],
    );
  });

  it('writes plain lines elsewhere, one at every title and every tenth', () => {
    const { written, stream } = recorder({});
    const bar = progressBar(stream);
    for (let step = 0; step <= 100; step++) bar.update('training', step / 100, `${step}/100`);
    bar.clear();
    assert.equal(written.length, 11);
    assert.equal(written[0], 'training 0/100\n');
    assert.equal(written[10], 'training 100/100\n');
    assert.ok(written.every((line) => !line.includes('\x1b')));
  });
});
