/** What the addon is built against. */
export interface TorchLibraries {
  /** Where libtorch.so is. */
  readonly libraryDirectory: string;
  /** Where `ATen/ATen.h` is. */
  readonly headers: string;
  /** What of it and of what it includes the compiler must be told. */
  readonly includeDirectories: readonly string[];
}
