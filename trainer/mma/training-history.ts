/** The shares of validation examples whose margin is below each of `quantiles`. */
export const QUANTILE_LEVELS = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1] as const;

/** How a training went. Plain JSON; kept in its checkpoints, and published with the model. */
export interface TrainingHistory {
  readonly format: 1;
  /** Every so many steps, at most some 2,000 of them; averages over the steps since the entry before. */
  readonly steps: readonly {
    readonly step: number;
    readonly cleanLoss: number;
    /** The loss at perturbed points; 0 in standard training. */
    readonly adversarialLoss: number;
    readonly batchAccuracy: number;
    /** The mean search radius of correct examples; ε where that is fixed. */
    readonly meanRadius: number;
    readonly learningRate: number;
  }[];
  readonly validations: readonly {
    readonly step: number;
    readonly margin: number;
    readonly accuracy: number;
    /** Of the measured validation margins at {@link QUANTILE_LEVELS} (paper, Figure 4); a misclassified example counts 0, a censored one 1.05 d_max. */
    readonly quantiles: readonly number[];
  }[];
}
