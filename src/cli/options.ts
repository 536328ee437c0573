import { InvalidArgumentError } from 'commander';

/** Parser of an option that is a whole number of at least `low`. */
export function wholeNumber(low: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < low) {
      throw new InvalidArgumentError(`It must be a whole number of at least ${low}.`);
    }
    return value;
  };
}

/** Parser of `W4A8,W8A8`. */
export function bitList(
  text: string,
): readonly { readonly weights: number; readonly activations: number }[] {
  return text.split(',').map((part) => {
    const [, weights, activations] = /^\s*W([2-8])A([2-8])\s*$/i.exec(part) ?? [];
    if (weights === undefined || activations === undefined) {
      throw new InvalidArgumentError(`${part} is not of the form W4A8, with 2 to 8 bits each.`);
    }
    return { weights: Number(weights), activations: Number(activations) };
  });
}
