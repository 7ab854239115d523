import type { EvaluationResult } from '../evaluation-result.js';

/** What the fields of an evaluation's JSON mean: a field that is added there must be named here. */
export const RESULT_FIELDS: Readonly<Record<keyof EvaluationResult, string>> = {
  format: '1: the version of this format.',
  subject:
    'What was evaluated: its title, members (model and version), labels, input shape [h, w, c], and how each member came to be.',
  dataset: 'Name, split, and a fingerprint of the examples.',
  plan: 'Everything that decides what is found, beside model, data and engine: norm, largest distance, numbers of examples, ε, budgets, seed.',
  engine: 'What ran the numerics, and on which device.',
  codeVersion: 'The version of maxmargin.',
  cleanExamples: 'Examples that the clean accuracy is of.',
  cleanAccuracy: 'The fraction answered correctly.',
  cleanInterval:
    'Where the clean accuracy of all examples like these lies, at 95 % confidence (Wilson). So are all intervals here.',
  whiteBox:
    'For each ε: how many examples, the robust accuracy with its interval, and what each attack attempted and broke, in order.',
  autoAttack: 'The same for AutoAttack.',
  attackedClean: 'The clean accuracy of the attacked examples alone, how many they are, and its interval.',
  avgAcc: 'The mean of attackedClean and all robust accuracies of the white-box grid.',
  avgAccInterval: 'Its interval, which as that of a mean over ε holds with at least 95 %.',
  avgRobAcc: 'The mean of the robust accuracies of the white-box grid.',
  avgRobAccInterval: 'Its interval, likewise.',
  margins:
    'Mean, quartiles, shares not found and misclassified with their intervals; a histogram (upper edges; one count more, of what is above all); the same by class; finds by attack; each example; the closest and farthest with input and perturbation as base64 of little-endian float32 [h, w, c].',
  masking: 'Checks for gradient masking: whether a flag is raised, and why.',
  cost: 'Gradient and forward evaluations, summed over all examples, and seconds.',
  history: 'Of the training: losses, learning rate and radius over steps; validation margins with their quantiles.',
};
