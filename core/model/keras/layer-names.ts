/** Makes up the name of a layer that has none, from its class. */
export type LayerNames = (className: string) => string;

/** Names as TensorFlow.js makes them up, so that weights that it saved are found: `dense_Dense1`, `max_pooling2d_MaxPooling2D2`, counted by class. */
export function layerNames(): LayerNames {
  const counts = new Map<string, number>();
  return (className) => {
    const count = (counts.get(className) ?? 0) + 1;
    counts.set(className, count);
    const words = className.replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2').replace(/([a-z])([A-Z])/g, '$1_$2');
    return `${words.toLowerCase()}_${className}${count}`;
  };
}
