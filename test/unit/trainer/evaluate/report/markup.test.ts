import assert from 'node:assert/strict';
import { Markup, markup } from '../../../../../trainer/evaluate/report/markup.js';

describe('markup', () => {
  it('escapes what could end a text or an attribute', () => {
    const hostile = `<script>alert("1")</script>&'`;
    assert.equal(
      markup`<b title="${hostile}">${hostile}</b>`.text,
      '<b title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;</b>',
    );
  });

  it('leaves its own markup as it is, in lists too', () => {
    assert.equal(
      markup`<ul>${['a', 'b'].map((name) => markup`<li>${name}</li>`)}</ul>`.text,
      '<ul><li>a</li><li>b</li></ul>',
    );
    assert.equal(markup`${new Markup('<br>')}${undefined}${false}${0}`.text, '<br>0');
  });

  it('takes nothing for markup that came out of JSON', () => {
    const forged = JSON.parse('{"text":"<script>"}') as string;
    assert.ok(!markup`${forged}`.text.includes('<script>'));
  });

  it('replaces characters that no page may hold or that turn its text around', () => {
    assert.equal(markup`${'a\u0000b\u202ec\ud800d\té'}`.text, 'a\ufffdb\ufffdc\ufffdd\té');
    assert.equal(markup`${'😀'}`.text, '😀');
  });
});
