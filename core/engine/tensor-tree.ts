import { Tensor } from '@tensorflow/tfjs-core';

/** Leaves in a structure of arrays and named fields. */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [name: string]: Tree<Leaf> };

const isLeaf = (tree: unknown): boolean => tree instanceof Tensor || typeof tree !== 'object';

/** The same structure with other leaves. @param map is given each leaf with its name, fields and indices joined by dots */
export function mapTree<From, To>(tree: Tree<From>, map: (leaf: From, name: string) => To, name = ''): Tree<To> {
  const within = (key: string): string => (name === '' ? key : `${name}.${key}`);
  if (isLeaf(tree)) return map(tree as From, name);
  if (Array.isArray(tree)) return (tree as readonly Tree<From>[]).map((part, i) => mapTree(part, map, within(`${i}`)));
  const fields = Object.entries(tree as Readonly<Record<string, Tree<From>>>);
  return Object.fromEntries(fields.map(([key, part]) => [key, mapTree(part, map, within(key))]));
}

/** The leaves of a structure, in order. */
export function leavesOf<Leaf>(tree: Tree<Leaf>): readonly Leaf[] {
  if (isLeaf(tree)) return [tree as Leaf];
  return Object.values(tree as Readonly<Record<string, Tree<Leaf>>>).flatMap((part) => leavesOf(part));
}
