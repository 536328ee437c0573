/** A part of an SVG or HTML document as text. */
export type Markup = string;

type Attribute = string | number | undefined;

/** Text between tags or in an attribute. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** An element; attributes that are undefined are left out, numbers are rounded to hundredths. */
export function element(
  name: string,
  attributes: Readonly<Record<string, Attribute>>,
  ...children: readonly Markup[]
): Markup {
  const list = Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const text = typeof value === 'number' ? String(Math.round(100 * value) / 100) : value;
    return [` ${key}="${escaped(text)}"`];
  });
  const open = `<${name}${list.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`;
}

export function text(
  x: number,
  y: number,
  words: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): Markup {
  return element('text', { x, y, ...attributes }, escaped(words));
}

/** What a mark says when it is pointed at, or when the keyboard comes to it. */
export interface MarkLabel {
  readonly title: string;
  readonly lines: readonly string[];
}

/** A mark of a plot that takes the focus: the page shows its label, other viewers its title. */
export function mark(label: MarkLabel, className: string, ...children: readonly Markup[]): Markup {
  const words = [label.title, ...label.lines].join('\n');
  return element(
    'g',
    { class: `mark ${className}`, tabindex: '-1', role: 'img', 'aria-label': words },
    element('title', {}, escaped(words)),
    ...children,
  );
}

/** Width of a text in the plots' font, about. */
export function textWidth(words: string, size = 12): number {
  return words.length * size * 0.56;
}
