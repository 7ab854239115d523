/** The name, among the inputs of nodes, of what a network is given. */
export const INPUT = 'input';
