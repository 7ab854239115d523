/** A file as it is stored below the data directory. */
export interface FetchedFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** What its publisher states, in lower-case hex; MD5 only where nothing better is published. */
  readonly checksum: Checksum;
}

export interface Checksum {
  readonly algorithm: 'sha256' | 'md5';
  readonly hex: string;
}

const sha256 = (hex: string): Checksum => ({ algorithm: 'sha256', hex });
const md5 = (hex: string): Checksum => ({ algorithm: 'md5', hex });

/** Where a data set is downloaded from. */
export interface Source {
  /** Tried in this order; end in a slash. */
  readonly mirrors: readonly string[];
  /** Each file by itself below the mirror, or all of them inside one tar.gz. */
  readonly archive?: string;
  readonly files: readonly FetchedFile[];
}

export const FETCHABLE = ['mnist', 'fashion-mnist', 'cifar10'] as const;
export type Fetchable = (typeof FETCHABLE)[number];

const CIFAR10_BATCH_BYTES = 30_730_000;

export const SOURCES: Readonly<Record<Fetchable, Source>> = {
  mnist: {
    mirrors: ['https://storage.googleapis.com/cvdf-datasets/mnist/', 'https://ossci-datasets.s3.amazonaws.com/mnist/'],
    files: [
      {
        name: 'train-images-idx3-ubyte.gz',
        sizeBytes: 9_912_422,
        checksum: sha256('440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609'),
      },
      {
        name: 'train-labels-idx1-ubyte.gz',
        sizeBytes: 28_881,
        checksum: sha256('3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c'),
      },
      {
        name: 't10k-images-idx3-ubyte.gz',
        sizeBytes: 1_648_877,
        checksum: sha256('8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6'),
      },
      {
        name: 't10k-labels-idx1-ubyte.gz',
        sizeBytes: 4_542,
        checksum: sha256('f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'),
      },
    ],
  },
  'fashion-mnist': {
    mirrors: [
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
    ],
    // The authors publish MD5 alone, at https://github.com/zalandoresearch/fashion-mnist.
    files: [
      {
        name: 'train-images-idx3-ubyte.gz',
        sizeBytes: 26_421_880,
        checksum: md5('8d4fb7e6c68d591d4c3dfef9ec88bf0d'),
      },
      { name: 'train-labels-idx1-ubyte.gz', sizeBytes: 29_515, checksum: md5('25c81989df183df01b3e8a0aad5dffbe') },
      { name: 't10k-images-idx3-ubyte.gz', sizeBytes: 4_422_102, checksum: md5('bef4ecab320f06d8554ea6380940ec79') },
      { name: 't10k-labels-idx1-ubyte.gz', sizeBytes: 5_148, checksum: md5('bb300cfdad3c16e7a12a480ee83cd310') },
    ],
  },
  cifar10: {
    mirrors: ['https://www.cs.toronto.edu/~kriz/'],
    archive: 'cifar-10-binary.tar.gz',
    files: [
      ['data_batch_1.bin', 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5'] as const,
      ['data_batch_2.bin', 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed'] as const,
      ['data_batch_3.bin', 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67'] as const,
      ['data_batch_4.bin', '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48'] as const,
      ['data_batch_5.bin', '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add'] as const,
      ['test_batch.bin', '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b'] as const,
    ].map(([name, hex]) => ({ name, sizeBytes: CIFAR10_BATCH_BYTES, checksum: sha256(hex) })),
  },
};
