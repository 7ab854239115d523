/**
 * What a test asks of a page in a browser: expressions of JavaScript that run there, each a list of complaints. They are text, because the
 * rest of the program is compiled without the types of browsers.
 */

const DESCRIBE = `const describe = (element) => element.tagName.toLowerCase() + '.' + (element.getAttribute('class') ?? '') + ' “' + element.textContent.trim().slice(0, 40) + '”';`;

/** Elements that reach beyond the window, but for those that can be scrolled into sight inside of a frame of their own. */
export const OVERFLOWING = `(() => {
  ${DESCRIBE}
  const width = document.documentElement.clientWidth;
  const found = document.documentElement.scrollWidth > width ? ['the page itself'] : [];
  for (const element of document.body.querySelectorAll('*')) {
    const frame = element.parentElement.closest('.scroll, pre');
    const right = frame === null ? element.getBoundingClientRect().right : 0;
    if (right > width + 0.5 || element.getBoundingClientRect().left < -0.5) found.push(describe(element));
  }
  return found;
})()`;

/** Tables that do not fit into their frames. */
export const SCROLLING = `[...document.querySelectorAll('.scroll')]
  .filter((frame) => frame.scrollWidth > frame.clientWidth + 1)
  .map((frame) => frame.getAttribute('aria-label') + ' ' + frame.scrollWidth + ' in ' + frame.clientWidth)`;

/** Names in plots that lie over each other, or outside of their plot. */
export const OVERLAPPING = `(() => {
  const found = [];
  for (const plot of document.querySelectorAll('svg.plot')) {
    const frame = plot.getBoundingClientRect();
    const texts = [...plot.querySelectorAll('text')].map((text) => ({ name: text.textContent, box: text.getBoundingClientRect() }));
    texts.forEach(({ name, box }, i) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        found.push(name + ' outside of ' + plot.querySelector('title').textContent);
      for (const other of texts.slice(i + 1)) {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        // The box of a text has room above and below its letters.
        if (across > 0.5 && down > 0.35 * box.height) found.push(name + ' over ' + other.name + ' in ' + plot.querySelector('title').textContent);
      }
    });
  }
  return found;
})()`;

/** Sections without anything to see, images that are none, and drawings that nobody has named. */
export const UNSEEN = `(() => {
  const found = [];
  for (const section of document.querySelectorAll('section')) {
    const { width, height } = section.getBoundingClientRect();
    if (!(width > 100 && height > 20) || getComputedStyle(section).visibility !== 'visible') found.push('section ' + section.id);
  }
  for (const image of document.images)
    if (!(image.complete && image.naturalWidth > 0 && image.alt !== '')) found.push('image ' + image.alt);
  for (const drawing of document.querySelectorAll('svg')) {
    const ids = (drawing.getAttribute('aria-labelledby') ?? '').split(' ').filter((id) => id !== '');
    const named = ids.length > 0 && ids.every((id) => document.querySelectorAll('[id="' + id + '"]').length === 1);
    if (drawing.getAttribute('aria-hidden') !== 'true' && !named) found.push('drawing ' + drawing.getAttribute('class'));
  }
  return found;
})()`;

/** Texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3). */
export const FAINT = `(() => {
  ${DESCRIBE}
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const bytes = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const luminance = (colour) => {
    const [r, g, b] = [...bytes(colour)].map((byte) => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (bytes(colour)[3] === 255) return colour;
    }
    return 'white';
  };
  const found = [];
  const contrasts = new Map();
  for (const element of document.body.querySelectorAll(':not(title, desc)')) {
    if (![...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '')) continue;
    const style = getComputedStyle(element);
    const colours = [element instanceof SVGElement ? style.fill : style.color, behind(element)];
    const key = colours.join();
    if (!contrasts.has(key)) {
      const [a, b] = colours.map(luminance).sort((x, y) => y - x);
      contrasts.set(key, (a + 0.05) / (b + 0.05));
    }
    if (contrasts.get(key) < 4.5) found.push(describe(element) + ' ' + contrasts.get(key).toFixed(2));
  }
  return found;
})()`;
